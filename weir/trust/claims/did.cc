// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/did.h"

#include <algorithm>
#include <charconv>

#include "weir/base/text.h"
#include "weir/crypto/jose.h"

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::string_view kPrefix = "did:web:";
constexpr std::size_t kDidBytesMax = 512;
constexpr std::size_t kEntriesMax = 64;

Error malformed() {
  return Error(Errc::kInvalidArgument, "not an identifier of the method did:web")
      .because("did.malformed")
      .advise("write did:web:HOST, with a port did:web:HOST%3APORT");
}

Error bad_document(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the DID document cannot be used: " + std::string(why)).because("did.document");
}

bool is_name(std::string_view text, bool lower) {
  const auto good = [lower](char c) {
    return (c >= 'a' && c <= 'z') || (!lower && c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || (!lower && c == '_');
  };
  return !text.empty() && text.front() != '.' && text.back() != '.' && std::all_of(text.begin(), text.end(), good) &&
         text.find("..") == std::string_view::npos;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  return status == std::errc{} && end == text.data() + text.size() && port != 0 && text.front() != '0';
}

// A member of a relation is the id of a method, or a method of its own.
std::string absolute(const Did& did, std::string_view id) {
  if (id.starts_with('#')) return did.text() + std::string(id);
  return std::string(id);
}

bool names(const Json& relation, const Did& did, std::string_view method) {
  if (!relation.is_array()) return false;
  return std::ranges::any_of(relation.items(), [&](const Json& item) {
    return item.is_string() ? absolute(did, item.as_string()) == method
                            : absolute(did, item.text_or("id", "")) == method;
  });
}

Result<> add_method(Document& document, const Json& json) {
  const std::string id = absolute(document.id, json.text_or("id", ""));
  // Only keys of this identifier speak for it.
  if (!id.starts_with(document.id.text() + "#")) return {};
  if (json.text_or("controller", document.id.text()) != document.id.text()) return {};
  const auto same = [&](const Method& other) { return other.id == id; };
  if (std::ranges::any_of(document.methods, same)) return bad_document("two keys of one name");
  const auto key = crypto::parse_jwk(json["publicKeyJwk"]);
  if (!key && key.error().reason() == "jwk.private") return bad_document("it discloses a private key");
  if (!key || key->algorithm() == crypto::SignatureAlgorithm::kSm2Sm3) return {};
  document.methods.push_back({.id = id, .key = *key});
  return {};
}

void add_service(Document& document, const Json& json) {
  std::string endpoint = json.text_or("serviceEndpoint", "");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!endpoint.empty()) document.services.push_back({json.text_or("type", ""), std::move(endpoint)});
}

Result<Json::Array> list_of(const Json& json, std::string_view name) {
  const Json& list = json[name];
  if (list.is_null()) return Json::Array{};
  if (!list.is_array() || list.size() > kEntriesMax) {
    return bad_document(std::string(name) + " is no list, or too long");
  }
  return list.items();
}

}  // namespace

Result<Did> Did::parse(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() > kDidBytesMax) return malformed();
  const std::vector<std::string> parts = split(text.substr(kPrefix.size()), ':');
  const std::size_t colon = parts[0].find("%3A");
  if (!is_name(std::string_view(parts[0]).substr(0, colon), true)) return malformed();
  if (colon != std::string::npos && !is_port(std::string_view(parts[0]).substr(colon + 3))) return malformed();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!is_name(parts[i], false)) return malformed();
  }
  return Did(std::string(text));
}

Result<Did> Did::of_url(std::string_view base_url) {
  const std::size_t scheme = base_url.find("://");
  if (scheme == std::string_view::npos) return malformed();
  std::string text(kPrefix);
  const std::vector<std::string> parts = split(base_url.substr(scheme + 3), '/');
  std::string host = to_lower_ascii(parts[0]);
  if (base_url.starts_with("https://") && host.ends_with(":443")) host.resize(host.size() - 4);
  if (const std::size_t colon = host.find(':'); colon != std::string::npos) host.replace(colon, 1, "%3A");
  text += host;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!parts[i].empty()) text += ":" + parts[i];
  }
  return parse(text);
}

