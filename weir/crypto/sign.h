// Sign: key pairs, signatures and their verification, for all three algorithms.
//
// Encodings: public keys as SubjectPublicKeyInfo DER; Ed25519 signatures as 64 bytes (RFC 8032); ECDSA and
// SM2 as fixed 64-byte r||s. SM2 uses the default id. docs/formats/signatures.md.
// Thread-safety: keys are immutable after construction and may be shared.
// Trust: verify takes hostile keys and signatures.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/base/bytes.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/secret.h"
#include "weir/crypto/suite.h"

namespace weir::crypto {

struct Signature {
  SignatureAlgorithm algorithm;
  Bytes bytes;
  friend bool operator==(const Signature&, const Signature&) = default;
};
// "ed25519:base64url": the one text form.
std::string format(const Signature& signature);
Result<Signature> parse_signature(std::string_view text);

class PublicKey {
 public:
  // The readers take the one canonical form (named curve, uncompressed point) and refuse every other key with
  // kInvalidArgument: "key.malformed", "key.algorithm", or "key.weak" (an Ed25519 point of small order, under which
  // one signature fits many messages). For every key that is read, from_der(d)->der() == d.
  static Result<PublicKey> from_der(ByteView spki);
  static Result<PublicKey> from_pem(std::string_view pem);
  static Result<PublicKey> from_raw(SignatureAlgorithm algorithm, ByteView raw);
  PublicKey(const PublicKey&);
  PublicKey& operator=(const PublicKey&);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  SignatureAlgorithm algorithm() const;
  Bytes der() const;
  std::string pem() const;
  // Raw key: 32 bytes of Ed25519, 65-byte uncompressed point otherwise.
  Bytes raw() const;
  // SHA-256 of the DER form, in hex: how people compare keys.
  std::string fingerprint() const;
  // Fails with kUnauthenticated ("signature.invalid") if the signature is not of this key over `message`.
  Result<> verify(ByteView message, const Signature& signature) const;
  friend bool operator==(const PublicKey& a, const PublicKey& b);

 private:
  friend class PrivateKey;
  friend struct KeyHandle;
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

class PrivateKey {
 public:
  static PrivateKey generate(SignatureAlgorithm algorithm, Random& random);
  // 32 bytes: the seed of Ed25519, else the big-endian scalar. Repeatable keys for simulation and vectors.
  static Result<PrivateKey> from_raw(SignatureAlgorithm algorithm, const SecretBytes& raw);
  static Result<PrivateKey> from_seed(const SecretBytes& seed) { return from_raw(SignatureAlgorithm::kEd25519, seed); }
  static Result<PrivateKey> from_der(const SecretBytes& pkcs8);
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  SignatureAlgorithm algorithm() const;
  const PublicKey& public_key() const;
  Signature sign(ByteView message) const;
  SecretBytes der(SecretAccess) const;  // PKCS #8

 private:
  friend struct KeyHandle;
  struct State;
  explicit PrivateKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::crypto
