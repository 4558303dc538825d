// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/validate.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "weir/base/cut.h"
#include "weir/base/limits.h"
#include "weir/policy/compile.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

class Validator {
 public:
  explicit Validator(const Policy& policy) : policy_(policy) {}
  std::vector<Problem> run();

 private:
  void say(Severity severity, std::string slug, std::string path, Text what) {
    problems_.push_back({severity, std::move(slug), std::move(path), std::move(what)});
  }
  void constraint(const Constraint& constraint, const std::string& path, std::size_t depth);
  void atom(const Constraint& constraint, const std::string& path);
  void constraints(const std::vector<Constraint>& list, const std::string& path);
  void action(const Action& action, const std::string& path, RuleKind kind);
  void rule(const Rule& rule, const std::string& path, RuleKind kind, bool top);
  void rules(const std::vector<Rule>& list, std::string_view name, RuleKind kind);

  const Policy& policy_;
  std::vector<Problem> problems_;
  std::unordered_set<std::string> ids_;
};

std::string quote(std::string_view text) { return "'" + cut(text, 100) + "'"; }

bool is_ordered(Operator op) {
  return op == Operator::kLt || op == Operator::kLteq || op == Operator::kGt || op == Operator::kGteq;
}

bool takes_one_value(Operator op, ValueType type) {
  const bool set = op == Operator::kIsAnyOf || op == Operator::kIsNoneOf || op == Operator::kIsPartOf ||
                   op == Operator::kIsA || op == Operator::kIsAllOf || op == Operator::kHasPart;
  if (type == ValueType::kText || type == ValueType::kRegion || type == ValueType::kAddress) return is_ordered(op);
  return !set;
}

void Validator::atom(const Constraint& constraint, const std::string& path) {
  if (constraint.left.empty()) {
    return say(Severity::kError, "policy.no_operand", path, {"the constraint has no left operand", "约束缺少左操作数"});
  }
  if (!constraint.right_reference.empty()) {
    say(Severity::kWarning, "policy.reference", path + ".rightOperandReference",
        {"the value is kept elsewhere; this node will deny", "取值位于别处；本节点将拒绝"});
  }
  if (constraint.right.empty()) {
    if (!constraint.right_reference.empty()) return;
    return say(Severity::kError, "policy.no_value", path, {"the constraint has no right operand", "约束缺少右操作数"});
  }
  const OperandTerm* term = find_operand(constraint.left);
  if (term == nullptr) {
    return say(Severity::kWarning, "policy.unknown_operand", path + ".leftOperand",
               {"this node does not know " + quote(constraint.left) + " and denies unless the request gives it a value",
                "本节点不了解 " + quote(constraint.left) + "；请求未给出其取值时将拒绝"});
  }
  const bool counts_text = is_ordered(constraint.op) && takes_one_value(constraint.op, term->type) &&
                           (term->type == ValueType::kText || term->type == ValueType::kRegion || term->type == ValueType::kAddress);
  if (counts_text) {
    return say(Severity::kError, "policy.bad_operator", path + ".operator",
               {std::string(name_of(constraint.op)) + " cannot compare a " + std::string(term->en),
                std::string(name_of(constraint.op)) + " 不能用于比较" + std::string(term->zh)});
  }
  if (takes_one_value(constraint.op, term->type) && constraint.right.size() != 1) {
    say(Severity::kError, "policy.bad_value", path + ".rightOperand",
        {std::string(name_of(constraint.op)) + " takes one value", std::string(name_of(constraint.op)) + " 只能有一个取值"});
  }
  const bool asks_policy_use = term->operand == Operand::kEvent;
  for (std::size_t i = 0; i < constraint.right.size() && !asks_policy_use; ++i) {
    if (is_readable(constraint.right[i], term->type, constraint.unit)) continue;
    say(Severity::kError, "policy.bad_value", path + ".rightOperand[" + std::to_string(i) + "]",
        {quote(constraint.right[i].text) + " is no value for " + std::string(term->en),
         quote(constraint.right[i].text) + " 不是“" + std::string(term->zh) + "”的有效取值"});
  }
}

void Validator::constraint(const Constraint& constraint, const std::string& path, std::size_t depth) {
  if (depth > limits::kConstraintDepthMax) {
    return say(Severity::kError, "policy.too_large", path, {"constraints are nested too deeply", "约束嵌套过深"});
  }
  if (constraint.kind == ConstraintKind::kAtom) return atom(constraint, path);
  if (constraint.parts.empty()) {
    say(Severity::kError, "policy.empty_tree", path, {"a logical operator without operands", "逻辑运算没有操作数"});
  }
  if (constraint.kind == ConstraintKind::kAndSequence) {
    say(Severity::kNote, "policy.sequence", path,
        {"the order of andSequence is not checked; all must hold", "不检查 andSequence 的先后顺序；各项均须成立"});
  }
  for (std::size_t i = 0; i < constraint.parts.size(); ++i) {
    this->constraint(constraint.parts[i], path + "[" + std::to_string(i) + "]", depth + 1);
  }
}

void Validator::constraints(const std::vector<Constraint>& list, const std::string& path) {
  for (std::size_t i = 0; i < list.size(); ++i) constraint(list[i], path + "[" + std::to_string(i) + "]", 1);
}

