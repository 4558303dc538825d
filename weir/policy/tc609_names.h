// Tc609 names: what the reader and the writer of the strategy JSON share. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy {

// Members of Rule::extra that keep what the standard says about product and nodes beyond their ids.
inline constexpr std::string_view kSubjectExtra = "urn:weir:tc609:subject";
inline constexpr std::string_view kNodesExtra = "urn:weir:tc609:nodes";

std::string_view tree_name(ConstraintKind kind);  // "and", …
// "100.00 CNY": the standard's samples write the currency behind the amount.
bool joins_unit_to_value(const Constraint& constraint);
// A refinement of a duty's action that means the same as a constraint of the duty: a date or an amount.
bool is_parameter(const Constraint& constraint);
void add_members(wire::Json& out, const wire::Json& extra);

}  // namespace weir::policy
