// HTTP messages, requests and responses: what is read does not depend on how the bytes were cut.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/parser.h"
#include "weir/adapters/http/problem.h"
#include "weir/base/check.h"

namespace {

using namespace weir::adapters::http;

struct Read {
  bool failed = false;
  bool done = false;
  std::size_t taken = 0;
  std::string body;
  Headers headers;
};

Read read_message(MessageKind kind, std::string_view input, std::size_t step) {
  Read read;
  Parser parser(kind, {.header_bytes_max = 4096});
  parser.set_body(
      [&](std::string_view piece) -> weir::Result<> {
        read.body += piece;
        return {};
      },
      1u << 20);
  std::size_t shown = 0;
  while (!parser.done() && !read.failed) {
    const auto taken = parser.feed(input.substr(read.taken, shown - read.taken));
    if (!taken) {
      read.failed = true;
    } else {
      read.taken += *taken;
      if (*taken > 0 && read.taken < shown) continue;
      if (shown == input.size()) break;
      shown = std::min(input.size(), shown + step);
    }
  }
  if (!read.failed && !parser.done()) (void)parser.end().ok();
  read.done = parser.done();
  if (parser.header_done()) read.headers = parser.head().headers;
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto kind = (data[0] & 1) != 0 ? MessageKind::kRequest : MessageKind::kResponse;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Read whole = read_message(kind, input, input.size());
  const Read pieces = read_message(kind, input, 1 + (data[0] >> 1) % 7);
  if (whole.done && pieces.done) {
    WEIR_CHECK(whole.taken == pieces.taken && whole.body == pieces.body && whole.headers == pieces.headers);
  }
  WEIR_CHECK(whole.done == pieces.done);
  (void)error_of(400, input);
  return 0;
}
