// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/block.h"

#include <gtest/gtest.h>

#include "weir/mpc/aes.h"
#include "weir/mpc/bit_matrix.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/leaf_fold.h"
#include "weir/mpc/primal_code.h"
#include "weir/mpc/lpn_code.h"

namespace weir::mpc {
namespace {

Blocks some(std::size_t count, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  Blocks out(count);
  random.fill(bytes_of(std::span(out)));
  return out;
}

class KernelTest : public ::testing::TestWithParam<Isa> {
 protected:
  IsaOverride isa_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Isas, KernelTest, ::testing::ValuesIn(available_isas()), [](const auto& one) {
  return one.param == Isa::kPortable ? "Portable" : one.param == Isa::kAesNi ? "AesNi" : "Avx512";
});

// x * x^127 = x^128 = x^7 + x^2 + x + 1.
TEST_P(KernelTest, ReducesByTheFieldPolynomial) {
  EXPECT_EQ(multiply({2, 0}, {0, std::uint64_t{1} << 63}), (Block{0x87, 0}));
  EXPECT_EQ(multiply({1, 0}, {5, 6}), (Block{5, 6}));
}

TEST_P(KernelTest, MultipliesAsAField) {
  const Blocks v = some(3);
  EXPECT_EQ(multiply(v[0], v[1]), multiply(v[1], v[0]));
  EXPECT_EQ(multiply(v[0], v[1] ^ v[2]), multiply(v[0], v[1]) ^ multiply(v[0], v[2]));
  EXPECT_EQ(multiply(multiply(v[0], v[1]), v[2]), multiply(v[0], multiply(v[1], v[2])));
  EXPECT_EQ(multiply(v[0], inverse(v[0])), (Block{1, 0}));
}

// FIPS 197, appendix C.1; lo and hi are the block's bytes in little-endian order.
TEST_P(KernelTest, EncryptsTheStandardsBlock) {
  const Aes aes(Block{0x0706050403020100, 0x0f0e0d0c0b0a0908});
  const Block in{0x7766554433221100, 0xffeeddccbbaa9988};
  Block out;
  aes.encrypt(std::span(&in, 1), std::span(&out, 1));
  EXPECT_EQ(out, (Block{0x30047b6ad8e0c469, 0x5ac5b47080b7cdd8}));
}

// Every kernel gives what the portable one gives, at sizes around the width of its registers.
TEST_P(KernelTest, AgreesWithThePortableOne) {
  for (const std::size_t count : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 127, 128, 129, 1000}) {
    const Blocks v = some(count);
    const Block by = some(1, 9)[0];
    const auto outcome = [&] {
      Blocks sums = some(count, 2);
      add_multiples(sums, by, v);
      multiply_each(sums, v);
      sums.push_back(Evaluation(by).of(v));
      Blocks cipher(count);
      Aes(by).encrypt(v, cipher);
      sums.insert(sums.end(), cipher.begin(), cipher.end());
      Blocks stream(count);
      Prg(by, 5).fill(stream);
      sums.insert(sums.end(), stream.begin(), stream.end());
      Blocks children(2 * count);
      for (const Block& sum : double_seeds(v, children)) sums.push_back(sum);
      sums.insert(sums.end(), children.begin(), children.end());
      hash_blocks(stream, 77);
      sums.insert(sums.end(), stream.begin(), stream.end());
      Blocks noise = some(128 + 2 * count, 3);
      compress(noise);
      sums.insert(sums.end(), noise.begin(), noise.begin() + static_cast<std::ptrdiff_t>(noise.size() / 2));
      return sums;
    };
    const Blocks fast = outcome();
    const IsaOverride portable(Isa::kPortable);
    EXPECT_EQ(fast, outcome()) << count;
  }
}

TEST_P(KernelTest, EvaluatesAPolynomialFromTheFirstPower) {
  const Blocks v = some(37);
  const Block point = some(1, 4)[0];
  Block sum;
  Block power{1, 0};
  for (const Block& value : v) {
    power = multiply(power, point);
    sum ^= multiply(value, power);
  }
  EXPECT_EQ(Evaluation(point).of(v), sum);
}

TEST(Prg, GivesOneStreamWhateverThePieces) {
  Blocks whole(300);
  Prg(Block{1, 2}).fill(whole);
  Prg prg(Block{1, 2});
  Blocks pieces;
  for (const std::size_t count : {1, 63, 64, 65, 107}) {
    Blocks piece(count);
    prg.fill(piece);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(Prg(Block{1, 2}, 7).next(), whole[7]);
}

TEST(Compress, IsLinear) {
  Blocks a = some(512, 1);
  Blocks b = some(512, 2);
  Blocks sum = a;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] ^= b[i];
  compress(a);
  compress(b);
  compress(sum);
  for (std::size_t i = 0; i < sum.size() / 2; ++i) EXPECT_EQ(sum[i], a[i] ^ b[i]);
}

TEST(Compress, SpreadsOnePositionOverManyOutputs) {
  Blocks noise(4096);
  noise[2100] = {1, 0};
  compress(noise);
  const auto touched = std::count_if(noise.begin(), noise.begin() + 2048, [](Block b) { return b != Block{}; });
  EXPECT_GT(touched, 700);
}

TEST_P(KernelTest, TurnsManyColumnsIntoRows) {
  constexpr std::size_t kLength = 11;
  const Blocks columns = some(128 * kLength);
  for (const std::size_t count : {0, 1, 127, 128, 511, 512, 640, 1030, 1408}) {
    Blocks rows(count);
    transpose(columns, kLength, rows);
    for (std::size_t i = 0; i < count; ++i) {
      Block expected;
      for (unsigned c = 0; c < 128; ++c) {
        const std::uint64_t bit = columns[c * kLength + i / 128].bit(i % 128) ? 1 : 0;
        (c < 64 ? expected.lo : expected.hi) |= bit << (c % 64);
      }
      ASSERT_EQ(rows[i], expected) << count << " " << i;
    }
  }
}

TEST_P(KernelTest, FoldsTheLeavesOfATree) {
  for (const auto& [bits, hidden] : {std::pair<std::size_t, std::size_t>{2, 1}, {4, 11}, {8, 200}}) {
    const Blocks seeds = some(std::size_t{1} << bits);
    for (const std::size_t length : {1, 7, 8, 15, 16, 17, 100}) {
      const std::size_t stride = stride_of(length);
      Blocks columns(bits * stride), total(length), expected(bits * stride), sum(length);
      fold_leaves(std::vector<Aes>(seeds.begin(), seeds.end()), hidden, 5, columns, stride, total);
      for (std::size_t leaf = 0; leaf < seeds.size(); ++leaf) {
        Blocks stream(length);
        Prg(seeds[leaf ^ hidden], 5).fill(stream);
        for (std::size_t i = 0; i < length; ++i) {
          sum[i] ^= stream[i];
          for (std::size_t b = 0; b < bits; ++b) {
            if ((leaf >> b & 1) != 0) expected[b * stride + i] ^= stream[i];
          }
        }
      }
      ASSERT_EQ(columns, expected) << bits << " " << length;
      ASSERT_EQ(total, sum);
    }
  }
}

TEST_P(KernelTest, AddsTenElementsToEachRow) {
  const Blocks base = some(1001);
  Blocks stream(5 * 100);  // its rows have ten words of 32 bits each
  Prg(Block{0x9216d5d98979fb1b, 0xd1310ba698dfb5ac}).fill(stream);
  const auto* words = reinterpret_cast<const std::uint32_t*>(stream.data());
  for (const std::size_t first : {0, 16}) {
    for (const std::size_t count : {1, 7, 8, 9, 100}) {
      Blocks rows = some(count), expected = rows;
      add_places(base, first, rows);
      for (std::size_t r = 0; r < count; ++r) {
        for (std::size_t i = 0; i < 10; ++i) expected[r] ^= base[words[(first + r) * 10 + i] * base.size() >> 32];
      }
      ASSERT_EQ(rows, expected) << first << " " << count;
    }
  }
}

TEST(Transpose, TurnsColumnsIntoRows) {
  std::array<Block, 128> square;
  const Blocks v = some(128);
  std::copy(v.begin(), v.end(), square.begin());
  transpose(square);
  for (unsigned i = 0; i < 128; ++i) {
    for (unsigned j = 0; j < 128; ++j) ASSERT_EQ(square[j].bit(i), v[i].bit(j));
  }
}

}  // namespace
}  // namespace weir::mpc
