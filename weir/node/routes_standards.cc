// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/flow/contract/service.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/standards/assessment/service.h"
#include "weir/standards/query/query.h"
#include "weir/standards/register/service.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::QueryParameter;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using wire::Json;

namespace query = standards::query;
namespace registering = standards::registering;

query::Parameters parameters_of(const Request& request) {
  query::Parameters out;
  for (const auto& [name, value] : request.query) out[name] = value;
  return out;
}

// Asks with a snapshot of the register that stays while the answer is made.
template <class Ask>
Result<Response> with_library(Node& node, const Ask& ask) {
  WEIR_TRY_LET(const auto registry, node.standards().registry());
  WEIR_TRY_LET(const auto clauses, node.standards().clauses());
  return ask(query::Library{*registry, standards::framework::shipped(), *clauses, node.clock().now()});
}

// ── what a change of a clause touches here ──

// Whether the probe looks at contracts: then those in force rest on what it finds.
bool looks_at_contracts(const std::string& probe) {
  const auto* known = standards::assessment::find_probe(probe);
  return known != nullptr && std::ranges::any_of(known->facts, [](std::string_view fact) {
           return fact == "agreements" || fact == "transfers";
         });
}

// The statements filed about a clause, and what the last assessment found.
Result<> add_touched(Node& node, const Json& findings, const std::string& document, Json& clause) {
  const std::string id = clause.text_or("id", "");
  WEIR_TRY_LET(const auto filed, node.assessments().filed(document + "#" + id));
  Json ids = Json::array();
  for (const auto& one : filed) ids.push(one.id);
  clause.set("filed", std::move(ids)).set("contracts", looks_at_contracts(clause.text_or("probe", "")));
  for (const Json& finding : findings.is_array() ? findings.items() : Json::Array{}) {
    if (finding.text_or("document", "") == document && finding.text_or("clause", "") == id)
      clause.set("lastFinding", finding.text_or("state", ""));
  }
  return {};
}

Result<Response> get_difference(Node& node, Request& request) {
  WEIR_TRY_LET(const auto registry, node.standards().registry());
  WEIR_TRY_LET(const auto clauses, node.standards().clauses());
  const query::Library library{*registry, standards::framework::shipped(), *clauses, node.clock().now()};
  WEIR_TRY_LET(Json answer, query::answer(library, "diff", parameters_of(request)));
  const auto last = node.assessments().get("latest");
  if (!last && last.error().code() != Errc::kNotFound) return last.error();
  const Json findings = last ? last->assessment["findings"] : Json::array();
  const std::string document = answer.text_or("from", "");
  bool contracts = false;
  for (const char* name : {"removed", "changed"}) {
    Json list = answer[name];
    for (Json& one : list.items()) {
      Json clause = one.has("from") ? one["from"] : one;
      WEIR_TRY(add_touched(node, findings, document, clause));
      contracts = contracts || clause.boolean_or("contracts", false);
      if (one.has("from")) {
        one.set("from", std::move(clause));
      } else {
        one = std::move(clause);
      }
    }
    answer.set(name, std::move(list));
  }
  Json live = Json::array();
  if (contracts) {
    flow::contract::ListQuery all;
    all.live_only = true;
    WEIR_TRY_LET(const auto page, node.contracts().agreements(all));
    for (const auto& record : page.items) live.push(record.agreement.id);
  }
  return Response::json(answer.set("contracts", std::move(live)));
}

Result<Response> post_import(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string table, body.text("table"));
  WEIR_TRY_LET(const Bytes bytes, wire::decode_base64(table));
  standards::standard::Date as_of;
  if (const std::string text = body.text_or("asOf", ""); !text.empty()) {
    WEIR_TRY_LET(as_of, standards::standard::parse_date(text));
  }
  WEIR_TRY_LET(const auto report,
               node.standards().import(bytes, body.text_or("source", ""), as_of, request.principal.actor()));
  return Response::json(to_json(report));
}

Result<Response> post_comment(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto comment, registering::parse_comment(body));
  WEIR_TRY_LET(const auto made, node.standards().comment(comment, request.principal.actor()));
  return Response::json(to_json(made));
}

