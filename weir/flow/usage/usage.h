// Usage: the terms in force for an agreement, what was used, and what is owed.
//
// States of terms: enabled -> suspended -> enabled; enabled -> disabled -> enabled; any -> ended (for good).
// States of an obligation: pending -> fulfilled | overdue; overdue -> fulfilled; pending -> cancelled.
// Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/policy/decide.h"
#include "weir/policy/policy.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::flow::usage {

enum class TermsState : std::uint8_t { kEnabled = 1, kSuspended = 2, kDisabled = 3, kEnded = 4 };
std::string_view name_of(TermsState state);  // "enabled", "suspended", "disabled", "ended"
// Whether terms may go from one state to the other.
bool may_change(TermsState from, TermsState to);

// The policy of one agreement, as this node enforces it.
struct Terms {
  std::string agreement;
  std::string contract;      // identifier that evidence is filed under; the agreement's id if it has none of its own
  std::string product;
  std::string provider;
  std::string consumer;
  std::string peer;          // node of the other side, for notices
  std::string peer_address;  // its base URL; empty if notices are delivered by hand
  bool obliged = true;       // whether this node must do the duties: the consumer's does, the provider's watches
  std::int64_t version = 1;
  TermsState state = TermsState::kEnabled;
  Timestamp active_from;     // windows are counted from here
  std::string policy;        // canonical ODRL JSON
  std::string policy_hash;   // of it, hex
  std::string derived_from;  // agreement whose terms these inherit; empty if none
};

enum class ObligationState : std::uint8_t { kPending = 1, kFulfilled = 2, kOverdue = 3, kCancelled = 4 };
std::string_view name_of(ObligationState state);

struct OwedObligation {
  std::string id;         // UUID
  std::string agreement;
  std::string product;
  std::string use;        // the use that caused it; empty if the agreement itself did
  std::string duty;       // id of the duty in the policy
  std::string rule;
  std::string action;     // "delete", …
  policy::Timing when = policy::Timing::kAfter;
  std::string parameters; // JSON: {"parameters": […], …} of the duty, for whoever does it
  ObligationState state = ObligationState::kPending;
  Timestamp created;
  Timestamp due;
  std::string proof;      // what the doer handed in
};

// The answer to "may I": the decision, in words, and what was written down about it.
struct Authorization {
  policy::Effect effect = policy::Effect::kDeny;
  policy::DeniedBy denied_by = policy::DeniedBy::kDefault;
  std::string use;  // UUID; also the evidence entry's process if the request had none
  std::int64_t version = 0;
  std::string policy_hash;
  std::vector<policy::Reason> reasons;
  std::vector<policy::Obligation> obligations;
  std::vector<OwedObligation> owed;  // written down by this decision
  trust::evidence::EntryIndex evidence;
  std::optional<std::int64_t> privacy_budget = {};  // that the terms set, in millionths of epsilon
  bool allowed() const { return effect == policy::Effect::kAllow; }
};

// The start of the window that `now` lies in: windows follow each other without gaps from `anchor` on.
Timestamp window_start(Timestamp anchor, CalendarDuration window, Timestamp now);

// What a limit of the terms leaves: the smallest bound of one counter, and where it stands in its window.
struct Allowance {
  std::string rule;
  std::string counter;  // "uses", "uses/P1D", "bytes"
  std::int64_t most = 0;
  std::int64_t used = 0;
  std::int64_t left() const { return most > used ? most - used : 0; }
};

struct CounterState {
  std::string rule;
  std::string counter;  // "uses", "uses/P1D", "bytes"
  std::int64_t value = 0;
  Timestamp window_start;
};

}  // namespace weir::flow::usage
