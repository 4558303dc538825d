// Ckan: the catalogue in the words of CKAN's action API.
//
// Source: CKAN 2.11, API guide, version 3. Format: docs/formats/ckan.md. Thread-safety: pure functions.
// Trust: readers take hostile JSON; a part of a search that is not understood is refused, never left out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/supply/catalog/product.h"
#include "weir/supply/catalog/search.h"
#include "weir/wire/json.h"

namespace weir::adapters::ckan {

// CKAN's names are [a-z0-9_-]: capitals become small, everything else "_hh" (hexadecimal). name_of(x) tells x.
std::string name_of(std::string_view identifier);
Result<std::string> identifier_of(std::string_view name);

// A published product. `base` is the node's address.
wire::Json package_of(const supply::catalog::Product& product, std::string_view base);
// A package of another server as a record of DCAT-US 1.1, the form that is loaded (supply/catalog/load.h).
wire::Json record_of(const wire::Json& package);

struct Search {
  supply::catalog::Query query;
  std::size_t start = 0;
  std::string sort;                                  // as CKAN writes it
  std::vector<std::pair<std::string, supply::catalog::Facet>> facets;  // CKAN's name of each that is known here
};
inline constexpr std::size_t kRowsMax = 1000;
// Parameters as an object; numbers and lists may be texts, as in a query string. Fails with kInvalidArgument
// ("ckan.parameter": the message begins with the parameter's name and a colon).
Result<Search> read_search(const wire::Json& parameters);

// {"help", "success": true, "result"} and {"help", "success": false, "error": {"__type", "message"}}.
wire::Json success(std::string_view help, wire::Json result);
wire::Json failure(std::string_view help, std::string_view type, std::string_view message);

}  // namespace weir::adapters::ckan
