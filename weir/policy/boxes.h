// Boxes: where constraints can hold, for comparing rules. Private to this room.
//
// Constraints become boxes: for every ordered operand an interval, for every other a set of wanted and unwanted values.
// `or` gives several boxes. What cannot be put in a box is taken to overlap with everything.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/policy/policy.h"

namespace weir::policy {

// low <= x < high
struct Interval {
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
  bool empty() const { return low >= high; }
  Interval meet(const Interval& other) const { return {std::max(low, other.low), std::min(high, other.high)}; }
  bool covers(const Interval& other) const { return low <= other.low && high >= other.high; }
};

struct Axis {
  Interval interval;
  bool limited = false;                         // some interval was given
  bool nests = false;                           // its values contain one another, as regions do
  std::optional<std::set<std::string>> wanted;  // one of these
  std::set<std::string> unwanted;
};

struct Box {
  std::map<std::string, Axis> axes;  // by operand and unit
  bool exact = true;                 // false: it holds constraints that are not in the axes
};

std::vector<Box> boxes_of(const Constraint& constraint);
std::vector<Box> boxes_of(const std::vector<Constraint>& constraints);

// The operand on which nothing is left, or nothing.
std::optional<std::string> emptied(const Box& box);
bool overlap(const Box& a, const Box& b);
// Whether every point of `inner` lies in `outer`.
bool covers(const Box& outer, const Box& inner);

}  // namespace weir::policy
