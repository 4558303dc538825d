// Assign: identifiers as faces speak of them: taken apart into named members, and made from them.
//
// Thread-safety: pure functions. Trust: both take hostile input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::supply::identifier {

// {"id", "form", "kind", "subject", "area", "areaName": {"en", "zh"}, …}; form is subject, node, item or contract.
// Fails with kInvalidArgument ("identifier.malformed").
Result<wire::Json> describe_identifier(std::string_view text);

// A new identifier from {"kind", "subject", "area", "extension"}; kind as describe_identifier names it. Fails with
// kInvalidArgument ("identifier.kind", "identifier.malformed").
Result<std::string> generate(const wire::Json& wanted, Timestamp now, Random& random);

}  // namespace weir::supply::identifier
