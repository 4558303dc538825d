// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/aes.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/aes.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_TARGET_AES __attribute__((target("aes,sse4.1")))
#define WEIR_TARGET_VAES __attribute__((target("aes,avx512f,avx512bw,avx512dq,avx512vl,vaes")))
#endif

namespace weir::mpc {
namespace {

constexpr std::size_t kBatch = 64;  // blocks that stay in the first cache between two steps

#if defined(__x86_64__)

template <int kConstant>
WEIR_TARGET_AES inline __m128i next_round_key(__m128i key) {
  const __m128i assist = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, kConstant), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, assist);
}

WEIR_TARGET_AES void expand(Block key, std::array<Block, 11>& out) {
  __m128i k[11];
  k[0] = _mm_load_si128(reinterpret_cast<const __m128i*>(&key));
  k[1] = next_round_key<0x01>(k[0]);
  k[2] = next_round_key<0x02>(k[1]);
  k[3] = next_round_key<0x04>(k[2]);
  k[4] = next_round_key<0x08>(k[3]);
  k[5] = next_round_key<0x10>(k[4]);
  k[6] = next_round_key<0x20>(k[5]);
  k[7] = next_round_key<0x40>(k[6]);
  k[8] = next_round_key<0x80>(k[7]);
  k[9] = next_round_key<0x1b>(k[8]);
  k[10] = next_round_key<0x36>(k[9]);
  for (std::size_t i = 0; i < 11; ++i) _mm_store_si128(reinterpret_cast<__m128i*>(&out[i]), k[i]);
}

WEIR_TARGET_AES void encrypt_aesni(const Block* keys, const Block* in, Block* out, std::size_t count) {
  constexpr std::size_t kWide = 8;
  const auto* key = reinterpret_cast<const __m128i*>(keys);
  const auto* from = reinterpret_cast<const __m128i*>(in);
  auto* to = reinterpret_cast<__m128i*>(out);
  for (std::size_t at = 0; at < count; at += kWide) {
    const std::size_t width = std::min(kWide, count - at);
    __m128i x[kWide];
    for (std::size_t i = 0; i < kWide; ++i)
      x[i] = _mm_xor_si128(_mm_load_si128(from + at + std::min(i, width - 1)), key[0]);
    for (std::size_t round = 1; round < 10; ++round) {
      for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm_aesenc_si128(x[i], key[round]);
    }
    for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm_aesenclast_si128(x[i], key[10]);
    for (std::size_t i = 0; i < width; ++i) _mm_store_si128(to + at + i, x[i]);
  }
}

// Requires: count is a multiple of 16.
WEIR_TARGET_VAES void encrypt_vaes(const Block* keys, const Block* in, Block* out, std::size_t count) {
  constexpr std::size_t kWide = 4;  // registers of four blocks
  __m512i key[11];
  for (std::size_t i = 0; i < 11; ++i) {
    key[i] = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(keys + i)));
  }
  for (std::size_t at = 0; at < count; at += 4 * kWide) {
    __m512i x[kWide];
    for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm512_xor_si512(_mm512_loadu_si512(in + at + 4 * i), key[0]);
    for (std::size_t round = 1; round < 10; ++round) {
      for (std::size_t i = 0; i < kWide; ++i) x[i] = _mm512_aesenc_epi128(x[i], key[round]);
    }
    for (std::size_t i = 0; i < kWide; ++i) {
      _mm512_storeu_si512(out + at + 4 * i, _mm512_aesenclast_epi128(x[i], key[10]));
    }
  }
}

// Both permutations on the same parents, `kWide` of four at a time. Requires: count is a multiple of 16.
WEIR_TARGET_VAES std::array<Block, 2> double_vaes(const Block* left_keys, const Block* right_keys, const Block* parents,
                                                  Block* children, std::size_t count) {
  constexpr std::size_t kWide = 4;
  const auto* left_key = reinterpret_cast<const __m128i*>(left_keys);
  const auto* right_key = reinterpret_cast<const __m128i*>(right_keys);
  const __m512i front = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), back = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  __m512i lefts = _mm512_setzero_si512(), rights = lefts;
  for (std::size_t at = 0; at < count; at += 4 * kWide) {
    __m512i seed[kWide], left[kWide], right[kWide];
    for (std::size_t i = 0; i < kWide; ++i) {
      seed[i] = _mm512_loadu_si512(parents + at + 4 * i);
      left[i] = _mm512_xor_si512(seed[i], _mm512_broadcast_i32x4(left_key[0]));
      right[i] = _mm512_xor_si512(seed[i], _mm512_broadcast_i32x4(right_key[0]));
    }
    for (std::size_t round = 1; round < 10; ++round) {
      const __m512i own = _mm512_broadcast_i32x4(left_key[round]), other = _mm512_broadcast_i32x4(right_key[round]);
      for (std::size_t i = 0; i < kWide; ++i) {
        left[i] = _mm512_aesenc_epi128(left[i], own);
        right[i] = _mm512_aesenc_epi128(right[i], other);
      }
    }
    const __m512i own = _mm512_broadcast_i32x4(left_key[10]), other = _mm512_broadcast_i32x4(right_key[10]);
    for (std::size_t i = 0; i < kWide; ++i) {
      left[i] = _mm512_xor_si512(_mm512_aesenclast_epi128(left[i], own), seed[i]);
      right[i] = _mm512_xor_si512(_mm512_aesenclast_epi128(right[i], other), seed[i]);
      lefts = _mm512_xor_si512(lefts, left[i]);
      rights = _mm512_xor_si512(rights, right[i]);
      _mm512_storeu_si512(children + 2 * at + 8 * i, _mm512_permutex2var_epi64(left[i], front, right[i]));
      _mm512_storeu_si512(children + 2 * at + 8 * i + 4, _mm512_permutex2var_epi64(left[i], back, right[i]));
    }
  }
  std::array<Block, 4> four;
  std::array<Block, 2> sums;
  for (std::size_t side = 0; side < 2; ++side) {
    _mm512_storeu_si512(four.data(), side == 0 ? lefts : rights);
    for (const Block& each : four) sums[side] ^= each;
  }
  return sums;
}

