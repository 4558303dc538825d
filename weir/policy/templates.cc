// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/templates.h"

#include <algorithm>
#include <utility>

#include "weir/base/check.h"
#include "weir/policy/terms.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

void add_set(std::vector<Constraint>& out, std::string_view left, Operator op, const std::vector<std::string>& values) {
  if (!values.empty()) out.push_back(constraint(std::string(left), op, values));
}

std::string tc609_operand(std::string_view name) { return std::string(kProfile) + std::string(name); }

std::vector<Constraint> limits_of(const CommonTerms& terms) {
  std::vector<Constraint> out;
  if (terms.count_max) {
    out.push_back(constraint("count", Operator::kLteq, std::to_string(*terms.count_max), "xsd:integer"));
  }
  if (!terms.rate.empty()) out.push_back(constraint(tc609_operand("frequency"), Operator::kLteq, terms.rate));
  if (terms.bytes_max) {
    out.push_back(constraint(tc609_operand("dataSize"), Operator::kLteq, std::to_string(*terms.bytes_max), "xsd:integer"));
  }
  if (!terms.epsilon_max.empty()) {
    out.push_back(constraint(tc609_operand("privacyBudget"), Operator::kLteq, terms.epsilon_max, "xsd:decimal"));
  }
  const auto time_type = [](const std::string& text) { return text.size() == 10 ? "xsd:date" : "xsd:dateTime"; };
  if (!terms.from.empty()) out.push_back(constraint("dateTime", Operator::kGteq, terms.from, time_type(terms.from)));
  if (!terms.until.empty()) out.push_back(constraint("dateTime", Operator::kLteq, terms.until, time_type(terms.until)));
  if (!terms.within.empty()) out.push_back(constraint("elapsedTime", Operator::kLteq, terms.within, "xsd:duration"));
  if (terms.purposes.size() == 1) out.push_back(constraint("purpose", Operator::kEq, terms.purposes[0]));
  else add_set(out, "purpose", Operator::kIsAnyOf, terms.purposes);
  add_set(out, "spatial", Operator::kIsPartOf, terms.regions);
  add_set(out, "virtualLocation", Operator::kIsPartOf, terms.addresses);
  add_set(out, tc609_operand("dataField"), Operator::kIsAnyOf, terms.fields);
  add_set(out, tc609_operand("application"), Operator::kIsAnyOf, terms.applications);
  add_set(out, tc609_operand("algorithm"), Operator::kIsAnyOf, terms.algorithms);
  std::vector<std::string> environments;
  for (const std::string& each : terms.environments) environments.emplace_back(environment_code(each));
  add_set(out, tc609_operand("executionEnv"), Operator::kIsAnyOf, environments);
  add_set(out, "deliveryChannel", Operator::kIsAnyOf, terms.deliveries);
  return out;
}

std::vector<Rule> duties_of(const CommonTerms& terms) {
  std::vector<Rule> out;
  if (!terms.pay.empty()) {
    Constraint amount = constraint("payAmount", Operator::kEq, terms.pay, "xsd:decimal");
    amount.unit = terms.pay_unit;
    Rule pay = rule(std::string(actions::kCompensate));
    pay.actions[0].refinements.push_back(std::move(amount));
    out.push_back(std::move(pay));
  }
  if (terms.anonymize_first) out.push_back(rule(std::string(actions::kAnonymize)));
  if (terms.log) out.push_back(rule(std::string(actions::kLog)));
  if (terms.notify) out.push_back(rule(std::string(actions::kInform)));
  if (!terms.delete_within.empty()) {
    Rule remove = rule(std::string(actions::kDelete));
    remove.actions[0].refinements.push_back(
        constraint("elapsedTime", Operator::kLteq, terms.delete_within, "xsd:duration"));
    out.push_back(std::move(remove));
  }
  return out;
}

}  // namespace

//= TC609-6-2025-15#templates
Policy make_terms(const CommonTerms& terms) {
  Policy out;
  out.kind = PolicyKind::kOffer;
  std::vector<std::string> names = terms.actions;
  if (terms.share && std::find(names.begin(), names.end(), "distribute") == names.end()) names.emplace_back("distribute");
  Rule permission;
  permission.constraints = limits_of(terms);
  permission.duties = duties_of(terms);
  // One rule has one budget; where nothing is counted, a rule an action is what the schema of DSP 2025-1 wants.
  const bool counted = terms.count_max || terms.bytes_max || !terms.rate.empty() || !terms.within.empty();
  for (const std::string& name : names) {
    if (!counted) permission.actions.clear();
    Action action;
    action.name = name;
    permission.actions.push_back(std::move(action));
    if (!counted) out.permissions.push_back(permission);
  }
  if (counted) out.permissions.push_back(std::move(permission));
  if (!terms.share) {
    out.prohibitions.push_back(rule("distribute"));
    out.prohibitions.push_back(rule("grantUse"));
  }
  return out;
}

const std::vector<Template>& templates() {
  static const std::vector<Template> all = {
      {"open", {"Open data: any use, and passing on", "开放数据：可任意使用与传播"}, "share"},
      {"use", {"Any use, no passing on", "可任意使用，不得传播"}, "action=use"},
      {"count-limited", {"At most ten uses", "最多使用十次"}, "count<=10, log"},
      {"time-limited", {"Within 30 days of the first use, then deleted", "首次使用后 30 天内，期满删除"}, "within=P30D, delete=P30D, log"},
      {"research", {"For research only", "仅限科研用途"}, "purpose=research, log"},
      {"api", {"Calls of an interface, at most 10000 a day", "接口调用，每日不超过 10000 次"}, "delivery=api, rate<=10000/day, log"},
      {"delete-after", {"To be deleted within seven days of use", "使用后七日内删除"}, "delete=P7D, log"},
      {"paid", {"Paid in advance", "预付费"}, "pay=100.00 CNY, log"},
      {"compute-only", {"Computed on where the data is; nothing leaves but results", "数据不出域，仅输出结果"},
       "action=compute, env=sandbox|mpc|federated-learning|tee|confidential, log, notify"},
  };
  return all;
}

Policy default_terms(DataGrade grade) {
  std::string_view text;
  switch (grade) {
    case DataGrade::kGeneral: text = "log"; break;
    case DataGrade::kImportant:
      text = "action=read|compute, env=sandbox|mpc|federated-learning|tee|confidential, log, notify, delete=P7D";
      break;
    case DataGrade::kCore: text = "action=compute, env=mpc|tee|confidential, log, notify, delete"; break;
  }
  auto terms = parse_terms(text);
  WEIR_CHECK(terms.ok());
  return *std::move(terms);
}

}  // namespace weir::policy
