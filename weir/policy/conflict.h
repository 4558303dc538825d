// Conflict: where terms speak against each other or can never be met.
//
// TC609-6-2025-15 asks for authorisation conflicts, contradictory constraints and inconsistent ranges; unreachable
// rules and prohibitions narrower than a permission are found as well.
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/policy/policy.h"
#include "weir/policy/validate.h"

namespace weir::policy {

enum class ConflictKind : std::uint8_t {
  kAuthorisation,  // the same action permitted and prohibited under constraints that can both hold
  kContradiction,  // constraints of one rule that cannot hold together: count < 5 and count > 7
  kRange,          // one constraint that no value meets, or that has passed: count < 1
  kUnreachable,    // a permission that a prohibition always beats
  kRedundant,      // a permission that another already gives
};
std::string_view name_of(ConflictKind kind);  // "authorisation", …

//= TC609-6-2025-15#conflicts
struct Conflict {
  ConflictKind kind;
  Severity severity;               // kError if the terms cannot mean what they say
  std::vector<std::string> rules;  // ids, one or two
  Text what;
};

// Over all the rules together; with `now`, terms that have run out are found too.
std::vector<Conflict> find_conflicts(std::span<const Policy> policies, std::optional<Timestamp> now = std::nullopt);

}  // namespace weir::policy
