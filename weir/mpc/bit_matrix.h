// Bit matrix: 128 columns of bits turned into rows of 128 bits.
//
// Thread-safe: pure. Constant time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "weir/mpc/block.h"

namespace weir::mpc {

// In place: bit j of block i becomes bit i of block j.
void transpose(std::array<Block, 128>& square);

// How far apart columns of so many blocks are to lie, so that no two compete for the same places of a cache.
constexpr std::size_t stride_of(std::size_t length) { return (length + 7) / 8 * 8 + 4; }

// Column c is at columns[c * stride ..); bit i of block b of it becomes bit c of row 128 b + i.
// Requires: 128 columns; at most 128 * stride rows.
void transpose(std::span<const Block> columns, std::size_t stride, std::span<Block> rows);

}  // namespace weir::mpc
