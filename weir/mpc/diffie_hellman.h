// Diffie-Hellman: one secret applied to many elements and many points, on X25519 or SM2.
//
// An element goes to the curve by a hash H: on X25519 by encode_to_curve of RFC 9380 (suite
// curve25519_XMD:SHA-512_ELL2_NU_), on SM2 by trying x from SM3 until there is a point. Of points on X25519 only u is
// sent. Encodings: docs/formats/private-computing.md.
// Source: RFC 7748, RFC 9380 section 6.7.1, GB/T 32918.5; SM2 doubling dbl-2001-b and addition add-1998-cmo-2
// (Explicit-Formulas Database), digits of Joye and Tunstall (AFRICACRYPT 2009), squares and products after Gueron and
// Krasnov's 52-bit limbs (ARITH 2016).
// With AVX-512 IFMA eight points go at once; elsewhere OpenSSL does it, one by one. Both give the same bytes.
// Constant time: the secret decides no branch and no address (the tests follow the instructions); with AVX-512 nor do
// points and, on X25519, elements. On SM2 the number of tries depends on the element.
// Trust: points are hostile. One that is none, or is encoded in another way, or has small order, is refused. On X25519
// one may lie on the twist, whose order is 4 times a prime: what comes of it tells nothing of the secret but its
// residue modulo 4, which is 0 for each.
// Not covered: whoever can see the memory or the power drawn; registers and the stack are not cleansed.
// Thread-safe: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "weir/base/result.h"
#include "weir/crypto/secret.h"
#include "weir/mpc/block.h"

namespace weir::mpc {

enum class DhCurve : std::uint8_t { kX25519, kSm2 };
constexpr std::size_t point_bytes(DhCurve curve) { return curve == DhCurve::kX25519 ? 32 : 33; }

class DhSecret {
 public:
  static DhSecret random(DhCurve curve, Random& random);
  // One that was kept. Fails with kCorrupt ("mpc.secret") if the bytes are none.
  static Result<DhSecret> parse(DhCurve curve, ByteView bytes);
  const crypto::SecretBytes& bytes() const { return secret_; }
  DhCurve curve() const { return curve_; }

  // H(element)^secret, one after the other.
  Bytes hide(std::span<const Block> elements) const;
  // point^secret. Fails with kCorrupt ("mpc.message") if a point is refused. Requires: whole points.
  Result<Bytes> raise(ByteView points) const;
  // The secret that takes this one off again.
  DhSecret undo() const;

 private:
  DhSecret(DhCurve curve, crypto::SecretBytes secret) : curve_(curve), secret_(std::move(secret)) {}
  DhCurve curve_;
  crypto::SecretBytes secret_;
};

// What is compared: 128 bits of each point's x, which are as good as random.
Blocks blocks_of_points(DhCurve curve, ByteView points);

}  // namespace weir::mpc
