// Computations: what two logs say of one private computation: the same terms, the same sets, the same bytes on the
// line.
//
// Members of entries of kind job.*: docs/formats/jobs.md. Thread-safety: pure. Trust: takes entries of any origin.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/tlog/entry.h"

namespace weir::tlog {

struct ToldLog {
  std::string node;
  std::span<const Entry> entries;
};

struct Computations {
  std::size_t compared = 0;            // that at least two logs tell of
  std::vector<std::string> problems;   // where they disagree
};

// Logs are compared pair by pair. Of a run that one side does not know to have ended, only its beginning is.
Computations compare_computations(std::span<const ToldLog> logs);

}  // namespace weir::tlog
