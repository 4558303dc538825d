// Story: the life of one contract as told by one log, from offer to destruction: is it in legal order, is it whole?
//
// The order is that of the Dataspace Protocol's negotiation and transfer processes, with expiry and destruction after
// them (docs/formats/evidence-entry.md). Kinds that are not listed there are remarks: they may stand anywhere.
// Thread-safety: pure functions. Trust: takes entries of any origin.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weir/base/text.h"
#include "weir/tlog/entry.h"

namespace weir::tlog {

struct StoryProblem {
  std::size_t place = 0;  // of the entry among those given
  Text what;
};

struct Story {
  std::vector<StoryProblem> problems;  // steps out of order
  std::vector<Text> missing;           // what a life from offer to destruction would still have
  bool legal() const { return problems.empty(); }
  bool whole() const { return legal() && missing.empty(); }
};

// Requires: `entries` are those of one contract in one log, in its order.
Story read_story(std::span<const Entry> entries);

}  // namespace weir::tlog
