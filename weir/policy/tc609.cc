// SPDX-License-Identifier: Apache-2.0
// Writing TC609 strategy JSON. What the standard has no place for goes into `policyExpansion`, and is reported.
#include "weir/policy/tc609.h"

#include <algorithm>
#include <utility>

#include "weir/base/cut.h"
#include "weir/policy/odrl.h"
#include "weir/policy/tc609_names.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using wire::Json;

class Writer {
 public:
  explicit Writer(const Policy& policy) : policy_(policy) {}
  Converted run();

 private:
  void lose(LossKind kind, const std::string& path, Text what) { losses_.push_back({kind, path, std::move(what)}); }
  Json value(const Literal& literal, const Constraint& constraint, const std::string& path);
  Json constraint(const Constraint& constraint, const std::string& path);
  Json constraints(const std::vector<Constraint>& list, const std::string& path);
  Json actions(const std::vector<Action>& list, std::vector<Constraint>* parameters, const std::string& path);
  void parties(Json& out, const Rule& rule, const std::string& path, bool whole);
  Json rule(const Rule& rule, std::string_view id_name, const std::string& path, RuleKind kind);
  Json rules(const std::vector<Rule>& list, std::string_view id_name, const std::string& path, RuleKind kind);

  const Policy& policy_;
  std::vector<Loss> losses_;
};

bool is_simple(const Entity& entity) {
  return entity.types.empty() && entity.refinements.empty() && !entity.is_source && entity.extra.is_null();
}

Json Writer::value(const Literal& literal, const Constraint& constraint, const std::string& path) {
  const OperandTerm* term = find_operand(constraint.left);
  if (literal.type == "xsd:integer" || literal.type == "xsd:double" || literal.type == "xsd:boolean") {
    auto plain = wire::parse_json(literal.text);
    if (plain && (plain->is_bool() || plain->is_number())) {
      const bool same_text = plain->dump() == literal.text;
      const bool same_type = plain->is_integer() == (literal.type == "xsd:integer") &&
                             plain->is_bool() == (literal.type == "xsd:boolean");
      if (same_text && same_type) return *std::move(plain);
    }
  }
  if (literal.type.empty()) return literal.text;
  const bool implied = term != nullptr && literal.type.starts_with("xsd:");
  if (implied) return literal.text;  // the constraint's name says what kind of value it is
  lose(LossKind::kExtension, path, {"the type of the value travels as an extension", "取值类型以扩展项携带"});
  return Json::object({{"value", literal.text}, {"type", literal.type}});
}

Json Writer::constraint(const Constraint& constraint, const std::string& path) {
  Json out = Json::object();
  if (constraint.kind != ConstraintKind::kAtom) {
    const std::string_view name = tree_name(constraint.kind);
    lose(LossKind::kExtension, path,
         {"the logical operator '" + std::string(name) + "' travels as an extension", "逻辑运算以扩展项携带"});
    out.set("constraintName", name);
    out.set("constraintOperator", name);
    out.set("constraintValue", constraints(constraint.parts, path + "." + std::string(name)));
  } else {
    if (!tc609_has_operand(constraint.left)) {
      lose(LossKind::kExtension, path,
           {"the standard has no constraint '" + cut(constraint.left, 200) + "'", "标准中没有该约束"});
    }
    out.set("constraintName", operand_to_tc609(constraint.left));
    out.set("constraintOperator", name_of(constraint.op));
    Json right = Json::array();
    for (const Literal& literal : constraint.right) right.push(value(literal, constraint, path));
    const bool single = constraint.right.size() == 1 && !constraint.right_is_list;
    const bool joins_unit = single && joins_unit_to_value(constraint);
    if (joins_unit) out.set("constraintValue", constraint.right[0].text + " " + constraint.unit);
    else if (single) out.set("constraintValue", Json(right.items()[0]));
    else if (!constraint.right.empty()) out.set("constraintValue", std::move(right));
    const auto extend = [&](std::string_view name, const std::string& text) {
      if (text.empty()) return;
      out.set(name, text);
      lose(LossKind::kExtension, path, {"'" + std::string(name) + "' travels as an extension", "该成员以扩展项携带"});
    };
    if (!joins_unit) extend("constraintUnit", constraint.unit);
    extend("constraintDatatype", constraint.datatype);
    extend("constraintValueReference", constraint.right_reference);
  }
  if (!constraint.id.empty()) out.set("constraintId", constraint.id);
  add_members(out, constraint.extra);
  return out;
}