Result<Response> post_decision(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto decision, registering::parse_decision(body));
  WEIR_TRY_LET(const auto comment, node.standards().decide(decision, request.principal.actor()));
  return Response::json(to_json(comment));
}

Result<Response> get_comments(Node& node, Request& request) {
  const std::string standard = request.query_or("standard", "");
  WEIR_TRY_LET(const auto comments, node.standards().comments(standard));
  WEIR_TRY_LET(const auto clauses, node.standards().clauses());
  if (request.query_or("format", "json") == "csv")
    return Response::bytes("text/csv; charset=utf-8", registering::summary_table(comments));
  Json items = Json::array();
  for (const auto& comment : comments) items.push(to_json(comment));
  return Response::json(Json::object({{"items", std::move(items)},
                                      {"statistics", registering::statistics(comments)},
                                      {"feasibility", registering::feasibility(comments, clauses->find(standard))}}));
}

// ── checklists of the operator's own ──

Result<Response> post_checklist(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string text, body.text("checklist"));
  WEIR_TRY_LET(const Bytes bytes, wire::decode_base64(text));
  WEIR_TRY_LET(const auto added, node.standards().add_checklist(bytes, request.principal.actor()));
  Json problems = Json::array();
  for (const auto& problem : added.problems)
    problems.push(Json::object({{"line", problem.line}, {"en", problem.what.en}, {"zh", problem.what.zh}}));
  for (const auto& clause : added.checklist.clauses) {
    if (clause.check.probe.empty() || standards::assessment::find_probe(clause.check.probe) != nullptr) continue;
    problems.push(Json::object({{"clause", clause.id},
                                {"en", "there is no probe " + clause.check.probe + "; the clause is not tested"},
                                {"zh", "没有探针 " + clause.check.probe + "，该条款将不测试"}}));
  }
  return Response::json(Json::object({{"document", added.checklist.document},
                                      {"slug", standards::clause::slug_of(added.checklist.document)},
                                      {"clauses", added.checklist.clauses.size()},
                                      {"assessable", added.checklist.assessable()},
                                      {"new", added.fresh},
                                      {"problems", std::move(problems)}}));
}

// ── subscriptions ──

Result<Response> post_subscription(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(auto subscription, registering::parse_subscription(body));
  WEIR_TRY_LET(const auto made, node.standards().subscribe(std::move(subscription), request.principal.actor()));
  const std::string feeds = node.url() + "/api/v1/standards/feeds/" + made.key;
  Json out = to_json(made.subscription);
  out.set("calendar", feeds + "/calendar.ics").set("events", feeds + "/events.atom");
  return Response::json(out);
}

Result<Response> list_subscriptions(Node& node, Request&) {
  WEIR_TRY_LET(const auto all, node.standards().subscriptions());
  Json::Array items;
  for (const auto& one : all) items.push_back(to_json(one));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> delete_subscription(Node& node, Request& request) {
  const std::string id = request.parameter("id");
  const bool digits = !id.empty() && id.size() <= 15 && id.find_first_not_of("0123456789") == std::string::npos;
  WEIR_TRY(node.standards().unsubscribe(digits ? std::stoll(id) : 0, request.principal.actor()));
  return Response::empty();
}

// A year of deadlines, with what is late; or the newest events.
Result<Response> get_feed(Node& node, Request& request, const std::string& format) {
  WEIR_TRY_LET(const auto subscription, node.standards().subscription_of(request.parameter("key")));
  query::Parameters parameters(subscription.filter.begin(), subscription.filter.end());
  parameters["format"] = format;
  parameters["overdue"] = "true";
  const auto today = standards::standard::day_in_china(node.clock().now());
  parameters["until"] = standards::standard::format(standards::standard::add_months(today, 12));
  parameters["lang"] = request.language == Language::kChinese ? "zh" : "en";
  return with_library(node, [&](const query::Library& library) -> Result<Response> {
    WEIR_TRY_LET(auto document, query::document(library, parameters));
    return Response::bytes(document.media_type, std::move(document.body));
  });
}

}  // namespace

