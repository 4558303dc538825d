// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/assess.h"

#include <algorithm>
#include <map>
#include <set>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/uuid.h"
#include "weir/wire/encoding.h"

namespace weir::standards::assessment {
namespace {

using clause::CheckKind;
using clause::Checklist;
using clause::Clause;
using wire::Json;

constexpr int kMaturityLevels = 5;

Json text_json(const Text& text) { return Json::object({{"en", text.en}, {"zh", text.zh}}); }

Outcome of(State state, Text detail) {
  return {.state = state, .detail = std::move(detail), .score = {}, .evidence = {}};
}

// The last thing that was filed about the clause; null if nothing was.
const Attestation* filed_about(const Checklist& list, const Clause& clause, const std::vector<Attestation>& filed) {
  const Attestation* last = nullptr;
  for (const Attestation& one : filed) {
    if (one.document != list.document || one.clause != clause.id || one.kind != clause.check.kind) continue;
    if (last == nullptr || one.time.value() >= last->time.value()) last = &one;
  }
  return last;
}

Outcome attested(const Checklist& list, const Clause& clause, const Input& input) {
  const Attestation* one = filed_about(list, clause, input.filed);
  if (one == nullptr) {
    return clause.check.kind == CheckKind::kDocument
               ? of(State::kNotTested, {"no document was filed for it", "尚未提交文件"})
               : of(State::kNotTested, {"nobody has made a statement about it", "尚无陈述"});
  }
  const std::string when = format_iso8601(one->time).substr(0, 10);
  if (one->valid_until && one->valid_until->value() <= input.now.value()) {
    return of(State::kNotTested, {"what was filed on " + when + " is no longer valid", when + " 提交的内容已失效"});
  }
  if (one->signature.empty() || (clause.check.kind == CheckKind::kDocument && one->file_hash.empty())) {
    return of(State::kNotTested, {"what was filed has no hash or signature", "提交的内容缺少哈希或签名"});
  }
  Outcome out = of(one->answer, {one->statement + " (" + one->actor + ", " + when + ")",
                                 one->statement + "（" + one->actor + "，" + when + "）"});
  if (clause.check.kind == CheckKind::kDocument) {
    out.detail.en = one->file_name + ", " + one->file_hash.substr(0, 19) + "…: " + out.detail.en;
    out.detail.zh = one->file_name + "，" + one->file_hash.substr(0, 19) + "…：" + out.detail.zh;
  }
  if (clause.check.kind == CheckKind::kMaturity) {
    const std::string level = std::to_string(one->maturity);
    out.detail = {"level " + level + ": " + out.detail.en, "等级 " + level + "：" + out.detail.zh};
    out.score = 100 * one->maturity / kMaturityLevels;
  } else if (one->answer == State::kMet || one->answer == State::kNotMet) {
    out.score = one->answer == State::kMet ? 100 : 0;
  }
  out.evidence = {"filed:" + one->id};
  return out;
}

int weight_of(clause::Level level) {
  switch (level) {
    case clause::Level::kMust: return 3;
    case clause::Level::kShould: return 2;
    case clause::Level::kMay: return 1;
  }
  return 0;
}

// Points of what concerns the node; what was not tested has none.
struct Points {
  std::int64_t gained = 0;
  std::int64_t possible = 0;
  void add(const Clause& clause, const Outcome& outcome) {
    if (outcome.state == State::kNotApplicable) return;
    gained += weight_of(clause.level) * outcome.score.value_or(0);
    possible += weight_of(clause.level) * 100;
  }
  int score() const { return possible == 0 ? 0 : static_cast<int>(100 * gained / possible); }
};

struct Counts {
  std::int64_t met = 0;
  std::int64_t not_met = 0;
  std::int64_t not_tested = 0;
  std::int64_t not_applicable = 0;
  void add(State state) {
    switch (state) {
      case State::kMet: ++met; break;
      case State::kNotMet: ++not_met; break;
      case State::kNotTested: ++not_tested; break;
      case State::kNotApplicable: ++not_applicable; break;
    }
  }
  Json json() const {
    return Json::object(
        {{"met", met}, {"notMet", not_met}, {"notTested", not_tested}, {"notApplicable", not_applicable}});
  }
};

std::string group_of(const std::string& id) { return id.substr(0, id.find('.')); }

// GB/T 37988: an area has the lowest level of its four dimensions, the organisation the lowest of its areas.
Json maturity_of(const Checklist& list, const std::vector<std::pair<const Clause*, Outcome>>& findings) {
  std::map<std::string, std::int64_t> areas;
  for (const auto& [clause, outcome] : findings) {
    if (outcome.state == State::kNotApplicable) continue;
    const std::int64_t level = outcome.score.value_or(0) * kMaturityLevels / 100;
    const auto [at, fresh] = areas.emplace(group_of(clause->id), level);
    if (!fresh) at->second = std::min(at->second, level);
  }
  if (areas.empty() || list.clauses.front().check.kind != CheckKind::kMaturity) return {};
  Json rows = Json::array();
  std::int64_t lowest = kMaturityLevels;
  for (const auto& [name, level] : areas) {
    rows.push(Json::object({{"area", name}, {"level", level}}));
    lowest = std::min(lowest, level);
  }
  return Json::object({{"level", lowest}, {"areas", rows}});
}

Json finding_json(const Checklist& list, const Clause& clause, const Outcome& outcome) {
  Json out = Json::object({{"document", list.document},
                           {"clause", clause.id},
                           {"requirement", text_json(clause.requirement)},
                           {"level", clause::name_of(clause.level)},
                           {"tier", clause::name_of(clause.tier)},
                           {"check", clause::name_of(clause.check.kind)},
                           {"probe", join([&] {
                              std::vector<std::string> words = clause.check.arguments;
                              words.insert(words.begin(), clause.check.probe);
                              return words;
                            }(), " ")},
                           {"claim", clause.status},
                           {"note", clause.note},
                           {"state", name_of(outcome.state)},
                           {"detail", text_json(outcome.detail)},
                           {"evidence", Json::strings(outcome.evidence)}});
  if (outcome.score) out.set("score", *outcome.score);
  return out;
}

Json document_json(const Checklist& list, const Input& input, Json& findings, std::set<std::string>& used) {
  Counts all;
  Counts musts;
  Points points;
  std::map<std::string, Points> groups;
  std::vector<std::pair<const Clause*, Outcome>> kept;
  for (const Clause& clause : list.clauses) {
    if (clause.check.kind == CheckKind::kNone) continue;
    Outcome outcome = find(list, clause, input);
    all.add(outcome.state);
    if (clause.level == clause::Level::kMust) musts.add(outcome.state);
    points.add(clause, outcome);
    groups[group_of(clause.id)].add(clause, outcome);
    used.insert(outcome.evidence.begin(), outcome.evidence.end());
    findings.push(finding_json(list, clause, outcome));
    kept.emplace_back(&clause, std::move(outcome));
  }
  Json rows = Json::array();
  for (const auto& [name, group] : groups) {
    if (group.possible == 0) continue;
    rows.push(Json::object({{"group", name}, {"score", group.score()}, {"mark", mark_of(group.score())}}));
  }
  Json out = Json::object({{"document", list.document},
                           {"slug", clause::slug_of(list.document)},
                           {"title", text_json(list.title)},
                           {"note", list.note},
                           {"counts", all.json()},
                           {"musts", musts.json()},
                           {"meetsAllMusts", musts.met > 0 && musts.not_met + musts.not_tested == 0},
                           {"score", points.score()},
                           {"mark", mark_of(points.score())},
                           {"groups", rows}});
  if (const Json maturity = maturity_of(list, kept); maturity.is_object()) out.set("maturity", maturity);
  return out;
}

std::string digest_of(const Json& value, crypto::HashAlgorithm algorithm) {
  const std::string text = value.canonical();
  return std::string(name_of(algorithm)) + ":" + wire::encode_hex(crypto::hash(algorithm, view_of(text)));
}

}  // namespace

std::string_view mark_of(int score) { return score >= 90 ? "A" : score >= 75 ? "B" : score >= 60 ? "C" : "D"; }

Outcome find(const Checklist& list, const Clause& clause, const Input& input) {
  if (!clause::applies_to(clause, input.subject)) {
    const std::string whom = join(clause.applies, ", ");
    return of(State::kNotApplicable, {"concerns " + whom, "适用于 " + whom});
  }
  return clause.check.kind == CheckKind::kProbe ? judge(clause.check, input.facts) : attested(list, clause, input);
}

Json assess(const Input& input) {
  const Json& node = input.facts["node"];
  const std::string id = node.text_or("node", "");
  WEIR_CHECK(!id.empty());
  Json documents = Json::array();
  Json findings = Json::array();
  std::set<std::string> used;
  std::string names;
  for (const Checklist* list : input.lists) {
    documents.push(document_json(*list, input, findings, used));
    names += "/" + clause::slug_of(list->document);
  }
  const std::string time = format_iso8601(input.now);
  Json facts = Json::object();
  for (const auto& [name, value] : input.facts.seen) {
    facts.set(name, Json::object({{"digest", digest_of(value, input.hash)}, {"value", value}}));
  }
  Json unseen = Json::object();
  for (const auto& [name, why] : input.facts.unseen) unseen.set(name, why);
  Json filed = Json::array();
  for (const Attestation& one : input.filed) {
    if (used.contains("filed:" + one.id)) filed.push(to_json(one));
  }
  return Json::object({{"assessment", crypto::name_uuid(crypto::kUuidOfUrls, "weir:" + id + "/" + time + names)},
                       {"time", time},
                       {"program", Json::object({{"name", "weir"}, {"version", input.version}})},
                       {"node", node},
                       {"subject", Json::object({{"role", input.subject.role},
                                                 {"suite", input.subject.suite},
                                                 {"device", input.subject.device}})},
                       {"documents", documents},
                       {"findings", findings},
                       {"facts", facts},
                       {"unseen", unseen},
                       {"filed", filed}});
}

}  // namespace weir::standards::assessment
