// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/seal.h"
#include "weir/wire/reader.h"

namespace weir::crypto {
namespace {

constexpr std::string_view kMagic = "WEIRKEY1";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kSecretBytesMax = 4096;

Error malformed() {
  return Error(Errc::kCorrupt, "not a key file, or a damaged one")
      .because("key_file.malformed")
      .advise("restore the key file from its backup");
}

// An acceptable cost for a passphrase that may be guessed, or none at all for one that cannot.
bool may_be_paid(const StretchCost& cost) { return cost == kUnstretched || is_acceptable(cost); }

struct Head {
  Suite suite = Suite::kInternational;
  StretchCost cost;
  Bytes salt;
  Nonce nonce{};
};

// The bytes before the sealed part; they are its associated data.
Bytes encode(const Head& head) {
  wire::Builder out;
  out.put(kMagic).u8(static_cast<std::uint8_t>(head.suite));
  out.u8(head.cost.work).u8(head.cost.block).u8(head.cost.lanes);
  return out.put(head.salt).put(head.nonce).take();
}

Result<Head> decode(wire::Reader& in) {
  Head head;
  WEIR_TRY_LET(const ByteView magic, in.take(kMagic.size()));
  WEIR_TRY_LET(const std::uint8_t suite, in.u8());
  WEIR_TRY_LET(head.cost.work, in.u8());
  WEIR_TRY_LET(head.cost.block, in.u8());
  WEIR_TRY_LET(head.cost.lanes, in.u8());
  WEIR_TRY_LET(const ByteView salt, in.take(kSaltBytes));
  WEIR_TRY_LET(const ByteView nonce, in.take(head.nonce.size()));
  const bool known_suite = suite == static_cast<std::uint8_t>(Suite::kInternational) ||
                           suite == static_cast<std::uint8_t>(Suite::kShangMi);
  if (text_of(magic) != kMagic || !known_suite || !may_be_paid(head.cost)) return malformed();
  head.suite = static_cast<Suite>(suite);
  head.salt = copy_of(salt);
  std::copy(nonce.begin(), nonce.end(), head.nonce.begin());
  return head;
}

SealingKey key_of(const Head& head, const SecretBytes& passphrase) {
  return SealingKey(head.suite, stretch(passphrase, head.salt, SealingKey::kKeyBytes, head.cost));
}

}  // namespace

Bytes seal_key_file(Suite suite, const SecretBytes& secret, const SecretBytes& passphrase, Random& random,
                    StretchCost cost) {
  WEIR_CHECK(secret.size() <= kSecretBytesMax && may_be_paid(cost));
  Head head{suite, cost, Bytes(kSaltBytes), {}};
  random.fill(head.salt);
  random.fill(head.nonce);
  Bytes file = encode(head);
  const Bytes sealed =
      key_of(head, passphrase).seal(head.nonce, file, secret.expose(SecretAccess("seal the key file")));
  file.insert(file.end(), sealed.begin(), sealed.end());
  return file;
}

Result<SecretBytes> open_key_file(ByteView file, const SecretBytes& passphrase) {
  wire::Reader in(file);
  const Result<Head> head = decode(in);
  if (!head) return malformed();
  const std::size_t overhead = SealingKey::overhead(head->suite);
  if (in.left() < overhead || in.left() > overhead + kSecretBytesMax) return malformed();
  const std::size_t head_bytes = file.size() - in.left();
  Bytes secret(in.left() - overhead);
  const Result<> opened = key_of(*head, passphrase)
                              .open_into(head->nonce, file.first(head_bytes), file.subspan(head_bytes), secret);
  if (!opened) {
    return Error(Errc::kUnauthenticated, "the passphrase does not open the key file")
        .because("key_file.passphrase")
        .advise("check the passphrase; if it is right, the file was changed: restore it from its backup");
  }
  return SecretBytes::adopt(std::move(secret));
}

}  // namespace weir::crypto
