// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/garble.h"

#include <gtest/gtest.h>

#include "weir/mpc/isa.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

using Number = CircuitBuilder::Number;

// For each bit, lowest first, the bits of all numbers; and back.
std::vector<Bits> planes_of(const std::vector<std::uint64_t>& numbers, std::size_t width) {
  std::vector<Bits> out(width, Bits(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t k = 0; k < width; ++k) out[k].set(i, (numbers[i] >> k & 1) != 0);
  }
  return out;
}
std::uint64_t number_at(const std::vector<Bits>& planes, std::size_t first, std::size_t width, std::size_t row) {
  std::uint64_t out = 0;
  for (std::size_t k = 0; k < width; ++k) out |= static_cast<std::uint64_t>(planes[first + k].at(row)) << k;
  return out;
}

// Everything that a builder knows, of two numbers of `width` bits and a bit: sum, product, the chosen one; then whether
// they are less, equal, and at least the threshold.
Circuit all_of(std::size_t width, std::uint64_t threshold) {
  CircuitBuilder make;
  const Number a = make.inputs(width), b = make.inputs(width);
  const auto bit = make.input();
  Number out = make.sum(a, b);
  for (const Number& part : {make.product(a, b), make.choose(bit, a, b)}) {
    out.insert(out.end(), part.begin(), part.end());
  }
  out.push_back(make.less(a, b));
  out.push_back(make.equal(a, b));
  out.push_back(make.at_least(a, threshold));
  out.push_back(make.negate(bit));
  out.push_back(bit);
  make.conjoin(a[0], b[0]);  // leads nowhere
  return make.build(out);
}

struct Numbers {
  std::vector<std::uint64_t> a, b, bit;
  std::vector<Bits> planes;
};
Numbers some_numbers(std::size_t width, std::size_t rows, std::uint64_t seed = 5) {
  SeededRandom random(seed);
  const std::uint64_t mask = width == 64 ? UINT64_MAX : (std::uint64_t{1} << width) - 1;
  Numbers out;
  for (std::size_t i = 0; i < rows; ++i) {
    out.a.push_back(random_block(random).lo & mask);
    out.b.push_back(i % 5 == 0 ? out.a[i] : random_block(random).lo & mask);
    out.bit.push_back(random.below(2));
  }
  out.planes = planes_of(out.a, width);
  for (const auto& more : {planes_of(out.b, width), planes_of(out.bit, 1)}) {
    out.planes.insert(out.planes.end(), more.begin(), more.end());
  }
  return out;
}

// ── circuits ──

TEST(CircuitTest, ComputeWhatTheProcessorDoes) {
  const std::pair<std::size_t, std::uint64_t> cases[] = {
      {1, 1}, {3, 6}, {8, 1}, {8, 255}, {16, 0x8000}, {33, 0x1'2345'6789}, {64, 1}, {64, UINT64_MAX - 3}};
  for (const auto& [width, threshold] : cases) {
    const std::uint64_t mask = width == 64 ? UINT64_MAX : (std::uint64_t{1} << width) - 1;
    const Numbers in = some_numbers(width, 200);
    const auto out = all_of(width, threshold).evaluate(in.planes);
    for (std::size_t i = 0; i < 200; ++i) {
      const std::uint64_t a = in.a[i], b = in.b[i];
      EXPECT_EQ(number_at(out, 0, width, i), (a + b) & mask);
      EXPECT_EQ(number_at(out, width, width, i), (a * b) & mask);
      EXPECT_EQ(number_at(out, 2 * width, width, i), in.bit[i] == 1 ? a : b);
      EXPECT_EQ(out[3 * width].at(i), a < b);
      EXPECT_EQ(out[3 * width + 1].at(i), a == b);
      EXPECT_EQ(out[3 * width + 2].at(i), a >= threshold) << width << " " << threshold;
      EXPECT_EQ(out[3 * width + 3].at(i), in.bit[i] == 0);
      EXPECT_EQ(out[3 * width + 4].at(i), in.bit[i] == 1);
    }
  }
}

TEST(CircuitTest, HaveAsManyAndsAsTheyNeedAndFewPlaces) {
  const auto of = [](auto&& build) {
    CircuitBuilder make;
    const Number a = make.inputs(32), b = make.inputs(32);
    return make.build(build(make, a, b));
  };
  const Circuit sum = of([](CircuitBuilder& m, const Number& a, const Number& b) { return m.sum(a, b); });
  EXPECT_EQ(sum.ands, 31u);
  EXPECT_LE(sum.places, 68u);
  const Circuit less = of([](CircuitBuilder& m, const Number& a, const Number& b) { return Number{m.less(a, b)}; });
  EXPECT_EQ(less.ands, 32u);
  const Circuit product = of([](CircuitBuilder& m, const Number& a, const Number& b) { return m.product(a, b); });
  EXPECT_EQ(product.ands, 32u * 32 - 32 + 1);
  EXPECT_LE(product.places, 200u);
  const Circuit most = of([](CircuitBuilder& m, const Number& a, const Number&) { return Number{m.at_least(a, 1)}; });
  EXPECT_EQ(most.ands, 31u);
}

