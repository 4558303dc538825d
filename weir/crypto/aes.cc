// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/aes.h"

#include <openssl/evp.h>

#include "weir/base/check.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {

void aes128_blocks(ByteView key, ByteView in, std::span<std::uint8_t> out) {
  WEIR_CHECK(key.size() == 16 && in.size() == out.size() && in.size() % 16 == 0);
  const Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  WEIR_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1);
  WEIR_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  constexpr std::size_t kAtOnce = 1 << 20;
  for (std::size_t at = 0; at < in.size(); at += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, in.size() - at);
    int written = 0;
    WEIR_CHECK(EVP_EncryptUpdate(context.get(), out.data() + at, &written, in.data() + at, static_cast<int>(count)) ==
               1);
  }
}

}  // namespace weir::crypto
