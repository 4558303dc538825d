// Catalog and Dataset of the Dataspace Protocol 2025-1.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat.h"
#include "weir/supply/catalog/dcat_terms.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

constexpr std::string_view kContext = "https://w3id.org/dspace/2025/1/context.jsonld";
constexpr std::string_view kFormat = "HttpData-PULL";
constexpr int kDepthMax = 32;

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("catalog.malformed");
}

// The schema has no numbers and booleans as right operands: they are written as text.
void right_operands_as_text(Json& json, int depth = 0) {
  if (depth > kDepthMax) return;
  if (json.is_array()) {
    for (Json& item : json.items()) right_operands_as_text(item, depth + 1);
  } else if (json.is_object()) {
    for (auto& [name, value] : json.members()) {
      if (name == "rightOperand" && (value.is_number() || value.is_bool())) {
        value = Json(value.canonical());
      } else {
        right_operands_as_text(value, depth + 1);
      }
    }
  }
}

bool has_rules(const Json& json, std::string_view name) { return json[name].size() > 0; }

// An offer inside a dataset: no context and no target of its own.
Json offer_json(const Offer& offer) {
  auto parsed = wire::parse_json(offer.policy);
  if (!parsed || !parsed->is_object()) return Json();
  Json out = Json::object({{"@id", offer.id}, {"@type", "Offer"}});
  for (auto& [name, value] : parsed->members()) {
    const bool own = name.starts_with("@") || name == "target" || name == "uid" || name == "assigner" || name == "assignee";
    const bool rules = name == "permission" || name == "prohibition" || name == "obligation";
    if (own || (rules && value.size() == 0)) continue;
    out.set(name, rules && value.is_object() ? Json::array({std::move(value)}) : std::move(value));
  }
  if (!has_rules(out, "permission") && !has_rules(out, "prohibition")) return Json();
  right_operands_as_text(out);
  return out;
}

Json distributions_json(const Description& d, const DspService& service) {
  Json list = Json::array();
  std::vector<std::string> formats;
  for (const Distribution& item : d.distributions) {
    // Formats of the protocol name a way of transfer; everything else is the data's own format.
    const bool transfer = item.format.ends_with("-PULL") || item.format.ends_with("-PUSH");
    if (transfer) formats.push_back(item.format);
  }
  if (formats.empty()) formats.emplace_back(kFormat);
  for (const std::string& format : formats) {
    Json access = Json::object({{"@id", service.id}, {"@type", "DataService"}, {"endpointURL", service.endpoint_url}});
    Json one = Json::object({{"@type", "Distribution"}, {"format", format}});
    one.set("accessService", std::move(access));
    list.push(std::move(one));
  }
  return list;
}

Json texts_json(const std::vector<std::string>& texts) { return Json::strings(texts); }

void describe(Json& out, const Product& product) {
  const Description& d = product.description;
  const Json record = to_json(d);
  out.set("dct:identifier", product.id.text());
  if (record.has("title")) out.set("dct:title", language_list(record["title"]));
  if (record.has("description")) out.set("dct:description", language_list(record["description"]));
  if (!d.keywords.empty()) out.set("dcat:keyword", texts_json(d.keywords));
  if (!d.themes.empty()) out.set("dcat:theme", texts_json(d.themes));
  if (!d.languages.empty()) out.set("dct:language", texts_json(d.languages));
  if (!d.licence.empty()) out.set("dct:license", d.licence);
  out.set("dct:publisher", product.publisher.text());
  out.set("dct:issued", format_iso8601(product.created));
  out.set("dct:modified", format_iso8601(product.updated));
  out.set("dcat:version", std::to_string(product.version));
}

// A term with its prefix, without it, or as a whole IRI.
const Json& term(const Json& json, std::string_view prefix, std::string_view iri, std::string_view name) {
  const std::string text(name);
  if (const Json& found = json[std::string(prefix) + ":" + text]; !found.is_null()) return found;
  if (const Json& found = json[text]; !found.is_null()) return found;
  return json[std::string(iri) + text];
}
const Json& dct(const Json& json, std::string_view name) { return term(json, "dct", "http://purl.org/dc/terms/", name); }
const Json& dcat(const Json& json, std::string_view name) { return term(json, "dcat", "http://www.w3.org/ns/dcat#", name); }

std::vector<std::string> texts_of(const Json& json) {
  std::vector<std::string> out;
  for (const Json& item : as_list(json)) {
    const Json value = plain_value(item);
    if (value.is_string() && !value.as_string().empty()) out.push_back(value.as_string());
  }
  return out;
}

Text text_of_languages(const Json& json) {
  const Json languages = language_object(json);
  return {languages.text_or("en", ""), languages.text_or("zh", "")};
}

