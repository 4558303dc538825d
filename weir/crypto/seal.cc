// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"
#include "weir/wire/reader.h"

namespace weir::crypto {
namespace {

using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Cipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using Mac = Owned<EVP_MAC, EVP_MAC_free>;
using MacContext = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;

constexpr std::size_t kGcmTagBytes = 16;
constexpr std::size_t kSm4KeyBytes = 16;
constexpr std::uint64_t kPlainBytesMax = (std::uint64_t{1} << 36) - 32;  // SP 800-38D; SM4-CTR keeps the same
constexpr std::size_t kPieceBytes = 1u << 30;                            // OpenSSL counts in int
constexpr std::string_view kShangMiInfo = "weir sealed sm4-ctr hmac-sm3";

// A context with the cipher and the key, but no nonce: every message works on a copy of it.
CipherContext keyed(const char* cipher_name, const std::uint8_t* key, bool encrypt) {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, cipher_name, nullptr));
  CipherContext context(EVP_CIPHER_CTX_new());
  WEIR_CHECK(cipher != nullptr && context != nullptr);
  WEIR_CHECK(EVP_CipherInit_ex2(context.get(), cipher.get(), key, nullptr, encrypt ? 1 : 0, nullptr) == 1);
  return context;
}

CipherContext copy_with_nonce(const CipherContext& keyed_context, const std::uint8_t* nonce) {
  CipherContext context(EVP_CIPHER_CTX_new());
  WEIR_CHECK(context != nullptr && EVP_CIPHER_CTX_copy(context.get(), keyed_context.get()) == 1);
  WEIR_CHECK(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, nonce, -1, nullptr) == 1);
  return context;
}

void crypt(EVP_CIPHER_CTX* context, std::uint8_t* out, ByteView in) {
  while (!in.empty()) {
    const ByteView piece = in.first(std::min(in.size(), kPieceBytes));
    int count = 0;
    WEIR_CHECK(EVP_CipherUpdate(context, out, &count, piece.data(), static_cast<int>(piece.size())) == 1);
    WEIR_CHECK(static_cast<std::size_t>(count) == piece.size());
    if (out != nullptr) out += count;
    in = in.subspan(piece.size());
  }
}

MacContext keyed_hmac_sm3(ByteView key) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  WEIR_CHECK(mac != nullptr);
  MacContext context(EVP_MAC_CTX_new(mac.get()));
  char digest[] = "SM3";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  WEIR_CHECK(context != nullptr && EVP_MAC_init(context.get(), key.data(), key.size(), params) == 1);
  return context;
}

void update(EVP_MAC_CTX* context, ByteView bytes) {
  if (!bytes.empty()) WEIR_CHECK(EVP_MAC_update(context, bytes.data(), bytes.size()) == 1);
}

Error broken() {
  return Error(Errc::kCorrupt, "the sealed bytes are not what was sealed under this key").because("seal.broken");
}

}  // namespace

struct SealingKey::State {
  Suite suite;
  CipherContext encrypt;  // AES-256-GCM, or SM4-CTR for both directions
  CipherContext decrypt;  // AES-256-GCM
  MacContext mac;         // HMAC-SM3

  void seal_gcm(const Nonce& nonce, ByteView associated, ByteView plain, std::span<std::uint8_t> out) const {
    const CipherContext context = copy_with_nonce(encrypt, nonce.data());
    crypt(context.get(), nullptr, associated);
    crypt(context.get(), out.data(), plain);
    int none = 0;
    std::uint8_t* const tag = out.data() + plain.size();
    WEIR_CHECK(EVP_CipherFinal_ex(context.get(), tag, &none) == 1 && none == 0);
    WEIR_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, tag) == 1);
  }

  bool open_gcm(const Nonce& nonce, ByteView associated, ByteView cipher, ByteView tag,
                std::span<std::uint8_t> out) const {
    const QuietErrors quiet;
    const CipherContext context = copy_with_nonce(decrypt, nonce.data());
    Bytes expected = copy_of(tag);  // OpenSSL takes it as not const
    crypt(context.get(), nullptr, associated);
    crypt(context.get(), out.data(), cipher);
    WEIR_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, expected.data()) == 1);
    int none = 0;
    return EVP_CipherFinal_ex(context.get(), expected.data(), &none) == 1;
  }

  void crypt_sm4(const Nonce& nonce, ByteView in, std::uint8_t* out) const {
    std::array<std::uint8_t, 16> counter{};
    std::copy(nonce.begin(), nonce.end(), counter.begin());
    const CipherContext context = copy_with_nonce(encrypt, counter.data());
    crypt(context.get(), out, in);
  }

  Digest tag_sm3(const Nonce& nonce, ByteView associated, ByteView cipher) const {
    const MacContext context(EVP_MAC_CTX_dup(mac.get()));
    WEIR_CHECK(context != nullptr);
    update(context.get(), wire::Builder().u64(associated.size()).bytes());
    update(context.get(), associated);
    update(context.get(), nonce);
    update(context.get(), cipher);
    Digest tag;
    std::size_t size = 0;
    WEIR_CHECK(EVP_MAC_final(context.get(), tag.data(), &size, tag.size()) == 1 && size == tag.size());
    return tag;
  }
};

