// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/agreement.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"
#include "weir/flow/contract/json_fields.h"
#include "weir/flow/contract/message.h"
#include "weir/wire/encoding.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr std::string_view kStatementType = "weir.contract.signature.v1";

// Members of a policy on the wire that are not terms.
constexpr auto kEnvelope = std::to_array<std::string_view>(
    {"@id", "@type", "@context", "target", "assigner", "assignee", "timestamp", "contractId", "productVersion",
     "contentRoot", "providerEntityId", "consumerEntityId", "providerPid", "consumerPid", "period", "validUntil"});
constexpr auto kRuleLists = std::to_array<std::string_view>({"permission", "prohibition", "obligation"});
constexpr auto kLists = std::to_array<std::string_view>({"permission", "prohibition", "obligation", "constraint",
                                                         "refinement", "duty", "remedy", "consequence", "profile"});

template <class List>
bool is_in(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Json without_empty_lists(const Json& json) {
  if (json.is_array()) {
    Json::Array items;
    for (const Json& item : json.items()) items.push_back(without_empty_lists(item));
    return Json::array(std::move(items));
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [name, value] : json.members()) {
    if (value.is_array() && value.size() == 0 && is_in(kLists, name)) continue;
    out.members().emplace_back(name, without_empty_lists(value));
  }
  return out;
}

Result<> check_rule(const Json& rule, const std::string& where) {
  if (!rule.is_object()) return malformed(where, "must be an object");
  if (!rule.has("action")) return malformed(where + ".action", "is missing");
  const Json& action = rule["action"];
  if (!action.is_string() && !action.is_object()) return malformed(where + ".action", "must be a text");
  if (action.is_string() && action.as_string().empty()) return malformed(where + ".action", "is empty");
  if (rule.has("constraint")) {
    if (!rule["constraint"].is_array()) return malformed(where + ".constraint", "must be a list");
    for (const Json& constraint : rule["constraint"].items()) {
      if (!constraint.is_object()) return malformed(where + ".constraint", "must be a list of objects");
    }
  }
  return {};
}

// The shape every ODRL policy of the protocol has; what its terms mean is for weir/policy.
Result<> check_policy_shape(const Json& json, std::string_view where) {
  std::size_t rules = 0;
  for (const std::string_view list : kRuleLists) {
    if (!json.has(list)) continue;
    const Json& member = json[list];
    const std::string path = join_path(where, list);
    if (!member.is_array()) return malformed(path, "must be a list");
    rules += member.size();
    if (rules > kRulesMax) return malformed(path, "has more than " + std::to_string(kRulesMax) + " rules");
    for (std::size_t i = 0; i < member.size(); ++i) {
      WEIR_TRY(check_rule(member.items()[i], path + "[" + std::to_string(i) + "]"));
    }
  }
  if (json["permission"].size() + json["prohibition"].size() == 0) {
    return malformed(join_path(where, "permission"), "is missing: terms need a permission or a prohibition");
  }
  return {};
}

void set_unless_empty(Json& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.set(name, value);
}

void append_terms(Json& json, const Json& terms) {
  for (const auto& [name, value] : terms.members()) json.set(name, value);
}

}  // namespace

Json terms_of(const Json& policy) {
  const Json slim = without_empty_lists(policy);
  Json out = Json::object();
  if (!slim.is_object()) return out;
  for (const auto& [name, value] : slim.members()) {
    if (!is_in(kEnvelope, name)) out.members().emplace_back(name, value);
  }
  return out;
}

Json to_json(const Offer& offer) {
  Json json = Json::object({{"@type", "Offer"}, {"@id", offer.id}, {"target", offer.target}});
  append_terms(json, offer.terms);
  if (offer.product_version != 0) json.set("productVersion", offer.product_version);
  set_unless_empty(json, "contentRoot", offer.content_root);
  set_unless_empty(json, "period", offer.period);
  if (offer.valid_until) json.set("validUntil", format_iso8601(*offer.valid_until));
  return json;
}

