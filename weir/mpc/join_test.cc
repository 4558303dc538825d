// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/join.h"

#include <gtest/gtest.h>

#include "weir/mpc/aes.h"
#include "weir/mpc/oprf.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

// Silent transfers come in batches of which these tests take many; extended ones do not.
const std::optional<SilentShape> kTransfers[] = {std::nullopt, kSmallBatch};

// ── gmw ──

Bits random_bits(Random& random, std::size_t count) {
  Bits out(count);
  for (std::size_t i = 0; i < count; ++i) out.set(i, random.below(2) == 1);
  return out;
}

class GmwTest : public ::testing::TestWithParam<std::optional<SilentShape>> {};
INSTANTIATE_TEST_SUITE_P(Transfers, GmwTest, ::testing::ValuesIn(kTransfers));

TEST_P(GmwTest, AndsOfSharesAreSharesOfTheAnd) {
  for (const std::size_t count : {0, 1, 127, 128, 129, 1000}) {
    SeededRandom random(7);
    const Bits a0 = random_bits(random, count), a1 = random_bits(random, count);
    const Bits b0 = random_bits(random, count), b1 = random_bits(random, count);
    const auto side = [&](Side which, const Bits& a, const Bits& b) {
      return [which, &a, &b](Channel& channel, Random& own) -> Result<Bits> {
        WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, own, which, GetParam()));
        WEIR_TRY_LET(const Bits once, gmw.conjoin(a, b));
        return gmw.conjoin(gmw.negate(once), gmw.negate(a));
      };
    };
    const auto [first, second] = both(side(Side::kFirst, a0, b0), side(Side::kSecond, a1, b1));
    ASSERT_TRUE(first) << first.error().message();
    ASSERT_TRUE(second);
    const Bits got = *first ^ *second;
    for (std::size_t i = 0; i < count; ++i) {
      const bool a = a0.at(i) != a1.at(i), b = b0.at(i) != b1.at(i);
      EXPECT_EQ(got.at(i), !(a && b) && !a) << i;
    }
  }
}

TEST_P(GmwTest, FoursOfBitsAreEqualWhereAllFourAre) {
  for (const std::size_t count : {0, 4, 64, 300, (1 << 18) + 8}) {
    SeededRandom random(7);
    const Bits a = random_bits(random, count);
    Bits b = a;
    for (std::size_t i = 0; i < count; ++i) {
      if (random.below(5) == 0) b.words[i / 64] ^= std::uint64_t{1} << (i % 64);
    }
    const auto side = [&](Side which, const Bits& own) {
      return [which, &own](Channel& channel, Random& r) -> Result<Bits> {
        WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, r, which, GetParam()));
        return gmw.equal_fours(own);
      };
    };
    const auto [first, second] = both(side(Side::kFirst, a), side(Side::kSecond, b));
    ASSERT_TRUE(first) << first.error().message();
    ASSERT_TRUE(second);
    const Bits got = *first ^ *second;
    std::size_t ones = 0;
    for (std::size_t i = 0; i < count / 4; ++i) {
      bool equal = true;
      for (std::size_t l = 0; l < 4; ++l) equal = equal && a.at(4 * i + l) == b.at(4 * i + l);
      ASSERT_EQ(got.at(i), equal) << i;
      ones += second->at(i) ? 1 : 0;
    }
    if (count <= 1000) continue;
    EXPECT_NEAR(static_cast<double>(ones), static_cast<double>(count) / 8, static_cast<double>(count) / 80);
  }
}

// Pieces of a run and batches follow each other, and neither side writes while the other one does.
TEST(GmwSilentTest, NeedsNoLineThatHoldsWhatNobodyReads) {
  constexpr SilentShape some_pieces{.base = 500, .trees = 1100, .depth = 7};
  const auto side = [&](Side which) {
    return [&, which](Channel& channel, Random& r) -> Result<Bits> {
      WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, r, which, some_pieces));
      dynamic_cast<MemoryChannel&>(channel).narrow(1);
      return gmw.equal_fours(Bits(6 * kOtPiece));
    };
  };
  const auto [first, second] = both(side(Side::kFirst), side(Side::kSecond));
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ((*first ^ *second).words, std::vector<std::uint64_t>(first->words.size(), ~std::uint64_t{0}));
}

