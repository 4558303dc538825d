// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/decide.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/policy/program.h"

namespace weir::policy {
namespace {

using Kind = Finding::Kind;

std::span<const std::uint16_t> rules_for(const ProgramData& data, RuleKind kind, ActionId action) {
  const std::size_t slot = action == kUnknownAction ? kActionsMax : action;
  const Range range = (kind == RuleKind::kPermission ? data.permissions_of : data.prohibitions_of)[slot];
  return std::span(data.rule_lists).subspan(range.first, range.count);
}

Truth both(Truth a, Truth b) { return std::min(a, b); }

Truth all_of_nodes(const ProgramData& data, Range range, const Request& request, RuleKind strict) {
  Truth out = Truth::kTrue;
  for (std::uint32_t i = 0; i < range.count && out != Truth::kFalse; ++i) {
    out = both(out, evaluate(data, data.nodes[range.first + i], request, strict));
  }
  return out;
}

// Whether an id is among the selectors, with their refinements. An empty list selects everything.
// `named` tells whether the id itself was among them: if not, the rule is about something else.
Truth select_entity(const ProgramData& data, Range range, std::string_view id, const Request& request, RuleKind strict,
                    bool& named) {
  named = true;
  if (range.count == 0) return Truth::kTrue;
  if (id.empty()) return Truth::kUnknown;
  named = false;
  Truth out = Truth::kFalse;
  for (std::uint32_t i = 0; i < range.count; ++i) {
    const Selector& selector = data.selectors[range.first + i];
    Truth part = Truth::kTrue;
    if (selector.text != id) {
      if (!selector.collection) continue;
      part = is_part_of(data, id, selector.text, request);
    }
    named = true;
    out = std::max(out, both(part, all_of_nodes(data, selector.refinements, request, strict)));
  }
  return out;
}

bool covers_action(const Selector& selector, RuleKind kind, ActionId action, const Request& request) {
  if (action == kUnknownAction || selector.action == kUnknownAction) return selector.text == request.action;
  return kind == RuleKind::kPermission ? permits(selector.action, action) : includes(selector.action, action);
}

Truth select_action(const ProgramData& data, const CompiledRule& rule, ActionId action, const Request& request,
                    bool& named) {
  named = false;
  Truth out = Truth::kFalse;
  if (rule.kind == RuleKind::kProhibition && !rule.knows_action) {
    named = true;
    out = Truth::kUnknown;
  }
  for (std::uint32_t i = 0; i < rule.actions.count; ++i) {
    const Selector& selector = data.selectors[rule.actions.first + i];
    const bool covers = covers_action(selector, rule.kind, action, request);
    // What an action in no table is part of is not known: it may be part of any that is forbidden.
    const bool may_cover = action == kUnknownAction && rule.kind == RuleKind::kProhibition;
    if (!covers && !may_cover) continue;
    named = true;
    out = std::max(out, all_of_nodes(data, selector.refinements, request, rule.kind));
  }
  return out;
}

struct Match {
  bool named = false;  // the rule speaks of this action, target and party
  Truth holds = Truth::kFalse;
};

Match match(const ProgramData& data, const CompiledRule& rule, ActionId action, const Request& request) {
  Match out;
  bool named = false;
  out.holds = select_action(data, rule, action, request, named);
  if (!named) return {};
  out.holds = both(out.holds, select_entity(data, rule.targets, request.product, request, rule.kind, named));
  if (!named) return {};
  out.holds = both(out.holds, select_entity(data, rule.assignees, request.participant, request, rule.kind, named));
  if (!named) return {};
  out.named = true;
  if (out.holds != Truth::kFalse) out.holds = both(out.holds, all_of_nodes(data, rule.constraints, request, rule.kind));
  return out;
}

// The first leaf under a node that is not known.
std::uint16_t unknown_leaf(const ProgramData& data, std::uint32_t at, const Request& request, RuleKind strict) {
  const Node& node = data.nodes[at];
  if (node.kind == ConstraintKind::kAtom) return static_cast<std::uint16_t>(at);
  for (std::uint32_t i = 0; i < node.items.count; ++i) {
    const std::uint32_t part = node.items.first + i;
    if (evaluate(data, data.nodes[part], request, strict) == Truth::kUnknown) {
      return unknown_leaf(data, part, request, strict);
    }
  }
  return static_cast<std::uint16_t>(at);
}

void explain_nodes(const ProgramData& data, Range range, std::uint16_t rule, const Request& request, Decision& out) {
  const RuleKind strict = data.rules[rule].kind;
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
    const Truth truth = evaluate(data, data.nodes[i], request, strict);
    if (truth == Truth::kUnknown) {
      out.findings.push_back({Kind::kUnknown, rule, unknown_leaf(data, i, request, strict)});
    } else if (truth == Truth::kFalse && strict == RuleKind::kPermission) {
      out.findings.push_back({Kind::kUnmet, rule, static_cast<std::uint16_t>(i)});
    }
  }
}

void explain_selectors(const ProgramData& data, Range range, std::string_view id, std::uint16_t rule,
                       const Request& request, Decision& out) {
  if (range.count > 0 && id.empty()) out.findings.push_back({Kind::kUnknown, rule, kNone});
  for (std::uint32_t i = 0; i < range.count; ++i) {
    const Selector& selector = data.selectors[range.first + i];
    const bool part = selector.text == id || selector.collection;
    if (part) explain_nodes(data, selector.refinements, rule, request, out);
    if (selector.text == id || !selector.collection || id.empty()) continue;
    if (is_part_of(data, id, selector.text, request) != Truth::kTrue) {
      out.findings.push_back({Kind::kUnknown, rule, kMembership});
    }
  }
}

// Why a rule that speaks of the request does not hold, or cannot be evaluated.
void explain_rule(const ProgramData& data, std::uint16_t index, ActionId action, const Request& request,
                  Decision& out) {
  const CompiledRule& rule = data.rules[index];
  const std::size_t before = out.findings.size();
  if (before == 0) out.findings.reserve(8);
  for (std::uint32_t i = 0; i < rule.actions.count; ++i) {
    const Selector& selector = data.selectors[rule.actions.first + i];
    const bool covers = covers_action(selector, rule.kind, action, request);
    if (covers) explain_nodes(data, selector.refinements, index, request, out);
  }
  explain_selectors(data, rule.targets, request.product, index, request, out);
  explain_selectors(data, rule.assignees, request.participant, index, request, out);
  explain_nodes(data, rule.constraints, index, request, out);
  if (out.findings.size() == before) out.findings.push_back({Kind::kUnknown, index, kNone});
}

bool is_fulfilled(const CompiledDuty& duty, const Request& request) {
  return std::find(request.fulfilled.begin(), request.fulfilled.end(), std::string_view(duty.id)) !=
         request.fulfilled.end();
}

bool is_owed(const ProgramData& data, const CompiledDuty& duty, const Request& request) {
  bool named = true;
  if (duty.assignees.count > 0 && !request.participant.empty()) {
    select_entity(data, duty.assignees, request.participant, request, RuleKind::kObligation, named);
    if (!named) return false;
  }
  return all_of_nodes(data, duty.conditions, request, RuleKind::kObligation) != Truth::kFalse;
}

struct Duties {
  std::size_t open = 0;
  bool too_late = false;
};

// Notes the duties that are owed; counts the preconditions that are still open.
Duties collect_duties(const ProgramData& data, Range range, std::uint16_t rule, const Request& request, Decision& out) {
  Duties result;
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
    const CompiledDuty& duty = data.duties[i];
    if (!is_owed(data, duty, request)) continue;
    WEIR_CHECK(out.duty_count < kDutiesMax);
    out.duties[out.duty_count++] = static_cast<std::uint16_t>(i);
    if (duty.deletes && request.now.value() >= duty.deadline_high) {
      out.findings.push_back({Kind::kUnmet, rule, kTooLate});
      result.too_late = true;
    }
    if (duty.timing != Timing::kBefore || is_fulfilled(duty, request)) continue;
    out.findings.push_back({Kind::kDutyOpen, rule, static_cast<std::uint16_t>(i)});
    ++result.open;
  }
  return result;
}

