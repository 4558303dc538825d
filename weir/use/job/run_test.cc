// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/run.h"

#include <gtest/gtest.h>

#include "weir/mpc/two_parties.h"
#include "weir/use/job/algorithm.h"

namespace weir::use::job {
namespace {

mpc::Blocks keys_from(int first, int last) {
  mpc::Blocks out;
  for (int i = first; i < last; ++i) out.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(out.begin(), out.end(), before);
  return out;
}

Job job_of(Role role, const mpc::Blocks& consumer, const mpc::Blocks& provider) {
  const Claim of_consumer = claim_of(consumer, Bytes(32, 1));
  const Claim of_provider = claim_of(provider, Bytes(32, 2));
  const Algorithm& algorithm = algorithms()[0];
  return {.id = "2c7a8a8e-7d7e-4d1a-9d3a-000000000001",
          .role = role,
          .state = State::kRunning,
          .peer = *supply::identifier::NodeId::parse("591350100M000100Y430065ZZZZ9999S"),
          .peer_address = {},
          .agreement = "urn:uuid:agreement",
          .contract = "C",
          .product = "P",
          .work = {algorithm.id, algorithm.version, algorithm.hash, {{"id", "id", Form::kText}}, "compute", "research"},
          .input = {},
          .mine = role == Role::kConsumer ? of_consumer : of_provider,
          .theirs = role == Role::kConsumer ? of_provider : of_consumer,
          .outcome = {},
          .error = {},
          .actor = {},
          .created = {},
          .updated = {}};
}

struct Ran {
  Result<mpc::Blocks> consumer = Error(Errc::kUnavailable, "not run");
  Result<> provider;
  mpc::Channel::Transcript at_consumer;
  mpc::Channel::Transcript at_provider;
};

Ran run(const mpc::Blocks& mine, const mpc::Blocks& theirs, const std::function<void(Job&)>& change = {},
        const std::function<void(Job&)>& change_consumer = {}) {
  Job consumer = job_of(Role::kConsumer, mine, theirs);
  Job provider = job_of(Role::kProvider, mine, theirs);
  if (change) change(provider);
  if (change_consumer) change_consumer(consumer);
  Ran out;
  auto [first, second] = mpc::both(
      [&](mpc::Channel& channel, Random& random) {
        channel.keep_transcript();
        auto found = run_consumer(channel, random, consumer, mine);
        out.at_consumer = channel.transcript();
        return found;
      },
      [&](mpc::Channel& channel, Random& random) {
        channel.keep_transcript();
        auto sent = run_provider(channel, random, provider, theirs);
        out.at_provider = channel.transcript();
        return sent;
      });
  out.consumer = std::move(first);
  out.provider = std::move(second);
  return out;
}

TEST(Run, GivesTheIntersectionAndBothHaveOneTranscript) {
  for (const int shared : {0, 1, 127, 200}) {
    const Ran ran = run(keys_from(0, 200), keys_from(200 - shared, 500));
    ASSERT_TRUE(ran.consumer) << ran.consumer.error().message();
    ASSERT_TRUE(ran.provider) << ran.provider.error().message();
    EXPECT_EQ(*ran.consumer, keys_from(200 - shared, 200));
    EXPECT_EQ(ran.at_consumer.sent, ran.at_provider.received);
    EXPECT_EQ(ran.at_consumer.received, ran.at_provider.sent);
  }
}

TEST(Run, EveryAlgorithmGivesTheSame) {
  for (const Algorithm& each : algorithms()) {
    const auto choose = [&](Job& job) { job.work.algorithm = each.id; };
    const Ran ran = run(keys_from(0, 120), keys_from(100, 230), choose, choose);
    ASSERT_TRUE(ran.consumer) << each.id << ran.consumer.error().message();
    ASSERT_TRUE(ran.provider);
    EXPECT_EQ(*ran.consumer, keys_from(100, 120)) << each.id;
  }
}

// ── refused before a byte that depends on data ──

TEST(Run, AnotherFormOfKeysIsRefusedAtTheFirstMessage) {
  const Ran ran = run(keys_from(0, 200), keys_from(0, 200), [](Job& job) { job.work.keys[0].form = Form::kPhone; });
  EXPECT_EQ(ran.consumer.error().reason(), "job.mismatch");
  EXPECT_EQ(ran.provider.error().reason(), "job.mismatch");
}

TEST(Run, AnotherClaimOrAnotherAgreementIsRefusedAtTheFirstMessage) {
  const auto set = keys_from(0, 200);
  EXPECT_EQ(run(set, set, [](Job& job) { job.mine.root = job.theirs.root; }).provider.error().reason(), "job.mismatch");
  EXPECT_EQ(run(set, set, [](Job& job) { ++job.mine.count; }).provider.error().reason(), "job.mismatch");
  EXPECT_EQ(run(set, set, [](Job& job) { job.agreement = "x"; }).provider.error().reason(), "job.mismatch");
}

}  // namespace
}  // namespace weir::use::job
