// SPDX-License-Identifier: Apache-2.0
#include "weir/node/data_plane.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/policy/explain.h"
#include "weir/policy/odrl.h"
#include "weir/policy/templates.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using supply::catalog::Actor;
using supply::catalog::Product;
using supply::identifier::ProductId;
using wire::Json;

// ── contents ──

Result<Response> post_content(Node&, Request& request) {
  const auto& sink = static_cast<const ContentSink&>(*request.upload);
  const auto& stored = sink.stored();
  return Response::json(Json::object({{"root", format(stored.root)},
                                      {"bytes", static_cast<std::int64_t>(stored.size)},
                                      {"chunkBytes", stored.chunk_bytes}}),
                        201);
}

// ── products ──

Result<supply::grade::Grading> read_grade(const Json& json) {
  if (json.has("assessment") || json.has("impacts")) return supply::grade::parse_grading(json);
  WEIR_TRY_LET(const auto level, supply::grade::parse_level(json.text_or("level", "general")));
  const std::int64_t sub_grade = json.integer_or("subGrade", 1);
  if (sub_grade < 1 || sub_grade > 4) {
    return Error(Errc::kInvalidArgument, "a sub-grade is 1 to 4").because("grade.sub_grade");
  }
  const bool general = level == supply::grade::Level::kGeneral;
  return supply::grade::stated(level, general ? static_cast<int>(sub_grade) : 0, "publisher");
}

// What is offered if nobody said otherwise.
Json terms_by_grade(const supply::grade::Grading& grading) {
  using policy::DataGrade;
  const bool open = supply::grade::default_terms(grading).redistribution == supply::grade::Redistribution::kAllowed;
  const bool important = grading.level == supply::grade::Level::kImportant;
  const policy::Policy terms = open ? policy::make_terms({.share = true})
                                    : policy::default_terms(important ? DataGrade::kImportant : DataGrade::kGeneral);
  return policy::to_odrl(policy::one_action_a_rule(terms));
}

// The short form that `weir publish` sends; a whole "description" object of the product format is taken as it is.
Result<supply::catalog::Description> read_description(Node& node, const Json& body) {
  Json json = body["description"].is_object() && body["description"].has("title") ? body["description"] : Json::object();
  if (json.size() == 0) {
    json.set("title", body["title"]);
    if (body.has("description")) json.set("description", body["description"]);
    if (body.has("keywords")) json.set("keywords", body["keywords"]);
    if (body.has("licence")) json.set("licence", body["licence"]);
    if (body.has("region")) json.set("region", body["region"]);
  }
  WEIR_TRY_LET(auto description, supply::catalog::parse_description(json));
  if (!description.grade) {
    WEIR_TRY_LET(description.grade, read_grade(body["grade"]));
  }
  if (body["content"].is_object()) {
    WEIR_TRY_LET(const std::string root_text, body["content"].text("root"));
    WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(root_text));
    WEIR_TRY_LET(const auto content, node.contents().open(root));
    description.content = supply::catalog::Content{.hash_algorithm = std::string(crypto::name_of(root.algorithm)),
                                                   .root = wire::encode_hex(root.digest),
                                                   .bytes = static_cast<std::int64_t>(content.manifest.size),
                                                   .chunk_bytes = content.manifest.chunk_bytes,
                                                   .chunks = static_cast<std::int64_t>(content.manifest.chunk_count())};
    supply::catalog::Distribution distribution;
    distribution.format = flow::delivery::kPullFormat;
    distribution.media_type = body.text_or("mediaType", "application/octet-stream");
    distribution.bytes = description.content->bytes;
    description.distributions.push_back(std::move(distribution));
  }
  const bool core = description.grade->level == supply::grade::Level::kCore;  // core data stay: they are not offered
  if (!body.has("terms") && body["content"].is_object() && description.offers.empty() && !core) {
    description.offers.push_back(supply::catalog::make_offer("urn:uuid:" + node.random().uuid(),
                                                             terms_by_grade(*description.grade)));
  }
  if (body["terms"].is_object()) {
    description.offers.push_back(supply::catalog::make_offer("urn:uuid:" + node.random().uuid(), body["terms"]));
  }
  return description;
}

