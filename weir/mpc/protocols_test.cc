// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "weir/mpc/match.h"
#include "weir/mpc/okvs.h"
#include "weir/mpc/psi.h"
#include "weir/mpc/seed_tree.h"
#include "weir/mpc/silent_ot.h"
#include "weir/mpc/two_parties.h"
#include "weir/mpc/vole.h"

namespace weir::mpc {
namespace {

Blocks some(std::size_t count, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  Blocks out(count);
  random.fill(bytes_of(std::span(out)));
  return out;
}

// ── channel ──

TEST(ChannelTest, RefusesAnotherMessageThanTheOneThatIsDue) {
  auto [left, right] = MemoryChannel::pair();
  const Blocks two(2);
  ASSERT_TRUE(left->send(Tag::kHello, std::span<const Block>(two)));
  Blocks out(2);
  const auto got = right->receive(Tag::kPsiStore, std::span(out));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().reason(), "mpc.message");
}

TEST(ChannelTest, RefusesAnotherLengthThanTheOneThatIsDue) {
  for (const std::size_t length : {0, 1, 3}) {
    auto [left, right] = MemoryChannel::pair();
    const Blocks sent(length);
    ASSERT_TRUE(left->send(Tag::kHello, std::span<const Block>(sent)));
    Blocks out(2);
    const auto got = right->receive(Tag::kHello, std::span(out));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().reason(), "mpc.message");
  }
}

TEST(ChannelTest, FailsWhenTheOtherSideHangsUpOrStaysSilent) {
  auto [left, right] = MemoryChannel::pair(std::chrono::milliseconds(1));
  Blocks out(1);
  EXPECT_EQ(right->receive(Tag::kHello, std::span(out)).error().reason(), "mpc.deadline");
  left->close();
  EXPECT_EQ(right->receive(Tag::kHello, std::span(out)).error().reason(), "mpc.line");
}

// ── seed trees ──

TEST(SeedTree, PuncturedTreeHasAllLeavesButOne) {
  for (const std::size_t depth : {1, 2, 5, 8}) {
    const std::size_t count = std::size_t{1} << depth;
    Blocks leaves(count);
    std::vector<SeedPair> sums(depth);
    grow_tree({3, 4}, leaves, sums);
    for (const std::size_t hole : {std::size_t{0}, count / 2, count - 1}) {
      Blocks known(depth);
      for (std::size_t l = 0; l < depth; ++l) known[l] = sums[l][1 - ((hole >> (depth - 1 - l)) & 1)];
      Blocks others(count);
      grow_punctured_tree(hole, known, others);
      Blocks expected = leaves;
      expected[hole] = {};
      EXPECT_EQ(others, expected) << depth << " " << hole;
    }
  }
}

// ── oblivious transfer ──

class ExtensionTest : public ::testing::TestWithParam<Fold> {};
INSTANTIATE_TEST_SUITE_P(Folds, ExtensionTest, ::testing::Values(Fold::k2, Fold::k4, Fold::k8));

TEST_P(ExtensionTest, SharesDifferByDeltaWhereChosen) {
  const std::vector<std::size_t> sizes{0, 1, 127, 128, 129, 1000, kOtPiece, 6 * kOtPiece + 5};
  const Blocks choices = some(sizes.back() / 128 + 1);
  struct Outcome {
    Block delta;
    std::vector<Blocks> shares;
  };
  auto [kept, got] = both(
      [&](Channel& c, Random& r) -> Result<Outcome> {
        WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, GetParam()));
        Outcome out{ots.delta(), {}};
        for (const std::size_t size : sizes) {
          WEIR_TRY_LET(Blocks shares, ots.extend(c, r, size));
          out.shares.push_back(std::move(shares));
        }
        return out;
      },
      [&](Channel& c, Random& r) -> Result<Outcome> {
        WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, GetParam()));
        Outcome out{{}, {}};
        for (const std::size_t size : sizes) {
          WEIR_TRY_LET(Blocks shares, ots.extend(c, r, choices, size));
          out.shares.push_back(std::move(shares));
        }
        return out;
      });
  ASSERT_TRUE(kept && got);
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    ASSERT_EQ(kept->shares[s].size(), sizes[s]);
    for (std::size_t j = 0; j < sizes[s]; ++j) {
      const Block offset = kept->delta & mask_of(choices[j / 128].bit(j % 128));
      ASSERT_EQ(kept->shares[s][j], got->shares[s][j] ^ offset) << j;
    }
  }
}


// ── random transfers that cost little on the line ──

