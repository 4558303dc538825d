// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/lpn_code.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::mpc {
namespace {

constexpr unsigned kTaps = 24;
constexpr std::size_t kWeight = 7;
constexpr std::uint32_t kFarthest = std::uint32_t{1} << (kTaps - 1);
constexpr Block kSeed{0x452821e638d01377, 0xbe5466cf34e90c6c};  // more digits of pi

// Public random words of 32 bits, in order.
class Words {
 public:
  explicit Words(std::uint64_t stream) : prg_(kSeed ^ Block{0, stream}) {}
  // The next `count` words. Requires: count <= kWords.
  const std::uint32_t* take(std::size_t count) {
    if (at_ + count > kWords) {
      prg_.fill(blocks_);
      at_ = 0;
    }
    const auto* words = reinterpret_cast<const std::uint32_t*>(blocks_.data()) + at_;
    at_ += count;
    return words;
  }
  static constexpr std::size_t kWords = 1024;

 private:
  Prg prg_;
  std::array<Block, kWords / 4> blocks_;
  std::size_t at_ = kWords;
};

// Each element is added to those of the 24 after it whose tap is set.
void convolve_portable(std::span<Block> state, std::size_t from, Words& words) {
  for (std::size_t i = from; i < state.size(); ++i) {
    const std::uint32_t taps = *words.take(1) | kFarthest;
    const std::size_t reach = std::min<std::size_t>(kTaps, state.size() - 1 - i);
    for (std::size_t j = 0; j < reach; ++j) state[i + 1 + j] ^= state[i] & mask_of(((taps >> j) & 1) != 0);
  }
}

#if defined(__x86_64__)

// Four elements at a time: settled among themselves, then added to the six groups after them, which stay in registers.
// Returns how many elements are settled.
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,bmi2"))) std::size_t convolve_avx512(std::span<Block> state,
                                                                                              Words& words) {
  constexpr std::size_t kGroups = 6;
  const std::size_t groups = state.size() / 4;
  if (groups < kGroups + 1) return 0;
  const auto at = [&](std::size_t group) { return state.data() + 4 * group; };
  __m512i window[kGroups + 1];
  for (std::size_t g = 0; g <= kGroups; ++g) window[g] = _mm512_loadu_si512(at(g));
  std::size_t group = 0;
  for (;; ++group) {
    const std::uint32_t* taps = words.take(4);
    std::uint64_t masks[4];  // two bits for each later element, from the next one in this group on
    for (std::size_t i = 0; i < 4; ++i) masks[i] = _pdep_u64((taps[i] | kFarthest) & 0xffffff, 0x555555555555) * 3;
    __m512i x[4];
    x[0] = _mm512_shuffle_i64x2(window[0], window[0], 0x00);
    window[0] = _mm512_mask_xor_epi64(window[0], static_cast<__mmask8>(masks[0] << 2), window[0], x[0]);
    x[1] = _mm512_shuffle_i64x2(window[0], window[0], 0x55);
    window[0] = _mm512_mask_xor_epi64(window[0], static_cast<__mmask8>(masks[1] << 4), window[0], x[1]);
    x[2] = _mm512_shuffle_i64x2(window[0], window[0], 0xaa);
    window[0] = _mm512_mask_xor_epi64(window[0], static_cast<__mmask8>(masks[2] << 6), window[0], x[2]);
    x[3] = _mm512_shuffle_i64x2(window[0], window[0], 0xff);
    _mm512_storeu_si512(at(group), window[0]);
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t rest = masks[i] >> (6 - 2 * i);
      for (std::size_t g = 0; g < kGroups; ++g) {
        window[g + 1] =
            _mm512_mask_xor_epi64(window[g + 1], static_cast<__mmask8>(rest >> (8 * g)), window[g + 1], x[i]);
      }
    }
    for (std::size_t g = 0; g < kGroups; ++g) window[g] = window[g + 1];
    if (group + kGroups + 1 == groups) break;
    window[kGroups] = _mm512_loadu_si512(at(group + kGroups + 1));
  }
  for (std::size_t g = 0; g < kGroups; ++g) _mm512_storeu_si512(at(group + 1 + g), window[g]);
  return 4 * (group + 1);
}

#endif

void convolve(std::span<Block> state) {
  Words words(kWeight);
  std::size_t done = 0;
#if defined(__x86_64__)
  if (isa() == Isa::kAvx512) done = convolve_avx512(state, words);
#endif
  convolve_portable(state, done, words);
}

// Each output gains one element of each of the seven segments, at a random place.
void expand(std::span<const Block> state, std::span<Block> out) {
  const std::size_t segment = state.size() / kWeight;
  for (std::size_t s = 0; s < kWeight; ++s) {
    Words words(s);
    const Block* from = state.data() + s * segment;
    for (std::size_t i = 0; i < out.size(); i += Words::kWords) {
      const std::size_t count = std::min(Words::kWords, out.size() - i);
      const std::uint32_t* places = words.take(count);
      for (std::size_t j = 0; j < count; ++j) out[i + j] ^= from[(places[j] * segment) >> 32];
    }
  }
}

}  // namespace

void compress(std::span<Block> noise) {
  WEIR_CHECK(noise.size() % 2 == 0 && noise.size() >= 128 && noise.size() >> 32 == 0);
  const std::size_t half = noise.size() / 2;
  convolve(noise.subspan(half));
  expand(noise.subspan(half), noise.first(half));
}

}  // namespace weir::mpc
