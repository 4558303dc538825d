// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "weir/standards/clause/registry.h"

namespace weir::standards::clause {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr std::string_view kHead =
    "document,clause,level,tier,check,applies,status,requirement_en,requirement_zh,note\n"
    "GB/T 1,,,,,,,A title,标题,Read.\n";

ReadChecklist read(const std::string& rows) {
  auto out = parse_checklist(std::string(kHead) + rows);
  EXPECT_TRUE(out) << out.error().message();
  return *std::move(out);
}
std::string problem(const std::string& row) {
  const ReadChecklist out = read(row);
  EXPECT_TRUE(out.checklist.clauses.empty());
  EXPECT_EQ(out.problems.size(), 1u);
  return out.problems.empty() ? "" : out.problems.front().what.en;
}
std::string reason(std::string_view text) {
  const auto out = parse_checklist(text);
  EXPECT_FALSE(out);
  return out ? "" : std::string(out.error().reason());
}

TEST(Checklist, ReadsAClauseWithAllItHas) {
  const auto out = read(
      "GB/T 1,5.2,should,extended,probe offers a b,regional shangmi,partly,\"Do, it\",做到,\"says \"\"x\"\"\"\n");
  ASSERT_EQ(out.checklist.clauses.size(), 1u);
  const Clause& clause = out.checklist.clauses.front();
  EXPECT_EQ(clause.id, "5.2");
  EXPECT_EQ(clause.level, Level::kShould);
  EXPECT_EQ(clause.tier, Tier::kExtended);
  EXPECT_EQ(clause.check, (Check{CheckKind::kProbe, "offers", {"a", "b"}}));
  EXPECT_EQ(clause.applies, (std::vector<std::string>{"regional", "shangmi"}));
  EXPECT_EQ(clause.requirement, (Text{"Do, it", "做到"}));
  EXPECT_EQ(clause.note, "says \"x\"");
  EXPECT_EQ(out.checklist.note, "Read.");
}

TEST(Checklist, WritesWhatItReads) {
  for (const Checklist& list : Registry::embedded().all()) {
    const std::string text = format_checklist(list);
    const auto again = parse_checklist(text);
    ASSERT_TRUE(again) << list.document;
    EXPECT_TRUE(again->problems.empty());
    EXPECT_EQ(again->checklist, list);
  }
}

TEST(Checklist, TakesCarriageReturnsBlankLinesAndAByteOrderMark) {
  std::string text = "\xEF\xBB\xBF" + std::string(kHead) + "\nGB/T 1,a,must,,document,,,Do,做,\r\n\r\n";
  const auto out = parse_checklist(text);
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->problems.empty());
  ASSERT_EQ(out->checklist.clauses.size(), 1u);
  EXPECT_EQ(out->checklist.clauses.front().note, "");
}

TEST(Clause, ConcernsWhomItNames) {
  Clause clause;
  EXPECT_TRUE(applies_to(clause, {"connector", "shangmi", "constrained"}));
  clause.applies = {"regional", "shangmi"};
  EXPECT_TRUE(applies_to(clause, {"regional", "shangmi"}));
  EXPECT_FALSE(applies_to(clause, {"regional", "international"}));
  EXPECT_FALSE(applies_to(clause, {"connector", "shangmi"}));
  clause.applies = {"server", "gateway"};
  EXPECT_TRUE(applies_to(clause, {"connector", "shangmi", "gateway"}));
  EXPECT_FALSE(applies_to(clause, {"connector", "shangmi", "constrained"}));
}

// ── what the program carries ──

TEST(Registry, CarriesTheEvaluationOfTrustedDataSpacesWhole) {
  const Checklist* list = Registry::embedded().find("tc609-6-2025-16");
  ASSERT_NE(list, nullptr);
  std::set<std::string> areas;
  std::size_t base = 0;
  for (const Clause& clause : list->clauses) {
    areas.insert(clause.id.substr(0, clause.id.find('.', clause.id.find('.') + 1)));
    base += clause.tier == Tier::kBase;
    EXPECT_NE(clause.check.kind, CheckKind::kNone) << clause.id;
    EXPECT_EQ(clause.level == Level::kMust, clause.tier == Tier::kBase) << clause.id;
  }
  EXPECT_EQ(list->clauses.size(), 70u);
  EXPECT_EQ(base, 38u);
  EXPECT_THAT(areas, UnorderedElementsAre(
                         "platform.identity", "platform.connector", "platform.catalogue", "platform.contract",
                         "platform.space", "platform.usage", "platform.trading", "platform.development",
                         "platform.hosting", "platform.certification", "platform.store", "platform.evidence",
                         "connector.identity", "connector.resource", "connector.product", "connector.contract",
                         "connector.delivery", "connector.usage", "security.contract", "security.product",
                         "security.operation"));
}

TEST(Registry, CarriesAllFourDimensionsOfAllThirtyAreasOfMaturity) {
  const Checklist* list = Registry::embedded().find("GB/T 37988-2019");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->clauses.size(), 120u);
  for (const Clause& clause : list->clauses) EXPECT_EQ(clause.check.kind, CheckKind::kMaturity) << clause.id;
}

