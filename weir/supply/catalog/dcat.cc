// DCAT 3 as JSON-LD.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat.h"

#include "weir/supply/catalog/dcat_terms.h"
#include "weir/wire/encoding.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

constexpr std::string_view kProductPrefix = "urn:x-weir:product:";
constexpr std::string_view kTopicPrefix = "urn:x-weir:topic:";

Json context() {
  return Json::object({{"dcat", "http://www.w3.org/ns/dcat#"},
                       {"dct", "http://purl.org/dc/terms/"},
                       {"adms", "http://www.w3.org/ns/adms#"},
                       {"csvw", "http://www.w3.org/ns/csvw#"},
                       {"foaf", "http://xmlns.com/foaf/0.1/"},
                       {"odrl", "http://www.w3.org/ns/odrl/2/"},
                       {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
                       {"xsd", "http://www.w3.org/2001/XMLSchema#"},
                       {"weir", "urn:x-weir:catalog#"}});
}

Json json_literal(Json value) {
  Json out = Json::object({{"@type", "@json"}});
  out.set("@value", std::move(value));
  return out;
}

// Members that DCAT has no term for travel as JSON literals in the form of the record (docs/formats/product.md).
constexpr std::string_view kLiterals[] = {"grade", "content", "origin"};
// The rest of them are codes or texts.
constexpr std::string_view kCodes[] = {"source", "quality", "service", "industry"};

// --- Writing ---

Json json_of_time(Timestamp time) {
  return Json::object({{"@type", "xsd:dateTime"}, {"@value", format_iso8601(time)}});
}

Json json_of_columns(const Json& columns) {
  Json list = Json::array();
  for (const Json& column : columns.items()) {
    Json one = Json::object({{"csvw:name", column["name"]}});
    if (column.has("type")) one.set("csvw:datatype", column["type"]);
    if (column.has("title")) one.set("csvw:title", language_list(column["title"]));
    if (column.has("description")) one.set("dct:description", language_list(column["description"]));
    if (column.has("personal")) one.set("weir:personal", true);
    list.push(std::move(one));
  }
  Json out = Json::object({{"@type", "csvw:Schema"}});
  out.set("csvw:column", std::move(list));
  return out;
}

Json json_of_offers(const Json& offers) {
  Json list = Json::array();
  for (const Json& offer : offers.items()) {
    Json one = Json::object({{"@type", "odrl:Offer"}, {"@id", offer["id"]}, {"weir:policyHash", offer["policy_hash"]}});
    one.set("weir:policy", json_literal(offer["policy"]));
    if (offer.has("price")) one.set("weir:price", json_literal(offer["price"]));
    list.push(std::move(one));
  }
  return list;
}

Json json_of_distributions(const Json& distributions) {
  Json list = Json::array();
  for (const Json& item : distributions.items()) {
    Json one = Json::object({{"@type", "dcat:Distribution"}, {"weir:form", item["form"]}});
    for (const auto& [name, term] : kDistributionTerms) {
      if (item.has(name)) one.set(term, item[name]);
    }
    if (item.has("title")) one.set("dct:title", language_list(item["title"]));
    list.push(std::move(one));
  }
  return list;
}

Json json_of_place(const Description& d) {
  Json out = Json::object();
  if (!d.region.empty()) out.set("weir:region", d.region);
  if (!d.spatial.text.empty()) out.set("rdfs:label", d.spatial.text);
  if (d.spatial.box) out.set("dcat:bbox", box_text(*d.spatial.box));
  if (out.size() > 0) out.set("@type", "dct:Location");
  return out;
}

Json json_of_period(const Period& period) {
  Json out = Json::object();
  if (period.from) out.set("dcat:startDate", json_of_time(*period.from));
  if (period.until) out.set("dcat:endDate", json_of_time(*period.until));
  if (!period.text.empty()) out.set("rdfs:label", period.text);
  if (out.size() > 0) out.set("@type", "dct:PeriodOfTime");
  return out;
}

Json json_of_themes(const Description& d) {
  Json list = Json::array();
  for (const std::string& topic : d.topics) list.push(Json::object({{"@id", std::string(kTopicPrefix) + topic}}));
  for (const std::string& theme : d.themes) list.push(theme);
  return list;
}

void describe(Json& out, const Description& d) {
  const Json record = to_json(d);  // what the terms below do not change is taken from here
  if (record.has("title")) out.set("dct:title", language_list(record["title"]));
  if (record.has("description")) out.set("dct:description", language_list(record["description"]));
  if (record.has("keywords")) out.set("dcat:keyword", record["keywords"]);
  if (Json themes = json_of_themes(d); themes.size() > 0) out.set("dcat:theme", std::move(themes));
  if (d.frequency) out.set("dct:accrualPeriodicity", code_of(*d.frequency));
  if (record.has("languages")) out.set("dct:language", record["languages"]);
  if (!d.licence.empty()) out.set("dct:license", d.licence);
  if (!d.rights.empty()) out.set("dct:rights", d.rights);
  if (Json place = json_of_place(d); place.size() > 0) out.set("dct:spatial", std::move(place));
  if (Json period = json_of_period(d.temporal); period.size() > 0) out.set("dct:temporal", std::move(period));
  if (record.has("columns")) out.set("csvw:tableSchema", json_of_columns(record["columns"]));
  if (record.has("offers")) out.set("odrl:hasPolicy", json_of_offers(record["offers"]));
  if (record.has("distributions")) out.set("dcat:distribution", json_of_distributions(record["distributions"]));
  if (record.has("classifications")) out.set("weir:classification", record["classifications"]);
  for (const std::string_view name : kCodes) {
    if (record.has(name)) out.set("weir:" + std::string(name), record[name]);
  }
  for (const std::string_view name : kLiterals) {
    if (record.has(name)) out.set("weir:" + std::string(name), json_literal(record[name]));
  }
  if (d.origin && !d.origin->landing_page.empty()) out.set("dcat:landingPage", d.origin->landing_page);
}

// --- Reading: back into the form of the record, which parse_description checks ---

Json literal_value(const Json& json) { return json["@value"]; }

void move_member(Json& record, std::string_view name, const Json& value) {
  if (!value.is_null()) record.set(name, value);
}

Json record_columns(const Json& schema) {
  Json list = Json::array();
  for (const Json& column : as_list(schema["csvw:column"])) {
    Json one = Json::object({{"name", column["csvw:name"]}});
    move_member(one, "type", column["csvw:datatype"]);
    if (column.has("csvw:title")) one.set("title", language_object(column["csvw:title"]));
    if (column.has("dct:description")) one.set("description", language_object(column["dct:description"]));
    move_member(one, "personal", column["weir:personal"]);
    list.push(std::move(one));
  }
  return list;
}

Json record_offers(const Json& offers) {
  Json list = Json::array();
  for (const Json& offer : as_list(offers)) {
    Json one = Json::object({{"id", offer["@id"]}, {"policy_hash", offer["weir:policyHash"]}});
    one.set("policy", literal_value(offer["weir:policy"]));
    if (offer.has("weir:price")) one.set("price", literal_value(offer["weir:price"]));
    list.push(std::move(one));
  }
  return list;
}

Json record_distributions(const Json& distributions) {
  Json list = Json::array();
  for (const Json& item : as_list(distributions)) {
    Json one = Json::object();
    move_member(one, "form", item["weir:form"]);
    for (const auto& [name, term] : kDistributionTerms) move_member(one, name, item[term]);
    if (item.has("dct:title")) one.set("title", language_object(item["dct:title"]));
    list.push(std::move(one));
  }
  return list;
}

Result<Json> record_place(const Json& place) {
  Json out = Json::object();
  move_member(out, "text", place["rdfs:label"]);
  if (!place.has("dcat:bbox")) return out;
  WEIR_TRY_LET(const auto box, parse_box(place.text_or("dcat:bbox", "")));
  Json sides = Json::array();
  for (const double side : box) sides.push(side);
  out.set("box", std::move(sides));
  return out;
}

Json record_period(const Json& period) {
  Json out = Json::object();
  move_member(out, "from", plain_value(period["dcat:startDate"]));
  move_member(out, "until", plain_value(period["dcat:endDate"]));
  move_member(out, "text", period["rdfs:label"]);
  return out;
}

void record_themes(Json& record, const Json& json) {
  Json topics = Json::array();
  Json themes = Json::array();
  for (const Json& item : as_list(json)) {
    const std::string id = item.text_or("@id", "");
    if (item.is_string()) {
      themes.push(item);
    } else if (id.starts_with(kTopicPrefix)) {
      topics.push(id.substr(kTopicPrefix.size()));
    } else if (!id.empty()) {
      themes.push(id);
    }
  }
  if (topics.size() > 0) record.set("topics", std::move(topics));
  if (themes.size() > 0) record.set("themes", std::move(themes));
}

Result<Description> read_description(const Json& json) {
  Json record = Json::object();
  if (json.has("dct:title")) record.set("title", language_object(json["dct:title"]));
  if (json.has("dct:description")) record.set("description", language_object(json["dct:description"]));
  move_member(record, "keywords", json["dcat:keyword"]);
  record_themes(record, json["dcat:theme"]);
  move_member(record, "frequency", json["dct:accrualPeriodicity"]);
  move_member(record, "languages", json["dct:language"]);
  move_member(record, "licence", json["dct:license"]);
  move_member(record, "rights", json["dct:rights"]);
  move_member(record, "publisher_name", json["dct:publisher"]["foaf:name"]);
  move_member(record, "region", json["dct:spatial"]["weir:region"]);
  WEIR_TRY_LET(Json place, record_place(json["dct:spatial"]));
  record.set("spatial", std::move(place));
  record.set("temporal", record_period(json["dct:temporal"]));
  record.set("columns", record_columns(json["csvw:tableSchema"]));
  record.set("offers", record_offers(json["odrl:hasPolicy"]));
  record.set("distributions", record_distributions(json["dcat:distribution"]));
  move_member(record, "classifications", json["weir:classification"]);
  for (const std::string_view name : kCodes) move_member(record, name, json["weir:" + std::string(name)]);
  for (const std::string_view name : kLiterals) {
    const Json& literal = json["weir:" + std::string(name)];
    if (!literal.is_null()) record.set(name, literal_value(literal));
  }
  return parse_description(record);
}

}  // namespace

