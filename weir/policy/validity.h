// Validity: until when a policy permits anything at all.
//
// Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "weir/base/time.h"
#include "weir/policy/policy.h"

namespace weir::policy {

// The moment from which on no permission can hold, because each has an upper bound of time; nothing if one has none.
std::optional<Timestamp> end_of(const Policy& policy);

}  // namespace weir::policy
