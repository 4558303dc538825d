// Limits: how far the counters of a program may go: what "count <= 3" leaves, for people who ask what is left.
//
// Only upper bounds on uses and bytes, of permissions; whether a use is allowed is for decide() alone to say.
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "weir/policy/compile.h"

namespace weir::policy {

struct Limit {
  std::uint16_t counter;  // place in Program::counters()
  std::int64_t most;      // uses or bytes
};
// The smallest bound of each counter that has one, in the order of the counters.
std::vector<Limit> limits(const Program& program);
// The smallest bound on the privacy budget: epsilon in millionths.
std::optional<std::int64_t> privacy_budget(const Program& program);

}  // namespace weir::policy