Result<Offer> parse_offer(const Json& json, std::string_view where) {
  if (!json.is_object()) return malformed(where, "must be an object");
  WEIR_TRY(constant_field(json, where, "@type", "Offer"));
  Offer offer;
  WEIR_TRY_LET(offer.id, text_field(json, where, "@id", {.bytes_max = kIdBytesMax}));
  WEIR_TRY_LET(offer.target, text_field(json, where, "target", {.bytes_max = kIdBytesMax}));
  WEIR_TRY(check_policy_shape(json, where));
  WEIR_TRY_LET(offer.product_version, count_field(json, where, "productVersion"));
  WEIR_TRY_LET(offer.content_root, text_field(json, where, "contentRoot", {.bytes_max = 128, .required = false}));
  WEIR_TRY_LET(offer.period, text_field(json, where, "period", {.bytes_max = 64, .required = false}));
  if (!offer.period.empty() && !parse_duration(offer.period)) {
    return malformed(join_path(where, "period"), "must be an ISO 8601 duration");
  }
  WEIR_TRY_LET(offer.valid_until, time_field(json, where, "validUntil"));
  offer.terms = terms_of(json);
  return offer;
}

bool same_terms(const Offer& a, const Offer& b) {
  const auto agree = [](const auto& x, const auto& y, const auto& open) { return x == open || y == open || x == y; };
  return a.target == b.target && a.period == b.period && agree(a.product_version, b.product_version, 0) &&
         agree(a.content_root, b.content_root, std::string()) && a.terms.canonical() == b.terms.canonical();
}

std::string terms_digest(const Offer& offer) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(offer.terms.canonical())));
}

Agreement make_agreement(Agreement fields) {
  Json json = Json::object({{"@type", "Agreement"},
                            {"@id", fields.id},
                            {"target", fields.target},
                            {"assigner", fields.provider.value()},
                            {"assignee", fields.consumer.value()}});
  if (fields.time) json.set("timestamp", format_iso8601(*fields.time));
  append_terms(json, fields.terms);
  set_unless_empty(json, "contractId", fields.contract_id);
  set_unless_empty(json, "providerEntityId", fields.provider_entity);
  set_unless_empty(json, "consumerEntityId", fields.consumer_entity);
  set_unless_empty(json, "providerPid", fields.provider_pid);
  set_unless_empty(json, "consumerPid", fields.consumer_pid);
  if (fields.product_version != 0) json.set("productVersion", fields.product_version);
  set_unless_empty(json, "contentRoot", fields.content_root);
  if (fields.valid_until) json.set("validUntil", format_iso8601(*fields.valid_until));
  fields.object = std::move(json);
  return fields;
}

Result<Agreement> parse_agreement(const Json& json) {
  constexpr std::string_view kWhere = "agreement";
  constexpr TextRule kId{.bytes_max = kIdBytesMax};
  constexpr TextRule kOptionalId{.bytes_max = kIdBytesMax, .required = false};
  if (!json.is_object()) return malformed(kWhere, "must be an object");
  WEIR_TRY(constant_field(json, kWhere, "@type", "Agreement"));
  Agreement out;
  WEIR_TRY_LET(out.id, text_field(json, kWhere, "@id", kId));
  WEIR_TRY_LET(out.target, text_field(json, kWhere, "target", kId));
  WEIR_TRY_LET(std::string provider, text_field(json, kWhere, "assigner", kId));
  WEIR_TRY_LET(std::string consumer, text_field(json, kWhere, "assignee", kId));
  out.provider = PartyId(std::move(provider));
  out.consumer = PartyId(std::move(consumer));
  WEIR_TRY(check_policy_shape(json, kWhere));
  WEIR_TRY_LET(out.time, time_field(json, kWhere, "timestamp"));
  WEIR_TRY_LET(out.contract_id, text_field(json, kWhere, "contractId", {.bytes_max = 47, .required = false}));
  WEIR_TRY_LET(out.provider_entity, text_field(json, kWhere, "providerEntityId", kOptionalId));
  WEIR_TRY_LET(out.consumer_entity, text_field(json, kWhere, "consumerEntityId", kOptionalId));
  WEIR_TRY_LET(out.provider_pid, text_field(json, kWhere, "providerPid", kOptionalId));
  WEIR_TRY_LET(out.consumer_pid, text_field(json, kWhere, "consumerPid", kOptionalId));
  WEIR_TRY_LET(out.product_version, count_field(json, kWhere, "productVersion"));
  WEIR_TRY_LET(out.content_root, text_field(json, kWhere, "contentRoot", {.bytes_max = 128, .required = false}));
  WEIR_TRY_LET(out.valid_until, time_field(json, kWhere, "validUntil"));
  out.terms = terms_of(json);
  out.object = json;
  return out;
}

