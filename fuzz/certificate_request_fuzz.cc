// Certificate requests: whatever comes, in PEM or as DER put into PEM.
// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/pem.h"
#include "weir/crypto/x509.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::ByteView input(data, size);
  (void)weir::crypto::parse_request(weir::text_of(input)).ok();
  if (size > 0 && size < weir::crypto::kPemBytesMax / 2) {
    (void)weir::crypto::parse_request(weir::crypto::write_pem("CERTIFICATE REQUEST", input)).ok();
  }
  return 0;
}
