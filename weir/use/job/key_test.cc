// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/key.h"

#include <gtest/gtest.h>

namespace weir::use::job {
namespace {

std::string text(Form form, std::string_view value) { return in_form(form, value).value_or("(none)"); }

// ── forms ──

TEST(Key, ExactKeepsEveryByte) {
  EXPECT_EQ(text(Form::kExact, " A b"), " A b");
  EXPECT_EQ(text(Form::kExact, ""), "(none)");
}

TEST(Key, TextFoldsWidthCaseCompositionAndSpaces) {
  EXPECT_EQ(text(Form::kText, "  Ｗｅｉｒ　 ２０２６ "), "weir 2026");
  EXPECT_EQ(text(Form::kText, "Stra\xc3\x9f" "e"), "strasse");
  EXPECT_EQ(text(Form::kText, "e\xcc\x81"), text(Form::kText, "\xc3\x89"));  // e + acute, É
  EXPECT_EQ(text(Form::kText, "北京　市"), "北京 市");
  EXPECT_EQ(text(Form::kText, "\xef\xb7\xba"), "صلى الله عليه وسلم");  // one character that becomes eighteen
  EXPECT_EQ(text(Form::kText, "\xf0\x9d\x94\x9a"), "w");               // beyond the basic plane
}

TEST(Key, PhonesOfOneNumberAreOne) {
  for (const char* each : {"13800138000", "+86 138 0013 8000", "0086-138-0013-8000", "（86）138 0013 8000",
                           "8613800138000", "＋８６１３８００１３８０００"}) {
    EXPECT_EQ(text(Form::kPhone, each), "+8613800138000") << each;
  }
  EXPECT_EQ(text(Form::kPhone, "010-6552 9988"), "+861065529988");
  EXPECT_EQ(text(Form::kPhone, "+1 (202) 555-0101"), "+12025550101");
}

TEST(Key, IdCardsOfOldAndNewFormAreOne) {
  EXPECT_EQ(text(Form::kIdCard, "11010519491231002x"), "11010519491231002X");
  EXPECT_EQ(text(Form::kIdCard, "１１０１０５１９４９１２３１００２Ｘ"), "11010519491231002X");
  EXPECT_EQ(text(Form::kIdCard, "110105491231002"), "11010519491231002X");
}

// ── what is no key ──

TEST(Key, WhatIsNoneOfTheFormMatchesNothing) {
  EXPECT_FALSE(in_form(Form::kText, " \t "));
  EXPECT_FALSE(in_form(Form::kText, "\xff\xfe"));
  EXPECT_FALSE(in_form(Form::kPhone, "none"));
  EXPECT_FALSE(in_form(Form::kPhone, "12"));
  EXPECT_FALSE(in_form(Form::kIdCard, "110105194912310021"));  // a wrong check character
  EXPECT_FALSE(in_form(Form::kIdCard, "11010519491231002"));
}

TEST(Key, FormsAreKnownByNameWithTheirVersion) {
  for (const Form form : {Form::kExact, Form::kText, Form::kPhone, Form::kIdCard}) {
    EXPECT_EQ(*parse_form(name_of(form)), form);
  }
  EXPECT_EQ(*parse_form("id-card"), Form::kIdCard);
  EXPECT_EQ(parse_form("text/2").error().reason(), "job.form");
}

}  // namespace
}  // namespace weir::use::job
