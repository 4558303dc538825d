// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/compile.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "weir/base/check.h"
#include "weir/base/cut.h"
#include "weir/base/limits.h"
#include "weir/policy/program.h"

namespace weir::policy {
namespace {

constexpr std::size_t kNodesMax = 60000;
constexpr std::size_t kDutiesOfARuleMax = 16;
constexpr std::size_t kMembersMax = 1024;

Error too_large(std::string_view what) {
  return Error(Errc::kExhausted, "policy: " + std::string(what)).because("policy.too_large");
}

Error twice(const std::string& id) {
  return Error(Errc::kInvalidArgument, "policy: two rules have the id '" + cut(id, 200) + "'")
      .because("policy.duplicate_rule")
      .advise("give each rule an @id of its own");
}

class Compiler {
 public:
  explicit Compiler(std::span<const Policy> policies) : data_(std::make_shared<ProgramData>()) {
    data_->policies.assign(policies.begin(), policies.end());
  }
  Result<Program> run();

 private:
  Result<> add_policy(const Policy& policy);
  Result<> add_rule(const Policy& policy, RuleKind kind, std::size_t index);
  Result<Range> add_duties(const std::vector<Rule>& duties, std::string_view parent);
  Result<CompiledDuty> add_duty(const Rule& rule, std::string id, std::string_view parent);
  Result<> add_obligations();
  Result<CompiledDuty> make_duty(const Rule& rule, std::string id, std::string_view parent);
  Result<Range> add_nodes(const std::vector<Constraint>& constraints, std::size_t depth = 1);
  Result<Range> add_selectors(const std::vector<Entity>& entities);
  Result<Range> add_selectors(const std::vector<Action>& actions);
  void fill_atom(Node& node, const Constraint& constraint);
  void add_counter(Node& node, const Constraint& constraint);
  void absorb_windows(Range range);
  void index_actions();
  void add_unresolved(const Policy& policy);
  void add_members(const std::vector<Entity>& entities);

  std::shared_ptr<ProgramData> data_;
  std::unordered_set<std::string> ids_;
  std::string owner_;                   // rule that counters belong to
  std::uint16_t owner_index_ = kNone;
};

void Compiler::fill_atom(Node& node, const Constraint& constraint) {
  const OperandTerm* term = find_operand(constraint.left);
  node.operand = term == nullptr ? Operand::kUnknown : term->operand;
  node.name = term == nullptr ? std::string_view(constraint.left) : term->name;
  node.op = constraint.op;
  node.type = value_type(term, constraint);
  node.readable = !constraint.right.empty() && constraint.right_reference.empty() &&
                  has_meaning(constraint.op, node.type, node.operand);
  const bool takes_one = node.type == ValueType::kBytes || node.type == ValueType::kRate ||
                         node.type == ValueType::kDuration;
  if (takes_one && constraint.right.size() != 1) node.readable = false;
  if (has_term(constraint.extra, "status")) node.readable = false;  // a start of its own, which no counter here has
  node.items = {static_cast<std::uint32_t>(data_->values.size()), static_cast<std::uint32_t>(constraint.right.size())};
  for (const Literal& literal : constraint.right) {
    CompiledValue value;
    fill_value(value, node, literal, constraint.unit);
    data_->values.push_back(value);
  }
  if (node.readable) add_counter(node, constraint);
}

void Compiler::add_counter(Node& node, const Constraint& constraint) {
  Counter counter;
  counter.rule = owner_;
  switch (node.operand) {
    case Operand::kCount:
    case Operand::kFrequency:
      counter.kind = CounterKind::kUses;
      if (const auto rate = parse_rate(constraint.right[0].text)) {
        counter.window = rate->window;
        counter.window_text = std::string(rate->window_text);
      }
      break;
    case Operand::kDataSize: counter.kind = CounterKind::kBytes; break;
    case Operand::kElapsedTime: counter.kind = CounterKind::kFirstUse; break;
    case Operand::kTimeInterval: counter.kind = CounterKind::kLastUse; break;
    case Operand::kPayAmount: {
      counter.kind = CounterKind::kPaid;
      counter.rule.clear();
      counter.unit = constraint.unit;
      const auto period = payment_period(constraint);
      if (!period) {
        node.readable = false;
        return;
      }
      counter.window_text = std::string(*period);
      if (!period->empty()) counter.window = *parse_duration(*period);
      break;
    }
    default: return;
  }
  for (std::size_t i = 0; i < data_->counters.size(); ++i) {
    const Counter& other = data_->counters[i];
    if (other.rule == counter.rule && other.key() == counter.key()) {
      node.counter = static_cast<std::uint16_t>(i);
      return;
    }
  }
  node.counter = static_cast<std::uint16_t>(data_->counters.size());
  data_->counters.push_back(std::move(counter));
  data_->counter_owner.push_back(owner_index_);
}

Result<Range> Compiler::add_nodes(const std::vector<Constraint>& constraints, std::size_t depth) {
  if (depth > limits::kConstraintDepthMax) return too_large("constraints are nested too deeply");
  if (data_->nodes.size() + constraints.size() > kNodesMax) return too_large("too many constraints");
  const Range range{static_cast<std::uint32_t>(data_->nodes.size()), static_cast<std::uint32_t>(constraints.size())};
  data_->nodes.resize(data_->nodes.size() + constraints.size());
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    Node node;
    node.kind = constraints[i].kind;
    node.source = &constraints[i];
    if (node.kind == ConstraintKind::kAtom) {
      fill_atom(node, constraints[i]);
    } else {
      WEIR_TRY_LET(node.items, add_nodes(constraints[i].parts, depth + 1));
    }
    data_->nodes[range.first + i] = node;
  }
  absorb_windows(range);
  return range;
}

// "count lteq 10000/day" beside "timeWindow eq P1D" is one rate, not a rate and a day of life.
void Compiler::absorb_windows(Range range) {
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
    Node& window = data_->nodes[i];
    if (window.operand != Operand::kElapsedTime || window.op != Operator::kEq || !window.readable) continue;
    const CompiledValue& length = data_->values[window.items.first];
    for (std::uint32_t k = range.first; k < range.first + range.count; ++k) {
      const Node& rate = data_->nodes[k];
      if (rate.counter == kNone || data_->counters[rate.counter].kind != CounterKind::kUses) continue;
      const Counter& counter = data_->counters[rate.counter];
      if (counter.window_text.empty()) continue;
      window.absorbed |= counter.window.months == length.months && counter.window.exact.count() == length.low;
    }
  }
}

