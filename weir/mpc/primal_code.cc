// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/primal_code.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_VAES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vaes")))
#endif

namespace weir::mpc {
namespace {

constexpr std::size_t kWeight = 10;
constexpr std::size_t kRows = 8;  // whose places are made at once
constexpr Block kSeed{0x9216d5d98979fb1b, 0xd1310ba698dfb5ac};  // more digits of pi

std::uint64_t stream_at(std::uint64_t row) { return row / 4 * kWeight; }  // Requires: eight divides it

void add_portable(std::span<const Block> base, std::uint64_t first, std::span<Block> rows) {
  std::array<Block, kRows * kWeight / 4> blocks;
  const auto* words = reinterpret_cast<const std::uint32_t*>(blocks.data());
  Prg prg(kSeed, stream_at(first));
  for (std::size_t at = 0; at < rows.size(); at += kRows) {
    prg.fill(blocks);
    for (std::size_t r = 0; r < std::min(kRows, rows.size() - at); ++r) {
      Block sum = rows[at + r];
      for (std::size_t i = 0; i < kWeight; ++i) sum ^= base[(words[r * kWeight + i] * base.size()) >> 32];
      rows[at + r] = sum;
    }
  }
}

#if defined(__x86_64__)

constexpr std::size_t kWide = kRows * kWeight / 16;  // registers of words

// Where the elements of eight rows lie, in bytes.
WEIR_VAES inline void places_of(const __m512i (&keys)[11], std::uint64_t at, __m512i size,
                                std::array<std::uint32_t, kRows * kWeight>& out) {
  const __m512i lanes = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
  __m512i x[kWide];
  for (std::size_t i = 0; i < kWide; ++i) {
    const __m512i block = _mm512_broadcast_i32x4(_mm_set_epi64x(0, static_cast<long long>(at + 4 * i)));
    x[i] = _mm512_xor_si512(_mm512_add_epi64(block, lanes), keys[0]);
  }
  for (std::size_t round = 1; round < 10; ++round) {
    for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm512_aesenc_epi128(x[i], keys[round]);
  }
  for (std::size_t i = 0; i < kWide; ++i) {
    x[i] = _mm512_aesenclast_epi128(x[i], keys[10]);
    const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(x[i], size), 32);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(x[i], 32), size);
    _mm512_storeu_si512(out.data() + 16 * i, _mm512_slli_epi32(_mm512_mask_mov_epi32(even, 0xaaaa, odd), 4));
  }
}

// The places of the next rows are made while these rows' elements are on their way. Gives how many rows it did.
WEIR_VAES std::size_t add_vaes(std::span<const Block> base, std::uint64_t first, std::span<Block> rows) {
  const Aes aes(kSeed);
  __m512i keys[11];
  for (std::size_t i = 0; i < 11; ++i) {
    keys[i] = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&aes.round_keys()[i])));
  }
  const __m512i size = _mm512_set1_epi64(static_cast<long long>(base.size()));
  const auto* from = reinterpret_cast<const std::uint8_t*>(base.data());
  const auto element = [&](std::uint32_t place) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(from + place));
  };
  std::array<std::array<std::uint32_t, kRows * kWeight>, 2> places;
  places_of(keys, stream_at(first), size, places[0]);
  std::size_t at = 0;
  for (; at + kRows <= rows.size(); at += kRows) {
    const auto& now = places[at / kRows % 2];
    places_of(keys, stream_at(first + at + kRows), size, places[(at / kRows + 1) % 2]);
    for (std::size_t r = 0; r < kRows; ++r) {
      auto* row = reinterpret_cast<__m128i*>(&rows[at + r]);
      __m128i left = _mm_load_si128(row), right = _mm_setzero_si128();
      for (std::size_t i = 0; i < kWeight; i += 2) {
        left = _mm_xor_si128(left, element(now[r * kWeight + i]));
        right = _mm_xor_si128(right, element(now[r * kWeight + i + 1]));
      }
      _mm_store_si128(row, _mm_xor_si128(left, right));
    }
  }
  return at;
}

#endif

}  // namespace

void add_places(std::span<const Block> base, std::uint64_t first, std::span<Block> rows) {
  WEIR_CHECK(first % kRows == 0 && !base.empty() && base.size() >> 28 == 0);
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) done = add_vaes(base, first, rows);
#endif
  add_portable(base, first + done, rows.subspan(done));
}

}  // namespace weir::mpc
