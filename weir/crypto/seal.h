// Seal: authenticated encryption of a message, and of key files at rest.
//
// International: AES-256-GCM (NIST SP 800-38D). ShangMi: SM4-CTR then HMAC-SM3 (encrypt-then-MAC), because
// OpenSSL 3.0 has no SM4-GCM. Layout: docs/formats/sealed.md. A key may seal many messages: the nonce is given.
// Thread-safety: a SealingKey may be shared. Trust: open takes hostile bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>

#include "weir/base/bytes.h"
#include "weir/crypto/secret.h"
#include "weir/crypto/suite.h"

namespace weir::crypto {

using Nonce = std::array<std::uint8_t, 12>;

class SealingKey {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static std::size_t overhead(Suite suite);  // bytes that seal adds: 16 or 32
  // Requires: key.size() == kKeyBytes.
  SealingKey(Suite suite, const SecretBytes& key);
  SealingKey(SealingKey&&) noexcept;
  SealingKey& operator=(SealingKey&&) noexcept;
  ~SealingKey();

  // Requires: a nonce is never used twice with one key.
  Bytes seal(const Nonce& nonce, ByteView associated, ByteView plain) const;
  // As seal, into `out` of plain.size() + overhead bytes, which may begin where `plain` does: for bulk data.
  void seal_into(const Nonce& nonce, ByteView associated, ByteView plain, std::span<std::uint8_t> out) const;
  // Fails with kCorrupt ("seal.broken") if any byte, the nonce or the associated data differ.
  Result<Bytes> open(const Nonce& nonce, ByteView associated, ByteView sealed) const;
  // As open, into `out` of sealed.size() - overhead bytes, which may begin where `sealed` does. After a failure
  // `out` is zero. Requires: out has that size, if `sealed` is long enough to have one.
  Result<> open_into(const Nonce& nonce, ByteView associated, ByteView sealed, std::span<std::uint8_t> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For a key file under a passphrase of 256 random bits, which nobody guesses however cheap a guess is.
inline constexpr StretchCost kUnstretched{.work = 1};
// A secret sealed under a passphrase (scrypt): the bytes of a key file. docs/formats/key-file.md.
// Requires: secret.size() <= 4096; cost is_acceptable or kUnstretched.
Bytes seal_key_file(Suite suite, const SecretBytes& secret, const SecretBytes& passphrase, Random& random,
                    StretchCost cost = {});
// Fails with kUnauthenticated ("key_file.passphrase": wrong, or the file was changed) or kCorrupt
// ("key_file.malformed").
Result<SecretBytes> open_key_file(ByteView file, const SecretBytes& passphrase);

}  // namespace weir::crypto