//= ODRL-2.2#conflict
// True if some prohibition applies, or may.
bool is_forbidden(const ProgramData& data, ActionId action, const Request& request, Decision& out) {
  bool certain = false;
  bool forbidden = false;
  for (const std::uint16_t index : rules_for(data, RuleKind::kProhibition, action)) {
    const CompiledRule& rule = data.rules[index];
    const Match found = match(data, rule, action, request);
    if (!found.named || found.holds == Truth::kFalse) continue;
    forbidden = true;
    if (found.holds == Truth::kTrue) {
      certain = true;
      out.findings.push_back({Kind::kForbids, index, kNone});
    } else {
      explain_rule(data, index, action, request, out);
    }
  }
  if (forbidden) out.denied_by = certain ? DeniedBy::kProhibition : DeniedBy::kUnknown;
  return forbidden;
}

void deny_by_findings(Decision& out) {
  const auto unknown = [](const Finding& finding) { return finding.kind == Kind::kUnknown; };
  const bool any = std::any_of(out.findings.begin(), out.findings.end(), unknown);
  out.effect = Effect::kDeny;
  out.denied_by = any ? DeniedBy::kUnknown : DeniedBy::kConstraint;
}

// The first permission that holds with nothing left to do before; else one with conditions; else why none does.
void decide_permissions(const ProgramData& data, ActionId action, const Request& request, Decision& out) {
  std::optional<Decision> conditional;
  bool spoken_of = false;
  for (const std::uint16_t index : rules_for(data, RuleKind::kPermission, action)) {
    const CompiledRule& rule = data.rules[index];
    const Match found = match(data, rule, action, request);
    if (!found.named) continue;
    spoken_of = true;
    if (found.holds != Truth::kTrue) {
      explain_rule(data, index, action, request, out);
      continue;
    }
    const auto before = static_cast<std::ptrdiff_t>(out.findings.size());
    out.duty_count = 0;
    const Duties own = collect_duties(data, rule.duties, index, request, out);
    const Duties common = collect_duties(data, data.obligations, index, request, out);
    if (own.too_late || common.too_late) continue;
    out.permission = index;
    out.denied_by = DeniedBy::kNothing;
    if (own.open + common.open == 0) {
      out.effect = Effect::kAllow;
      out.findings.clear();
      return;
    }
    if (conditional) continue;
    conditional = out;
    conditional->effect = Effect::kAllowIf;
    conditional->findings.erase(conditional->findings.begin(), conditional->findings.begin() + before);
  }
  if (conditional) {
    out = *std::move(conditional);
  } else if (spoken_of) {
    out.duty_count = 0;
    deny_by_findings(out);
  }
}

}  // namespace

