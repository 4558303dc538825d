// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/match.h"

#include <algorithm>
#include <array>
#include <bit>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

Matcher::Matcher(std::span<const Block> own)
    : own_(own),
      place_bits_(static_cast<unsigned>(std::bit_width(own.size()))),
      slots_(std::bit_ceil(2 * own.size() + 1), kNone),
      shared_(own.size()) {
  WEIR_CHECK(own.size() < kNone / 2);
  for (std::size_t at = 0; at < own.size(); at += kAtOnce) {
    const std::size_t end = std::min(at + kAtOnce, own.size());
    for (std::size_t i = at; i < end; ++i) __builtin_prefetch(&slots_[home_of(own[i])], 1);
    for (std::size_t i = at; i < end; ++i) {
      std::size_t slot = home_of(own[i]);
      while (slots_[slot] != kNone) slot = next(slot);
      slots_[slot] = entry_of(own[i], i);
    }
  }
}

void Matcher::look_up(std::span<const Block> others) {
  const std::uint32_t places = (std::uint32_t{1} << place_bits_) - 1;
  std::array<std::size_t, kAtOnce> found;
  for (std::size_t at = 0; at < others.size(); at += kAtOnce) {
    const auto batch = others.subspan(at, std::min(kAtOnce, others.size() - at));
    for (const Block& wanted : batch) __builtin_prefetch(&slots_[home_of(wanted)]);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      found[i] = find(batch[i], home_of(batch[i]));
      if (slots_[found[i]] != kNone) __builtin_prefetch(&own_[slots_[found[i]] & places]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      for (std::size_t slot = found[i]; slots_[slot] != kNone; slot = find(batch[i], next(slot))) {
        if (own_[slots_[slot] & places] != batch[i]) continue;
        shared_[slots_[slot] & places] = 1;
        break;
      }
    }
  }
}

std::vector<std::size_t> places_of_ones(std::span<const std::uint8_t> marks) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i] != 0) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> match(std::span<const Block> own, std::span<const Block> others) {
  Matcher matcher(own);
  matcher.look_up(others);
  return places_of_ones(matcher.shared());
}

void shuffle(std::span<Block> blocks, Random& random) {
  Prg prg(random_block(random));
  std::array<Block, kAtOnce> words;
  std::array<std::size_t, kAtOnce> chosen;  // fetched ahead: one after the other each would wait for memory
  for (std::size_t left = blocks.size(); left > 1;) {
    const std::size_t count = std::min(kAtOnce, left - 1);
    prg.fill(std::span(words).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      chosen[i] = words[i].lo % (left - i);  // the bias is below left / 2^64
      __builtin_prefetch(&blocks[chosen[i]], 1);
    }
    for (std::size_t i = 0; i < count; ++i) std::swap(blocks[--left], blocks[chosen[i]]);
  }
}

}  // namespace weir::mpc
