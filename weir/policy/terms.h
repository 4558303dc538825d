// Terms: usage terms on one line, for the command line and forms.
//
//   count<=3, until=2027-01-01, purpose=research, delete=P7D, log
// Grammar: docs/formats/terms.md. Thread-safety: pure. Trust: parse_terms takes hostile text; errors name the term.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/policy/policy.h"

namespace weir::policy {

// A policy of kind Offer with no id and no target. Nothing but what is named is permitted: the action is `use`, and
// passing on is prohibited unless the terms say `share`. Fails with kInvalidArgument ("terms.malformed").
Result<Policy> parse_terms(std::string_view text);

// The line that parse_terms would read as this policy. Fails with kInvalidArgument ("terms.not_expressible") if none.
Result<std::string> format_terms(const Policy& policy);

}  // namespace weir::policy
