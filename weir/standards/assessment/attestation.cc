// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "weir/standards/assessment/assess.h"

namespace weir::standards::assessment {
namespace {

using clause::CheckKind;
using wire::Json;

Error wrong(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("assessment.malformed");
}

Result<CheckKind> parse_kind(const std::string& name) {
  for (const CheckKind kind : {CheckKind::kDocument, CheckKind::kInterview, CheckKind::kMaturity}) {
    if (clause::name_of(kind) == name) return kind;
  }
  return wrong("'kind' is document, interview or maturity");
}

Result<State> parse_answer(const std::string& name) {
  for (const State state : {State::kMet, State::kNotMet, State::kNotApplicable}) {
    if (name_of(state) == name) return state;
  }
  return wrong("'answer' is met, not_met or not_applicable");
}

Json unsigned_json(const Attestation& a) {
  Json out = Json::object({{"id", a.id},
                           {"document", a.document},
                           {"clause", a.clause},
                           {"kind", clause::name_of(a.kind)},
                           {"answer", name_of(a.answer)},
                           {"statement", a.statement},
                           {"actor", a.actor},
                           {"time", format_iso8601(a.time)}});
  if (a.kind == CheckKind::kMaturity) out.set("maturity", a.maturity);
  if (!a.file_hash.empty()) {
    out.set("file", Json::object({{"name", a.file_name}, {"hash", a.file_hash}, {"bytes", a.file_bytes}}));
  }
  if (a.valid_until) out.set("validUntil", format_iso8601(*a.valid_until));
  return out;
}

}  // namespace

std::string Attestation::canonical_bytes() const { return unsigned_json(*this).canonical(); }

Json to_json(const Attestation& attestation) {
  Json out = unsigned_json(attestation);
  out.set("signature", attestation.signature);
  return out;
}

Result<Attestation> parse_attestation(const Json& json) {
  Attestation out;
  WEIR_TRY_LET(out.id, json.text("id"));
  WEIR_TRY_LET(out.document, json.text("document"));
  WEIR_TRY_LET(out.clause, json.text("clause"));
  WEIR_TRY_LET(const std::string kind, json.text("kind"));
  WEIR_TRY_LET(out.kind, parse_kind(kind));
  WEIR_TRY_LET(const std::string answer, json.text("answer"));
  WEIR_TRY_LET(out.answer, parse_answer(answer));
  WEIR_TRY_LET(out.statement, json.text("statement"));
  WEIR_TRY_LET(out.actor, json.text("actor"));
  WEIR_TRY_LET(const std::string time, json.text("time"));
  WEIR_TRY_LET(out.time, parse_iso8601(time));
  if (out.kind == CheckKind::kMaturity) {
    WEIR_TRY_LET(const std::int64_t maturity, json.integer("maturity"));
    if (maturity < 1 || maturity > 5) return wrong("'maturity' is 1 to 5");
    out.maturity = static_cast<int>(maturity);
  }
  if (const Json& file = json["file"]; file.is_object()) {
    WEIR_TRY_LET(out.file_name, file.text("name"));
    WEIR_TRY_LET(out.file_hash, file.text("hash"));
    WEIR_TRY_LET(out.file_bytes, file.integer("bytes"));
  }
  if (const std::string until = json.text_or("validUntil", ""); !until.empty()) {
    WEIR_TRY_LET(out.valid_until, parse_iso8601(until));
  }
  out.signature = json.text_or("signature", "");
  return out;
}

}  // namespace weir::standards::assessment
