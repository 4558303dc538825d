// Checklists: what was read can be written, and reads the same again.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/standards/clause/clause.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::standards::clause;
  const auto read = parse_checklist(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!read) return 0;
  const auto again = parse_checklist(format_checklist(read->checklist));
  WEIR_CHECK(again.ok() && again->problems.empty() && again->checklist == read->checklist);
  return 0;
}