std::string first_text(const Json& json) {
  const auto texts = texts_of(json);
  return texts.empty() ? "" : texts.front();
}

Distribution read_distribution(const Json& json) {
  Distribution out;
  out.format = first_text(dct(json, "format"));
  out.media_type = first_text(dcat(json, "mediaType"));
  const Json& access = dcat(json, "accessService");
  out.access_url = access.is_string() ? access.as_string() : access.text_or("endpointURL", "");
  return out;
}

Result<DspDataset> read_dataset(const Json& json) {
  if (!json.is_object()) return malformed("the dataset is no object");
  WEIR_TRY_LET(const std::string id, json.text("@id"));
  DspDataset out{.id = id, .description = {}};
  Description& d = out.description;
  d.title = text_of_languages(dct(json, "title"));
  if (d.title == Text{}) d.title.en = id;
  d.description = text_of_languages(dct(json, "description"));
  d.keywords = texts_of(dcat(json, "keyword"));
  d.themes = texts_of(dcat(json, "theme"));
  d.languages = texts_of(dct(json, "language"));
  d.licence = first_text(dct(json, "license"));
  const Json& policies = json["hasPolicy"];
  if (policies.size() == 0) return malformed("the dataset has no offer");
  for (const Json& policy : as_list(policies)) {
    if (!policy.is_object()) return malformed("an offer is no object");
    WEIR_TRY_LET(const std::string offer_id, policy.text("@id"));
    d.offers.push_back(make_offer(offer_id, policy));
  }
  if (json["distribution"].size() == 0) return malformed("the dataset has no distribution");
  for (const Json& item : as_list(json["distribution"])) d.distributions.push_back(read_distribution(item));
  WEIR_TRY(check(d));
  return out;
}

void read_datasets(const Json& json, DspCatalog& out, Result<>& failed, int depth) {
  for (const Json& item : as_list(json["dataset"])) {
    auto dataset = read_dataset(item);
    if (!dataset) {
      failed = dataset.error();
      return;
    }
    out.datasets.push_back(*std::move(dataset));
  }
  if (depth >= kDepthMax) return;
  for (const Json& inner : as_list(json["catalog"])) read_datasets(inner, out, failed, depth + 1);
}

Result<> check_context(const Json& json) {
  for (const Json& item : as_list(json["@context"])) {
    if (item.is_string() && item.as_string() == kContext) return {};
  }
  return malformed("the context is not that of the protocol's version 2025-1");
}

}  // namespace

Result<Json> to_dsp_dataset(const Product& product, const DspService& service, DspPlace place) {
  Json offers = Json::array();
  for (const Offer& offer : product.description.offers) {
    if (Json one = offer_json(offer); !one.is_null()) offers.push(std::move(one));
  }
  if (offers.size() == 0) {
    return Error(Errc::kConflict, "the product is not offered").because("catalog.not_offered").advise("Add an offer to the product.");
  }
  Json out = Json::object();
  if (place == DspPlace::kRoot) out.set("@context", Json::array({kContext}));
  out.set("@id", product.id.text());
  out.set("@type", "Dataset");
  out.set("hasPolicy", std::move(offers));
  out.set("distribution", distributions_json(product.description, service));
  describe(out, product);
  return out;
}

Json to_dsp_catalog(std::string_view catalog_id, std::string_view participant, const DspService& service,
                    std::span<const Product> products) {
  Json out = Json::object();
  out.set("@context", Json::array({kContext}));
  out.set("@id", catalog_id);
  out.set("@type", "Catalog");
  out.set("participantId", participant);
  Json of_service = Json::object({{"@id", service.id}, {"@type", "DataService"}, {"endpointURL", service.endpoint_url}});
  out.set("service", Json::array({std::move(of_service)}));
  Json datasets = Json::array();
  for (const Product& product : products) {
    auto dataset = to_dsp_dataset(product, service, DspPlace::kInCatalog);
    if (dataset) datasets.push(*std::move(dataset));
  }
  if (datasets.size() > 0) out.set("dataset", std::move(datasets));  // the schema wants none or at least one
  return out;
}

Result<DspDataset> parse_dsp_dataset(const Json& json) {
  WEIR_TRY(check_context(json));
  return read_dataset(json);
}

Result<DspCatalog> parse_dsp_catalog(const Json& json) {
  WEIR_TRY(check_context(json));
  if (json.text_or("@type", "") != "Catalog") return malformed("not a Catalog");
  DspCatalog out;
  WEIR_TRY_LET(out.id, json.text("@id"));
  WEIR_TRY_LET(out.participant, json.text("participantId"));
  Result<> failed;
  read_datasets(json, out, failed, 0);
  WEIR_TRY(std::move(failed));
  return out;
}

}  // namespace weir::supply::catalog
