// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/return_code.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::trust::credential {
namespace {

//= NDI-TR-2025-03#return-codes type=test
TEST(ReturnCode, IsSixDigits) {
  EXPECT_EQ(format({CodeKind::kOk, CodeDomain::kOperator, 0}), "003000");
  EXPECT_EQ(format({CodeKind::kSystem, CodeDomain::kConnector, 5}), "105005");
  EXPECT_EQ(format({CodeKind::kBusiness, CodeDomain::kOrganisation, 1}), "302001");
  EXPECT_EQ(describe(*parse_return_code("003000")).zh, "经办人：成功");
  EXPECT_EQ(describe(*parse_return_code("302001")).en, "organisation: not found");
  EXPECT_EQ(describe(*parse_return_code("302042")).en, "organisation: unknown code 302042");
}

TEST(ReturnCode, ComesBackAsItWasWritten) {
  for (const CodeDetail& line : kCodeDetails) {
    for (int domain = 0; domain <= 5; ++domain) {
      const ReturnCode code{line.kind, static_cast<CodeDomain>(domain), line.detail};
      EXPECT_EQ(*parse_return_code(format(code)), code);
    }
  }
}

// Every code of errors has a code of its own kind, and the kinds agree on both ways.
TEST(ReturnCode, ErrorsMapToCodesAndBack) {
  struct Case {
    Error error;
    std::string_view code;
  };
  const Case cases[] = {
      {Error(Errc::kInvalidArgument, "x"), "201002"},
      {Error(Errc::kInvalidArgument, "x").because("field.required"), "201001"},
      {Error(Errc::kInvalidArgument, "x").because("field.length"), "201003"},
      {Error(Errc::kInvalidArgument, "x").because("json.malformed"), "201008"},
      {Error(Errc::kUnauthenticated, "x"), "101004"},
      {Error(Errc::kUnauthenticated, "x").because("token.expired"), "101005"},
      {Error(Errc::kUnauthenticated, "x").because("signature.invalid"), "101006"},
      {Error(Errc::kForbidden, "x"), "101004"},
      {Error(Errc::kNotFound, "x"), "301001"},
      {Error(Errc::kConflict, "x"), "301003"},
      {Error(Errc::kConflict, "x").because("participant.wrong_state"), "301002"},
      {Error(Errc::kCorrupt, "x"), "301002"},
      {Error(Errc::kUnavailable, "x"), "101001"},
      {Error(Errc::kExhausted, "x"), "101001"},
  };
  for (const Case& c : cases) {
    const ReturnCode code = code_of(c.error, CodeDomain::kPerson);
    EXPECT_EQ(format(code), c.code);
    EXPECT_EQ(error_of(code).reason(), "ndi.code_" + std::string(c.code));
  }
  EXPECT_EQ(error_of(*parse_return_code("301001")).code(), Errc::kNotFound);
  EXPECT_EQ(error_of(*parse_return_code("105005")).code(), Errc::kUnauthenticated);
  EXPECT_EQ(error_of(*parse_return_code("205999")).code(), Errc::kInvalidArgument);
}

TEST(ReturnCode, TheTableHasNoLineTwice) {
  std::set<std::pair<int, int>> seen;
  for (const CodeDetail& line : kCodeDetails)
    EXPECT_TRUE(seen.emplace(static_cast<int>(line.kind), line.detail).second);
}

// Errors.
TEST(ReturnCode, RefusesWhatIsNone) {
  for (const char* text : {"", "00300", "0030000", "403000", "013000", "006000", "00300x", "-03000"}) {
    EXPECT_EQ(parse_return_code(text).error().reason(), "return_code.malformed") << text;
  }
}

}  // namespace
}  // namespace weir::trust::credential
