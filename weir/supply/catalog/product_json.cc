// The product record as JSON: docs/formats/product.md.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/json_fields.h"
#include "weir/supply/catalog/product.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

// --- Writing ---

Json json_of(const Column& column) {
  Json out = Json::object({{"name", column.name}});
  set_text(out, "type", column.type);
  set_languages(out, "title", column.title);
  set_languages(out, "description", column.description);
  if (column.personal) out.set("personal", true);
  return out;
}

Json json_of(const Offer& offer) {
  Json out = Json::object({{"id", offer.id}});
  auto policy = wire::parse_json(offer.policy);
  out.set("policy", policy ? *std::move(policy) : Json(offer.policy));
  out.set("policy_hash", offer.policy_hash);
  if (offer.price) {
    Json price = Json::object({{"currency", offer.price->currency}, {"amount", offer.price->amount}});
    set_text(price, "per", offer.price->per);
    out.set("price", std::move(price));
  }
  return out;
}

Json json_of(const Distribution& item) {
  Json out = Json::object({{"form", code_of(item.form)}});
  set_text(out, "format", item.format);
  set_text(out, "media_type", item.media_type);
  set_text(out, "access_url", item.access_url);
  set_text(out, "download_url", item.download_url);
  if (item.bytes) out.set("bytes", *item.bytes);
  set_languages(out, "title", item.title);
  return out;
}

Json json_of(const Content& content) {
  return Json::object({{"hash_algorithm", content.hash_algorithm},
                       {"root", content.root},
                       {"bytes", content.bytes},
                       {"chunk_bytes", content.chunk_bytes},
                       {"chunks", content.chunks}});
}

Json json_of(const Period& period) {
  Json out = Json::object();
  if (period.from) out.set("from", format_iso8601(*period.from));
  if (period.until) out.set("until", format_iso8601(*period.until));
  set_text(out, "text", period.text);
  return out;
}

Json json_of(const Place& place) {
  Json out = Json::object();
  set_text(out, "text", place.text);
  if (place.box) {
    Json box = Json::array();
    for (const double side : *place.box) box.push(side);
    out.set("box", std::move(box));
  }
  return out;
}

Json json_of(const Origin& origin) {
  Json out = Json::object();
  set_text(out, "catalog", origin.catalog);
  set_text(out, "identifier", origin.identifier);
  set_text(out, "publisher", origin.publisher);
  set_text(out, "modified", origin.modified);
  set_text(out, "landing_page", origin.landing_page);
  set_text(out, "contact", origin.contact);
  return out;
}

template <class Part>
void set_parts(Json& out, std::string_view name, const std::vector<Part>& parts) {
  if (parts.empty()) return;
  Json list = Json::array();
  for (const Part& part : parts) list.push(json_of(part));
  out.set(name, std::move(list));
}

template <class Code>
void set_code(Json& out, std::string_view name, const std::optional<Code>& code) {
  if (code) out.set(name, code_of(*code));
}

void set_object(Json& out, std::string_view name, Json object) {
  if (object.size() > 0) out.set(name, std::move(object));
}

// --- Reading ---

template <class Code>
std::optional<Code> read_code(Fields& fields, std::string_view name) {
  const std::string text = fields.text(name);
  if (text.empty()) return std::nullopt;
  auto code = parse_code<Code>(text);
  if (code) return *code;
  fields.fail(std::move(code).error().with(name));
  return std::nullopt;
}

Column read_column(Fields& fields) {
  return {.name = fields.text("name"),
          .type = fields.text("type"),
          .title = fields.languages("title"),
          .description = fields.languages("description"),
          .personal = fields.boolean("personal")};
}

Offer read_offer(Fields& fields) {
  Offer offer{.id = fields.text("id"), .policy = {}, .policy_hash = {}, .price = std::nullopt};
  const Json& policy = fields.member("policy");
  if (!policy.is_object()) fields.wrong("policy", "an object");
  offer.policy = policy.canonical();
  offer.policy_hash = fields.text("policy_hash");
  if (offer.policy_hash.empty() && policy.is_object()) offer.policy_hash = make_offer("", policy).policy_hash;
  if (const Json& price = fields.member("price"); !price.is_null()) {
    Fields inner(price, "price");
    offer.price = Price{.currency = inner.text("currency"), .amount = inner.integer("amount"), .per = inner.text("per")};
    if (auto done = inner.finish(); !done) fields.fail(done.error());
  }
  return offer;
}

