// Probe: how fast the line to another node is, found in a moment with bytes that say nothing.
//
// The asker sends 8 bytes a few times and waits for as many, then half a mebibyte each way, then more if that took no
// time. Messages: docs/formats/private-computing.md. Trust: what the other side sends is thrown away; how much it may
// ask for is bounded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/channel.h"
#include "weir/use/job/plan.h"

namespace weir::use::job {

Result<LineSpeed> probe(mpc::Channel& channel, const mpc::Stopwatch& now);
// Until the asker says goodbye. Fails with kCorrupt ("mpc.message") beyond kProbesMax questions or kProbeBytesMax.
Result<> answer_probe(mpc::Channel& channel);

inline constexpr std::uint32_t kProbeBytesMax = 8u << 20;
inline constexpr int kProbesMax = 16;

}  // namespace weir::use::job
