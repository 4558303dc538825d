// Password: what a good one is, and how one is kept: scrypt with its own salt, never the password itself.
//
// Format of the kept text: docs/formats/credentials.md. Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/crypto/secret.h"

namespace weir::trust::credential {

inline constexpr std::size_t kPasswordBytesMin = 8;
inline constexpr std::size_t kPasswordBytesMax = 256;

// NDI-TR-2025-03: at least 8 characters with letters, digits and symbols; and it must not hold the operator's name.
// Fails with kInvalidArgument ("password.too_short", "password.too_long", "password.too_simple", "password.has_name").
Result<> check_password(const crypto::SecretBytes& password, std::string_view operator_name);

// "scrypt$15$8$1$SALT$HASH".
std::string hash_password(const crypto::SecretBytes& password, crypto::StretchCost cost, Random& random);
// Fails with kUnauthenticated ("password.wrong"), or kCorrupt if the kept text is none.
Result<> verify_password(const crypto::SecretBytes& password, std::string_view kept);
// Whether the text was made at another cost than `cost`, and should be made again at the next login.
bool needs_rehash(std::string_view kept, crypto::StretchCost cost);

}  // namespace weir::trust::credential
