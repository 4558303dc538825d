// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <utility>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {
namespace {

using Kdf = Owned<EVP_KDF, EVP_KDF_free>;
using KdfContext = Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;

void cleanse(Bytes& bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

OSSL_PARAM octets(const char* name, ByteView bytes) {
  // OpenSSL reads parameters; that their pointer is not const is its own history. It must not be null, however.
  static std::uint8_t none = 0;
  void* const data = bytes.empty() ? &none : const_cast<std::uint8_t*>(bytes.data());
  return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

SecretBytes run(const char* kdf_name, const OSSL_PARAM* params, std::size_t count) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, kdf_name, nullptr));
  WEIR_CHECK(kdf != nullptr);
  const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
  WEIR_CHECK(context != nullptr);
  Bytes out(count);
  WEIR_CHECK(EVP_KDF_derive(context.get(), out.data(), out.size(), params) == 1);
  return SecretBytes::adopt(std::move(out));
}

constexpr std::uint64_t kStretchMemoryMax = 256u << 20;

std::uint64_t memory_of(const StretchCost& cost) { return (std::uint64_t{128} * cost.block) << cost.work; }

}  // namespace

SecretBytes::SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}

SecretBytes SecretBytes::adopt(Bytes&& bytes) {
  SecretBytes out;
  out.bytes_ = std::move(bytes);
  return out;
}

SecretBytes SecretBytes::random(Random& random, std::size_t count) {
  Bytes bytes(count);
  random.fill(bytes);
  return adopt(std::move(bytes));
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  cleanse(bytes_);
  bytes_ = std::exchange(other.bytes_, {});
  return *this;
}

SecretBytes::~SecretBytes() { cleanse(bytes_); }

bool operator==(const SecretBytes& a, const SecretBytes& b) { return equal_constant_time(a.bytes_, b.bytes_); }

SecretBytes derive(HashAlgorithm algorithm, const SecretBytes& secret, ByteView salt, ByteView info,
                   std::size_t count) {
  WEIR_CHECK(count >= 1 && count <= 255 * kDigestBytes);
  char sha256[] = "SHA256";
  char sm3[] = "SM3";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, algorithm == HashAlgorithm::kSm3 ? sm3 : sha256, 0),
      octets(OSSL_KDF_PARAM_KEY, secret.expose(SecretAccess("HKDF input"))),
      octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_construct_end(),
  };
  return run("HKDF", params, count);
}

bool is_acceptable(const StretchCost& cost) {
  if (cost.work < 14 || cost.work > 20 || cost.block < 8 || cost.block > 32) return false;
  return cost.lanes >= 1 && cost.lanes <= 16 && memory_of(cost) * cost.lanes <= kStretchMemoryMax;
}

SecretBytes stretch(const SecretBytes& password, ByteView salt, std::size_t count, StretchCost cost) {
  WEIR_CHECK(cost.work >= 1 && cost.work <= 20 && cost.block >= 1 && cost.block <= 32);
  WEIR_CHECK(cost.lanes >= 1 && cost.lanes <= 16 && count >= 1);
  std::uint64_t n = std::uint64_t{1} << cost.work;
  std::uint32_t r = cost.block;
  std::uint32_t p = cost.lanes;
  std::uint64_t memory_max = memory_of(cost) + (std::uint64_t{4} << 20);
  const OSSL_PARAM params[] = {
      octets(OSSL_KDF_PARAM_PASSWORD, password.expose(SecretAccess("scrypt input"))),
      octets(OSSL_KDF_PARAM_SALT, salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory_max),
      OSSL_PARAM_construct_end(),
  };
  return run("SCRYPT", params, count);
}

}  // namespace weir::crypto
