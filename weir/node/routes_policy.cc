// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/policy/explain.h"
#include "weir/policy/odrl.h"
#include "weir/policy/report.h"
#include "weir/policy/tc609.h"
#include "weir/policy/terms.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using wire::Json;

// {"terms": "count<=3, log"} or {"policy": {…}}.
Result<policy::Policy> asked_policy(const Json& body) {
  if (body["policy"].is_object()) return policy::read_policy(body["policy"]);
  WEIR_TRY_LET(const std::string terms, body.text("terms"));
  return policy::parse_terms(terms);
}

Result<Response> check(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const policy::Policy terms, asked_policy(body));
  return Response::json(policy::report(terms, node.clock().now()));
}

Result<Response> explain(Node&, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const policy::Policy terms, asked_policy(body));
  const Text text = policy::explain(terms);
  return Response::json(Json::object({{"en", text.en}, {"zh", text.zh}}));
}

Result<Response> convert(Node&, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const policy::Policy terms, asked_policy(body));
  const std::string to = body.text_or("to", "odrl");
  if (to == "odrl") return Response::json(Json::object({{"policy", policy::to_odrl_document(terms)}}));
  if (to == "terms") {
    WEIR_TRY_LET(const std::string line, policy::format_terms(terms));
    return Response::json(Json::object({{"terms", line}}));
  }
  if (to != "tc609") {
    return Error(Errc::kInvalidArgument, "terms are written as odrl, tc609 or terms").because("policy.form");
  }
  const policy::Converted written = policy::to_tc609(terms);
  Json losses = Json::array();
  for (const policy::Loss& loss : written.losses) {
    losses.push(Json::object({{"path", loss.path}, {"en", loss.what.en}, {"zh", loss.what.zh}}));
  }
  return Response::json(Json::object({{"policy", written.json}, {"losses", losses}}));
}

}  // namespace

void add_policy_routes(Router& router, Node& node) {
  const auto add = [&](std::string pattern, std::string operation, Text summary, auto handler) {
    router.add({.method = Method::kPost,
                .pattern = "/api/v1/policies" + std::move(pattern),
                .access = Access::with_scope("catalog:read"),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add("/check", "checkPolicy", {"Finds mistakes and contradictions in terms", "检查条款的错误与冲突"}, check);
  add("/explain", "explainPolicy", {"Says in plain words what is permitted", "用通俗语言说明条款"}, explain);
  add("/convert", "convertPolicy", {"Writes terms as ODRL, TC609 or a line", "条款转换为 ODRL、TC609 或单行文本"}, convert);
}

}  // namespace weir::node
