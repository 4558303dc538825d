// Terms on one line: what can be written as a line reads back the same, and every line that reads compiles.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/policy/compile.h"
#include "weir/policy/terms.h"
#include "weir/policy/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::policy;
  const auto terms = parse_terms(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!terms) return 0;
  WEIR_CHECK(compile(*terms).ok());
  if (const auto line = format_terms(*terms)) {
    const auto again = parse_terms(*line);
    WEIR_CHECK(again.ok() && *again == *terms);
  }
  return 0;
}
