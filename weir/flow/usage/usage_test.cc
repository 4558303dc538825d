// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <thread>

#include "weir/flow/usage/test_support.h"

namespace weir::flow::usage {
namespace {

using policy::Effect;
using ::testing::Contains;
using ::testing::HasSubstr;

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
  const auto again = f.service->adopt({.agreement = std::string(kAgreement),
                                       .product = {},
                                       .provider = {},
                                       .consumer = {},
                                       .peer = {},
                                       .peer_address = {},
                                       .policy = *policy::parse_terms("share")},
                                      "");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), Errc::kConflict);
  EXPECT_EQ(again.error().reason(), "usage.exists");
}

//= TC609-6-2025-15#parse type=test
TEST(Usage, RefusesAPolicyThatIsNotWellMade) {
  Fixture f;
  policy::Policy bad;
  bad.permissions = {policy::rule("use", {policy::constraint("count", policy::Operator::kLteq, "three")})};
  const auto refused = f.service->adopt(
      {.agreement = "a", .product = {}, .provider = {}, .consumer = {}, .peer = {}, .peer_address = {}, .policy = bad},
      "");
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
  NewTerms given{.agreement = std::string(kAgreement),
                 .product = "product",
                 .provider = "A",
                 .consumer = "B",
                 .peer = {},
                 .peer_address = {},
                 .policy = *policy::parse_terms("share"),
                 .active_from = at("2026-07-01")};
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
  EXPECT_EQ(f.kinds(), (std::vector<std::string>{"usage.adopted", "usage.allowed", "usage.allowed", "usage.allowed",
                                                 "usage.denied"}));
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
