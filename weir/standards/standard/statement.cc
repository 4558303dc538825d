// Statements and reports as JSON.
// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/import.h"

namespace weir::standards::standard {

namespace {

using wire::Json;

Trust parse_trust(const std::string& text) {
  if (text == "unverified") return Trust::kUnverified;
  return text == "proposal" ? Trust::kProposal : Trust::kSourced;
}

Json notes_json(const std::vector<Note>& notes) {
  Json out = Json::array();
  for (const Note& note : notes) {
    out.push(Json::object({{"row", note.row}, {"reason", note.reason}, {"en", note.words.en}, {"zh", note.words.zh}}));
  }
  return out;
}

}  // namespace

Json to_json(const Statement& statement) {
  Json out = Json::object({{"number", statement.number}, {"source", statement.source.name}});
  if (statement.source.date.known()) out.set("asOf", format(statement.source.date));
  if (!statement.source.by.empty()) out.set("by", statement.source.by);
  if (!statement.lists) out.set("lists", false);
  Json fields = Json::array();
  for (const auto& said : statement.fields) {
    Json field = Json::object({{"field", name_of(said.field)}, {"value", said.value}});
    if (said.trust != Trust::kSourced) field.set("trust", name_of(said.trust));
    fields.push(std::move(field));
  }
  if (fields.size() > 0) out.set("fields", std::move(fields));
  Json links = Json::array();
  for (const auto& linked : statement.links) {
    Json link = Json::object({{"relation", name_of(linked.relation)}, {"to", linked.to}});
    if (linked.degree != Degree::kUnstated) link.set("degree", name_of(linked.degree));
    if (linked.trust != Trust::kSourced) link.set("trust", name_of(linked.trust));
    links.push(std::move(link));
  }
  if (links.size() > 0) out.set("links", std::move(links));
  return out;
}

Result<Statement> parse_statement(const Json& json) {
  const auto bad = [] {
    return Error(Errc::kCorrupt, "a stored statement about a standard cannot be read")
        .because("standard.bad_statement");
  };
  Statement out;
  out.number = json.text_or("number", "");
  out.source = {.name = json.text_or("source", ""), .date = {}, .by = json.text_or("by", "")};
  out.lists = json.boolean_or("lists", true);
  if (out.number.empty() || out.source.name.empty()) return bad();
  if (json.has("asOf")) {
    const auto date = parse_date(json.text_or("asOf", ""));
    if (!date) return bad();
    out.source.date = *date;
  }
  for (const Json& item : json["fields"].is_array() ? json["fields"].items() : Json::Array{}) {
    const auto field = parse_field(item.text_or("field", ""));
    if (!field) return bad();
    out.fields.push_back({*field, parse_trust(item.text_or("trust", "")), item.text_or("value", "")});
  }
  for (const Json& item : json["links"].is_array() ? json["links"].items() : Json::Array{}) {
    const auto relation = parse_relation(item.text_or("relation", ""));
    const auto degree = parse_degree(item.text_or("degree", ""));
    if (!relation || !degree) return bad();
    out.links.push_back({*relation, *degree, parse_trust(item.text_or("trust", "")), item.text_or("to", "")});
  }
  return out;
}

Json to_json(const Report& report) {
  Json lines = Json::array();
  for (const ReportLine& line : report.lines) {
    Json one = Json::object({{"row", line.row}, {"number", line.number}, {"outcome", name_of(line.outcome)}});
    if (!line.changes.empty()) one.set("changes", Json::strings(line.changes));
    if (!line.notes.empty()) one.set("notes", notes_json(line.notes));
    lines.push(std::move(one));
  }
  return Json::object({{"read", report.read},
                       {"new", report.fresh},
                       {"changed", report.changed},
                       {"unchanged", report.unchanged},
                       {"refused", report.refused},
                       {"notes", notes_json(report.notes)},
                       {"lines", std::move(lines)}});
}

}  // namespace weir::standards::standard
