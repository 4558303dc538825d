// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/dsp/message.h"
#include "weir/base/log.h"
#include "weir/node/node.h"
#include "weir/node/partners.h"
#include "weir/node/routes.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::ClientRequest;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using wire::Json;

Result<Response> put_partner(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  Partner partner{.id = request.parameter("id"), .name = body.text_or("name", ""),
                  .data_address = body.text_or("dataAddress", "")};
  WEIR_TRY_LET(partner.address, body.text("address"));
  partner.authorization_out = body.text_or("authorizationOut", "");
  const std::string authorization_in = body.text_or("authorizationIn", "");
  WEIR_TRY(node.partners().put(partner, authorization_in));
  log::info("partner.known", {{"partner", partner.id}, {"address", partner.address}, {"actor",
      request.principal.actor()}});
  WEIR_TRY_LET(const Partner stored, node.partners().find(partner.id));
  return Response::json(to_json(stored));
}

Result<Response> list_partners(Node& node, Request&) {
  WEIR_TRY_LET(const auto all, node.partners().list());
  Json::Array items;
  for (const Partner& one : all) items.push_back(to_json(one));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> remove_partner(Node& node, Request& request) {
  WEIR_TRY(node.partners().remove(request.parameter("id")));
  log::info("partner.removed", {{"partner", request.parameter("id")}, {"actor", request.principal.actor()}});
  return Response::empty();
}

// ── what a partner offers, and asking it ──

// What a partner answers to the protocol's question, in one form.
Result<Json> ask(Node& node, const Partner& partner, ClientRequest request) {
  request.url = partner.address + request.url;
  request.headers.set("Content-Type", "application/json");
  WEIR_TRY_LET(const auto response, node.partners().send(partner, std::move(request)));
  WEIR_TRY_LET(const Json answer, response.json());
  return adapters::dsp::compact(answer);
}

Json catalog_request() {
  return Json::object({{"@context", flow::contract::dsp_context()}, {"@type", "CatalogRequestMessage"}});
}

Result<Response> get_catalog(Node& node, Request& request) {
  WEIR_TRY_LET(const Partner partner, node.partners().find(request.parameter("id")));
  WEIR_TRY_LET(const Json catalog, ask(node, partner,
                                       {.method = Method::kPost, .url = "/catalog/request",
                                           .body = catalog_request().dump()}));
  return Response::json(catalog);
}

// The offer of a dataset by its id, or the first.
Result<flow::contract::Offer> chosen_offer(const Json& dataset, const std::string& id) {
  for (const Json& one : dataset["hasPolicy"].is_array() ? dataset["hasPolicy"].items() : Json::Array{}) {
    const std::string offer = one.text_or("@id", "");
    if (!id.empty() && offer != id) continue;
    return flow::contract::Offer{.id = offer,
                                 .target = dataset.text_or("@id", ""),
                                 .terms = flow::contract::terms_of(adapters::dsp::plain_terms(one))};
  }
  return Error(Errc::kNotFound, "the partner makes no such offer").because("contract.no_offer");
}

Result<Response> post_negotiation(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string dataset_id, body.text("dataset"));
  WEIR_TRY_LET(const Partner partner, node.partners().find(request.parameter("id")));
  WEIR_TRY_LET(const Json dataset, ask(node, partner, {.url = "/catalog/datasets/" + wire::escape_url(dataset_id)}));
  WEIR_TRY_LET(const auto offer, chosen_offer(dataset, body.text_or("offer", "")));
  WEIR_TRY_LET(const std::string pid, node.contracts().request(flow::contract::PartyId(partner.id), offer,
                                                               request.principal.actor()));
  WEIR_TRY_LET(const auto record, node.contracts().get(pid));
  return Response::created("/api/v1/negotiations/" + pid, to_json(record));
}

}  // namespace

void add_partner_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, auto handler,
      int status) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::with_scope("operator:write"),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kPut, "/api/v1/partners/{id}", "putPartner",
      {"Makes a connector outside the space known to this node", "登记空间外的连接器"}, put_partner, 200);
  add(Method::kGet, "/api/v1/partners", "listPartners", {"Connectors outside the space", "空间外连接器列表"}, list_partners,
      200);
  add(Method::kDelete, "/api/v1/partners/{id}", "removePartner", {"Forgets one", "删除登记"}, remove_partner, 204);
  add(Method::kGet, "/api/v1/partners/{id}/catalog", "getPartnerCatalog",
      {"What a connector outside the space offers", "空间外连接器的目录"}, get_catalog, 200);
  add(Method::kPost, "/api/v1/partners/{id}/negotiations", "askPartner",
      {"Asks it for one of its datasets", "向其请求数据集"}, post_negotiation, 201);
}

}  // namespace weir::node
