// Block: 128 bits, as the field GF(2^128) and as the unit of every correlation.
//
// The field is GF(2)[x] / (x^128 + x^7 + x^2 + x + 1); bit i of `lo` is the coefficient of x^i, bit i of `hi` that of
// x^(64+i). Sums are XOR. Constant time. Thread-safe: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/random.h"

namespace weir::mpc {

struct alignas(16) Block {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;

  Block& operator^=(Block other) {
    lo ^= other.lo;
    hi ^= other.hi;
    return *this;
  }
  friend Block operator^(Block a, Block b) { return a ^= b; }
  friend Block operator&(Block a, Block b) { return {a.lo & b.lo, a.hi & b.hi}; }
  friend bool operator==(Block, Block) = default;
  bool bit(unsigned index) const { return ((index < 64 ? lo >> index : hi >> (index - 64)) & 1) != 0; }
};

// Memory in huge pages where it is large: touching it first costs more than computing on it otherwise.
void* allocate_large(std::size_t bytes);
void release_large(void* memory);
template <class T>
struct LargeAllocator {
  using value_type = T;
  LargeAllocator() = default;
  template <class U>
  explicit LargeAllocator(LargeAllocator<U>) {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { release_large(memory); }
  friend bool operator==(LargeAllocator, LargeAllocator) { return true; }
};

using Blocks = std::vector<Block, LargeAllocator<Block>>;

// All ones if the bit is set, else zero.
inline Block mask_of(bool bit) {
  const std::uint64_t word = 0 - static_cast<std::uint64_t>(bit);
  return {word, word};
}
inline ByteView bytes_of(std::span<const Block> blocks) {
  return {reinterpret_cast<const std::uint8_t*>(blocks.data()), blocks.size_bytes()};
}
inline std::span<std::uint8_t> bytes_of(std::span<Block> blocks) {
  return {reinterpret_cast<std::uint8_t*>(blocks.data()), blocks.size_bytes()};
}
Block random_block(Random& random);

Block multiply(Block a, Block b);
// Requires: a is not zero.
Block inverse(Block a);
Block power(Block base, std::size_t exponent);  // not constant time in the exponent
Block sum_of(std::span<const Block> blocks);
// 128 shares of single bits become a share of the field element that they spell.
Block spell(std::span<const Block> shares);
// sums[i] ^= scale * values[i]. Requires: equal sizes.
void add_multiples(std::span<Block> sums, Block scale, std::span<const Block> values);
// a[i] = a[i] * b[i]. Requires: equal sizes.
void multiply_each(std::span<Block> a, std::span<const Block> b);

// Polynomials at one point.
inline constexpr std::size_t kPowers = 64;
class Evaluation {
 public:
  explicit Evaluation(Block point);
  // The values as coefficients: the sum of values[i] * point^(i+1).
  Block of(std::span<const Block> values) const;

 private:
  std::array<Block, kPowers> powers_;  // from the first on
};

// The same of values that come in pieces, all but the last one of one size.
class EvaluationInPieces {
 public:
  EvaluationInPieces(Block point, std::size_t size) : at_(point), step_(power(point, size)) {}
  void add(std::span<const Block> piece) {
    sum_ ^= multiply(at_.of(piece), place_);
    place_ = multiply(place_, step_);
  }
  Block value() const { return sum_; }

 private:
  Evaluation at_;
  Block step_;
  Block place_{1, 0};
  Block sum_;
};

}  // namespace weir::mpc
