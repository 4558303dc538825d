// Silent OT: four million random correlated transfers at a time, from a few, with 0.19 bytes for each: for slow lines.
//
// Protocol: Yang, Weng, Lan, Zhang, Wang, "Ferret", CCS 2020: primal LPN with regular noise, figures 7 to 9; the few
// are made by ot_extension.h once, then a batch leaves what the next one needs. Trees as in seed_tree.h.
// Result: q_j at the sender, t_j at the receiver, with t_j = q_j ^ x_j * delta for random bits x_j. x_j is bit 0 of
// t_j: bit 0 of delta is 1, and bit 0 of all q_j is 0, so that 127 bits of delta are secret.
// Learns: nothing else. A malicious sender that guesses noisy places, or a malicious receiver that guesses bits of
// delta, is caught with the probability that the guess is wrong; the paper's functionality allows for that.
// Security: 128 bits computational under LPN with regular noise, for the shape below; malicious, statistical error of
// the check n/2^128. The shape is one that the authors' library offers, with 2048 of its 4971 trees, which take less
// memory: a part of an instance is no easier than the whole. By the estimate of Boyle et al., CCS 2019: guessing
// 124 000 places without noise succeeds with 2^-87, and each try solves as many equations, 2^47 or more.
// Messages a batch, t trees of depth d: sender -> receiver t (2d + 1) blocks; receiver -> sender 2 blocks; sender ->
// receiver 32 bytes. Rounds: one and a half a batch, and those of ot_extension.h at the beginning.
// Bits that the receiver chooses (cot.h): it says c_j ^ x_j, a bit each, and the sender adds that times delta to q_j.
// All those of a run come before anything that the sender makes of them, since the next batch's trees come after that.
// Deviations: the code's matrix is one for all, and public; sums are masked with hash_blocks.
// Thread-safety: one thread. Not constant time at the receiver: it writes at its noisy places.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/ot_extension.h"

namespace weir::mpc {

// A batch. Others than this one are for tests.
struct SilentShape {
  std::size_t base = 124'000;  // what the code adds ten of to each leaf
  std::size_t trees = 2048;    // a noisy place in each
  std::size_t depth = 11;

  std::size_t width() const { return std::size_t{1} << depth; }
  std::size_t leaves() const { return trees << depth; }
  // For the code, for the paths of the trees, and for the check: what a batch takes, and leaves for the next.
  std::size_t reserve() const { return base + trees * depth + 128; }
};

// What both sides do alike: a batch's leaves, and what became of them.
class SilentBatch {
 public:
  SilentBatch(const SilentShape& shape, Blocks first) : shape_(shape), base_(std::move(first)) {}
  // An empty batch gives the next one what it needs; then leaves() are to be grown and checked.
  void renew();
  // The leaves are checked: what the next batch needs becomes transfers.
  void begin();
  // So many more are transfers. Requires: as many are left().
  std::span<Block> take(std::size_t count);
  std::size_t left() const { return leaves_.size() - at_; }

  const SilentShape& shape() const { return shape_; }
  Blocks& leaves() { return leaves_; }
  std::span<const Block> paths() const { return std::span(base_).subspan(shape_.base, shape_.trees * shape_.depth); }
  std::span<const Block> masks() const { return std::span(base_).last(128); }

 private:
  void encode_piece();
  SilentShape shape_;
  Blocks base_;
  Blocks leaves_;
  std::size_t at_ = 0;     // behind what was taken
  std::size_t ready_ = 0;  // behind what is transfers
};

// Pieces of a batch whose choices went.
using SilentPieces = std::deque<std::span<Block>>;
std::span<Block> take_oldest(SilentPieces& pieces);

class SilentOtSender final : public CotSender {
 public:
  static Result<SilentOtSender> open(Channel& channel, Random& random, const SilentShape& shape = {});
  Block delta() const override { return delta_; }
  // q_j, piece by piece. Fails with kCorrupt ("mpc.check") if the other side deviates; close the channel then.
  Result<> extend_random(Channel& channel, Random& random, std::size_t count, const OtUse& use);

 private:
  SilentOtSender(Block delta, const SilentShape& shape, Blocks first)
      : delta_(delta), batch_(shape, std::move(first)) {}
  Result<CotRun> begin(Channel& channel, Random& random, std::size_t most) override;
  Result<> take_choices(Channel& channel, Random& random, std::size_t count) override;
  Result<std::span<Block>> finish(Channel&) override { return take_oldest(under_way_); }
  Result<> grow(Channel& channel, Random& random);
  Block delta_;
  SilentBatch batch_;
  SilentPieces under_way_;
  std::uint64_t tweak_ = 0;
};

class SilentOtReceiver final : public CotReceiver {
 public:
  static Result<SilentOtReceiver> open(Channel& channel, Random& random, const SilentShape& shape = {});
  // t_j, piece by piece.
  Result<> extend_random(Channel& channel, Random& random, std::size_t count, const OtUse& use);

 private:
  SilentOtReceiver(const SilentShape& shape, Blocks first) : batch_(shape, std::move(first)) {}
  Result<CotRun> begin(Channel& channel, Random& random, std::size_t most) override;
  Result<> send_choices(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count) override;
  Result<> prove(Channel&) override { return {}; }
  std::span<Block> finish() override { return take_oldest(under_way_); }
  Result<> grow(Channel& channel, Random& random);
  SilentBatch batch_;
  SilentPieces under_way_;
  std::uint64_t tweak_ = 0;
};

}  // namespace weir::mpc
