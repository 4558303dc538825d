// VOLE: for n random values a_i that one party holds, the parties get shares of a_i * delta, delta held by the other.
//
// Protocol: pseudorandom correlation generator from dual LPN with regular noise (Boyle et al., CCS 2018 and CCS 2019),
// noise trees and values from correlated OTs (ot_extension.h), compression by lpn_code.h, and the consistency check of
// Weng, Yang, Katz, Wang ("Wolverine", S&P 2021, section 4) over all trees at once, with an equality test by
// commitment.
// Result: c_i = a_i * delta ^ b_i in GF(2^128); the keeper has delta (that of its OtSender) and b, the other side a and
// c.
// Learns: nothing else. A malicious keeper that guesses noise positions, or a malicious holder of values that guesses
// bits of delta, is caught with the probability that the guess is wrong; both papers' proofs allow for that.
// Security: 128 bits computational under LPN for that code, malicious, statistical error below 2^-100 for the check.
// Messages for t trees of depth d: one OT extension of 128(t+1) + dt transfers; 2dt + t blocks; then 5 blocks. Rounds:
// 4.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/mpc/ot_extension.h"

namespace weir::mpc {

struct VoleValues {
  Blocks values;    // a
  Blocks products;  // c = a * delta ^ b
};

// b. Requires: both sides name the same count, below 2^30.
Result<Blocks> vole_keep(Channel& channel, Random& random, OtSender& ots, std::size_t count);
// `meanwhile` runs while the other side grows its trees: what it does is done for nothing.
Result<VoleValues> vole_hold(Channel& channel, Random& random, OtReceiver& ots, std::size_t count,
                             const std::function<Result<>()>& meanwhile = {});

// The ideal functionality, for tests: both outputs from one call, with no channel.
struct IdealVole {
  Block delta;
  Blocks kept;
  VoleValues held;
};
IdealVole ideal_vole(Random& random, Block delta, std::size_t count);

}  // namespace weir::mpc
