// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "weir/flow/usage/service.h"
#include "weir/flow/usage/store.h"
#include "weir/policy/odrl.h"
#include "weir/policy/terms.h"
#include "weir/store/outbox.h"

namespace weir::flow::usage {
namespace {

using policy::Effect;
using ::testing::Contains;
using ::testing::HasSubstr;

// A log in a table, so that it stands and falls with the transaction.
class TableLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override {
    const std::string leaf = trust::evidence::to_json(entry).canonical();
    WEIR_TRY(tx.execute("INSERT INTO test_log (kind, leaf) VALUES (?, ?)", {entry.kind, leaf}));
    WEIR_TRY_LET(const auto row, tx.one("SELECT COUNT(*) FROM test_log"));
    return trust::evidence::EntryIndex(row[0].integer() - 1);
  }
};

// One writer at a time, as the node's group commit sees to it.
class SerialSql final : public store::Sql {
 public:
  explicit SerialSql(store::Sql& inner) : inner_(inner) {}
  Result<> write(const store::Work& work) override {
    const std::lock_guard lock(mutex_);
    return inner_.write(work);
  }
  Result<> read(const store::Work& work) override {
    const std::lock_guard lock(mutex_);
    return inner_.read(work);
  }

 private:
  store::Sql& inner_;
  std::mutex mutex_;
};

Timestamp at(std::string_view text) { return parse_iso8601(text).value_or(Timestamp()); }

constexpr std::string_view kAgreement = "C491350100M000100Y4335012025060112000000000001K";

struct Fixture {
  explicit Fixture(const std::string& path = ":memory:") {
    auto opened = store::open_sqlite({.path = path});
    EXPECT_TRUE(opened.ok());
    database = *std::move(opened);
    EXPECT_TRUE(store::migrate(*database, migration()).ok());
    EXPECT_TRUE(store::migrate(*database, store::outbox_migration()).ok());
    EXPECT_TRUE(store::migrate(*database, {.module = "test", .versions = {"CREATE TABLE test_log (kind TEXT, leaf TEXT);"}}).ok());
    serial = std::make_unique<SerialSql>(*database);
    service = std::make_unique<Service>(Service::Parts{.sql = *serial, .log = log, .clock = clock, .random = random, .node = "node-1"});
  }

  Terms adopt(std::string_view terms, bool obliged = true, std::string peer_address = {}) {
    auto offer = policy::parse_terms(terms);
    EXPECT_TRUE(offer.ok()) << (offer ? "" : offer.error().message());
    NewTerms given{.agreement = std::string(kAgreement), .product = "product", .provider = "A", .consumer = "B", .peer = "peer",
                   .peer_address = std::move(peer_address), .obliged = obliged,
                   .policy = policy::make_agreement(*offer, "urn:agreement", "product", "A", "B")};
    auto adopted = service->adopt(given, "operator-1");
    EXPECT_TRUE(adopted.ok()) << (adopted ? "" : adopted.error().message());
    return adopted ? *adopted : Terms();
  }

  Authorization use(std::string_view action = "read", std::string_view product = {}) {
    policy::Request request;
    request.action = action;
    request.participant = "B";
    request.product = product;
    request.purpose = purpose;
    request.bytes = bytes;
    auto answer = service->authorize(kAgreement, request, {.actor = "operator-2"});
    EXPECT_TRUE(answer.ok()) << (answer ? "" : answer.error().message());
    return answer ? *answer : Authorization();
  }

  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    EXPECT_TRUE(database->read([&](store::Tx& tx) -> Result<> {
      WEIR_TRY_LET(const auto rows, tx.query("SELECT kind FROM test_log ORDER BY rowid"));
      for (const auto& row : rows) out.push_back(row[0].text());
      return {};
    }).ok());
    return out;
  }
  std::string last_leaf() {
    std::string out;
    EXPECT_TRUE(database->read([&](store::Tx& tx) -> Result<> {
      WEIR_TRY_LET(const auto row, tx.one("SELECT leaf FROM test_log ORDER BY rowid DESC LIMIT 1"));
      out = row[0].text();
      return {};
    }).ok());
    return out;
  }
  std::int64_t counter(std::string_view name) {
    auto counters = service->counters(kAgreement);
    EXPECT_TRUE(counters.ok());
    for (const CounterState& each : *counters) {
      if (each.counter == name) return each.value;
    }
    return 0;
  }

