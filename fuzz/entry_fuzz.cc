// Evidence entries: what parses is canonical, and is written back the same by both ways of writing.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/tlog/entry.h"
#include "weir/tlog/story.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::tlog;  // NOLINT(google-build-using-namespace)
  const std::string_view input = weir::text_of({data, size});
  if (const auto entry = parse_entry(input)) {
    WEIR_CHECK(*leaf_of(*entry) == input);
    WEIR_CHECK(to_json(*entry).canonical() == input);
    (void)read_story({&*entry, 1}).whole();
  }
  if (const auto digest = parse_digest(input)) WEIR_CHECK(format_digest(digest->algorithm, digest->digest) == input);
  return 0;
}
