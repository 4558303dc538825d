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

// What a party has on its disk: it outlives connections.
class Party final : public Side {
 public:
  Party(Job job, mpc::Blocks keys) : job_(std::move(job)), keys_(std::move(keys)) {}

  Result<mpc::Blocks> open(std::size_t bucket, std::size_t buckets) override {
    opened.push_back(bucket);
    mpc::Blocks out;
    for (const mpc::Block& key : keys_) {
      if ((key.lo & 0xff) * buckets / 256 == bucket) out.push_back(key);
    }
    open_ = out;
    return out;
  }
  Result<std::int64_t> keep(std::span<const std::size_t> places, std::int64_t line) override {
    if (full) return Error(Errc::kExhausted, "no space").because("store.disk_full");
    found.resize(static_cast<std::size_t>(line));
    for (const std::size_t place : places) found.push_back(open_[place]);
    return static_cast<std::int64_t>(found.size());
  }
  Result<> note(const Progress& progress) override {
    if (forgets && progress.now.done > job_.progress.now.done) return Error(Errc::kUnavailable, "it was killed");
    job_.progress = progress;
    return {};
  }
  std::int64_t milliseconds() override { return 1; }

  Job& job() { return job_; }
  const Progress& progress() const { return job_.progress; }
  mpc::Blocks found;
  std::vector<std::size_t> opened;
  bool full = false;
  bool forgets = false;  // dies before it has written down that a bucket is done

 private:
  Job job_;
  mpc::Blocks keys_;
  mpc::Blocks open_;
};

struct Both {
  Party consumer, provider;
  Result<Checkpoint> at_consumer = Error(Errc::kUnavailable, "not run");
  Result<Checkpoint> at_provider = Error(Errc::kUnavailable, "not run");

  Both(const mpc::Blocks& mine, const mpc::Blocks& theirs, std::int64_t bucket = kBucketKeys)
      : consumer(job_of(Role::kConsumer, mine, theirs), mine), provider(job_of(Role::kProvider, mine, theirs), theirs) {
    each([&](Job& job) { job.work.bucket = bucket; });
  }
  void each(const std::function<void(Job&)>& change) {
    change(consumer.job());
    change(provider.job());
  }
  // One connection; `change` spoils what the consumer sends, or, `reversed`, the provider.
  void connect(const mpc::Change& change = {}, bool reversed = false) {
    const auto side = [](Party& party) {
      return [&party](mpc::Channel& channel, Random& random) {
        return run_intersection(channel, random, party.job(), party);
      };
    };
    Party& first = reversed ? provider : consumer;
    Party& second = reversed ? consumer : provider;
    std::tie(reversed ? at_provider : at_consumer, reversed ? at_consumer : at_provider) =
        mpc::both(side(first), side(second), change);
  }
  std::size_t buckets() const { return consumer.opened.size(); }
  void expect_found(mpc::Blocks wanted) {
    ASSERT_TRUE(at_consumer) << at_consumer.error().message();
    ASSERT_TRUE(at_provider) << at_provider.error().message();
    EXPECT_EQ(consumer.found, wanted);
    EXPECT_EQ(at_consumer->matches, static_cast<std::int64_t>(wanted.size()));
    EXPECT_EQ(at_consumer->sent_hash, at_provider->received_hash);
    EXPECT_EQ(at_consumer->received_hash, at_provider->sent_hash);
    EXPECT_EQ(at_consumer->sent, at_provider->received);
    EXPECT_EQ(at_consumer->done, at_provider->done);
  }
};

TEST(Run, GivesTheIntersectionAndBothHaveOneTranscript) {
  for (const int shared : {0, 1, 127, 200}) {
    Both run(keys_from(0, 200), keys_from(200 - shared, 500));
    run.connect();
    run.expect_found(keys_from(200 - shared, 200));
    EXPECT_EQ(run.buckets(), 1u);
  }
}

