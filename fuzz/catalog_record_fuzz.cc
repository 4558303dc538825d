// A DCAT-US line: never crashes; what is accepted can be published and written down, and reads back the same.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/supply/catalog/dcat.h"
#include "weir/supply/catalog/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace catalog = weir::supply::catalog;
  const std::string_view text = weir::text_of({data, size});
  if (const auto record = catalog::map_dcat_us(text, {.catalog = "fuzz"})) {
    const auto again = catalog::parse_description(catalog::to_json(record->description));
    WEIR_CHECK(again && *again == record->description);
  }
  const auto json = weir::wire::parse_json(text);
  if (!json) return 0;
  if (const auto description = catalog::parse_description(*json)) {
    const auto again = catalog::parse_description(catalog::to_json(*description));
    WEIR_CHECK(again && *again == *description);
  }
  (void)catalog::parse_dsp_dataset(*json);
  (void)catalog::parse_dsp_catalog(*json);
  return 0;
}
