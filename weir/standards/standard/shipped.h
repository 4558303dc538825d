// Shipped: the standards that the program carries (data/), compiled in.
//
// Thread-safety: made once, then read-only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "weir/standards/standard/import.h"
#include "weir/standards/standard/registry.h"

namespace weir::standards::standard {

// Adds data/*.csv; one report a table. A report with a refused row stops the tests, never a node.
std::vector<Report> load_shipped(Registry& into);
// The same, read on first use and kept.
const Registry& shipped();

}  // namespace weir::standards::standard
