// Explain: a policy in plain words, English and Chinese.
//
// "May be used at most 3 times, until 2026-12-31, for the purpose research. May not be distributed."
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "weir/base/text.h"
#include "weir/policy/policy.h"

namespace weir::policy {

// One sentence a rule, permissions first.
std::vector<Text> explain_rules(const Policy& policy);
//= TC609-6-2025-15#explanation
// All of them in one paragraph.
Text explain(const Policy& policy);

// "at most 3 times"; the words used in sentences and in reasons.
Text describe(const Constraint& constraint);
Text describe_action(std::string_view action);  // "be read", as in "may be read"

}  // namespace weir::policy
