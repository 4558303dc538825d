// Imports, comments and decisions of the standards register, on every database.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/postgres.h"
#include "tests/support/recording_log.h"
#include "weir/standards/register/service.h"

namespace weir::standards::registering {
namespace {

struct Kind {
  const char* name;
  std::function<Result<std::unique_ptr<store::Database>>()> open;
};

Result<std::unique_ptr<store::Database>> open_fresh_postgres() {
  WEIR_TRY_LET(weir::testing::ThrowAwayPostgres * server, weir::testing::ThrowAwayPostgres::shared());
  WEIR_TRY_LET(const std::string url, server->fresh_schema());
  return store::open_postgres(url);
}

struct StandardsContract : ::testing::TestWithParam<Kind> {
  void SetUp() override {
    auto opened = GetParam().open();
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    database = *std::move(opened);
    ASSERT_TRUE(store::migrate(*database, migration()).ok());
  }
  Deps deps() { return {.sql = *database, .log = log, .clock = clock, .random = random, .known_direction = {}}; }

  std::unique_ptr<store::Database> database;
  weir::testing::RecordingLog log;
  SeededRandom random{7};
  ManualClock clock{*parse_iso8601("2026-11-21T00:00:00Z")};
};

constexpr std::string_view kTable =
    "number,title_zh,status,replaces\nGB/T 99001-2026,甲,in-force,GB/T 99001-2020\nGB/T "
    "99002-2026,乙,comment,\nbad,x,,\n";

constexpr std::string_view kChecklist =
    "document,clause,level,tier,check,applies,status,requirement_en,requirement_zh,note\n"
    "OS 1,,,,,,,Embedded systems,嵌入式系统,\n"
    "OS 1,6.1,must,base,probe log,,assessed,Logs hold,日志完整,\n"
    "OS 1,6.2,must,base,document,device:plc server,assessed,Memory is isolated,内存隔离,\n"
    "OS 1,6.3,always,base,,,,x,x,\n";

TEST_P(StandardsContract, AnImportIsKeptAndTheSameAgainChangesNothing) {
  Service service(deps());
  const auto first = service.import(view_of(kTable), "a list", {2026, 11, 1}, "operator");
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(first->fresh, 2);
  EXPECT_EQ(first->refused, 1);
  EXPECT_EQ(log.kinds(), std::vector<std::string>{"standards.imported"});
  const auto second = service.import(view_of(kTable), "a list", {2026, 11, 1}, "operator");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->unchanged, 2);
  EXPECT_EQ(log.entries.size(), 1u);
  Service another(deps());  // after a restart, or on another machine
  const auto registry = another.registry();
  ASSERT_TRUE(registry.ok());
  const auto index = (*registry)->resolve("GB/T 99001-2026");
  ASSERT_TRUE(index.ok());
  EXPECT_EQ((*registry)->title(*index, Language::kChinese), "甲");
  EXPECT_EQ((*registry)->source_of((*registry)->at(*index).claims[0].source).by, "operator");
  EXPECT_EQ((*registry)->listed(), 1243u);
}

TEST_P(StandardsContract, ADraftIsCommentedAndDecidedUponAndHistoryIsKept) {
  Service service(deps());
  const auto made = service.comment({.standard = "PRJ-TC260-WG5-04",
                                     .clause = "6.2.1",
                                     .text = "too much",
                                     .who = "Siemens",
                                     .infeasible_for = {"collector"}},
                                    "operator");
  ASSERT_TRUE(made.ok()) << made.error().message();
  ASSERT_TRUE(service.decide({.comment = made->id, .verdict = Verdict::kRejected, .reason = "no"}, "operator").ok());
  ASSERT_TRUE(
      service.decide({.comment = made->id, .verdict = Verdict::kPartly, .reason = "yes, for collectors"}, "operator")
          .ok());
  Service another(deps());
  const auto comments = another.comments("PRJ-TC260-WG5-04");
  ASSERT_TRUE(comments.ok());
  ASSERT_EQ(comments->size(), 1u);
  EXPECT_EQ((*comments)[0].verdict, Verdict::kPartly);
  EXPECT_EQ(feasibility(*comments).size(), 1u);
  EXPECT_EQ(log.count("standards.decided"), 2);
}

TEST_P(StandardsContract, AChecklistOfTheOperatorsOwnIsKeptBesideThoseOfTheProgram) {
  Service service(deps());
  const auto added = service.add_checklist(view_of(kChecklist), "operator");
  ASSERT_TRUE(added.ok()) << added.error().message();
  EXPECT_TRUE(added->fresh);
  EXPECT_EQ(added->checklist.clauses.size(), 2u);
  ASSERT_EQ(added->problems.size(), 1u);
  EXPECT_EQ(added->problems[0].line, 5);
  EXPECT_FALSE(service.add_checklist(view_of(kChecklist), "operator")->fresh);
  EXPECT_EQ(log.kinds(), std::vector<std::string>{"standards.checklist"});
  Service another(deps());
  const auto clauses = another.clauses();
  ASSERT_TRUE(clauses.ok());
  EXPECT_NE((*clauses)->find("OS 1"), nullptr);
  EXPECT_NE((*clauses)->find("TC609-6-2025-16"), nullptr);
}

TEST_P(StandardsContract, ASubscriptionIsFoundByItsKeyUntilItEnds) {
  Service service(deps());
  Subscription wanted{.name = "cloud"};
  wanted.filter["direction"] = "02";
  const auto made = service.subscribe(wanted, "operator");
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_GE(made->key.size(), 32u);
  Service another(deps());
  const auto found = another.subscription_of(made->key);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->filter.at("direction"), "02");
  EXPECT_FALSE(another.subscription_of(found->key_digest).ok());  // what is stored opens nothing
  ASSERT_TRUE(service.unsubscribe(found->id, "operator").ok());
  EXPECT_EQ(another.subscription_of(made->key).error().reason(), "subscription.unknown");
  EXPECT_EQ(log.count("standards.unsubscribed"), 1);
}

