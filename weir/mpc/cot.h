// Cot: correlated oblivious transfers with bits that the receiver chooses, from whatever makes them.
//
// For each choice bit c_j the sender holds q_j and one secret delta, the receiver t_j = q_j ^ c_j * delta: from
// ot_extension.h, or from the random ones of silent_ot.h.
// They come in runs, a run in pieces, many of which are under way at once: of each the choices go, then, `ahead` pieces
// later, their proof, and as much later what the sender makes of them comes back. Whatever is under way at the end of a
// run is over before the next one begins, so that a run may begin with a protocol of its own.
// Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/mpc/channel.h"

namespace weir::mpc {

// Transfers that are made at once: their columns stay in the second cache.
inline constexpr std::size_t kOtPiece = (std::size_t{1} << 15) - 128;

// What is done with a piece, while it is in the cache: `from` is the number of its first transfer. It may change it.
// The receiver's may read what the sender's sent.
using OtUse = std::function<Result<>(std::size_t from, std::span<Block> piece)>;

struct CotRun {
  std::size_t count = 0;  // of transfers
  std::size_t ahead = 0;  // of pieces
};

class CotSender {
 public:
  virtual ~CotSender() = default;
  virtual Block delta() const = 0;
  // q_j for the receiver's next `count` choices. Fails with kCorrupt ("mpc.check") if the receiver deviates in what it
  // proves; close the channel then.
  Result<> extend(Channel& channel, Random& random, std::size_t count, const OtUse& use);
  Result<Blocks> extend(Channel& channel, Random& random, std::size_t count);

 protected:
  // The next run, of at most so many transfers; if it is shorter, a multiple of 128.
  virtual Result<CotRun> begin(Channel& channel, Random& random, std::size_t most) = 0;
  virtual Result<> take_choices(Channel& channel, Random& random, std::size_t count) = 0;
  // q_j of the oldest piece, there until the next.
  virtual Result<std::span<Block>> finish(Channel& channel) = 0;
};

class CotReceiver {
 public:
  virtual ~CotReceiver() = default;
  // t_j for the choices, packed 128 to a block, the first in bit 0. Requires: enough blocks of choices.
  Result<> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count,
                  const OtUse& use);
  Result<Blocks> extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count);

 protected:
  virtual Result<CotRun> begin(Channel& channel, Random& random, std::size_t most) = 0;
  virtual Result<> send_choices(Channel& channel, Random& random, std::span<const Block> choices,
                                std::size_t count) = 0;
  // Of the oldest piece that is not proven.
  virtual Result<> prove(Channel& channel) = 0;
  // t_j of the oldest piece, there until the next.
  virtual std::span<Block> finish() = 0;
};

}  // namespace weir::mpc
