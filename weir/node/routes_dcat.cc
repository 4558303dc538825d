// The catalogue for everybody else: DCAT-AP as Turtle and JSON-LD; and the harvest of other catalogues.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"
#include "weir/node/harvests.h"
#include "weir/node/node.h"
#include "weir/node/open_catalog.h"
#include "weir/node/routes.h"
#include "weir/supply/catalog/dcat.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using supply::catalog::DcatSite;
using supply::catalog::Product;
using supply::identifier::ProductId;
using supply::identifier::SubjectId;
using wire::Json;
using wire::rdf::Graph;

Result<> may_read_catalog(const Node& node, const Request& request) {
  using adapters::http::PrincipalKind;
  if (node.config().catalog_open) return {};
  if (request.principal.kind == PrincipalKind::kOperator && request.principal.may("catalog:read")) return {};
  return Error(Errc::kUnauthenticated, "this catalogue is read with an access token")
      .because("http.token_missing")
      .advise("send Authorization: Bearer TOKEN, or let everybody read: catalog.open = true");
}

namespace {

constexpr std::size_t kDatasetsAPage = 100;

Result<DcatSite> site_of(const Node& node) {
  const NodeFile& file = node.folder().node();
  WEIR_TRY_LET(SubjectId publisher, SubjectId::parse(file.participant));
  return DcatSite{.base = node.url(),
                  .title = {"Products of " + file.name, file.name + "的产品目录"},
                  .description = {"Data products that can be had under a contract, from node " + node.id().text(),
                                  "可依合同获取的数据产品，节点 " + node.id().text()},
                  .publisher = std::move(publisher),
                  .publisher_name = file.participant_name};
}

enum class Form : std::uint8_t { kTurtle, kJsonLd };

// The ending of the path decides, then what is accepted; Turtle if both are silent.
Form form_of(const Request& request, std::string_view ending) {
  if (ending == "jsonld") return Form::kJsonLd;
  if (ending == "ttl") return Form::kTurtle;
  const std::string accept(request.headers.get("Accept"));
  return accept.find("json") != std::string::npos ? Form::kJsonLd : Form::kTurtle;
}

Response document(const Graph& graph, Form form) {
  const auto prefixes = supply::catalog::dcat_prefixes();
  if (form == Form::kTurtle) return Response::bytes("text/turtle; charset=utf-8", write_turtle(graph, prefixes));
  return Response::bytes("application/ld+json", write_json_ld(graph, prefixes).dump());
}

Result<Response> get_catalog(Node& node, Request& request, std::string_view ending) {
  WEIR_TRY(may_read_catalog(node, request));
  supply::catalog::Query query{.limit = kDatasetsAPage, .cursor = request.query_or("cursor", "")};
  WEIR_TRY_LET(const auto page, node.catalog().search(query));
  WEIR_TRY_LET(const auto products, products_of(node, page));
  WEIR_TRY_LET(const DcatSite site, site_of(node));
  const std::string address = site.base + "/catalog" + (ending.empty() ? "" : "." + std::string(ending));
  const auto at = [&](const std::string& cursor) {
    return cursor.empty() ? address : address + "?cursor=" + wire::escape_url(cursor);
  };
  const Graph graph = to_dcat(site, products, at(query.cursor), page.next.empty() ? "" : at(page.next));
  return document(graph, form_of(request, ending));
}

Result<Response> get_dataset(Node& node, Request& request) {
  WEIR_TRY(may_read_catalog(node, request));
  std::string id = request.parameter("id");
  std::string_view ending;
  for (const std::string_view one : {"ttl", "jsonld"}) {
    if (!id.ends_with("." + std::string(one))) continue;
    ending = one;
    id.resize(id.size() - one.size() - 1);
  }
  WEIR_TRY_LET(const ProductId product_id, ProductId::parse(id));
  WEIR_TRY_LET(const Product product, node.catalog().find(product_id));
  WEIR_TRY_LET(const DcatSite site, site_of(node));
  Graph graph;
  add_dcat(graph, site, product);
  return document(graph, form_of(request, ending));
}

// ── harvests ──

Harvests harvests_of(Node& node) { return {node.sql(), node.clock(), node.partners().client(), node.catalog()}; }

Result<Response> put_harvest(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  Harvest harvest{.name = request.parameter("name"), .region = body.text_or("region", "")};
  WEIR_TRY_LET(const std::string kind, body.text("kind"));
  WEIR_TRY_LET(harvest.kind, adapters::ckan::parse_harvest_kind(kind));
  WEIR_TRY_LET(harvest.url, body.text("url"));
  WEIR_TRY_LET(const Harvest stored, harvests_of(node).put(std::move(harvest)));
  log::info("harvest.known", {{"harvest", stored.name}, {"url", stored.url}, {"actor", request.principal.actor()}});
  return Response::json(to_json(stored));
}

Result<Response> list_harvests(Node& node, Request&) {
  WEIR_TRY_LET(const auto all, harvests_of(node).list());
  Json::Array items;
  for (const Harvest& one : all) items.push_back(to_json(one));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> remove_harvest(Node& node, Request& request) {
  WEIR_TRY(harvests_of(node).remove(request.parameter("name")));
  return Response::empty();
}

Result<Response> step_harvest(Node& node, Request& request) {
  Json body = Json::object();
  if (!request.body.empty()) {
    WEIR_TRY_LET(body, request.json());
  }
  WEIR_TRY_LET(const auto step, harvests_of(node).step(request.parameter("name"), body.boolean_or("whole", false),
                                                        supply::catalog::Actor(request.principal.actor())));
  if (step.report.accepted + step.report.repaired + step.report.updated + step.removed > 0) node.catalog_changed();
  Json out = Json::object(
      {{"done", step.done}, {"total", step.total}, {"removed", step.removed}, {"harvest", to_json(step.harvest)}});
  out.set("report", supply::catalog::to_json(step.report));
  return Response::json(out);
}

}  // namespace

Result<std::vector<Product>> products_of(Node& node, const supply::catalog::Page& page) {
  std::vector<ProductId> ids;
  for (const auto& hit : page.hits) ids.push_back(hit.id);
  return node.catalog().find_many(ids);
}

void add_dcat_routes(Router& router, Node& node) {
  const auto open = [&](std::string pattern, std::string operation, auto handler) {
    router.add({.method = Method::kGet,
                .pattern = std::move(pattern),
                .access = Access::open(),
                .operation = std::move(operation),
                .summary = {"The catalogue as DCAT-AP 3", "DCAT-AP 3 目录"},
                .handler = handler,
                .hidden = true});
  };
  for (const char* ending : {"", "ttl", "jsonld"}) {
    open(std::string("/catalog") + (*ending ? "." : "") + ending, std::string("dcatCatalog") + ending,
         [&node, ending](Request& request) { return get_catalog(node, request, ending); });
  }
  open("/dataset/{id}", "dcatDataset", [&node](Request& request) { return get_dataset(node, request); });

  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, const char* scope,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = "/api/v1/catalog/harvests" + std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kGet, "", "listHarvests", {"Catalogues that this node harvests", "采集的外部目录"}, "catalog:read",
      list_harvests);
  add(Method::kPut, "/{name}", "putHarvest", {"A catalogue to be harvested", "登记要采集的外部目录"}, "catalog:write",
      put_harvest);
  add(Method::kDelete, "/{name}", "removeHarvest", {"Harvests it no more", "取消采集"}, "catalog:write", remove_harvest,
      204);
  add(Method::kPost, "/{name}/step", "stepHarvest", {"Reads its next page", "采集下一页"}, "catalog:write", step_harvest);
}

}  // namespace weir::node
