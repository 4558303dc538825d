// JSON: what is read is UTF-8 within its limits, is written back the same, and its canonical form is canonical.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::wire::parse_json;
  const auto json = parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  const auto again = parse_json(json->dump());
  WEIR_CHECK(again && *again == *json);
  const auto pretty = parse_json(json->pretty());
  WEIR_CHECK(pretty && *pretty == *json);
  const std::string canonical = json->canonical();
  WEIR_CHECK(weir::is_utf8(canonical));
  const auto sorted = parse_json(canonical);
  WEIR_CHECK(sorted && sorted->canonical() == canonical);
  return 0;
}