crypto::HashAlgorithm hash_for(crypto::SignatureAlgorithm algorithm) {
  return algorithm == crypto::SignatureAlgorithm::kSm2Sm3 ? crypto::HashAlgorithm::kSm3
                                                          : crypto::HashAlgorithm::kSha256;
}

std::string hash_of(const Agreement& agreement, crypto::HashAlgorithm algorithm) {
  return std::string(name_of(algorithm)) + ":" +
         wire::encode_hex(crypto::hash(algorithm, view_of(agreement.object.canonical())));
}

std::string signed_bytes(const Agreement& agreement, const PartyId& node, std::string_view entity, Timestamp time,
                         crypto::HashAlgorithm algorithm) {
  return Json::object({{"agreementHash", hash_of(agreement, algorithm)},
                       {"agreementId", agreement.id},
                       {"contractId", agreement.contract_id},
                       {"entityId", entity},
                       {"nodeId", node.value()},
                       {"signatoryTime", format_iso8601(time)},
                       {"type", kStatementType}})
      .canonical();
}

PartySignature sign(const Agreement& agreement, const crypto::PrivateKey& key, const PartyId& node,
                    std::string_view entity, Timestamp time) {
  WEIR_CHECK(agreement.object.is_object());
  const std::string bytes = signed_bytes(agreement, node, entity, time, hash_for(key.algorithm()));
  return {.node = node, .entity = std::string(entity), .time = time, .signature = key.sign(view_of(bytes))};
}

//= TC609-6-2025-13#contract-integrity
Result<> verify(const PartySignature& signature, const Agreement& agreement, const crypto::PublicKey& key,
                const PartyId& node, std::string_view entity) {
  if (signature.node != node || signature.entity != entity) {
    return Error(Errc::kUnauthenticated, "the signature names another node or participant than the contract's")
        .because("contract.wrong_signer");
  }
  const crypto::HashAlgorithm algorithm = hash_for(signature.signature.algorithm);
  const std::string bytes = signed_bytes(agreement, node, entity, signature.time, algorithm);
  return key.verify(view_of(bytes), signature.signature);
}

Json to_json(const PartySignature& signature) {
  return Json::object({{"entityId", signature.entity},
                       {"nodeId", signature.node.value()},
                       {"algorithm", name_of(signature.signature.algorithm)},
                       {"signature", wire::encode_base64url(signature.signature.bytes)},
                       {"signatoryTime", format_iso8601(signature.time)}});
}

Result<PartySignature> parse_party_signature(const Json& json, std::string_view where) {
  if (!json.is_object()) return malformed(where, "must be an object");
  WEIR_TRY_LET(std::string entity, text_field(json, where, "entityId", {.bytes_max = kIdBytesMax}));
  WEIR_TRY_LET(std::string node, text_field(json, where, "nodeId", {.bytes_max = kIdBytesMax}));
  WEIR_TRY_LET(const std::string name, text_field(json, where, "algorithm", {.bytes_max = 64}));
  const auto algorithm = crypto::parse_signature_algorithm(name);
  if (!algorithm) return malformed(join_path(where, "algorithm"), "is no signature algorithm that is known here");
  WEIR_TRY_LET(const std::string text, text_field(json, where, "signature", {.bytes_max = 256}));
  Result<Bytes> bytes = wire::decode_base64url(text);
  if (!bytes) return malformed(join_path(where, "signature"), "must be base64url");
  WEIR_TRY_LET(const auto time, time_field(json, where, "signatoryTime"));
  if (!time) return malformed(join_path(where, "signatoryTime"), "is missing");
  // One text form a moment: what is shown is what was signed.
  if (format_iso8601(*time) != json["signatoryTime"].as_string()) {
    return malformed(join_path(where, "signatoryTime"), "must be written as 2026-01-31T08:05:09Z");
  }
  return PartySignature{.node = PartyId(std::move(node)),
                        .entity = std::move(entity),
                        .time = *time,
                        .signature = {.algorithm = *algorithm, .bytes = *std::move(bytes)}};
}

}  // namespace weir::flow::contract
