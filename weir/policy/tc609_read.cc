// SPDX-License-Identifier: Apache-2.0
// Reading TC609 strategy JSON, with the spellings found in the standard's dictionary, its interfaces and its samples.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "weir/base/limits.h"
#include "weir/policy/odrl.h"
#include "weir/policy/tc609.h"
#include "weir/policy/tc609_names.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using wire::Json;

constexpr std::size_t kConstraintsMax = 8192;
constexpr std::size_t kDutyDepthMax = 4;

Error malformed(const std::string& path, std::string_view what) {
  return Error(Errc::kInvalidArgument, "policy: " + (path.empty() ? std::string("the strategy") : path) + " " + std::string(what))
      .because("policy.malformed");
}

Error too_large(std::string_view what) {
  return Error(Errc::kExhausted, "policy: " + std::string(what)).because("policy.too_large");
}

// The members of an object, each taken once; two spellings of one member are an error.
class Members {
 public:
  Members(const Json& json, std::string path) : left_(json), path_(std::move(path)) {}

  Result<Json> take(std::initializer_list<std::string_view> names) {
    Json out;
    bool found = false;
    for (const std::string_view name : names) {
      if (!left_.has(name)) continue;
      if (found) return malformed(path_ + "." + std::string(name), "is given twice, under two names");
      out = left_[name];
      found = true;
      left_.erase(name);
    }
    return out;
  }

  Result<std::string> text(std::initializer_list<std::string_view> names) {
    WEIR_TRY_LET(const Json json, take(names));
    if (json.is_null()) return std::string();
    if (!json.is_string()) return malformed(path_ + "." + std::string(*names.begin()), "must be text");
    return json.as_string();
  }

  // What is left; null if nothing is.
  Json rest() const { return left_.size() > 0 ? left_ : Json(); }

 private:
  Json left_;
  std::string path_;
};

class Reader {
 public:
  Result<Policy> run(const Json& json);

 private:
  Result<Constraint> constraint(const Json& json, const std::string& path, std::size_t depth);
  Result<> values(const Json& json, Constraint& out, const std::string& path);
  Result<std::vector<Constraint>> constraints(const Json& json, const std::string& path, std::size_t depth);
  Result<std::vector<Action>> actions(const Json& json, const std::string& path);
  Result<> parties(Members& members, Rule& out, const std::string& path);
  Result<> expansion(Members& members, Rule& out, const std::string& path);
  Result<Rule> rule(const Json& json, const std::string& path, std::size_t depth, RuleKind kind);
  Result<std::vector<Rule>> rules(const Json& json, const std::string& path, std::size_t depth, RuleKind kind);

  std::size_t rules_ = 0;
  std::size_t constraints_ = 0;
};

std::string at(const std::string& path, std::size_t index) { return path + "[" + std::to_string(index) + "]"; }

Result<Literal> read_value(const Json& json, const std::string& path) {
  if (json.is_string()) return Literal{json.as_string(), {}};
  if (json.is_integer()) return Literal{json.dump(), "xsd:integer"};
  if (json.is_number()) return Literal{json.dump(), "xsd:double"};
  if (json.is_bool()) return Literal{json.dump(), "xsd:boolean"};
  if (json.is_object() && json.size() == 2 && json["value"].is_string() && json["type"].is_string()) {
    return Literal{json["value"].as_string(), json["type"].as_string()};
  }
  return malformed(path + ".constraintValue", "must be text, a number, true or false, or a list of these");
}

Result<> Reader::values(const Json& json, Constraint& out, const std::string& path) {
  if (json.is_array()) {
    out.right_is_list = true;
    for (const Json& item : json.items()) {
      WEIR_TRY_LET(Literal literal, read_value(item, path));
      out.right.push_back(std::move(literal));
    }
    return {};
  }
  if (json.is_object() && json.has("unit")) {  // {"value": "100.00", "unit": "CNY"}
    WEIR_TRY_LET(Literal amount, read_value(json["value"], path));
    WEIR_TRY_LET(out.unit, json.text("unit"));
    out.right.push_back({std::move(amount.text), {}});
    return {};
  }
  WEIR_TRY_LET(Literal literal, read_value(json, path));
  const std::size_t space = literal.text.rfind(' ');
  if (out.left == "payAmount" && literal.type.empty() && space != std::string::npos) {
    const std::string amount = literal.text.substr(0, space);
    const std::string unit = literal.text.substr(space + 1);
    if (parse_number(amount) && amount.find(' ') == std::string::npos && !unit.empty()) {
      out.unit = unit;
      literal.text = amount;
    }
  }
  out.right.push_back(std::move(literal));
  return {};
}

