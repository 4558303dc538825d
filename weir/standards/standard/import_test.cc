// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/import.h"

#include <gtest/gtest.h>

namespace weir::standards::standard {
namespace {

Imported load(Registry& into, const std::string& csv) {
  const auto table = read_csv(view_of(csv));
  EXPECT_TRUE(table.ok());
  auto done = import_table(
      into, *table,
      {.source = "a list", .as_of = {2026, 1, 1}, .by = "Li Hua", .known_direction = [](std::string_view direction) {
         return direction == "02.1.1";
       }});
  EXPECT_TRUE(done.ok());
  return *std::move(done);
}
std::vector<std::string> reasons(const ReportLine& line) {
  std::vector<std::string> out;
  for (const Note& note : line.notes) out.push_back(note.reason);
  return out;
}
using Reasons = std::vector<std::string>;

TEST(Import, TheSameTableAgainChangesNothing) {
  Registry registry;
  const std::string csv =
      "标准号,中文名称,状态,代替标准,采标,采用程度\nGB/T 43697－2024,数据分类分级规则,现行,GB/T 1-2000、GB/T "
      "2-2000,ISO/IEC 1:2020,IDT\n";
  const Imported first = load(registry, csv);
  EXPECT_EQ(first.report.fresh, 1);
  ASSERT_EQ(first.statements.size(), 1u);
  EXPECT_EQ(first.statements[0].links.size(), 3u);
  const Imported second = load(registry, csv);
  EXPECT_EQ(second.report.unchanged, 1);
  EXPECT_TRUE(second.statements.empty());
  EXPECT_TRUE(second.report.lines.empty());
}

TEST(Import, SaysWhatChanged) {
  Registry registry;
  load(registry, "number,status\nGB/T 1-2000,in-force\n");
  const Imported later = load(registry, "number,status,as_of\nGB/T 1-2000,withdrawn,2026-05-01\n");
  ASSERT_EQ(later.report.changed, 1);
  EXPECT_EQ(later.report.lines[0].changes, std::vector<std::string>{"status: in-force > withdrawn"});
}

TEST(Import, AStatementIsTheSameAfterBeingStored) {
  Registry registry;
  const Imported done = load(registry,
                             "number,title_zh,adopts,adoption,source,as_of\nGB/T 1-2000,甲,ISO 2:2001,MOD,x; adoption "
                             "memory-unverified,2020\n");
  const auto again = parse_statement(to_json(done.statements[0]));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_json(*again), to_json(done.statements[0]));
  Registry replayed;
  ASSERT_TRUE(apply(replayed, *again).ok());
  EXPECT_EQ(replayed.links()[0].degree, Degree::kModified);
  EXPECT_EQ(replayed.links()[0].trust, Trust::kUnverified);
  EXPECT_EQ(parse_statement(wire::Json::object({{"number", "GB 1"}})).error().reason(), "standard.bad_statement");
}

// ── what is wrong with rows: each has a line that names row and reason, and the good rows land ──

TEST(Import, NamesEachBadCellAndKeepsTheRest) {
  Registry registry;
  const Imported done =
      load(registry,
           "number,title_en,status,framework_direction,published,implemented,year,kind,replaces,adoption,odd\n"
           "GB/T 1-2000,one,maybe,,,,,,,,x\n"
           "GB/T 2-2000,two,,02.1.1;09.9,,,,,,,\n"
           "GB/T 3-2000,three,,,2020-05-01,2020-01-01,,,,,\n"
           "GB/T 4-2000,four,,,2020-13-01,,,,,,\n"
           "GB/T 5-2000,five,,,,,2001,,,,\n"
           "GB/T 6-2000,six,,,,,,ISO-IEC,,,\n"
           "GB/T 7-2000,seven,,,,,,,not a number,EQV,\n"
           "cloud,eight,,,,,,,,,\n"
           "GB/T 9-2000,nine,,,,,,,,,\n");
  EXPECT_EQ(done.report.read, 9);
  EXPECT_EQ(done.report.fresh, 8);
  EXPECT_EQ(done.report.refused, 1);
  ASSERT_EQ(done.report.lines.size(), 9u);
  EXPECT_EQ(reasons(done.report.lines[0]), Reasons{"unknown_status"});
  EXPECT_EQ(reasons(done.report.lines[1]), Reasons{"unknown_direction"});
  EXPECT_EQ(reasons(done.report.lines[2]), Reasons{"dates_backwards"});
  EXPECT_EQ(reasons(done.report.lines[3]), Reasons{"bad_date"});
  EXPECT_EQ(reasons(done.report.lines[4]), Reasons{"year_differs"});
  EXPECT_EQ(reasons(done.report.lines[5]), Reasons{"kind_differs"});
  EXPECT_EQ(reasons(done.report.lines[6]), (Reasons{"bad_reference", "unknown_degree"}));
  EXPECT_EQ(reasons(done.report.lines[7]), Reasons{"standard.unknown_body"});
  EXPECT_EQ(done.report.lines[7].row, 9);
  EXPECT_NE(done.report.lines[2].notes[0].words.en.find("2020-01-01"), std::string::npos);
  ASSERT_EQ(done.report.notes.size(), 1u);
  EXPECT_EQ(done.report.notes[0].reason, "unknown_column");
  EXPECT_EQ(registry.all(*registry.resolve("GB/T 2-2000"), Field::kDirection).size(), 1u);
}

TEST(Import, ContradictoryRowsAreBothKeptAsAConflict) {
  Registry registry;
  const Imported done = load(registry, "number,title_zh\nGB/T 1-2000,甲\nGB/T 1-2000,乙\n");
  ASSERT_EQ(done.report.lines.size(), 2u);
  EXPECT_EQ(reasons(done.report.lines[1]), Reasons{"contradicts_row"});
  EXPECT_NE(done.report.lines[1].notes[0].words.en.find("row 2"), std::string::npos);
  EXPECT_EQ(registry.conflicts(*registry.resolve("GB/T 1-2000")).size(), 1u);
}

TEST(Import, NothingThatStoodInTheFileIsLostWithoutALine) {
  Registry registry;
  const auto csv = read_csv(view_of("number,title_en,title\nGB/T 1-2000,one,,a comma, that was not quoted\n"));
  const Imported wide = *import_table(registry, *csv, {.source = "x"});
  EXPECT_EQ(reasons(wide.report.lines[0]), Reasons{"extra_cells"});
  EXPECT_EQ(wide.report.notes[0].reason, "repeated_column");
  const auto json = read_json_table(R"([{"number":"GB/T 2-2000"},7])");
  const Imported items = *import_table(registry, *json, {.source = "x"});
  EXPECT_EQ(items.report.read, 2);
  EXPECT_EQ(items.report.refused, 1);
  EXPECT_EQ(items.report.lines[1].row, 3);
  EXPECT_EQ(reasons(items.report.lines[1]), Reasons{"not_an_object"});
}

TEST(Import, WhatIsQuotedIsNeverHalfACharacter) {
  Registry registry;
  std::string long_text;
  for (int i = 0; i < 60; ++i) long_text += "云";
  const Imported done = load(registry, "number,status\n云计算参考架构标准清单目录,x\nGB/T 1-2000," + long_text + "\n");
  for (const ReportLine& line : done.report.lines) {
    ASSERT_FALSE(line.notes.empty());
    EXPECT_TRUE(is_utf8(line.notes[0].words.en)) << line.notes[0].words.en;
  }
}

TEST(Import, RefusesATableWithoutNumbersOrSources) {
  Registry registry;
  const auto table = read_csv(view_of("name,status\nx,in-force\n"));
  EXPECT_EQ(import_table(registry, *table, {.source = "x"}).error().reason(), "standard.no_number_column");
  const auto bare = read_csv(view_of("number,status\nGB/T 1-2000,in-force\n"));
  const auto done = import_table(registry, *bare, {});
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(reasons(done->report.lines[0]), Reasons{"standard.no_source"});
}

}  // namespace
}  // namespace weir::standards::standard
