// Report: what faces say of terms: read from any form, found good or bad, as JSON.
//
// Thread-safety: pure functions. Trust: read_policy takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy {

// ODRL or TC609-6-2025-14, whichever it is. Fails as parse_odrl and parse_tc609 do.
Result<Policy> read_policy(const wire::Json& json);
// The same from a text: JSON, or ODRL in Turtle. Fails also as wire::parse_json and wire::rdf::read_turtle do.
Result<Policy> read_policy_text(std::string_view text);

// {"ok": …, "problems": [{"slug", "path" or "rules", "severity", "en", "zh"}]}: mistakes, and what contradicts what.
wire::Json report(const Policy& policy, Timestamp now);

}  // namespace weir::policy
