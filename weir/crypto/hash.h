// Hash: SHA-256 and SM3, in one go and piece by piece; HMAC and HKDF on top.
//
// Thread-safety: functions are pure; a Hasher belongs to one thread. Vectors: tests/vectors/crypto.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>

#include "weir/base/bytes.h"
#include "weir/crypto/suite.h"

namespace weir::crypto {

inline constexpr std::size_t kDigestBytes = 32;  // of both algorithms
using Digest = std::array<std::uint8_t, kDigestBytes>;

Digest hash(HashAlgorithm algorithm, ByteView bytes);
// The hash of the concatenation; fast for short input (the nodes of a Merkle tree).
Digest hash(HashAlgorithm algorithm, std::initializer_list<ByteView> parts);

class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(ByteView bytes);
  Digest finish();  // then starts anew

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest hmac(HashAlgorithm algorithm, ByteView key, ByteView message);

// Constant-time in the contents. False if the lengths differ.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace weir::crypto
