// SPDX-License-Identifier: Apache-2.0
// Each rule becomes boxes: for every ordered operand an interval, for every other a set of wanted and unwanted values. `or`
// gives several boxes. What cannot be put in a box is taken to overlap with everything.
#include "weir/policy/conflict.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "weir/policy/explain.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

constexpr std::size_t kBoxesMax = 64;

// low <= x < high
struct Interval {
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
  bool empty() const { return low >= high; }
  Interval meet(const Interval& other) const { return {std::max(low, other.low), std::min(high, other.high)}; }
  bool covers(const Interval& other) const { return low <= other.low && high >= other.high; }
};

struct Axis {
  Interval interval;
  bool limited = false;                        // some interval was given
  std::optional<std::set<std::string>> wanted;  // one of these
  std::set<std::string> unwanted;
};

struct Box {
  std::map<std::string, Axis> axes;  // by operand and unit
  bool exact = true;                 // false: it holds constraints that are not in the axes
};

std::int64_t next(std::int64_t value) { return value == INT64_MAX ? value : value + 1; }

// Where an atom's operand stands on a line, and the two ends of its value there.
std::optional<Interval> place(const Constraint& atom, const OperandTerm& term) {
  if (atom.right.size() != 1) return std::nullopt;
  const std::string& text = atom.right[0].text;
  switch (term.type) {
    case ValueType::kNumber:
      if (const auto number = parse_number(text)) {
        // Counts are whole numbers: between 5 and 6 there is nothing.
        const std::int64_t step = term.operand == Operand::kCount ? kNumberScale : 1;
        return Interval{*number / step, next(*number / step)};
      }
      return std::nullopt;
    case ValueType::kBytes:
      if (const auto bytes = parse_bytes(text, atom.unit)) return Interval{*bytes, next(*bytes)};
      return std::nullopt;
    case ValueType::kTime:
      if (const auto times = parse_times(text)) return Interval{times->low, times->high};
      return std::nullopt;
    case ValueType::kDuration:
      if (const auto length = parse_duration(text); length.ok()) {
        const std::int64_t ms = length->exact.count() + length->months * 30LL * 86400000;
        return Interval{ms, next(ms)};
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

std::optional<Interval> interval_of(const Constraint& atom, const OperandTerm& term) {
  const auto value = place(atom, term);
  if (!value) return std::nullopt;
  Interval out;
  switch (atom.op) {
    case Operator::kLt: out.high = value->low; break;
    case Operator::kLteq: out.high = value->high; break;
    case Operator::kGt: out.low = value->high; break;
    case Operator::kGteq: out.low = value->low; break;
    case Operator::kIsPartOf:
    case Operator::kEq:
      out = *value;
      // A length of time "of" P3M is anything up to three months.
      if (term.type == ValueType::kDuration) out.low = INT64_MIN;
      break;
    default: return std::nullopt;
  }
  // Nothing is counted below what the first use makes it.
  if (term.operand == Operand::kCount) out.low = std::max<std::int64_t>(out.low, 1);
  if (term.operand == Operand::kDataSize || term.type == ValueType::kDuration) out.low = std::max<std::int64_t>(out.low, 0);
  return out;
}

void add_atom(Box& box, const Constraint& atom) {
  const OperandTerm* term = find_operand(atom.left);
  const std::string name = (term == nullptr ? atom.left : std::string(term->name)) + "|" + atom.unit;
  Axis& axis = box.axes[name];
  if (term != nullptr) {
    if (const auto interval = interval_of(atom, *term)) {
      axis.interval = axis.interval.meet(*interval);
      axis.limited = true;
      return;
    }
    // Regions, addresses and paths contain one another: only equality is sure.
    const bool nests = term->type == ValueType::kRegion || term->type == ValueType::kAddress;
    if (nests || term->type != ValueType::kText) {
      box.exact = false;
      return;
    }
  }
  std::set<std::string> values;
  for (const Literal& literal : atom.right) values.insert(literal.text);
  switch (atom.op) {
    case Operator::kEq:
    case Operator::kIsAnyOf:
      if (atom.op == Operator::kEq && values.size() != 1) break;
      if (!axis.wanted) {
        axis.wanted = std::move(values);
      } else {
        std::erase_if(*axis.wanted, [&](const std::string& each) { return !values.contains(each); });
      }
      return;
    case Operator::kNeq:
    case Operator::kIsNoneOf: axis.unwanted.merge(values); return;
    default: break;
  }
  box.exact = false;
}

std::vector<Box> boxes_of(const std::vector<Constraint>& constraints);

std::vector<Box> product(const std::vector<Box>& a, const std::vector<Box>& b) {
  std::vector<Box> out;
  for (const Box& left : a) {
    for (const Box& right : b) {
      if (out.size() == kBoxesMax) {
        out.back().exact = false;
        return out;
      }
      Box both = left;
      both.exact &= right.exact;
      for (const auto& [name, axis] : right.axes) {
        Axis& into = both.axes[name];
        into.interval = into.interval.meet(axis.interval);
        into.limited |= axis.limited;
        into.unwanted.insert(axis.unwanted.begin(), axis.unwanted.end());
        if (axis.wanted && into.wanted) {
          std::erase_if(*into.wanted, [&](const std::string& each) { return !axis.wanted->contains(each); });
        } else if (axis.wanted) {
          into.wanted = axis.wanted;
        }
      }
      out.push_back(std::move(both));
    }
  }
  return out;
}

std::vector<Box> boxes_of(const Constraint& constraint) {
  switch (constraint.kind) {
    case ConstraintKind::kAtom: {
      Box box;
      add_atom(box, constraint);
      return {std::move(box)};
    }
    case ConstraintKind::kAnd:
    case ConstraintKind::kAndSequence: return boxes_of(constraint.parts);
    case ConstraintKind::kOr:
    case ConstraintKind::kXone: {
      std::vector<Box> out;
      for (const Constraint& part : constraint.parts) {
        for (Box& box : boxes_of(part)) {
          if (constraint.kind == ConstraintKind::kXone) box.exact = false;
          if (out.size() < kBoxesMax) out.push_back(std::move(box));
          else out.back().exact = false;
        }
      }
      return out;
    }
  }
  return {Box{}};
}

std::vector<Box> boxes_of(const std::vector<Constraint>& constraints) {
  std::vector<Box> out = {Box{}};
  for (const Constraint& each : constraints) out = product(out, boxes_of(each));
  return out;
}

// The operand on which nothing is left, or nothing.
std::optional<std::string> emptied(const Box& box) {
  for (const auto& [name, axis] : box.axes) {
    const std::string operand = name.substr(0, name.rfind('|'));
    if (axis.limited && axis.interval.empty()) return operand;
    if (!axis.wanted) continue;
    const auto usable = [&](const std::string& each) { return !axis.unwanted.contains(each); };
    if (std::none_of(axis.wanted->begin(), axis.wanted->end(), usable)) return operand;
  }
  return std::nullopt;
}

bool overlap(const Box& a, const Box& b) {
  const auto both = product({a}, {b});
  return !emptied(both[0]);
}

// Whether every point of `inner` lies in `outer`.
bool covers(const Box& outer, const Box& inner) {
  if (!outer.exact) return false;
  for (const auto& [name, axis] : outer.axes) {
    const auto found = inner.axes.find(name);
    const Axis* other = found == inner.axes.end() ? nullptr : &found->second;
    if (axis.limited && (other == nullptr || !axis.interval.covers(other->interval))) return false;
    if (axis.wanted) {
      if (other == nullptr || !other->wanted) return false;
      if (!std::includes(axis.wanted->begin(), axis.wanted->end(), other->wanted->begin(), other->wanted->end())) return false;
    }
    for (const std::string& value : axis.unwanted) {
      const bool excluded = other != nullptr && (other->unwanted.contains(value) || (other->wanted && !other->wanted->contains(value)));
      if (!excluded) return false;
    }
  }
  return true;
}

struct Named {
  std::string id;
  RuleKind kind;
  const Rule* rule;
  std::vector<Action> actions;
  std::vector<Entity> targets;
  std::vector<Entity> assignees;
  std::vector<Box> boxes;
  bool possible = true;
};

enum class Relation : std::uint8_t { kApart, kOverlaps, kCovers };

Relation relate_actions(const Named& wide, const Named& narrow) {
  bool all = true;
  bool any = false;
  for (const Action& inner : narrow.actions) {
    bool covered = false;
    for (const Action& outer : wide.actions) {
      const ActionId a = find_action(outer.name);
      const ActionId b = find_action(inner.name);
      const bool known = a != kUnknownAction && b != kUnknownAction;
      const auto reaches = [](RuleKind kind, ActionId from, ActionId to) {
        return kind == RuleKind::kPermission ? permits(from, to) : includes(from, to);
      };
      const bool within = known ? reaches(wide.kind, a, b) : outer.name == inner.name;
      any |= within || (known && reaches(narrow.kind, b, a));
      covered |= within && outer.refinements.empty();
    }
    all &= covered;
  }
  return all ? Relation::kCovers : any ? Relation::kOverlaps : Relation::kApart;
}

Relation relate_entities(const std::vector<Entity>& wide, const std::vector<Entity>& narrow) {
  if (wide.empty()) return Relation::kCovers;
  if (narrow.empty()) return Relation::kOverlaps;
  bool all = true;
  bool any = false;
  for (const Entity& inner : narrow) {
    bool covered = false;
    for (const Entity& outer : wide) {
      any |= outer.id == inner.id;
      covered |= outer.id == inner.id && outer.refinements.empty();
    }
    all &= covered;
  }
  return all ? Relation::kCovers : any ? Relation::kOverlaps : Relation::kApart;
}

Relation relate_boxes(const Named& wide, const Named& narrow) {
  bool any = false;
  bool all = true;
  for (const Box& inner : narrow.boxes) {
    if (emptied(inner)) continue;
    bool covered = false;
    for (const Box& outer : wide.boxes) {
      any |= overlap(outer, inner);
      covered |= covers(outer, inner);
    }
    all &= covered;
  }
  return all && any ? Relation::kCovers : any ? Relation::kOverlaps : Relation::kApart;
}

Relation relate(const Named& wide, const Named& narrow) {
  const Relation parts[] = {relate_actions(wide, narrow), relate_entities(wide.targets, narrow.targets),
                            relate_entities(wide.assignees, narrow.assignees), relate_boxes(wide, narrow)};
  return *std::min_element(std::begin(parts), std::end(parts));
}

std::vector<Named> rules_of(std::span<const Policy> policies) {
  std::vector<Named> out;
  for (const Policy& policy : policies) {
    for (const RuleKind kind : {RuleKind::kPermission, RuleKind::kProhibition}) {
      const auto& rules = kind == RuleKind::kPermission ? policy.permissions : policy.prohibitions;
      for (std::size_t i = 0; i < rules.size(); ++i) {
        const Rule& rule = rules[i];
        out.push_back({rule_id(policy, kind, i), kind, &rule, rule.actions.empty() ? policy.actions : rule.actions,
                       rule.targets.empty() ? policy.targets : rule.targets,
                       rule.assignees.empty() ? policy.assignees : rule.assignees, boxes_of(rule.constraints), true});
      }
    }
  }
  return out;
}

Text name_text(std::string_view operand) {
  const OperandTerm* term = find_operand(operand);
  return term == nullptr ? both_languages(operand) : Text{std::string(term->en), std::string(term->zh)};
}

// A rule that nothing can meet: by one constraint alone, or by several together.
void find_impossible(Named& named, std::optional<Timestamp> now, std::vector<Conflict>& out) {
  const auto empty = [](const Box& box) { return emptied(box).has_value(); };
  if (!named.boxes.empty() && std::all_of(named.boxes.begin(), named.boxes.end(), empty)) {
    named.possible = false;
    const Text operand = name_text(*emptied(named.boxes[0]));
    const bool alone = std::any_of(named.rule->constraints.begin(), named.rule->constraints.end(), [&](const Constraint& each) {
      const auto own = boxes_of(each);
      return !own.empty() && std::all_of(own.begin(), own.end(), empty);
    });
    out.push_back({alone ? ConflictKind::kRange : ConflictKind::kContradiction, Severity::kError, {named.id},
                   Text{"Rule ", "规则 "} + both_languages(named.id) +
                       (alone ? Text{" can never hold: no value of the ", " 永远无法成立：没有任何取值能满足“"}
                              : Text{" can never hold: its constraints on the ", " 永远无法成立：其约束相互矛盾，涉及“"}) +
                       operand + (alone ? Text{" meets it.", "”。"} : Text{" contradict each other.", "”。"})});
    return;
  }
  if (!now) return;
  const auto over = [&](const Box& box) {
    const auto time = box.axes.find("dateTime|");
    return time != box.axes.end() && time->second.limited && time->second.interval.high <= now->value();
  };
  if (std::all_of(named.boxes.begin(), named.boxes.end(), over)) {
    out.push_back({ConflictKind::kRange, Severity::kWarning, {named.id},
                   Text{"Rule ", "规则 "} + both_languages(named.id) + Text{" has run out.", " 已过期。"}});
  }
}

void find_authorisation(const Named& permission, const Named& prohibition, std::vector<Conflict>& out) {
  const Relation relation = relate(prohibition, permission);
  if (relation == Relation::kApart) return;
  const bool always = relation == Relation::kCovers;
  Text what = Text{"Rule ", "规则 "} + both_languages(permission.id) + Text{" permits what rule ", " 所允许的，规则 "} +
              both_languages(prohibition.id) +
              (always ? Text{" always forbids: it gives nothing.", " 一律禁止：该许可不起作用。"}
                      : Text{" forbids in part: where both hold, the prohibition wins.", " 部分禁止：二者同时成立时以禁止为准。"});
  // A wide permission with a narrow exception is how terms are usually written.
  const bool exception = !always && relate_actions(prohibition, permission) != Relation::kCovers;
  const Severity severity = always ? Severity::kError : exception ? Severity::kNote : Severity::kWarning;
  out.push_back({always ? ConflictKind::kUnreachable : ConflictKind::kAuthorisation, severity,
                 {permission.id, prohibition.id}, std::move(what)});
}

}  // namespace

std::string_view name_of(ConflictKind kind) {
  switch (kind) {
    case ConflictKind::kAuthorisation: return "authorisation";
    case ConflictKind::kContradiction: return "contradiction";
    case ConflictKind::kRange: return "range";
    case ConflictKind::kUnreachable: return "unreachable";
    case ConflictKind::kRedundant: return "redundant";
  }
  return "";
}

//= TC609-6-2025-15#conflicts
// Authorisation conflicts, contradictory constraints, inconsistent ranges.
std::vector<Conflict> find_conflicts(std::span<const Policy> policies, std::optional<Timestamp> now) {
  std::vector<Named> rules = rules_of(policies);
  std::vector<Conflict> out;
  for (Named& each : rules) find_impossible(each, now, out);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind != RuleKind::kPermission || !rules[i].possible) continue;
    for (std::size_t k = 0; k < rules.size(); ++k) {
      if (i == k || !rules[k].possible) continue;
      if (rules[k].kind == RuleKind::kProhibition) {
        find_authorisation(rules[i], rules[k], out);
      } else if (relate(rules[k], rules[i]) == Relation::kCovers && rules[k].rule->duties.empty() &&
                 (k < i || relate(rules[i], rules[k]) != Relation::kCovers)) {
        out.push_back({ConflictKind::kRedundant, Severity::kNote, {rules[i].id, rules[k].id},
                       Text{"Rule ", "规则 "} + both_languages(rules[i].id) + Text{" gives nothing that rule ", " 所许可的，规则 "} +
                           both_languages(rules[k].id) + Text{" does not give.", " 已经许可。"}});
      }
    }
  }
  return out;
}

}  // namespace weir::policy
