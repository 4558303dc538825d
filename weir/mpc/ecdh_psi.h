// EcdhPsi: private intersection from Diffie-Hellman, for small sets, slow lines, and suites that name their curve.
//
// Protocol: Meadows, S&P 1986; Huberman, Franklin, Hogg, EC 1999: the receiver sends H(x)^a, the sender gives back
// H(x)^(ab) in the same order and its own H(y)^b in random order; the receiver raises those to a and compares.
// Learns: the receiver the intersection, and how many elements the sender has; the sender how many the receiver has.
// Security: 128 bits, semi-honest, decisional Diffie-Hellman on a curve of prime order with the hash as random oracle.
// Not covered: a receiver that sends points of its choice has b applied to them, one for each element it announced; a
// sender may answer with anything. Points off the curve are refused.
// Messages for n and m elements: receiver -> sender 33 n, sender -> receiver 33 (n + m), in pieces of 1024 points.
// Rounds: one a piece. Work: 2 n + m multiplications at the receiver, n + m at the sender.
// Deviations: P-256 and SM2 instead of X25519: on a curve with a twist the images would tell on which the hash lies.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "weir/crypto/curve.h"
#include "weir/mpc/channel.h"

namespace weir::mpc {

// Requires (both): distinct elements; `others`: the count that the other side announced.
Result<> ecdh_psi_send(Channel& channel, Random& random, crypto::Curve curve, std::span<const Block> elements,
                       std::size_t others);
// The indices of the receiver's elements that the sender has too, ascending.
Result<std::vector<std::size_t>> ecdh_psi_receive(Channel& channel, Random& random, crypto::Curve curve,
                                                  std::span<const Block> elements, std::size_t others);

}  // namespace weir::mpc
