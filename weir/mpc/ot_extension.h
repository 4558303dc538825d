// OT extension: millions of correlated oblivious transfers from 128 base ones (SoftSpoken).
//
// Protocol: Roy, "SoftSpokenOT: Communication-Computation Tradeoffs in OT Extension", CRYPTO 2022, figures 7 to 10,
// over fields of 2^k elements, k = 2, 4 or 8: larger k sends less (128/k bits a transfer) and computes more (2^k/k
// blocks).
// Result: for each choice bit c_j the sender holds q_j and one secret delta, the receiver t_j, with q_j = t_j ^ c_j *
// delta.
// Learns: nothing else. A malicious receiver that guesses b bits of delta goes unnoticed with probability 2^-b.
// Security: 128 bits computational, malicious, checked by a linear universal hash over GF(2^128) with statistical error
// n/2^128; correlation robustness of hash_blocks where the transfers are hashed.
// Messages: base OT; receiver -> sender (128/k) columns of n+128 bits; sender -> receiver 16 bytes; receiver -> sender
// 129 blocks. Rounds: base OT, then one and a half for each call. Deviations: base OTs are endemic; the challenge is
// sent, not hashed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/base_ot.h"

namespace weir::mpc {

// How many bits of delta one tree holds.
enum class Fold : unsigned { k2 = 2, k4 = 4, k8 = 8 };

class OtSender {
 public:
  static Result<OtSender> open(Channel& channel, Random& random, Fold fold);
  Block delta() const { return delta_; }
  // q_j for the receiver's next `count` choices.
  // Fails with kCorrupt ("mpc.check") if the receiver's columns do not belong to one vector of choices; close the
  // channel then.
  Result<Blocks> extend(Channel& channel, Random& random, std::size_t count);

 private:
  explicit OtSender(Fold fold) : fold_(fold) {}
  Fold fold_;
  Block delta_;
  std::vector<Blocks> seeds_;  // a tree's leaves, the one at delta's bits zero
  std::uint64_t used_ = 0;     // blocks taken from every leaf's stream
  Blocks columns_;             // of the last extension: memory that is there costs less than memory to be had
};

class OtReceiver {
 public:
  static Result<OtReceiver> open(Channel& channel, Random& random, Fold fold);
  // t_j for the choices, packed 128 to a block, the first in bit 0. Requires: enough blocks of choices.
  Result<Blocks> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);

 private:
  explicit OtReceiver(Fold fold) : fold_(fold) {}
  Fold fold_;
  std::vector<Blocks> seeds_;
  std::uint64_t used_ = 0;
  Blocks columns_;
};

}  // namespace weir::mpc
