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

constexpr std::size_t kLanes = 8;
using Lanes = std::array<Block, kLanes>;

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

WEIR_TARGET_CLMUL inline __m128i multiply_clmul(__m128i a, __m128i b) {
  const __m128i poly = _mm_cvtsi64_si128(0x87);
  const __m128i middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  __m128i low = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x00), _mm_slli_si128(middle, 8));
  __m128i high = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x11), _mm_srli_si128(middle, 8));
  const __m128i fold = _mm_clmulepi64_si128(high, poly, 0x01);
  low = _mm_xor_si128(low, _mm_slli_si128(fold, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(fold, 8));
  return _mm_xor_si128(low, _mm_clmulepi64_si128(high, poly, 0x00));
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

WEIR_TARGET_CLMUL void horner_clmul(Lanes& lanes, Block step, const Block* values, std::size_t groups) {
  const __m128i by = load(&step);
  for (std::size_t g = groups; g-- > 0;) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      store(&lanes[lane], _mm_xor_si128(multiply_clmul(load(&lanes[lane]), by), load(values + g * kLanes + lane)));
    }
  }
}

WEIR_TARGET_VCLMUL inline __m512i multiply_vclmul(__m512i a, __m512i b) {
  const __m512i poly = _mm512_set1_epi64(0x87);
  const __m512i middle = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x01), _mm512_clmulepi64_epi128(a, b, 0x10));
  __m512i low = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x00), _mm512_bslli_epi128(middle, 8));
  __m512i high = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x11), _mm512_bsrli_epi128(middle, 8));
  const __m512i fold = _mm512_clmulepi64_epi128(high, poly, 0x01);
  low = _mm512_xor_si512(low, _mm512_bslli_epi128(fold, 8));
  high = _mm512_xor_si512(high, _mm512_bsrli_epi128(fold, 8));
  return _mm512_xor_si512(low, _mm512_clmulepi64_epi128(high, poly, 0x00));
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

WEIR_TARGET_VCLMUL void horner_vclmul(Lanes& lanes, Block step, const Block* values, std::size_t groups) {
  const __m512i by = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&step)));
  __m512i first = _mm512_loadu_si512(&lanes[0]);
  __m512i second = _mm512_loadu_si512(&lanes[4]);
  for (std::size_t g = groups; g-- > 0;) {
    first = _mm512_xor_si512(multiply_vclmul(first, by), _mm512_loadu_si512(values + g * kLanes));
    second = _mm512_xor_si512(multiply_vclmul(second, by), _mm512_loadu_si512(values + g * kLanes + 4));
  }
  _mm512_storeu_si512(&lanes[0], first);
  _mm512_storeu_si512(&lanes[4], second);
}

#endif

void horner_portable(Lanes& lanes, Block step, const Block* values, std::size_t groups) {
  for (std::size_t g = groups; g-- > 0;) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = multiply_portable(lanes[lane], step) ^ values[g * kLanes + lane];
    }
  }
}

void horner(Lanes& lanes, Block step, const Block* values, std::size_t groups) {
  switch (isa()) {
#if defined(__x86_64__)
    case Isa::kAvx512: return horner_vclmul(lanes, step, values, groups);
    case Isa::kAesNi: return horner_clmul(lanes, step, values, groups);
#endif
    default: return horner_portable(lanes, step, values, groups);
  }
}

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

Block evaluate(std::span<const Block> values, Block point) {
  Lanes powers;  // point^1 .. point^8
  powers[0] = point;
  for (std::size_t i = 1; i < kLanes; ++i) powers[i] = multiply(powers[i - 1], point);
  const std::size_t groups = values.size() / kLanes;
  Lanes lanes{};
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(groups * kLanes), values.end(), lanes.begin());
  horner(lanes, powers[kLanes - 1], values.data(), groups);
  Block sum;
  for (std::size_t i = 0; i < kLanes; ++i) sum ^= multiply(lanes[i], powers[i]);
  return sum;
}

}  // namespace weir::mpc