std::optional<ConstraintKind> tree_kind(std::string_view name) {
  for (const ConstraintKind kind : {ConstraintKind::kAnd, ConstraintKind::kOr, ConstraintKind::kXone, ConstraintKind::kAndSequence}) {
    if (tree_name(kind) == name) return kind;
  }
  return std::nullopt;
}

Result<Constraint> Reader::constraint(const Json& json, const std::string& path, std::size_t depth) {
  if (!json.is_object()) return malformed(path, "must be an object");
  if (depth > limits::kConstraintDepthMax) return too_large("constraints are nested too deeply");
  if (++constraints_ > kConstraintsMax) return too_large("too many constraints");
  Members members(json, path);
  Constraint out;
  WEIR_TRY_LET(const std::string name, members.text({"constraintName"}));
  WEIR_TRY_LET(const std::string written, members.text({"constraintOperator"}));
  WEIR_TRY_LET(const Json value, members.take({"constraintValue"}));
  WEIR_TRY_LET(out.id, members.text({"constraintId"}));
  if (name.empty()) return malformed(path + ".constraintName", "is missing");
  if (const auto kind = tree_kind(name)) {
    out.kind = *kind;
    WEIR_TRY_LET(out.parts, constraints(value, path + "." + name, depth + 1));
    if (out.parts.empty()) return malformed(path + ".constraintValue", "must not be empty");
  } else {
    out.left = operand_from_tc609(name);
    const auto op = find_operator(written);
    if (!op) return malformed(path + ".constraintOperator", "must be one of the codes 01 to 12 or their names");
    out.op = *op;
    WEIR_TRY_LET(out.right_reference, members.text({"constraintValueReference"}));
    if (!value.is_null()) WEIR_TRY(values(value, out, path));
    if (out.right.empty() && out.right_reference.empty()) return malformed(path + ".constraintValue", "is missing");
    WEIR_TRY_LET(const std::string unit, members.text({"constraintUnit"}));
    if (!unit.empty()) out.unit = unit;
    WEIR_TRY_LET(out.datatype, members.text({"constraintDatatype"}));
  }
  out.extra = members.rest();
  return out;
}

