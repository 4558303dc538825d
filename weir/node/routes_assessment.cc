// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/node/facts.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/standards/assessment/oscal.h"
#include "weir/standards/assessment/report.h"
#include "weir/standards/assessment/service.h"
#include "weir/standards/register/service.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using standards::clause::Checklist;
using standards::clause::Clause;
using wire::Json;

namespace assessment = standards::assessment;
namespace clause = standards::clause;

Json text_json(const Text& text) { return Json::object({{"en", text.en}, {"zh", text.zh}}); }

Json clause_json(const Clause& clause) {
  return Json::object({{"clause", clause.id},
                       {"level", clause::name_of(clause.level)},
                       {"tier", clause::name_of(clause.tier)},
                       {"check", clause::name_of(clause.check.kind)},
                       {"probe", clause.check.probe},
                       {"arguments", Json::strings(clause.check.arguments)},
                       {"applies", Json::strings(clause.applies)},
                       {"status", clause.status},
                       {"requirement", text_json(clause.requirement)},
                       {"note", clause.note}});
}

Json summary_json(const Checklist& list) {
  return Json::object({{"document", list.document},
                       {"slug", clause::slug_of(list.document)},
                       {"title", text_json(list.title)},
                       {"note", list.note},
                       {"clauses", static_cast<std::int64_t>(list.clauses.size())},
                       {"assessable", list.assessable()}});
}

