// Templates: builders for common terms, and the default terms of a grade.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/policy/policy.h"

namespace weir::policy {

// What an offer says; everything left out is not restricted, except that nothing may be passed on unless `share`.
struct CommonTerms {
  std::vector<std::string> actions = {"use"};
  std::optional<std::int64_t> count_max;
  std::string rate;                        // "100/P1D": uses a window
  std::optional<std::int64_t> bytes_max;
  std::string epsilon_max;                 // "3": privacy budget of all answers
  std::string from;                        // "2026-01-01", or a moment
  std::string until;                       // "2026-12-31" (that whole day), or a moment
  std::string within;                      // "P30D" from the first use
  std::vector<std::string> purposes;
  std::vector<std::string> regions;
  std::vector<std::string> addresses;      // IP addresses and CIDR blocks
  std::vector<std::string> fields;
  std::vector<std::string> applications;
  std::vector<std::string> algorithms;
  std::vector<std::string> environments;   // codes 01 to 07, or "tee" and the like
  std::vector<std::string> deliveries;     // codes 01 to 04
  bool share = false;                      // may be passed on
  bool log = false;
  bool notify = false;
  std::string delete_within;               // "P7D" after the use; "PT0S" as soon as it was used
  bool anonymize_first = false;
  std::string pay;                         // "100.00"
  std::string pay_unit;                    // "CNY"
  friend bool operator==(const CommonTerms&, const CommonTerms&) = default;
};
Policy make_terms(const CommonTerms& terms);

// Templates by name, for the platform's template library.
struct Template {
  std::string_view name;  // "open", "count-limited", …
  Text title;
  std::string_view terms;  // as parse_terms reads it
};
const std::vector<Template>& templates();

// The terms to start from when data has been graded by GB/T 43697-2024.
enum class DataGrade : std::uint8_t { kGeneral, kImportant, kCore };
Policy default_terms(DataGrade grade);

}  // namespace weir::policy