Result<Range> Compiler::add_selectors(const std::vector<Entity>& entities) {
  std::vector<Selector> made;
  for (const Entity& entity : entities) {
    Selector selector;
    selector.text = entity.id;
    selector.collection = entity.is_source;
    for (const std::string& type : entity.types) selector.collection |= type.ends_with("Collection");
    WEIR_TRY_LET(selector.refinements, add_nodes(entity.refinements));
    made.push_back(selector);
  }
  const Range range{static_cast<std::uint32_t>(data_->selectors.size()), static_cast<std::uint32_t>(made.size())};
  data_->selectors.insert(data_->selectors.end(), made.begin(), made.end());
  return range;
}

Result<Range> Compiler::add_selectors(const std::vector<Action>& actions) {
  std::vector<Selector> made;
  for (const Action& action : actions) {
    Selector selector;
    selector.text = action.name;
    selector.action = find_action(action.name);
    WEIR_TRY_LET(selector.refinements, add_nodes(action.refinements));
    made.push_back(selector);
  }
  const Range range{static_cast<std::uint32_t>(data_->selectors.size()), static_cast<std::uint32_t>(made.size())};
  data_->selectors.insert(data_->selectors.end(), made.begin(), made.end());
  return range;
}

// A duty's time constraints say by when, not whether.
bool is_deadline(const Constraint& constraint) {
  if (constraint.kind != ConstraintKind::kAtom) return false;
  const OperandTerm* term = find_operand(constraint.left);
  if (term == nullptr) return false;
  return term->operand == Operand::kEvent || term->operand == Operand::kDateTime ||
         term->operand == Operand::kElapsedTime || term->operand == Operand::kDelayPeriod ||
         term->operand == Operand::kPayAmount;
}

std::int64_t fixed_deadline(const std::vector<Constraint>& constraints) {
  std::int64_t out = INT64_MAX;
  for (const Constraint& each : constraints) {
    const OperandTerm* term = each.kind == ConstraintKind::kAtom ? find_operand(each.left) : nullptr;
    if (term == nullptr || term->operand != Operand::kDateTime || each.right.size() != 1) continue;
    const auto times = parse_times(each.right[0].text);
    if (!times) continue;
    if (each.op == Operator::kLt) out = std::min(out, times->low);
    if (each.op == Operator::kLteq || each.op == Operator::kEq) out = std::min(out, times->high);
  }
  return out;
}

