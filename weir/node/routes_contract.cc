// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/problem.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::contract::AgreementRecord;
using flow::contract::ListQuery;
using flow::contract::NegotiationRecord;
using flow::contract::Offer;
using flow::contract::PartyId;
using wire::Json;

Result<ListQuery> list_query(const Request& request) {
  ListQuery out;
  WEIR_TRY_LET(out.limit, page_limit(request));
  out.cursor = request.query_or("cursor", "");
  out.peer = request.query_or("peer", "");
  out.product = request.query_or("product", "");
  return out;
}

std::string reason_of(const Json& body) { return body.text_or("reason", ""); }

std::vector<std::string> reasons_of(const Json& body) {
  const std::string reason = reason_of(body);
  return reason.empty() ? std::vector<std::string>{} : std::vector<std::string>{reason};
}

// ── for operators ──

// The offer of a product as the space's catalogue shows it, chosen by id or the first.
Result<Offer> chosen_offer(const supply::catalog::Product& product, const std::string& id) {
  if (product.status != supply::catalog::Status::kPublished) {
    return Error(Errc::kNotFound, "the product is " + std::string(supply::catalog::name_of(product.status)))
        .because("contract.no_offer");
  }
  for (const auto& offer : product.description.offers) {
    if (id.empty() || offer.id == id) return published_offer(product, offer);
  }
  return Error(Errc::kNotFound, id.empty() ? "the product is not offered" : "the product has no offer '" + id + "'")
      .because("contract.no_offer")
      .advise("see its offers: weir show " + product.id.text());
}

Result<Response> post_negotiation(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string product_text, body.text("product"));
  WEIR_TRY_LET(const auto product_id, supply::identifier::ProductId::parse(product_text));
  WEIR_TRY_LET(const auto product, node.find_product(product_id));
  WEIR_TRY_LET(Offer offer, chosen_offer(product, body.text_or("offer", "")));
  if (body["terms"].is_object()) offer.terms = flow::contract::terms_of(body["terms"]);
  WEIR_TRY(node.know(product.node));
  WEIR_TRY_LET(const std::string pid, node.contracts().request(PartyId(product.node.text()), offer,
                                                               request.principal.actor()));
  WEIR_TRY_LET(const NegotiationRecord record, node.contracts().get(pid));
  return Response::created("/api/v1/negotiations/" + pid, to_json(record));
}

// An offer to one participant, begun by the provider: the published terms, or others.
Result<Response> post_offer(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string product_text, body.text("product"));
  WEIR_TRY_LET(const std::string consumer_text, body.text("consumer"));
  WEIR_TRY_LET(const auto product_id, supply::identifier::ProductId::parse(product_text));
  WEIR_TRY_LET(const auto consumer, supply::identifier::NodeId::parse(consumer_text));
  WEIR_TRY_LET(const auto product, node.catalog().find(product_id));
  WEIR_TRY_LET(Offer offer, chosen_offer(product, body.text_or("offer", "")));
  if (body["terms"].is_object()) {
    offer.id = "urn:uuid:" + node.random().uuid();
    offer.terms = flow::contract::terms_of(body["terms"]);
  }
  WEIR_TRY(node.know(consumer));
  WEIR_TRY_LET(const std::string pid,
               node.contracts().offer(PartyId(consumer.text()), offer, request.principal.actor()));
  WEIR_TRY_LET(const NegotiationRecord record, node.contracts().get(pid));
  return Response::created("/api/v1/negotiations/" + pid, to_json(record));
}

Result<Response> list_negotiations(Node& node, Request& request) {
  WEIR_TRY_LET(const ListQuery query, list_query(request));
  const bool held = request.query_or("held", "") == "true";
  WEIR_TRY_LET(const auto page, held ? node.contracts().list_held(query) : node.contracts().list(query));
  Json::Array items;
  for (const auto& record : page.items) items.push_back(to_json(record));
  return Response::json(page_json(std::move(items), page.next));
}

Result<Response> get_negotiation(Node& node, Request& request) {
  const std::string& pid = request.parameter("id");
  WEIR_TRY_LET(const Milliseconds wait, wait_time(request));
  WEIR_TRY(node.news().wait_until(wait, [&]() -> Result<bool> {
    WEIR_TRY_LET(const flow::contract::State state, node.contracts().state_of(pid));
    return is_final(state);
  }));
  WEIR_TRY_LET(const NegotiationRecord record, node.contracts().get(pid));
  return Response::json(to_json(record));
}

Result<Response> answer_negotiation(Node& node, const std::string& pid) {
  WEIR_TRY_LET(const NegotiationRecord record, node.contracts().get(pid));
  return Response::json(to_json(record));
}

Result<Response> approve(Node& node, Request& request) {
  WEIR_TRY(node.contracts().approve(request.parameter("id"), request.principal.actor()));
  return answer_negotiation(node, request.parameter("id"));
}

Result<Response> reject(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY(node.contracts().reject(request.parameter("id"), reasons_of(body), request.principal.actor()));
  return answer_negotiation(node, request.parameter("id"));
}

Result<Response> counter(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  const std::string& pid = request.parameter("id");
  WEIR_TRY_LET(const NegotiationRecord record, node.contracts().get(pid));
  Offer offer = record.negotiation.offer;
  offer.id = "urn:uuid:" + node.random().uuid();
  offer.terms = flow::contract::terms_of(body["terms"]);
  WEIR_TRY(node.contracts().counter(pid, offer, request.principal.actor()));
  return answer_negotiation(node, pid);
}

Result<Response> terminate_negotiation(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY(node.contracts().terminate(request.parameter("id"), body.text_or("code", ""), reasons_of(body),
                                      request.principal.actor()));
  return answer_negotiation(node, request.parameter("id"));
}

