// Turtle: never crashes; what is read can be written and says the same again; datasets in it can be told.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/supply/catalog/dcat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace rdf = weir::wire::rdf;
  const auto graph = rdf::read_turtle(weir::text_of({data, size}), "http://base.example/");
  if (!graph) return 0;
  (void)weir::supply::catalog::dcat_records(*graph);
  const auto again = rdf::read_turtle(rdf::write_turtle(*graph, {}));
  WEIR_CHECK(again && again->statements().size() == graph->statements().size());
  (void)rdf::write_json_ld(*graph, {}).dump();
  return 0;
}