// ── garbled ──

// Shares of the planes: random ones at the first side.
std::pair<std::vector<Bits>, std::vector<Bits>> shares_of(const std::vector<Bits>& planes) {
  SeededRandom random(8);
  std::pair<std::vector<Bits>, std::vector<Bits>> out;
  for (const Bits& plane : planes) {
    Bits share(plane.count);
    for (std::size_t i = 0; i < plane.count; ++i) share.set(i, random.below(2) == 1);
    out.first.push_back(share);
    out.second.push_back(share ^ plane);
  }
  return out;
}

void expect_ideal(const Circuit& circuit, const std::vector<Bits>& planes) {
  const auto shares = shares_of(planes);
  const auto side = [&](Side which) {
    return [&, which](Channel& channel, Random& random) -> Result<std::vector<Bits>> {
      WEIR_TRY_LET(Yao yao, Yao::open(channel, random, which));
      return yao.compute(circuit, which == Side::kFirst ? shares.first : shares.second);
    };
  };
  const auto [first, second] = both(side(Side::kFirst), side(Side::kSecond));
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second) << second.error().message();
  const auto ideal = circuit.evaluate(planes);
  ASSERT_EQ(first->size(), ideal.size());
  ASSERT_EQ(second->size(), ideal.size());
  for (std::size_t o = 0; o < ideal.size(); ++o) {
    ASSERT_EQ((*first)[o].count, planes[0].count);
    EXPECT_EQ((*first)[o] ^ (*second)[o], ideal[o]) << o;
  }
}

TEST(YaoTest, SharesOfOutputsAreTheIdealOnesAtEverySizeWhateverTheProcessorCan) {
  const Circuit circuit = all_of(5, 17);
  for (const Isa each : available_isas()) {
    const IsaOverride only(each);
    for (const std::size_t rows : {0, 1, 127, 128, 129}) expect_ideal(circuit, some_numbers(5, rows).planes);
  }
}

TEST(YaoTest, ManyBatchesAndManyPiecesAreWhole) {
  expect_ideal(all_of(16, 1000), some_numbers(16, 1000).planes);
  expect_ideal(all_of(1, 1), some_numbers(1, 5000).planes);
}

// One side goes by lanes and the other does not: they say the same.
TEST(YaoTest, LabelsAndTablesAreTheSameOnEveryProcessor) {
  const Circuit circuit = all_of(6, 9);
  std::vector<Blocks> said;
  for (const Isa each : available_isas()) {
    const IsaOverride only(each);
    for (const std::size_t rows : {8, 13, 256}) {
      SeededRandom random(3);
      Block delta = random_block(random), tweak{7, 9};
      delta.lo |= 1;
      Labels zeros(circuit, rows), values(circuit, rows);
      for (std::size_t w = 0; w < circuit.inputs; ++w) {
        for (std::size_t i = 0; i < rows; ++i) {
          zeros.of(w)[i] = random_block(random);
          values.of(w)[i] = zeros.of(w)[i] ^ (mask_of(random.below(2) == 1) & delta);
        }
      }
      Blocks all, tables;
      Block evaluators = tweak;
      ASSERT_TRUE(garble(circuit, delta, tweak, zeros, [&](std::span<const Block> some) -> Result<> {
        tables.insert(tables.end(), some.begin(), some.end());
        return {};
      }));
      EXPECT_EQ(tables.size(), 2 * circuit.ands * rows);
      std::size_t at = 0;
      ASSERT_TRUE(evaluate(circuit, evaluators, values, [&](std::span<Block> some) -> Result<> {
        std::copy_n(tables.begin() + static_cast<std::ptrdiff_t>(at), some.size(), some.begin());
        at += some.size();
        return {};
      }));
      EXPECT_EQ(evaluators, tweak);
      all = tables;
      for (const std::uint32_t place : circuit.outputs) {
        const auto zero = zeros.of(place), value = values.of(place);
        for (std::size_t i = 0; i < rows; ++i) EXPECT_TRUE(value[i] == zero[i] || (value[i] ^ zero[i]) == delta);
        all.insert(all.end(), zero.begin(), zero.end());
      }
      said.push_back(all);
    }
  }
  for (std::size_t i = 3; i < said.size(); ++i) EXPECT_EQ(said[i], said[i % 3]) << i;
}

}  // namespace
}  // namespace weir::mpc