// ── templates ──

Result<Response> post_template(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto parsed, flow::contract::parse_template(body));
  WEIR_TRY_LET(const auto kept, node.contracts().create_template(parsed, request.principal.actor()));
  return Response::json(to_json(kept), 201);
}

Result<Response> list_templates(Node& node, Request&) {
  WEIR_TRY_LET(const auto all, node.contracts().templates());
  Json::Array items;
  for (const auto& each : all) items.push_back(to_json(each));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> fill_template(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  const Json values = body["values"].is_object() ? body["values"] : Json::object();
  WEIR_TRY_LET(const Offer offer,
               node.contracts().offer_from_template(request.parameter("id"), body.integer_or("version", 0),
                                                    body.text_or("product", "urn:weir:any"), values));
  return Response::json(Json::object({{"terms", offer.terms}, {"period", offer.period}}));
}

Result<Response> list_agreements(Node& node, Request& request) {
  WEIR_TRY_LET(ListQuery query, list_query(request));
  query.live_only = request.query_or("live", "") == "true";
  WEIR_TRY_LET(const auto page, node.contracts().agreements(query));
  Json::Array items;
  for (const auto& record : page.items) items.push_back(to_json(record));
  return Response::json(page_json(std::move(items), page.next));
}

Result<Response> answer_agreement(Node& node, const std::string& id) {
  WEIR_TRY_LET(const AgreementRecord record, node.contracts().get_agreement(id));
  return Response::json(to_json(record));
}

Result<Response> get_agreement(Node& node, Request& request) {
  return answer_agreement(node, request.parameter("id"));
}

Result<Response> check_agreement(Node& node, Request& request) {
  WEIR_TRY(node.contracts().check_signatures(request.parameter("id")));
  return answer_agreement(node, request.parameter("id"));
}

Result<Response> terminate_agreement(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY(node.contracts().terminate_agreement(request.parameter("id"), body.text_or("code", ""), reasons_of(body),
                                                request.principal.actor()));
  return answer_agreement(node, request.parameter("id"));
}

Result<Response> suspend_agreement(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY(node.contracts().suspend_agreement(request.parameter("id"), reasons_of(body), request.principal.actor()));
  return answer_agreement(node, request.parameter("id"));
}

Result<Response> resume_agreement(Node& node, Request& request) {
  WEIR_TRY(node.contracts().resume_agreement(request.parameter("id"), request.principal.actor()));
  return answer_agreement(node, request.parameter("id"));
}

void add_operator_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, const char* scope,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = "/api/v1" + std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  constexpr const char* kRead = "contract:read";
  constexpr const char* kWrite = "contract:write";
  add(Method::kPost, "/negotiations", "createNegotiation", {"Asks for a product under its offer", "按报价请求产品"}, kWrite,
      post_negotiation, 201);
  add(Method::kPost, "/offers", "createOffer", {"Offers a product to one participant", "向指定参与方报价"}, kWrite, post_offer,
      201);
  add(Method::kPost, "/contract-templates", "createTemplate", {"A new template, or its next version", "新增合约模板或新版本"},
      kWrite, post_template, 201);
  add(Method::kGet, "/contract-templates", "listTemplates", {"Templates, the latest versions", "合约模板列表"}, kRead,
      list_templates);
  add(Method::kPost, "/contract-templates/{id}/fill", "fillTemplate",
      {"Its terms with the places filled in", "填写模板得到条款"}, kRead, fill_template);
  add(Method::kGet, "/negotiations", "listNegotiations", {"Negotiations, newest first", "协商列表，最新在前"}, kRead,
      list_negotiations);
  add(Method::kGet, "/negotiations/{id}", "getNegotiation",
      {"One negotiation; with wait, answers when it is final or the time is up", "一次协商；带 wait 时等到结束或超时"}, kRead,
      get_negotiation);
  add(Method::kPost, "/negotiations/{id}/approve", "approveNegotiation", {"Goes on with what waits", "批准待决协商"},
      kWrite, approve);
  add(Method::kPost, "/negotiations/{id}/reject", "rejectNegotiation", {"Refuses what waits", "拒绝待决协商"}, kWrite,
      reject);
  add(Method::kPost, "/negotiations/{id}/counter", "counterNegotiation", {"Answers with other terms", "提出还价条款"},
      kWrite, counter);
  add(Method::kPost, "/negotiations/{id}/terminate", "terminateNegotiation", {"Breaks off", "终止协商"}, kWrite,
      terminate_negotiation);
  add(Method::kGet, "/agreements", "listAgreements", {"Agreements, newest first", "协议列表，最新在前"}, kRead,
      list_agreements);
  add(Method::kGet, "/agreements/{id}", "getAgreement", {"One agreement with its signatures", "协议及其签名"}, kRead,
      get_agreement);
  add(Method::kPost, "/agreements/{id}/check", "checkAgreement", {"Verifies both signatures again", "重新校验双方签名"},
      kRead, check_agreement);
  add(Method::kPost, "/agreements/{id}/terminate", "terminateAgreement", {"Ends it early", "提前终止"}, kWrite,
      terminate_agreement);
  add(Method::kPost, "/agreements/{id}/suspend", "suspendAgreement", {"Suspends it", "暂停协议"}, kWrite,
      suspend_agreement);
  add(Method::kPost, "/agreements/{id}/resume", "resumeAgreement", {"Resumes it", "恢复协议"}, kWrite, resume_agreement);
}

}  // namespace

void add_contract_routes(Router& router, Node& node) {
  add_operator_routes(router, node);
}

}  // namespace weir::node
