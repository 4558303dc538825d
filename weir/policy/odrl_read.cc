// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include "weir/base/limits.h"
#include "weir/policy/odrl.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using wire::Json;

constexpr std::size_t kConstraintsMax = 8192;
constexpr std::size_t kDutyDepthMax = 4;

Error malformed(const std::string& path, std::string_view what) {
  return Error(Errc::kInvalidArgument, "policy: " + (path.empty() ? std::string("the policy") : path) + " " + std::string(what))
      .because("policy.malformed");
}

Error too_large(std::string_view what) {
  return Error(Errc::kExhausted, "policy: " + std::string(what)).because("policy.too_large");
}

std::string under(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string at(const std::string& path, std::size_t index) { return path + "[" + std::to_string(index) + "]"; }

// The name of a member without the prefix of the vocabularies that this reader knows.
std::string_view local_name(std::string_view key) {
  for (const std::string_view prefix : {std::string_view("odrl:"), kOdrlPrefix, std::string_view("rdf:"),
                                        std::string_view("http://www.w3.org/1999/02/22-rdf-syntax-ns#")}) {
    if (key.starts_with(prefix)) return key.substr(prefix.size());
  }
  return key;
}

// The members of one object: each is taken once, what is left is kept as `extra`.
class Members {
 public:
  Members(const Json& json, std::string path) : members_(json.members()), path_(std::move(path)), taken_(members_.size()) {}

  // The member of this name under any prefix; a null pointer if there is none. Two spellings of one name are an
  // error: to drop either could drop a prohibition.
  Result<const Json*> take(std::initializer_list<std::string_view> names) {
    const Json* found = nullptr;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (taken_[i]) continue;
      const std::string_view local = local_name(members_[i].first);
      if (std::find(names.begin(), names.end(), local) == names.end()) continue;
      if (found != nullptr) return malformed(under(path_, local), "is given twice, under two names");
      found = &members_[i].second;
      taken_[i] = true;
    }
    return found;
  }

  Json rest() const {
    Json out;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (!taken_[i]) out.set(members_[i].first, members_[i].second);
    }
    return out;
  }

 private:
  const Json::Object& members_;
  std::string path_;
  std::vector<bool> taken_;
};

// The items of an array, of {"@list": […]}, or the single value itself.
std::vector<const Json*> each_of(const Json* json) {
  std::vector<const Json*> out;
  if (json == nullptr || json->is_null()) return out;
  if (json->is_object() && json->size() == 1 && json->has("@list")) return each_of(&(*json)["@list"]);
  if (!json->is_array()) return {json};
  for (const Json& item : json->items()) out.push_back(&item);
  return out;
}

// The text of "x", {"@id": "x"}, {"@value": "x"} or an array of one of these.
std::optional<std::string> term_of(const Json& json) {
  if (json.is_string()) return json.as_string();
  if (json.is_array() && json.size() == 1) return term_of(json.items()[0]);
  if (json.is_object()) {
    if (json["@id"].is_string()) return json["@id"].as_string();
    if (json["@value"].is_string()) return json["@value"].as_string();
  }
  return std::nullopt;
}

std::string normal_type(std::string_view type) {
  constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
  std::string out = type.starts_with(kXsd) ? "xsd:" + std::string(type.substr(kXsd.size())) : std::string(type);
  return out == "xsd:string" ? std::string() : out;
}

std::optional<Literal> scalar(const Json& json) {
  if (json.is_string()) return Literal{json.as_string(), {}};
  if (json.is_integer()) return Literal{std::to_string(json.as_integer()), "xsd:integer"};
  if (json.is_number()) return Literal{wire::format_number(json.as_double()), "xsd:double"};
  if (json.is_bool()) return Literal{json.as_bool() ? "true" : "false", "xsd:boolean"};
  return std::nullopt;
}

Result<Literal> read_literal(const Json& json, const std::string& path) {
  if (const auto plain = scalar(json)) return *plain;
  if (!json.is_object()) return malformed(path, "must be a value");
  if (json.size() == 1 && json["@id"].is_string()) return Literal{json["@id"].as_string(), "@id"};
  const auto value = scalar(json["@value"]);
  if (value && json.size() == 1) return *value;
  if (value && json.size() == 2 && json["@type"].is_string() && !json["@type"].as_string().starts_with('@')) {
    return Literal{value->text, normal_type(json["@type"].as_string())};
  }
  if (value && json.size() == 2 && json["@language"].is_string()) {
    return Literal{value->text, "@language:" + json["@language"].as_string()};
  }
  return Literal{json.canonical(), "@json"};  // kept, never evaluated
}

