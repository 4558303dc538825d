// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/ckan/ckan.h"
#include "weir/supply/catalog/dcat_terms.h"
#include "weir/wire/encoding.h"

namespace weir::adapters::ckan {

using supply::catalog::Description;
using supply::catalog::Distribution;
using supply::catalog::Product;
using wire::Json;

namespace {

bool stays(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// CKAN's times have no zone and are UTC.
std::string time_text(Timestamp at) {
  std::string text = format_iso8601(at);
  text.pop_back();  // Z
  return text;
}

std::string either(const Text& text) { return text.en.empty() ? text.zh : text.en; }
// Both languages, one under the other.
std::string both(const Text& text) {
  if (text.en.empty() || text.zh.empty()) return text.en + text.zh;
  return text.en + "\n\n" + text.zh;
}

Json tags_of(const Description& d) {
  Json tags = Json::array();
  for (const std::string& word : d.keywords) {
    tags.push(Json::object({{"id", word}, {"name", word}, {"display_name", word}, {"state", "active"}}));
  }
  return tags;
}

Json groups_of(const Description& d) {
  Json groups = Json::array();
  for (const std::string& theme : d.themes) {
    groups.push(
        Json::object({{"id", name_of(theme)}, {"name", name_of(theme)}, {"title", theme}, {"display_name", theme}}));
  }
  return groups;
}

Json extras_of(const Product& product) {
  const Description& d = product.description;
  Json extras = Json::array();
  const auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) extras.push(Json::object({{"key", key}, {"value", std::move(value)}}));
  };
  add("identifier", product.id.text());
  add("node", product.node.text());
  if (d.grade) add("grade", std::string(supply::grade::name_of(d.grade->level)));
  if (d.frequency) add("frequency", std::string(supply::catalog::row_of(*d.frequency).slug));
  add("language", join(d.languages, ","));
  add("region", d.region);
  add("spatial_text", d.spatial.text);
  if (d.temporal.from) add("temporal_start", time_text(*d.temporal.from));
  if (d.temporal.until) add("temporal_end", time_text(*d.temporal.until));
  if (d.origin) add("harvest_source", d.origin->catalog);
  if (d.origin) add("harvest_identifier", d.origin->identifier);
  return extras;
}

// What is delivered under a contract has the address of the protocol that agrees on one.
Json resource_of(const Product& product, const Distribution& item, std::size_t number, std::string_view base) {
  const std::string id = name_of(product.id.text()) + "_r" + std::to_string(number);
  std::string url = item.download_url.empty() ? item.access_url : item.download_url;
  if (url.empty()) url = std::string(base) + "/dsp/2025-1";
  Json out = Json::object(
      {{"id", id}, {"package_id", name_of(product.id.text())}, {"position", number - 1}, {"state", "active"}});
  const std::string title = either(item.title);
  out.set("name", title.empty() ? either(product.description.title) : title);
  out.set("description", both(item.title)).set("format", item.format).set("mimetype", item.media_type).set("url", url);
  const auto bytes = item.bytes ? item.bytes
                     : product.description.content ? std::optional(product.description.content->bytes)
                                                   : std::nullopt;
  out.set("size", bytes ? Json(*bytes) : Json());
  out.set("created", time_text(product.created)).set("last_modified", time_text(product.updated));
  out.set("metadata_modified", time_text(product.updated));
  return out;
}

Json resources_of(const Product& product, std::string_view base) {
  Json list = Json::array();
  if (product.description.distributions.empty()) list.push(resource_of(product, {}, 1, base));
  std::size_t number = 0;
  for (const Distribution& item : product.description.distributions)
    list.push(resource_of(product, item, ++number, base));
  return list;
}

}  // namespace

std::string name_of(std::string_view identifier) {
  std::string out;
  for (const char c : identifier) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (c >= '0' && c <= '9') {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out += "_" + wire::encode_hex({&byte, 1});
    }
  }
  return out;
}

Result<std::string> identifier_of(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    if (c == '_') {
      WEIR_TRY_LET(const Bytes byte, wire::decode_hex(name.substr(at + 1, 2)));
      if (byte.size() != 1) return Error(Errc::kInvalidArgument, "no name of this catalogue").because("ckan.parameter");
      out += static_cast<char>(byte[0]);
      at += 2;
    } else if (stays(c)) {
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    } else {
      return Error(Errc::kInvalidArgument, "no name of this catalogue").because("ckan.parameter");
    }
  }
  return out;
}

