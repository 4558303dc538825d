// Traffic: what each protocol moves, to the byte, and how often the parties wait for each other; for planning.
//
// Follows docs/formats/private-computing.md message by message; tests hold it against real runs. Heads of frames are
// counted. Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "weir/mpc/diffie_hellman.h"
#include "weir/mpc/garble.h"
#include "weir/mpc/join.h"

namespace weir::mpc {

struct Traffic {
  std::uint64_t sent = 0;       // by the party that asks (receives the intersection)
  std::uint64_t received = 0;   // by it
  std::uint64_t rounds = 0;     // that it waits for an answer
  std::uint64_t transfers = 0;  // oblivious ones, for what they cost to compute
  Traffic& operator+=(const Traffic& other);
};

Traffic psi_traffic(std::size_t own, std::size_t others);
Traffic psi_both_traffic(std::size_t own, std::size_t others);
Traffic ecdh_psi_traffic(DhCurve curve, std::size_t own, std::size_t others);
// Of `others` images the party that asks has so many.
Traffic ecdh_kept_traffic(DhCurve curve, std::size_t own, std::size_t others, std::size_t kept);
Traffic ecdh_size_traffic(DhCurve curve, std::size_t own, std::size_t others);
// At the evaluator, with the opening: the bits of so many rows.
Traffic yao_traffic(const Circuit& circuit, std::size_t rows);
Traffic join_traffic(const JoinShape& shape);

}  // namespace weir::mpc
