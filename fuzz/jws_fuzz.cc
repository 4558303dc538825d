// Compact JWS under one key of each kind: only what was signed is verified.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/crypto/jose.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::crypto;
  static const std::vector<PublicKey> keys = [] {
    weir::SystemRandom random;  // nobody, the fuzzer included, has signatures of these keys
    std::vector<PublicKey> out;
    for (const auto algorithm :
         {SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256, SignatureAlgorithm::kSm2Sm3}) {
      out.push_back(PrivateKey::generate(algorithm, random).public_key());
    }
    return out;
  }();
  const std::string_view text = weir::text_of({data, size});
  const bool readable = unverified_jws_header(text).ok();
  for (const PublicKey& key : keys) {
    const auto jws = verify_jws(text, key);
    WEIR_CHECK(!jws);
    WEIR_CHECK(readable || jws.error().code() == weir::Errc::kInvalidArgument);
  }
  return 0;
}