  std::unique_ptr<store::Database> database;
  std::unique_ptr<SerialSql> serial;
  TableLog log;
  ManualClock clock{at("2026-06-01T00:00:00Z")};
  SeededRandom random{7};
  std::unique_ptr<Service> service;
  std::string purpose;
  std::optional<std::int64_t> bytes;
};

// --- Terms: adopted, changed, suspended, ended. ---

TEST(Usage, AdoptsTermsAndWritesThemDown) {
  Fixture f;
  const Terms terms = f.adopt("count<=3");
  EXPECT_EQ(terms.version, 1);
  EXPECT_EQ(terms.policy_hash.size(), 64u);
  const auto found = f.service->find(kAgreement);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->policy, terms.policy);
  EXPECT_EQ(f.kinds(), std::vector<std::string>{"usage.adopted"});
}

TEST(Usage, AdoptsAnAgreementOnce) {
  Fixture f;
  f.adopt("count<=3");
  const auto again = f.service->adopt({.agreement = std::string(kAgreement), .product = {}, .provider = {}, .consumer = {}, .peer = {}, .peer_address = {},
                                       .policy = *policy::parse_terms("share")}, "");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), Errc::kConflict);
  EXPECT_EQ(again.error().reason(), "usage.exists");
}

//= TC609-6-2025-15#parse type=test
TEST(Usage, RefusesAPolicyThatIsNotWellMade) {
  Fixture f;
  policy::Policy bad;
  bad.permissions = {policy::rule("use", {policy::constraint("count", policy::Operator::kLteq, "three")})};
  const auto refused = f.service->adopt({.agreement = "a", .product = {}, .provider = {}, .consumer = {}, .peer = {}, .peer_address = {}, .policy = bad}, "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "policy.bad_value");
}

//= I-6 type=test
TEST(Usage, NothingIsAllowedWithoutTerms) {
  Fixture f;
  const auto answer = f.service->authorize("nobody", {}, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Errc::kNotFound);
  EXPECT_EQ(answer.error().reason(), "usage.no_terms");
}

//= TC609-6-2025-15#termination type=test
TEST(Usage, SuspendedTermsDenyAndResumeWithTheirCounters) {
  Fixture f;
  f.adopt("count<=2");
  EXPECT_TRUE(f.use().allowed());
  ASSERT_TRUE(f.service->set_state(kAgreement, TermsState::kSuspended, "a dispute", "op").ok());
  const Authorization denied = f.use();
  EXPECT_EQ(denied.effect, Effect::kDeny);
  EXPECT_THAT(denied.reasons[0].why.en, HasSubstr("suspended"));
  ASSERT_TRUE(f.service->set_state(kAgreement, TermsState::kEnabled, "settled", "op").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
}

TEST(Usage, EndedTermsStayEnded) {
  Fixture f;
  f.adopt("share");
  ASSERT_TRUE(f.service->set_state(kAgreement, TermsState::kEnded, "expired", "").ok());
  EXPECT_FALSE(f.use().allowed());
  const auto back = f.service->set_state(kAgreement, TermsState::kEnabled, "", "");
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().reason(), "usage.wrong_state");
  EXPECT_EQ(f.service->change(kAgreement, *policy::parse_terms("share"), "").error().reason(), "usage.wrong_state");
}

TEST(Usage, TermsAreNotInForceBeforeTheirTime) {
  Fixture f;
  NewTerms given{.agreement = std::string(kAgreement), .product = "product", .provider = "A", .consumer = "B", .peer = {}, .peer_address = {},
                 .policy = *policy::parse_terms("share"), .active_from = at("2026-07-01")};
  ASSERT_TRUE(f.service->adopt(given, "").ok());
  EXPECT_THAT(f.use().reasons[0].why.en, HasSubstr("2026-07-01"));
  f.clock.set(at("2026-07-01"));
  EXPECT_TRUE(f.use().allowed());
}

TEST(Usage, ANewVersionKeepsTheCountersOfItsRules) {
  Fixture f;
  const Terms before = f.adopt("count<=2");
  f.use();
  const auto more = policy::make_agreement(*policy::parse_terms("count<=3"), "urn:agreement", "product", "A", "B");
  const auto after = f.service->change(kAgreement, more, "op");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->version, 2);
  EXPECT_NE(after->policy_hash, before.policy_hash);
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
}

// --- Budgets. ---

