// SPDX-License-Identifier: Apache-2.0
#include "weir/node/routes.h"

#include "weir/node/node.h"

namespace weir::node {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using wire::Json;

namespace {

constexpr std::int64_t kWaitMost = 60'000;
constexpr std::uint64_t kFreeLeast = 1u << 20;

Result<Response> get_node(Node& node, Request&) {
  const NodeFile& file = node.folder().node();
  return Response::json(Json::object({{"node", node.id().text()},
                                      {"name", file.name},
                                      {"role", config::name_of(file.role)},
                                      {"suite", crypto::name_of(file.suite)},
                                      {"participant", file.participant},
                                      {"area", file.area},
                                      {"url", node.url()},
                                      {"version", "0.1.0"}}));
}

// Alive: the process answers. Ready: it also takes writes.
Result<Response> get_health(Node&, Request&) { return Response::json(Json::object({{"status", "alive"}})); }

// Small writes may still find a place on a disk that is full. After one that did not, a write is tried when there is
// space again: nobody else may be writing any more.
Result<> check_writes(Node& node) {
  WEIR_TRY_LET(const std::uint64_t free, node.files().free_bytes(node.folder().path()));
  if (free < kFreeLeast) {
    return Error(Errc::kExhausted, "the disk of the data folder is full: " + std::to_string(free) + " bytes are free")
        .because("store.disk_full")
        .advise("free space there; the node goes on by itself");
  }
  const Result<> healthy = node.health();
  if (healthy || healthy.error().reason() != "store.disk_full") return healthy;
  return node.sql().write([](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("UPDATE evidence_head SET size = size WHERE id = 1"));
    return {};
  });
}

Result<Response> get_ready(Node& node, Request&) {
  if (const auto healthy = check_writes(node); !healthy) {
    const Error& why = healthy.error();
    return Error(Errc::kUnavailable, std::string(why.message())).because("node.not_ready").advise(why.hint());
  }
  return Response::json(Json::object({{"status", "ready"}}));
}

}  // namespace

Result<std::size_t> page_limit(const Request& request) {
  WEIR_TRY_LET(const std::int64_t limit,
               request.query_integer("limit", limits::kPageSizeDefault, 1, limits::kPageSizeMax));
  return static_cast<std::size_t>(limit);
}

Json page_json(Json::Array items, const std::string& next) {
  Json out = Json::object({{"items", Json::array(std::move(items))}});
  if (!next.empty()) out.set("next", next);
  return out;
}

Result<Milliseconds> wait_time(const Request& request) {
  WEIR_TRY_LET(const std::int64_t wait, request.query_integer("wait", 0, 0, kWaitMost));
  return Milliseconds(wait);
}

void add_node_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kGet, "/health", Access::open(), "health", {"Whether the process lives", "存活检查"}, get_health);
  add(Method::kGet, "/ready", Access::open(), "ready", {"Whether it takes writes", "就绪检查"}, get_ready);
  add(Method::kGet, "/api/v1/node", Access::open(), "getNode", {"Who this node is", "节点信息"}, get_node);
}

void add_routes(Router& router, Node& node) {
  add_node_routes(router, node);
  add_credential_routes(router, node);
  add_participant_routes(router, node);
  add_identifier_routes(router, node);
  add_policy_routes(router, node);
  add_catalog_routes(router, node);
  add_dcat_routes(router, node);
  add_ckan_routes(router, node);
  add_contract_routes(router, node);
  add_usage_routes(router, node);
  add_delivery_routes(router, node);
  add_metering_routes(router, node);
  add_job_routes(router, node);
  add_evidence_routes(router, node);
  add_assessment_routes(router, node);
  add_standards_routes(router, node);
  add_dsp_routes(router, node);
  add_partner_routes(router, node);
  add_signaling_routes(router, node);
  add_claims_routes(router, node);
  add_dcp_routes(router, node);
}

}  // namespace weir::node
