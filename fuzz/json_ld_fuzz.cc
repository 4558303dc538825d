// JSON-LD: never crashes; what is read can be written, in both forms; datasets in it can be told.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/supply/catalog/dcat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace rdf = weir::wire::rdf;
  const auto json = weir::wire::parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  const auto graph = rdf::read_json_ld(*json, "http://base.example/");
  if (!graph) return 0;
  (void)weir::supply::catalog::dcat_records(*graph);
  (void)rdf::write_json_ld(*graph, weir::supply::catalog::dcat_prefixes()).dump();
  (void)rdf::write_turtle(*graph, weir::supply::catalog::dcat_prefixes());
  return 0;
}
