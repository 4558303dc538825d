// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"
#include "weir/node/routes.h"
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
  return ask(query::Library{*registry, standards::framework::shipped(), standards::clause::Registry::embedded(),
                            node.clock().now()});
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
  WEIR_TRY_LET(const auto comments, node.standards().comments(request.query_or("standard", "")));
  if (request.query_or("format", "json") == "csv")
    return Response::bytes("text/csv; charset=utf-8", registering::summary_table(comments));
  Json items = Json::array();
  for (const auto& comment : comments) items.push(to_json(comment));
  return Response::json(Json::object({{"items", std::move(items)},
                                      {"statistics", registering::statistics(comments)},
                                      {"feasibility", registering::feasibility(comments)}}));
}

}  // namespace

void add_standards_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler, std::vector<QueryParameter> parameters = {}) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .query = std::move(parameters),
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
}

}  // namespace weir::node