// A product for people: with the words of its terms.
Json product_view(const Product& product) {
  Json out = supply::catalog::to_json(product);
  Json offers = Json::array();
  for (const auto& offer : product.description.offers) {
    Json view = Json::object({{"id", offer.id}, {"policyHash", offer.policy_hash}});
    if (const auto json = wire::parse_json(offer.policy)) {
      view.set("policy", *json);
      if (const auto terms = policy::parse_odrl(*json)) {
        const Text words = policy::explain(*terms);
        view.set("words", Json::object({{"en", words.en}, {"zh", words.zh}}));
      }
    }
    offers.push(std::move(view));
  }
  out.set("offers", std::move(offers));
  return out;
}

Result<Response> post_product(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(supply::catalog::NewProduct product,
               [&]() -> Result<supply::catalog::NewProduct> {
                 WEIR_TRY_LET(auto description, read_description(node, body));
                 return supply::catalog::NewProduct{.description = std::move(description)};
               }());
  const Actor actor(request.principal.actor());
  const bool draft = body.boolean_or("draft", false);
  WEIR_TRY_LET(const Product made, draft ? node.catalog().create(product, actor) : node.catalog().publish(product, actor));
  node.catalog_changed();
  return Response::created("/api/v1/products/" + made.id.text(), product_view(made));
}

Result<ProductId> product_id(const Request& request) { return ProductId::parse(request.parameter("id")); }

Result<Response> get_product(Node& node, Request& request) {
  WEIR_TRY_LET(const ProductId id, product_id(request));
  WEIR_TRY_LET(const Product product, node.find_product(id));
  return Response::json(product_view(product));
}

Result<Response> put_product(Node& node, Request& request) {
  WEIR_TRY_LET(const ProductId id, product_id(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto description, read_description(node, body));
  WEIR_TRY_LET(const Product product, node.catalog().edit(id, description, body.text_or("reason", ""),
                                                          Actor(request.principal.actor())));
  return Response::json(product_view(product));
}

Result<Response> act_on_product(Node& node, Request& request, const std::string& act) {
  WEIR_TRY_LET(const ProductId id, product_id(request));
  WEIR_TRY_LET(const Json body, request.json());
  const std::string reason = body.text_or("reason", "");
  const Actor actor(request.principal.actor());
  using supply::catalog::Verdict;
  WEIR_TRY_LET(const Product product,
               act == "submit"    ? node.catalog().submit(id, reason, actor)
               : act == "approve" ? node.catalog().review(id, Verdict::kApprove, reason, actor)
               : act == "return"  ? node.catalog().review(id, Verdict::kReturn, reason, actor)
                                  : node.catalog().deregister(id, reason, actor));
  node.catalog_changed();
  return Response::json(product_view(product));
}

Result<Response> product_history(Node& node, Request& request) {
  WEIR_TRY_LET(const ProductId id, product_id(request));
  WEIR_TRY_LET(const auto history, node.catalog().history(id));
  Json::Array items;
  for (const auto& line : history) {
    items.push_back(Json::object({{"version", line.version},
                                  {"time", format_iso8601(line.time)},
                                  {"actor", line.actor},
                                  {"what", line.what},
                                  {"reason", line.reason},
                                  {"hash", line.hash}}));
  }
  return Response::json(page_json(std::move(items), ""));
}

// ── search ──

Result<supply::catalog::Query> read_query(const Request& request) {
  supply::catalog::Query query;
  query.text = request.query_or("q", "");
  WEIR_TRY_LET(query.limit, page_limit(request));
  query.cursor = request.query_or("cursor", "");
  WEIR_TRY_LET(query.order, supply::catalog::parse_order(request.query_or("order", "updated")));
  if (request.query_or("shelf", "published") == "desk") query.shelf = supply::catalog::Shelf::kDesk;
  for (const auto& [name, value] : request.query) {
    if (name == "facet") {
      WEIR_TRY_LET(const auto facet, supply::catalog::parse_facet(value));
      query.facets.push_back(facet);
    }
    if (name != "filter") continue;
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) {
      return Error(Errc::kInvalidArgument, "a filter is written field=value").because("catalog.filter");
    }
    WEIR_TRY_LET(const auto facet, supply::catalog::parse_facet(value.substr(0, equals)));
    query.filters.push_back({facet, split(value.substr(equals + 1), ',')});
  }
  return query;
}

Json text_json(const Text& text) {
  Json out = Json::object();
  if (!text.en.empty()) out.set("en", text.en);
  if (!text.zh.empty()) out.set("zh", text.zh);
  return out;
}

