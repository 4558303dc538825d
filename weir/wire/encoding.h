// Encoding: bytes as text (hex, base64, base64url) and as the escapes of a URL.
//
// Thread-safety: pure functions. Trust: decoders take hostile input and accept the canonical form only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/bytes.h"
#include "weir/base/result.h"

namespace weir::wire {

std::string encode_hex(ByteView bytes);  // lower case
Result<Bytes> decode_hex(std::string_view text);  // either case

// RFC 4648 section 4, with padding.
std::string encode_base64(ByteView bytes);
Result<Bytes> decode_base64(std::string_view text);
// RFC 4648 section 5, without padding.
std::string encode_base64url(ByteView bytes);
Result<Bytes> decode_base64url(std::string_view text);

// RFC 3986: everything but unreserved characters becomes %XX.
std::string escape_url(std::string_view text);
Result<std::string> unescape_url(std::string_view text);  // '+' stays '+'

}  // namespace weir::wire
