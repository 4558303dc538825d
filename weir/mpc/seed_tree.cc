// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/seed_tree.h"

#include <utility>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"

namespace weir::mpc {
namespace {

// The buffers swap roles at each level and end in `leaves`.
template <class Level>
void grow(Block root, std::span<Block> leaves, std::size_t depth, Level&& level) {
  WEIR_CHECK(leaves.size() == std::size_t{1} << depth);
  Blocks spare(leaves.size() / 2 + 1);
  std::span<Block> from = depth % 2 == 0 ? leaves : std::span(spare);
  std::span<Block> to = depth % 2 == 0 ? std::span(spare) : leaves;
  from[0] = root;
  for (std::size_t l = 0; l < depth; ++l) {
    const std::size_t width = std::size_t{1} << l;
    level(l, from.first(width), to.first(2 * width));
    std::swap(from, to);
  }
}

}  // namespace

void grow_tree(Block root, std::span<Block> leaves, std::span<SeedPair> sums) {
  grow(root, leaves, sums.size(),
       [&](std::size_t l, std::span<Block> from, std::span<Block> to) { sums[l] = double_seeds(from, to); });
}

void grow_punctured_tree(std::size_t hole, std::span<const Block> known, std::span<Block> leaves) {
  WEIR_CHECK(hole < leaves.size());
  const std::size_t depth = known.size();
  grow({}, leaves, depth, [&](std::size_t l, std::span<Block> from, std::span<Block> to) {
    SeedPair sums = double_seeds(from, to);
    const std::size_t path = hole >> (depth - l - 1);  // the node of the new level above the hole
    const std::size_t sibling = path ^ 1;
    // Both children of the missing node are noise; the sum of the sibling's side tells what the sibling is.
    sums[sibling & 1] ^= to[sibling];
    to[sibling] = known[l] ^ sums[sibling & 1];
    to[path] = {};
  });
}

}  // namespace weir::mpc
