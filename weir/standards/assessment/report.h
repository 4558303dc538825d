// Report: an assessment for people: one HTML file, printable, in English or Chinese, with nothing to fetch.
//
// Made from the assessment's JSON alone; the same assessment gives the same bytes. Thread-safety: pure.
// Trust: all text is escaped; what peers wrote cannot become markup.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::standards::assessment {

// Requires: `assessment` was made by assess(). `signature`: as kept beside it; may be empty.
std::string html_report(const wire::Json& assessment, const std::string& signature, Language language);

}  // namespace weir::standards::assessment
