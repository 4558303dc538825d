// SecretBytes: key material that cannot be printed, logged or copied by accident (I-8).
//
// Move-only; cleansed when dropped; compared in constant time. The bytes are reachable only with a
// SecretAccess, so that a reviewer can grep for every place that reads a secret.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/base/bytes.h"
#include "weir/base/random.h"
#include "weir/crypto/suite.h"

namespace weir::crypto {

class SecretAccess {
 public:
  // `why` is for the reader of the code: SecretAccess("sign checkpoint").
  explicit constexpr SecretAccess([[maybe_unused]] const char* why) {}
};

//= I-8
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(ByteView bytes);  // copies; the caller cleanses its own
  static SecretBytes adopt(Bytes&& bytes);  // takes over; nothing is left behind to cleanse
  static SecretBytes random(Random& random, std::size_t count);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  std::size_t size() const { return bytes_.size(); }
  ByteView expose(SecretAccess) const { return bytes_; }
  SecretBytes clone(SecretAccess) const { return SecretBytes(bytes_); }
  friend bool operator==(const SecretBytes& a, const SecretBytes& b);  // constant time

 private:
  Bytes bytes_;
};

// HKDF (RFC 5869) with the suite's hash. Requires: count <= 255 * 32.
SecretBytes derive(HashAlgorithm algorithm, const SecretBytes& secret, ByteView salt, ByteView info, std::size_t count);

// How hard scrypt (RFC 7914) works: N = 2^work, block size r, lanes p. The default takes 32 MiB and about 0.1 s.
struct StretchCost {
  std::uint8_t work = 15;
  std::uint8_t block = 8;
  std::uint8_t lanes = 1;
  friend bool operator==(const StretchCost&, const StretchCost&) = default;
};
// Whether a cost read from a file may be paid: N >= 2^14 and r >= 8, and no more than 256 MiB in all lanes together.
bool is_acceptable(const StretchCost& cost);
// scrypt, for passwords and key files. Requires: 1 <= work <= 20, 1 <= block <= 32, 1 <= lanes <= 16.
SecretBytes stretch(const SecretBytes& password, ByteView salt, std::size_t count, StretchCost cost = {});

}  // namespace weir::crypto
