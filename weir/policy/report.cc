// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/report.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "weir/policy/conflict.h"
#include "weir/policy/inherit.h"
#include "weir/policy/tc609.h"
#include "weir/policy/validate.h"

namespace weir::policy {

using wire::Json;

Result<Policy> read_policy(const Json& json) {
  constexpr std::array<std::string_view, 4> kTc609 = {"permissionPolicies", "prohibitionPolicies", "obligationPolicies",
                                                      "strategy"};
  const bool tc609 = std::any_of(kTc609.begin(), kTc609.end(), [&](std::string_view name) { return json.has(name); });
  return tc609 ? parse_tc609(json) : parse_odrl_document(json);
}

Json report(const Policy& policy, Timestamp now) {
  Json problems = Json::array();
  bool wrong = false;
  const auto say = [&](Json row, Severity severity, const Text& what) {
    wrong = wrong || severity == Severity::kError;
    row.set("severity", severity == Severity::kError ? "error" : "warning");
    problems.push(std::move(row.set("en", what.en).set("zh", what.zh)));
  };
  for (const Problem& problem : validate(policy)) {
    say(Json::object({{"slug", problem.slug}, {"path", problem.path}}), problem.severity, problem.what);
  }
  for (const Conflict& conflict : find_conflicts(std::span(&policy, 1), now)) {
    const std::string slug = "conflict." + std::string(name_of(conflict.kind));
    say(Json::object({{"slug", slug}, {"rules", Json::strings(conflict.rules)}}), conflict.severity, conflict.what);
  }
  return Json::object({{"ok", !wrong}, {"problems", problems}});
}

}  // namespace weir::policy
