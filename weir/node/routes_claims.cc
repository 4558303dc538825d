// DID and credentials of this node, for its operators.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/claims.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using trust::claims::Did;
using wire::Json;

Json summary(const trust::claims::Document& document) {
  Json keys = Json::array();
  for (const auto& method : document.methods) {
    Json uses = Json::array();
    if (method.authentication) uses.push("authentication");
    if (method.assertion) uses.push("assertionMethod");
    if (method.invocation) uses.push("capabilityInvocation");
    keys.push(Json::object({{"id", method.id}, {"uses", std::move(uses)}}));
  }
  Json services = Json::array();
  for (const auto& service : document.services) {
    services.push(Json::object({{"type", service.type}, {"endpoint", service.endpoint}}));
  }
  return Json::object({{"id", document.id.text()}, {"keys", std::move(keys)}, {"services", std::move(services)}});
}

Result<Response> resolve(Node& node, Request& request) {
  const std::string& id = request.parameter("id");
  WEIR_TRY_LET(const Did did, id == "self" ? Result<Did>(node.claims().did()) : Did::parse(id));
  WEIR_TRY_LET(const auto document, node.claims().world().resolve(did));
  return Response::json(summary(document));
}

Result<Response> list_held(Node& node, Request&) {
  WEIR_TRY_LET(const auto held, node.claims().holder().held());
  WEIR_TRY_LET(const auto asked, node.claims().holder().requests());
  Json::Array items;
  for (const auto& one : held) items.push_back(to_json(one));
  Json requests = Json::array();
  for (const auto& one : asked) requests.push(to_json(one));
  return Response::json(page_json(std::move(items), "").set("requests", std::move(requests)));
}

Result<Response> request_credentials(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string issuer, body.text("issuer"));
  WEIR_TRY_LET(const Did did, Did::parse(issuer));
  std::vector<std::string> types{std::string(trust::claims::kMembershipCredential)};
  if (body.has("types")) {
    WEIR_TRY_LET(types, body.texts("types"));
  }
  WEIR_TRY_LET(const auto profile,
               trust::claims::parse_profile(body.text_or("profile", name_of(trust::claims::Profile::kVc20))));
  WEIR_TRY_LET(const std::string pid, node.claims().request(did, types, profile, request.principal.actor()));
  return Response::created("/api/v1/credentials", Json::object({{"pid", pid}}));
}

Result<Response> forget(Node& node, Request& request) {
  WEIR_TRY(node.claims().holder().forget(request.parameter("id"), request.principal.actor()));
  return Response::empty();
}

Result<Response> list_issued(Node& node, Request& request) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const std::int64_t from, request.query_integer("cursor", -1, -1, INT64_MAX));
  WEIR_TRY_LET(const auto all, issuer->issued(from, limit));
  Json::Array items;
  for (const auto& one : all) items.push_back(to_json(one));
  return Response::json(page_json(std::move(items), all.size() == limit ? std::to_string(all.back().place) : ""));
}

Result<Response> revoke(Node& node, Request& request) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string reason, body.text("reason"));
  WEIR_TRY(issuer->revoke(request.parameter("id"), reason, request.principal.actor()));
  return Response::json(Json::object({{"id", request.parameter("id")}}));
}

}  // namespace

void add_claims_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, const char* scope, std::string operation, Text summary,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kGet, "/api/v1/dids/{id}", "operator:write", "resolveDid",
      {"What a DID document says; \"self\" is this node's", "解析 DID 文档；self 为本节点"}, resolve);
  add(Method::kGet, "/api/v1/credentials", "participant:read", "listCredentials",
      {"Credentials that this node holds or asked for", "本节点持有或已申请的凭证"}, list_held);
  add(Method::kPost, "/api/v1/credentials/requests", "operator:write", "requestCredentials",
      {"Asks an issuer for credentials", "向签发方申请凭证"}, request_credentials, 201);
  add(Method::kDelete, "/api/v1/credentials/{id}", "operator:write", "forgetCredential",
      {"Shows a credential to nobody any more", "删除所持凭证"}, forget, 204);
  add(Method::kGet, "/api/v1/credentials/issued", "participant:read", "listIssuedCredentials",
      {"Credentials that this node issued", "本节点签发的凭证"}, list_issued);
  add(Method::kPost, "/api/v1/credentials/issued/{id}/revoke", "participant:write", "revokeCredential",
      {"Revokes a credential for good", "永久吊销凭证"}, revoke);
}

}  // namespace weir::node
