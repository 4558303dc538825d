// The Decentralized Claims Protocol 1.0 as this node serves it: DID document, credential service, issuer service,
// status lists. Whoever calls shows who they are with a self-issued ID token.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"
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

std::string_view shown(const Request& request) { return request.headers.get("Authorization"); }

Result<Response> get_document(Node& node, Request&) { return Response::json(node.claims().document()); }

// ── credential service ──

Result<Response> post_query(Node& node, Request& request) {
  WEIR_TRY_LET(const auto asking, node.claims().hear_verifier(shown(request)));
  WEIR_TRY_LET(const Json body, request.json());
  const auto scopes = trust::claims::parse_query(body);
  if (!scopes) {
    Response refusal = adapters::http::Response::json(Json::object({{"error", scopes.error().message()}}), 501);
    if (scopes.error().reason() == "claims.definition") return refusal;
    return Error(scopes.error());
  }
  WEIR_TRY_LET(const auto presentations, node.claims().holder().present(asking.verifier, *scopes, asking.granted));
  return Response::json(trust::claims::make_response(presentations));
}

Result<Response> post_credentials(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  auto& holder = node.claims().holder();
  const auto delivered = trust::claims::parse_delivered(body);
  WEIR_TRY_LET(const auto issuer, node.claims().hear_issuer(shown(request), [&](const Did& speaker) -> Result<> {
                 // Of whom nothing was asked is not looked up.
                 if (!delivered) return node.claims().knows_issuer(speaker) ? Result<>() : Error(delivered.error());
                 return holder.check_asked(delivered->holder_pid, speaker);
               }));
  if (!delivered) return Error(delivered.error());
  WEIR_TRY(holder.receive(*delivered, issuer));
  log::info("claims.received", {{"issuer", issuer.id.text()}, {"pid", delivered->holder_pid}});
  return Response::empty();
}

Result<Response> post_offer(Node& node, Request& request) {
  WEIR_TRY_LET(const auto issuer, node.claims().hear_issuer(shown(request), [&](const Did& speaker) -> Result<> {
                 if (node.claims().knows_issuer(speaker)) return {};
                 return Error(Errc::kForbidden, "this node takes no offers of that issuer").because("claims.issuer");
               }));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto offered, trust::claims::parse_offered(body));
  if (offered.issuer != issuer.id) {
    return Error(Errc::kForbidden, "the offer is of another issuer than its sender").because("claims.issuer");
  }
  WEIR_TRY(node.claims().holder().note_offer(offered));
  return Response::empty(200);
}

// ── issuer service ──

Result<Response> get_metadata(Node& node, Request&) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  return Response::json(trust::claims::make_metadata(node.claims().did(), issuer->supported()));
}

Result<Response> post_request(Node& node, Request& request) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  WEIR_TRY_LET(const auto heard, node.claims().hear_member(shown(request)));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto asked, trust::claims::parse_asked(body));
  const auto& token = heard.token;
  WEIR_TRY_LET(const std::string pid, issuer->issue(asked, token.issuer, token.access_token, heard.member,
                                                    "peer:" + heard.member.node));
  Response response = Response::empty(201);
  response.headers.set("Location", node.url() + std::string(kIssuerPath) + "/requests/" + pid);
  return response;
}

Result<Response> get_request(Node& node, Request& request) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  WEIR_TRY_LET(const auto heard, node.claims().hear_member(shown(request)));
  WEIR_TRY_LET(const Json status, issuer->status(request.parameter("id"), heard.token.issuer));
  return Response::json(status);
}

Result<Response> get_status_list(Node& node, Request& request) {
  WEIR_TRY_LET(auto* issuer, node.claims().issuer());
  WEIR_TRY_LET(const auto profile, trust::claims::parse_list_name(request.parameter("profile")));
  WEIR_TRY_LET(std::string token, issuer->status_list(profile));
  return Response::bytes("application/vc+jwt", std::move(token));
}

}  // namespace

void add_dcp_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, auto handler,
                       int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::open(),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const std::string holder(kHolderPath);
  const std::string issuer(kIssuerPath);
  add(Method::kGet, "/.well-known/did.json", "didDocument", {"Who this node is, as a DID document", "本节点的 DID 文档"},
      get_document);
  add(Method::kPost, holder + "/presentations/query", "dcpQuery", {"Asks for credentials of this node", "查询本节点的凭证"},
      post_query);
  add(Method::kPost, holder + "/credentials", "dcpStore", {"An issuer delivers what it was asked for", "签发方交付凭证"},
      post_credentials, 204);
  add(Method::kPost, holder + "/offers", "dcpOffer", {"An issuer offers credentials", "签发方提供凭证"}, post_offer);
  add(Method::kGet, issuer + "/metadata", "dcpMetadata", {"What this node issues", "本节点可签发的凭证"}, get_metadata);
  add(Method::kPost, issuer + "/credentials", "dcpRequest", {"A member asks for credentials", "成员申请凭证"},
      post_request, 201);
  add(Method::kGet, issuer + "/requests/{id}", "dcpRequestStatus", {"What became of a request", "凭证申请状态"}, get_request);
  add(Method::kGet, std::string(kStatusPath) + "/{profile}", "dcpStatusList",
      {"Which credentials were revoked", "凭证吊销状态列表"}, get_status_list);
}

}  // namespace weir::node
