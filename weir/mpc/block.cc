// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/block.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "weir/base/check.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_TARGET_CLMUL __attribute__((target("pclmul,sse4.1")))
#define WEIR_TARGET_VCLMUL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vpclmulqdq,pclmul")))
#endif

namespace weir::mpc {
namespace {

Block times_x(Block a) {
  const std::uint64_t top = 0 - (a.hi >> 63);
  return {(a.lo << 1) ^ (top & 0x87), (a.hi << 1) | (a.lo >> 63)};
}

Block multiply_portable(Block a, Block b) {
  Block sum;
  for (unsigned i = 128; i-- > 0;) {
    sum = times_x(sum);
    sum ^= a & mask_of(b.bit(i));
  }
  return sum;
}

#if defined(__x86_64__)

__m128i load(const Block* block) { return _mm_load_si128(reinterpret_cast<const __m128i*>(block)); }
void store(Block* block, __m128i value) { _mm_store_si128(reinterpret_cast<__m128i*>(block), value); }

WEIR_TARGET_CLMUL inline __m128i reduce(__m128i low, __m128i middle, __m128i high) {
  const __m128i poly = _mm_cvtsi64_si128(0x87);
  low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
  const __m128i fold = _mm_clmulepi64_si128(high, poly, 0x01);
  low = _mm_xor_si128(low, _mm_slli_si128(fold, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(fold, 8));
  return _mm_xor_si128(low, _mm_clmulepi64_si128(high, poly, 0x00));
}

WEIR_TARGET_CLMUL inline __m128i multiply_clmul(__m128i a, __m128i b) {
  const __m128i middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  return reduce(_mm_clmulepi64_si128(a, b, 0x00), middle, _mm_clmulepi64_si128(a, b, 0x11));
}

WEIR_TARGET_CLMUL Block multiply_one(Block a, Block b) {
  Block out;
  store(&out, multiply_clmul(load(&a), load(&b)));
  return out;
}

WEIR_TARGET_CLMUL void add_multiples_clmul(Block* sums, Block scale, const Block* values, std::size_t count) {
  const __m128i by = load(&scale);
  for (std::size_t i = 0; i < count; ++i) {
    store(sums + i, _mm_xor_si128(load(sums + i), multiply_clmul(by, load(values + i))));
  }
}

WEIR_TARGET_CLMUL void multiply_each_clmul(Block* a, const Block* b, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) store(a + i, multiply_clmul(load(a + i), load(b + i)));
}

// Products before they are reduced: 256 bits as low, middle (64 bits up) and high.
struct Wide {
  __m128i low, middle, high;
};

WEIR_TARGET_CLMUL inline void add_product(Wide& sum, __m128i a, __m128i b) {
  sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
  sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
  sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x01));
  sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x10));
}

WEIR_TARGET_CLMUL Block evaluate_clmul(const std::array<Block, kPowers>& powers, std::span<const Block> values) {
  const __m128i zero = _mm_setzero_si128(), step = load(&powers.back());
  __m128i sum = zero;
  for (std::size_t end = values.size(); end > 0;) {
    const std::size_t from = (end - 1) / kPowers * kPowers;
    Wide wide{zero, zero, zero};
    add_product(wide, sum, step);
    for (std::size_t i = from; i < end; ++i) add_product(wide, load(&values[i]), load(&powers[i - from]));
    sum = reduce(wide.low, wide.middle, wide.high);
    end = from;
  }
  Block out;
  store(&out, sum);
  return out;
}

WEIR_TARGET_VCLMUL inline __m512i reduce(__m512i low, __m512i middle, __m512i high) {
  const __m512i poly = _mm512_set1_epi64(0x87);
  low = _mm512_xor_si512(low, _mm512_bslli_epi128(middle, 8));
  high = _mm512_xor_si512(high, _mm512_bsrli_epi128(middle, 8));
  const __m512i fold = _mm512_clmulepi64_epi128(high, poly, 0x01);
  low = _mm512_xor_si512(low, _mm512_bslli_epi128(fold, 8));
  high = _mm512_xor_si512(high, _mm512_bsrli_epi128(fold, 8));
  return _mm512_xor_si512(low, _mm512_clmulepi64_epi128(high, poly, 0x00));
}

WEIR_TARGET_VCLMUL inline __m512i multiply_vclmul(__m512i a, __m512i b) {
  const __m512i middle = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x01), _mm512_clmulepi64_epi128(a, b, 0x10));
  return reduce(_mm512_clmulepi64_epi128(a, b, 0x00), middle, _mm512_clmulepi64_epi128(a, b, 0x11));
}

// Requires: count is a multiple of four.
WEIR_TARGET_VCLMUL void add_multiples_vclmul(Block* sums, Block scale, const Block* values, std::size_t count) {
  const __m512i by = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&scale)));
  for (std::size_t i = 0; i < count; i += 4) {
    const __m512i product = multiply_vclmul(by, _mm512_loadu_si512(values + i));
    _mm512_storeu_si512(sums + i, _mm512_xor_si512(_mm512_loadu_si512(sums + i), product));
  }
}

// Requires: count is a multiple of four.
WEIR_TARGET_VCLMUL void multiply_each_vclmul(Block* a, const Block* b, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 4) {
    _mm512_storeu_si512(a + i, multiply_vclmul(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i)));
  }
}

struct Wide4 {
  __m512i low, middle, high;
};

