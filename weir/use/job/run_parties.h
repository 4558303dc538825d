// Run parties: for tests of runs: both sides of a job with what they have on their disks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "weir/mpc/two_parties.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/run.h"

namespace weir::use::job {

inline mpc::Blocks keys_from(int first, int last) {
  mpc::Blocks out;
  for (int i = first; i < last; ++i) out.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(out.begin(), out.end(), before);
  return out;
}

inline Job job_of(Role role, const mpc::Blocks& consumer, const mpc::Blocks& provider) {
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
  Result<mpc::DhSecret> secret(mpc::DhCurve curve) override {
    SeededRandom random(secret_seed);
    return mpc::DhSecret::random(curve, random);
  }
  mpc::KeptImages& images() override { return images_; }

  Job& job() { return job_; }
  const Progress& progress() const { return job_.progress; }
  mpc::Blocks found;
  std::vector<std::size_t> opened;
  bool full = false;
  std::uint64_t secret_seed = 5;
  bool forgets = false;  // dies before it has written down that a bucket is done

 private:
  Job job_;
  mpc::Blocks keys_;
  mpc::Blocks open_;
  mpc::ImagesInMemory images_;
};

struct Both {
  Party consumer, provider;
  Result<Checkpoint> at_consumer = Error(Errc::kUnavailable, "not run");
  Result<Checkpoint> at_provider = Error(Errc::kUnavailable, "not run");

  Both(const mpc::Blocks& mine, const mpc::Blocks& theirs, std::int64_t bucket = kBucketKeys)
      : consumer(job_of(Role::kConsumer, mine, theirs), mine), provider(job_of(Role::kProvider, mine, theirs), theirs) {
    each([&](Job& job) { job.work.bucket = bucket; });
  }
  Both(Party first, Party second) : consumer(std::move(first)), provider(std::move(second)) {}
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
  void expect_found(mpc::Blocks wanted, Answer answer = Answer::kRows) {
    ASSERT_TRUE(at_consumer) << at_consumer.error().message();
    ASSERT_TRUE(at_provider) << at_provider.error().message();
    const auto count = static_cast<std::int64_t>(wanted.size());
    EXPECT_EQ(consumer.found, answer == Answer::kSize ? mpc::Blocks() : wanted);
    EXPECT_EQ(provider.found, answer == Answer::kBoth ? wanted : mpc::Blocks());
    EXPECT_EQ(at_consumer->matches, count);
    EXPECT_EQ(at_provider->matches, answer == Answer::kBoth ? count : 0);
    EXPECT_EQ(at_consumer->sent_hash, at_provider->received_hash);
    EXPECT_EQ(at_consumer->received_hash, at_provider->sent_hash);
    EXPECT_EQ(at_consumer->sent, at_provider->received);
    EXPECT_EQ(at_consumer->done, at_provider->done);
  }
};

inline Figures figures_of(const std::string& table, const Query& query, Role side) {
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

}  // namespace weir::use::job
