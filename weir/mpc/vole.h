// VOLE: for n random values a_i that one party holds, the parties get shares of a_i * delta, delta held by the other.
//
// Protocol: pseudorandom correlation generator from dual LPN with regular noise (Boyle et al., CCS 2018 and CCS 2019),
// noise trees and values from correlated OTs (ot_extension.h), compression by lpn_code.h in blocks that the second
// cache holds, and the consistency check of Weng, Yang, Katz, Wang ("Wolverine", S&P 2021, section 4) over all trees of
// all blocks at once, with an equality test by commitment. The holder names the check's challenge, once the keeper's
// trees are fixed.
// Result: c_i = a_i * delta ^ b_i in GF(2^128); the keeper has delta (that of its OtSender) and b, the other side a and
// c.
// Learns: nothing else. A malicious keeper that guesses noise positions, or a malicious holder of values that guesses
// bits of delta, is caught with the probability that the guess is wrong; both papers' proofs allow for that.
// Security: 128 bits computational under LPN for that code, malicious, statistical error below 2^-100 for the check.
// Messages for t trees of depth d in all (VoleShape): one OT extension of 128(t+1) + dt transfers; 2dt + t blocks, a
// message for each block of values; then 6 blocks and 32 bytes. Rounds: 4.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/mpc/ot_extension.h"

namespace weir::mpc {

// How `count` values are made: in blocks of equal size, each of equal trees, at least kNoiseMin, with twice as many
// leaves as there are values.
struct VoleShape {
  std::size_t count;
  std::size_t blocks;
  std::size_t depth = 4;  // of a tree
  std::size_t trees;      // of a block

  explicit VoleShape(std::size_t values);
  std::size_t width() const { return std::size_t{1} << depth; }
  std::size_t leaves() const { return trees << depth; }  // of a block
  std::size_t per_block() const { return (count + blocks - 1) / blocks; }
  std::size_t all_trees() const { return blocks * trees; }
  // One value a tree and one that masks the check; then one transfer for each level of each tree.
  std::size_t value_transfers() const { return (all_trees() + 1) * 128; }
  std::size_t transfers() const { return value_transfers() + all_trees() * depth; }
};

struct VoleValues {
  Blocks values;    // a, or what it hides
  Blocks products;  // c = a * delta ^ b
};

// `meanwhile`: what a side does while it would wait for the other. Requires: both sides name the same count, below
// 2^30. b.
Result<Blocks> vole_keep(Channel& channel, Random& random, OtSender& ots, std::size_t count,
                         const std::function<Result<>()>& meanwhile = {});
// With `meanwhile`, which gives `count` blocks, `values` are those hidden by a: nobody needs a alone.
Result<VoleValues> vole_hold(Channel& channel, Random& random, OtReceiver& ots, std::size_t count,
                             const std::function<Result<Blocks>()>& meanwhile = {});

// The ideal functionality, for tests: both outputs from one call, with no channel.
struct IdealVole {
  Block delta;
  Blocks kept;
  VoleValues held;
};
IdealVole ideal_vole(Random& random, Block delta, std::size_t count);

}  // namespace weir::mpc
