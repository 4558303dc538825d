// Certificates in PEM or DER: what is read has one encoding, and verifying it never stops the program.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/crypto/x509.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::crypto::Certificate;
  const weir::ByteView input(data, size);
  const weir::Result<Certificate> certificate = Certificate::from_der(input);
  if (certificate) {
    WEIR_CHECK(weir::text_of(certificate->der()) == weir::text_of(input));
    WEIR_CHECK(Certificate::from_pem(certificate->pem())->der() == certificate->der());
    (void)verify_issued(*certificate, *certificate, certificate->info().not_before).ok();
  }
  const weir::Result<std::vector<Certificate>> chain = Certificate::chain_from_pem(weir::text_of(input));
  if (chain) WEIR_CHECK(!chain->empty() && chain->size() <= weir::crypto::kCertificateChainMax);
  return 0;
}
