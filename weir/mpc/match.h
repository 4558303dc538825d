// Match: which pseudorandom blocks of one list are in another, and a random order.
//
// A table of the own list's places, in which many of the others are looked up at once: the memory that they need is on
// its way before it is read.
// Thread-safe: pure. Not constant time: both lists are known to who matches them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "weir/base/random.h"
#include "weir/mpc/block.h"

namespace weir::mpc {

// One list made ready before the other is there, of which some is looked up at a time.
class Matcher {
 public:
  // Requires: below 2^31 of them, which outlive this.
  explicit Matcher(std::span<const Block> own);
  void look_up(std::span<const Block> others);
  // For each of the own 1 if it was looked up, else 0.
  std::span<const std::uint8_t> shared() const { return shared_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::size_t home_of(Block block) const { return block.lo & (slots_.size() - 1); }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  // A place in the own list below some bits of its block, which tell most of those apart that share a slot.
  std::uint32_t entry_of(Block block, std::size_t place) const {
    return static_cast<std::uint32_t>(block.hi << place_bits_ | place);
  }
  // The first slot from `slot` on that may be the block's, or that is empty.
  std::size_t find(Block block, std::size_t slot) const {
    while (slots_[slot] != kNone && (slots_[slot] ^ entry_of(block, 0)) >> place_bits_ != 0) slot = next(slot);
    return slot;
  }

  std::span<const Block> own_;
  unsigned place_bits_;
  std::vector<std::uint32_t, LargeAllocator<std::uint32_t>> slots_;
  std::vector<std::uint8_t> shared_;
};

// Indices into `own` of what `others` has too, ascending. Requires: fewer than 2^31 of the own.
std::vector<std::size_t> match(std::span<const Block> own, std::span<const Block> others);
// Where there is a 1.
std::vector<std::size_t> places_of_ones(std::span<const std::uint8_t> marks);

// Every order equally likely.
void shuffle(std::span<Block> blocks, Random& random);

}  // namespace weir::mpc