Json package_of(const Product& product, std::string_view base) {
  const Description& d = product.description;
  const std::string name = name_of(product.id.text());
  const std::string publisher = name_of(product.publisher.text());
  const std::string title = d.publisher_name.empty() ? product.publisher.text() : d.publisher_name;
  const bool open = supply::catalog::is_iri(d.licence);
  Json out = Json::object({{"id", name}, {"name", name}, {"title", either(d.title)}, {"notes", both(d.description)}});
  out.set("type", "dataset").set("state", "active").set("private", false);
  out.set("url", d.origin && !d.origin->landing_page.empty()
                     ? d.origin->landing_page
                     : std::string(base) + "/dataset/" + wire::escape_url(product.id.text()));
  out.set("version", std::to_string(product.version));
  out.set("author", title).set("author_email", Json()).set("maintainer", d.origin ? Json(d.origin->contact) : Json());
  out.set("license_id", d.licence).set("license_title", d.licence).set("license_url", open ? Json(d.licence) : Json());
  out.set("isopen",
          d.grade && d.grade->level == supply::grade::Level::kGeneral && d.grade->sub_grade == 1 && d.offers.empty());
  out.set("metadata_created", time_text(product.created)).set("metadata_modified", time_text(product.updated));
  out.set("owner_org", publisher);
  out.set("organization", Json::object({{"id", publisher},
                                        {"name", publisher},
                                        {"title", title},
                                        {"type", "organization"},
                                        {"is_organization", true},
                                        {"state", "active"}}));
  out.set("tags", tags_of(d)).set("groups", groups_of(d)).set("extras", extras_of(product));
  out.set("resources", resources_of(product, base));
  out.set("num_tags", d.keywords.size()).set("num_resources", out["resources"].size());
  out.set("relationships_as_object", Json::array()).set("relationships_as_subject", Json::array());
  return out;
}

// ── of others ──

namespace {

std::string first_of(const Json& json, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (std::string text = json.text_or(name, ""); !text.empty()) return text;
  }
  return {};
}

std::string extra(const Json& package, std::initializer_list<std::string_view> keys) {
  if (!package["extras"].is_array()) return {};
  for (const std::string_view key : keys) {
    for (const Json& item : package["extras"].items()) {
      if (item.text_or("key", "") == key && item["value"].is_string()) return item["value"].as_string();
    }
  }
  return {};
}

void set_names(Json& record, std::string_view member, const Json& list) {
  Json names = Json::array();
  if (list.is_array()) {
    for (const Json& item : list.items()) {
      if (std::string name = first_of(item, {"title", "display_name", "name"}); !name.empty())
        names.push(std::move(name));
    }
  }
  if (names.size() > 0) record.set(member, std::move(names));
}

Json distribution_of(const Json& resource) {
  Json out = Json::object();
  const auto set = [&](std::string_view member, std::string text) {
    if (!text.empty()) out.set(member, std::move(text));
  };
  set("title", first_of(resource, {"name", "description"}));
  set("format", resource.text_or("format", ""));
  set("mediaType", resource.text_or("mimetype", ""));
  const bool api = to_lower_ascii(resource.text_or("format", "")) == "api";
  set(api ? "accessURL" : "downloadURL", resource.text_or("url", ""));
  return out;
}

}  // namespace

Json record_of(const Json& package) {
  Json out = Json::object();
  const auto set = [&](std::string_view member, std::string text) {
    if (!text.empty()) out.set(member, std::move(text));
  };
  set("identifier", first_of(package, {"id", "name"}));
  set("title", first_of(package, {"title", "name"}));
  set("description", package.text_or("notes", ""));
  set("modified", package.text_or("metadata_modified", ""));
  set("license", first_of(package, {"license_url", "license_title", "license_id"}));
  set("landingPage", package.text_or("url", ""));
  set("accrualPeriodicity", extra(package, {"frequency", "accrual_periodicity", "update_frequency"}));
  set("spatial", extra(package, {"spatial_text", "spatial"}));
  const std::string from = extra(package, {"temporal_start", "temporal-extent-begin"});
  const std::string until = extra(package, {"temporal_end", "temporal-extent-end"});
  if (!from.empty() || !until.empty()) set("temporal", from + "/" + until);
  if (const std::string language = extra(package, {"language"}); !language.empty()) {
    Json list = Json::array();
    for (std::string& tag : split(language, ',')) list.push(std::move(tag));
    out.set("language", std::move(list));
  }
  set_names(out, "keyword", package["tags"]);
  set_names(out, "theme", package["groups"]);
  if (const std::string name = first_of(package["organization"], {"title", "name"}); !name.empty()) {
    out.set("publisher", Json::object({{"name", name}}));
  }
  Json contact = Json::object();
  if (const std::string mail = first_of(package, {"maintainer_email", "author_email"}); !mail.empty())
    contact.set("hasEmail", "mailto:" + mail);
  if (const std::string name = first_of(package, {"maintainer", "author"}); !name.empty()) contact.set("fn", name);
  if (contact.size() > 0) out.set("contactPoint", std::move(contact));
  out.set("accessLevel", package.boolean_or("private", false) ? "non-public" : "public");
  Json list = Json::array();
  if (package["resources"].is_array()) {
    for (const Json& resource : package["resources"].items()) list.push(distribution_of(resource));
  }
  if (list.size() > 0) out.set("distribution", std::move(list));
  return out;
}

Json success(std::string_view help, Json result) {
  Json out = Json::object({{"help", help}, {"success", true}});
  out.set("result", std::move(result));
  return out;
}

Json failure(std::string_view help, std::string_view type, std::string_view message) {
  return Json::object(
      {{"help", help}, {"success", false}, {"error", Json::object({{"__type", type}, {"message", message}})}});
}

}  // namespace weir::adapters::ckan
