// Key files: no file opens that was not sealed, and a costly one is not paid for.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/crypto/seal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::crypto;
  static const SecretBytes passphrase(weir::view_of("the passphrase that the fuzzer does not know"));
  const auto secret = open_key_file({data, size}, passphrase);
  WEIR_CHECK(!secret);
  return 0;
}
