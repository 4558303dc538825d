// Keys: public ones in DER, PEM and JWK, private ones in PKCS #8. What is read comes back the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/crypto/jose.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::crypto;
  const weir::ByteView input(data, size);
  if (const auto key = PublicKey::from_der(input)) {
    WEIR_CHECK(weir::text_of(key->der()) == weir::text_of(input));
    WEIR_CHECK(*parse_jwk(to_jwk(*key)) == *key);
  }
  (void)PublicKey::from_pem(weir::text_of(input)).ok();
  if (const auto json = weir::wire::parse_json(weir::text_of(input))) (void)parse_jwk(*json).ok();
  if (const auto key = PrivateKey::from_der(SecretBytes(input))) {
    const SecretAccess access("fuzz");
    WEIR_CHECK(PrivateKey::from_der(key->der(access))->public_key() == key->public_key());
    WEIR_CHECK(key->public_key().verify(input, key->sign(input)).ok());
  }
  return 0;
}
