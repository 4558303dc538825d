// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/range.h"

#include <charconv>

#include "weir/adapters/http/problem.h"
#include "weir/crypto/hash.h"
#include "weir/wire/encoding.h"

namespace weir::adapters::http {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error not_there(std::uint64_t size) {
  return Error(Errc::kInvalidArgument, "the body has " + std::to_string(size) + " bytes; none of the range is there")
      .because("http.range");
}

std::string_view without_weakness(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view field, std::uint64_t size) {
  using Answer = std::optional<ByteRange>;
  field = trim(field);
  if (!field.starts_with("bytes=") || field.find(',') != std::string_view::npos) return Answer{};
  const std::string_view range = trim(field.substr(6));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return Answer{};
  const std::string_view first_text = range.substr(0, dash);
  const std::string_view last_text = range.substr(dash + 1);
  const std::optional<std::uint64_t> first = parse_number(first_text);
  const std::optional<std::uint64_t> last = parse_number(last_text);
  if (first_text.empty()) {
    if (!last) return Answer{};
    const std::uint64_t count = std::min(*last, size);
    if (count == 0) return not_there(size);
    return Answer{ByteRange{size - count, count}};
  }
  if (!first || (!last && !last_text.empty())) return Answer{};
  if (last && *last < *first) return Answer{};
  if (*first >= size) return not_there(size);
  const std::uint64_t end = last && *last < size - 1 ? *last + 1 : size;
  return Answer{ByteRange{*first, end - *first}};
}

Result<Response> ranged(const Request& request, const RangedBody& body, const RangeOpener& open) {
  std::optional<ByteRange> range;
  const std::string_view if_range = request.headers.get("If-Range");
  const bool may_range = request.method == Method::kGet || request.method == Method::kHead;
  if (may_range && (if_range.empty() || (!body.etag.empty() && if_range == body.etag))) {
    Result<std::optional<ByteRange>> asked = parse_range(request.headers.get("Range"), body.size);
    if (!asked) {
      Response refused = problem(asked.error(), request.language, request.id);
      refused.headers.set("Content-Range", "bytes */" + std::to_string(body.size));
      return refused;
    }
    range = *asked;
  }
  Response response;
  response.headers.set("Content-Type", body.content_type);
  response.headers.set("Accept-Ranges", "bytes");
  if (!body.etag.empty()) response.headers.set("ETag", body.etag);
  const ByteRange part = range.value_or(ByteRange{0, body.size});
  if (range) {
    response.status = 206;
    response.headers.set("Content-Range", "bytes " + std::to_string(part.offset) + "-" +
                                              std::to_string(part.offset + part.length - 1) + "/" +
                                              std::to_string(body.size));
  }
  if (!range && !body.etag.empty() && none_match_hits(request, body.etag)) {
    response.status = 304;
    return response;
  }
  WEIR_TRY_LET(response.source, open(part));
  return response;
}

std::string etag_of(std::string_view bytes) {
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, view_of(bytes));
  return '"' + wire::encode_hex(ByteView(digest).first(16)) + '"';
}

bool none_match_hits(const Request& request, std::string_view etag) {
  const std::string_view field = request.headers.get("If-None-Match");
  if (field.empty() || etag.empty()) return false;
  if (trim(field) == "*") return true;
  for (const std::string& tag : split(field, ',')) {
    if (without_weakness(trim(tag)) == without_weakness(etag)) return true;
  }
  return false;
}

}  // namespace weir::adapters::http