TEST(Run, EveryAlgorithmGivesTheSameInBuckets) {
  for (const Algorithm& each : algorithms()) {
    if (each.answers_query) continue;
    Both run(keys_from(0, 120), keys_from(100, 230), 70);
    run.each([&](Job& job) { job.work.algorithm = each.id; });
    run.connect();
    run.expect_found(keys_from(100, 120));
    EXPECT_EQ(run.buckets(), 2u) << each.id;
  }
}

TEST(Run, BucketsGiveTheSameForSetsOfAnySize) {
  const std::pair<int, int> sizes[] = {{0, 1}, {1, 0}, {1, 127}, {127, 128}, {128, 129}, {129, 1}};
  for (const auto& [mine, theirs] : sizes) {
    Both run(keys_from(0, mine), keys_from(0, theirs), 33);
    run.connect();
    run.expect_found(keys_from(0, std::min(mine, theirs)));
  }
}

TEST(Run, MovesWhatThePlanSaysInBucketsThatTellNothingButTheNumberOfKeys) {
  for (const int first : {0, 1000}) {
    Both run(keys_from(first, first + 150), keys_from(first, first + 90), 40);
    run.connect();
    run.expect_found(keys_from(first, first + 90));
    const Estimate plan = estimate(algorithms()[0], {.consumer = 150, .provider = 90, .bucket = 40}, {}, {});
    EXPECT_EQ(run.at_consumer->sent, plan.sent);
    EXPECT_EQ(run.at_consumer->received, plan.received);
  }
}

// ── the line breaks ──

// Breaks the line at each message of one side's second bucket of three; what was done is not done again.
void break_everywhere(bool reversed, std::size_t step) {
  const auto mine = keys_from(0, 100), theirs = keys_from(50, 150);
  std::size_t messages = 0, first = 0, last = 0;
  {
    Both run(mine, theirs, 40);
    run.connect([&](std::size_t n, Bytes&) {
      ++messages;
      const auto& party = reversed ? run.provider : run.consumer;
      if (first == 0 && party.opened.size() == 2) first = n;
      if (party.opened.size() == 2) last = n;
    }, reversed);
    run.expect_found(keys_from(50, 100));
    ASSERT_EQ(run.buckets(), 4u);
  }
  ASSERT_GT(last, first);
  for (std::size_t at = first; at <= last; at += step) {
    Both run(mine, theirs, 40);
    run.connect([&](std::size_t n, Bytes& piece) {
      if (n == at) piece.clear();
    }, reversed);
    EXPECT_FALSE(run.at_consumer && run.at_provider) << at;
    run.connect();
    run.expect_found(keys_from(50, 100));
    for (const Party* party : {&run.consumer, &run.provider}) {
      EXPECT_EQ(std::count(party->opened.begin(), party->opened.end(), 0u), 1) << at;
      EXPECT_LE(party->opened.size(), 5u) << at;
    }
  }
}

TEST(RunBroken, AtAnyMessageOfTheConsumersGoesOnWithTheSameBucket) { break_everywhere(false, 9); }
TEST(RunBroken, AtAnyMessageOfTheProvidersGoesOnWithTheSameBucket) { break_everywhere(true, 3); }

TEST(RunBroken, ASideThatForgotItsLastBucketComputesItAgain) {
  for (const bool consumers : {true, false}) {
    Both run(keys_from(0, 100), keys_from(50, 150), 40);
    Party& party = consumers ? run.consumer : run.provider;
    party.forgets = true;
    run.connect();
    EXPECT_EQ(party.progress().now.done, 0);
    party.forgets = false;
    run.connect();
    run.expect_found(keys_from(50, 100));
    EXPECT_EQ(run.consumer.opened, (std::vector<std::size_t>{0, 0, 1, 2, 3}));
  }
}

TEST(RunBroken, AFullDiskIsSaidAndNothingIsLost) {
  Both run(keys_from(0, 100), keys_from(50, 150), 40);
  run.consumer.full = true;
  run.connect();
  EXPECT_EQ(run.at_consumer.error().reason(), "store.disk_full");
  run.consumer.full = false;
  run.connect();
  run.expect_found(keys_from(50, 100));
}

