// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/validate.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "weir/base/cut.h"
#include "weir/base/limits.h"
#include "weir/policy/compile.h"
#include "weir/policy/program.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

enum class Place : std::uint8_t { kPolicy, kRule, kConstraint, kAction, kEntity };

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
  void members(const wire::Json& extra, Place place, const std::string& path);
  void conflict();

  const Policy& policy_;
  std::vector<Problem> problems_;
  std::unordered_set<std::string> ids_;
};

// What a reader keeps, and where it may stand because it is understood or changes nothing.
struct KeptTerm {
  Place place;
  std::string_view name;
};

constexpr KeptTerm kKept[] = {
    {Place::kPolicy, "inheritFrom"},     {Place::kPolicy, "timestamp"},      {Place::kPolicy, "contractId"},
    {Place::kPolicy, "policyExpansion"}, {Place::kPolicy, "expansionItem"},  {Place::kPolicy, "strategyVersion"},
    {Place::kPolicy, "strategyName"},    {Place::kPolicy, "strategy"},       {Place::kRule, "attributedParty"},
    {Place::kRule, "attributingParty"},  {Place::kRule, "compensatedParty"}, {Place::kRule, "compensatingParty"},
    {Place::kRule, "consentedParty"},    {Place::kRule, "consentingParty"},  {Place::kRule, "contractedParty"},
    {Place::kRule, "contractingParty"},  {Place::kRule, "informedParty"},    {Place::kRule, "informingParty"},
    {Place::kRule, "trackedParty"},      {Place::kRule, "trackingParty"},    {Place::kRule, "payeeParty"},
    {Place::kRule, "hasPolicy"},         {Place::kRule, "output"},           {Place::kRule, "policyExpansion"},
    {Place::kRule, "policyName"},        {Place::kConstraint, "status"},     {Place::kAction, "includedIn"},
    {Place::kAction, "implies"},         {Place::kAction, "type"},           {Place::kEntity, "partOf"},
    {Place::kEntity, "hasPolicy"},       {Place::kEntity, "assignerOf"},     {Place::kEntity, "assigneeOf"},
};

// Words that people put beside anything and that bind nobody.
constexpr std::string_view kRemarks[] = {"name", "title",   "description", "comment", "label",
                                         "note", "created", "issued",      "creator", "version"};

bool is_kept(Place place, std::string_view name) {
  const bool remark = std::find(std::begin(kRemarks), std::end(kRemarks), name) != std::end(kRemarks);
  return remark || std::any_of(std::begin(kKept), std::end(kKept),
                               [&](const KeptTerm& each) { return each.place == place && each.name == name; });
}

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

// A term of ODRL that is not understood is refused: to drop it could drop a prohibition or a limit (I-3). A name with a
// prefix of its own is somebody else's: it is kept, and where it could limit, said.
void Validator::members(const wire::Json& extra, Place place, const std::string& path) {
  if (!extra.is_object()) return;
  for (const auto& [written, value] : extra.members()) {
    const std::string name = normal_name(written);
    const bool odrl = name != written || name.find(':') == std::string::npos;
    const std::string where = path.empty() ? written : path + "." + written;
    if (odrl && !name.starts_with('@') && !is_kept(place, name)) {
      say(Severity::kError, "policy.unknown_term", where,
          {quote(written) + " is no term of ODRL that has a meaning here, and none may be left out of account",
           quote(written) + " 不是此处有含义的 ODRL 术语，而任何术语都不得忽略"});
    }
    if (place == Place::kConstraint && name == "status") {
      say(Severity::kWarning, "policy.status", where,
          {"a constraint that starts from a status cannot be evaluated here; this node will deny",
           "本节点无法判定带有 status 的约束，将予拒绝"});
    }
  }
}

