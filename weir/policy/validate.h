// Validate: whether a policy is well made: structure, operands, operators, values, ranges, limits.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/policy/policy.h"

namespace weir::policy {

enum class Severity : std::uint8_t {
  kNote,     // understood, worth knowing
  kWarning,  // this node will deny because of it, or it does less than it seems to
  kError,    // not a policy
};

struct Problem {
  Severity severity;
  std::string slug;  // "policy.bad_value"
  std::string path;  // "permission[0].constraint[1].rightOperand"
  Text what;
};

std::vector<Problem> validate(const Policy& policy);

// The first error of validate(), as an Error with its path; nothing if there is none.
Result<> check(const Policy& policy);

}  // namespace weir::policy