Result<CompiledDuty> Compiler::make_duty(const Rule& rule, std::string id, std::string_view parent) {
  CompiledDuty duty;
  duty.id = std::move(id);
  duty.rule = std::string(parent);
  duty.source = &rule;
  duty.timing = timing_of(rule);
  duty.standing = !rule.actions.empty();
  const auto recurs = [](const Constraint& each) { return payment_period(each) != std::string_view(); };
  for (const Action& action : rule.actions) {
    const ActionId known = find_action(action.name);
    duty.standing = duty.standing && std::none_of(action.refinements.begin(), action.refinements.end(), recurs);
    duty.standing = duty.standing && known != kUnknownAction && action_term(known).standing;
    if (known != kUnknownAction && action_term(known).name == actions::kDelete) {
      duty.deletes = true;
      duty.deadline_high = std::min(duty.deadline_high, fixed_deadline(action.refinements));
    }
  }
  if (duty.deletes) duty.deadline_high = std::min(duty.deadline_high, fixed_deadline(rule.constraints));
  for (std::size_t i = 0; i < rule.consequences.size(); ++i) {
    std::string next = sub_rule_id(duty.id, rule.consequences[i], "consequence", i);
    duty.consequences.push_back(next);
    WEIR_TRY_LET(CompiledDuty sub, make_duty(rule.consequences[i], std::move(next), parent));
    data_->sub_duties.push_back(std::move(sub));
  }
  return duty;
}

Result<CompiledDuty> Compiler::add_duty(const Rule& rule, std::string id, std::string_view parent) {
  if (!ids_.insert(id).second) return twice(id);
  WEIR_TRY_LET(CompiledDuty duty, make_duty(rule, std::move(id), parent));
  std::vector<const Constraint*> conditions;
  for (const Constraint& each : rule.constraints) {
    if (!is_deadline(each)) conditions.push_back(&each);
  }
  duty.conditions = {static_cast<std::uint32_t>(data_->nodes.size()), static_cast<std::uint32_t>(conditions.size())};
  data_->nodes.resize(data_->nodes.size() + conditions.size());
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    Node node;
    node.kind = conditions[i]->kind;
    node.source = conditions[i];
    if (node.kind == ConstraintKind::kAtom) {
      fill_atom(node, *conditions[i]);
    } else {
      WEIR_TRY_LET(node.items, add_nodes(conditions[i]->parts, 2));
    }
    data_->nodes[duty.conditions.first + i] = node;
  }
  return duty;
}

Result<Range> Compiler::add_duties(const std::vector<Rule>& duties, std::string_view parent) {
  if (duties.size() > kDutiesOfARuleMax) return too_large("more than 16 duties on one rule");
  const Range range{static_cast<std::uint32_t>(data_->duties.size()), static_cast<std::uint32_t>(duties.size())};
  for (std::size_t i = 0; i < duties.size(); ++i) {
    WEIR_TRY_LET(CompiledDuty duty, add_duty(duties[i], sub_rule_id(parent, duties[i], "duty", i), parent));
    data_->duties.push_back(std::move(duty));
  }
  return range;
}

// The obligations of the policies themselves, in one run of duties. Each is its own rule.
Result<> Compiler::add_obligations() {
  owner_index_ = kNone;
  data_->obligations.first = static_cast<std::uint32_t>(data_->duties.size());
  for (const Policy& policy : data_->policies) {
    for (std::size_t i = 0; i < policy.obligations.size(); ++i) {
      if (++data_->obligations.count > kDutiesMax - kDutiesOfARuleMax) return too_large("more than 32 obligations");
      owner_ = rule_id(policy, RuleKind::kObligation, i);
      WEIR_TRY_LET(CompiledDuty duty, add_duty(policy.obligations[i], owner_, owner_));
      WEIR_TRY_LET(duty.assignees, add_selectors(policy.obligations[i].assignees));
      data_->duties.push_back(std::move(duty));
    }
  }
  return {};
}

Result<> Compiler::add_rule(const Policy& policy, RuleKind kind, std::size_t index) {
  const auto& list = kind == RuleKind::kPermission ? policy.permissions : policy.prohibitions;
  const Rule& rule = list[index];
  if (data_->rules.size() >= limits::kPolicyRulesMax) return too_large("more than 256 rules");
  CompiledRule out;
  out.id = rule_id(policy, kind, index);
  out.kind = kind;
  out.source = &rule;
  if (!ids_.insert(out.id).second) return twice(out.id);
  owner_ = out.id;
  owner_index_ = static_cast<std::uint16_t>(data_->rules.size());
  WEIR_TRY_LET(out.actions, add_selectors(rule.actions.empty() ? policy.actions : rule.actions));
  WEIR_TRY_LET(out.targets, add_selectors(rule.targets.empty() ? policy.targets : rule.targets));
  WEIR_TRY_LET(out.assignees, add_selectors(rule.assignees.empty() ? policy.assignees : rule.assignees));
  WEIR_TRY_LET(out.constraints, add_nodes(rule.constraints));
  if (kind == RuleKind::kPermission) {
    WEIR_TRY_LET(out.duties, add_duties(rule.duties, out.id));
  }
  out.knows_action = out.actions.count > 0;
  for (std::size_t i = 0; i < rule.remedies.size(); ++i) {
    WEIR_TRY_LET(CompiledDuty remedy,
                 make_duty(rule.remedies[i], sub_rule_id(out.id, rule.remedies[i], "remedy", i), out.id));
    data_->sub_duties.push_back(std::move(remedy));
  }
  for (std::uint32_t i = 0; i < out.actions.count; ++i) {
    out.knows_action &= data_->selectors[out.actions.first + i].action != kUnknownAction;
  }
  data_->rules.push_back(std::move(out));
  return {};
}

