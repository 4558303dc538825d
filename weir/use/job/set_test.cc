// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/set.h"

#include <gtest/gtest.h>

#include "weir/use/job/ledger.h"

namespace weir::use::job {
namespace {

ByteSource source_of(const std::string& text) {
  auto at = std::make_shared<std::size_t>(0);
  return [text, at](std::span<std::uint8_t> out) -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), text.size() - *at);
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(*at), count, out.begin());
    *at += count;
    return count;
  };
}

mpc::Blocks keys_from(int first, int last) {
  mpc::Blocks out;
  for (int i = first; i < last; ++i) out.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(out.begin(), out.end(), before);
  return out;
}

const Bytes kSalt(32, 7);
Claim claim_from(int first, int last) { return claim_of(keys_from(first, last), kSalt); }

TEST(KeySet, RowsWithOneKeyAreOneElementAndRowsWithoutAreNone) {
  const auto set = *read_keys(source_of("id,x\nA,1\na ,2\n,3\nb,4\n"), {"id"}, {Form::kText});
  EXPECT_EQ(set.keys.size(), 2u);
  EXPECT_EQ(set.rows, 4u);
  EXPECT_EQ(set.keyless, 1u);
}

TEST(KeySet, ColumnsOfAKeyDoNotRunIntoEachOther) {
  const std::vector<Form> forms = {Form::kExact, Form::kExact};
  EXPECT_NE(*key_of({"ab", "c"}, forms), *key_of({"a", "bc"}, forms));
}

TEST(KeySet, MatchesAreTheRowsThemselvesWithTheHeading) {
  const std::string table = "id,note\n3,\"x,y\"\n4,z\n3,again";
  std::string out;
  const auto rows =
      write_matches(source_of(table), {"id"}, {Form::kExact}, keys_from(3, 4), [&](std::string_view text) {
        out += text;
        return Result<>();
      });
  EXPECT_EQ(*rows, 2u);
  EXPECT_EQ(out, "id,note\n3,\"x,y\"\n3,again\n");
}

// ── commitments ──

TEST(Commitment, TheSameSetGivesTheSameRootAndAnotherSaltAnother) {
  EXPECT_EQ(claim_from(0, 50), claim_from(0, 50));
  EXPECT_NE(claim_from(0, 50).root, claim_from(0, 51).root);
  EXPECT_NE(claim_from(0, 50).root, claim_of(keys_from(0, 50), Bytes(32, 8)).root);
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
