// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/uuid.h"

#include <openssl/evp.h>

#include <array>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {

std::string name_uuid(std::string_view space, std::string_view name) {
  std::string digits;
  for (const char c : space) {
    if (c != '-') digits += c;
  }
  auto bytes = wire::decode_hex(digits);
  WEIR_CHECK(bytes && bytes->size() == 16);
  bytes->insert(bytes->end(), name.begin(), name.end());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
  WEIR_CHECK(EVP_Digest(bytes->data(), bytes->size(), hash.data(), nullptr, EVP_sha1(), nullptr) == 1);
  hash[6] = static_cast<std::uint8_t>((hash[6] & 0x0F) | 0x50);
  hash[8] = static_cast<std::uint8_t>((hash[8] & 0x3F) | 0x80);
  const std::string text = wire::encode_hex(ByteView(hash.data(), 16));
  return text.substr(0, 8) + "-" + text.substr(8, 4) + "-" + text.substr(12, 4) + "-" + text.substr(16, 4) + "-" +
         text.substr(20);
}

}  // namespace weir::crypto
