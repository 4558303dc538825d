// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/probe.h"

#include <algorithm>

#include "weir/standards/assessment/judging.h"

namespace weir::standards::assessment {
namespace {

constexpr std::size_t kNamedMax = 3;

}  // namespace

const wire::Json& Facts::operator[](std::string_view name) const {
  static const wire::Json nothing;
  const auto at = seen.find(name);
  return at == seen.end() ? nothing : at->second;
}

std::string_view name_of(State state) {
  switch (state) {
    case State::kMet: return "met";
    case State::kNotMet: return "not_met";
    case State::kNotTested: return "not_tested";
    case State::kNotApplicable: return "not_applicable";
  }
  return "";
}

Text text_of(State state) {
  switch (state) {
    case State::kMet: return {"met", "符合"};
    case State::kNotMet: return {"not met", "不符合"};
    case State::kNotTested: return {"not tested", "未测试"};
    case State::kNotApplicable: return {"not applicable", "不适用"};
  }
  return {};
}

Outcome met(Text detail) { return {.state = State::kMet, .detail = std::move(detail), .score = {}, .evidence = {}}; }
Outcome not_met(Text detail) {
  return {.state = State::kNotMet, .detail = std::move(detail), .score = {}, .evidence = {}};
}
Outcome not_tested(Text detail) {
  return {.state = State::kNotTested, .detail = std::move(detail), .score = {}, .evidence = {}};
}

void Tally::bad(std::string what) {
  ++bad_;
  if (names_.size() < kNamedMax) names_.push_back(std::move(what));
}

Outcome Tally::outcome(const Text& things, const Text& all_good) const {
  const std::string total = std::to_string(size());
  Outcome out = met({total + " " + things.en + ": " + all_good.en, total + " " + things.zh + "：" + all_good.zh});
  if (bad_ > 0) {
    const std::string more = bad_ > names_.size() ? ", …" : "";
    const std::string names = join(names_, "; ") + more;
    out = not_met({std::to_string(bad_) + " of " + total + " " + things.en + " are not: " + names,
                   total + " " + things.zh + "中有 " + std::to_string(bad_) + " 个不符合：" + names});
  }
  out.score = size() == 0 ? 0 : static_cast<int>(100 * good_ / size());
  return out;
}

const wire::Json::Array& list(const wire::Json& value) {
  static const wire::Json::Array nothing;
  return value.is_array() ? value.items() : nothing;
}

std::span<const Probe> probes() {
  static const std::vector<Probe> all = [] {
    std::vector<Probe> out = node_probes();
    for (auto group : {business_probes(), log_probes()}) out.insert(out.end(), group.begin(), group.end());
    std::sort(out.begin(), out.end(), [](const Probe& a, const Probe& b) { return a.name < b.name; });
    return out;
  }();
  return all;
}

const Probe* find_probe(std::string_view name) {
  const auto all = probes();
  const auto at = std::find_if(all.begin(), all.end(), [&](const Probe& probe) { return probe.name == name; });
  return at == all.end() ? nullptr : &*at;
}

Outcome judge(const clause::Check& check, const Facts& facts) {
  const Probe* probe = find_probe(check.probe);
  if (probe == nullptr) {
    return not_tested({"this program has no probe '" + check.probe + "'", "本程序没有名为“" + check.probe + "”的探针"});
  }
  for (const std::string_view name : probe->facts) {
    if (facts.seen.contains(name)) continue;
    const auto why = facts.unseen.find(name);
    const std::string reason = why == facts.unseen.end() ? "it was not looked at" : why->second;
    return not_tested({"'" + std::string(name) + "' could not be seen: " + reason,
                       "未能获取“" + std::string(name) + "”：" + reason});
  }
  Outcome out = probe->judge(facts, check.arguments);
  if (out.state == State::kMet && !out.score) out.score = 100;
  if (out.state == State::kNotMet && !out.score) out.score = 0;
  out.evidence.assign(probe->facts.begin(), probe->facts.end());
  return out;
}

}  // namespace weir::standards::assessment
