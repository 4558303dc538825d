// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/key.h"

#include <gtest/gtest.h>

#include "weir/use/job/csv.h"

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

// ── tables ──

ByteSource source_of(std::string bytes, std::size_t piece = 7) {
  auto at = std::make_shared<std::size_t>(0);
  return [bytes = std::move(bytes), at, piece](std::span<std::uint8_t> out) -> Result<std::size_t> {
    const std::size_t count = std::min({piece, out.size(), bytes.size() - *at});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(*at), count, out.begin());
    *at += count;
    return count;
  };
}

TEST(Csv, RecordsWithQuotesLineEndsAndAMarkAreRead) {
  Table table = *Table::open(source_of("\xef\xbb\xbfid,name\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,d"), {"name", "id"});
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "a, \"b\"\nc");
  EXPECT_EQ(table.value(1), "1");
  EXPECT_EQ(table.record(), "1,\"a, \"\"b\"\"\nc\"\r\n");
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "d");
  EXPECT_FALSE(*table.next());
}

TEST(Csv, AShortRecordHasEmptyValues) {
  Table table = *Table::open(source_of("a,b\n1\n"), {"b"});
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "");
}

TEST(Csv, WhatIsNoTableIsRefused) {
  EXPECT_EQ(Table::open(source_of(""), {"a"}).error().reason(), "job.csv");
  EXPECT_EQ(Table::open(source_of("a,b\n"), {"c"}).error().reason(), "job.column");
  EXPECT_EQ(Table::open(source_of("a,a\n"), {"a"}).error().reason(), "job.column");
  Table open_quote = *Table::open(source_of("a\n\"1\n2"), {"a"});
  EXPECT_EQ(open_quote.next().error().reason(), "job.csv");
  const std::string endless(CsvReader::kRecordBytesMax + (1u << 20), 'x');
  EXPECT_EQ(Table::open(source_of(endless, 1u << 20), {"a"}).error().code(), Errc::kExhausted);
}

}  // namespace
}  // namespace weir::use::job
