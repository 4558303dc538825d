// X25519 lanes: Curve25519 with AVX-512 IFMA, eight points at once. Inside of diffie_hellman.h and base_ot.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/crypto/x25519.h"

namespace weir::mpc::lanes {

// Requires (all): Isa::kAvx512; as many results; at most kX25519Group of them.
inline constexpr std::size_t kX25519Group = 128;  // that share one inversion
// One scalar for all, or one for each point, 32 bytes each, as they are; clamped by the caller if at all. False if a
// result is infinity; it is 0 then.
bool x25519(ByteView scalars, std::span<const crypto::X25519Bytes> points, std::span<crypto::X25519Bytes> out);
void x25519_map(std::span<const crypto::X25519Bytes> fields, std::span<crypto::X25519Bytes> out);
// 1 where a point is on the twist, else 0. Of any number of points.
void x25519_on_twist(std::span<const crypto::X25519Bytes> points, std::span<std::uint8_t> out);

}  // namespace weir::mpc::lanes
