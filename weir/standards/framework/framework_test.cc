// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/framework/framework.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/standards/framework/coverage.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"

namespace weir::standards::framework {
namespace {

standard::Registry registry_of(const std::string& csv) {
  standard::Registry out;
  const auto table = standard::read_csv(view_of(csv));
  EXPECT_TRUE(table.ok());
  EXPECT_TRUE(import_table(out, *table, {.source = "a list"}).ok());
  out.settle();
  return out;
}
const Edition& edition(std::string_view id) { return **shipped().edition(id); }
const Cell& cell(const std::vector<Cell>& cells, std::string_view id) {
  return *std::ranges::find_if(cells, [&](const Cell& one) { return one.direction->id == id; });
}

TEST(Framework, TheDraftHasSixPartsAndFiftyDirections) {
  const Edition& draft = edition("cloud-draft");
  ASSERT_EQ(draft.parts.size(), 6u);
  std::vector<std::size_t> counts;
  for (const Direction& part : draft.parts) counts.push_back(leaves(part));
  EXPECT_EQ(counts, (std::vector<std::size_t>{2, 13, 7, 2, 13, 13}));
  std::vector<const Direction*> all;
  for (const Direction& part : draft.parts) collect_leaves(part, all);
  EXPECT_EQ(all.size(), 50u);
  for (const Direction* one : all) {
    EXPECT_FALSE(one->name.en.empty() || one->name.zh.empty()) << one->id;
    EXPECT_FALSE(one->scope.en.empty() || one->scope.zh.empty()) << one->id;
  }
}

TEST(Framework, ThreeTextsStandSideBySideWithTheirOwnTargets) {
  const auto target = [](std::string_view id) { return edition(id).figures[0]; };
  EXPECT_EQ(target("cloud-draft").value, 50);
  EXPECT_EQ(target("cloud-draft").base, "total");
  EXPECT_EQ(target("cloud-2025").value, 30);
  EXPECT_EQ(target("cloud-2025").base, "new");
  EXPECT_EQ(edition("cloud-2025").date, "2025-10-09");
  EXPECT_FALSE(edition("cloud-2025").whole);
  for (const Edition& one : shipped().editions) {
    for (const Figure& figure : one.figures) EXPECT_FALSE(figure.source.empty()) << one.id;
  }
}

TEST(Framework, EveryDirectionOfTheDraftIsMappedOrSaidNotToBe) {
  std::vector<const Direction*> all;
  for (const Direction& part : edition("cloud-draft").parts) collect_leaves(part, all);
  for (const char* to : {"cloud-2025-04", "cloud-2025"}) {
    const Mapping* mapping = shipped().mapping("cloud-draft", to);
    ASSERT_NE(mapping, nullptr);
    for (const Direction* one : all) {
      EXPECT_TRUE(std::ranges::any_of(mapping->rows, [&](const MapRow& row) { return row.from == one->id; }))
          << to << " " << one->id;
    }
  }
}

TEST(Framework, Tc260HasItsNineGroupsAndFigures) {
  EXPECT_EQ(edition("tc260").parts[0].children.size(), 9u);
  EXPECT_EQ(edition("tc260").figures[0].value, 405);
}

TEST(Coverage, OfTheShippedDataHasTheEmptyDirectionsOfTheResearch) {
  const auto cells = coverage(standard::shipped(), shipped(), edition("cloud-draft"));
  std::vector<std::string> empty;
  std::vector<std::string> nothing;
  for (const Cell& one : cells) {
    if (!one.direction->is_leaf()) continue;
    if (one.missing() && one.past.empty() && one.unknown.empty()) empty.push_back(one.direction->id);
  }
  const std::vector<std::string> known = {"02.1.3", "02.2.2", "02.2.3", "02.3",   "02.4",  "02.5.2",
                                          "02.5.3", "03.3",   "03.5",   "03.7",   "04.1",  "05.1.1",
                                          "05.3.2", "05.4.3", "06.1.1", "06.2.3", "06.3.2"};
  EXPECT_EQ(empty, known);
  EXPECT_GE(cell(cells, "02.5.1").international.size(), 10u);
}

TEST(Coverage, CountsAStandardOfSeveralDirectionsOnceInTheirPart) {
  const auto registry = registry_of(
      "number,status,framework_direction\nGB/T 1-2000,in-force,02.1.1;02.1.2\nGB/T 2-2000,drafting,02.1.1\nISO "
      "3:2001,in-force,02.1.1\n");
  const auto cells = coverage(registry, shipped(), edition("cloud-draft"));
  EXPECT_EQ(cell(cells, "02").published.size(), 1u);
  EXPECT_EQ(cell(cells, "02.1.1").published.size(), 1u);
  EXPECT_EQ(cell(cells, "02.1.2").published.size(), 1u);
  EXPECT_EQ(cell(cells, "02.1.1").development.size(), 1u);
  EXPECT_EQ(cell(cells, "02.1.1").international.size(), 1u);
  EXPECT_TRUE(cell(cells, "03.1").missing());
  const auto mapped = coverage(registry, shipped(), edition("cloud-2025"));
  EXPECT_EQ(cell(mapped, "02.1").published.size(), 1u);
}

TEST(Coverage, StandardsOfGroupsAndEnterprisesFillNoGap) {
  const auto registry = registry_of(
      "number,status,framework_direction\nT/ISC 1-2000,in-force,02.1.1\nQ/ABC 1-2000,in-force,02.1.1\nTC609-6-2025-16,"
      "in-force,02.1.2\n");
  const auto cells = coverage(registry, shipped(), edition("cloud-draft"));
  EXPECT_EQ(cell(cells, "02.1.1").other.size(), 2u);
  EXPECT_TRUE(cell(cells, "02.1.1").missing());
  EXPECT_EQ(cell(cells, "02.1.2").published.size(), 1u);
  EXPECT_TRUE(targets(registry, shipped(), edition("cloud-draft"))[0].counted.empty());  // national and industry only
}

TEST(Coverage, ATargetOfNewStandardsCountsOnlyFromItsDate) {
  const auto registry = registry_of(
      "number,status,framework_direction,published\nGB/T 1-2025,in-force,02.1.1,2025-10-08\nGB/T "
      "2-2025,in-force,02.1.1,2025-10-09\nGB/T 3-2024,in-force,02.1.1,\n");
  const auto states = targets(registry, shipped(), edition("cloud-2025"));
  EXPECT_EQ(states[0].counted.size(), 1u);
  EXPECT_FALSE(states[1].countable);  // enterprises are not in a register of standards
  EXPECT_EQ(targets(registry, shipped(), edition("cloud-draft"))[0].counted.size(), 3u);
}

TEST(AdoptionReport, CountsIdenticalAndModifiedOnly) {
  const auto registry = registry_of(
      "number,status,adopts,adoption\nGB/T 1-2000,in-force,ISO 1:1999,IDT\nGB/T 2-2000,in-force,ISO 2:1999,MOD\n"
      "GB/T 3-2000,in-force,ISO 3:1999,NEQ\nGB/T 4-2000,in-force,,\nISO 1:1999,in-force,,\nISO 2:1999,in-force,,\nISO "
      "3:1999,in-force,,\n");
  const AdoptionReport report = adoption_report(registry, "");
  EXPECT_EQ(report.national.size(), 4u);
  EXPECT_EQ(report.adopting.size(), 2u);
  EXPECT_EQ(report.international.size(), 3u);
  EXPECT_EQ(report.adopted.size(), 2u);
  EXPECT_EQ(report.not_counted.size(), 1u);
}

TEST(AdoptionReport, DriftNamesTheEditionThatCameAfter) {
  const auto registry = registry_of(
      "number,status,adopts,adoption\nGB/T 1-2000,in-force,ISO 1:1999,IDT\nISO 1:1999,withdrawn,,\nISO "
      "1:2010,in-force,,\nISO 1:2005,withdrawn,,\n");
  const AdoptionReport report = adoption_report(registry, "");
  ASSERT_EQ(report.drift.size(), 1u);
  EXPECT_EQ(registry.at(report.drift[0].newer[0]).number.text(), "ISO 1:2010");
  const AdoptionReport real = adoption_report(standard::shipped(), "");
  EXPECT_GE(real.drift.size(), 10u);
}

TEST(Picture, IsOneSvgWithATileADirection) {
  const auto cells = coverage(standard::shipped(), shipped(), edition("cloud-draft"));
  const std::string svg = picture(edition("cloud-draft"), cells, Language::kChinese, "2026-11-21");
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  std::size_t tiles = 0;
  for (std::size_t at = svg.find("<title>"); at != std::string::npos; at = svg.find("<title>", at + 1)) ++tiles;
  EXPECT_EQ(tiles, 50u);
}

// ── what is refused, and why ──

TEST(Framework, RefusesWrongCountsRepeatedIdsAndMappingsOfNothing) {
  const auto reason = [](std::string_view json) {
    const auto parsed = parse_framework(json);
    return parsed ? "ok" : std::string(parsed.error().reason());
  };
  EXPECT_EQ(reason(R"({"editions":[{"id":"a","parts":[{"id":"1","statedDirections":2}]}]})"), "framework.bad");
  EXPECT_EQ(reason(R"({"editions":[{"id":"a","parts":[{"id":"1"},{"id":"1"}]}]})"), "framework.bad");
  EXPECT_EQ(
      reason(
          R"({"editions":[{"id":"a","parts":[{"id":"1"}]}],)"
                   R"("mappings":[{"from":"a","to":"a","rows":[{"from":"2","to":"1","relationship":"equal-to"}]}]})"),
      "framework.bad");
  EXPECT_EQ(reason(R"({"mappings":[{"from":"x","to":"y"}]})"), "framework.unknown_edition");
}

}  // namespace
}  // namespace weir::standards::framework