TEST(RunBroken, WhoMakesABucketBeComputedTooOftenIsLeft) {
  Both run(keys_from(0, 100), keys_from(50, 150), 40);
  run.consumer.forgets = true;
  for (std::int64_t i = 0; i < kTriesMax; ++i) run.connect();
  EXPECT_NE(run.at_provider.error().reason(), "job.too_many_tries");
  run.connect();
  EXPECT_EQ(run.at_provider.error().reason(), "job.too_many_tries");
}

TEST(RunBroken, GoingBackAndForthBetweenTwoBucketsDoesNotWashTriesAway) {
  Progress progress;
  for (std::int64_t connection = 1; connection <= kTriesMax + 1; ++connection) {
    progress.begin(0, true);
    progress.begin(1, false);
    EXPECT_EQ(progress.tries, connection);
  }
  progress.begin(2, false);
  EXPECT_EQ(progress.tries, 1);
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

// What was said when it was refused: the terms' digest and the place, no more.
std::string refused(Both& run) {
  std::size_t pieces = 0;
  run.connect([&](std::size_t, Bytes&) { ++pieces; });
  EXPECT_LE(pieces, 4u);
  EXPECT_TRUE(run.consumer.opened.empty() && run.provider.opened.empty());
  EXPECT_FALSE(run.at_consumer);
  return run.at_provider ? "" : std::string(run.at_provider.error().reason());
}

TEST(RunRefused, AnotherFormOfKeysAtTheFirstMessage) {
  Both run(keys_from(0, 200), keys_from(0, 200));
  run.provider.job().work.keys[0].form = Form::kPhone;
  EXPECT_EQ(refused(run), "job.mismatch");
}

TEST(RunRefused, AnotherClaimOrAnotherAgreementAtTheFirstMessage) {
  const auto set = keys_from(0, 200);
  const std::function<void(Job&)> changes[] = {[](Job& job) { job.mine.root = job.theirs.root; },
                                               [](Job& job) { ++job.mine.count; },
                                               [](Job& job) { job.agreement = "x"; }};
  for (const auto& change : changes) {
    Both run(set, set);
    change(run.provider.job());
    EXPECT_EQ(refused(run), "job.mismatch");
  }
}

TEST(RunRefused, OtherBucketsAtTheFirstMessage) {
  Both run(keys_from(0, 200), keys_from(0, 200), 50);
  run.consumer.job().work.bucket = 100;
  EXPECT_EQ(refused(run), "job.mismatch");
}

TEST(RunRefused, AnotherClaimWhenItGoesOn) {
  Both run(keys_from(0, 100), keys_from(50, 150), 40);
  run.consumer.forgets = true;
  run.connect();
  run.consumer.forgets = false;
  run.consumer.opened.clear();
  run.provider.opened.clear();
  run.consumer.job().mine = claim_of(keys_from(0, 101), Bytes(32, 1));
  EXPECT_EQ(refused(run), "job.mismatch");
}

TEST(RunRefused, APlaceThatTheOtherSideCannotHaveReached) {
  for (const std::int64_t done : {2, 4}) {
    Both run(keys_from(0, 100), keys_from(50, 150), 40);
    run.consumer.job().progress.now.done = done;
    EXPECT_EQ(refused(run), "job.mismatch");
  }
}

TEST(RunRefused, MoreKeysInOneBucketThanHashesHave) {
  mpc::Blocks crowded = keys_from(0, 120);
  for (mpc::Block& key : crowded) key.lo &= ~std::uint64_t{0xff};
  std::sort(crowded.begin(), crowded.end(), before);
  Both run(keys_from(0, 120), crowded, 40);
  run.connect();
  EXPECT_EQ(run.at_provider.error().reason(), "job.bucket_full");
  EXPECT_FALSE(run.at_consumer);
}

}  // namespace
}  // namespace weir::use::job
