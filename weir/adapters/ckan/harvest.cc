// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/ckan/harvest.h"

#include <algorithm>

#include "weir/adapters/ckan/ckan.h"
#include "weir/supply/catalog/dcat.h"
#include "weir/wire/encoding.h"
#include "weir/wire/rdf.h"

namespace weir::adapters::ckan {

using wire::Json;

namespace {

constexpr std::int64_t kRows = 100;
constexpr wire::JsonLimits kLimits{.bytes_max = std::size_t{256} << 20, .depth_max = 64};

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("harvest.malformed");
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return std::string(url.substr(0, url.find('/', scheme + 3)));
}

void add_line(HarvestStep& step, const Json& record) {
  step.lines += record.dump();
  step.lines += '\n';
  ++step.records;
}

// {"since": newest time of the last harvest, "newest": of this one, "start": how many were read of it}
HarvestAsk ask_ckan(const std::string& source, const Json& position) {
  std::string base = source;
  while (base.ends_with('/')) base.pop_back();
  const std::string since = position.text_or("since", "");
  std::string url = base + "/api/3/action/package_search?sort=metadata_modified%20asc&rows=" + std::to_string(kRows) +
                    "&start=" + std::to_string(position.integer_or("start", 0));
  if (!since.empty()) url += "&fq=" + wire::escape_url("metadata_modified:[" + since + "Z TO *]");
  return {.url = std::move(url), .accept = "application/json", .etag = {}};
}

Result<HarvestStep> take_ckan(const Json& position, const HarvestAnswer& answer) {
  WEIR_TRY_LET(const Json json, wire::parse_json(answer.body, kLimits));
  const Json& result = json["result"];
  if (!json.boolean_or("success", false) || !result["results"].is_array() || !result["count"].is_integer()) {
    return malformed("the answer is not that of package_search");
  }
  HarvestStep step;
  std::string newest = position.text_or("newest", "");
  for (const Json& package : result["results"].items()) {
    newest = std::max(newest, package.text_or("metadata_modified", ""));
    add_line(step, record_of(package));
  }
  if (newest.ends_with('Z')) newest.pop_back();
  const std::int64_t start = position.integer_or("start", 0) + step.records;
  step.whole = position.text_or("since", "").empty();
  step.total = result["count"].as_integer();
  step.done = step.records == 0 || start >= step.total;
  step.position = step.done
                      ? Json::object({{"since", newest}})
                      : Json::object({{"since", position.text_or("since", "")}, {"newest", newest}, {"start", start}});
  return step;
}

// {"page": address of the next page}
Result<HarvestStep> take_dcat(const std::string& source, const HarvestAnswer& answer) {
  const bool json_ld = answer.content_type.find("json") != std::string::npos;
  wire::rdf::Graph graph;
  if (json_ld) {
    WEIR_TRY_LET(const Json json, wire::parse_json(answer.body, kLimits));
    WEIR_TRY_LET(graph, wire::rdf::read_json_ld(json, source));
  } else {
    WEIR_TRY_LET(graph, wire::rdf::read_turtle(answer.body, source));
  }
  const auto found = supply::catalog::dcat_records(graph);
  HarvestStep step;
  for (const Json& record : found.records) add_line(step, record);
  step.whole = true;
  step.done = found.next.empty();
  if (step.done) {
    step.position = Json::object();
    return step;
  }
  if (origin_of(found.next) != origin_of(source)) {
    return Error(Errc::kInvalidArgument, "the next page is at another place than the catalogue")
        .because("harvest.origin");
  }
  step.position = Json::object({{"page", found.next}});
  return step;
}

// {"etag": of the file that was read last}
Result<HarvestStep> take_data_json(const HarvestAnswer& answer) {
  WEIR_TRY_LET(const Json json, wire::parse_json(answer.body, kLimits));
  const Json& datasets = json.is_array() ? json : json["dataset"];
  if (!datasets.is_array()) return malformed("the file has no list of datasets");
  HarvestStep step;
  for (const Json& dataset : datasets.items()) add_line(step, dataset);
  step.total = step.records;
  step.whole = true;
  step.done = true;
  step.position = Json::object({{"etag", answer.etag}});
  return step;
}

}  // namespace

Result<HarvestKind> parse_harvest_kind(std::string_view name) {
  for (const HarvestKind kind : {HarvestKind::kCkan, HarvestKind::kDcat, HarvestKind::kDataJson}) {
    if (name == name_of(kind)) return kind;
  }
  return Error(Errc::kInvalidArgument, "a catalogue is harvested as ckan, dcat or data.json").because("harvest.kind");
}

std::string_view name_of(HarvestKind kind) {
  switch (kind) {
    case HarvestKind::kCkan: return "ckan";
    case HarvestKind::kDcat: return "dcat";
    case HarvestKind::kDataJson: return "data.json";
  }
  return "";
}

HarvestAsk next_ask(HarvestKind kind, const std::string& source, const Json& position) {
  switch (kind) {
    case HarvestKind::kCkan: return ask_ckan(source, position);
    case HarvestKind::kDcat:
      return {.url = position.text_or("page", source), .accept = "text/turtle, application/ld+json;q=0.9", .etag = {}};
    case HarvestKind::kDataJson: break;
  }
  return {.url = source, .accept = "application/json", .etag = position.text_or("etag", "")};
}

Result<HarvestStep> take_answer(HarvestKind kind, const std::string& source, const Json& position,
                                const HarvestAnswer& answer) {
  if (answer.status == 304) {
    HarvestStep step;
    step.done = true;
    step.position = position;
    return step;
  }
  if (answer.status != 200) {
    return Error(Errc::kUnavailable, "the catalogue answered with status " + std::to_string(answer.status))
        .because("harvest.refused")
        .advise("is that the address of a catalogue of this --kind? ckan wants the site, the others the file itself");
  }
  auto step = kind == HarvestKind::kCkan ? take_ckan(position, answer)
              : kind == HarvestKind::kDcat ? take_dcat(source, answer)
                                           : take_data_json(answer);
  if (!step && step.error().reason() != "harvest.origin") return std::move(step).error().because("harvest.malformed");
  return step;
}

}  // namespace weir::adapters::ckan