void Validator::atom(const Constraint& constraint, const std::string& path) {
  members(constraint.extra, Place::kConstraint, path);
  if (!payment_period(constraint)) {
    say(Severity::kWarning, "policy.period", path,
        {"how often it is to be paid cannot be read; this node will deny", "无法识别支付周期；本节点将拒绝"});
  }
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
  // Before, while or after the policy is used: how a duty says when it is due.
  const bool asks_policy_use = term->operand == Operand::kEvent && constraint.right.size() == 1 &&
                               normal_name(constraint.right[0].text) == "policyUsage";
  if (counts_text && !asks_policy_use) {
    return say(Severity::kError, "policy.bad_operator", path + ".operator",
               {std::string(name_of(constraint.op)) + " cannot compare a " + std::string(term->en),
                std::string(name_of(constraint.op)) + " 不能用于比较" + std::string(term->zh)});
  }
  if (!asks_policy_use && !has_meaning(constraint.op, term->type, term->operand)) {
    say(Severity::kWarning, "policy.never_known", path + ".operator",
        {std::string(name_of(constraint.op)) + " says nothing about a " + std::string(term->en) +
             "; this node will deny",
         std::string(name_of(constraint.op)) + " 不适用于" + std::string(term->zh) + "；本节点将拒绝"});
  }
  if (term->operand == Operand::kStated) {
    say(Severity::kNote, "policy.stated_only", path + ".leftOperand",
        {"no node can know the " + std::string(term->en) + "; who uses the data must state it",
         "节点无法得知" + std::string(term->zh) + "；须由使用者说明"});
  }
  if (takes_one_value(constraint.op, term->type) && constraint.right.size() != 1) {
    say(Severity::kError, "policy.bad_value", path + ".rightOperand",
        {std::string(name_of(constraint.op)) + " takes one value", std::string(name_of(constraint.op)) + " 只能有一个取值"});
  }
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
  members(constraint.extra, Place::kConstraint, path);
  if (constraint.parts.empty()) {
    say(Severity::kError, "policy.empty_tree", path, {"a logical operator without operands", "逻辑运算没有操作数"});
  }
  if (constraint.kind == ConstraintKind::kAndSequence) {
    say(Severity::kNote, "policy.sequence", path,
        {"all must hold at the use; of the order, only what time tells is checked",
         "使用时各项均须成立；先后顺序仅按可知的时间核对"});
  }
  for (std::size_t i = 0; i < constraint.parts.size(); ++i) {
    this->constraint(constraint.parts[i], path + "[" + std::to_string(i) + "]", depth + 1);
  }
}

void Validator::constraints(const std::vector<Constraint>& list, const std::string& path) {
  for (std::size_t i = 0; i < list.size(); ++i) constraint(list[i], path + "[" + std::to_string(i) + "]", 1);
}

void Validator::action(const Action& action, const std::string& path, RuleKind kind) {
  members(action.extra, Place::kAction, path);
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
    for (const Entity& entity : *list) {
      constraints(entity.refinements, path + ".refinement");
      members(entity.extra, Place::kEntity, path);
    }
  }
  constraints(rule.constraints, path + ".constraint");
  members(rule.extra, Place::kRule, path);
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

void Validator::conflict() {
  if (policy_.conflict == "perm") {
    say(Severity::kNote, "policy.conflict_strategy", "conflict",
        {"where a permission and a prohibition both hold, the permission wins", "许可与禁止同时成立时，以许可为准"});
  }
  const Text why = why_void(std::span(&policy_, 1));
  if (!why.en.empty()) say(Severity::kError, "policy.void", "conflict", why);
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
  conflict();
  members(policy_.extra, Place::kPolicy, "");
  for (const auto* list : {&policy_.targets, &policy_.assigners, &policy_.assignees}) {
    for (const Entity& entity : *list) {
      constraints(entity.refinements, "refinement");
      members(entity.extra, Place::kEntity, "");
    }
  }
  for (const std::string_view parent : terms_in(policy_.extra, "inheritFrom")) {
    say(Severity::kWarning, "policy.inherits", "inheritFrom",
        {"the policy inherits from " + quote(parent) + ", which is not here; this node will deny",
         "该策略继承自 " + quote(parent) + "，本节点没有该策略，将予拒绝"});
  }
  for (std::size_t i = 0; i < policy_.actions.size(); ++i) {
    action(policy_.actions[i], "action[" + std::to_string(i) + "]",
           policy_.prohibitions.empty() ? RuleKind::kPermission : RuleKind::kProhibition);
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