Json page_view(const supply::catalog::Page& page) {
  Json::Array items;
  for (const auto& hit : page.hits) {
    items.push_back(Json::object({{"id", hit.id.text()},
                                  {"title", text_json(hit.title)},
                                  {"description", text_json(hit.description)},
                                  {"publisher", hit.publisher.text()},
                                  {"node", hit.node.text()},
                                  {"version", hit.version},
                                  {"status", supply::catalog::name_of(hit.status)},
                                  {"grade", hit.grade},
                                  {"formats", Json::strings(hit.formats)},
                                  {"updated", format_iso8601(hit.updated)}}));
  }
  Json out = page_json(std::move(items), page.next);
  out.set("total", page.total).set("moreThan", page.more_than);
  if (page.facets.empty()) return out;
  Json facets = Json::object();
  for (const auto& [facet, counts] : page.facets) {
    Json values = Json::array();
    for (const auto& count : counts) values.push(Json::object({{"value", count.value}, {"count", count.count}}));
    facets.set(supply::catalog::name_of(facet), std::move(values));
  }
  out.set("facets", std::move(facets)).set("facetsPartial", page.facets_partial);
  return out;
}

Result<Response> search(Node& node, Request& request) {
  // A connector knows its own products; the space is what its regional node knows.
  if (request.query_or("scope", "own") == "space" && !node.admits()) {
    WEIR_TRY_LET(const Json page, node.ask_above("/peer/v1/products?" + query_text(request)));
    return Response::json(page);
  }
  WEIR_TRY_LET(const auto query, read_query(request));
  WEIR_TRY_LET(const auto page, node.catalog().search(query));
  return Response::json(page_view(page));
}

// ── loading ──

// A body on its way into the catalogue: as ContentSink, for the loader.
class LoadSink final : public adapters::http::BodySink {
 public:
  LoadSink(Node& node, std::string path) : node_(node), path_(std::move(path)) {}
  ~LoadSink() override {
    [[maybe_unused]] const Result<> removed = node_.files().remove(path_);
  }
  Result<> open() {
    WEIR_TRY_LET(file_, node_.files().open(path_, store::OpenMode::kCreate));
    return {};
  }
  Result<> write(ByteView bytes) override {
    WEIR_TRY(file_->write_at(at_, bytes));
    at_ += bytes.size();
    return {};
  }
  Result<> finish() override { return {}; }
  const std::string& path() const { return path_; }

 private:
  Node& node_;
  std::string path_;
  std::unique_ptr<store::File> file_;
  std::uint64_t at_ = 0;
};

Result<Response> post_load(Node& node, Request& request) {
  const auto& sink = static_cast<const LoadSink&>(*request.upload);
  supply::catalog::LoadOptions options;
  options.catalog = request.query_or("catalog", "catalog");
  options.region = request.query_or("region", "");
  if (request.query_or("format", "dcat-us") == "csv") {
    options.format = supply::catalog::LoadFormat::kCsv;
    WEIR_TRY_LET(const Json mapping, wire::parse_json(request.query_or("mapping", "{}")));
    WEIR_TRY_LET(options.mapping, supply::catalog::parse_mapping(mapping));
  }
  WEIR_TRY_LET(auto source, supply::catalog::file_source(node.files(), sink.path()));
  WEIR_TRY_LET(const auto report, node.catalog().load(*source, options, Actor(request.principal.actor())));
  node.catalog_changed();
  return Response::json(supply::catalog::to_json(report));
}

// ── for other nodes ──

Result<Response> peer_search(Node& node, Request& request) {
  WEIR_TRY(peer_of(request));
  WEIR_TRY_LET(auto query, read_query(request));
  query.shelf = supply::catalog::Shelf::kPublished;  // the desk is this node's own
  WEIR_TRY_LET(const auto page, node.catalog().search(query));
  return Response::json(page_view(page));
}

Result<Response> peer_product(Node& node, Request& request) {
  WEIR_TRY(peer_of(request));
  WEIR_TRY_LET(const ProductId id, product_id(request));
  WEIR_TRY_LET(const Product product, node.catalog().find(id));
  return Response::json(supply::catalog::to_json(product));
}