template <class Add>
static void add_subscription_routes(const Add& add) {
  const Access any = Access::with_scope("");
  add(Method::kPost, "/api/v1/standards/subscriptions", any, "subscribeStandards",
      {"A calendar and a feed of chosen standards, at an address of their own", "订阅所选标准的日历与动态"},
      post_subscription);
  add(Method::kGet, "/api/v1/standards/subscriptions", any, "listSubscriptions", {"Subscriptions", "订阅列表"},
      list_subscriptions);
  add(Method::kDelete, "/api/v1/standards/subscriptions/{id}", any, "endSubscription",
      {"Ends a subscription; its address opens nothing any more", "取消订阅"}, delete_subscription, {}, 204);
  add(Method::kGet, "/api/v1/standards/feeds/{key}/calendar.ics", Access::open(), "getStandardsCalendar",
      {"Deadlines of a subscription (iCalendar)", "订阅的期限日历"},
      [](Node& here, Request& request) { return get_feed(here, request, "ics"); });
  add(Method::kGet, "/api/v1/standards/feeds/{key}/events.atom", Access::open(), "getStandardsEvents",
      {"Events of a subscription (Atom)", "订阅的动态"},
      [](Node& here, Request& request) { return get_feed(here, request, "atom"); });
}

void add_standards_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler, std::vector<QueryParameter> parameters = {}, int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .query = std::move(parameters),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  for (const query::Question& question : query::questions()) {
    std::vector<QueryParameter> parameters;
    for (const query::Parameter& parameter : question.parameters)
      parameters.push_back({.name = std::string(parameter.name), .description = parameter.words});
    const std::string name(question.name);
    add(
        Method::kGet, "/api/v1/standards/" + name, Access::with_scope(""), name + "Standards", question.words,
        [name](Node& here, Request& request) {
          if (name == "diff") return get_difference(here, request);
          return with_library(here, [&](const query::Library& library) -> Result<Response> {
            WEIR_TRY_LET(const Json answer, query::answer(library, name, parameters_of(request)));
            return Response::json(answer);
          });
        },
        std::move(parameters));
  }
  add(Method::kGet, "/api/v1/standards/export", Access::with_scope(""), "exportStandards",
      {"The register, coverage, deadlines (iCalendar) or events (Atom) as a file", "导出标准、覆盖、期限或动态"},
      [](Node& here, Request& request) {
        return with_library(here, [&](const query::Library& library) -> Result<Response> {
          WEIR_TRY_LET(auto document, query::document(library, parameters_of(request)));
          return Response::bytes(document.media_type, std::move(document.body));
        });
      },
      {{.name = "format", .description = {"csv, json, svg, ics or atom", "csv、json、svg、ics 或 atom"}},
       {.name = "what", .description = {"standards or coverage", "standards 或 coverage"}},
       {.name = "edition", .description = {"edition of the framework", "框架版本"}},
       {.name = "direction", .description = {"of deadlines and events", "期限与动态的研制方向"}},
       {.name = "until", .description = {"last day of deadlines", "期限截止日期"}},
       {.name = "lang", .description = {"en or zh", "en 或 zh"}}});
  const Access write = Access::with_scope("standards:write");
  add(Method::kPost, "/api/v1/standards/import", write, "importStandards",
      {"Takes standards from a CSV, XLSX or JSON table", "从表格导入标准"}, post_import);
  add(Method::kGet, "/api/v1/standards/comments", Access::with_scope(""), "listComments",
      {"Comments on a draft, with statistics and what devices cannot meet", "草案意见、统计与不可行条款"},
      get_comments);
  add(Method::kPost, "/api/v1/standards/comments", write, "commentDraft",
      {"Comments on a clause of a draft", "对草案条款提出意见"}, post_comment);
  add(Method::kPost, "/api/v1/standards/decisions", write, "decideComment",
      {"Accepts a comment, in part or not, with the reason", "处理意见"}, post_decision);
  add(Method::kPost, "/api/v1/checklists", write, "addChecklist",
      {"Adds a checklist of your own, as CSV", "添加自有检查清单"}, post_checklist);
  add_subscription_routes(add);
}

}  // namespace weir::node
