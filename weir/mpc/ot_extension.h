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
// Messages: base OT; then for each piece of kOtPiece: receiver -> sender (128/k) columns of n+128 bits; sender ->
// receiver 16 bytes; receiver -> sender 129 blocks. Rounds: base OT, then one and a half for each call: kOtAhead pieces
// are under way at once. Deviations: base OTs are endemic; the challenge is sent, not hashed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>

#include "weir/mpc/aes.h"
#include "weir/mpc/base_ot.h"

namespace weir::mpc {

// How many bits of delta one tree holds.
enum class Fold : unsigned { k2 = 2, k4 = 4, k8 = 8 };

// Transfers that are made at once: their columns stay in the second cache.
inline constexpr std::size_t kOtPiece = (std::size_t{1} << 15) - 128;
inline constexpr std::size_t kOtAhead = 4;

// What is done with a piece, while it is in the cache: `from` is the number of its first transfer. It may change it.
using OtUse = std::function<Result<>(std::size_t from, std::span<Block> piece)>;

// One piece that is under way.
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
  Result<> extend(Channel& channel, Random& random, std::size_t count, const OtUse& use);
  Result<Blocks> extend(Channel& channel, Random& random, std::size_t count);
  // The same piece by piece: the first half takes the receiver's columns and sends the challenge; the second checks the
  // oldest piece's proof and gives its q_j. Requires: `out` has the size of that piece.
  Result<> take_columns(Channel& channel, Random& random, std::size_t count);
  Result<> finish(Channel& channel, std::span<Block> out);

 private:
  explicit OtSender(Fold fold) : fold_(fold) {}
  Fold fold_;
  Block delta_;
  std::vector<std::vector<Aes>> seeds_;  // a tree's leaves, the one at delta's bits zero
  std::uint64_t used_ = 0;     // blocks taken from every leaf's stream
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
};

class OtReceiver {
 public:
  static Result<OtReceiver> open(Channel& channel, Random& random, Fold fold);
  // t_j for the choices, packed 128 to a block, the first in bit 0. Requires: enough blocks of choices.
  Result<> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count,
                  const OtUse& use);
  Result<Blocks> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);
  // In two halves, as the sender's: columns, then proof of the oldest.
  Result<> send_columns(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);
  Result<> finish(Channel& channel, std::span<Block> out);

 private:
  explicit OtReceiver(Fold fold) : fold_(fold) {}
  Fold fold_;
  std::vector<std::vector<Aes>> seeds_;
  std::uint64_t used_ = 0;
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
};

}  // namespace weir::mpc
