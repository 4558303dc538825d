// Leaf fold: what the streams of a seed tree's leaves add up to, column by column, for OT extension.
//
// Source: Roy, CRYPTO 2022, figure 8 (the linear code of a tree of 2^k leaves). Leaves are looked up in an order that
// `hidden` shifts: who can watch addresses within these 2^k seeds learns k bits of delta; each is a fixed place, read
// once for each call. Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/aes.h"

namespace weir::mpc {

// For each bit b the sum of the streams whose leaf's number, XOR `hidden`, has bit b, in columns[b * stride ..), and
// the sum of all in `total`, which says how many blocks. Streams are AES_seed(from), AES_seed(from + 1), ... Requires:
// 4, 16 or 256 seeds, as keys; 2, 4 or 8 columns.
void fold_leaves(std::span<const Aes> seeds, std::size_t hidden, std::uint64_t from, std::span<Block> columns,
                 std::size_t stride, std::span<Block> total);

}  // namespace weir::mpc
