// Oscal: an assessment for machines: NIST OSCAL 1.2.1, seven models that refer to each other by file name.
//
// Made from the assessment's JSON alone; UUIDs are version 5 of stable names, so the same assessment gives the same
// bytes. OSCAL knows satisfied and not-satisfied: a clause that was not tested has an observation and no finding, one
// that does not concern the node is not selected. Format: docs/formats/assessment.md. Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/wire/json.h"

namespace weir::standards::assessment {

inline constexpr std::string_view kOscalVersion = "1.2.1";

// "catalog", "profile", "component-definition", "ssp", "assessment-plan", "assessment-results", "mapping".
std::span<const std::string_view> oscal_models();

// Requires: `assessment` was made by assess(). Fails with kNotFound ("assessment.no_model") for other names.
Result<wire::Json> oscal(std::string_view model, const wire::Json& assessment);

// "tc609-6-2025-16.platform.identity.login": a clause as a token of OSCAL.
std::string control_id(std::string_view document, std::string_view clause);

}  // namespace weir::standards::assessment