//= I-3
//= TC609-6-2025-15#behaviour-check
// Behaviour check: allow, conditional allow, deny, default deny.
Decision decide(const Program& program, const Request& request) {
  const ProgramData& data = program.data();
  const ActionId action = find_action(request.action);
  Decision out;
  if (request.uses < 0 || request.bytes.value_or(0) < 0 || request.action.empty() || !data.is_void.en.empty())
    return out;
  if (data.strategy == Strategy::kProhibit) {
    if (!is_forbidden(data, action, request, out)) decide_permissions(data, action, request, out);
    return out;
  }
  decide_permissions(data, action, request, out);
  Decision forbidden;
  if (out.effect == Effect::kDeny && is_forbidden(data, action, request, forbidden)) out = std::move(forbidden);
  return out;
}

std::string_view name_of(Effect effect) {
  switch (effect) {
    case Effect::kDeny: return "deny";
    case Effect::kAllowIf: return "allow_if";
    case Effect::kAllow: return "allow";
  }
  return "";
}

std::string_view name_of(DeniedBy by) {
  switch (by) {
    case DeniedBy::kNothing: return "";
    case DeniedBy::kDefault: return "default";
    case DeniedBy::kProhibition: return "prohibition";
    case DeniedBy::kConstraint: return "constraint";
    case DeniedBy::kUnknown: return "unknown";
  }
  return "";
}

namespace {

Obligation make_obligation(const CompiledDuty& duty, bool met) {
  Obligation out;
  out.id = duty.id;
  out.rule = duty.rule;
  out.when = duty.timing;
  out.met = met;
  out.standing = duty.standing;
  out.consequences = duty.consequences;
  out.extra = duty.source->extra;
  out.targets = duty.source->targets;
  out.assignees = duty.source->assignees;
  if (!duty.source->actions.empty()) {
    out.action = duty.source->actions[0].name;
    out.parameters = duty.source->actions[0].refinements;
  }
  for (const Constraint& each : duty.source->constraints) out.parameters.push_back(each);
  return out;
}

}  // namespace