class OdrlReader {
 public:
  Result<Policy> policy(const Json& json);

 private:
  Result<Constraint> constraint(const Json& json, const std::string& path, std::size_t depth);
  Result<std::vector<Constraint>> constraints(const Json* json, const std::string& path, std::size_t depth);
  Result<> atom(Members& members, const std::string& path, Constraint& out);
  Result<Action> action(const Json& json, const std::string& path);
  Result<std::vector<Action>> actions(const Json* json, const std::string& path);
  Result<Entity> entity(const Json& json, const std::string& path);
  Result<std::vector<Entity>> entities(const Json* json, const std::string& path);
  Result<Rule> rule(const Json& json, const std::string& path, std::size_t depth);
  Result<std::vector<Rule>> rules(const Json* json, const std::string& path, std::size_t depth);

  std::size_t rules_ = 0;
  std::size_t constraints_ = 0;
};

Result<std::string> text_member(Members& members, std::initializer_list<std::string_view> names, const std::string& path) {
  WEIR_TRY_LET(const Json* json, members.take(names));
  if (json == nullptr) return std::string();
  const auto text = term_of(*json);
  if (!text) return malformed(under(path, *names.begin()), "must be text");
  return *text;
}

Result<> OdrlReader::atom(Members& members, const std::string& path, Constraint& out) {
  WEIR_TRY_LET(const std::string left, text_member(members, {"leftOperand"}, path));
  if (left.empty()) return malformed(under(path, "leftOperand"), "is missing");
  out.left = normal_name(left);
  WEIR_TRY_LET(const std::string written, text_member(members, {"operator"}, path));
  const auto op = find_operator(normal_name(written));
  if (!op) return malformed(under(path, "operator"), "must be one of the twelve operators of ODRL");
  out.op = *op;
  WEIR_TRY_LET(const Json* right, members.take({"rightOperand"}));
  WEIR_TRY_LET(out.right_reference, text_member(members, {"rightOperandReference"}, path));
  if (right == nullptr && out.right_reference.empty()) return malformed(under(path, "rightOperand"), "is missing");
  if (right != nullptr) {
    out.right_is_list = right->is_array() || (right->is_object() && right->has("@list"));
    for (const Json* item : each_of(right)) {
      WEIR_TRY_LET(Literal literal, read_literal(*item, under(path, "rightOperand")));
      out.right.push_back(std::move(literal));
    }
    if (out.right.empty()) return malformed(under(path, "rightOperand"), "must not be empty");
  }
  WEIR_TRY_LET(out.unit, text_member(members, {"unit"}, path));
  WEIR_TRY_LET(const std::string datatype, text_member(members, {"dataType", "datatype"}, path));
  out.datatype = normal_type(datatype);
  return {};
}

//= ODRL-2.2#constraints
Result<Constraint> OdrlReader::constraint(const Json& json, const std::string& path, std::size_t depth) {
  if (!json.is_object()) return malformed(path, "must be an object");
  if (depth > limits::kConstraintDepthMax) return too_large("constraints are nested too deeply");
  if (++constraints_ > kConstraintsMax) return too_large("too many constraints");
  Members members(json, path);
  Constraint out;
  WEIR_TRY_LET(out.id, text_member(members, {"@id", "uid"}, path));
  WEIR_TRY_LET(const Json* type, members.take({"@type"}));
  static_cast<void>(type);  // says nothing that the members do not
  constexpr std::pair<std::string_view, ConstraintKind> kTrees[] = {{"and", ConstraintKind::kAnd},
                                                                    {"or", ConstraintKind::kOr},
                                                                    {"xone", ConstraintKind::kXone},
                                                                    {"andSequence", ConstraintKind::kAndSequence}};
  for (const auto& [name, kind] : kTrees) {
    WEIR_TRY_LET(const Json* operands, members.take({name}));
    if (operands == nullptr) continue;
    if (out.kind != ConstraintKind::kAtom) return malformed(path, "has two logical operators");
    out.kind = kind;
    WEIR_TRY_LET(out.parts, constraints(operands, under(path, name), depth + 1));
    if (out.parts.empty()) return malformed(under(path, name), "must not be empty");
  }
  if (out.kind == ConstraintKind::kAtom) {
    WEIR_TRY(atom(members, path, out));
  } else {
    WEIR_TRY_LET(const Json* left, members.take({"leftOperand"}));
    if (left != nullptr) return malformed(path, "is both a constraint and a logical operator");
  }
  out.extra = members.rest();
  return out;
}

