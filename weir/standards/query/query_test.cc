// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/query/query.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"

namespace weir::standards::query {
namespace {

Library shipped_at(std::string_view now) {
  return {standard::shipped(), framework::shipped(), clause::Registry::embedded(), *parse_iso8601(now)};
}
const Library kNow = shipped_at("2026-11-21T04:00:00Z");

TEST(Query, EveryQuestionHasAnAnswerFromTheShippedData) {
  const Parameters parameters = {
      {"number", "GB/T 22080"}, {"from", "TC609-6-2025-14"}, {"to", "TC609-6-2025-15"}, {"rows", "true"}};
  for (const Question& question : questions()) {
    Parameters own = parameters;
    if (question.name != "diff") own.erase("from");
    EXPECT_TRUE(answer(kNow, question.name, own).ok()) << question.name;
  }
  EXPECT_EQ(answer(kNow, "dance", {}).error().reason(), "standards.question");
}

TEST(Query, CoverageSaysHowMuchOfItIsUnverified) {
  const auto coverage = answer(kNow, "coverage", {});
  ASSERT_TRUE(coverage.ok());
  EXPECT_GT((*coverage)["unverified"].integer_or("count", 0), 0);
  EXPECT_EQ((*coverage)["figures"].items()[0].integer_or("value", 0), 50);
}

TEST(Query, DueNextMonthIsCountedFromTheDayInChina) {
  const auto late = answer(shipped_at("2026-11-30T20:00:00Z"), "due", {});  // already December in China
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->text_or("today", ""), "2026-12-01");
}

TEST(Query, DiffNamesWhatCameWentAndChanged) {
  clause::Checklist a{.document = "A",
                      .clauses = {{.id = "1", .requirement = {"x", "甲"}}, {.id = "2", .requirement = {"y", "乙"}}}};
  clause::Checklist b = a;
  b.document = "B";
  b.clauses[0].level = clause::Level::kMay;
  b.clauses[1].id = "3";
  const wire::Json out = diff(a, b, clause::Registry::embedded());
  EXPECT_EQ(out["added"].items()[0].text_or("id", ""), "3");
  EXPECT_EQ(out["removed"].items()[0].text_or("id", ""), "2");
  EXPECT_EQ(out["changed"].items()[0]["what"].items()[0].as_string(), "level");
}

TEST(Query, DiffNamesTheClausesElsewhereThatTheSameProbeChecks) {
  const clause::Checklist* own = clause::Registry::embedded().find("TC609-6-2025-16");
  ASSERT_NE(own, nullptr);
  clause::Checklist from{.document = "A"};
  for (const clause::Clause& clause : own->clauses) {
    if (from.clauses.empty() && !clause.check.probe.empty()) from.clauses.push_back(clause);
  }
  clause::Checklist to{.document = "B"};
  const wire::Json out = diff(from, to, clause::Registry::embedded());
  const wire::Json& gone = out["removed"].items()[0];
  EXPECT_EQ(gone.text_or("probe", ""), from.clauses[0].check.probe);
  const std::string itself = "TC609-6-2025-16#" + from.clauses[0].id;  // under another document's name it is elsewhere
  const auto& named = gone["sharedWith"].items();
  EXPECT_TRUE(std::ranges::any_of(named, [&](const wire::Json& one) { return one.as_string() == itself; }));
}

TEST(Query, TheTimelineIsOfTheDaysThatAreAskedFor) {
  const auto all = answer(kNow, "timeline", {{"limit", "1000"}});
  const auto some = answer(kNow, "timeline", {{"limit", "1000"}, {"from", "2025-01"}, {"until", "2025-12"}});
  ASSERT_TRUE(all.ok() && some.ok());
  EXPECT_LT((*some)["events"].size(), (*all)["events"].size());
  for (const wire::Json& event : (*some)["events"].items()) EXPECT_EQ(event.text_or("day", "").substr(0, 4), "2025");
}

TEST(Query, TheExportIsReadByTheImport) {
  const auto csv = document(kNow, {{"format", "csv"}});
  ASSERT_TRUE(csv.ok());
  const auto table = standard::read_csv(view_of(csv->body));
  ASSERT_TRUE(table.ok());
  standard::Registry again;
  const auto imported = import_table(again, *table, {.source = "export"});
  ASSERT_TRUE(imported.ok());
  EXPECT_EQ(imported->report.fresh, 1241);
  EXPECT_EQ(imported->report.refused, 0);
  for (const char* format : {"json", "ics", "atom", "svg"})
    EXPECT_TRUE(document(kNow, {{"format", format}}).ok()) << format;
}

// ── what is refused, and why ──

TEST(Query, RefusesParametersThatMakeNoSense) {
  EXPECT_EQ(answer(kNow, "find", {{"limit", "many"}}).error().reason(), "standards.parameter");
  EXPECT_EQ(answer(kNow, "find", {{"status", "maybe"}}).error().reason(), "standards.parameter");
  EXPECT_EQ(answer(kNow, "due", {{"until", "soon"}}).error().reason(), "standard.bad_date");
  EXPECT_EQ(answer(kNow, "tree", {{"edition", "1999"}}).error().reason(), "framework.unknown_edition");
  EXPECT_EQ(answer(kNow, "diff", {{"from", "x"}}).error().reason(), "checklist.unknown");
  EXPECT_EQ(document(kNow, {{"format", "svg"}, {"what", "standards"}}).error().reason(), "standards.parameter");
}

}  // namespace
}  // namespace weir::standards::query