std::vector<Obligation> obligations(const Program& program, const Decision& decision) {
  const ProgramData& data = program.data();
  std::vector<Obligation> out;
  for (std::size_t i = 0; i < decision.duty_count; ++i) {
    const std::uint16_t index = decision.duties[i];
    const CompiledDuty& duty = data.duties[index];
    const bool open = std::any_of(decision.findings.begin(), decision.findings.end(), [&](const Finding& finding) {
      return finding.kind == Kind::kDutyOpen && finding.item == index;
    });
    out.push_back(make_obligation(duty, duty.timing == Timing::kBefore && !open));
  }
  return out;
}

std::optional<Obligation> find_obligation(const Program& program, std::string_view id) {
  for (const auto* list : {&program.data().duties, &program.data().sub_duties}) {
    for (const CompiledDuty& duty : *list) {
      if (duty.id == id) return make_obligation(duty, false);
    }
  }
  return std::nullopt;
}

std::optional<std::vector<Obligation>> remedies_of(const Program& program, std::string_view rule) {
  for (const CompiledRule& each : program.data().rules) {
    if (each.kind != RuleKind::kProhibition || each.id != rule || each.source == nullptr) continue;
    std::vector<Obligation> out;
    for (std::size_t i = 0; i < each.source->remedies.size(); ++i) {
      auto remedy = find_obligation(program, sub_rule_id(each.id, each.source->remedies[i], "remedy", i));
      if (remedy) out.push_back(*std::move(remedy));
    }
    return out;
  }
  return std::nullopt;
}

std::optional<Timestamp> due_time(const Obligation& obligation, Timestamp start) {
  std::optional<Timestamp> due;
  for (const Constraint& each : obligation.parameters) {
    const OperandTerm* term = each.kind == ConstraintKind::kAtom ? find_operand(each.left) : nullptr;
    if (term == nullptr || each.right.size() != 1) continue;
    if (each.op == Operator::kGt || each.op == Operator::kGteq || each.op == Operator::kNeq) continue;
    std::optional<Timestamp> one;
    if (term->operand == Operand::kDateTime) {
      if (const auto times = parse_times(each.right[0].text)) one = Timestamp(times->high - 1);
    } else if (term->operand == Operand::kElapsedTime || term->operand == Operand::kDelayPeriod) {
      if (const auto length = parse_duration(each.right[0].text)) one = add(start, *length);
    }
    if (one && (!due || *one < *due)) due = one;
  }
  return due;
}

std::vector<Consumption> consumption(const Program& program, const Request& request, const Decision& decision) {
  const ProgramData& data = program.data();
  std::vector<Consumption> out;
  if (!decision.allowed()) return out;
  const ActionId action = find_action(request.action);
  for (std::size_t i = 0; i < data.counters.size(); ++i) {
    const Counter& counter = data.counters[i];
    const std::uint16_t owner = data.counter_owner[i];
    if (counter.kind == CounterKind::kPaid) continue;
    bool counts = owner == decision.permission || owner == kNone;
    if (!counts && data.rules[owner].kind == RuleKind::kProhibition) {
      const auto watching = rules_for(data, RuleKind::kProhibition, action);
      counts = std::find(watching.begin(), watching.end(), owner) != watching.end();
    }
    if (!counts) continue;
    const std::int64_t known = i < request.counters.size() ? request.counters[i] : kCounterUnknown;
    const std::uint16_t place = static_cast<std::uint16_t>(i);
    switch (counter.kind) {
      case CounterKind::kUses: out.push_back({place, request.uses}); break;
      case CounterKind::kBytes: out.push_back({place, request.bytes.value_or(0)}); break;
      case CounterKind::kFirstUse:
        if (known <= 0) out.push_back({place, request.now.value()});
        break;
      case CounterKind::kLastUse: out.push_back({place, request.now.value()}); break;
      case CounterKind::kPaid: break;
    }
  }
  return out;
}

}  // namespace weir::policy
