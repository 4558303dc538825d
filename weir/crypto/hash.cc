// SPDX-License-Identifier: Apache-2.0

// SHA256_Init, _Update and _Final are deprecated in OpenSSL 3 in favour of EVP, which costs 4.5 times as much for
// the 65 bytes of a Merkle node. They are one compression function and no provider look-up; see decision 0011.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "weir/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <climits>

#include "weir/base/check.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {
namespace {

using MdContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

const EVP_MD* sm3() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SM3", nullptr);
  WEIR_CHECK(fetched != nullptr);
  return fetched;
}

void start_sm3(EVP_MD_CTX* context) { WEIR_CHECK(EVP_DigestInit_ex2(context, sm3(), nullptr) == 1); }

void finish_sm3(EVP_MD_CTX* context, Digest& out) {
  WEIR_CHECK(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1);
}

Digest sm3_of(const ByteView* parts, std::size_t count) {
  // One context a thread: making one costs more than hashing a Merkle node.
  thread_local const MdContext context(EVP_MD_CTX_new());
  WEIR_CHECK(context != nullptr);
  start_sm3(context.get());
  for (std::size_t i = 0; i < count; ++i) {
    WEIR_CHECK(EVP_DigestUpdate(context.get(), parts[i].data(), parts[i].size()) == 1);
  }
  Digest out;
  finish_sm3(context.get(), out);
  return out;
}

Digest sha256_of(const ByteView* parts, std::size_t count) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (std::size_t i = 0; i < count; ++i) SHA256_Update(&context, parts[i].data(), parts[i].size());
  Digest out;
  SHA256_Final(out.data(), &context);
  return out;
}

Digest hash_parts(HashAlgorithm algorithm, const ByteView* parts, std::size_t count) {
  return algorithm == HashAlgorithm::kSm3 ? sm3_of(parts, count) : sha256_of(parts, count);
}

}  // namespace

Digest hash(HashAlgorithm algorithm, ByteView bytes) { return hash_parts(algorithm, &bytes, 1); }

Digest hash(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  return hash_parts(algorithm, parts.begin(), parts.size());
}

struct Hasher::State {
  HashAlgorithm algorithm;
  SHA256_CTX sha256;
  MdContext sm3;

  void start() {
    if (algorithm == HashAlgorithm::kSm3) {
      start_sm3(sm3.get());
    } else {
      SHA256_Init(&sha256);
    }
  }
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  state_->algorithm = algorithm;
  if (algorithm == HashAlgorithm::kSm3) {
    state_->sm3.reset(EVP_MD_CTX_new());
    WEIR_CHECK(state_->sm3 != nullptr);
  }
  state_->start();
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(ByteView bytes) {
  WEIR_CHECK(state_ != nullptr);
  if (state_->algorithm == HashAlgorithm::kSm3) {
    WEIR_CHECK(EVP_DigestUpdate(state_->sm3.get(), bytes.data(), bytes.size()) == 1);
  } else {
    SHA256_Update(&state_->sha256, bytes.data(), bytes.size());
  }
}

Digest Hasher::finish() {
  WEIR_CHECK(state_ != nullptr);
  Digest out;
  if (state_->algorithm == HashAlgorithm::kSm3) {
    finish_sm3(state_->sm3.get(), out);
  } else {
    SHA256_Final(out.data(), &state_->sha256);
  }
  state_->start();
  return out;
}

Digest hmac(HashAlgorithm algorithm, ByteView key, ByteView message) {
  const EVP_MD* const digest = algorithm == HashAlgorithm::kSm3 ? EVP_sm3() : EVP_sha256();
  static constexpr std::uint8_t kNone = 0;  // HMAC takes a null pointer for "as before", not for "empty"
  const std::uint8_t* const key_data = key.empty() ? &kNone : key.data();
  const std::uint8_t* const message_data = message.empty() ? &kNone : message.data();
  WEIR_CHECK(key.size() <= INT_MAX);
  Digest out;
  WEIR_CHECK(HMAC(digest, key_data, static_cast<int>(key.size()), message_data, message.size(), out.data(), nullptr) !=
             nullptr);
  return out;
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weir::crypto
