// Test support: repeatable keys for the tests of tlog and of what stands on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/base/random.h"
#include "weir/crypto/sign.h"

namespace weir::tlog {

inline crypto::PrivateKey test_key(std::uint64_t seed,
                                   crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEd25519) {
  SeededRandom random(seed);
  return crypto::PrivateKey::generate(algorithm, random);
}

}  // namespace weir::tlog
