// Key: what makes two values of a key column the same, on both sides.
//
// The form is declared in the job, with its version; both sides apply the same one. Thread-safety: pure. Trust: takes
// any bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::use::job {

enum class Form : std::uint8_t {
  kExact,   // the bytes as they are
  kText,    // NFKC with case folded, spaces trimmed, and one where there were several
  kPhone,   // +country and digits; a number without a country is China's
  kIdCard,  // 18 characters with a right check character (GB 11643); 15 digits are lengthened
};
std::string_view name_of(Form form);  // "exact/1", "text/1", "phone/1", "id-card/1"
// With or without the version. Fails with kInvalidArgument ("job.form").
Result<Form> parse_form(std::string_view name);

// The value in its form. Nothing if it has none: empty, or no number of that kind; such a row matches no other.
std::optional<std::string> in_form(Form form, std::string_view value);

}  // namespace weir::use::job