Result<std::vector<Constraint>> OdrlReader::constraints(const Json* json, const std::string& path, std::size_t depth) {
  std::vector<Constraint> out;
  const auto items = each_of(json);
  for (std::size_t i = 0; i < items.size(); ++i) {
    WEIR_TRY_LET(Constraint one, constraint(*items[i], at(path, i), depth));
    out.push_back(std::move(one));
  }
  return out;
}

Result<Action> OdrlReader::action(const Json& json, const std::string& path) {
  Action out;
  if (json.is_string()) {
    out.name = normal_name(json.as_string());
  } else if (json.is_object()) {
    Members members(json, path);
    WEIR_TRY_LET(const std::string value, text_member(members, {"value"}, path));
    if (!value.empty()) {
      out.name = normal_name(value);
    } else {
      WEIR_TRY_LET(const std::string id, text_member(members, {"@id", "uid"}, path));
      out.name = normal_name(id);
    }
    WEIR_TRY_LET(const Json* refinement, members.take({"refinement"}));
    WEIR_TRY_LET(out.refinements, constraints(refinement, under(path, "refinement"), 1));
    out.extra = members.rest();
  }
  if (out.name.empty()) return malformed(path, "must name an action");
  return out;
}

Result<std::vector<Action>> OdrlReader::actions(const Json* json, const std::string& path) {
  std::vector<Action> out;
  const auto items = each_of(json);
  if (items.size() > kActionsMax) return too_large("too many actions");
  for (std::size_t i = 0; i < items.size(); ++i) {
    WEIR_TRY_LET(Action one, action(*items[i], items.size() == 1 ? path : at(path, i)));
    out.push_back(std::move(one));
  }
  return out;
}

Result<Entity> OdrlReader::entity(const Json& json, const std::string& path) {
  Entity out;
  if (json.is_string()) {
    out.id = json.as_string();
  } else if (json.is_object()) {
    Members members(json, path);
    WEIR_TRY_LET(const std::string source, text_member(members, {"source"}, path));
    out.is_source = !source.empty();
    if (out.is_source) {
      out.id = source;
    } else {
      WEIR_TRY_LET(out.id, text_member(members, {"@id", "uid"}, path));
    }
    WEIR_TRY_LET(const Json* types, members.take({"@type"}));
    for (const Json* type : each_of(types)) {
      const auto text = term_of(*type);
      if (!text) return malformed(under(path, "@type"), "must be text");
      out.types.push_back(normal_name(*text));
    }
    WEIR_TRY_LET(const Json* refinement, members.take({"refinement"}));
    WEIR_TRY_LET(out.refinements, constraints(refinement, under(path, "refinement"), 1));
    out.extra = members.rest();
  }
  if (out.id.empty()) return malformed(path, "must have an identifier");
  return out;
}

Result<std::vector<Entity>> OdrlReader::entities(const Json* json, const std::string& path) {
  std::vector<Entity> out;
  const auto items = each_of(json);
  if (items.size() > limits::kPolicyRulesMax) return too_large("too many targets or parties");
  for (std::size_t i = 0; i < items.size(); ++i) {
    WEIR_TRY_LET(Entity one, entity(*items[i], items.size() == 1 ? path : at(path, i)));
    out.push_back(std::move(one));
  }
  return out;
}

bool is_rule_type(const Json& type) {
  const auto text = term_of(type);
  if (!text) return false;
  const std::string name = normal_name(*text);
  return name == "Permission" || name == "Prohibition" || name == "Duty" || name == "Obligation" || name == "Rule";
}

//= ODRL-2.2#rules
Result<Rule> OdrlReader::rule(const Json& json, const std::string& path, std::size_t depth) {
  if (!json.is_object()) return malformed(path, "must be an object");
  if (depth > kDutyDepthMax) return too_large("duties are nested too deeply");
  if (++rules_ > limits::kPolicyRulesMax) return too_large("more than 256 rules");
  Members members(json, path);
  Rule out;
  WEIR_TRY_LET(out.id, text_member(members, {"@id", "uid"}, path));
  WEIR_TRY_LET(const Json* type, members.take({"@type"}));
  if (type != nullptr && !is_rule_type(*type)) return malformed(under(path, "@type"), "must name a kind of rule");
  WEIR_TRY_LET(const Json* action, members.take({"action"}));
  WEIR_TRY_LET(out.actions, actions(action, under(path, "action")));
  WEIR_TRY_LET(const Json* target, members.take({"target"}));
  WEIR_TRY_LET(out.targets, entities(target, under(path, "target")));
  WEIR_TRY_LET(const Json* assigner, members.take({"assigner"}));
  WEIR_TRY_LET(out.assigners, entities(assigner, under(path, "assigner")));
  WEIR_TRY_LET(const Json* assignee, members.take({"assignee"}));
  WEIR_TRY_LET(out.assignees, entities(assignee, under(path, "assignee")));
  WEIR_TRY_LET(const Json* constraint, members.take({"constraint"}));
  WEIR_TRY_LET(out.constraints, constraints(constraint, under(path, "constraint"), 1));
  WEIR_TRY_LET(const Json* duty, members.take({"duty"}));
  WEIR_TRY_LET(out.duties, rules(duty, under(path, "duty"), depth + 1));
  WEIR_TRY_LET(const Json* remedy, members.take({"remedy"}));
  WEIR_TRY_LET(out.remedies, rules(remedy, under(path, "remedy"), depth + 1));
  WEIR_TRY_LET(const Json* consequence, members.take({"consequence"}));
  WEIR_TRY_LET(out.consequences, rules(consequence, under(path, "consequence"), depth + 1));
  out.extra = members.rest();
  return out;
}

