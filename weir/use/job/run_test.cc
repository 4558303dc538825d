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
          .work = {.algorithm = algorithm.id,
                   .version = algorithm.version,
                   .hash = algorithm.hash,
                   .keys = {{"id", "id", Form::kText}},
                   .purpose = "research",
                   .query = {}},
          .input = {},
          .mine = role == Role::kConsumer ? of_consumer : of_provider,
          .theirs = role == Role::kConsumer ? of_provider : of_consumer,
          .outcome = {},
          .estimate = {},
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
    if (each.answers_query) continue;
    const auto choose = [&](Job& job) { job.work.algorithm = each.id; };
    const Ran ran = run(keys_from(0, 120), keys_from(100, 230), choose, choose);
    ASSERT_TRUE(ran.consumer) << each.id << ran.consumer.error().message();
    ASSERT_TRUE(ran.provider);
    EXPECT_EQ(*ran.consumer, keys_from(100, 120)) << each.id;
  }
}

// ── a joint figure ──

Figures figures_of(const std::string& table, const Query& query, Role side) {
  const ByteSource source = [&table, at = std::size_t{0}](std::span<std::uint8_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), table.size() - at);
    std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
  auto read = read_figures(source, {"id"}, {Form::kText}, query, side);
  EXPECT_TRUE(read) << read.error().message();
  return *std::move(read);
}

// What two tables, each with a number and a group, give to a query by one side's groups.
std::string figure(Role grouped) {
  const std::string group = grouped == Role::kConsumer ? "mine.g" : "theirs.g";
  const Query query = parse_statement("SELECT " + group +
                                          ", COUNT(*), SUM(mine.x), AVG(theirs.x) FROM mine JOIN theirs "
                                          "USING (id) GROUP BY " +
                                          group + " HAVING COUNT(*) >= 10",
                                      {})
                          ->query;
  std::string mine = "id,x,g\n", theirs = "id,x,g\n";
  for (int i = 0; i < 100; ++i)
    mine += std::to_string(i) + "," + std::to_string(i) + ".5,m" + std::to_string(i % 3) + "\n";
  for (int i = 50; i < 200; ++i) theirs += std::to_string(i) + ",-2,t" + std::to_string(i < 59 ? 0 : i % 2 + 1) + "\n";
  const Figures own = figures_of(mine, query, Role::kConsumer), other = figures_of(theirs, query, Role::kProvider);
  const Claim of_consumer = claim_of(own, Role::kConsumer, Bytes(32, 1));
  const Claim of_provider = claim_of(other, Role::kProvider, Bytes(32, 2));
  const auto job = [&](Role role) {
    Job out = job_of(role, own.set.keys, other.set.keys);
    out.work.query = query;
    out.mine = role == Role::kConsumer ? of_consumer : of_provider;
    out.theirs = role == Role::kConsumer ? of_provider : of_consumer;
    return out;
  };
  const Job asks = job(Role::kConsumer), answers = job(Role::kProvider);
  const auto [answer, ended] =
      mpc::both([&](mpc::Channel& channel, Random& random) { return ask_query(channel, random, asks, own); },
                [&](mpc::Channel& channel, Random& random) { return answer_query(channel, random, answers, other); });
  EXPECT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(ended) << ended.error().message();
  std::string text;
  const auto written = write_answer(query,
                                    {.values = own.group.empty() ? of_provider.values : own.values,
                                     .consumer_decimals = {1},
                                     .provider_decimals = {0}},
                                    *answer, [&](std::string_view more) -> Result<> {
                                      text += more;
                                      return {};
                                    });
  EXPECT_TRUE(written);
  return text;
}

TEST(Run, AJointFigureIsThePlainOneByEitherSidesGroups) {
  // 50 to 99 are in both tables; of the consumer's three groups 16 or 17 each.
  EXPECT_EQ(figure(Role::kConsumer),
            "g,COUNT(*),SUM(x),AVG(x)\nm0,17,1283.5,-2.0000\nm1,16,1200.0,-2.0000\nm2,17,1266.5,-2.0000\n");
  // The provider's t0 has nine of them, fewer than ten: it is not shown.
  EXPECT_EQ(figure(Role::kProvider), "g,COUNT(*),SUM(x),AVG(x)\nt1,20,1590.0,-2.0000\nt2,21,1669.5,-2.0000\n");
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