// What changed here since `after`, for the regional node.
Result<Response> peer_changes(Node& node, Request& request) {
  WEIR_TRY(peer_of(request));
  WEIR_TRY_LET(const std::int64_t after, request.query_integer("after", 0, 0, INT64_MAX));
  WEIR_TRY_LET(const auto batch, node.catalog().changes_since(after, supply::catalog::kChangesMax));
  return Response::json(supply::catalog::to_json(batch));
}

// A connector says that its catalogue changed: the regional node reads it, when it has time.
Result<Response> peer_changed(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY(node.catalog().add_peer(peer));
  node.collect_catalog(peer);
  return Response::empty(202);
}

}  // namespace

std::string query_text(const Request& request) {
  const std::size_t at = request.target.find('?');
  return at == std::string::npos ? "" : request.target.substr(at + 1);
}

void add_catalog_routes(Router& router, Node& node) {
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
  const auto act = [](const char* name) {
    return [name = std::string(name)](Node& n, Request& r) { return act_on_product(n, r, name); };
  };
  constexpr const char* kRead = "catalog:read";
  constexpr const char* kWrite = "catalog:write";
  add(Method::kGet, "/products", "searchProducts", {"Finds products, here or in the whole space", "检索产品"}, kRead, search);
  add(Method::kPost, "/products", "createProduct", {"Publishes a product, or drafts it", "发布或起草产品"}, kWrite, post_product,
      201);
  add(Method::kGet, "/products/{id}", "getProduct", {"One product with its terms in words", "产品及其条款说明"}, kRead,
      get_product);
  add(Method::kPut, "/products/{id}", "editProduct", {"Changes a draft, or begins the next version", "修改草稿或开始新版本"}, kWrite,
      put_product);
  add(Method::kGet, "/products/{id}/history", "productHistory", {"What became of it", "产品历史"}, kRead, product_history);
  add(Method::kPost, "/products/{id}/submit", "submitProduct", {"Hands it in for review", "提交审核"}, kWrite, act("submit"));
  add(Method::kPost, "/products/{id}/approve", "approveProduct", {"Publishes it", "审核通过并发布"}, kWrite, act("approve"));
  add(Method::kPost, "/products/{id}/return", "returnProduct", {"Gives it back", "退回"}, kWrite, act("return"));
  add(Method::kPost, "/products/{id}/deregister", "deregisterProduct", {"Ends it for good", "注销产品"}, kWrite,
      act("deregister"));
  router.add({.method = Method::kPost,
              .pattern = "/api/v1/contents",
              .access = Access::with_scope(kWrite),
              .operation = "putContent",
              .summary = {"Stores bytes and names them by their root", "存储内容并以其根命名"},
              .success_status = 201,
              .request_type = "application/octet-stream",
              .handler = [&node](Request& request) { return post_content(node, request); },
              .open_upload = [&node](Request&) -> Result<std::unique_ptr<adapters::http::BodySink>> {
                WEIR_TRY_LET(auto writer, node.contents().begin());
                return std::make_unique<ContentSink>(std::move(writer));
              }});
  router.add({.method = Method::kPost,
              .pattern = "/api/v1/catalog/load",
              .access = Access::with_scope(kWrite),
              .operation = "loadCatalog",
              .summary = {"Loads a whole catalogue and reports on it", "批量载入目录并给出报告"},
              .request_type = "application/octet-stream",
              .handler = [&node](Request& request) { return post_load(node, request); },
              .open_upload = [&node](Request&) -> Result<std::unique_ptr<adapters::http::BodySink>> {
                auto sink = std::make_unique<LoadSink>(node, node.folder().file("contents/incoming-" + node.random().uuid()));
                WEIR_TRY(sink->open());
                return sink;
              }});
  const auto peer = [&](Method method, std::string pattern, std::string operation, Text summary, auto handler,
                        int status = 200) {
    router.add({.method = method,
                .pattern = "/peer/v1" + std::move(pattern),
                .access = Access::peer(),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  //= NDI-TR-2025-02#catalogue-search
  peer(Method::kGet, "/products", "peerSearch", {"Search for another node", "节点间检索"}, peer_search);
  peer(Method::kGet, "/products/{id}", "peerProduct", {"One product for another node", "节点间产品查询"}, peer_product);
  peer(Method::kGet, "/catalog/changes", "peerChanges", {"What changed since", "增量变更"}, peer_changes);
  peer(Method::kPost, "/catalog/changed", "peerChanged", {"A catalogue changed; come and see", "目录已变更通知"}, peer_changed,
       202);
}

}  // namespace weir::node