Json Writer::constraints(const std::vector<Constraint>& list, const std::string& path) {
  Json out = Json::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    out.push(constraint(list[i], path + "[" + std::to_string(i) + "]"));
  }
  return out;
}

// `parameters` takes the refinements of a duty's action that mean the same as constraints: amounts and dates.
Json Writer::actions(const std::vector<Action>& list, std::vector<Constraint>* parameters, const std::string& path) {
  Json out = Json::array();
  for (const Action& action : list) {
    if (!tc609_has_action(action.name)) {
      lose(LossKind::kExtension, path + ".action",
           {"the standard has no action '" + cut(action.name, 200) + "'", "标准中没有该行为"});
    }
    const bool movable = parameters != nullptr && list.size() == 1 && action.extra.is_null() &&
                         std::all_of(action.refinements.begin(), action.refinements.end(), is_parameter);
    if (movable || (action.refinements.empty() && action.extra.is_null())) {
      if (movable) parameters->insert(parameters->end(), action.refinements.begin(), action.refinements.end());
      out.push(action_to_tc609(action.name));
      continue;
    }
    lose(LossKind::kExtension, path + ".action.refinement",
         {"the refinement of an action travels as an extension", "行为的限定以扩展项携带"});
    Json refined = Json::object({{"action", action_to_tc609(action.name)}});
    if (!action.refinements.empty()) {
      refined.set("refinements", constraints(action.refinements, path + ".action.refinement"));
    }
    add_members(refined, action.extra);
    out.push(std::move(refined));
  }
  return out;
}

// One simple target or party goes to its member; anything more goes whole into the expansion, as ODRL.
void Writer::parties(Json& out, const Rule& rule, const std::string& path, bool whole) {
  Json subject = rule.extra[kSubjectExtra].is_object() ? rule.extra[kSubjectExtra] : Json::object();
  Json nodes = rule.extra[kNodesExtra].is_object() ? rule.extra[kNodesExtra] : Json::object();
  Policy leftover;
  const auto place = [&](const std::vector<Entity>& own, const std::vector<Entity>& shared, Json& into,
                         std::string_view name, std::vector<Entity>& rest) {
    const auto& list = own.empty() && whole ? shared : own;
    if (list.size() == 1 && is_simple(list[0])) {
      into.set(name, list[0].id);
    } else if (!list.empty()) {
      rest = list;
      lose(LossKind::kExtension, path,
           {"several or refined targets or parties travel as an extension", "多个或带限定的客体或参与方以扩展项携带"});
    }
  };
  place(rule.targets, policy_.targets, subject, "dataProductId", leftover.targets);
  place(rule.assigners, policy_.assigners, nodes, "providerNodeId", leftover.assigners);
  place(rule.assignees, policy_.assignees, nodes, "consumerNodeId", leftover.assignees);
  if (subject.size() > 0) out.set("subjectInfo", std::move(subject));
  if (nodes.size() > 0) out.set("executionNodeInfo", std::move(nodes));
  if (leftover.targets.empty() && leftover.assigners.empty() && leftover.assignees.empty()) return;
  Json odrl = to_odrl(leftover);
  odrl.erase("@type");
  out.set("policyExpansion", Json::object({{"odrl", std::move(odrl)}}));
}