void Validator::action(const Action& action, const std::string& path, RuleKind kind) {
  constraints(action.refinements, path + ".refinement");
  if (action.name.empty()) {
    return say(Severity::kError, "policy.no_action", path, {"an action without a name", "行为没有名称"});
  }
  if (find_action(action.name) != kUnknownAction) return;
  const Text why = kind == RuleKind::kProhibition
                       ? Text{"; because it is forbidden, this node will deny every use", "；因其被禁止，本节点将拒绝一切使用"}
                   : kind == RuleKind::kObligation
                       ? Text{"; as a duty it must be confirmed before each use", "；作为义务，每次使用前均须确认已履行"}
                       : Text{"; it is permitted by this name only", "；仅按该名称许可"};
  say(Severity::kWarning, "policy.unknown_action", path, Text{"this node does not know the action " + quote(action.name),
                                                            "本节点不了解行为 " + quote(action.name)} + why);
}

void Validator::rule(const Rule& rule, const std::string& path, RuleKind kind, bool top) {
  if (!rule.id.empty() && !ids_.insert(rule.id).second) {
    say(Severity::kError, "policy.duplicate_rule", path, {"two rules have the id " + quote(rule.id), "两条规则的标识相同：" + quote(rule.id)});
  }
  if (rule.actions.empty() && !(top && !policy_.actions.empty())) {
    say(Severity::kError, "policy.no_action", path, {"the rule has no action", "规则没有行为"});
  }
  for (std::size_t i = 0; i < rule.actions.size(); ++i) {
    action(rule.actions[i], path + ".action[" + std::to_string(i) + "]", kind);
  }
  for (const auto* list : {&rule.targets, &rule.assigners, &rule.assignees}) {
    for (const Entity& entity : *list) constraints(entity.refinements, path + ".refinement");
  }
  constraints(rule.constraints, path + ".constraint");
  if (kind != RuleKind::kPermission && !rule.duties.empty()) {
    say(Severity::kWarning, "policy.misplaced_duty", path + ".duty",
        {"a duty belongs to a permission; here it has no effect", "义务应属于许可；此处不起作用"});
  }
  if (kind != RuleKind::kProhibition && !rule.remedies.empty()) {
    say(Severity::kWarning, "policy.misplaced_duty", path + ".remedy",
        {"a remedy belongs to a prohibition; here it has no effect", "补救应属于禁止；此处不起作用"});
  }
  const std::pair<std::string_view, const std::vector<Rule>*> parts[] = {
      {"duty", &rule.duties}, {"remedy", &rule.remedies}, {"consequence", &rule.consequences}};
  for (const auto& [name, list] : parts) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      this->rule((*list)[i], path + "." + std::string(name) + "[" + std::to_string(i) + "]", RuleKind::kObligation, false);
    }
  }
}

void Validator::rules(const std::vector<Rule>& list, std::string_view name, RuleKind kind) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    rule(list[i], std::string(name) + "[" + std::to_string(i) + "]", kind, true);
  }
}

std::vector<Problem> Validator::run() {
  if (policy_.permissions.empty() && policy_.prohibitions.empty() && policy_.obligations.empty()) {
    say(Severity::kError, "policy.empty", "", {"the policy has no rules", "策略没有规则"});
  }
  if (policy_.kind == PolicyKind::kAgreement && (policy_.assigners.empty() || policy_.assignees.empty())) {
    const auto names_parties = [&](const Rule& each) {
      return (!each.assigners.empty() || !policy_.assigners.empty()) && (!each.assignees.empty() || !policy_.assignees.empty());
    };
    const bool all = std::all_of(policy_.permissions.begin(), policy_.permissions.end(), names_parties);
    if (!all) say(Severity::kWarning, "policy.no_parties", "", {"an agreement names an assigner and an assignee", "协议应写明授予方与被授予方"});
  }
  if (policy_.permissions.empty()) {
    say(Severity::kNote, "policy.permits_nothing", "permission", {"nothing is permitted", "未授予任何许可"});
  }
  if (!policy_.conflict.empty() && policy_.conflict != "prohibit") {
    say(Severity::kWarning, "policy.conflict_strategy", "conflict",
        {"a prohibition beats a permission here, whatever the policy says", "无论策略如何规定，本节点一律禁止优先"});
  }
  for (const std::string_view name : {"inheritFrom", "odrl:inheritFrom"}) {
    if (!policy_.extra.has(name)) continue;
    say(Severity::kWarning, "policy.inherits", std::string(name),
        {"the policy inherits from another that is not here; this node will deny", "该策略继承自另一策略；本节点将拒绝"});
  }
  rules(policy_.permissions, "permission", RuleKind::kPermission);
  rules(policy_.prohibitions, "prohibition", RuleKind::kProhibition);
  rules(policy_.obligations, "obligation", RuleKind::kObligation);
  const bool wrong = std::any_of(problems_.begin(), problems_.end(), [](const Problem& each) { return each.severity == Severity::kError; });
  if (!wrong) {
    if (const auto compiled = compile(policy_); !compiled) {
      say(Severity::kError, std::string(compiled.error().reason()), "", {std::string(compiled.error().message()), "策略超出限制或规则标识重复"});
    }
  }
  return std::move(problems_);
}

}  // namespace

//= TC609-6-2025-15#parse
// Syntax and semantics are checked before a policy is put in force.
std::vector<Problem> validate(const Policy& policy) { return Validator(policy).run(); }

Result<> check(const Policy& policy) {
  for (const Problem& problem : validate(policy)) {
    if (problem.severity != Severity::kError) continue;
    return Error(Errc::kInvalidArgument, "policy: " + (problem.path.empty() ? "" : problem.path + ": ") + problem.what.en)
        .because(problem.slug);
  }
  return {};
}

}  // namespace weir::policy
