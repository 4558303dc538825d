// What a CKAN server, a DCAT page or a data.json answers, and what a client asks package_search for: never crashes.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/adapters/ckan/ckan.h"
#include "weir/adapters/ckan/harvest.h"
#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/supply/catalog/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ckan = weir::adapters::ckan;
  const std::string_view text = weir::text_of({data, size});
  for (const auto kind : {ckan::HarvestKind::kCkan, ckan::HarvestKind::kDcat, ckan::HarvestKind::kDataJson}) {
    for (const char* type : {"application/json", "text/turtle"}) {
      const auto step =
          ckan::take_answer(kind, "https://a.example/c", {}, {.content_type = type, .etag = {}, .body = text});
      if (step) (void)ckan::next_ask(kind, "https://a.example/c", step->position);
    }
  }
  if (const auto json = weir::wire::parse_json(text)) {
    (void)ckan::read_search(*json);
    (void)weir::supply::catalog::map_dcat_us(ckan::record_of(*json).dump(), {.catalog = "fuzz"});
  }
  const auto identifier = ckan::identifier_of(text);
  if (identifier) (void)ckan::name_of(*identifier);
  WEIR_CHECK(*ckan::identifier_of(ckan::name_of(text)) == text);
  return 0;
}