Json to_dcat(const Product& product) {
  Json out = Json::object();
  out.set("@context", context());
  out.set("@id", std::string(kProductPrefix) + wire::escape_url(product.id.text()));
  out.set("@type", "dcat:Dataset");
  out.set("dct:identifier", product.id.text());
  Json publisher = Json::object({{"@type", "foaf:Agent"}, {"dct:identifier", product.publisher.text()}});
  if (!product.description.publisher_name.empty()) publisher.set("foaf:name", product.description.publisher_name);
  out.set("dct:publisher", std::move(publisher));
  out.set("weir:node", product.node.text());
  out.set("dcat:version", std::to_string(product.version));
  out.set("adms:status", name_of(product.status));
  out.set("dct:issued", json_of_time(product.created));
  out.set("dct:modified", json_of_time(product.updated));
  describe(out, product.description);
  return out;
}

Result<Product> parse_dcat(const Json& json) {
  if (!json.is_object() || json.text_or("@type", "") != "dcat:Dataset") {
    return Error(Errc::kInvalidArgument, "not a dcat:Dataset").because("catalog.malformed");
  }
  WEIR_TRY_LET(const std::string id_text, json.text("dct:identifier"));
  WEIR_TRY_LET(const std::string publisher_text, json["dct:publisher"].text("dct:identifier"));
  WEIR_TRY_LET(const std::string node_text, json.text("weir:node"));
  WEIR_TRY_LET(ProductId id, ProductId::parse(id_text));
  WEIR_TRY_LET(SubjectId publisher, SubjectId::parse(publisher_text));
  WEIR_TRY_LET(NodeId node, NodeId::parse(node_text));
  WEIR_TRY_LET(const Status status, parse_status(json.text_or("adms:status", "")));
  WEIR_TRY_LET(const Timestamp created, parse_iso8601(json["dct:issued"].text_or("@value", "")));
  WEIR_TRY_LET(const Timestamp updated, parse_iso8601(json["dct:modified"].text_or("@value", "")));
  WEIR_TRY_LET(const std::int64_t version, parse_version(json.text_or("dcat:version", "")));
  WEIR_TRY_LET(Description description, read_description(json));
  return Product{.id = std::move(id),
                 .publisher = std::move(publisher),
                 .node = std::move(node),
                 .version = version,
                 .status = status,
                 .created = created,
                 .updated = updated,
                 .description = std::move(description)};
}

}  // namespace weir::supply::catalog
