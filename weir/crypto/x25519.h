// X25519: Curve25519 by its u-coordinate alone (RFC 7748), and hashing to it (RFC 9380), for protocols that build on
// bare Diffie-Hellman.
//
// Numbers are 32 bytes, little-endian. Twice a scalar in either order gives the same; a scalar is clamped to a multiple
// of 8, so that what it gives lies in the group of prime order 2^252 + ..., whatever it was given of the curve.
// Trust: any 32 bytes are a point of the curve or of its twist, whose order is 4 times a prime.
// Thread-safe: pure functions. Vectors: tests/vectors/crypto.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/crypto/secret.h"

namespace weir::crypto {

using X25519Bytes = std::array<std::uint8_t, 32>;

// Clamped, and so that what undoes it is clamped too.
SecretBytes random_x25519_scalar(Random& random);
bool is_x25519_scalar(const SecretBytes& bytes);
// x25519(undo, x25519(scalar, u)) = u for each u that some scalar gave. Requires: is_x25519_scalar.
SecretBytes undo_x25519_scalar(const SecretBytes& scalar);

// Each number becomes the scalar's power. Fails with kInvalidArgument ("curve.point") if one has small order: the
// result would be zero whatever the scalar. Requires: a clamped scalar.
Result<> x25519(const SecretBytes& scalar, std::span<X25519Bytes> numbers);
// Each number becomes its own scalar's power: 32 bytes each, of which 255 bits count, one after the other. No scalar is
// clamped, no number refused: what has small order in a number stays, and infinity is 0.
void x25519_each(const SecretBytes& scalars, std::span<X25519Bytes> numbers);
// Whether the number lies on the twist, not on the curve. The top bit is left out.
bool is_on_x25519_twist(const X25519Bytes& u);
// Below the prime, as every number that this room gives.
bool is_canonical_x25519(const X25519Bytes& u);

// encode_to_curve of the suite curve25519_XMD:SHA-512_ELL2_NU_ (RFC 9380, section 8.5), in its first two steps:
// text to a number of the field, the number to a point of the curve. The third, times 8, is left to the scalar.
X25519Bytes hash_to_x25519_field(std::string_view domain, ByteView text);
X25519Bytes map_to_x25519(const X25519Bytes& field);

}  // namespace weir::crypto
