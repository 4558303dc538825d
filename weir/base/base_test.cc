// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "weir/base/check.h"
#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/base/text.h"
#include "weir/base/time.h"

namespace weir {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error(Errc::kInvalidArgument, "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  WEIR_TRY_LET(const int h, half(n));
  return half(h);
}
Result<> even(int n) {
  WEIR_TRY(half(n));
  return {};
}

TEST(Result, IsOnePointerWideOnTheErrorSide) { EXPECT_EQ(sizeof(Error), sizeof(void*)); }

TEST(Result, TryReturnsTheErrorOrBindsTheValue) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_TRUE(even(2).ok());
  EXPECT_EQ(even(3).error().code(), Errc::kInvalidArgument);
}

TEST(Error, KeepsContextReasonAndHint) {
  const Error error =
      Error(Errc::kNotFound, "no such file").with("opening store").because("store.missing").advise("run init");
  EXPECT_EQ(error.message(), "opening store: no such file");
  EXPECT_EQ(error.reason(), "store.missing");
  EXPECT_EQ(error.hint(), "run init");
  EXPECT_EQ(Error(Errc::kConflict, "x").reason(), "conflict");
}

TEST(CheckDeathTest, NamesTheCondition) { EXPECT_DEATH(WEIR_CHECK(1 + 1 == 3), "check failed: 1 \\+ 1 == 3"); }

TEST(Time, FormatsAndParsesIso8601) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59.007Z", "2026-11-21T08:00:00Z"}) {
    EXPECT_EQ(format_iso8601(*parse_iso8601(text)), text);
  }
  EXPECT_EQ(*parse_iso8601("2026-01-01"), *parse_iso8601("2026-01-01T00:00:00Z"));
  EXPECT_EQ(*parse_iso8601("2026-01-01T08:00:00+08:00"), *parse_iso8601("2026-01-01T00:00:00Z"));
  EXPECT_EQ(format_compact(*parse_iso8601("2025-06-01T12:00:05Z")), "20250601120005");
}

TEST(Time, RejectsWhatIsNotIso8601) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00Zx",
                           "2026-01-01T00:00:00+99:00", "2026-01-01T00:00:00.Z"}) {
    EXPECT_FALSE(parse_iso8601(text).ok()) << text;
  }
}

TEST(Time, ReadsDurationsAndAddsThemByTheCalendar) {
  EXPECT_EQ(parse_duration("P7D")->exact, std::chrono::days(7));
  EXPECT_EQ(parse_duration("PT1H30M")->exact, std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("P1Y2M")->months, 14);
  for (const char* text : {"", "P", "PT", "7D", "P7", "P1D2Y", "PT1D", "P-1D"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
  const Timestamp end_of_january = *parse_iso8601("2026-01-31T10:00:00Z");
  EXPECT_EQ(format_iso8601(add(end_of_january, *parse_duration("P1M"))), "2026-02-28T10:00:00Z");
}

TEST(Random, SeededRepeatsAndSystemDoesNot) {
  EXPECT_EQ(SeededRandom(7).uuid(), SeededRandom(7).uuid());
  EXPECT_NE(SeededRandom(7).uuid(), SeededRandom(8).uuid());
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random.uuid());
  EXPECT_EQ(seen.size(), 100u);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(3), 3u);
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("数据空间 data"));
  EXPECT_FALSE(is_utf8("\xc0\x80"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xe6\x95"));
  EXPECT_EQ(parse_language("zh_CN.UTF-8"), Language::kChinese);
  EXPECT_EQ(parse_language("C"), std::nullopt);
  EXPECT_EQ(join(split("a,b,,c", ','), "|"), "a|b||c");
  EXPECT_EQ(trim("  x \n"), "x");
}

}  // namespace
}  // namespace weir
