// Seed tree: a short root grown to many pseudorandom leaves (GGM), and the same tree with one leaf missing.
//
// Source: Goldreich, Goldwasser, Micali 1986; the punctured form as in Boyle et al., "Efficient Two-Round OT Extension
// and Silent Non-Interactive Secure Computation", CCS 2019, section 4. Thread-safe: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/mpc/base_ot.h"

namespace weir::mpc {

// Fills the leaves from a root; sums[level] = the XOR of all left and of all right nodes of that level, the top one
// first.
// Requires: 2^sums.size() leaves.
void grow_tree(Block root, std::span<Block> leaves, std::span<SeedPair> sums);

// Fills all leaves but `hole`, which becomes zero, from the sums of the sides that its path does not take:
// known[level] = sums[level][1 - bit of the path], the top bit of `hole` first. Requires: 2^known.size() leaves; hole
// among them.
void grow_punctured_tree(std::size_t hole, std::span<const Block> known, std::span<Block> leaves);

}  // namespace weir::mpc
