// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/cot.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kChoices = 128;  // in a block

std::size_t pieces_of(const CotRun& run) { return (run.count + kOtPiece - 1) / kOtPiece; }
std::size_t size_of(const CotRun& run, std::size_t piece) { return std::min(kOtPiece, run.count - piece * kOtPiece); }

OtUse copy_to(Blocks& out) {
  return [&out](std::size_t from, std::span<Block> piece) -> Result<> {
    std::copy(piece.begin(), piece.end(), out.begin() + static_cast<std::ptrdiff_t>(from));
    return {};
  };
}

}  // namespace

Result<> CotSender::extend(Channel& channel, Random& random, std::size_t count, const OtUse& use) {
  for (std::size_t from = 0; from < count;) {
    WEIR_TRY_LET(const CotRun run, begin(channel, random, count - from));
    const std::size_t pieces = pieces_of(run);
    for (std::size_t step = 0; step < pieces + run.ahead; ++step) {
      if (step < pieces) WEIR_TRY(take_choices(channel, random, size_of(run, step)));
      if (step < run.ahead) continue;
      WEIR_TRY_LET(const std::span<Block> piece, finish(channel));
      WEIR_TRY(use(from + (step - run.ahead) * kOtPiece, piece));
    }
    from += run.count;
  }
  return {};
}

Result<Blocks> CotSender::extend(Channel& channel, Random& random, std::size_t count) {
  Blocks out(count);
  WEIR_TRY(extend(channel, random, count, copy_to(out)));
  return out;
}

Result<> CotReceiver::extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count,
                             const OtUse& use) {
  WEIR_CHECK(choices.size() >= (count + kChoices - 1) / kChoices);
  for (std::size_t from = 0; from < count;) {
    WEIR_TRY_LET(const CotRun run, begin(channel, random, count - from));
    const std::size_t pieces = pieces_of(run);
    for (std::size_t step = 0; step < pieces + 2 * run.ahead; ++step) {
      if (step < pieces) {
        const std::size_t at = from + step * kOtPiece;
        WEIR_TRY(send_choices(channel, random, choices.subspan(at / kChoices), size_of(run, step)));
      }
      if (step >= run.ahead && step < pieces + run.ahead) WEIR_TRY(prove(channel));
      if (step < 2 * run.ahead) continue;
      WEIR_TRY(use(from + (step - 2 * run.ahead) * kOtPiece, finish()));
    }
    from += run.count;
  }
  return {};
}

Result<Blocks> CotReceiver::extend(Channel& channel, Random& random, std::span<const Block> choices,
                                   std::size_t count) {
  Blocks out(count);
  WEIR_TRY(extend(channel, random, choices, count, copy_to(out)));
  return out;
}

}  // namespace weir::mpc
