// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/run_parties.h"

namespace weir::use::job {
namespace {

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
    if (each.answers_query()) continue;
    Both run(keys_from(0, 120), keys_from(100, 230), 70);
    run.each([&](Job& job) { job.work.algorithm = each.id; });
    run.connect();
    run.expect_found(keys_from(100, 120), each.answer);
    EXPECT_EQ(run.buckets(), each.in_buckets() ? 2u : 1u) << each.id;  // of keys that were opened
    const Estimate plan = estimate(each, {.consumer = 120, .provider = 130, .bucket = 70}, {}, {});
    EXPECT_EQ(run.at_consumer->sent, plan.sent) << each.id;
    EXPECT_EQ(run.at_consumer->received, plan.received) << each.id;
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

// A consumer that has all is done, and does not come back for the provider's sake.
TEST(RunBroken, WhereBothLearnAConsumerThatIsDoneLeavesNoProviderBehind) {
  for (const bool forgets : {false, true}) {
    Both run(keys_from(0, 100), keys_from(50, 150));
    run.each([](Job& job) { job.work.algorithm = "psi-both-rr22"; });
    run.provider.forgets = forgets;
    run.connect();
    EXPECT_EQ(run.consumer.progress().now.done, forgets ? 0 : 1);
    EXPECT_EQ(run.provider.progress().now.done, forgets ? 0 : 1);
  }
}

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
    // A consumer may have opened the next bucket before it saw that nobody is there.
    EXPECT_EQ(std::ranges::count(run.consumer.opened, 0u), 2);
    const std::vector<std::size_t> last(run.consumer.opened.end() - 4, run.consumer.opened.end());
    EXPECT_EQ(last, (std::vector<std::size_t>{0, 1, 2, 3}));
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

// Where images are kept, it is the points that may not be sent too often.
TEST(RunBroken, WhoHasTheImagesMayNotAskWithoutEndByGoingBackToThem) {
  Both run(keys_from(0, 100), keys_from(50, 150));
  run.each([](Job& job) { job.work.algorithm = "psi-kept-x25519"; });
  const Progress fresh = run.consumer.progress();
  for (std::int64_t i = 0; i <= kTriesMax; ++i) {
    EXPECT_NE(run.at_provider.error().reason(), "job.too_many_tries");
    run.connect([](std::size_t, Bytes& piece) {
      if (piece.size() == 3200) piece.clear();  // the points
    });
    EXPECT_EQ(run.provider.progress().now.done, 1) << i;
    run.consumer.job().progress = fresh;
  }
  EXPECT_EQ(run.at_provider.error().reason(), "job.too_many_tries");
}

TEST(RunBroken, ImagesMayBreakOffAsOftenAsTheyLike) {
  Both run(keys_from(0, 100), keys_from(50, 150));
  run.each([](Job& job) { job.work.algorithm = "psi-kept-x25519"; });
  for (std::int64_t i = 0; i < 2 * kTriesMax; ++i) {
    run.connect([](std::size_t, Bytes& piece) {
      if (piece.size() == 1600) piece.clear();
    }, true);
    ASSERT_FALSE(run.at_consumer);
  }
  run.connect();
  run.expect_found(keys_from(50, 100));
}

TEST(RunKept, ASecondQuestionMovesNoImagesAndNeedsNotTheProvidersTable) {
  Both run(keys_from(0, 100), keys_from(50, 350));
  run.each([](Job& job) { job.work.algorithm = "psi-kept-x25519"; });
  run.connect();
  run.expect_found(keys_from(50, 100));
  const std::int64_t first = run.at_consumer->received;
  EXPECT_EQ(run.provider.opened.size(), 1u);
  run.each([](Job& job) { job.progress = {}; });
  run.connect();
  run.expect_found(keys_from(50, 100));
  EXPECT_EQ(run.provider.opened.size(), 1u);
  EXPECT_EQ(first - run.at_consumer->received, 300 * 16 + 10);
  const Sizes sizes{.consumer = 100, .provider = 300, .kept = 300};
  EXPECT_EQ(run.at_consumer->received, estimate(**find_algorithm("psi-kept-x25519"), sizes, {}, {}).received);
}

// ── what was kept is lost ──

TEST(RunKept, AProviderThatLostItsSecretMakesImagesAnew) {
  Both run(keys_from(0, 100), keys_from(50, 350));
  run.each([](Job& job) { job.work.algorithm = "psi-kept-x25519"; });
  run.connect();
  run.provider.secret_seed = 6;
  run.each([](Job& job) { job.progress = {}; });
  run.connect();
  run.expect_found(keys_from(50, 100));
}

// The images came on one line, the points on the next, and in between the provider was set back.
TEST(RunKept, PointsUnderAnotherSecretEndTheJobAndFindNothingWrong) {
  Both run(keys_from(0, 100), keys_from(50, 350));
  run.each([](Job& job) { job.work.algorithm = "psi-kept-x25519"; });
  run.consumer.full = true;
  run.connect();
  run.provider.secret_seed = 6;
  run.consumer.full = false;
  run.connect();
  EXPECT_EQ(run.at_consumer.error().reason(), "mpc.images");
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

// What two tables, each with a number and a group, give to a query by one side's groups.
std::string figure(Role grouped, const std::string& algorithm = "join-psty19") {
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
    out.work.algorithm = algorithm;
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
  const char* wanted = "g,COUNT(*),SUM(x),AVG(x)\nt1,20,1590.0,-2.0000\nt2,21,1669.5,-2.0000\n";
  EXPECT_EQ(figure(Role::kProvider), wanted);
  EXPECT_EQ(figure(Role::kProvider, "join-psty19-silent"), wanted);
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