// ── what is refused, and why ──

TEST_P(StandardsContract, RefusesAnotherListOfTheSameDocument) {
  Service service(deps());
  ASSERT_TRUE(service.add_checklist(view_of(kChecklist), "operator").ok());
  std::string other(kChecklist);
  other.replace(other.find("must,"), 5, "should,");
  EXPECT_EQ(service.add_checklist(view_of(other), "operator").error().reason(), "checklist.exists");
  EXPECT_EQ(service.add_checklist(view_of("a,b\n"), "operator").error().reason(), "checklist.columns");
  log.fail_next = true;
  EXPECT_EQ(service.subscribe({.name = "x"}, "operator").error().reason(), "test.log");
  EXPECT_TRUE(service.subscriptions()->empty());
  EXPECT_EQ(service.unsubscribe(4711, "operator").error().reason(), "subscription.unknown");
}

TEST_P(StandardsContract, NothingIsKeptWithoutItsEvidence) {
  Service service(deps());
  log.fail_next = true;
  EXPECT_EQ(service.import(view_of(kTable), "a list", {}, "operator").error().reason(), "test.log");
  EXPECT_EQ((*service.registry())->listed(), 1241u);
}

TEST_P(StandardsContract, RefusesCommentsWhereNoneAreAsked) {
  Service service(deps());
  EXPECT_EQ(service.comment({.standard = "GB/T 43697-2024", .text = "x", .who = "y"}, "o").error().reason(),
            "comment.not_open");
  EXPECT_EQ(service.comment({.standard = "GB/T 99009", .text = "x", .who = "y"}, "o").error().reason(),
            "standard.unknown");
  EXPECT_EQ(service.decide({.comment = 9, .verdict = Verdict::kAccepted}, "o").error().reason(), "comment.unknown");
}

INSTANTIATE_TEST_SUITE_P(Databases, StandardsContract,
                         ::testing::Values(Kind{"Sqlite", [] { return store::open_sqlite({.path = ":memory:"}); }},
                                           Kind{"Postgres", open_fresh_postgres}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace weir::standards::registering
