// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/person.h"

#include <gtest/gtest.h>

namespace weir::supply::identifier {
namespace {

crypto::SecretBytes key(std::uint8_t fill) { return crypto::SecretBytes(Bytes(32, fill)); }

//= NDI-TR-2025-04#person type=test
TEST(PersonCode, IsMappedToASubjectThatDoesNotShowIt) {
  const auto person = PersonCode::parse("11010519491231002X");
  ASSERT_TRUE(person.ok());
  const SubjectId subject = subject_of(*person, key(1), crypto::HashAlgorithm::kSha256);
  // The worked example of docs/formats/identifiers.md; computed there with Python's hmac.
  EXPECT_EQ(subject.text(), "PNILDV2OBPLBIG4X55");
  EXPECT_FALSE(subject.is_uscc());
  EXPECT_EQ(subject, subject_of(*person, key(1), crypto::HashAlgorithm::kSha256));
  EXPECT_NE(subject, subject_of(*person, key(2), crypto::HashAlgorithm::kSha256));
  EXPECT_NE(subject, subject_of(*person, key(1), crypto::HashAlgorithm::kSm3));
  EXPECT_NE(subject, subject_of(*PersonCode::parse("370102194912310029"), key(1), crypto::HashAlgorithm::kSha256));
}

//= GB 11643#check type=test
// Errors.
TEST(PersonCode, DetectsEverySingleWrongDigit) {
  const std::string good = "370102194912310029";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : std::string_view("0123456789X")) {
      if (c == good[at]) continue;
      std::string wrong = good;
      wrong[at] = c;
      EXPECT_FALSE(PersonCode::parse(wrong).ok()) << wrong;
    }
  }
}

TEST(PersonCode, ErrorsDoNotRepeatTheNumber) {
  const auto error = PersonCode::parse("370102194912310028");
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().reason(), "identifier.person");
  EXPECT_EQ(error.error().message().find("3701"), std::string_view::npos);
}

TEST(PersonCodeDeathTest, AShortKeyIsAProgrammersError) {
  EXPECT_DEATH(subject_of(*PersonCode::parse("11010519491231002X"), crypto::SecretBytes(Bytes(16, 1))),
               "kPersonKeyBytesMin");
}

}  // namespace
}  // namespace weir::supply::identifier