struct SilentlyKept {
  Block delta;
  Blocks shares;
};
template <class Ots>
Result<Blocks> all_of(Ots& ots, Channel& c, Random& r, const std::vector<std::size_t>& sizes) {
  Blocks out;
  for (const std::size_t size : sizes) {
    std::size_t expected_from = 0;
    WEIR_TRY(ots.extend_random(c, r, size, [&](std::size_t from, std::span<Block> piece) -> Result<> {
      EXPECT_EQ(from, expected_from);
      expected_from += piece.size();
      out.insert(out.end(), piece.begin(), piece.end());
      return {};
    }));
    EXPECT_EQ(expected_from, size);
  }
  return out;
}
auto keep_silently(std::vector<std::size_t> sizes) {
  return [sizes](Channel& c, Random& r) -> Result<SilentlyKept> {
    WEIR_TRY_LET(SilentOtSender ots, SilentOtSender::open(c, r, kSmallBatch));
    WEIR_TRY_LET(Blocks shares, all_of(ots, c, r, sizes));
    return SilentlyKept{ots.delta(), std::move(shares)};
  };
}
auto choose_silently(std::vector<std::size_t> sizes) {
  return [sizes](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(SilentOtReceiver ots, SilentOtReceiver::open(c, r, kSmallBatch));
    return all_of(ots, c, r, sizes);
  };
}
bool differ_by_delta_where_chosen(const SilentlyKept& kept, const Blocks& chosen) {
  if ((kept.delta.lo & 1) == 0 || kept.shares.size() != chosen.size()) return false;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if ((kept.shares[i].lo & 1) != 0) return false;
    if (chosen[i] != (kept.shares[i] ^ (kept.delta & mask_of((chosen[i].lo & 1) != 0)))) return false;
  }
  return true;
}

TEST(SilentOt, SharesDifferByDeltaWhereChosenAcrossBatches) {
  const std::vector<std::size_t> sizes{0, 1, 127, 128, 129, 1500, 4000};  // the last three begin new batches
  auto [kept, chosen] = both(keep_silently(sizes), choose_silently(sizes));
  ASSERT_TRUE(kept && chosen);
  EXPECT_TRUE(differ_by_delta_where_chosen(*kept, *chosen));
  std::size_t ones = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> distinct;
  for (const Block& each : *chosen) {
    ones += each.lo & 1;
    distinct.insert({each.lo, each.hi});
  }
  EXPECT_NEAR(static_cast<double>(ones), 2942.5, 250);
  EXPECT_EQ(distinct.size(), chosen->size());
}

TEST(SilentOt, TheReceiverMayChooseTheBits) {
  const std::vector<std::size_t> sizes{0, 1, 127, 128, 129, 1500, 4000, 1792, kOtPiece + 5};
  const Blocks choices = some(sizes.back() / 128 + 1);
  Block delta;
  auto [kept, chosen] = both(
      [&](Channel& c, Random& r) -> Result<std::vector<Blocks>> {
        WEIR_TRY_LET(SilentOtSender ots, SilentOtSender::open(c, r, kSmallBatch));
        delta = ots.delta();
        std::vector<Blocks> out(sizes.size());
        for (std::size_t s = 0; s < sizes.size(); ++s) {
          WEIR_TRY_LET(out[s], ots.extend(c, r, sizes[s]));
        }
        return out;
      },
      [&](Channel& c, Random& r) -> Result<std::vector<Blocks>> {
        WEIR_TRY_LET(SilentOtReceiver ots, SilentOtReceiver::open(c, r, kSmallBatch));
        std::vector<Blocks> out(sizes.size());
        for (std::size_t s = 0; s < sizes.size(); ++s) {
          WEIR_TRY_LET(out[s], ots.extend(c, r, choices, sizes[s]));
        }
        return out;
      });
  ASSERT_TRUE(kept && chosen);
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    ASSERT_EQ((*kept)[s].size(), sizes[s]);
    for (std::size_t j = 0; j < sizes[s]; ++j) {
      const Block offset = delta & mask_of(choices[j / 128].bit(j % 128));
      ASSERT_EQ((*kept)[s][j], (*chosen)[s][j] ^ offset) << sizes[s] << " " << j;
    }
  }
}

// What a receiver says hides its choices, also beyond the last: of equal ones it says something else each time.
TEST(SilentOt, WhatIsSaidOfTheChoicesIsTurnedByRandomBits) {
  const Blocks choices(1, Block{~std::uint64_t{0}, ~std::uint64_t{0}});
  Blocks said;
  auto [heard, ended] = both(
      [&](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(SilentOtSender ots, SilentOtSender::open(c, r, kSmallBatch));
        WEIR_TRY(ots.extend(c, r, 3));
        for (Block& each : said = Blocks(2)) WEIR_TRY(c.receive(Tag::kSilentChoices, std::span(&each, 1)));
        return {};
      },
      [&](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(SilentOtReceiver ots, SilentOtReceiver::open(c, r, kSmallBatch));
        for (const std::size_t count : {3, 128, 70}) WEIR_TRY(ots.extend(c, r, choices, count));
        return {};
      });
  ASSERT_TRUE(heard && ended);
  EXPECT_NE(said[0].lo, said[1].lo);
  EXPECT_NE(said[1].hi & 63, 63u);  // equal with 2^-6 and another seed
  EXPECT_EQ(said[1].hi >> 6, 0u);
}