Distribution read_distribution(Fields& fields) {
  return {.form = read_code<DeliveryForm>(fields, "form").value_or(DeliveryForm::kDataset),
          .format = fields.text("format"),
          .media_type = fields.text("media_type"),
          .access_url = fields.text("access_url"),
          .download_url = fields.text("download_url"),
          .bytes = fields.maybe_integer("bytes"),
          .title = fields.languages("title")};
}

Content read_content(Fields& fields) {
  return {.hash_algorithm = fields.text("hash_algorithm"),
          .root = fields.text("root"),
          .bytes = fields.integer("bytes"),
          .chunk_bytes = fields.integer("chunk_bytes"),
          .chunks = fields.integer("chunks")};
}

Period read_period(Fields& fields) {
  return {.from = fields.time("from"), .until = fields.time("until"), .text = fields.text("text")};
}

Place read_place(Fields& fields) {
  Place place{.text = fields.text("text"), .box = std::nullopt};
  const Json::Array& box = fields.items("box");
  if (box.empty()) return place;
  place.box.emplace();
  for (std::size_t i = 0; i < 4; ++i) {
    if (box.size() != 4 || !box[i].is_number()) {
      fields.wrong("box", "four numbers");
      return place;
    }
    (*place.box)[i] = box[i].as_double();
  }
  return place;
}

Origin read_origin(Fields& fields) {
  return {.catalog = fields.text("catalog"),
          .identifier = fields.text("identifier"),
          .publisher = fields.text("publisher"),
          .modified = fields.text("modified"),
          .landing_page = fields.text("landing_page"),
          .contact = fields.text("contact")};
}

template <class Part>
std::vector<Part> read_parts(Fields& fields, std::string_view name, Part (*read)(Fields&)) {
  std::vector<Part> parts;
  for (const Json& item : fields.items(name)) {
    Fields inner(item, name);
    parts.push_back(read(inner));
    if (auto done = inner.finish(); !done) fields.fail(done.error());
  }
  return parts;
}

template <class Part>
std::optional<Part> read_part(Fields& fields, std::string_view name, Part (*read)(Fields&)) {
  const Json& value = fields.member(name);
  if (value.is_null()) return std::nullopt;
  Fields inner(value, name);
  Part part = read(inner);
  if (auto done = inner.finish(); !done) fields.fail(done.error());
  return part;
}

void read_codes(Fields& fields, Description& d) {
  for (const std::string& text : fields.texts("classifications")) {
    auto code = parse_code<Classification>(text);
    if (!code) return fields.fail(std::move(code).error().with("classifications"));
    d.classifications.push_back(*code);
  }
  d.source = read_code<DataSource>(fields, "source");
  d.frequency = read_code<Frequency>(fields, "frequency");
  d.quality = read_code<Quality>(fields, "quality");
  d.service = read_code<ServiceKind>(fields, "service");
}

// Keywords may come by language: {"zh": […], "en": […]}.
std::vector<std::string> read_keywords(Fields& fields) {
  const Json& value = fields.member("keywords");
  if (!value.is_object()) return fields.texts("keywords");
  Fields inner(value, "keywords");
  std::vector<std::string> out = inner.texts("en");
  for (std::string& word : inner.texts("zh")) out.push_back(std::move(word));
  if (auto done = inner.finish(); !done) fields.fail(done.error());
  return out;
}

}  // namespace

