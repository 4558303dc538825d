// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/life.h"

#include <array>

namespace weir::trust::participant {
namespace {

struct Way {
  Status from;
  Step step;
  Status to;
};

//= TC609-6-2025-12 admission, suspension and deregistration
constexpr std::array<Way, 8> kWays = {{
    {Status::kApplied, Step::kApprove, Status::kApproved},
    {Status::kApplied, Step::kReject, Status::kRejected},
    {Status::kApproved, Step::kActivate, Status::kActive},
    {Status::kApproved, Step::kDeregister, Status::kDeregistered},
    {Status::kActive, Step::kSuspend, Status::kSuspended},
    {Status::kActive, Step::kDeregister, Status::kDeregistered},
    {Status::kSuspended, Step::kResume, Status::kActive},
    {Status::kSuspended, Step::kDeregister, Status::kDeregistered},
}};

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::kApplied: return "applied";
    case Status::kApproved: return "approved";
    case Status::kActive: return "active";
    case Status::kSuspended: return "suspended";
    case Status::kDeregistered: return "deregistered";
    case Status::kRejected: return "rejected";
  }
  return "unknown";
}

Result<Status> parse_status(std::string_view text) {
  for (const Status status : {Status::kApplied, Status::kApproved, Status::kActive, Status::kSuspended,
                              Status::kDeregistered, Status::kRejected}) {
    if (name_of(status) == text) return status;
  }
  return Error(Errc::kInvalidArgument, "status: must be applied, approved, active, suspended, deregistered or rejected")
      .because("field.code");
}

std::string_view name_of(Step step) {
  switch (step) {
    case Step::kApprove: return "approve";
    case Step::kReject: return "reject";
    case Step::kActivate: return "activate";
    case Step::kSuspend: return "suspend";
    case Step::kResume: return "resume";
    case Step::kDeregister: return "deregister";
  }
  return "unknown";
}

std::string_view past_name_of(Step step) {
  switch (step) {
    case Step::kApprove: return "approved";
    case Step::kReject: return "rejected";
    case Step::kActivate: return "activated";
    case Step::kSuspend: return "suspended";
    case Step::kResume: return "resumed";
    case Step::kDeregister: return "deregistered";
  }
  return "unknown";
}

Result<Status> status_after(Status from, Step step) {
  for (const Way& way : kWays) {
    if (way.from == from && way.step == step) return way.to;
  }
  return Error(Errc::kConflict,
               "what is " + std::string(name_of(from)) + " cannot be " + std::string(past_name_of(step)))
      .because("participant.wrong_state");
}

}  // namespace weir::trust::participant
