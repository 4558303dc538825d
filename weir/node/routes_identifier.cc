// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/supply/identifier/area.h"
#include "weir/supply/identifier/assign.h"
#include "weir/supply/identifier/service.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using supply::identifier::Identifier;
using wire::Json;

Result<Response> get_parts(Node&, Request& request) {
  WEIR_TRY_LET(const Json parts, supply::identifier::describe_identifier(request.parameter("id")));
  return Response::json(parts);
}

// A new identifier of this node's participant and area, unless the body names others. It is given, not entered.
Result<Response> generate(Node& node, Request& request) {
  WEIR_TRY_LET(Json body, request.json());
  const auto& self = node.folder().node();
  if (!body.has("subject")) body.set("subject", self.participant);
  if (!body.has("area")) body.set("area", self.area);
  WEIR_TRY_LET(const std::string id, supply::identifier::generate(body, node.clock().now(), node.random()));
  return Response::json(Json::object({{"id", id}}));
}

Result<Response> resolve(Node& node, Request& request) {
  WEIR_TRY_LET(const Identifier id, Identifier::parse(request.parameter("id")));
  WEIR_TRY_LET(const auto found, node.registry().resolve(id));
  Json out = to_json(found.record);
  out.set("local", found.local);
  return Response::json(out);
}

Result<Response> give_address(Node& node, Request& request) {
  WEIR_TRY_LET(const Identifier id, Identifier::parse(request.parameter("id")));
  WEIR_TRY_LET(const auto address, node.registry().address_of(id, request.principal.actor()));
  return Response::json(Json::object({{"id", id.text()}, {"address", format(address)}}));
}

Result<Response> at_address(Node& node, Request& request) {
  WEIR_TRY_LET(const auto address, supply::identifier::parse_address(request.parameter("address")));
  WEIR_TRY_LET(const Identifier id, node.registry().identifier_at(address));
  return Response::json(Json::object({{"id", id.text()}, {"address", format(address)}}));
}

}  // namespace

void add_identifier_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const Access read = Access::with_scope("catalog:read");
  const Access write = Access::with_scope("identifier:write");
  add(Method::kGet, "/api/v1/identifiers/{id}", read, "resolveIdentifier",
      {"Where what an identifier names is found", "标识解析"}, resolve);
  add(Method::kGet, "/api/v1/identifiers/{id}/parts", read, "identifierParts",
      {"Which form it has, and what it says by itself", "标识的形式与组成"}, get_parts);
  add(Method::kPost, "/api/v1/identifiers", write, "generateIdentifier", {"A new identifier of any form", "生成标识"},
      generate);
  add(Method::kPost, "/api/v1/identifiers/{id}/address", write, "giveAddress", {"Its IPv6 address", "标识对应的 IPv6 地址"},
      give_address);
  add(Method::kGet, "/api/v1/addresses/{address}", read, "identifierAtAddress",
      {"The identifier at an IPv6 address", "IPv6 地址对应的标识"}, at_address);
  add(Method::kGet, "/peer/v1/identifiers/{id}", Access::peer(), "peerIdentifier", {"Resolution, for nodes", "节点间标识解析"},
      resolve);
}

}  // namespace weir::node