// ── vector oblivious linear evaluation ──

TEST(Vole, ProductsAreSharedAtEverySize) {
  for (const std::size_t count : {0, 1, 127, 128, 129, 5000, (1 << 18) + 1}) {  // the last: two blocks
    Block delta;
    auto [kept, held] = both(
        [&](Channel& c, Random& r) -> Result<Blocks> {
          WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, Fold::k4));
          delta = ots.delta();
          return vole_keep(c, r, ots, count);
        },
        [&](Channel& c, Random& r) -> Result<VoleValues> {
          WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, Fold::k4));
          return vole_hold(c, r, ots, count);
        });
    ASSERT_TRUE(kept && held) << count;
    ASSERT_EQ(kept->size(), count);
    Blocks expected = *kept;
    add_multiples(expected, delta, held->values);
    EXPECT_EQ(held->products, expected);
    EXPECT_EQ(std::count(held->values.begin(), held->values.end(), Block{}), 0);
  }
}

// ── a peer that deviates ──

// A receiver whose columns belong to different choices could learn delta bit by bit: the check finds each column.
TEST(ExtensionUnderAttack, CatchesInconsistentColumns) {
  const Blocks choices = some(8);
  for (const std::size_t column : {0, 13, 31}) {
    std::size_t columns_seen = 0;
    auto [got, kept] = both(
        [&](Channel& c, Random& r) -> Result<Blocks> {
          WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, Fold::k4));
          return ots.extend(c, r, choices, 1000);
        },
        [&](Channel& c, Random& r) -> Result<Blocks> {
          WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, Fold::k4));
          return ots.extend(c, r, 1000);
        },
        [&](std::size_t, Bytes& piece) {
          if (piece.size() != 9 * sizeof(Block)) return;
          if (columns_seen++ == column) {
            for (std::uint8_t& byte : piece) byte ^= 0xff;
          }
        });
    ASSERT_FALSE(kept.ok());
    EXPECT_EQ(kept.error().reason(), "mpc.check");
  }
}

// ── key-value store ──

TEST(Okvs, GivesBackEveryValueAtEverySize) {
  for (const std::size_t count : {0, 1, 2, 127, 128, 129, 3000, 40000}) {
    const Blocks keys = some(count, 1);
    const Blocks values = some(count, 2);
    const OkvsKeys sorted(OkvsShape(count), {7, 7}, keys);
    Blocks in_clusters(count), read(count), found(count);
    sorted.to_clusters(values, in_clusters);
    SeededRandom random(3);
    const auto store = okvs_encode(sorted, in_clusters, random);
    ASSERT_TRUE(store) << count;
    okvs_decode(sorted, *store, read);
    EXPECT_EQ(read, in_clusters) << count;
    sorted.from_clusters<Block>(read, found);
    EXPECT_EQ(found, values) << count;
    // Whoever has other keys besides has them in another order.
    Blocks more = some(count, 4);
    more.insert(more.end(), keys.rbegin(), keys.rend());
    const OkvsKeys other(OkvsShape(count), {7, 7}, more);
    read.resize(more.size());
    found.resize(more.size());
    okvs_decode(other, *store, read);
    other.from_clusters<Block>(read, found);
    EXPECT_TRUE(std::equal(values.rbegin(), values.rend(), found.begin() + std::ssize(values))) << count;
  }
}

// With far too little room for peeling, rows are left over and the dense places must carry them.
TEST(Okvs, SettlesGapsWithTheDensePlaces) {
  int settled = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Blocks keys = some(12, 100 + seed);
    const Blocks values = some(12, 500 + seed);
    OkvsShape shape(12);
    shape.third = 5;
    SeededRandom random(seed);
    const OkvsKeys sorted(shape, {seed, 0}, keys);
    const auto store = okvs_encode(sorted, values, random);
    if (!store) continue;
    Blocks read(12);
    okvs_decode(sorted, *store, read);
    ASSERT_EQ(read, values);
    ++settled;
  }
  EXPECT_GT(settled, 150);
}

TEST(Okvs, SaysSoWhenTheKeysDoNotFit) {
  const Blocks keys(20, Block{1, 1});
  SeededRandom random(1);
  const auto store = okvs_encode(OkvsKeys(OkvsShape(20), {}, keys), some(20), random);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().reason(), "okvs.seed");
}

