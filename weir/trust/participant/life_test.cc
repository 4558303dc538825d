// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/life.h"

#include <gtest/gtest.h>

#include <map>

namespace weir::trust::participant {
namespace {

constexpr Status kStates[] = {Status::kApplied,   Status::kApproved,     Status::kActive,
                              Status::kSuspended, Status::kDeregistered, Status::kRejected};
constexpr Step kSteps[] = {Step::kApprove, Step::kReject, Step::kActivate,
                           Step::kSuspend, Step::kResume, Step::kDeregister};

//= NDI-TR-2025-03#life type=test
//= TC609-6-2025-12 type=test
TEST(Life, HasTheseWaysAndNoOthers) {
  const std::map<std::pair<Status, Step>, Status> ways = {
      {{Status::kApplied, Step::kApprove}, Status::kApproved},
      {{Status::kApplied, Step::kReject}, Status::kRejected},
      {{Status::kApproved, Step::kActivate}, Status::kActive},
      {{Status::kApproved, Step::kDeregister}, Status::kDeregistered},
      {{Status::kActive, Step::kSuspend}, Status::kSuspended},
      {{Status::kActive, Step::kDeregister}, Status::kDeregistered},
      {{Status::kSuspended, Step::kResume}, Status::kActive},
      {{Status::kSuspended, Step::kDeregister}, Status::kDeregistered},
  };
  for (const Status from : kStates) {
    for (const Step step : kSteps) {
      const auto found = ways.find({from, step});
      const auto next = status_after(from, step);
      EXPECT_EQ(next.ok(), found != ways.end()) << name_of(from) << " " << name_of(step);
      if (!next.ok()) {
        EXPECT_EQ(next.error().reason(), "participant.wrong_state");
      } else if (found != ways.end()) {
        EXPECT_EQ(*next, found->second);
      }
    }
  }
}

TEST(Life, StatesHaveNames) {
  for (const Status status : kStates) EXPECT_EQ(*parse_status(name_of(status)), status);
  EXPECT_FALSE(parse_status("undead").ok());
}

}  // namespace
}  // namespace weir::trust::participant
