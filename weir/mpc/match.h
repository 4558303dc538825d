// Match: which pseudorandom blocks of one list are in another, and a random order.
//
// Both lists are first split by their top bits into parts that fit a cache, then each part is looked up in a small
// table.
// Thread-safe: pure. Not constant time: both lists are known to who matches them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "weir/base/random.h"
#include "weir/mpc/block.h"

namespace weir::mpc {

// Blocks ordered by the top bits of their high word; where[i] is the place that sorted[i] had.
struct Split {
  Split(std::span<const Block> blocks, unsigned bits, bool keep_places);
  std::vector<std::uint32_t> starts;
  Blocks sorted;
  std::vector<std::uint32_t> where;
};

// One list made ready before the other is there, of which some is looked up at a time.
class Matcher {
 public:
  // Requires: fewer than 2^32.
  explicit Matcher(std::span<const Block> own);
  // How many of the others are best looked up at once.
  static constexpr std::size_t kAtOnce = std::size_t{1} << 20;
  void look_up(std::span<const Block> others);
  // Indices into the own list of what was looked up and is in it, ascending.
  std::vector<std::size_t> found() const;

 private:
  unsigned bits_;
  Split mine_;
  std::vector<std::size_t> tables_;   // where the table of a part begins
  std::vector<std::uint32_t> slots_;  // of all tables
  std::vector<bool> shared_;
};

// Indices into `own` of what `others` has too, ascending. Requires: fewer than 2^32 of each.
std::vector<std::size_t> match(std::span<const Block> own, std::span<const Block> others);

// Every order equally likely.
void shuffle(std::span<Block> blocks, Random& random);

}  // namespace weir::mpc
