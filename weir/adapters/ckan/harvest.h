// Harvest: what another catalogue is asked for next, and what its answer holds; one step at a time, so that a harvest
// goes on where it stopped.
//
// Position: what a harvest knows between two steps, JSON that is stored (docs/formats/ckan.md). Thread-safety: pure
// functions. Trust: answers are hostile; a next page is followed only at the origin of the source.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/wire/json.h"

namespace weir::adapters::ckan {

enum class HarvestKind : std::uint8_t {
  kCkan,      // action API of a CKAN server: only what changed since the last harvest, page by page
  kDcat,      // DCAT as Turtle or JSON-LD, page by page (hydra:next)
  kDataJson,  // DCAT-US data.json: one file, fetched again only if it changed (ETag)
};
Result<HarvestKind> parse_harvest_kind(std::string_view name);  // "ckan", "dcat", "data.json"
std::string_view name_of(HarvestKind kind);

struct HarvestAsk {
  std::string url;
  std::string accept;
  std::string etag;  // If-None-Match; empty: none
};
HarvestAsk next_ask(HarvestKind kind, const std::string& source, const wire::Json& position);

struct HarvestAnswer {
  int status = 200;
  std::string content_type;
  std::string etag;
  std::string_view body;
};
struct HarvestStep {
  std::string lines;        // records of DCAT-US 1.1, one a line
  std::int64_t records = 0;
  std::int64_t total = 0;   // of the whole harvest, as the other side says; 0: unknown
  bool done = false;
  bool whole = false;  // it belongs to a harvest that reads all there is, not only what changed
  wire::Json position;
};
// Fails with kInvalidArgument ("harvest.malformed"; "harvest.origin": the next page is somewhere else) or kUnavailable
// ("harvest.refused": a status that is no success).
Result<HarvestStep> take_answer(HarvestKind kind, const std::string& source, const wire::Json& position,
                                const HarvestAnswer& answer);

}  // namespace weir::adapters::ckan
