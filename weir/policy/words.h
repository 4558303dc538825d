// Words: the small sentences that explain.cc and reasons.cc share. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/policy/policy.h"

namespace weir::policy {

// "7 days", "7 天"; the text itself if it is no duration.
Text describe_duration(std::string_view iso);

// A duty's constraint: "within 7 days" where a permission's would be "within 7 days of the first use".
Text describe_of_duty(const Constraint& constraint);

// "Must be deleted within 7 days."
Text describe_duty(const Rule& duty);

// The actions of a rule: "be read or be copied", "读取或复制".
Text describe_actions(const std::vector<Action>& actions);

Text operator+(const Text& a, const Text& b);
Text both_languages(std::string_view same);

}  // namespace weir::policy