TEST(Usage, CountsUsesAndSaysWhyNot) {
  Fixture f;
  f.adopt("count<=3");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(f.use().allowed());
  const Authorization denied = f.use();
  EXPECT_EQ(denied.denied_by, policy::DeniedBy::kConstraint);
  EXPECT_THAT(denied.reasons[0].why.en, HasSubstr("at most 3 times; this would be use number 4"));
  EXPECT_THAT(denied.reasons[0].why.zh, HasSubstr("最多3次"));
  EXPECT_EQ(f.counter("uses"), 3);
  EXPECT_EQ(f.kinds(), (std::vector<std::string>{"usage.adopted", "usage.allowed", "usage.allowed", "usage.allowed", "usage.denied"}));
  EXPECT_THAT(f.last_leaf(), HasSubstr("urn:agreement#permission-1"));
  EXPECT_THAT(f.last_leaf(), HasSubstr("operator-2"));
}

TEST(Usage, ADeniedUseConsumesNothing) {
  Fixture f;
  f.adopt("count<=3, purpose=research");
  f.purpose = "marketing";
  EXPECT_FALSE(f.use().allowed());
  EXPECT_EQ(f.counter("uses"), 0);
  f.purpose = "research";
  EXPECT_TRUE(f.use().allowed());
  EXPECT_EQ(f.counter("uses"), 1);
}

TEST(Usage, APreviewConsumesAndWritesNothing) {
  Fixture f;
  f.adopt("count<=1");
  policy::Request request;
  request.action = "read";
  request.participant = "B";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(f.service->preview(kAgreement, request)->allowed());
  EXPECT_EQ(f.counter("uses"), 0);
  EXPECT_EQ(f.kinds().size(), 1u);
}

TEST(Usage, RatesStartAnewWithEachWindow) {
  Fixture f;
  f.adopt("rate<=2/day");
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
  f.clock.set(at("2026-06-01T23:59:59Z"));
  EXPECT_FALSE(f.use().allowed());
  f.clock.set(at("2026-06-02T00:00:00Z"));
  EXPECT_TRUE(f.use().allowed());
  f.clock.set(at("2026-06-01T12:00:00Z"));  // a clock that goes back gives nothing back
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
}

TEST(Usage, VolumeIsABudgetToo) {
  Fixture f;
  f.adopt("volume<=1000");
  f.bytes = 600;
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
  f.bytes = 400;
  EXPECT_TRUE(f.use().allowed());
  EXPECT_EQ(f.counter("bytes"), 1000);
  f.bytes.reset();
  EXPECT_EQ(f.use().denied_by, policy::DeniedBy::kUnknown);
}

TEST(Usage, ATimeLimitRunsFromTheFirstUse) {
  Fixture f;
  f.adopt("within=P7D");
  f.clock.set(at("2026-08-01"));
  EXPECT_TRUE(f.use().allowed());
  f.clock.set(at("2026-08-08"));
  EXPECT_TRUE(f.use().allowed());
  f.clock.set(at("2026-08-08T00:00:01Z"));
  EXPECT_FALSE(f.use().allowed());
  EXPECT_EQ(f.counter("first_use"), at("2026-08-01").value());
}

TEST(Usage, WindowsFollowMonthsOfTheirOwnLength) {
  CalendarDuration month;
  month.months = 1;
  const Timestamp anchor = at("2026-01-31");
  EXPECT_EQ(window_start(anchor, month, at("2026-02-27")), anchor);
  EXPECT_EQ(window_start(anchor, month, at("2026-02-28")), at("2026-02-28"));
  EXPECT_EQ(window_start(anchor, month, at("2030-04-01")), at("2030-03-31"));
  EXPECT_EQ(window_start(anchor, month, at("2025-01-01")), anchor);
  CalendarDuration odd;
  odd.months = 1;
  odd.exact = Milliseconds(86400000);
  for (std::int64_t day = 0; day < 2000; ++day) {
    const Timestamp now = after(anchor, Milliseconds(day * 86400000));
    const Timestamp start = window_start(anchor, odd, now);
    EXPECT_LE(start, now);
    EXPECT_GT(add(start, odd).value() + 4 * 86400000, now.value());
  }
}

// --- Exactness. ---

//= TC609-6-2025-15#count type=test
TEST(Usage, ABudgetIsExactAmongThreads) {
  Fixture f;
  f.adopt("count<=50");
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) allowed += f.use().allowed();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 50);
  EXPECT_EQ(f.counter("uses"), 50);
  EXPECT_EQ(f.kinds().size(), 101u);
}

