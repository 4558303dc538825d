// What another node says of its catalogue, and what a publisher says of grades and columns: read the same again.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/supply/catalog/load.h"
#include "weir/supply/catalog/sync.h"
#include "weir/supply/grade/grade.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace catalog = weir::supply::catalog;
  const auto json = weir::wire::parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  if (const auto batch = catalog::parse_batch(*json)) {
    const auto again = catalog::parse_batch(catalog::to_json(batch->batch));
    WEIR_CHECK(again && again->unreadable.empty());
    WEIR_CHECK(catalog::to_json(again->batch).dump() == catalog::to_json(batch->batch).dump());
  }
  if (const auto product = catalog::parse_product(*json)) {
    const auto again = catalog::parse_product(catalog::to_json(*product));
    WEIR_CHECK(again && *again == *product);
  }
  if (const auto grading = weir::supply::grade::parse_grading(*json)) {
    const auto written = weir::supply::grade::to_json(*grading);
    const auto again = weir::supply::grade::parse_grading(written);
    WEIR_CHECK(again && weir::supply::grade::to_json(*again).dump() == written.dump());
  }
  (void)catalog::parse_mapping(*json);
  return 0;
}
