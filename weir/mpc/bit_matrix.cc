// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/bit_matrix.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#endif

namespace weir::mpc {
namespace {

constexpr std::size_t kSide = 128;
constexpr std::size_t kSquares = 4;  // that stand side by side: a line of the cache holds a block of each
using Square = std::array<Block, kSide>;

#if defined(__x86_64__)

// Rows of four squares, one in each 128 bits.
using Row = __m512i;

// The squares of `width` bits off the diagonal change places.
template <int width>
WEIR_AVX512 inline void swap_squares(Row& a, Row& b) {
  const Row was = a;
  if constexpr (width == 64) {
    a = _mm512_unpacklo_epi64(was, b);
    b = _mm512_unpackhi_epi64(was, b);
  } else {
    constexpr std::uint64_t kMask = width == 32   ? 0x00000000ffffffff
                                    : width == 16 ? 0x0000ffff0000ffff
                                    : width == 8  ? 0x00ff00ff00ff00ff
                                    : width == 4  ? 0x0f0f0f0f0f0f0f0f
                                    : width == 2  ? 0x3333333333333333
                                                  : 0x5555555555555555;
    const Row low = _mm512_set1_epi64(static_cast<long long>(kMask));
    constexpr int kChoose = 0xca;  // of the second where the first has a bit, else of the third
    a = _mm512_ternarylogic_epi64(low, was, _mm512_slli_epi64(b, width), kChoose);
    b = _mm512_ternarylogic_epi64(low, _mm512_srli_epi64(was, width), b, kChoose);
  }
}

template <int width, int step, int count>
WEIR_AVX512 inline void swap_all(Row (&rows)[count]) {
  for (int i = 0; i < count; ++i) {
    if ((i & step) == 0) swap_squares<width>(rows[i], rows[i + step]);
  }
}

// Four rows, of four squares each, as the same row of each square in turn.
WEIR_AVX512 inline void put(const Row* rows, Block* out) {
  const Row a = _mm512_shuffle_i32x4(rows[0], rows[1], 0x44), b = _mm512_shuffle_i32x4(rows[2], rows[3], 0x44);
  const Row c = _mm512_shuffle_i32x4(rows[0], rows[1], 0xee), d = _mm512_shuffle_i32x4(rows[2], rows[3], 0xee);
  _mm512_storeu_si512(out, _mm512_shuffle_i32x4(a, b, 0x88));
  _mm512_storeu_si512(out + kSide, _mm512_shuffle_i32x4(a, b, 0xdd));
  _mm512_storeu_si512(out + 2 * kSide, _mm512_shuffle_i32x4(c, d, 0x88));
  _mm512_storeu_si512(out + 3 * kSide, _mm512_shuffle_i32x4(c, d, 0xdd));
}

// Four squares side by side: first rows that are eight apart, then eight in a row, so that registers hold them.
WEIR_AVX512 void transpose_four(const Block* columns, std::size_t stride, Block* out) {
  alignas(64) Row all[kSide];
  for (std::size_t first = 0; first < 8; ++first) {
    Row rows[16];
    for (std::size_t i = 0; i < 16; ++i) rows[i] = _mm512_loadu_si512(columns + (first + 8 * i) * stride);
    swap_all<64, 8>(rows);
    swap_all<32, 4>(rows);
    swap_all<16, 2>(rows);
    swap_all<8, 1>(rows);
    for (std::size_t i = 0; i < 16; ++i) _mm512_store_si512(all + first + 8 * i, rows[i]);
  }
  for (std::size_t first = 0; first < kSide; first += 8) {
    Row rows[8];
    for (std::size_t i = 0; i < 8; ++i) rows[i] = _mm512_load_si512(all + first + i);
    swap_all<4, 4>(rows);
    swap_all<2, 2>(rows);
    swap_all<1, 1>(rows);
    put(rows, out + first);
    put(rows + 4, out + first + 4);
  }
}

#endif

}  // namespace

// Swaps ever smaller off-diagonal squares (Warren, "Hacker's Delight", section 7-3).
void transpose(Square& square) {
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint64_t above = square[i].hi;
    square[i].hi = square[i + 64].lo;
    square[i + 64].lo = above;
  }
  std::uint64_t mask = 0x00000000ffffffff;
  for (unsigned width = 32; width > 0; width >>= 1, mask ^= mask << width) {
    for (std::size_t i = 0; i < 128; i += 2 * width) {
      for (std::size_t j = i; j < i + width; ++j) {
        const std::uint64_t lo = ((square[j].lo >> width) ^ square[j + width].lo) & mask;
        const std::uint64_t hi = ((square[j].hi >> width) ^ square[j + width].hi) & mask;
        square[j].lo ^= lo << width;
        square[j].hi ^= hi << width;
        square[j + width].lo ^= lo;
        square[j + width].hi ^= hi;
      }
    }
  }
}

void transpose(std::span<const Block> columns, std::size_t stride, std::span<Block> rows) {
  WEIR_CHECK(columns.size() == kSide * stride && rows.size() <= kSide * stride);
  std::size_t at = 0;  // squares that are done
#if defined(__x86_64__)
  for (; isa() == Isa::kAvx512 && (at + kSquares) * kSide <= rows.size(); at += kSquares) {
    transpose_four(columns.data() + at, stride, rows.data() + at * kSide);
  }
#endif
  std::array<Square, kSquares> squares;
  for (; at * kSide < rows.size(); at += kSquares) {
    const std::size_t some = std::min(kSquares, stride - at);
    for (std::size_t c = 0; c < kSide; ++c) {
      for (std::size_t s = 0; s < some; ++s) squares[s][c] = columns[c * stride + at + s];
    }
    for (std::size_t s = 0; s < some && (at + s) * kSide < rows.size(); ++s) {
      transpose(squares[s]);
      const std::size_t first = (at + s) * kSide;
      std::copy_n(squares[s].begin(), std::min(kSide, rows.size() - first),
                  rows.begin() + static_cast<std::ptrdiff_t>(first));
    }
  }
}

}  // namespace weir::mpc
