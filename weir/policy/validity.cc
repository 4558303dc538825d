// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/validity.h"

#include <algorithm>

#include "weir/policy/value.h"

namespace weir::policy {

namespace {

// The earliest end among constraints that all have to hold.
std::optional<Timestamp> end_of(const std::vector<Constraint>& all) {
  std::optional<Timestamp> out;
  const auto take = [&](std::optional<Timestamp> end) {
    if (end && (!out || *end < *out)) out = end;
  };
  for (const Constraint& each : all) {
    if (each.kind == ConstraintKind::kAnd) take(end_of(each.parts));
    const bool bound = each.op == Operator::kLt || each.op == Operator::kLteq;
    if (each.kind != ConstraintKind::kAtom || each.left != "dateTime" || !bound || each.right.size() != 1) continue;
    const auto range = parse_times(each.right.front().text);
    if (range) take(Timestamp(each.op == Operator::kLt ? range->low : range->high));
  }
  return out;
}

}  // namespace

std::optional<Timestamp> end_of(const Policy& policy) {
  std::optional<Timestamp> latest;
  for (const Rule& permission : policy.permissions) {
    const auto end = end_of(permission.constraints);
    if (!end) return std::nullopt;
    latest = latest ? std::max(*latest, *end) : *end;
  }
  return latest;
}

}  // namespace weir::policy
