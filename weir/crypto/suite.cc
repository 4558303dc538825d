// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/suite.h"

#include <array>
#include <string>

namespace weir::crypto {
namespace {

template <class T, std::size_t kCount>
Result<T> find_by_name(std::string_view text, const std::array<T, kCount>& values, std::string_view kind) {
  for (const T value : values) {
    if (name_of(value) == text) return value;
  }
  std::string known;
  for (const T value : values) known.append(known.empty() ? "" : ", ").append(name_of(value));
  return Error(Errc::kInvalidArgument, "unknown " + std::string(kind))
      .because("suite.unknown")
      .advise("use one of: " + known);
}

}  // namespace

std::string_view name_of(Suite suite) {
  switch (suite) {
    case Suite::kInternational: return "international";
    case Suite::kShangMi: return "shangmi";
  }
  return "";
}

std::string_view name_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256: return "sha256";
    case HashAlgorithm::kSm3: return "sm3";
  }
  return "";
}

std::string_view name_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEd25519: return "ed25519";
    case SignatureAlgorithm::kEcdsaP256Sha256: return "ecdsa-p256-sha256";
    case SignatureAlgorithm::kSm2Sm3: return "sm2-sm3";
  }
  return "";
}

Result<Suite> parse_suite(std::string_view text) {
  return find_by_name(text, std::array{Suite::kInternational, Suite::kShangMi}, "suite");
}

Result<HashAlgorithm> parse_hash_algorithm(std::string_view text) {
  return find_by_name(text, std::array{HashAlgorithm::kSha256, HashAlgorithm::kSm3}, "hash algorithm");
}

Result<SignatureAlgorithm> parse_signature_algorithm(std::string_view text) {
  return find_by_name(text,
                      std::array{SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256,
                                 SignatureAlgorithm::kSm2Sm3},
                      "signature algorithm");
}

HashAlgorithm hash_of(Suite suite) {
  return suite == Suite::kShangMi ? HashAlgorithm::kSm3 : HashAlgorithm::kSha256;
}

SignatureAlgorithm signature_of(Suite suite) {
  return suite == Suite::kShangMi ? SignatureAlgorithm::kSm2Sm3 : SignatureAlgorithm::kEd25519;
}

}  // namespace weir::crypto
