// Fsck: reads the whole log again and compares everything that is stored with everything that was signed.
//
// Thread-safety: a pure function over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/tlog/export.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::trust::evidence {

struct FsckReport {
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  std::vector<tlog::LogProblem> problems;  // at most tlog::kLogProblemsMax; `line` is not used
  bool ok() const { return problems.empty(); }
};

// Recomputes every leaf hash, tile, root and search term, and verifies every checkpoint under one of `keys`, which are
// the node's keys, now and earlier. `progress`, if given, is called now and then with the entries done.
// Fails only if the database does.
Result<FsckReport> fsck(store::Tx& tx, crypto::HashAlgorithm algorithm, const std::vector<tlog::NoteKey>& keys,
                        const std::function<void(std::uint64_t)>& progress = {});

}  // namespace weir::trust::evidence
