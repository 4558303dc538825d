// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/compress.h"

#include <zlib.h>

namespace weir::adapters::http {
namespace {

constexpr int kLevel = 1;           // as fast as it goes: the wire is rarely the limit
constexpr int kGzipWindow = 15 + 16;

bool worth_it(const Response& response) {
  if (response.source || response.body.size() < kCompressBytesMin) return false;
  if (response.headers.has("Content-Encoding")) return false;
  const std::string_view type = response.headers.get("Content-Type");
  return type.starts_with("application/json") || type.starts_with("text/") || type.find("+json") != type.npos ||
         type.starts_with("application/javascript") || type.starts_with("image/svg");
}

std::string gzip(const std::string& body) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return status == Z_STREAM_END ? out : std::string{};
}

}  // namespace

bool accepts_gzip(const Request& request) {
  for (const std::string& item : split(request.headers.get("Accept-Encoding"), ',')) {
    const std::vector<std::string> parts = split(item, ';');
    if (to_lower_ascii(trim(parts[0])) != "gzip") continue;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view weight = trim(parts[i]);
      if (weight.starts_with("q=0") && weight.find_first_of("123456789") == weight.npos) return false;
    }
    return true;
  }
  return false;
}

void compress(const Request& request, Response& response) {
  if (!worth_it(response)) return;
  response.headers.add("Vary", "Accept-Encoding");
  if (!accepts_gzip(request)) return;
  std::string smaller = gzip(response.body);
  if (smaller.empty() || smaller.size() >= response.body.size()) return;
  response.body = std::move(smaller);
  response.headers.set("Content-Encoding", "gzip");
  // The same content in other bytes: a strong validator would promise too much.
  const std::string etag(response.headers.get("ETag"));
  if (etag.starts_with('"')) response.headers.set("ETag", "W/" + etag);
}

}  // namespace weir::adapters::http
