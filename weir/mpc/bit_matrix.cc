// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/bit_matrix.h"

namespace weir::mpc {

// Swaps ever smaller off-diagonal squares (Warren, "Hacker's Delight", section 7-3).
void transpose(std::array<Block, 128>& square) {
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

}  // namespace weir::mpc
