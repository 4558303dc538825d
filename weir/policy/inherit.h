// Inherit: a policy with the rules of its parents written out, so that it says all it means.
//
// Format: docs/formats/policy.md, "Inheritance". Thread-safety: pure functions. Trust: takes hostile policies.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/base/result.h"
#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy {

// The child with the rules of those it inherits from, and of those that they inherit from. A parent that is not among
// `others` stays named: what it forbids is not known, so decisions deny. Fails with kInvalidArgument
// ("policy.inheritance") if a policy inherits from itself or the strategies for conflicts differ.
Result<Policy> inherit(Policy child, std::span<const Policy> others);

// An ODRL document: one policy, or {"@graph": [child, parent, …]}. Fails as parse_odrl and inherit do.
Result<Policy> parse_odrl_document(const wire::Json& json);

}  // namespace weir::policy
