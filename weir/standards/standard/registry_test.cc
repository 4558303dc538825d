// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/registry.h"

#include <gtest/gtest.h>

#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"

namespace weir::standards::standard {
namespace {

Report load(Registry& into, const std::string& csv, const std::string& source = "a list") {
  const auto table = read_csv(view_of(csv));
  EXPECT_TRUE(table.ok());
  const auto done = import_table(into, *table, {.source = source});
  EXPECT_TRUE(done.ok());
  into.settle();
  return done->report;
}
bool has_note(const Report& report, std::int64_t row, std::string_view reason) {
  for (const ReportLine& line : report.lines) {
    for (const Note& note : line.notes) {
      if (note.reason == reason && note.row == row) return true;
    }
  }
  return false;
}

TEST(Shipped, EveryRowLoads) {
  Registry registry;
  const auto reports = load_shipped(registry);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].read, 1241);
  EXPECT_EQ(reports[0].fresh, 1241);
  EXPECT_EQ(reports[0].refused, 0);
  EXPECT_EQ(reports[1].read, 380);
  EXPECT_EQ(reports[1].refused, 0);
  EXPECT_EQ(registry.listed(), 1241u);
  for (const Report& report : reports) {
    for (const ReportLine& line : report.lines) {
      ASSERT_TRUE(line.notes.empty()) << line.number << ": " << line.notes[0].words.en;
    }
  }
}

TEST(Shipped, EveryNumberRoundTrips) {
  for (const Standard& it : shipped().standards()) {
    const auto again = StandardNumber::parse(it.number.text());
    ASSERT_TRUE(again.ok()) << it.number.text();
    EXPECT_EQ(again->text(), it.number.text());
    EXPECT_EQ(again->undated(), it.number.undated());
  }
}

TEST(Shipped, SaysWhatIsFromMemory) {
  const Registry& registry = shipped();
  std::size_t unverified = 0;
  for (const Standard& it : registry.standards())
    unverified += it.listed && !it.claims.empty() &&
                  registry.source_of(it.claims[0].source).name.starts_with("memory-unverified");
  EXPECT_EQ(unverified, 147u);
  const auto index = registry.resolve("GB/T 22080");
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(registry.at(*index).number.text(), "GB/T 22080-2025");
}

// The wrong public lists of the research are what an importer meets: a wrong row must never replace a right one
// silently.
TEST(WrongPublicLists, AnUnknownEditionIsNamedBesideTheKnownOne) {
  Registry registry;
  load_shipped(registry);
  const auto asked = registry.resolve("GB/T 39204-2020");  // real: 2022
  ASSERT_FALSE(asked.ok());
  EXPECT_EQ(asked.error().reason(), "standard.unknown");
  EXPECT_NE(asked.error().hint().find("GB/T 39204-2022"), std::string_view::npos);
}

TEST(WrongPublicLists, AnotherTitleForAKnownNumberIsAConflict) {
  Registry registry;
  load_shipped(registry);
  const Report report = load(registry,
                             "number,title_zh,as_of\n"
                             "GB/T 41400-2022,关键信息基础设施安全保障指标体系,2026-01-01\n"
                             "GB/T 36344-2018,数据中心运营管理要求,2026-01-01\n",
                             "an AI-made list");
  EXPECT_EQ(report.changed, 2);
  for (const char* number : {"GB/T 41400-2022", "GB/T 36344-2018"}) {
    const Index index = *registry.resolve(number);
    const auto conflicts = registry.conflicts(index);
    ASSERT_EQ(conflicts.size(), 1u) << number;
    EXPECT_EQ(conflicts[0].field, Field::kTitleZh);
    EXPECT_EQ(conflicts[0].claims.size(), 2u);
  }
}

TEST(WrongPublicLists, TheTitleOfTheNextNumberIsAConflict) {
  Registry registry;
  load(registry,
       "number,title_zh\nGB/T 28448-2019,网络安全等级保护测评要求\nGB/T 28449-2018,网络安全等级保护测评过程指南\n",
       "official");
  load(registry, "number,title_zh\nGB/T 28449-2018,网络安全等级保护测评要求\n", "a hand-made list");
  EXPECT_EQ(registry.conflicts(*registry.resolve("GB/T 28449-2018")).size(), 1u);
  EXPECT_TRUE(registry.conflicts(*registry.resolve("GB/T 28448-2019")).empty());
}