Result<std::vector<Rule>> OdrlReader::rules(const Json* json, const std::string& path, std::size_t depth) {
  std::vector<Rule> out;
  const auto items = each_of(json);
  for (std::size_t i = 0; i < items.size(); ++i) {
    WEIR_TRY_LET(Rule one, rule(*items[i], at(path, i), depth));
    out.push_back(std::move(one));
  }
  return out;
}

Result<PolicyKind> read_kind(const Json* type) {
  if (type == nullptr) return PolicyKind::kSet;
  for (const Json* one : each_of(type)) {
    const std::string name = normal_name(term_of(*one).value_or(""));
    if (name == "Set" || name == "Policy") return PolicyKind::kSet;
    if (name == "Offer") return PolicyKind::kOffer;
    if (name == "Agreement") return PolicyKind::kAgreement;
  }
  return malformed("@type", "must be Set, Offer or Agreement");
}

//= ODRL-2.2#inheritance
Result<Policy> OdrlReader::policy(const Json& json) {
  if (!json.is_object()) return malformed("", "must be an object");
  Members members(json, "");
  Policy out;
  WEIR_TRY_LET(const Json* context, members.take({"@context"}));
  static_cast<void>(context);  // names are compared as written; see docs/formats/policy.md
  WEIR_TRY_LET(const Json* type, members.take({"@type"}));
  WEIR_TRY_LET(out.kind, read_kind(type));
  WEIR_TRY_LET(out.id, text_member(members, {"@id", "uid"}, ""));
  WEIR_TRY_LET(const Json* profiles, members.take({"profile"}));
  for (const Json* profile : each_of(profiles)) {
    const auto text = term_of(*profile);
    if (!text) return malformed("profile", "must be text");
    out.profiles.push_back(*text);
  }
  WEIR_TRY_LET(const std::string conflict, text_member(members, {"conflict"}, ""));
  out.conflict = normal_name(conflict);
  WEIR_TRY_LET(const Json* action, members.take({"action"}));
  WEIR_TRY_LET(out.actions, actions(action, "action"));
  WEIR_TRY_LET(const Json* target, members.take({"target"}));
  WEIR_TRY_LET(out.targets, entities(target, "target"));
  WEIR_TRY_LET(const Json* assigner, members.take({"assigner"}));
  WEIR_TRY_LET(out.assigners, entities(assigner, "assigner"));
  WEIR_TRY_LET(const Json* assignee, members.take({"assignee"}));
  WEIR_TRY_LET(out.assignees, entities(assignee, "assignee"));
  WEIR_TRY_LET(const Json* permission, members.take({"permission"}));
  WEIR_TRY_LET(out.permissions, rules(permission, "permission", 1));
  WEIR_TRY_LET(const Json* prohibition, members.take({"prohibition"}));
  WEIR_TRY_LET(out.prohibitions, rules(prohibition, "prohibition", 1));
  WEIR_TRY_LET(const Json* obligation, members.take({"obligation"}));
  WEIR_TRY_LET(out.obligations, rules(obligation, "obligation", 1));
  if (out.permissions.empty() && out.prohibitions.empty() && out.obligations.empty()) {
    return malformed("", "has no permission, prohibition or obligation");
  }
  const auto lacks_action = [&](const Rule& rule) { return rule.actions.empty() && out.actions.empty(); };
  for (const auto* list : {&out.permissions, &out.prohibitions, &out.obligations}) {
    if (std::any_of(list->begin(), list->end(), lacks_action)) return malformed("a rule", "has no action");
  }
  out.extra = members.rest();
  return out;
}

}  // namespace

Result<Policy> parse_odrl(const Json& json) { return OdrlReader().policy(json); }

}  // namespace weir::policy
