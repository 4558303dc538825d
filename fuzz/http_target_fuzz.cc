// Request targets, queries and URLs: nothing that parses holds a control character or a dot segment.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/adapters/http/range.h"
#include "weir/adapters/http/target.h"
#include "weir/adapters/http/url.h"
#include "weir/base/check.h"
#include "weir/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::adapters::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = parse_target(text)) {
    for (const std::string& segment : target->segments) {
      WEIR_CHECK(segment != "." && segment != "..");
      WEIR_CHECK(weir::is_utf8(segment));
      WEIR_CHECK(
          std::none_of(segment.begin(), segment.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
    static const auto pattern = parse_pattern("/a/{id}/{rest...}");
    (void)match_pattern(pattern, *target);
  }
  if (const auto url = parse_url(text)) {
    WEIR_CHECK(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
    WEIR_CHECK(url->target.find_first_of(" \r\n#") == std::string::npos);
  }
  for (const std::uint64_t whole : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX}) {
    const auto range = parse_range(text, whole);
    if (!range || !*range) continue;
    WEIR_CHECK((*range)->length > 0 && (*range)->offset < whole && (*range)->length <= whole - (*range)->offset);
  }
  return 0;
}
