// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/leaf_fold.h"

#include <algorithm>
#include <vector>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_VAES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vaes")))
#endif

namespace weir::mpc {
namespace {

constexpr std::size_t kPiece = 64;  // blocks of a stream that are folded at once: sixteen of them fit the first cache

// Leaves are added up pair by pair, as their tree stands: at level b the odd ones of all pairs are column b, and the
// sums of the pairs are the next level's leaves.
void fold_plain(std::span<const Aes> leaves, std::size_t hidden, std::uint64_t from, std::size_t at,
                std::span<Block> columns, std::size_t stride, std::span<Block> total) {
  const std::size_t bits = columns.size() / stride;
  Blocks values(leaves.size() * kPiece);
  std::array<Block, kPiece> counters;
  for (; at < total.size(); at += kPiece) {
    const std::size_t width = std::min(kPiece, total.size() - at);
    for (std::size_t i = 0; i < width; ++i) counters[i] = {from + at + i, 0};
    for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
      leaves[leaf ^ hidden].encrypt(std::span(counters).first(width), std::span(values).subspan(leaf * kPiece, width));
    }
    std::size_t left = leaves.size();
    for (std::size_t b = 0; b < bits; ++b, left /= 2) {
      Block* column = &columns[b * stride + at];
      for (std::size_t pair = 0; pair < left / 2; ++pair) {
        const Block* even = &values[2 * pair * kPiece];
        const Block* odd = even + kPiece;
        Block* sum = &values[pair * kPiece];
        for (std::size_t i = 0; i < width; ++i) column[i] = pair == 0 ? odd[i] : column[i] ^ odd[i];
        for (std::size_t i = 0; i < width; ++i) sum[i] = even[i] ^ odd[i];
      }
    }
    std::copy_n(values.begin(), width, total.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

#if defined(__x86_64__)

// The same in registers, `kWide` of four blocks at a time. Gives how many blocks it did.
template <std::size_t kBits, std::size_t kWide>
WEIR_VAES std::size_t fold_vaes(std::span<const Aes> leaves, std::size_t hidden, std::uint64_t from, Block* columns,
                                std::size_t stride, std::span<Block> total) {
  constexpr std::size_t kStep = 4 * kWide;
  const __m512i lanes = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
  std::size_t at = 0;
  for (; at + kStep <= total.size(); at += kStep) {
    __m512i counter[kWide], all[kWide], column[kBits][kWide];
    for (std::size_t i = 0; i < kWide; ++i) {
      const __m512i first = _mm512_broadcast_i32x4(_mm_set_epi64x(0, static_cast<long long>(from + at + 4 * i)));
      counter[i] = _mm512_add_epi64(first, lanes);
      all[i] = _mm512_setzero_si512();
      for (std::size_t b = 0; b < kBits; ++b) column[b][i] = all[i];
    }
    for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
      const auto* keys = reinterpret_cast<const __m128i*>(leaves[leaf ^ hidden].round_keys().data());
      __m512i x[kWide];
      const __m512i whitening = _mm512_broadcast_i32x4(keys[0]), last = _mm512_broadcast_i32x4(keys[10]);
      for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm512_xor_si512(counter[i], whitening);
      for (std::size_t round = 1; round < 10; ++round) {
        const __m512i key = _mm512_broadcast_i32x4(keys[round]);
        for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm512_aesenc_epi128(x[i], key);
      }
      for (std::size_t i = 0; i < kWide; ++i) {
        x[i] = _mm512_aesenclast_epi128(x[i], last);
        all[i] = _mm512_xor_si512(all[i], x[i]);
      }
      for (std::size_t b = 0; b < kBits; ++b) {
        if ((leaf >> b & 1) == 0) continue;
        for (std::size_t i = 0; i < kWide; ++i) column[b][i] = _mm512_xor_si512(column[b][i], x[i]);
      }
    }
    for (std::size_t i = 0; i < kWide; ++i) {
      _mm512_storeu_si512(total.data() + at + 4 * i, all[i]);
      for (std::size_t b = 0; b < kBits; ++b) _mm512_storeu_si512(columns + b * stride + at + 4 * i, column[b][i]);
    }
  }
  return at;
}

#endif

}  // namespace

void fold_leaves(std::span<const Aes> seeds, std::size_t hidden, std::uint64_t from, std::span<Block> columns,
                 std::size_t stride, std::span<Block> total) {
  WEIR_CHECK(total.size() <= stride && std::size_t{1} << (columns.size() / stride) == seeds.size());
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) {
    switch (seeds.size()) {
      case 4: done = fold_vaes<2, 4>(seeds, hidden, from, columns.data(), stride, total); break;
      case 16: done = fold_vaes<4, 4>(seeds, hidden, from, columns.data(), stride, total); break;
      case 256: done = fold_vaes<8, 2>(seeds, hidden, from, columns.data(), stride, total); break;
      default: break;
    }
  }
#endif
  if (done < total.size()) fold_plain(seeds, hidden, from, done, columns, stride, total);
}

}  // namespace weir::mpc
