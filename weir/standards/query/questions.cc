// The questions there are, and what differs between two lists of clauses.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include "weir/standards/query/parts.h"

namespace weir::standards::query {

using wire::Json;

namespace {

const std::array<Question, 8>& all_questions() {
  static const Parameter kEdition{"edition", {"edition of the framework", "框架版本"}};
  static const Parameter kDirection{"direction", {"that direction and those below it", "研制方向及其下级"}};
  static const Parameter kCommittee{"committee", {"begins with", "归口单位前缀"}};
  static const Parameter kKind{"kind", {"as GB/T or ISO/IEC", "标准类别"}};
  static const Parameter kWords{"words", {"words of number or title", "编号或名称中的词"}};
  static const Parameter kNumber{"number", {"number of a standard", "标准编号"}};
  static const Parameter kLimit{"limit", {"how many", "数量上限"}};
  static const std::array<Question, 8> all = {{
      {"find",
       {"Standards by words, direction, committee, kind and status", "按词、方向、归口、类别与状态检索标准"},
       {kWords,
        kDirection,
        kCommittee,
        kKind,
        {"status", {"as in-force", "状态"}},
        {"conflicts", {"true: only where sources disagree", "仅列来源不一致者"}},
        kLimit,
        {"offset", {"where to begin", "起始位置"}}}},
      {"show",
       {"One standard with every claim, its source, links and conflicts", "单项标准：各字段来源、关联与冲突"},
       {kNumber}},
      {"tree", {"An edition of the framework, its figures and mappings", "框架某一版本及其指标与映射"}, {kEdition, kDirection}},
      {"coverage",
       {"How many standards each direction has, against the targets", "各方向标准数量及目标对照"},
       {kEdition, {"rows", {"true: with the numbers behind each count", "附各计数所含标准"}}}},
      {"gap",
       {"Directions without standards, adoption, and drift", "空白方向、采标率与采标漂移"},
       {kEdition, kDirection}},
      {"timeline",
       {"What happened, and publications by year", "历程与逐年发布数"},
       {{"from", {"first day", "起始日期"}},
        {"until", {"last day", "截止日期"}},
        kNumber,
        kDirection,
        kCommittee,
        kKind,
        kWords,
        kLimit}},
      {"due",
       {"Deadlines: comment, entry into force, review, adoption", "期限：征求意见、实施、复审、转化"},
       {{"from", {"first day", "起始日期"}},
        {"until", {"last day; else the end of next month", "截止日期；默认下月底"}},
        {"overdue", {"true: also what is late", "包括逾期"}},
        kDirection,
        kCommittee,
        kKind,
        kNumber,
        kWords,
        kLimit}},
      {"diff",
       {"What differs between two lists of clauses", "两份条款清单的差异"},
       {{"from", {"document", "原文件"}}, {"to", {"document", "新文件"}}}},
  }};
  return all;
}

}  // namespace

std::span<const Question> questions() { return all_questions(); }

namespace {

// Probe -> the clauses that it checks, of documents other than the two.
std::map<std::string, Json> shared(const clause::Checklist& from, const clause::Checklist& to,
                                   const clause::Registry& known) {
  constexpr std::size_t kMost = 50;
  std::map<std::string, Json> out;
  for (const clause::Checklist* list : {&from, &to}) {
    for (const clause::Clause& clause : list->clauses) {
      if (!clause.check.probe.empty()) out.try_emplace(clause.check.probe, Json::array());
    }
  }
  if (out.empty()) return out;
  for (const clause::Checklist& list : known.all()) {
    if (list.document == from.document || list.document == to.document) continue;
    for (const clause::Clause& clause : list.clauses) {
      const auto found = clause.check.probe.empty() ? out.end() : out.find(clause.check.probe);
      if (found != out.end() && found->second.size() < kMost) found->second.push(list.document + "#" + clause.id);
    }
  }
  return out;
}

}  // namespace

Json diff(const clause::Checklist& from, const clause::Checklist& to, const clause::Registry& known) {
  Json added = Json::array();
  Json removed = Json::array();
  Json changed = Json::array();
  const std::map<std::string, Json> probes = shared(from, to, known);
  const auto one = [&](const clause::Clause& clause) {
    Json json = Json::object({{"id", clause.id},
                              {"level", name_of(clause.level)},
                              {"requirement", text_json(clause.requirement)},
                              {"check", name_of(clause.check.kind)},
                              {"status", clause.status}});
    if (clause.check.probe.empty()) return json;
    return json.set("probe", clause.check.probe).set("sharedWith", probes.at(clause.check.probe));
  };
  for (const clause::Clause& clause : to.clauses) {
    const clause::Clause* before = from.find(clause.id);
    if (before == nullptr) {
      added.push(one(clause));
      continue;
    }
    Json what = Json::array();
    if (before->level != clause.level) what.push("level");
    if (before->tier != clause.tier) what.push("tier");
    if (before->requirement != clause.requirement) what.push("requirement");
    if (before->applies != clause.applies) what.push("applies");
    if (before->check != clause.check) what.push("check");
    if (what.size() > 0)
      changed.push(
          Json::object({{"id", clause.id}, {"what", std::move(what)}, {"from", one(*before)}, {"to", one(clause)}}));
  }
  for (const clause::Clause& clause : from.clauses) {
    if (to.find(clause.id) == nullptr) removed.push(one(clause));
  }
  return Json::object({{"from", from.document},
                       {"to", to.document},
                       {"added", std::move(added)},
                       {"removed", std::move(removed)},
                       {"changed", std::move(changed)}});
}

}  // namespace weir::standards::query