TEST_P(GmwTest, SumsOfBitsTimesNumbersAreRight) {
  SeededRandom random(9);
  constexpr std::size_t kCount = 3 * 129;
  const Bits m0 = random_bits(random, kCount), m1 = random_bits(random, kCount);
  std::vector<std::uint64_t> numbers(kCount);
  for (auto& each : numbers) each = random.below(1u << 31) << 32 | random.below(1u << 31);
  const auto [own, their] = both(
      [&](Channel& channel, Random& r) -> Result<std::vector<std::uint64_t>> {
        WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, r, Side::kFirst, GetParam()));
        return gmw.sums_of_own(m0, numbers, 129);
      },
      [&](Channel& channel, Random& r) -> Result<std::vector<std::uint64_t>> {
        WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, r, Side::kSecond, GetParam()));
        return gmw.sums_of_theirs(m1, 129);
      });
  ASSERT_TRUE(own) << own.error().message();
  ASSERT_TRUE(their);
  for (std::size_t run = 0; run < 3; ++run) {
    std::uint64_t sum = 0;
    for (std::size_t i = run * 129; i < (run + 1) * 129; ++i) sum += m0.at(i) != m1.at(i) ? numbers[i] : 0;
    EXPECT_EQ((*own)[run] + (*their)[run], sum);
  }
}

// ── join ──

struct Tables {
  JoinShape shape;
  JoinTable asker;
  JoinTable holder;
};

Tables some_tables(std::size_t asker, std::size_t holder, std::size_t shared, std::size_t groups, bool asker_has) {
  Tables out;
  out.shape = {.asker_keys = asker, .holder_keys = holder, .groups = groups, .groups_of_asker = asker_has,
               .asker_columns = 1, .holder_columns = 3, .least = 5};
  out.asker.keys = keys_from(0, asker);
  out.holder.keys = keys_from(asker - shared, holder);
  SeededRandom random(asker * 1000 + holder);
  const auto fill = [&](JoinTable& table, std::size_t rows, std::size_t columns, bool has) {
    for (std::size_t c = 0; c < columns; ++c) {
      table.columns.emplace_back();
      for (std::size_t i = 0; i < rows; ++i) table.columns[c].push_back(random.below(2'000'000) - 1'000'000);
    }
    for (std::size_t i = 0; has && i < rows; ++i) {
      table.groups.push_back(static_cast<std::uint8_t>(random.below(groups)));
    }
  };
  fill(out.asker, asker, 1, groups > 1 && asker_has);
  fill(out.holder, holder, 3, groups > 1 && !asker_has);
  return out;
}

void expect_ideal(Tables tables, const std::optional<SilentShape>& silent = {}) {
  tables.shape.silent = silent;
  const auto [answer, ended] =
      both([&](Channel& channel, Random& random) { return join_ask(channel, random, tables.shape, tables.asker); },
           [&](Channel& channel, Random& random) { return join_hold(channel, random, tables.shape, tables.holder); });
  ASSERT_TRUE(answer) << answer.error().message();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(*answer, ideal_join(tables.shape, tables.asker, tables.holder));
}

TEST(JoinTest, IsTheIdealOneAtEverySize) {
  for (const auto& silent : kTransfers) {
    for (const std::size_t size : {0, 1, 127, 128, 129}) {
      expect_ideal(some_tables(size, size, size / 2, 1, true), silent);
    }
  }
}

TEST(JoinTest, GroupsOfEitherSideAreCountedAndSummed) {
  expect_ideal(some_tables(300, 200, 120, 7, true));
  expect_ideal(some_tables(200, 300, 120, 7, false));
  expect_ideal(some_tables(200, 300, 120, 7, false), kSmallBatch);
  expect_ideal(some_tables(100, 100, 100, 64, false));
}

TEST(JoinTest, AGroupThatIsTooSmallIsNotShownAtAll) {
  Tables tables = some_tables(50, 50, 10, 2, false);
  for (std::size_t i = 0; i < 50; ++i) tables.holder.groups[i] = i < 4 ? 0 : 1;  // four and six of the shared ten
  const JoinAnswer ideal = ideal_join(tables.shape, tables.asker, tables.holder);
  ASSERT_FALSE(ideal[0]);
  ASSERT_TRUE(ideal[1]);
  expect_ideal(tables);
}

