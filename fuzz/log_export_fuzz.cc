// A log as lines, as an auditor gets it from somebody: never crashes, and lines that nobody signed are never fine.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/tlog/export.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::tlog::ExportVerifier verifier({});  // trusts nobody
  for (const std::string& line : weir::split(weir::text_of({data, size}), '\n')) {
    if (!line.empty() && !verifier.take(line)) return 0;
  }
  if (const auto report = std::move(verifier).finish()) WEIR_CHECK(!report->ok() || report->entries == 0);
  return 0;
}
