// Range: byte ranges and validators of a body: Range, ETag, If-None-Match, If-Range.
//
// RFC 9110 sections 8.8, 13 and 14, one range at a time. Thread-safety: pure functions. Trust: hostile header fields.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weir/adapters/http/http.h"

namespace weir::adapters::http {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// "bytes=0-499", "bytes=500-", "bytes=-20" of a body of `size` bytes. Nothing: send all (no field, several ranges,
// another unit, or malformed). Fails with kInvalidArgument ("http.range") if no byte of the range is there.
Result<std::optional<ByteRange>> parse_range(std::string_view field, std::uint64_t size);

using RangeOpener = std::function<Result<std::unique_ptr<BodySource>>(ByteRange)>;

struct RangedBody {
  std::uint64_t size = 0;
  std::string content_type = "application/octet-stream";
  std::string etag;  // quoted; may be empty
};
// 200 with all or 206 with the part asked for; `open` gives a source of exactly that part.
Result<Response> ranged(const Request& request, const RangedBody& body, const RangeOpener& open);

// "\"<first 32 hex digits of SHA-256>\"".
std::string etag_of(std::string_view bytes);
// Whether If-None-Match names this tag (weak comparison) or is "*".
bool none_match_hits(const Request& request, std::string_view etag);

}  // namespace weir::adapters::http