TEST(Usage, ACommitThatFailsMovesNoCounterAndLeavesNoEntry) {
  const std::string path = ::testing::TempDir() + "usage_commit_test.db";
  std::filesystem::remove(path);
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  {
    Fixture f(path);
    f.adopt("count<=3, delete=P1D");
    EXPECT_TRUE(f.use().allowed());
    f.database->before_commit([](store::Tx&) -> Result<> { return Error(Errc::kUnavailable, "the disk is full"); });
    policy::Request request;
    request.action = "read";
    request.participant = "B";
    const auto refused = f.service->authorize(kAgreement, request, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Errc::kUnavailable);
  }
  Fixture f(path);
  EXPECT_EQ(f.counter("uses"), 1);
  EXPECT_EQ(f.kinds(), (std::vector<std::string>{"usage.adopted", "usage.allowed"}));
  EXPECT_EQ(f.service->obligations_of(kAgreement)->size(), 1u);
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use().allowed());
}

TEST(Usage, AStoredPolicyThatIsNotWhatWasAgreedIsCorrupt) {
  Fixture f;
  const Terms terms = f.adopt("count<=1");
  std::string wider = terms.policy;
  wider.replace(wider.find("\"@value\":\"1\""), 12, "\"@value\":\"9\"");
  ASSERT_TRUE(f.database->write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("UPDATE usage_terms SET policy = ?", {wider}));
    return {};
  }).ok());
  policy::Request request;
  request.action = "read";
  const auto answer = f.service->authorize(kAgreement, request, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Errc::kCorrupt);
}

// --- Obligations. ---

TEST(Usage, DeletionIsOwedOnceByTheEarliestDate) {
  Fixture f;
  f.adopt("delete=P7D");
  const Authorization first = f.use();
  ASSERT_EQ(first.owed.size(), 1u);
  EXPECT_EQ(first.owed[0].action, "delete");
  EXPECT_EQ(first.owed[0].due, at("2026-06-08"));
  f.clock.set(at("2026-06-03"));
  f.use();
  EXPECT_EQ(f.service->obligations_of(kAgreement)->size(), 1u);
  EXPECT_EQ(**f.service->next_due(), at("2026-06-08"));
  EXPECT_TRUE(f.service->due_obligations(at("2026-06-07"), 10)->empty());
  const auto due = f.service->due_obligations(at("2026-06-08"), 10);
  ASSERT_EQ(due->size(), 1u);
  ASSERT_TRUE(f.service->fulfil((*due)[0].id, "wiped", "vault").ok());
  ASSERT_TRUE(f.service->fulfil((*due)[0].id, "wiped", "vault").ok());  // twice is no error
  EXPECT_TRUE(f.service->due_obligations(at("2027-01-01"), 10)->empty());
  EXPECT_THAT(f.kinds(), Contains("usage.fulfilled").Times(1));
}

TEST(Usage, TheProviderWatchesDutiesWithoutOwingThem) {
  Fixture f;
  f.adopt("delete=P7D", /*obliged=*/false);
  const Authorization first = f.use();
  EXPECT_TRUE(first.allowed());
  EXPECT_EQ(first.obligations.size(), 1u);
  EXPECT_TRUE(first.owed.empty());
}

//= TC609-6-2025-15#obligations type=test
TEST(Usage, APreconditionIsDoneFirstAndForOneUse) {
  Fixture f;
  f.adopt("anonymize, count<=5");
  const Authorization first = f.use();
  EXPECT_EQ(first.effect, Effect::kAllowIf);
  ASSERT_EQ(first.owed.size(), 1u);
  EXPECT_EQ(f.counter("uses"), 0);
  EXPECT_EQ(f.use().owed[0].id, first.owed[0].id);  // asked again, owed once
  ASSERT_TRUE(f.service->fulfil(first.owed[0].id, "k=5", "job").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);  // the next use needs it again
  EXPECT_EQ(f.counter("uses"), 1);
}

TEST(Usage, ThePipelineCanSayThatItDoesThePreconditionItself) {
  Fixture f;
  f.adopt("anonymize");
  policy::Request request;
  request.action = "read";
  request.participant = "B";
  const std::string_view done[] = {"urn:agreement#permission-1/duty-1"};
  request.fulfilled = done;
  EXPECT_TRUE(f.service->authorize(kAgreement, request, {})->allowed());
}