TEST(JoinTest, DisjointTablesShowNothing) {
  const Tables tables = some_tables(128, 128, 0, 3, false);
  for (const auto& group : ideal_join(tables.shape, tables.asker, tables.holder)) EXPECT_FALSE(group);
  expect_ideal(tables);
}

// ── a party that deviates ──

// A curious asker: it puts its key at all three of its places and looks at every word that it decodes.
TEST(JoinTest, NoWordThatIsProgrammedShowsWhichKeysAreThere) {
  for (const std::size_t columns : {0, 1, 2, 3}) {
    const JoinShape shape{.asker_keys = 1, .holder_keys = 40, .holder_columns = columns};
    JoinTable holder{.keys = keys_from(0, 40), .groups = {}, .columns = {}};
    holder.columns.assign(columns, std::vector<std::uint64_t>(40, 0));
    Blocks found;
    const auto look = [&](Channel& channel, Random& random) -> Result<> {
      const Block seed = random_block(random);
      WEIR_TRY(channel.send(Tag::kJoinSeed, std::span<const Block>(&seed, 1)));
      const std::uint64_t third = join_places(1) / 3;
      Blocks hash = {holder.keys[7]};
      Aes(seed).encrypt(hash, hash);
      Blocks elements(join_places(1)), tweaks(elements.size());
      for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i] = random_block(random);
        tweaks[i] = {i, 1};
      }
      const std::array<std::uint64_t, 3> words = {hash[0].lo & 0xffffffff, hash[0].lo >> 32, hash[0].hi & 0xffffffff};
      for (std::size_t j = 0; j < 3; ++j) elements[j * third + (words[j] * third >> 32)] = holder.keys[7];
      hash_blocks(elements, tweaks);
      WEIR_TRY_LET(const OprfImages asked, oprf_ask(channel, random, elements));
      const Blocks images = asked.in_order();
      Block store_seed;
      WEIR_TRY(channel.receive(Tag::kJoinSeed, std::span(&store_seed, 1)));
      const OkvsKeys sorted(OkvsShape(3 * shape.holder_keys), store_seed, elements);
      for (std::size_t n = 0; n < (1 + columns + 1) / 2; ++n) {
        Blocks store(sorted.shape().size()), shares(elements.size()), values(elements.size()), pads = images;
        WEIR_TRY(channel.receive(Tag::kJoinStore, std::span(store)));
        okvs_decode(sorted, store, shares);
        sorted.from_clusters<Block>(shares, values);
        hash_blocks(pads, Blocks(pads.size(), Block{n, 2}));
        for (std::size_t j = 0; j < 3; ++j) {
          const std::size_t place = j * third + (words[j] * third >> 32);
          found.push_back(values[place] ^ pads[place]);
        }
      }
      return Error(Errc::kUnavailable, "it has seen enough");  // and hangs up
    };
    both(look, [&](Channel& channel, Random& random) { return join_hold(channel, random, shape, holder); });
    ASSERT_EQ(found.size(), 3 * ((1 + columns + 1) / 2));
    for (const Block& each : found) {
      EXPECT_NE(each.lo, 0u) << columns;
      EXPECT_NE(each.hi, 0u) << columns;
    }
  }
}

TEST(JoinTest, AMessageOfAnotherLengthStopsTheRun) {
  const Tables tables = some_tables(20, 20, 10, 1, true);
  for (const std::size_t piece : {2, 5, 9, 15, 21}) {
    const auto [answer, ended] =
        both([&](Channel& channel, Random& random) { return join_ask(channel, random, tables.shape, tables.asker); },
             [&](Channel& channel, Random& random) { return join_hold(channel, random, tables.shape, tables.holder); },
             [piece](std::size_t n, Bytes& bytes) {
               if (n == piece) bytes.clear();
             });
    EXPECT_FALSE(answer && ended) << piece;
  }
}

}  // namespace
}  // namespace weir::mpc