Json Writer::rule(const Rule& rule, std::string_view id_name, const std::string& path, RuleKind kind) {
  const bool is_duty = kind == RuleKind::kObligation;
  Json out = Json::object();
  if (!rule.id.empty()) out.set(id_name, rule.id);
  parties(out, rule, path, id_name == "policyId");
  std::vector<Constraint> list;
  out.set("actions", actions(rule.actions.empty() ? policy_.actions : rule.actions, is_duty ? &list : nullptr, path));
  list.insert(list.end(), rule.constraints.begin(), rule.constraints.end());
  if (!list.empty()) out.set("constraints", constraints(list, path + ".constraint"));
  if (!rule.duties.empty()) out.set("preObligations", rules(rule.duties, "obligationId", path + ".duty", RuleKind::kObligation));
  if (!rule.remedies.empty()) out.set("remedies", rules(rule.remedies, "obligationId", path + ".remedy", RuleKind::kObligation));
  if (!rule.consequences.empty()) {
    out.set("breachLiabilities", rules(rule.consequences, "obligationId", path + ".consequence", RuleKind::kObligation));
  }
  if (rule.extra.is_object()) {
    for (const auto& [name, value] : rule.extra.members()) {
      if (name == kSubjectExtra || name == kNodesExtra) continue;
      if (name == "policyExpansion" && out.has(name) && value.is_object()) {
        Json both = out[name];
        add_members(both, value);
        out.set(name, std::move(both));
      } else if (out.has(name)) {
        lose(LossKind::kDropped, path, {"the member '" + name + "' has no place", "成员“" + name + "”无处安放"});
      } else {
        out.set(name, value);
      }
    }
  }
  return out;
}

Json Writer::rules(const std::vector<Rule>& list, std::string_view id_name, const std::string& path, RuleKind kind) {
  Json out = Json::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    out.push(rule(list[i], id_name, path + "[" + std::to_string(i) + "]", kind));
  }
  return out;
}

Converted Writer::run() {
  Json out = Json::object();
  if (!policy_.id.empty()) out.set("strategyId", policy_.id);
  if (policy_.kind != PolicyKind::kAgreement) out.set("strategyKind", name_of(policy_.kind));
  if (!policy_.profiles.empty()) out.set("profiles", Json::strings(policy_.profiles));
  if (!policy_.conflict.empty()) out.set("conflict", policy_.conflict);
  if (!policy_.permissions.empty()) out.set("permissionPolicies", rules(policy_.permissions, "policyId", "permission", RuleKind::kPermission));
  if (!policy_.prohibitions.empty()) {
    out.set("prohibitionPolicies", rules(policy_.prohibitions, "policyId", "prohibition", RuleKind::kProhibition));
  }
  if (!policy_.obligations.empty()) out.set("obligationPolicies", rules(policy_.obligations, "policyId", "obligation", RuleKind::kObligation));
  if (policy_.extra.is_object()) {
    for (const auto& [name, value] : policy_.extra.members()) {
      if (out.has(name)) lose(LossKind::kDropped, name, {"the member has no place", "该成员无处安放"});
      else out.set(name, value);
    }
  }
  return {std::move(out), std::move(losses_)};
}

}  // namespace

std::string_view tree_name(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::kAnd: return "and";
    case ConstraintKind::kOr: return "or";
    case ConstraintKind::kXone: return "xone";
    case ConstraintKind::kAndSequence: return "andSequence";
    case ConstraintKind::kAtom: break;
  }
  return "";
}

bool joins_unit_to_value(const Constraint& constraint) {
  if (constraint.left != "payAmount" || constraint.unit.empty() || constraint.right.size() != 1) return false;
  if (!constraint.right[0].type.empty() && constraint.right[0].type != "xsd:decimal") return false;
  const auto space = [](std::string_view text) { return text.find(' ') != std::string_view::npos; };
  return parse_number(constraint.right[0].text) && !space(constraint.right[0].text) && !space(constraint.unit);
}

bool is_parameter(const Constraint& constraint) {
  if (constraint.kind != ConstraintKind::kAtom) return false;
  const OperandTerm* term = find_operand(constraint.left);
  return term != nullptr && (term->operand == Operand::kDateTime || term->operand == Operand::kElapsedTime ||
                             term->operand == Operand::kDelayPeriod || term->operand == Operand::kPayAmount);
}

void add_members(Json& out, const Json& extra) {
  if (!extra.is_object()) return;
  for (const auto& [name, value] : extra.members()) out.set(name, value);
}

//= TC609-6-2025-14#strategy-write
// Permission, prohibition and obligation policies with subject, execution nodes, actions and constraints.
Converted to_tc609(const Policy& policy) { return Writer(policy).run(); }

}  // namespace weir::policy
