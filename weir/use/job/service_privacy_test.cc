// The privacy budget of what two services ask each other.
// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/test_support.h"

namespace weir::use::job {
namespace {

constexpr std::string_view kNoisy =
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.4) COUNT(*) FROM a JOIN b USING (id)";

TEST_F(JobService, EachRunSpendsItsEpsilonOnBothSidesWhateverBecomesOfIt) {
  a_.neighbours.ruling.budget = b_.neighbours.ruling.budget = 2 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  ASSERT_TRUE(b_.service->fail(id, Error(Errc::kUnavailable, "the line broke")));
  for (ServiceParty* party : {&a_, &b_}) {
    const auto privacy = party->service->privacy(*party->service->get(id));
    ASSERT_TRUE(privacy);
    EXPECT_EQ(privacy->spent, 400'000);
    EXPECT_EQ(to_json(*privacy).canonical(),
              R"({"budget":"2","delta":"2^-41","epsilon":"0.4","left":"1.6","spent":"0.4"})");
  }
  EXPECT_EQ(a_.log.entries.back().body["privacy"]["spent"].as_string(), "0.4");
}

// Two draws of the noise tell more than one.
TEST_F(JobService, ANoisyRunThatIsMadeAgainSpendsAgainAndIsAnotherUse) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  for (int times = 0; times < 2; ++times) ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  EXPECT_EQ(b_.neighbours.asked, 2);
  EXPECT_EQ(b_.log.count("job.started"), 2);
  EXPECT_EQ(b_.service->start(id, claim_from(0, 80)).error().reason(), "job.budget_spent");
  EXPECT_EQ(b_.service->privacy(*b_.service->get(id))->spent, 800'000);
}

TEST_F(JobService, WhatIsSpentIsSpentForEveryLaterQuestionOfThisCounterpart) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  for (int times = 0; times < 2; ++times) {
    const std::string id = approved(ask(kNoisy));
    ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
    ASSERT_TRUE(b_.service->fail(id, Error(Errc::kUnavailable, "the line broke")));
    settle();
  }
  const auto job = ask(kNoisy);
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_EQ(a_.service->get(job->id)->error, "0.8 of the privacy budget of 1 is spent, and this question takes 0.4");
}

TEST_F(JobService, WhenTheLogFailsNothingIsSpent) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  b_.log.fail_next = true;
  EXPECT_FALSE(b_.service->start(id, claim_from(0, 80)));
  EXPECT_EQ(b_.service->privacy(*b_.service->get(id))->spent, 0);
}

TEST_F(JobService, WhereTheTermsSetABudgetAnAnswerWithoutNoiseIsNotGiven) {
  a_.neighbours.ruling.budget = 1 * kEpsilonScale;
  EXPECT_EQ(propose().error().reason(), "job.noise_required");
  EXPECT_EQ(ask("SELECT COUNT(*) FROM a JOIN b USING (id)").error().reason(), "job.noise_required");
  EXPECT_TRUE(ask(kNoisy));
}

TEST_F(JobService, AQuestionThatTakesMoreThanIsLeftIsNotEvenAsked) {
  a_.neighbours.ruling.budget = 399'999;
  EXPECT_EQ(ask(kNoisy).error().reason(), "job.budget_spent");
}

TEST_F(JobService, BoundsForMoreNoiseThanCanBeDrawnEndTheJob) {
  const auto job = ask(
      "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.001) SUM(a.x, contribution_bounds_per_group =>"
      " (0, 100000)) FROM a JOIN b USING (id)");
  ASSERT_TRUE(job) << job.error().message();
  Claim claim = claim_from(0, 50);
  claim.columns = {{"x", 9, kDigest}};
  ASSERT_TRUE(a_.service->claim(job->id, claim));
  EXPECT_EQ(at(a_, job->id), State::kFailed);
  EXPECT_THAT(a_.service->get(job->id)->error, ::testing::HasSubstr("more noise than can be drawn"));
}

}  // namespace
}  // namespace weir::use::job
