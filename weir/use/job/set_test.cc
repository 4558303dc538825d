// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/set.h"

#include <gtest/gtest.h>

#include "weir/tlog/entry.h"
#include "weir/use/job/ledger.h"

namespace weir::use::job {
namespace {

mpc::Blocks keys_from(int first, int last) {
  mpc::Blocks out;
  for (int i = first; i < last; ++i) out.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(out.begin(), out.end(), before);
  return out;
}

const Bytes kSalt(32, 7);
Claim claim_from(int first, int last) { return claim_of(keys_from(first, last), kSalt); }

TEST(KeySet, ColumnsOfAKeyDoNotRunIntoEachOther) {
  const std::vector<Form> forms = {Form::kExact, Form::kExact};
  EXPECT_NE(*key_of({"ab", "c"}, forms), *key_of({"a", "bc"}, forms));
}

// ── commitments ──

TEST(Commitment, TheSameSetGivesTheSameRootAndAnotherSaltAnother) {
  EXPECT_EQ(claim_from(0, 50), claim_from(0, 50));
  EXPECT_NE(claim_from(0, 50).root, claim_from(0, 51).root);
  EXPECT_NE(claim_from(0, 50).root, claim_of(keys_from(0, 50), Bytes(32, 8)).root);
}

TEST(Commitment, IsTheTreeOverTheSaltedKeysHoweverTheyCome) {
  const auto keys = keys_from(0, 10'000);
  tlog::Frontier tree(crypto::HashAlgorithm::kSha256);
  for (const mpc::Block& key : keys) {
    Bytes leaf = kSalt;
    const ByteView bytes = mpc::bytes_of(std::span(&key, 1));
    leaf.insert(leaf.end(), bytes.begin(), bytes.end());
    tree.append(tlog::leaf_hash(crypto::HashAlgorithm::kSha256, leaf));
  }
  const Claim whole = claim_of(keys, kSalt);
  EXPECT_EQ(whole.root, tlog::format_digest(crypto::HashAlgorithm::kSha256, tree.root()));
  Commitment commitment(kSalt);
  for (std::size_t at = 0, step = 1; at < keys.size(); step = 3 * step + 1) {
    const std::size_t count = std::min(step, keys.size() - at);
    commitment.add(std::span<const mpc::Block>(keys).subspan(at, count));
    at += count;
  }
  EXPECT_EQ(commitment.finish(), whole);
}

TEST(Sketch, SmallSetsAreComparedExactly) {
  EXPECT_EQ(difference(claim_from(0, 100), claim_from(0, 100)), 0);
  EXPECT_NEAR(difference(claim_from(0, 100), claim_from(1, 101)), 2, 1e-9);
  EXPECT_NEAR(difference(claim_from(0, 100), claim_from(200, 300)), 200, 1e-9);
  EXPECT_NEAR(difference(claim_from(0, 0), claim_from(0, 10)), 10, 1e-9);
}

TEST(Sketch, LargeSetsAreComparedRoughly) {
  EXPECT_LT(difference(claim_from(0, 20'000), claim_from(1, 20'000)), 100);
  EXPECT_NEAR(difference(claim_from(0, 20'000), claim_from(10'000, 30'000)), 20'000, 3'000);
}

// ── the ledger says no ──

TEST(Ledger, ASetThatIsTooSmallIsRefused) {
  EXPECT_EQ(may_ask({}, {}, claim_from(0, 99)).error().reason(), "job.set_too_small");
  EXPECT_TRUE(may_ask({}, {}, claim_from(0, 100)));
}

TEST(Ledger, QuestionsRunOut) {
  const std::vector<Claim> earlier(3, claim_from(0, 200));
  EXPECT_TRUE(may_ask({.questions_most = 4}, earlier, claim_from(0, 200)));
  EXPECT_EQ(may_ask({.questions_most = 3}, earlier, claim_from(0, 200)).error().reason(), "job.questions_spent");
}

TEST(Ledger, ASetThatDiffersByAFewIsRefusedAndTheSameIsNot) {
  const std::vector<Claim> earlier = {claim_from(1000, 1400), claim_from(0, 200)};
  EXPECT_TRUE(may_ask({}, earlier, claim_from(0, 200)));
  EXPECT_EQ(may_ask({}, earlier, claim_from(0, 201)).error().reason(), "job.near_identical");
  EXPECT_EQ(may_ask({}, earlier, claim_from(0, 299)).error().reason(), "job.near_identical");
  EXPECT_TRUE(may_ask({}, earlier, claim_from(0, 300)));
}

}  // namespace
}  // namespace weir::use::job
