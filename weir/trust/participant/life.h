// Life: the states of a participant and of a node, and what leads from one to the next.
//
//   applied -> approved -> active <-> suspended      applied -> rejected
//                 \__________\___________\______-> deregistered
//
// Thread-safety: pure functions. README.md has the table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/base/result.h"

namespace weir::trust::participant {

enum class Status : std::uint8_t {
  kApplied = 1,
  kApproved = 2,  // identifier and certificates are assigned, not yet picked up
  kActive = 3,
  kSuspended = 4,
  kDeregistered = 5,  // data is kept; a participant may apply again, a node never comes back
  kRejected = 6,      // another application may follow
};
std::string_view name_of(Status status);
Result<Status> parse_status(std::string_view text);

enum class Step : std::uint8_t { kApprove, kReject, kActivate, kSuspend, kResume, kDeregister };
std::string_view name_of(Step step);       // "approve"
std::string_view past_name_of(Step step);  // "approved": what the evidence entry is called

//= NDI-TR-2025-03#life
// Fails with kConflict ("participant.wrong_state") if the step does not start there.
Result<Status> status_after(Status from, Step step);

}  // namespace weir::trust::participant