Result<std::vector<Constraint>> Reader::constraints(const Json& json, const std::string& path, std::size_t depth) {
  std::vector<Constraint> out;
  if (json.is_null()) return out;
  if (json.is_object()) {
    WEIR_TRY_LET(Constraint one, constraint(json, path, depth));
    out.push_back(std::move(one));
    return out;
  }
  if (!json.is_array()) return malformed(path, "must be a list");
  for (std::size_t i = 0; i < json.size(); ++i) {
    WEIR_TRY_LET(Constraint one, constraint(json.items()[i], at(path, i), depth));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<Action>> Reader::actions(const Json& json, const std::string& path) {
  std::vector<Action> out;
  const Json list = json.is_array() ? json : json.is_null() ? Json::array() : Json::array({json});
  if (list.size() > kActionsMax) return too_large("too many actions");
  for (const Json& item : list.items()) {
    Action action;
    if (item.is_string()) {
      action.name = action_from_tc609(item.as_string());
    } else if (item.is_object()) {
      Members members(item, path);
      WEIR_TRY_LET(const std::string name, members.text({"action"}));
      action.name = name.empty() ? std::string() : action_from_tc609(name);
      WEIR_TRY_LET(const Json refinements, members.take({"refinements"}));
      WEIR_TRY_LET(action.refinements, constraints(refinements, path + ".refinements", 1));
      action.extra = members.rest();
    }
    if (action.name.empty() || action.name == kProfile) return malformed(path, "must name an action");
    out.push_back(std::move(action));
  }
  return out;
}

Result<> add_entity(Members& members, std::initializer_list<std::string_view> names, std::vector<Entity>& out) {
  WEIR_TRY_LET(std::string id, members.text(names));
  if (id.empty()) return {};
  Entity entity;
  entity.id = std::move(id);
  out.push_back(std::move(entity));
  return {};
}

Result<> Reader::parties(Members& members, Rule& out, const std::string& path) {
  WEIR_TRY_LET(const Json subject, members.take({"subjectInfo", "subject"}));
  if (!subject.is_null() && !subject.is_object()) return malformed(path + ".subjectInfo", "must be an object");
  Json kept;
  if (subject.is_object()) {
    Members inner(subject, path + ".subjectInfo");
    WEIR_TRY(add_entity(inner, {"dataProductId"}, out.targets));
    kept = inner.rest();
  }
  WEIR_TRY_LET(const Json nodes, members.take({"executionNodeInfo", "executionNode"}));
  if (!nodes.is_null() && !nodes.is_object()) return malformed(path + ".executionNodeInfo", "must be an object");
  Json kept_nodes;
  if (nodes.is_object()) {
    Members inner(nodes, path + ".executionNodeInfo");
    WEIR_TRY(add_entity(inner, {"providerNodeId", "assignerId"}, out.assigners));
    WEIR_TRY(add_entity(inner, {"consumerNodeId", "assigneeId"}, out.assignees));
    kept_nodes = inner.rest();
  }
  if (!kept.is_null()) out.extra.set(kSubjectExtra, std::move(kept));
  if (!kept_nodes.is_null()) out.extra.set(kNodesExtra, std::move(kept_nodes));
  return {};
}

// {"policyExpansion": {"odrl": {"target": …}}}: what this program could say in ODRL only.
Result<> Reader::expansion(Members& members, Rule& out, const std::string& path) {
  WEIR_TRY_LET(Json expansion, members.take({"policyExpansion"}));
  if (expansion["odrl"].is_object()) {
    Json odrl = expansion["odrl"];
    for (const auto& [name, value] : odrl.members()) {
      if (name != "target" && name != "assigner" && name != "assignee") {
        return malformed(path + ".policyExpansion.odrl", "may hold target, assigner and assignee only");
      }
    }
    odrl.set("permission", Json::array({Json::object({{"action", "use"}})}));  // so that it is a policy
    auto read = parse_odrl(odrl);
    if (!read) return std::move(read).error().with(path + ".policyExpansion.odrl");
    const auto merge = [](std::vector<Entity>& into, std::vector<Entity>& from) {
      into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    merge(out.targets, read->targets);
    merge(out.assigners, read->assigners);
    merge(out.assignees, read->assignees);
    expansion.erase("odrl");
    if (expansion.size() == 0) expansion = Json();
  }
  if (!expansion.is_null()) out.extra.set("policyExpansion", std::move(expansion));
  return {};
}

// A duty's amounts and dates stand among its constraints, wherever they were written.
void move_parameters(Rule& duty) {
  if (duty.actions.size() != 1 || !duty.actions[0].extra.is_null()) return;
  auto& refinements = duty.actions[0].refinements;
  if (!std::all_of(refinements.begin(), refinements.end(), is_parameter)) return;
  duty.constraints.insert(duty.constraints.begin(), refinements.begin(), refinements.end());
  refinements.clear();
}

Result<Rule> Reader::rule(const Json& json, const std::string& path, std::size_t depth, RuleKind kind) {
  if (!json.is_object()) return malformed(path, "must be an object");
  if (depth > kDutyDepthMax) return too_large("obligations are nested too deeply");
  if (++rules_ > limits::kPolicyRulesMax) return too_large("more than 256 rules");
  Members members(json, path);
  Rule out;
  WEIR_TRY_LET(out.id, members.text({"policyId", "obligationId"}));
  WEIR_TRY(parties(members, out, path));
  WEIR_TRY_LET(const Json acts, members.take({"actions", "action"}));
  WEIR_TRY_LET(out.actions, actions(acts, path + ".actions"));
  if (out.actions.empty()) return malformed(path + ".actions", "must not be empty");
  WEIR_TRY_LET(const Json limits, members.take({"constraints", "constraint"}));
  WEIR_TRY_LET(out.constraints, constraints(limits, path + ".constraints", 1));
  WEIR_TRY_LET(const Json before, members.take({"preObligations", "preObligation", "pre-obligation", "preobligation"}));
  WEIR_TRY_LET(out.duties, rules(before, path + ".preObligations", depth + 1, RuleKind::kObligation));
  WEIR_TRY_LET(const Json remedy, members.take({"remedies", "remedy"}));
  WEIR_TRY_LET(out.remedies, rules(remedy, path + ".remedies", depth + 1, RuleKind::kObligation));
  WEIR_TRY_LET(const Json breach, members.take({"breachLiabilities", "breachLiability", "breach-liability"}));
  WEIR_TRY_LET(out.consequences, rules(breach, path + ".breachLiabilities", depth + 1, RuleKind::kObligation));
  WEIR_TRY(expansion(members, out, path));
  const Json rest = members.rest();
  if (rest.has(kSubjectExtra) || rest.has(kNodesExtra)) return malformed(path, "uses a name kept for this program");
  add_members(out.extra, rest);
  if (kind == RuleKind::kObligation) move_parameters(out);
  return out;
}

Result<std::vector<Rule>> Reader::rules(const Json& json, const std::string& path, std::size_t depth, RuleKind kind) {
  std::vector<Rule> out;
  if (json.is_null()) return out;
  const Json list = json.is_array() ? json : Json::array({json});
  for (std::size_t i = 0; i < list.size(); ++i) {
    WEIR_TRY_LET(Rule one, rule(list.items()[i], at(path, i), depth, kind));
    out.push_back(std::move(one));
  }
  return out;
}

Result<Policy> Reader::run(const Json& json) {
  if (!json.is_object()) return malformed("", "must be an object");
  Members members(json, "");
  Policy out;
  WEIR_TRY_LET(out.id, members.text({"strategyId"}));
  WEIR_TRY_LET(const std::string kind, members.text({"strategyKind"}));
  out.kind = kind == "Offer" ? PolicyKind::kOffer : kind == "Set" ? PolicyKind::kSet : PolicyKind::kAgreement;
  if (!kind.empty() && kind != name_of(out.kind)) return malformed("strategyKind", "must be Set, Offer or Agreement");
  WEIR_TRY_LET(out.conflict, members.text({"conflict"}));
  WEIR_TRY_LET(const Json profiles, members.take({"profiles"}));
  if (!profiles.is_null()) {
    WEIR_TRY_LET(out.profiles, Json::object({{"profiles", profiles}}).texts("profiles"));
  }
  WEIR_TRY_LET(const Json permitted, members.take({"permissionPolicies", "permissionPolicy"}));
  WEIR_TRY_LET(out.permissions, rules(permitted, "permissionPolicies", 1, RuleKind::kPermission));
  WEIR_TRY_LET(const Json prohibited, members.take({"prohibitionPolicies", "prohibitionPolicy"}));
  WEIR_TRY_LET(out.prohibitions, rules(prohibited, "prohibitionPolicies", 1, RuleKind::kProhibition));
  WEIR_TRY_LET(const Json obliged, members.take({"obligationPolicies", "obligationPolicy"}));
  WEIR_TRY_LET(out.obligations, rules(obliged, "obligationPolicies", 1, RuleKind::kObligation));
  out.extra = members.rest();
  if (out.permissions.empty() && out.prohibitions.empty() && out.obligations.empty()) {
    // The flat form of the interfaces: one permission.
    if (!json.has("actions")) return malformed("", "has no permission, prohibition or obligation policies");
    Json flat = json;
    flat.erase("strategyId");
    flat.erase("strategyKind");
    flat.erase("conflict");
    flat.erase("profiles");
    WEIR_TRY_LET(Rule one, rule(flat, "strategy", 1, RuleKind::kPermission));
    out.permissions.push_back(std::move(one));
    out.extra = Json();
  } else if (json.has("actions")) {
    return malformed("actions", "stand beside policies; they belong inside one");
  }
  return out;
}

}  // namespace

//= TC609-6-2025-14#strategy-read
Result<Policy> parse_tc609(const Json& json) { return Reader().run(json); }

}  // namespace weir::policy