#endif

// Public keys of the permutations: the first hexadecimal digits of pi, as in Blowfish; nothing up the sleeve.
const Aes& left_permutation() {
  static const Aes aes(Block{0x243f6a8885a308d3, 0x13198a2e03707344});
  return aes;
}
const Aes& right_permutation() {
  static const Aes aes(Block{0xa4093822299f31d0, 0x082efa98ec4e6c89});
  return aes;
}

}  // namespace

Aes::Aes(Block key) : key_(key) {
#if defined(__x86_64__)
  static const bool has_aes = available_isas().size() > 1;
  if (has_aes) expand(key, round_keys_);
#endif
}

void Aes::encrypt(std::span<const Block> in, std::span<Block> out) const {
  WEIR_CHECK(in.size() == out.size());
#if defined(__x86_64__)
  const std::size_t wide = isa() == Isa::kAvx512 ? in.size() / 16 * 16 : 0;
  if (wide > 0) encrypt_vaes(round_keys_.data(), in.data(), out.data(), wide);
  if (isa() != Isa::kPortable) {
    return encrypt_aesni(round_keys_.data(), in.data() + wide, out.data() + wide, in.size() - wide);
  }
#endif
  crypto::aes128_blocks(bytes_of(std::span(&key_, 1)), bytes_of(in), bytes_of(out));
}

void Prg::fill(std::span<Block> out) {
  std::array<Block, kBatch> counters;
  for (std::size_t at = 0; at < out.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, out.size() - at);
    for (std::size_t i = 0; i < count; ++i) counters[i] = {at_++, 0};
    aes_.encrypt(std::span(counters).first(count), out.subspan(at, count));
  }
}

Block Prg::next() {
  Block out;
  fill(std::span(&out, 1));
  return out;
}

std::array<Block, 2> double_seeds(std::span<const Block> parents, std::span<Block> children) {
  WEIR_CHECK(children.size() == 2 * parents.size());
  std::array<Block, 2> sums;
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) {
    done = parents.size() / 16 * 16;
    sums = double_vaes(left_permutation().round_keys().data(), right_permutation().round_keys().data(), parents.data(),
                       children.data(), done);
  }
#endif
  std::array<Block, kBatch> left;
  std::array<Block, kBatch> right;
  for (std::size_t at = done; at < parents.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, parents.size() - at);
    const auto batch = parents.subspan(at, count);
    left_permutation().encrypt(batch, std::span(left).first(count));
    right_permutation().encrypt(batch, std::span(right).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      sums[0] ^= children[2 * (at + i)] = left[i] ^ batch[i];
      sums[1] ^= children[2 * (at + i) + 1] = right[i] ^ batch[i];
    }
  }
  return sums;
}

namespace {

template <class Tweak>
void hash_with(std::span<Block> blocks, Tweak&& tweak) {
  std::array<Block, kBatch> once;
  std::array<Block, kBatch> twice;
  for (std::size_t at = 0; at < blocks.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, blocks.size() - at);
    const auto batch = blocks.subspan(at, count);
    left_permutation().encrypt(batch, std::span(once).first(count));
    for (std::size_t i = 0; i < count; ++i) twice[i] = once[i] ^ tweak(at + i);
    left_permutation().encrypt(std::span(twice).first(count), std::span(twice).first(count));
    for (std::size_t i = 0; i < count; ++i) batch[i] = twice[i] ^ once[i];
  }
}

}  // namespace

void hash_blocks(std::span<Block> blocks, std::uint64_t first) {
  hash_with(blocks, [first](std::size_t i) { return Block{first + i, 0}; });
}

void hash_blocks(std::span<Block> blocks, std::span<const Block> tweaks) {
  WEIR_CHECK(blocks.size() == tweaks.size());
  hash_with(blocks, [tweaks](std::size_t i) { return tweaks[i]; });
}

}  // namespace weir::mpc