Json to_json(const Description& d) {
  Json out = Json::object();
  set_languages(out, "title", d.title);
  set_languages(out, "description", d.description);
  set_texts(out, "keywords", d.keywords);
  set_text(out, "publisher_name", d.publisher_name);
  Json classifications = Json::array();
  for (const Classification code : d.classifications) classifications.push(code_of(code));
  if (classifications.size() > 0) out.set("classifications", std::move(classifications));
  set_texts(out, "topics", d.topics);
  set_texts(out, "themes", d.themes);
  set_code(out, "source", d.source);
  set_code(out, "frequency", d.frequency);
  set_code(out, "quality", d.quality);
  set_code(out, "service", d.service);
  set_text(out, "region", d.region);
  set_text(out, "industry", d.industry);
  set_texts(out, "languages", d.languages);
  set_text(out, "licence", d.licence);
  set_text(out, "rights", d.rights);
  set_object(out, "temporal", json_of(d.temporal));
  set_object(out, "spatial", json_of(d.spatial));
  set_parts(out, "columns", d.columns);
  if (d.grade) out.set("grade", grade::to_json(*d.grade));
  set_parts(out, "offers", d.offers);
  set_parts(out, "distributions", d.distributions);
  if (d.content) out.set("content", json_of(*d.content));
  if (d.origin) set_object(out, "origin", json_of(*d.origin));
  return out;
}

Result<Description> parse_description(const Json& json) {
  Fields fields(json, "product");
  Description d;
  d.title = fields.languages("title");
  d.description = fields.languages("description");
  d.keywords = read_keywords(fields);
  d.publisher_name = fields.text("publisher_name");
  read_codes(fields, d);
  d.topics = fields.texts("topics");
  d.themes = fields.texts("themes");
  d.region = fields.text("region");
  d.industry = fields.text("industry");
  d.languages = fields.texts("languages");
  d.licence = fields.text("licence");
  d.rights = fields.text("rights");
  d.temporal = read_part(fields, "temporal", &read_period).value_or(Period{});
  d.spatial = read_part(fields, "spatial", &read_place).value_or(Place{});
  d.columns = read_parts(fields, "columns", &read_column);
  if (!fields.member("grade").is_null()) {
    auto grading = grade::parse_grading(fields.member("grade"));
    if (grading) {
      d.grade = *std::move(grading);
    } else {
      fields.fail(grading.error());
    }
  }
  d.offers = read_parts(fields, "offers", &read_offer);
  d.distributions = read_parts(fields, "distributions", &read_distribution);
  d.content = read_part(fields, "content", &read_content);
  d.origin = read_part(fields, "origin", &read_origin);
  WEIR_TRY(fields.finish());
  WEIR_TRY(check(d));
  return d;
}

Json to_json(const Product& product) {
  Json out = Json::object({{"id", product.id.text()},
                           {"publisher", product.publisher.text()},
                           {"node", product.node.text()},
                           {"version", product.version},
                           {"status", name_of(product.status)},
                           {"created", format_iso8601(product.created)},
                           {"updated", format_iso8601(product.updated)}});
  out.set("description", to_json(product.description));
  return out;
}

Result<Product> parse_product(const Json& json) {
  Fields fields(json, "product");
  const std::string id_text = fields.text("id");
  const std::string publisher_text = fields.text("publisher");
  const std::string node_text = fields.text("node");
  const std::int64_t version = fields.integer("version");
  const std::string status_text = fields.text("status");
  const auto created = fields.time("created");
  const auto updated = fields.time("updated");
  if (version < 1) fields.wrong("version", "1 or more");
  if (!created || !updated) fields.wrong("created or updated", "a time");
  WEIR_TRY(fields.finish());
  WEIR_TRY_LET(ProductId id, ProductId::parse(id_text));
  WEIR_TRY_LET(SubjectId publisher, SubjectId::parse(publisher_text));
  WEIR_TRY_LET(NodeId node, NodeId::parse(node_text));
  WEIR_TRY_LET(const Status status, parse_status(status_text));
  WEIR_TRY_LET(Description description, parse_description(json["description"]));
  return Product{.id = std::move(id),
                 .publisher = std::move(publisher),
                 .node = std::move(node),
                 .version = version,
                 .status = status,
                 .created = *created,
                 .updated = *updated,
                 .description = std::move(description)};
}

}  // namespace weir::supply::catalog