TEST(Usage, APaymentOpensAllUsesOnceEnoughIsPaid) {
  Fixture f;
  f.adopt("pay=100.00 CNY");
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->record_payment(kAgreement, 999999, "CNY", "r1", "bank").ok());
  ASSERT_TRUE(f.service->record_payment(kAgreement, 999999, "CNY", "r1", "bank").ok());  // the same, told twice
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->record_payment(kAgreement, 1000000, "EUR", "r2", "bank").ok());
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->record_payment(kAgreement, 1, "CNY", "r3", "bank").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.service->record_payment(kAgreement, 0, "CNY", "r4", "bank").ok());
}

//= TC609-6-2025-15#feedback type=test
TEST(Usage, NotifyingPutsANoticeIntoTheOutbox) {
  Fixture f;
  f.adopt("notify", true, "https://peer.example");
  EXPECT_TRUE(f.use().owed.empty());
  ASSERT_TRUE(f.database->read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto messages, store::due(tx, f.clock.now(), 10));
    EXPECT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].path, kNoticePath);
    EXPECT_EQ(messages[0].peer, "peer");
    EXPECT_THAT(messages[0].body, HasSubstr("\"result\":\"allowed\""));
    return {};
  }).ok());
}

class Vault final : public ObligationHandler {
 public:
  bool handles(std::string_view action) const override { return action == "delete"; }
  Result<std::string> perform(const OwedObligation& obligation) override {
    ++calls;
    if (broken) return Error(Errc::kUnavailable, "busy");
    return "destroyed for " + obligation.agreement;
  }
  int calls = 0;
  bool broken = false;
};

TEST(Usage, HandlersDoWhatIsDue) {
  Fixture f;
  Vault vault;
  f.service->add_handler(vault);
  f.adopt("delete, log");
  f.use();
  vault.broken = true;
  EXPECT_EQ(*f.service->run_due(10), 0u);
  vault.broken = false;
  EXPECT_EQ(*f.service->run_due(10), 1u);
  EXPECT_EQ(*f.service->run_due(10), 0u);
  EXPECT_EQ(vault.calls, 2);
  EXPECT_THAT(f.last_leaf(), HasSubstr("destroyed for"));
}

TEST(Usage, WhatIsNotDoneBecomesOverdueWithConsequences) {
  Fixture f;
  auto terms = policy::make_agreement(*policy::parse_terms("delete=P1D"), "urn:agreement", "product", "A", "B");
  terms.permissions[0].duties[0].consequences = {policy::rule("compensate")};
  ASSERT_TRUE(f.service->adopt({.agreement = std::string(kAgreement), .product = "product", .provider = "A", .consumer = "B", .peer = {}, .peer_address = {}, .policy = terms}, "").ok());
  f.use();
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-02T23:00:00Z"), 10), 0u);  // within the day of grace
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-04"), 10), 1u);
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-04"), 10), 0u);
  const auto owed = f.service->obligations_of(kAgreement);
  ASSERT_EQ(owed->size(), 2u);
  std::vector<std::string> states;
  for (const auto& each : *owed) states.push_back(each.action + " " + std::string(name_of(each.state)));
  EXPECT_THAT(states, ::testing::UnorderedElementsAre("delete overdue", "compensate pending"));
  EXPECT_THAT(f.kinds(), Contains("usage.overdue"));
}

// --- Derived data. ---

//= TC609-6-2025-15#inheritance type=test
TEST(Usage, DerivedDataStandUnderTheSameBudget) {
  Fixture f;
  f.adopt("count<=2");
  EXPECT_FALSE(f.use("read", "derived").allowed());
  ASSERT_TRUE(f.service->inherit(kAgreement, "derived", "op").ok());
  EXPECT_TRUE(f.use("read", "derived").allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_FALSE(f.use("read", "derived").allowed());
}

TEST(Usage, NamesItsStates) {
  EXPECT_EQ(name_of(TermsState::kSuspended), "suspended");
  EXPECT_EQ(name_of(ObligationState::kOverdue), "overdue");
  EXPECT_FALSE(may_change(TermsState::kDisabled, TermsState::kSuspended));
  EXPECT_TRUE(may_change(TermsState::kDisabled, TermsState::kEnabled));
}

}  // namespace
}  // namespace weir::flow::usage
