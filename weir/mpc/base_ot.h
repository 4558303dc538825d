// Base OT: a few random oblivious transfers from public-key operations, from which all others grow.
//
// Protocol: endemic OT of Masny and Rindal, "Endemic Oblivious Transfer", CCS 2019, section 5 (from Diffie-Hellman), on
// P-256 with RFC 9380 hashing replaced by try-and-increment over SHA-256 of public values (only public points are
// hashed, so its running time tells nothing secret).
// Learns: the sender two random seeds per transfer, the receiver the one that it chose. A malicious party can only bias
// its own outputs (endemic security), which OT extension tolerates.
// Security: 128 bits, random-oracle model, malicious; not covered: side channels of OpenSSL's P-256.
// Messages: receiver -> sender 2 points a transfer (66 bytes), sender -> receiver 1 point in all (33 bytes). Rounds: 1
// each way.
// Constant time in the choices: both orders of points are computed and selected by mask.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "weir/base/random.h"
#include "weir/mpc/channel.h"

namespace weir::mpc {

using SeedPair = std::array<Block, 2>;

struct ChosenSeeds {
  std::vector<bool> choices;
  Blocks seeds;
};

// Fails with kCorrupt ("mpc.point") if the other side sends what is no point of the curve.
Result<std::vector<SeedPair>> send_base_ot(Channel& channel, Random& random, std::size_t count);
Result<Blocks> receive_base_ot(Channel& channel, Random& random, const std::vector<bool>& choices);

}  // namespace weir::mpc
