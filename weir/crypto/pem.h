// Pem: the text armour of RFC 7468 around DER bytes. For the .cc files of this room only.
//
// Trust: read_pem takes hostile text; encrypted blocks are refused, nobody is asked for a passphrase.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"

namespace weir::crypto {

inline constexpr std::size_t kPemBytesMax = 256u << 10;

std::string write_pem(std::string_view label, ByteView der);
// The blocks of `text`, 1 to `count_max`, all of them labelled `label`; text around blocks is skipped. Fails with
// kInvalidArgument ("pem.malformed", "pem.missing", "pem.label") or kExhausted ("pem.too_large", "pem.too_many").
Result<std::vector<Bytes>> read_pem(std::string_view text, std::string_view label, std::size_t count_max);

}  // namespace weir::crypto
