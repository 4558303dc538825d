// RecordingLog: an evidence log of one test: keeps valid entries in memory, and forgets those of a work that failed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "weir/trust/evidence/evidence.h"

namespace weir::testing {

class RecordingLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override {
    if (fail_next) {
      fail_next = false;
      return Error(Errc::kUnavailable, "the log refused, as the test wished").because("test.log");
    }
    WEIR_TRY(tlog::leaf_of(entry));
    entries.push_back(entry);
    tx.if_undone([this] { entries.pop_back(); });
    return trust::evidence::EntryIndex(static_cast<std::int64_t>(entries.size()) - 1);
  }

  std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& entry : entries) out.push_back(entry.kind);
    return out;
  }
  std::int64_t count(std::string_view kind) const {
    return std::count_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.kind == kind; });
  }

  std::vector<trust::evidence::Entry> entries;
  bool fail_next = false;
};

}  // namespace weir::testing