TEST(WrongPublicLists, TwoEditionsOfOnePageThatDisagreeAreAConflict) {
  Registry registry;
  load(registry, "number,title_zh\nGB/T 35291-2017,SM9标识密码算法\n", "a page, earlier");
  load(registry, "number,title_zh\nGB/T 35291-2017,智能密码钥匙应用接口规范\n", "a page, later");
  EXPECT_EQ(registry.conflicts(*registry.resolve("GB/T 35291-2017")).size(), 1u);
}

TEST(WrongPublicLists, AMistypedNumberIsAnotherStandardAndStaysApart) {
  Registry registry;
  load_shipped(registry);
  load(registry, "number,title_zh\nGB/T 42871-2022,汽车数据处理安全要求\n", "a hand-made list");
  Query query;
  query.words = "汽车数据处理安全要求";
  EXPECT_EQ(registry.search(query).total, 2u);  // both are shown, 41871 and 42871, each with its source
}

TEST(Registry, ALaterStatusOfTheSameMatterIsHistoryAndNoConflict) {
  Registry registry;
  load(registry, "number,status,as_of\nGB/T 1-2000,in-force,2020-01-01\n", "one");
  load(registry, "number,status,as_of\nGB/T 1-2000,withdrawn,2024-01-01\n", "two");
  const Index index = *registry.resolve("GB/T 1-2000");
  EXPECT_EQ(registry.at(index).status, Status::kWithdrawn);
  EXPECT_TRUE(registry.conflicts(index).empty());
  EXPECT_EQ(registry.at(index).claims.size(), 2u);
}

TEST(Registry, WhatIsFromMemoryGivesWay) {
  Registry registry;
  load(registry, "number,title_zh,source\nGB/T 1-2000,甲,\"pages: x (title_zh memory)\"\n");
  load(registry, "number,title_zh,source\nGB/T 1-2000,乙,official\n");
  EXPECT_EQ(registry.title(*registry.resolve("GB/T 1-2000"), Language::kChinese), "乙");
}

TEST(Registry, WordsWidthAndDashesOfATitleAreNoConflict) {
  Registry registry;
  load(registry, "number,title_zh\nGB/T 1-2000,信息技术　云计算：术语\n", "one");
  load(registry, "number,title_zh\nGB/T 1-2000,信息技术 云计算 术语\n", "two");
  EXPECT_TRUE(registry.conflicts(*registry.resolve("GB/T 1-2000")).empty());
}

TEST(Registry, SourcesThatNameAnotherDegreeOfOneAdoptionAreAConflict) {
  Registry registry;
  load(registry, "number,adopts,adoption\nGB/T 1-2000,ISO 2:1999,IDT\n", "one");
  load(registry, "number,adopts,adoption\nGB/T 1-2000,ISO 2:1999,MOD\n", "two");
  load(registry, "number,adopts,adoption\nGB/T 1-2000,ISO 2:1999,\n", "three");
  const auto conflicts = registry.link_conflicts(*registry.resolve("GB/T 1-2000"));
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].size(), 2u);
  EXPECT_EQ(registry.search({.conflicts_only = true}).total, 1u);
}

TEST(Registry, AStageCodeAloneIsAStatusOfItsBody) {
  Registry registry;
  load(registry, "number,iso_stage\nGB/T 1-2000,30\nISO 2:2000,30.20\n");
  EXPECT_EQ(registry.at(*registry.resolve("GB/T 1-2000")).status, Status::kComment);
  EXPECT_EQ(registry.at(*registry.resolve("ISO 2:2000")).status, Status::kDrafting);
}

// ── what is refused, and why ──

TEST(Registry, RefusesACycleOfReplacementsAndNamesTheWay) {
  Registry registry;
  const Report report = load(registry,
                             "from,relation,to\nGB/T 1-2010,replaces,GB/T 1-2000\nGB/T 1-2020,replaces,GB/T 1-2010\n"
                             "GB/T 1-2000,replaces,GB/T 1-2020\nGB/T 1-2000,replaces,GB/T 1-2000\n");
  EXPECT_TRUE(has_note(report, 4, "standard.cycle"));
  EXPECT_TRUE(has_note(report, 5, "standard.itself"));
  EXPECT_NE(report.lines[2].notes[0].words.en.find("GB/T 1-2020 > GB/T 1-2010 > GB/T 1-2000"), std::string::npos);
  EXPECT_EQ(registry.links().size(), 2u);
}

TEST(Registry, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Registry().resolve("GB/T 9999999").error().reason(), "standard.bad_number");
  EXPECT_EQ(Registry().resolve("GB/T 99999").error().reason(), "standard.unknown");
}

}  // namespace
}  // namespace weir::standards::standard
