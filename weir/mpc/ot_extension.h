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

#include <deque>

#include "weir/mpc/base_ot.h"

namespace weir::mpc {

// How many bits of delta one tree holds.
enum class Fold : unsigned { k2 = 2, k4 = 4, k8 = 8 };

// One extension that is under way.
struct ExtensionStep {
  std::size_t count = 0;
  Block challenge;
  Blocks columns;
  Blocks choices;
};

class OtSender {
 public:
  static Result<OtSender> open(Channel& channel, Random& random, Fold fold);
  Block delta() const { return delta_; }
  // q_j for the receiver's next `count` choices.
  // Fails with kCorrupt ("mpc.check") if the receiver's columns do not belong to one vector of choices; close the
  // channel then.
  Result<Blocks> extend(Channel& channel, Random& random, std::size_t count);
  // The same in two halves, so that several are under way at once and the parties do not wait for each other: the first
  // takes the receiver's columns and sends the challenge; the second checks the oldest one's proof and gives its q_j.
  Result<> take_columns(Channel& channel, Random& random, std::size_t count);
  Result<> finish(Channel& channel, Blocks& out);

 private:
  explicit OtSender(Fold fold) : fold_(fold) {}
  Fold fold_;
  Block delta_;
  std::vector<Blocks> seeds_;  // a tree's leaves, the one at delta's bits zero
  std::uint64_t used_ = 0;     // blocks taken from every leaf's stream
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
};

class OtReceiver {
 public:
  static Result<OtReceiver> open(Channel& channel, Random& random, Fold fold);
  // t_j for the choices, packed 128 to a block, the first in bit 0. Requires: enough blocks of choices.
  Result<Blocks> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);
  // In two halves, as the sender's: columns, then proof of the oldest.
  Result<> send_columns(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);
  Result<> finish(Channel& channel, Blocks& out);

 private:
  explicit OtReceiver(Fold fold) : fold_(fold) {}
  Fold fold_;
  std::vector<Blocks> seeds_;
  std::uint64_t used_ = 0;
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
};

}  // namespace weir::mpc
