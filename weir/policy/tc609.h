// Tc609: policies as the strategy JSON of TC609-6-2025-14 (digital contract) and -15 (usage control).
//
// permissionPolicies, prohibitionPolicies, obligationPolicies, each with subject, execution nodes, actions and
// constraints. Both spellings of misprinted names are read; the one the standard prints is written.
// Format and mapping table: docs/formats/policy.md. Thread-safety: pure. Trust: parse_tc609 takes hostile input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy {

// Fails with kInvalidArgument ("policy.malformed") or kExhausted ("policy.too_large").
Result<Policy> parse_tc609(const wire::Json& json);

enum class LossKind : std::uint8_t {
  kExtension,  // carried under a name the standard does not know; a receiver that cannot read it must deny
  kDropped,    // cannot be carried: the result is not the same policy
};

struct Loss {
  LossKind kind;
  std::string path;  // "permission[0].constraint[1]"
  Text what;
};

struct Converted {
  wire::Json json;
  std::vector<Loss> losses;
  bool exact() const { return losses.empty(); }
};

// Never drops silently: what the form cannot say is in `losses`. A policy that came from parse_tc609 has none of
// kind kDropped, and parse_tc609(to_tc609(p).json) == p.
Converted to_tc609(const Policy& policy);

}  // namespace weir::policy
