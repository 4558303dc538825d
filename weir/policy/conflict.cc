// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/conflict.h"

#include <algorithm>
#include <utility>

#include "weir/policy/boxes.h"
#include "weir/policy/explain.h"
#include "weir/policy/program.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

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

bool is_collection(const Entity& entity) {
  return entity.is_source || std::any_of(entity.types.begin(), entity.types.end(),
                                         [](const std::string& type) { return type.ends_with("Collection"); });
}

// One asset is not another; a collection may hold either.
Relation relate_entities(const std::vector<Entity>& wide, const std::vector<Entity>& narrow) {
  if (wide.empty()) return Relation::kCovers;
  if (narrow.empty()) return Relation::kOverlaps;
  bool all = true;
  bool any = false;
  for (const Entity& inner : narrow) {
    bool covered = false;
    for (const Entity& outer : wide) {
      any |= outer.id == inner.id || is_collection(outer) || is_collection(inner);
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

// What must hold for a rule to apply: its constraints, and what narrows its one action, target or party.
std::vector<Constraint> conditions_of(const Rule& rule, const std::vector<Action>& actions,
                                      const std::vector<Entity>& targets, const std::vector<Entity>& assignees) {
  std::vector<Constraint> out = rule.constraints;
  const auto add = [&](const auto& list) {
    if (list.size() == 1) out.insert(out.end(), list[0].refinements.begin(), list[0].refinements.end());
  };
  add(actions);
  add(targets);
  add(assignees);
  return out;
}

Named named_rule(std::string id, RuleKind kind, const Rule& rule, const Policy& policy) {
  Named out{std::move(id),
            kind,
            &rule,
            rule.actions.empty() ? policy.actions : rule.actions,
            rule.targets.empty() ? policy.targets : rule.targets,
            rule.assignees.empty() ? policy.assignees : rule.assignees,
            {},
            true};
  out.boxes = boxes_of(conditions_of(rule, out.actions, out.targets, out.assignees));
  return out;
}

std::vector<Named> rules_of(std::span<const Policy> policies) {
  std::vector<Named> out;
  for (const Policy& policy : policies) {
    for (const RuleKind kind : {RuleKind::kPermission, RuleKind::kProhibition}) {
      const auto& rules = kind == RuleKind::kPermission ? policy.permissions : policy.prohibitions;
      for (std::size_t i = 0; i < rules.size(); ++i) {
        out.push_back(named_rule(rule_id(policy, kind, i), kind, rules[i], policy));
      }
    }
  }
  return out;
}

Text name_text(std::string_view operand) {
  const OperandTerm* term = find_operand(operand);
  return term == nullptr ? both_languages(operand) : Text{std::string(term->en), std::string(term->zh)};
}

// The moment from which on a constraint on the date holds.
std::optional<std::int64_t> begins(const Constraint& atom) {
  const OperandTerm* term = atom.kind == ConstraintKind::kAtom ? find_operand(atom.left) : nullptr;
  if (term == nullptr || term->operand != Operand::kDateTime || atom.right.size() != 1) return std::nullopt;
  if (atom.op != Operator::kGt && atom.op != Operator::kGteq) return std::nullopt;
  const auto times = parse_times(atom.right[0].text);
  if (!times) return std::nullopt;
  return atom.op == Operator::kGt ? times->high : times->low;
}

// A sequence of dates written backwards; exactly one of things that are the same.
bool never_holds(const Constraint& constraint) {
  if (constraint.kind == ConstraintKind::kAtom || constraint.kind == ConstraintKind::kOr) return false;
  if (constraint.kind == ConstraintKind::kXone) {
    const auto other = [&](const Constraint& part) { return !(part == constraint.parts[0]); };
    return constraint.parts.size() > 1 && std::none_of(constraint.parts.begin(), constraint.parts.end(), other);
  }
  std::int64_t last = INT64_MIN;
  for (const Constraint& part : constraint.parts) {
    if (never_holds(part)) return true;
    const auto since = begins(part);
    if (constraint.kind == ConstraintKind::kAndSequence && since && *since < last) return true;
    last = since.value_or(last);
  }
  return false;
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
  const std::vector<Constraint> all = conditions_of(*named.rule, named.actions, named.targets, named.assignees);
  if (std::any_of(all.begin(), all.end(), never_holds)) {
    named.possible = false;
    out.push_back({ConflictKind::kContradiction,
                   Severity::kError,
                   {named.id},
                   Text{"Rule ", "规则 "} + both_languages(named.id) +
                       Text{" can never hold: what it asks for in one order, or exactly one of, cannot come so.",
                            " 永远无法成立：其要求的先后顺序或“仅满足其一”不可能出现。"}});
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

// A duty to do what must not be done: with it, nothing it is a condition of can be done rightly.
void find_forbidden_duties(std::span<const Policy> policies, const std::vector<Named>& rules,
                           std::vector<Conflict>& out) {
  const auto look = [&](const Policy& policy, const Rule& duty, const std::string& id) {
    Named owed = named_rule(id, RuleKind::kPermission, duty, policy);
    if (duty.actions.empty()) return;
    owed.boxes = {Box{}};
    for (const Named& rule : rules) {
      if (rule.kind != RuleKind::kProhibition || !rule.possible || relate(rule, owed) != Relation::kCovers) continue;
      // A prohibition of every use is told of by the permission that it beats.
      if (find_action(duty.actions[0].name) == kUnknownAction || rule.actions[0].name == "use") continue;
      out.push_back({ConflictKind::kContradiction,
                     Severity::kError,
                     {id, rule.id},
                     Text{"Duty ", "义务 "} + both_languages(id) + Text{" asks for what rule ", " 所要求的，规则 "} +
                         both_languages(rule.id) + Text{" always forbids.", " 一律禁止。"}});
    }
  };
  for (const Policy& policy : policies) {
    for (std::size_t i = 0; i < policy.permissions.size(); ++i) {
      const std::string parent = rule_id(policy, RuleKind::kPermission, i);
      const auto& duties = policy.permissions[i].duties;
      for (std::size_t k = 0; k < duties.size(); ++k)
        look(policy, duties[k], sub_rule_id(parent, duties[k], "duty", k));
    }
    for (std::size_t i = 0; i < policy.obligations.size(); ++i) {
      look(policy, policy.obligations[i], rule_id(policy, RuleKind::kObligation, i));
    }
  }
}

// Where the policy says that a permission wins, the prohibition may be the one that does nothing.
void find_beaten(const Named& permission, const Named& prohibition, std::vector<Conflict>& out) {
  const Relation relation = relate(permission, prohibition);
  if (relation == Relation::kApart) return;
  const bool always = relation == Relation::kCovers && permission.rule->duties.empty();
  out.push_back({always ? ConflictKind::kUnreachable : ConflictKind::kAuthorisation,
                 always ? Severity::kWarning : Severity::kNote,
                 {prohibition.id, permission.id},
                 Text{"Rule ", "规则 "} + both_languages(prohibition.id) +
                     Text{" forbids what rule ", " 所禁止的，规则 "} + both_languages(permission.id) +
                     (always ? Text{" always permits, and the permission wins: it forbids nothing.",
                                    " 一律许可，且以许可为准：该禁止不起作用。"}
                             : Text{" permits in part: where both hold, the permission wins.",
                                    " 部分许可：二者同时成立时以许可为准。"})});
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
  const bool permission_wins = strategy_of(policies) == Strategy::kPermit;
  for (Named& each : rules) find_impossible(each, now, out);
  find_forbidden_duties(policies, rules, out);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind != RuleKind::kPermission || !rules[i].possible) continue;
    for (std::size_t k = 0; k < rules.size(); ++k) {
      if (i == k || !rules[k].possible) continue;
      if (rules[k].kind == RuleKind::kProhibition) {
        permission_wins ? find_beaten(rules[i], rules[k], out) : find_authorisation(rules[i], rules[k], out);
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
