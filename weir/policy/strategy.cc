// SPDX-License-Identifier: Apache-2.0
// The conflict strategies of ODRL: `perm`, `prohibit`, `invalid`. docs/decisions/0044-conflict-strategies.md
#include <algorithm>

#include "weir/base/cut.h"
#include "weir/policy/conflict.h"
#include "weir/policy/program.h"
#include "weir/policy/words.h"

namespace weir::policy {

//= ODRL-2.2#conflict
Strategy strategy_of(std::span<const Policy> policies) {
  // What a parent that is not here forbids is not known: then a permission beats nothing.
  const auto permits = [](const Policy& each) {
    return each.conflict == "perm" && !has_term(each.extra, "inheritFrom");
  };
  return !policies.empty() && std::all_of(policies.begin(), policies.end(), permits) ? Strategy::kPermit
                                                                                     : Strategy::kProhibit;
}

Text why_void(std::span<const Policy> policies) {
  bool invalid = false;
  for (const Policy& policy : policies) {
    invalid |= policy.conflict == "invalid";
    if (policy.conflict.empty() || policy.conflict == "perm" || policy.conflict == "prohibit" ||
        policy.conflict == "invalid")
      continue;
    const std::string name = cut(policy.conflict, 100);
    return {"'" + name + "' is no strategy for conflicts (perm, prohibit, invalid), so the policy decides nothing.",
            "“" + name + "”不是冲突策略（perm、prohibit、invalid），该策略不作任何判定。"};
  }
  if (!invalid) return {};
  for (const Conflict& conflict : find_conflicts(policies)) {
    if (conflict.kind != ConflictKind::kAuthorisation && conflict.kind != ConflictKind::kUnreachable) continue;
    return Text{"The policy says that it is void if its rules conflict, and they do: ",
                "该策略声明规则冲突时整体无效，而其规则确有冲突："} +
           both_languages(conflict.rules[0]) + Text{" and ", "与"} + both_languages(conflict.rules[1]) +
           Text{".", "。"};
  }
  return {};
}

}  // namespace weir::policy
