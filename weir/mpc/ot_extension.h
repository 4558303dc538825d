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
// are under way at once (cot.h). Deviations: base OTs are endemic; the challenge is sent, not hashed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "weir/mpc/aes.h"
#include "weir/mpc/base_ot.h"
#include "weir/mpc/cot.h"

namespace weir::mpc {

// How many bits of delta one tree holds.
enum class Fold : unsigned { k2 = 2, k4 = 4, k8 = 8 };

inline constexpr std::size_t kOtAhead = 4;

// One piece that is under way.
struct ExtensionStep {
  std::size_t count = 0;
  Block challenge;
  Blocks columns;
  Blocks choices;
};

class OtSender final : public CotSender {
 public:
  static Result<OtSender> open(Channel& channel, Random& random, Fold fold);
  Block delta() const override { return delta_; }

 private:
  explicit OtSender(Fold fold) : fold_(fold) {}
  Result<CotRun> begin(Channel&, Random&, std::size_t most) override { return CotRun{most, kOtAhead}; }
  // The receiver's columns; the challenge goes back.
  Result<> take_choices(Channel& channel, Random& random, std::size_t count) override;
  // Fails with kCorrupt ("mpc.check") if the columns do not belong to one vector of choices.
  Result<std::span<Block>> finish(Channel& channel) override;

  Fold fold_;
  Block delta_;
  std::vector<std::vector<Aes>> seeds_;  // a tree's leaves, the one at delta's bits zero
  std::uint64_t used_ = 0;     // blocks taken from every leaf's stream
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
  Blocks rows_;
};

class OtReceiver final : public CotReceiver {
 public:
  static Result<OtReceiver> open(Channel& channel, Random& random, Fold fold);

 private:
  explicit OtReceiver(Fold fold) : fold_(fold) {}
  Result<CotRun> begin(Channel&, Random&, std::size_t most) override { return CotRun{most, kOtAhead}; }
  Result<> send_choices(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count) override;
  Result<> prove(Channel& channel) override;
  std::span<Block> finish() override;

  Fold fold_;
  std::vector<std::vector<Aes>> seeds_;
  std::uint64_t used_ = 0;
  std::deque<ExtensionStep> under_way_;
  std::vector<ExtensionStep> spare_;
  std::array<Blocks, kOtAhead + 1> rows_;  // of pieces that are proven, in turn
  std::size_t proven_ = 0;
  std::size_t finished_ = 0;
};

}  // namespace weir::mpc