std::string Did::authority() const {
  std::string host = split(std::string_view(text_).substr(kPrefix.size()), ':')[0];
  if (const std::size_t colon = host.find("%3A"); colon != std::string::npos) host.replace(colon, 3, ":");
  return host;
}

std::string Did::place() const {
  const std::vector<std::string> parts = split(std::string_view(text_).substr(kPrefix.size()), ':');
  std::string out = authority();
  if (parts.size() == 1) return out + "/.well-known/did.json";
  for (std::size_t i = 1; i < parts.size(); ++i) out += "/" + parts[i];
  return out + "/did.json";
}

bool Method::may(Relation relation) const {
  switch (relation) {
    case Relation::kAuthentication: return authentication;
    case Relation::kAssertion: return assertion;
    case Relation::kInvocation: return invocation;
  }
  return false;
}

Result<crypto::PublicKey> Document::key(Relation relation, std::string_view kid) const {
  const Error none = Error(Errc::kUnauthenticated, "the DID document names no key for this use by that id")
                         .because("did.no_key")
                         .advise("name the key in kid, and list it under the relation that the use needs");
  if (kid.empty()) {
    if (methods.size() != 1 || !methods.front().may(relation)) return none;
    return methods.front().key;
  }
  const std::string wanted = absolute(id, kid);
  for (const Method& method : methods) {
    if (method.id == wanted && method.may(relation)) return method.key;
  }
  return none;
}

Result<std::string> Document::endpoint(std::string_view type) const {
  for (const Service& service : services) {
    if (service.type == type) return service.endpoint;
  }
  return Error(Errc::kNotFound, "the DID document names no " + std::string(type)).because("did.no_service");
}

Result<Document> parse_document(const Json& json, const Did& expected) {
  if (json.text_or("id", "") != expected.text()) return bad_document("it is another identifier's");
  Document document{.id = expected, .methods = {}, .services = {}};
  WEIR_TRY_LET(const Json::Array methods, list_of(json, "verificationMethod"));
  for (const Json& method : methods) WEIR_TRY(add_method(document, method));
  for (const char* relation : {"authentication", "assertionMethod", "capabilityInvocation"}) {
    WEIR_TRY_LET(const Json::Array members, list_of(json, relation));
    for (const Json& member : members) {
      if (member.is_object()) WEIR_TRY(add_method(document, member));
    }
  }
  for (Method& method : document.methods) {
    method.authentication = names(json["authentication"], expected, method.id);
    method.assertion = names(json["assertionMethod"], expected, method.id);
    method.invocation = names(json["capabilityInvocation"], expected, method.id);
  }
  WEIR_TRY_LET(const Json::Array services, list_of(json, "service"));
  for (const Json& service : services) add_service(document, service);
  return document;
}

std::string key_id(const Did& did, const crypto::PublicKey& key) {
  return did.text() + "#" + crypto::jwk_thumbprint(key);
}

Json make_document(const Did& did, const crypto::PublicKey& key, const std::vector<Service>& services) {
  const std::string id = key_id(did, key);
  Json jwk = crypto::to_jwk(key);
  jwk.set("kid", id.substr(did.text().size() + 1));
  Json list = Json::array();
  for (const Service& service : services) {
    list.push(Json::object({{"id", did.text() + "#" + to_lower_ascii(service.type)},
                            {"type", service.type},
                            {"serviceEndpoint", service.endpoint}}));
  }
  const Json one = Json::array({Json(id)});
  return Json::object({{"@context", Json::array({"https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1",
                                                 "https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"})},
                       {"id", did.text()},
                       {"verificationMethod", Json::array({Json::object({{"id", id},
                                                                         {"type", "JsonWebKey"},
                                                                         {"controller", did.text()},
                                                                         {"publicKeyJwk", std::move(jwk)}})})},
                       {"authentication", one},
                       {"assertionMethod", one},
                       {"capabilityInvocation", one},
                       {"service", std::move(list)}});
}

}  // namespace weir::trust::claims
