// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/odrl.h"

#include <utility>

#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using wire::Json;

void add_extra(Json& out, const Json& extra) {
  if (!extra.is_object()) return;
  for (const auto& [name, value] : extra.members()) out.set(name, value);
}

Json write_literal(const Literal& literal) {
  if (literal.type.empty()) return literal.text;
  if (literal.type == "@id") return Json::object({{"@id", literal.text}});
  if (literal.type == "@json") {
    auto json = wire::parse_json(literal.text);
    return json ? *std::move(json) : Json(literal.text);
  }
  if (literal.type.starts_with("@language:")) {
    return Json::object({{"@value", literal.text}, {"@language", literal.type.substr(10)}});
  }
  return Json::object({{"@value", literal.text}, {"@type", literal.type}});
}

Json write_constraints(const std::vector<Constraint>& constraints);

Json write_constraint(const Constraint& constraint) {
  Json out = Json::object();
  if (!constraint.id.empty()) out.set("@id", constraint.id);
  switch (constraint.kind) {
    case ConstraintKind::kAnd: out.set("and", write_constraints(constraint.parts)); break;
    case ConstraintKind::kOr: out.set("or", write_constraints(constraint.parts)); break;
    case ConstraintKind::kXone: out.set("xone", write_constraints(constraint.parts)); break;
    case ConstraintKind::kAndSequence: out.set("andSequence", write_constraints(constraint.parts)); break;
    case ConstraintKind::kAtom: {
      out.set("leftOperand", constraint.left);
      out.set("operator", name_of(constraint.op));
      Json right = Json::array();
      for (const Literal& literal : constraint.right) right.push(write_literal(literal));
      if (constraint.right.size() == 1 && !constraint.right_is_list) right = write_literal(constraint.right[0]);
      if (!constraint.right.empty()) out.set("rightOperand", std::move(right));
      if (!constraint.right_reference.empty()) {
        out.set("rightOperandReference", Json::object({{"@id", constraint.right_reference}}));
      }
      if (!constraint.unit.empty()) out.set("unit", constraint.unit);
      if (!constraint.datatype.empty()) out.set("dataType", constraint.datatype);
      break;
    }
  }
  add_extra(out, constraint.extra);
  return out;
}

Json write_constraints(const std::vector<Constraint>& constraints) {
  Json out = Json::array();
  for (const Constraint& constraint : constraints) out.push(write_constraint(constraint));
  return out;
}

Json write_action(const Action& action) {
  if (action.refinements.empty() && action.extra.is_null()) return action.name;
  Json out = Json::object({{"rdf:value", Json::object({{"@id", action.name}})}});
  if (!action.refinements.empty()) out.set("refinement", write_constraints(action.refinements));
  add_extra(out, action.extra);
  return out;
}

void add_actions(Json& out, const std::vector<Action>& actions) {
  if (actions.empty()) return;
  Json list = Json::array();
  for (const Action& action : actions) list.push(write_action(action));
  out.set("action", actions.size() == 1 ? write_action(actions[0]) : std::move(list));
}

Json write_entity(const Entity& entity) {
  if (entity.types.empty() && entity.refinements.empty() && !entity.is_source && entity.extra.is_null()) return entity.id;
  Json out = Json::object();
  if (!entity.types.empty()) out.set("@type", Json::strings(entity.types));
  out.set(entity.is_source ? "source" : "@id", entity.id);
  if (!entity.refinements.empty()) out.set("refinement", write_constraints(entity.refinements));
  add_extra(out, entity.extra);
  return out;
}

void add_entities(Json& out, std::string_view name, const std::vector<Entity>& entities) {
  if (entities.empty()) return;
  Json list = Json::array();
  for (const Entity& entity : entities) list.push(write_entity(entity));
  out.set(name, entities.size() == 1 ? write_entity(entities[0]) : std::move(list));
}

void add_rules(Json& out, std::string_view name, const std::vector<Rule>& rules);

Json write_rule(const Rule& rule) {
  Json out = Json::object();
  if (!rule.id.empty()) out.set("@id", rule.id);
  add_entities(out, "target", rule.targets);
  add_entities(out, "assigner", rule.assigners);
  add_entities(out, "assignee", rule.assignees);
  add_actions(out, rule.actions);
  if (!rule.constraints.empty()) out.set("constraint", write_constraints(rule.constraints));
  add_rules(out, "duty", rule.duties);
  add_rules(out, "remedy", rule.remedies);
  add_rules(out, "consequence", rule.consequences);
  add_extra(out, rule.extra);
  return out;
}

void add_rules(Json& out, std::string_view name, const std::vector<Rule>& rules) {
  if (rules.empty()) return;
  Json list = Json::array();
  for (const Rule& rule : rules) list.push(write_rule(rule));
  out.set(name, std::move(list));
}

void split_rules(std::vector<Rule>& rules, const std::vector<Action>& shared, const Policy& policy, RuleKind kind) {
  std::vector<Rule> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::vector<Action> actions = rules[i].actions.empty() ? shared : rules[i].actions;
    for (std::size_t k = 0; k < actions.size(); ++k) {
      Rule one = rules[i];
      one.actions = {actions[k]};
      if (actions.size() > 1) one.id = rule_id(policy, kind, i) + "/" + std::to_string(k + 1);
      out.push_back(std::move(one));
    }
  }
  rules = std::move(out);
}

}  // namespace

//= ODRL-2.2#serialization
wire::Json to_odrl(const Policy& policy) {
  Json out = Json::object();
  out.set("@type", name_of(policy.kind));
  if (!policy.id.empty()) out.set("@id", policy.id);
  if (policy.profiles.size() == 1) out.set("profile", policy.profiles[0]);
  if (policy.profiles.size() > 1) out.set("profile", Json::strings(policy.profiles));
  if (!policy.conflict.empty()) out.set("conflict", policy.conflict);
  add_entities(out, "target", policy.targets);
  add_entities(out, "assigner", policy.assigners);
  add_entities(out, "assignee", policy.assignees);
  add_actions(out, policy.actions);
  add_rules(out, "permission", policy.permissions);
  add_rules(out, "prohibition", policy.prohibitions);
  add_rules(out, "obligation", policy.obligations);
  add_extra(out, policy.extra);
  return out;
}

wire::Json to_odrl_document(const Policy& policy) {
  Json out = Json::object({{"@context", Json::array({"http://www.w3.org/ns/odrl.jsonld",
                                                     Json::object({{"xsd", "http://www.w3.org/2001/XMLSchema#"},
                                                                   {"idsc", "https://w3id.org/idsa/code/"}})})}});
  add_extra(out, to_odrl(policy));
  return out;
}

Policy one_action_a_rule(const Policy& policy) {
  Policy out = policy;
  split_rules(out.permissions, policy.actions, policy, RuleKind::kPermission);
  split_rules(out.prohibitions, policy.actions, policy, RuleKind::kProhibition);
  split_rules(out.obligations, policy.actions, policy, RuleKind::kObligation);
  out.actions.clear();
  return out;
}

}  // namespace weir::policy