Result<Response> list_checklists(Node& node, Request& request) {
  const std::string words = request.query_or("words", "");
  WEIR_TRY_LET(const auto clauses, node.standards().clauses());
  Json::Array items;
  if (words.empty()) {
    for (const Checklist& list : clauses->all()) items.push_back(summary_json(list));
  } else {
    WEIR_TRY_LET(const std::size_t limit, page_limit(request));
    for (const auto& found : clauses->search(words, limit)) {
      Json row = clause_json(*found.clause);
      row.set("document", found.checklist->document);
      items.push_back(std::move(row));
    }
  }
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> get_checklist(Node& node, Request& request) {
  WEIR_TRY_LET(const auto registry, node.standards().clauses());
  const Checklist* list = registry->find(request.parameter("id"));
  if (list == nullptr) return Error(Errc::kNotFound, "there is no such checklist").because("assessment.no_checklist");
  Json clauses = Json::array();
  for (const Clause& one : list->clauses) clauses.push(clause_json(one));
  Json out = summary_json(*list);
  out.set("clauses", clauses);
  return Response::json(out);
}

Result<Response> post_assessment(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  std::vector<std::string> documents;
  if (body.has("documents")) {
    WEIR_TRY_LET(documents, body.texts("documents"));
  }
  const NodeFile& file = node.folder().node();
  const clause::Subject subject{std::string(config::name_of(file.role)), std::string(crypto::name_of(file.suite)),
                                body.text_or("device", "server")};
  WEIR_TRY_LET(const auto made, node.assessments().make(documents, subject, gather_facts(node), "0.1.0",
                                                        request.principal.actor()));
  return Response::created("/api/v1/assessments/" + made.assessment.text_or("assessment", ""),
                           assessment::to_json(made));
}

Result<Response> list_assessments(Node& node, Request& request) {
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const auto all, node.assessments().list(limit));
  Json::Array items;
  for (const auto& one : all) {
    items.push_back(Json::object({{"assessment", one.id},
                                  {"time", format_iso8601(one.time)},
                                  {"actor", one.actor},
                                  {"documents", one.documents}}));
  }
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> get_assessment(Node& node, Request& request) {
  WEIR_TRY_LET(const auto made, node.assessments().get(request.parameter("id")));
  return Response::json(assessment::to_json(made));
}

Result<Response> get_report(Node& node, Request& request) {
  WEIR_TRY_LET(const auto made, node.assessments().get(request.parameter("id")));
  const auto language = parse_language(request.query_or("lang", "")).value_or(request.language);
  return Response::bytes("text/html; charset=utf-8",
                         assessment::html_report(made.assessment, made.signature, language));
}

Result<Response> get_oscal(Node& node, Request& request) {
  WEIR_TRY_LET(const auto made, node.assessments().get(request.parameter("id")));
  WEIR_TRY_LET(const Json document, assessment::oscal(request.parameter("model"), made.assessment));
  return Response::json(document);
}

// ── what operators file ──

Result<assessment::State> read_answer(const std::string& name) {
  using assessment::State;
  for (const State state : {State::kMet, State::kNotMet, State::kNotApplicable}) {
    if (assessment::name_of(state) == name) return state;
  }
  return Error(Errc::kInvalidArgument, "'answer' is met, not_met or not_applicable").because("assessment.malformed");
}

Result<Response> post_attestation(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  assessment::NewAttestation fresh;
  WEIR_TRY_LET(fresh.clause, body.text("clause"));
  WEIR_TRY_LET(fresh.statement, body.text("statement"));
  WEIR_TRY_LET(fresh.answer, read_answer(body.text_or("answer", "met")));
  fresh.maturity = static_cast<int>(std::clamp<std::int64_t>(body.integer_or("maturity", 0), -1, 6));
  fresh.file_name = body.text_or("fileName", "");
  WEIR_TRY_LET(fresh.file, wire::decode_base64(body.text_or("file", "")));
  if (const std::string until = body.text_or("validUntil", ""); !until.empty()) {
    WEIR_TRY_LET(fresh.valid_until, parse_iso8601(until));
  }
  WEIR_TRY_LET(const auto filed, node.assessments().file(fresh, request.principal.actor()));
  return Response::created("/api/v1/attestations/" + filed.id, assessment::to_json(filed));
}

Result<Response> list_attestations(Node& node, Request& request) {
  WEIR_TRY_LET(const auto all, node.assessments().filed(request.query_or("clause", "")));
  Json::Array items;
  for (const auto& one : all) items.push_back(assessment::to_json(one));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> get_attested_file(Node& node, Request& request) {
  WEIR_TRY_LET(const Bytes file, node.assessments().file_of(request.parameter("id")));
  return Response::bytes("application/octet-stream", std::string(text_of(file)));
}

}  // namespace

void add_assessment_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, const char* scope, std::string operation, Text summary,
                       auto handler, int status = 200, std::string type = "application/json") {
    router.add({.method = method,
                .pattern = "/api/v1" + std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .response_types = {std::move(type)},
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const char* const read = "evidence:read";
  const char* const write = "standards:write";
  add(Method::kGet, "/checklists", read, "listChecklists", {"Checklists, or clauses that hold words", "检查清单或条款检索"},
      list_checklists);
  add(Method::kGet, "/checklists/{id}", read, "getChecklist", {"The clauses of one document", "单个文件的条款"},
      get_checklist);
  add(Method::kPost, "/assessments", write, "createAssessment", {"Assesses this node now", "立即评估本节点"}, post_assessment,
      201);
  add(Method::kGet, "/assessments", read, "listAssessments", {"Assessments, newest first", "评估列表，最新在前"},
      list_assessments);
  add(Method::kGet, "/assessments/{id}", read, "getAssessment", {"One assessment with its signature", "评估及其签名"},
      get_assessment);
  add(Method::kGet, "/assessments/{id}/report", read, "getAssessmentReport", {"For people, as one page", "评估报告页面"},
      get_report, 200, "text/html");
  add(Method::kGet, "/assessments/{id}/oscal/{model}", read, "getAssessmentOscal",
      {"For machines, as NIST OSCAL", "OSCAL 文件"}, get_oscal);
  add(Method::kPost, "/attestations", write, "createAttestation", {"Files a document or a statement", "提交文件或陈述"},
      post_attestation, 201);
  add(Method::kGet, "/attestations", read, "listAttestations", {"What was filed", "已提交的文件与陈述"}, list_attestations);
  add(Method::kGet, "/attestations/{id}/file", read, "getAttestationFile", {"The file that was handed in", "已提交的文件"},
      get_attested_file, 200, "application/octet-stream");
}

}  // namespace weir::node
