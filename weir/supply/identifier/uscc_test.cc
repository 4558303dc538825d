// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/uscc.h"

#include <gtest/gtest.h>

namespace weir::supply::identifier {
namespace {

TEST(Uscc, HasParts) {
  const auto code = Uscc::parse("91350100M000100Y43");
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code->authority(), '9');
  EXPECT_EQ(code->entity(), '1');
  EXPECT_EQ(code->division(), "350100");
  EXPECT_EQ(code->organisation()->text(), "M000100Y4");
  EXPECT_EQ(code->subject().text(), code->text());
  EXPECT_TRUE(Uscc::parse("91440300708461136T").ok());
}

TEST(Uscc, OrganisationCodesWithAndWithoutHyphenAreTheSame) {
  EXPECT_EQ(*OrganisationCode::parse("M000100Y-4"), *OrganisationCode::parse("M000100Y4"));
}

//= GB 32100#check type=test
TEST(Uscc, DetectsEverySingleWrongCharacter) {
  const std::string good = "91440300708461136T";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : std::string_view("0123456789ABCDEFGHJKLMNPQRTUWXY")) {
      if (c == good[at]) continue;
      std::string wrong = good;
      wrong[at] = c;
      EXPECT_FALSE(Uscc::parse(wrong).ok()) << wrong;
    }
  }
}

// Errors.
TEST(Uscc, SaysWhatIsWrong) {
  EXPECT_EQ(Uscc::parse("91310105575958172F").error().reason(), "identifier.uscc");
  EXPECT_NE(Uscc::parse("91310105575958172F").error().message().find("check character"), std::string_view::npos);
  EXPECT_NE(Uscc::parse("9135010").error().message().find("18 characters"), std::string_view::npos);
  EXPECT_NE(Uscc::parse("X1350100M000100Y43").error().message().find("authority"), std::string_view::npos);
  EXPECT_EQ(OrganisationCode::parse("M000100Y5").error().reason(), "identifier.organisation_code");
}

}  // namespace
}  // namespace weir::supply::identifier
