// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/dsp/message.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace weir::adapters::dsp {
namespace {

using wire::Json;

constexpr std::string_view kDspace = "https://w3id.org/dspace/2025/1/";
constexpr std::string_view kOdrl = "http://www.w3.org/ns/odrl/2/";
constexpr std::string_view kDcat = "http://www.w3.org/ns/dcat#";
constexpr std::string_view kDct = "http://purl.org/dc/terms/";

// Namespaces whose local names are the terms of the compact form.
constexpr auto kNamespaces = std::to_array<std::string_view>(
    {kDspace, "https://w3id.org/dspace/2024/1/", "https://w3id.org/dspace/v0.8/", kOdrl, kDcat});

// Contexts that may stand alone: they are shipped, as the tables of this file.
constexpr auto kContexts = std::to_array<std::string_view>(
    {kContext, "https://w3id.org/dspace/2025/1/odrl-profile.jsonld", "https://w3id.org/dspace/2024/1/context.json",
     "https://w3id.org/dspace/v0.8/context.json", "http://www.w3.org/ns/odrl.jsonld"});

// Members that are always lists.
constexpr auto kSets = std::to_array<std::string_view>(
    {"permission", "prohibition", "obligation", "constraint", "refinement", "duty", "remedy", "consequence", "and",
        "or",
     "xone", "andSequence", "profile", "reason", "dataset", "catalog", "service", "distribution", "hasPolicy",
     "endpointProperties", "filter", "signatures"});

// Members whose value is a name, not a text.
constexpr auto kNames = std::to_array<std::string_view>({"action", "leftOperand", "operator", "state", "eventType",
    "format"});

template <class List>
bool is_in(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Error refuse(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

class Compactor {
 public:
  // What the message's own context says of prefixes.
  Result<> read_context(const Json& context) {
    if (context.is_null()) return {};
    const Json::Array one = {context};
    bool known = false;
    std::string unknown;
    for (const Json& item : context.is_array() ? context.items() : one) {
      if (item.is_string()) {
        known = known || item.as_string() == kContext;
        if (!is_in(kContexts, item.as_string())) unknown = item.as_string();
        has_terms_ = has_terms_ || is_in(kContexts, item.as_string());
      } else if (item.is_object()) {
        read_prefixes(item);
      } else {
        return refuse("dsp.malformed", "@context: holds something that is neither text nor object");
      }
    }
    // The terms of 2025-1 are protected: what another context adds cannot change them.
    if (!unknown.empty() && !known) {
      return refuse("dsp.unknown_context", "@context: '" + unknown.substr(0, 200) + "' is not known here")
          .advise("send the compact form with " + std::string(kContext));
    }
    return {};
  }

  // Whether a name has a meaning: a prefix, or a context that gives bare names theirs.
  bool means_something(const std::string& name) const {
    return has_terms_ || name.find(':') != std::string::npos || iri_of(name) != name;
  }

  Json object(const Json& in) const {
    Json out = Json::object();
    for (const auto& [name, value] : in.members()) {
      if (name == "@context") continue;
      const std::string term = name.starts_with('@') ? name : term_of(name);
      if (out.has(term)) continue;  // one meaning written twice: the first stays
      out.set(term, member(term, value));
    }
    return out;
  }

 private:
  void read_prefixes(const Json& context) {
    for (const auto& [name, value] : context.members()) {
      if (name == "@vocab") has_terms_ = has_terms_ || (value.is_string() && is_in(kNamespaces, value.as_string()));
      if (value.is_string()) prefixes_[name] = value.as_string();
      if (value.is_object() && value["@id"].is_string()) prefixes_[name] = value["@id"].as_string();
    }
  }

  std::string iri_of(std::string_view name) const {
    const std::size_t colon = name.find(':');
    if (colon != std::string_view::npos && !name.substr(colon + 1).starts_with("//")) {
      const auto found = prefixes_.find(name.substr(0, colon));
      if (found != prefixes_.end()) return found->second + std::string(name.substr(colon + 1));
    }
    if (colon == std::string_view::npos) {
      const auto alias = prefixes_.find(name);
      if (alias != prefixes_.end() && alias->second.find(':') != std::string::npos) return iri_of(alias->second);
    }
    return std::string(name);
  }

  // The term of a member or name; what has none stays as it is.
  std::string term_of(std::string_view name) const {
    const std::string iri = iri_of(name);
    for (const std::string_view space : kNamespaces) {
      if (!iri.starts_with(space)) continue;
      const std::string name_there = iri.substr(space.size());
      return name_there == "endpointUrl" ? "endpointURL" : name_there;
    }
    if (iri == std::string(kDct) + "format") return "format";
    if (iri.starts_with(kDct)) return "dct:" + iri.substr(kDct.size());
    return std::string(name);
  }

  Json member(const std::string& term, const Json& value) const {
    if (term == "@type") return type(value);
    if (term == "@id") return value;
    if (is_in(kSets, term)) {
      Json out = Json::array();
      const Json::Array one = {value};
      const Json& list = value.is_object() && value["@list"].is_array() ? value["@list"] : value;
      for (const Json& item : list.is_array() ? list.items() : one) out.push(plain(term, item));
      return out;
    }
    if (value.is_array() && value.size() == 1) return plain(term, value.items().front());
    if (value.is_array()) {
      Json out = Json::array();
      for (const Json& item : value.items()) out.push(plain(term, item));
      return out;
    }
    return plain(term, value);
  }

  Json type(const Json& value) const {
    const Json& first = value.is_array() && value.size() > 0 ? value.items().front() : value;
    if (!first.is_string()) return value;
    if (value.is_array() && value.size() > 1) return value;
    return Json(term_of(first.as_string()));
  }

  Json plain(const std::string& term, const Json& value) const {
    const bool names = is_in(kNames, term);
    if (value.is_string()) return names ? Json(term_of(value.as_string())) : value;
    if (!value.is_object()) return value;
    if (value.has("@value") && !value.has("@language")) return member_value(names, value["@value"]);
    if (value.size() == 1 && value["@id"].is_string()) {
      return names ? Json(term_of(value["@id"].as_string())) : value["@id"];
    }
    return object(value);
  }

  Json member_value(bool names, const Json& value) const {
    return names && value.is_string() ? Json(term_of(value.as_string())) : value;
  }

  bool has_terms_ = false;
  std::map<std::string, std::string, std::less<>> prefixes_ = {{"dspace", std::string(kDspace)},
                                                               {"odrl", std::string(kOdrl)},
                                                               {"dcat", std::string(kDcat)},
                                                               {"dct", std::string(kDct)},
                                                               {"dcterms", std::string(kDct)}};
};

// {"@type": "Permission"} and the like say nothing that the place does not.
void right_operands_as_text(Json& json) {
  if (json.is_array()) {
    for (Json& item : json.items()) right_operands_as_text(item);
    return;
  }
  if (!json.is_object()) return;
  for (auto& [name, value] : json.members()) {
    if (name != "rightOperand") {
      right_operands_as_text(value);
      continue;
    }
    const auto text = [](const Json& one) {
      const Json& bare = one.is_object() && one.has("@value") ? one["@value"] : one;
      return bare.is_number() || bare.is_bool() ? Json(bare.canonical()) : bare;
    };
    if (value.is_array()) {
      for (Json& item : value.items()) item = text(item);
    } else {
      value = text(value);
    }
  }
}

}  // namespace

Result<Json> compact(const Json& message) {
  const Json& root = message.is_array() && message.size() == 1 ? message.items().front() : message;
  if (!root.is_object()) return refuse("dsp.malformed", "message: must be an object");
  Compactor compactor;
  WEIR_TRY(compactor.read_context(root["@context"]));
  const Json body = compactor.object(root);
  if (!body["@type"].is_string()) return refuse("dsp.malformed", "@type: is missing, or not one name");
  if (root["@type"].is_string() && !compactor.means_something(root["@type"].as_string())) {
    return refuse("dsp.malformed", "@context: is missing, or not the protocol's");
  }
  Json out = Json::object({{"@context", Json::array({kContext})}});
  for (const auto& [name, value] : body.members()) {
    const bool policy = name == "offer" || name == "agreement" || name == "hasPolicy";
    out.set(name, policy ? plain_terms(value) : value);
  }
  return out;
}

Json plain_terms(Json policy) {
  right_operands_as_text(policy);
  return policy;
}

Json for_foreigners(Json message) {
  constexpr auto kOfPolicy = std::to_array<std::string_view>({"productVersion", "contentRoot", "period", "validUntil",
      "contractId",
                                                              "providerEntityId", "consumerEntityId", "providerPid",
                                                                  "consumerPid"});
  message.erase("signatures");
  message.erase("receipt");
  for (const std::string_view name : {"offer", "agreement"}) {
    if (!message[name].is_object()) continue;
    Json policy = message[name];
    for (const std::string_view member : kOfPolicy) policy.erase(member);
    message.set(name, std::move(policy));
  }
  if (message["dataAddress"].is_object() && message["dataAddress"]["endpointProperties"].is_array()) {
    Json address = message["dataAddress"];
    Json properties = address["endpointProperties"];
    properties.push(Json::object(
        {{"@type", "EndpointProperty"}, {"name", "endpoint"}, {"value", address.text_or("endpoint", "")}}));
    address.set("endpointProperties", std::move(properties));
    message.set("dataAddress", std::move(address));
  }
  return message;
}

Json catalog_error(const Error& error) {
  return Json::object({{"@context", Json::array({kContext})},
                       {"@type", "CatalogError"},
                       {"code", error.reason()},
                       {"reason", Json::array({error.message()})}});
}

namespace {

constexpr std::int64_t kOffsetMax = 10'000;

Result<std::size_t> count_of(const Json& filter, std::string_view name) {
  const Json& value = filter[name];
  if (value.is_null()) return std::size_t{0};
  const auto number = value.is_integer() ? value.as_integer() : -1;
  if (number < 0 || number > kOffsetMax) {
    return refuse("dsp.filter", "filter: " + std::string(name) + " must be a whole number from 0 to 10000");
  }
  return static_cast<std::size_t>(number);
}

}  // namespace

Result<CatalogQuery> parse_catalog_request(const Json& message) {
  WEIR_TRY_LET(const Json read, compact(message));
  if (read.text_or("@type", "") != "CatalogRequestMessage") {
    return refuse("dsp.malformed", "@type: must be CatalogRequestMessage");
  }
  const Json& filters = read["filter"];
  if (filters.size() == 0) return CatalogQuery{};
  const Json& filter = filters.items().front();
  constexpr auto kUnderstood =
      std::to_array<std::string_view>({"@type", "offset", "limit", "filterExpression", "sortOrder"});
  bool understood = filters.size() == 1 && filter.is_object() && filter["filterExpression"].size() == 0;
  if (understood) {
    for (const auto& [name, value] : filter.members()) understood = understood && is_in(kUnderstood, name);
  }
  if (!understood) {
    return refuse("dsp.filter", "filter: no condition is supported here")
        .advise("leave it out, and go through the pages");
  }
  CatalogQuery query;
  WEIR_TRY_LET(query.offset, count_of(filter, "offset"));
  WEIR_TRY_LET(query.limit, count_of(filter, "limit"));
  return query;
}

}  // namespace weir::adapters::dsp