WEIR_TARGET_VCLMUL inline void add_product(Wide4& sum, __m512i a, __m512i b) {
  constexpr int kSumOfThree = 0x96;
  sum.low = _mm512_xor_si512(sum.low, _mm512_clmulepi64_epi128(a, b, 0x00));
  sum.high = _mm512_xor_si512(sum.high, _mm512_clmulepi64_epi128(a, b, 0x11));
  sum.middle = _mm512_ternarylogic_epi64(sum.middle, _mm512_clmulepi64_epi128(a, b, 0x01),
                                         _mm512_clmulepi64_epi128(a, b, 0x10), kSumOfThree);
}

// Four sums side by side, which add up to what is wanted.
WEIR_TARGET_VCLMUL Block evaluate_vclmul(const std::array<Block, kPowers>& powers, std::span<const Block> values) {
  constexpr std::size_t kAhead = 6 * kPowers;  // it goes downwards, which the processor does not foresee
  const __m512i zero = _mm512_setzero_si512();
  const __m512i step = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&powers.back())));
  __m512i sum = zero;
  for (std::size_t end = values.size(); end > 0;) {
    const std::size_t from = (end - 1) / kPowers * kPowers;
    Wide4 wide{zero, zero, zero};
    add_product(wide, sum, step);
    std::size_t i = from;
    for (; i + 4 <= end; i += 4) {
      __builtin_prefetch(values.data() + i - std::min(i, kAhead));
      add_product(wide, _mm512_loadu_si512(&values[i]), _mm512_loadu_si512(&powers[i - from]));
    }
    if (i < end) {
      const auto some = static_cast<__mmask8>((1u << 2 * (end - i)) - 1);
      add_product(wide, _mm512_maskz_loadu_epi64(some, &values[i]), _mm512_maskz_loadu_epi64(some, &powers[i - from]));
    }
    sum = reduce(wide.low, wide.middle, wide.high);
    end = from;
  }
  std::array<Block, 4> sums;
  _mm512_storeu_si512(sums.data(), sum);
  return sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
}

#endif

}  // namespace

void* allocate_large(std::size_t bytes) {
  constexpr std::size_t kHuge = std::size_t{2} << 20;
  const std::size_t align = bytes >= 2 * kHuge ? kHuge : 64;
  const std::size_t rounded = (bytes + align - 1) / align * align;
  void* memory = std::aligned_alloc(align, rounded);
  WEIR_CHECK(memory != nullptr);
  if (align == kHuge) ::madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void release_large(void* memory) { std::free(memory); }

Block random_block(Random& random) {
  Block out;
  random.fill(bytes_of(std::span(&out, 1)));
  return out;
}

Block multiply(Block a, Block b) {
#if defined(__x86_64__)
  if (isa() != Isa::kPortable) return multiply_one(a, b);
#endif
  return multiply_portable(a, b);
}

// a^(2^128 - 2): the product of a^(2^i) for i from 1 to 127.
Block inverse(Block a) {
  WEIR_CHECK(a != Block{});
  Block power = a;
  Block out{1, 0};
  for (int i = 1; i < 128; ++i) {
    power = multiply(power, power);
    out = multiply(out, power);
  }
  return out;
}

Block power(Block base, std::size_t exponent) {
  Block out{1, 0};
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) out = multiply(out, base);
    base = multiply(base, base);
  }
  return out;
}

Block sum_of(std::span<const Block> blocks) {
  Block sum;
  for (const Block& block : blocks) sum ^= block;
  return sum;
}

Block spell(std::span<const Block> shares) {
  WEIR_CHECK(shares.size() == 128);
  Block sum;
  for (std::size_t b = shares.size(); b-- > 0;) sum = times_x(sum) ^ shares[b];
  return sum;
}

void add_multiples(std::span<Block> sums, Block scale, std::span<const Block> values) {
  WEIR_CHECK(sums.size() == values.size());
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) {
    done = values.size() / 4 * 4;
    add_multiples_vclmul(sums.data(), scale, values.data(), done);
  }
  if (isa() != Isa::kPortable) {
    return add_multiples_clmul(sums.data() + done, scale, values.data() + done, values.size() - done);
  }
#endif
  for (; done < values.size(); ++done) sums[done] ^= multiply_portable(scale, values[done]);
}

void multiply_each(std::span<Block> a, std::span<const Block> b) {
  WEIR_CHECK(a.size() == b.size());
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) {
    done = a.size() / 4 * 4;
    multiply_each_vclmul(a.data(), b.data(), done);
  }
  if (isa() != Isa::kPortable) return multiply_each_clmul(a.data() + done, b.data() + done, a.size() - done);
#endif
  for (; done < a.size(); ++done) a[done] = multiply_portable(a[done], b[done]);
}

Evaluation::Evaluation(Block point) {
  powers_[0] = point;
  for (std::size_t i = 1; i < kPowers; ++i) powers_[i] = multiply(powers_[i - 1], point);
}

Block Evaluation::of(std::span<const Block> values) const {
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) return evaluate_vclmul(powers_, values);
  if (isa() == Isa::kAesNi) return evaluate_clmul(powers_, values);
#endif
  Block sum;
  for (std::size_t i = values.size(); i-- > 0;) sum = multiply_portable(sum ^ values[i], powers_[0]);
  return sum;
}

}  // namespace weir::mpc
