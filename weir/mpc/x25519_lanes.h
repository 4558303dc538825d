// X25519 lanes: Curve25519 with AVX-512 IFMA, eight points at once. Inside of x25519_many; see there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/crypto/x25519.h"

namespace weir::mpc::lanes {

// Requires (both): Isa::kAvx512; as many results; at most kX25519Group of them.
inline constexpr std::size_t kX25519Group = 128;  // that share one inversion
// False if a point has small order. The scalar as it is, clamped before.
bool x25519(const crypto::X25519Bytes& scalar, std::span<const crypto::X25519Bytes> points,
            std::span<crypto::X25519Bytes> out);
void x25519_map(std::span<const crypto::X25519Bytes> fields, std::span<crypto::X25519Bytes> out);

}  // namespace weir::mpc::lanes
