// Base OT: a few random oblivious transfers from public-key operations, from which all others grow.
//
// Protocol: Masny and Rindal, "Endemic Oblivious Transfer", CCS 2019 (eprint 2019/706), from a key agreement whose
// messages look random; one message of the sender's serves all transfers, so each transfer and side has oracles of its
// own (McQuoid, Rosulek and Roy, "Batching Base Oblivious Transfers", ASIACRYPT 2021, eprint 2021/682). The key
// agreement is X25519 with keys that are random strings, on the curve or on its twist, of the whole group and not only
// of its part of prime order (Moeller, "A Public-Key Encryption Scheme with Pseudo-Random Ciphertexts", ESORICS 2004).
// The proof: docs/decisions/0141-base-transfers-on-curve-and-twist.md.
// Learns: the sender two random seeds per transfer, the receiver the one that it chose. A malicious party can only bias
// its own outputs (endemic security), which OT extension tolerates.
// Security: malicious, random-oracle model, gap Diffie-Hellman on Curve25519 and on its twist, for each with a secret
// of its own. The choices are hidden statistically: 2^-119 for 128 transfers.
// Messages: receiver -> sender 2 strings a transfer (64 bytes), sender -> receiver 2 keys in all (64 bytes). Rounds: 1,
// both ways at once. No string is refused, so that no refusal depends on a secret.
// Constant time: in the choices, the secrets and which curve the receiver's keys are on; which curve the sender finds
// is public. With AVX-512 IFMA eight points go at once; both paths give the same bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "weir/base/random.h"
#include "weir/mpc/channel.h"

namespace weir::mpc {

using SeedPair = std::array<Block, 2>;

Result<std::vector<SeedPair>> send_base_ot(Channel& channel, Random& random, std::size_t count);
Result<Blocks> receive_base_ot(Channel& channel, Random& random, const std::vector<bool>& choices);

}  // namespace weir::mpc
