// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "weir/base/check.h"
#include "weir/node/routes.h"

namespace weir::node {

std::string_view api_text();  // api/api.json

// The table is compiled in, and a test walks every route of it; what is wrong in it is a mistake of the program.
void add_schemas(adapters::http::Router& router) {
  const auto api = wire::parse_json(api_text(), {.bytes_max = 1u << 20, .depth_max = 64});
  WEIR_CHECK(api.ok());
  for (const auto& [name, schema] : (*api)["schemas"].members()) router.add_schema(name, schema);
  for (const auto& [operation, names] : (*api)["operations"].members()) {
    std::vector<std::string> types;
    for (const auto& type : names.has("types") ? names["types"].items() : wire::Json::Array{}) {
      types.push_back(type.as_string());
    }
    router.describe(operation, names.text_or("request", ""), names.text_or("response", ""), std::move(types));
  }
}

}  // namespace weir::node