std::size_t SealingKey::overhead(Suite suite) { return suite == Suite::kShangMi ? kDigestBytes : kGcmTagBytes; }

SealingKey::SealingKey(Suite suite, const SecretBytes& key) : state_(std::make_unique<State>()) {
  WEIR_CHECK(key.size() == kKeyBytes);
  state_->suite = suite;
  const SecretAccess access("key the cipher");
  if (suite == Suite::kShangMi) {
    const SecretBytes both = derive(HashAlgorithm::kSm3, key, {}, view_of(kShangMiInfo), kSm4KeyBytes + kDigestBytes);
    state_->encrypt = keyed("SM4-CTR", both.expose(access).data(), true);
    state_->mac = keyed_hmac_sm3(both.expose(access).subspan(kSm4KeyBytes));
  } else {
    state_->encrypt = keyed("AES-256-GCM", key.expose(access).data(), true);
    state_->decrypt = keyed("AES-256-GCM", key.expose(access).data(), false);
  }
}

SealingKey::SealingKey(SealingKey&&) noexcept = default;
SealingKey& SealingKey::operator=(SealingKey&&) noexcept = default;
SealingKey::~SealingKey() = default;

Bytes SealingKey::seal(const Nonce& nonce, ByteView associated, ByteView plain) const {
  Bytes out(plain.size() + overhead(state_->suite));
  seal_into(nonce, associated, plain, out);
  return out;
}

void SealingKey::seal_into(const Nonce& nonce, ByteView associated, ByteView plain, std::span<std::uint8_t> out) const {
  WEIR_CHECK(plain.size() <= kPlainBytesMax && out.size() == plain.size() + overhead(state_->suite));
  if (state_->suite == Suite::kInternational) return state_->seal_gcm(nonce, associated, plain, out);
  state_->crypt_sm4(nonce, plain, out.data());
  const Digest tag = state_->tag_sm3(nonce, associated, out.first(plain.size()));
  std::copy(tag.begin(), tag.end(), out.begin() + static_cast<std::ptrdiff_t>(plain.size()));
}

Result<Bytes> SealingKey::open(const Nonce& nonce, ByteView associated, ByteView sealed) const {
  if (sealed.size() < overhead(state_->suite)) return broken();
  Bytes out(sealed.size() - overhead(state_->suite));
  WEIR_TRY(open_into(nonce, associated, sealed, out));
  return out;
}

Result<> SealingKey::open_into(const Nonce& nonce, ByteView associated, ByteView sealed,
                               std::span<std::uint8_t> out) const {
  const std::size_t tag_bytes = overhead(state_->suite);
  if (sealed.size() < tag_bytes || sealed.size() - tag_bytes > kPlainBytesMax) return broken();
  const ByteView cipher = sealed.first(sealed.size() - tag_bytes);
  const ByteView tag = sealed.last(tag_bytes);
  WEIR_CHECK(out.size() == cipher.size());
  if (state_->suite == Suite::kInternational) {
    if (state_->open_gcm(nonce, associated, cipher, tag, out)) return {};
    std::fill(out.begin(), out.end(), std::uint8_t{0});  // what GCM wrote before it saw the tag
    return broken();
  }
  if (!equal_constant_time(state_->tag_sm3(nonce, associated, cipher), tag)) {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return broken();
  }
  state_->crypt_sm4(nonce, cipher, out.data());
  return {};
}

}  // namespace weir::crypto