// A policy that inherits from another may forbid what is not written here: nothing can be decided (I-3).
void Compiler::add_unresolved(const Policy& policy) {
  CompiledRule out;
  out.id = policy.id.empty() ? "inheritFrom" : policy.id + "#inheritFrom";
  out.kind = RuleKind::kProhibition;
  out.knows_action = false;
  data_->rules.push_back(std::move(out));
}

Result<> Compiler::add_policy(const Policy& policy) {
  for (std::size_t i = 0; i < policy.permissions.size(); ++i) WEIR_TRY(add_rule(policy, RuleKind::kPermission, i));
  for (std::size_t i = 0; i < policy.prohibitions.size(); ++i) WEIR_TRY(add_rule(policy, RuleKind::kProhibition, i));
  if (has_term(policy.extra, "inheritFrom")) add_unresolved(policy);
  for (const auto* list : {&policy.targets, &policy.assigners, &policy.assignees}) add_members(*list);
  for (const auto* rules : {&policy.permissions, &policy.prohibitions, &policy.obligations}) {
    for (const Rule& rule : *rules) {
      for (const auto* list : {&rule.targets, &rule.assigners, &rule.assignees}) add_members(*list);
    }
  }
  return {};
}

// What an asset or a party says that it is part of.
void Compiler::add_members(const std::vector<Entity>& entities) {
  for (const Entity& entity : entities) {
    for (const std::string_view whole : terms_in(entity.extra, "partOf")) {
      if (data_->members.size() < kMembersMax) data_->members.emplace_back(entity.id, whole);
    }
  }
}

void Compiler::index_actions() {
  const std::size_t known = action_terms().size();
  for (std::size_t action = 0; action <= known; ++action) {
    const std::size_t slot = action == known ? kActionsMax : action;
    for (const RuleKind kind : {RuleKind::kPermission, RuleKind::kProhibition}) {
      Range& range = (kind == RuleKind::kPermission ? data_->permissions_of : data_->prohibitions_of)[slot];
      range.first = static_cast<std::uint32_t>(data_->rule_lists.size());
      for (std::size_t i = 0; i < data_->rules.size(); ++i) {
        const CompiledRule& rule = data_->rules[i];
        if (rule.kind != kind) continue;
        bool speaks = kind == RuleKind::kProhibition && !rule.knows_action;
        for (std::uint32_t k = 0; k < rule.actions.count && !speaks; ++k) {
          const ActionId named = data_->selectors[rule.actions.first + k].action;
          if (action == known) speaks = named == kUnknownAction || kind == RuleKind::kProhibition;
          else if (named == kUnknownAction) continue;
          else if (kind == RuleKind::kPermission) speaks = permits(named, static_cast<ActionId>(action));
          else speaks = includes(named, static_cast<ActionId>(action));
        }
        if (speaks) data_->rule_lists.push_back(static_cast<std::uint16_t>(i));
      }
      range.count = static_cast<std::uint32_t>(data_->rule_lists.size()) - range.first;
    }
  }
}

Result<Program> Compiler::run() {
  for (const Policy& policy : data_->policies) WEIR_TRY(add_policy(policy));
  WEIR_TRY(add_obligations());
  index_actions();
  data_->strategy = strategy_of(data_->policies);
  data_->is_void = why_void(data_->policies);
  return Program(data_);
}

}  // namespace

std::string_view name_of(CounterKind kind) {
  switch (kind) {
    case CounterKind::kUses: return "uses";
    case CounterKind::kBytes: return "bytes";
    case CounterKind::kFirstUse: return "first_use";
    case CounterKind::kLastUse: return "last_use";
    case CounterKind::kPaid: return "paid";
  }
  return "";
}

std::string Counter::key() const {
  std::string out(name_of(kind));
  if (!window_text.empty()) out.append("/").append(window_text);
  if (!unit.empty()) out.append("/").append(unit);
  return out;
}

Program::Program() : data_(std::make_shared<ProgramData>()) {}
Program::Program(std::shared_ptr<const ProgramData> data) : data_(std::move(data)) { WEIR_CHECK(data_ != nullptr); }
std::span<const Counter> Program::counters() const { return data_->counters; }
std::size_t Program::rule_count() const { return data_->rules.size(); }

Result<Program> compile(std::span<const Policy> policies) { return Compiler(policies).run(); }
Result<Program> compile(const Policy& policy) { return compile(std::span(&policy, 1)); }

}  // namespace weir::policy
