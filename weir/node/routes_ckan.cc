// The read actions of CKAN's API, as far as its clients use them.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>

#include "weir/adapters/ckan/ckan.h"
#include "weir/node/node.h"
#include "weir/node/open_catalog.h"
#include "weir/node/routes.h"

namespace weir::node {

namespace ckan = adapters::ckan;
using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using supply::catalog::Facet;
using supply::catalog::Page;
using supply::catalog::Product;
using supply::catalog::Query;
using supply::identifier::ProductId;
using supply::identifier::SubjectId;
using wire::Json;

namespace {

constexpr std::size_t kCursorsMax = 256;
constexpr std::size_t kListMax = 1000;

// CKAN's clients count ("start"), the catalogue goes on from a cursor: which cursor stands for which start.
class Cursors {
 public:
  std::pair<std::size_t, std::string> nearest(const std::string& query, std::size_t start) {
    const std::scoped_lock lock(mutex_);
    auto found = known_.upper_bound({query, start});
    if (found == known_.begin()) return {0, ""};
    --found;
    return found->first.first == query ? std::pair(found->first.second, found->second)
                                       : std::pair(std::size_t{0}, std::string());
  }
  void put(const std::string& query, std::size_t start, std::string cursor) {
    const std::scoped_lock lock(mutex_);
    if (known_.size() >= kCursorsMax) known_.clear();
    known_[{query, start}] = std::move(cursor);
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::size_t>, std::string> known_;
};

struct Call {
  Node& node;
  Cursors& cursors;
  const Json& parameters;
};

Error missing(std::string_view parameter) {
  return Error(Errc::kInvalidArgument, std::string(parameter) + ": Missing value").because("ckan.parameter");
}

Error not_found() { return Error(Errc::kNotFound, "Not found").because("catalog.no_product"); }

// The page that begins at `start`, however far that is; nothing beyond the end.
Result<Page> page_from(const Call& call, Query query, std::size_t start) {
  const std::string key = query.text + "\n" + std::to_string(static_cast<int>(query.order)) + "\n" +
                          call.parameters["fq"].dump() + call.parameters["fq_list"].dump();
  const std::size_t rows = std::max<std::size_t>(query.limit, 1);
  auto [at, cursor] = call.cursors.nearest(key, start);
  query.cursor = std::move(cursor);
  while (at < start) {
    Query step = query;
    step.facets.clear();
    step.limit = std::min(start - at, limits::kPageSizeMax);
    WEIR_TRY_LET(Page skipped, call.node.catalog().search(step));
    at += skipped.hits.size();
    if (skipped.next.empty()) {
      skipped.hits.clear();
      return skipped;
    }
    query.cursor = skipped.next;
    call.cursors.put(key, at, skipped.next);
  }
  query.limit = rows;
  WEIR_TRY_LET(Page page, call.node.catalog().search(query));
  if (!page.next.empty()) call.cursors.put(key, start + page.hits.size(), page.next);
  return page;
}

// Titles of publishers, by their credit codes.
std::string publisher_title(Node& node, const std::string& subject) {
  Query query{.filters = {{Facet::kPublisher, {subject}}}, .limit = 1};
  const auto page = node.catalog().search(query);
  if (!page || page->hits.empty()) return subject;
  const auto product = node.catalog().find(page->hits[0].id);
  return product && !product->description.publisher_name.empty() ? product->description.publisher_name : subject;
}

Json facets_of(const ckan::Search& search, const Page& page, bool items) {
  Json out = Json::object();
  for (const auto& [name, facet] : search.facets) {
    const auto found = std::ranges::find(page.facets, facet, [](const auto& one) { return one.first; });
    Json counts = Json::object();
    Json list = Json::array();
    if (found != page.facets.end()) {
      for (const auto& count : found->second) {
        const std::string value = facet == Facet::kPublisher ? ckan::name_of(count.value) : count.value;
        if (!counts.has(value)) counts.set(value, count.count);
        list.push(Json::object({{"name", value}, {"display_name", count.value}, {"count", count.count}}));
      }
    }
    out.set(name, items ? Json::object({{"title", name}, {"items", std::move(list)}}) : std::move(counts));
  }
  return out;
}

Result<Json> package_search(const Call& call) {
  WEIR_TRY_LET(const ckan::Search search, ckan::read_search(call.parameters));
  WEIR_TRY_LET(const Page page, page_from(call, search.query, search.start));
  WEIR_TRY_LET(const auto products, products_of(call.node, page));
  Json results = Json::array();
  for (std::size_t i = 0; i < products.size() && search.query.limit > 0; ++i) {
    Json package = ckan::package_of(products[i], call.node.url());
    results.push(std::move(package));
  }
  // A count that is capped never ends a client's reading before the end.
  const auto read = page.hits.empty() ? 0 : static_cast<std::int64_t>(search.start + page.hits.size());
  const std::int64_t count = std::max(page.total, read + (page.next.empty() ? 0 : 1));
  Json out = Json::object({{"count", count}, {"sort", search.sort}});
  out.set("facets", facets_of(search, page, false)).set("search_facets", facets_of(search, page, true));
  out.set("results", std::move(results));
  return out;
}

Result<Product> named_product(const Call& call, std::string_view parameter = "id") {
  const std::string name = call.parameters.text_or(parameter, "");
  if (name.empty()) return missing(parameter);
  const auto text = ckan::identifier_of(name);
  auto id = text ? ProductId::parse(*text) : ProductId::parse(name);
  if (!id) id = ProductId::parse(name);
  if (!id) return not_found();
  auto product = call.node.catalog().find(*id);
  if (!product || product->status != supply::catalog::Status::kPublished) return not_found();
  return product;
}

Result<Json> package_show(const Call& call) {
  WEIR_TRY_LET(const Product product, named_product(call));
  return ckan::package_of(product, call.node.url());
}

Result<Json> resource_show(const Call& call) {
  const std::string id = call.parameters.text_or("id", "");
  const std::size_t end = id.rfind("_r");
  if (end == std::string::npos) return id.empty() ? missing("id") : not_found();
  const Json of_package = Json::object({{"id", id.substr(0, end)}});
  WEIR_TRY_LET(const Product product, named_product({call.node, call.cursors, of_package}));
  const Json package = ckan::package_of(product, call.node.url());
  for (const Json& resource : package["resources"].items()) {
    if (resource.text_or("id", "") == id) return resource;
  }
  return not_found();
}

// "limit" and "offset" of lists, as a search.
Result<ckan::Search> read_list(const Call& call) {
  Json parameters = Json::object();
  parameters.set("rows", call.parameters.has("limit") ? call.parameters["limit"] : Json(kListMax));
  if (call.parameters.has("offset")) parameters.set("start", call.parameters["offset"]);
  return ckan::read_search(parameters);
}

Result<Json> package_list(const Call& call) {
  WEIR_TRY_LET(const ckan::Search search, read_list(call));
  WEIR_TRY_LET(const Page page, page_from(call, search.query, search.start));
  Json out = Json::array();
  for (const auto& hit : page.hits) out.push(ckan::name_of(hit.id.text()));
  return out;
}

Result<Json> packages_with_resources(const Call& call) {
  WEIR_TRY_LET(const ckan::Search search, read_list(call));
  WEIR_TRY_LET(const Page page, page_from(call, search.query, search.start));
  WEIR_TRY_LET(const auto products, products_of(call.node, page));
  Json out = Json::array();
  for (const Product& product : products) out.push(ckan::package_of(product, call.node.url()));
  return out;
}

Result<Json> package_autocomplete(const Call& call) {
  const Json parameters = Json::object({{"q", call.parameters.text_or("q", "")}, {"rows", call.parameters["limit"]}});
  WEIR_TRY_LET(const ckan::Search search, ckan::read_search(parameters));
  WEIR_TRY_LET(const Page page, page_from(call, search.query, 0));
  Json out = Json::array();
  for (const auto& hit : page.hits) {
    const std::string& title = hit.title.en.empty() ? hit.title.zh : hit.title.en;
    out.push(Json::object({{"name", ckan::name_of(hit.id.text())},
                           {"title", title},
                           {"match_field", "title"},
                           {"match_displayed", title}}));
  }
  return out;
}

Result<std::vector<supply::catalog::FacetCount>> counts_of(const Call& call, Facet facet) {
  Query query{.limit = 1, .facets = {facet}};
  WEIR_TRY_LET(Page page, call.node.catalog().search(query));
  if (page.facets.empty()) return std::vector<supply::catalog::FacetCount>();
  return std::move(page.facets[0].second);
}

Json organization(const Call& call, const std::string& subject, std::int64_t count) {
  const std::string title = publisher_title(call.node, subject);
  const std::string name = ckan::name_of(subject);
  return Json::object({{"id", name},
                       {"name", name},
                       {"title", title},
                       {"display_name", title},
                       {"description", ""},
                       {"type", "organization"},
                       {"is_organization", true},
                       {"state", "active"},
                       {"approval_status", "approved"},
                       {"package_count", count}});
}

bool all_fields(const Call& call) {
  const Json& value = call.parameters["all_fields"];
  return (value.is_bool() && value.as_bool()) || (value.is_string() && to_lower_ascii(value.as_string()) == "true");
}

Result<Json> organization_list(const Call& call) {
  WEIR_TRY_LET(const auto counts, counts_of(call, Facet::kPublisher));
  Json out = Json::array();
  for (const auto& count : counts) {
    out.push(all_fields(call) ? organization(call, count.value, count.count) : Json(ckan::name_of(count.value)));
  }
  return out;
}

Result<Json> organization_show(const Call& call) {
  const std::string name = call.parameters.text_or("id", "");
  if (name.empty()) return missing("id");
  const auto text = ckan::identifier_of(name);
  if (!text || !SubjectId::parse(*text)) return not_found();
  Query query{.filters = {{Facet::kPublisher, {*text}}}, .limit = 1};
  WEIR_TRY_LET(const Page page, call.node.catalog().search(query));
  if (page.total == 0) return not_found();
  return organization(call, *text, page.total);
}

Result<Json> group_list(const Call& call) {
  WEIR_TRY_LET(const auto counts, counts_of(call, Facet::kTheme));
  Json out = Json::array();
  for (const auto& count : counts) {
    const std::string name = ckan::name_of(count.value);
    out.push(!all_fields(call) ? Json(name)
                               : Json::object({{"id", name},
                                               {"name", name},
                                               {"title", count.value},
                                               {"display_name", count.value},
                                               {"type", "group"},
                                               {"package_count", count.count}}));
  }
  return out;
}

Result<Json> status_show(const Call& call) {
  return Json::object({{"ckan_version", "2.11.0"},
                       {"site_title", call.node.folder().node().name},
                       {"site_url", call.node.url()},
                       {"locale_default", "en"},
                       {"extensions", Json::array()},
                       {"weir_version", "0.1.0"}});
}

struct Action {
  std::string_view name;
  Result<Json> (*run)(const Call&);
  std::string_view help;
};
Result<Json> help_show(const Call& call);
constexpr Action kActions[] = {
    {"package_search", package_search, "Searches for datasets: q, fq, rows, start, sort, facet.field."},
    {"package_show", package_show, "A dataset by its id or name."},
    {"package_list", package_list, "The names of datasets: limit, offset."},
    {"current_package_list_with_resources", packages_with_resources, "Datasets with their resources: limit, offset."},
    {"package_autocomplete", package_autocomplete, "Datasets whose title begins so: q, limit."},
    {"resource_show", resource_show, "A resource by its id."},
    {"organization_list", organization_list, "Who publishes: all_fields."},
    {"organization_show", organization_show, "A publisher by its id or name."},
    {"group_list", group_list, "Themes: all_fields."},
    {"status_show", status_show, "What this server is."},
    {"site_read", [](const Call&) -> Result<Json> { return Json(true); }, "Whether the site may be read."},
    {"help_show", help_show, "What an action does: name."},
};

const Action* find_action(std::string_view name) {
  const auto found = std::ranges::find(kActions, name, &Action::name);
  return found == std::end(kActions) ? nullptr : found;
}

Result<Json> help_show(const Call& call) {
  const Action* action = find_action(call.parameters.text_or("name", ""));
  if (action == nullptr) return not_found();
  return Json(action->help);
}

// A query string, or JSON; a parameter that is there twice is a list of words to Solr.
Result<Json> read_parameters(const Request& request) {
  Json out = Json::object();
  for (const auto& [name, value] : request.query)
    out.set(name, out.has(name) ? out[name].as_string() + " " + value : value);
  if (request.method != Method::kPost || request.body.empty()) return out;
  WEIR_TRY_LET(const Json body, wire::parse_json(request.body));
  if (!body.is_object()) return Error(Errc::kInvalidArgument, "a call is a JSON object").because("ckan.parameter");
  for (const auto& [name, value] : body.members()) out.set(name, value);
  return out;
}

Response refusal(const std::string& help, const Error& error) {
  const std::string message(error.message());
  switch (error.code()) {
    case Errc::kNotFound: return Response::json(ckan::failure(help, "Not Found Error", message), 404);
    case Errc::kUnauthenticated:
    case Errc::kForbidden:
      return Response::json(ckan::failure(help, "Authorization Error", "Access denied: " + message), 403);
    case Errc::kInvalidArgument: {
      Json out = ckan::failure(help, "Validation Error", message);
      Json fields = out["error"];
      const std::size_t colon = message.find(": ");
      if (colon != std::string::npos) fields.set(message.substr(0, colon), Json::array({message.substr(colon + 2)}));
      return Response::json(out.set("error", std::move(fields)), 409);
    }
    default: return Response::json(ckan::failure(help, "Internal Server Error", message), 500);
  }
}

Result<Response> act(Node& node, Cursors& cursors, Request& request) {
  const std::string& name = request.parameter("action");
  const Action* action = find_action(name);
  if (action == nullptr) return Response::json(Json("Bad request - Action name not known: " + name), 400);
  const std::string help = node.url() + "/api/3/action/help_show?name=" + name;
  if (const auto may = may_read_catalog(node, request); !may) return refusal(help, may.error());
  const auto parameters = read_parameters(request);
  if (!parameters)
    return Response::json(Json("Bad request - JSON Error: " + std::string(parameters.error().message())), 400);
  auto result = action->run({node, cursors, *parameters});
  if (!result) return refusal(help, result.error());
  return Response::json(ckan::success(help, *std::move(result)));
}

}  // namespace

void add_ckan_routes(Router& router, Node& node) {
  const auto cursors = std::make_shared<Cursors>();
  const auto add = [&](Method method, const char* pattern, const char* operation) {
    router.add({.method = method,
                .pattern = pattern,
                .access = Access::open(),
                .operation = operation,
                .summary = {"CKAN's read actions", "CKAN 只读接口"},
                .handler = [&node, cursors](Request& request) { return act(node, *cursors, request); },
                .hidden = true});
  };
  add(Method::kGet, "/api/3/action/{action}", "ckanGet");
  add(Method::kPost, "/api/3/action/{action}", "ckanPost");
  // The address without a version is that of the latest: ckanapi asks there.
  add(Method::kGet, "/api/action/{action}", "ckanLatestGet");
  add(Method::kPost, "/api/action/{action}", "ckanLatestPost");
}

}  // namespace weir::node