// ── matching ──

TEST(Match, FindsWhatTheIdealFinds) {
  for (const std::size_t count : {0, 1, 127, 128, 129, 20000}) {
    const Blocks own = some(count, 1);
    Blocks others = some(count, 2);
    for (std::size_t i = 0; i < count; i += 3) others[i] = own[count - 1 - i];
    EXPECT_EQ(match(own, others), ideal_psi(own, others)) << count;
  }
}

TEST(Match, TellsBlocksApartThatShareASlotAndItsBits) {
  Blocks own, others;
  for (std::uint64_t i = 0; i < 50; ++i) own.push_back({7 + (i << 32), 0});  // one slot, the same bits beside it
  for (std::uint64_t i = 25; i < 75; ++i) others.push_back({7 + (i << 32), 0});
  EXPECT_EQ(match(own, others), ideal_psi(own, others));
}

TEST(Shuffle, KeepsAllAndMovesMost) {
  const Blocks before = some(5000);
  Blocks after = before;
  SeededRandom random(1);
  shuffle(after, random);
  std::size_t same = 0;
  for (std::size_t i = 0; i < before.size(); ++i) same += before[i] == after[i] ? 1 : 0;
  EXPECT_LT(same, 10u);
  EXPECT_EQ(match(before, after).size(), before.size());
}

// ── intersection ──

std::pair<Result<>, Result<std::vector<std::size_t>>> intersect(const Blocks& sender, const Blocks& receiver) {
  return both([&](Channel& c, Random& r) { return psi_send(c, r, sender, receiver.size()); },
              [&](Channel& c, Random& r) { return psi_receive(c, r, receiver, sender.size()); });
}

TEST(Psi, IsTheIdealIntersectionAtEverySize) {
  for (const std::size_t n : {0, 1, 127, 128, 129}) {
    for (const std::size_t m : {0, 1, 127, 128, 129, 3000}) {
      const Blocks sender = some(n, 1);
      Blocks receiver = some(m, 2);
      for (std::size_t i = 0; i < std::min(n, m); i += 2) receiver[i] = sender[n - 1 - i];
      auto [sent, got] = intersect(sender, receiver);
      ASSERT_TRUE(sent && got) << n << " " << m;
      EXPECT_EQ(*got, ideal_psi(receiver, sender)) << n << " " << m;
    }
  }
}

TEST(Psi, EqualSetsMatchWhollyAndDisjointOnesNotAtAll) {
  const Blocks set = some(500, 1);
  EXPECT_EQ(intersect(set, set).second->size(), set.size());
  EXPECT_TRUE(intersect(set, some(500, 2)).second->empty());
}

TEST(Psi, WithTheRolesTurnedBothHaveTheIdealIntersection) {
  for (const auto& [n, m] : {std::pair<std::size_t, std::size_t>{0, 3}, {129, 1}, {300, 200}}) {
    const Blocks one = some(n, 1);
    Blocks other = some(m, 2);
    for (std::size_t i = 0; i < std::min(n, m); i += 2) other[i] = one[n - 1 - i];
    const auto [left, right] = both([&](Channel& c, Random& r) { return psi_both(c, r, one, other.size(), true); },
                                    [&](Channel& c, Random& r) { return psi_both(c, r, other, one.size(), false); });
    ASSERT_TRUE(left && right) << n << " " << m;
    EXPECT_EQ(*left, ideal_psi(one, other));
    EXPECT_EQ(*right, ideal_psi(other, one));
  }
}

// The sender chose its coin before it saw the store; another one afterwards would let it aim its images.
TEST(PsiUnderAttack, ReceiverRefusesAnotherCoinThanTheOneCommittedTo) {
  const Blocks set = some(50);
  std::size_t small = 0;
  auto [sent, got] = both([&](Channel& c, Random& r) { return psi_send(c, r, set, set.size()); },
                          [&](Channel& c, Random& r) { return psi_receive(c, r, set, set.size()); },
                          [&](std::size_t, Bytes& piece) {
                            // Blocks of one: the challenge of the transfers, and the coin, which comes after it.
                            if (piece.size() == sizeof(Block) && ++small == 2) piece[0] ^= 1;
                          });
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().reason(), "mpc.check");
}

TEST(PsiUnderAttack, StopsWhenThePeerAnnouncedAnotherCount) {
  const Blocks set = some(50);
  auto [sent, got] = both([&](Channel& c, Random& r) { return psi_send(c, r, set, set.size()); },
                          [&](Channel& c, Random& r) { return psi_receive(c, r, set, set.size() + 1); });
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().reason(), "mpc.message");
}

}  // namespace
}  // namespace weir::mpc