TEST(Registry, FindsByDocumentBySlugByClauseAndByWords) {
  const Registry& registry = Registry::embedded();
  EXPECT_EQ(registry.find("GB/T 43697-2024"), registry.find("gb-t-43697-2024"));
  ASSERT_NE(registry.find_clause("NDI-TR-2025-04#check-character").clause, nullptr);
  EXPECT_EQ(registry.find("GB/T 0-1900"), nullptr);
  EXPECT_EQ(registry.find_clause("NDI-TR-2025-04#nothing").clause, nullptr);
  const auto found = registry.search("校验码 17710", 10);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().clause->id, "check-character");
  EXPECT_EQ(registry.search("the", 3).size(), 3u);
}

TEST(Registry, LoadsTwoHundredThousandClauses) {
  std::string text(kHead);
  for (int i = 0; i < 200'000; ++i) {
    text += "GB/T 1," + std::to_string(i) + ",must,base,document,,assessed,Keep records number " + std::to_string(i) +
            " for three years,保存记录三年,\n";
  }
  const auto start = std::chrono::steady_clock::now();
  auto out = parse_checklist(text);
  ASSERT_TRUE(out);
  Registry registry;
  ASSERT_TRUE(registry.add(std::move(out->checklist)));
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_EQ(registry.clauses(), 200'000u);
  EXPECT_NE(registry.find_clause("GB/T 1#199999").clause, nullptr);
}

// ── what is refused ──

TEST(ChecklistRefuses, WhatIsNoChecklistAtAll) {
  EXPECT_EQ(reason(""), "checklist.columns");
  EXPECT_EQ(reason("a,b\n"), "checklist.columns");
  EXPECT_EQ(reason(kHead.substr(0, kHead.find('\n') + 1)), "checklist.no_document");
  const std::string columns(kHead.substr(0, kHead.find('\n') + 1));
  EXPECT_EQ(reason(columns + "GB/T 1,5.2,must,,,,,A,甲,\n"), "checklist.no_document");
  EXPECT_EQ(reason("\xB9\xFA\xB1\xEA"), "checklist.encoding");  // GBK
  EXPECT_EQ(reason(std::string(kHead) + '\0'), "checklist.encoding");
}

TEST(ChecklistRefuses, RowsThatAreWrongAndKeepsTheOthers) {
  EXPECT_THAT(problem("GB/T 1,1,must\n"), HasSubstr("3 cells"));
  EXPECT_THAT(problem("GB/T 2,1,must,,,,,Do,做,\n"), HasSubstr("another document"));
  EXPECT_THAT(problem("GB/T 1,,must,,,,,Do,做,\n"), HasSubstr("no clause"));
  EXPECT_THAT(problem("GB/T 1,1,shall,,,,,Do,做,\n"), HasSubstr("must, should or may"));
  EXPECT_THAT(problem("GB/T 1,1,must,basic,,,,Do,做,\n"), HasSubstr("base, extended"));
  EXPECT_THAT(problem("GB/T 1,1,must,,look,,,Do,做,\n"), HasSubstr("no check"));
  EXPECT_THAT(problem("GB/T 1,1,must,,probe,,,Do,做,\n"), HasSubstr("no check"));
  EXPECT_THAT(problem("GB/T 1,1,must,,document x,,,Do,做,\n"), HasSubstr("no check"));
  EXPECT_THAT(problem("GB/T 1,1,must,,probe a/b,,,Do,做,\n"), HasSubstr("no check"));
  EXPECT_THAT(problem("GB/T 1,1,must,,,toaster,,Do,做,\n"), HasSubstr("no role"));
  EXPECT_THAT(problem("GB/T 1,1,must,,,,done,Do,做,\n"), HasSubstr("no status"));
  EXPECT_THAT(problem("GB/T 1,1,must,,,,,Do,,\n"), HasSubstr("both languages"));
  EXPECT_THAT(problem("GB/T 1,1,must,,,,," + std::string(2001, 'x') + ",做,\n"), HasSubstr("2000"));
  EXPECT_THAT(problem("GB/T 1," + std::string(129, '1') + ",must,,,,,Do,做,\n"), HasSubstr("too long"));
  EXPECT_THAT(problem("GB/T 1,\"1,must,,,,,Do,做,\n"), HasSubstr("2 cells"));

  const auto out = read("GB/T 1,a,must,,,,,Do,做,\nGB/T 1,a,must,,,,,Do,做,\nGB/T 1,b,must,,,,,Do,做,\n");
  EXPECT_EQ(out.checklist.clauses.size(), 2u);
  ASSERT_EQ(out.problems.size(), 1u);
  EXPECT_EQ(out.problems.front().line, 4);
  EXPECT_THAT(out.problems.front().what.en, HasSubstr("twice"));
}

TEST(RegistryRefuses, ASecondListOfOneDocument) {
  Registry registry;
  ASSERT_TRUE(registry.add(read("").checklist));
  const auto again = registry.add(read("").checklist);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason(), "checklist.exists");
}

}  // namespace
}  // namespace weir::standards::clause
