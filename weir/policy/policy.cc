// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/policy.h"

#include <utility>

#include "weir/crypto/hash.h"
#include "weir/policy/odrl.h"
#include "weir/policy/vocabulary.h"
#include "weir/wire/encoding.h"

namespace weir::policy {

std::string rule_id(const Policy& policy, RuleKind kind, std::size_t index) {
  const auto& rules = kind == RuleKind::kPermission    ? policy.permissions
                      : kind == RuleKind::kProhibition ? policy.prohibitions
                                                       : policy.obligations;
  if (index < rules.size() && !rules[index].id.empty()) return rules[index].id;
  std::string own(name_of(kind));
  own += '-';
  own += std::to_string(index + 1);
  return policy.id.empty() ? own : policy.id + "#" + own;
}

std::string sub_rule_id(std::string_view parent, const Rule& rule, std::string_view role, std::size_t index) {
  if (!rule.id.empty()) return rule.id;
  std::string out(parent);
  out += '/';
  out += role;
  out += '-';
  out += std::to_string(index + 1);
  return out;
}

std::string policy_hash(const Policy& policy, crypto::HashAlgorithm algorithm) {
  return wire::encode_hex(crypto::hash(algorithm, view_of(to_odrl(policy).canonical())));
}

Policy make_agreement(Policy offer, std::string id, std::string target, std::string assigner, std::string assignee) {
  const auto entity = [](std::string text) {
    Entity out;
    out.id = std::move(text);
    return out;
  };
  offer.id = std::move(id);
  offer.kind = PolicyKind::kAgreement;
  offer.targets = {entity(std::move(target))};
  offer.assigners = {entity(std::move(assigner))};
  offer.assignees = {entity(std::move(assignee))};
  return offer;
}

Constraint constraint(std::string left, Operator op, std::string value, std::string type) {
  Constraint out;
  out.left = std::move(left);
  out.op = op;
  out.right.push_back({std::move(value), std::move(type)});
  return out;
}

Constraint constraint(std::string left, Operator op, const std::vector<std::string>& values) {
  Constraint out;
  out.left = std::move(left);
  out.op = op;
  out.right_is_list = true;
  for (const std::string& value : values) out.right.push_back({value, {}});
  return out;
}

Constraint all_of(std::vector<Constraint> parts) {
  Constraint out;
  out.kind = ConstraintKind::kAnd;
  out.parts = std::move(parts);
  return out;
}

Constraint any_of(std::vector<Constraint> parts) {
  Constraint out;
  out.kind = ConstraintKind::kOr;
  out.parts = std::move(parts);
  return out;
}

Rule rule(std::string action, std::vector<Constraint> constraints) {
  Rule out;
  Action one;
  one.name = std::move(action);
  out.actions.push_back(std::move(one));
  out.constraints = std::move(constraints);
  return out;
}

}  // namespace weir::policy
