// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/usage/usage.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::flow::usage {

std::string_view name_of(TermsState state) {
  switch (state) {
    case TermsState::kEnabled: return "enabled";
    case TermsState::kSuspended: return "suspended";
    case TermsState::kDisabled: return "disabled";
    case TermsState::kEnded: return "ended";
  }
  return "";
}

bool may_change(TermsState from, TermsState to) {
  if (from == TermsState::kEnded || from == to) return false;
  if (to == TermsState::kSuspended) return from == TermsState::kEnabled;
  return true;
}

std::string_view name_of(ObligationState state) {
  switch (state) {
    case ObligationState::kPending: return "pending";
    case ObligationState::kFulfilled: return "fulfilled";
    case ObligationState::kOverdue: return "overdue";
    case ObligationState::kCancelled: return "cancelled";
  }
  return "";
}

Timestamp window_start(Timestamp anchor, CalendarDuration window, Timestamp now) {
  constexpr std::int64_t kMonthMs = 30LL * 24 * 3600 * 1000;
  WEIR_CHECK(window.months >= 0 && window.exact.count() >= 0 && (window.months > 0 || window.exact.count() > 0));
  if (now <= anchor) return anchor;
  const std::int64_t passed = now.value() - anchor.value();
  if (window.months == 0) return Timestamp(now.value() - passed % window.exact.count());
  // Months differ in length: guess by 30 days, then step.
  const auto start_of = [&](std::int64_t index) {
    CalendarDuration skipped;
    skipped.months = static_cast<std::int32_t>(window.months * index);
    skipped.exact = window.exact * index;
    return add(anchor, skipped);
  };
  std::int64_t index = passed / (window.months * kMonthMs + window.exact.count());
  while (index > 0 && start_of(index) > now) --index;
  while (start_of(index + 1) <= now) ++index;
  return start_of(index);
}

}  // namespace weir::flow::usage
