// Suite: which family of algorithms a node, a log or a signature uses. Values, never strings inside.
//
// International: SHA-256, Ed25519 or ECDSA P-256, AES-256-GCM. ShangMi: SM3 (GB/T 32905), SM2 with the
// default id 1234567812345678 (GB/T 32918), SM4 (GB/T 32907). Every signature names its own algorithm.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/base/result.h"

namespace weir::crypto {

enum class Suite : std::uint8_t { kInternational = 1, kShangMi = 2 };
enum class HashAlgorithm : std::uint8_t { kSha256 = 1, kSm3 = 2 };
enum class SignatureAlgorithm : std::uint8_t { kEd25519 = 1, kEcdsaP256Sha256 = 2, kSm2Sm3 = 3 };

std::string_view name_of(Suite suite);                   // "international", "shangmi"
std::string_view name_of(HashAlgorithm algorithm);       // "sha256", "sm3"
std::string_view name_of(SignatureAlgorithm algorithm);  // "ed25519", "ecdsa-p256-sha256", "sm2-sm3"
Result<Suite> parse_suite(std::string_view text);
Result<HashAlgorithm> parse_hash_algorithm(std::string_view text);
Result<SignatureAlgorithm> parse_signature_algorithm(std::string_view text);

HashAlgorithm hash_of(Suite suite);
SignatureAlgorithm signature_of(Suite suite);  // the suite's default: Ed25519, SM2

}  // namespace weir::crypto
