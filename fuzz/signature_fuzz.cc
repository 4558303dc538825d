// Signatures in text form: format(*parse_signature(s)) == s, and no signature fits a key that did not make it.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/crypto/sign.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::crypto;
  const std::string_view text = weir::text_of({data, size});
  const auto signature = parse_signature(text);
  if (!signature) return 0;
  WEIR_CHECK(format(*signature) == text);
  weir::SystemRandom random;
  const PrivateKey key = PrivateKey::generate(signature->algorithm, random);
  WEIR_CHECK(!key.public_key().verify(weir::view_of("message"), *signature));
  return 0;
}
