// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/signaling/flow.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <utility>

namespace weir::adapters::signaling {
namespace {

constexpr std::array kStates = {State::kInitialized, State::kPreparing, State::kPrepared,  State::kStarting,
                                State::kStarted,     State::kSuspended, State::kCompleted, State::kTerminated};
constexpr std::array kSteps = {Step::kPrepare, Step::kPrepared, Step::kStart,    Step::kStarted,
                               Step::kSuspend, Step::kResume,   Step::kComplete, Step::kTerminate};

// As the specification draws it, and the same without the states in which one waits.
const std::map<std::pair<State, Step>, State> kDrawn = {
    {{State::kInitialized, Step::kPrepare}, State::kPreparing},
    {{State::kInitialized, Step::kStart}, State::kStarting},
    {{State::kPreparing, Step::kPrepared}, State::kPrepared},
    {{State::kPrepared, Step::kStart}, State::kStarting},
    {{State::kStarting, Step::kStarted}, State::kStarted},
    {{State::kStarted, Step::kSuspend}, State::kSuspended},
    {{State::kStarted, Step::kComplete}, State::kCompleted},
    {{State::kSuspended, Step::kResume}, State::kStarted},
    {{State::kInitialized, Step::kPrepared}, State::kPrepared},
    {{State::kInitialized, Step::kStarted}, State::kStarted},
    {{State::kPrepared, Step::kStarted}, State::kStarted},
};

//= DPS-1.0#states type=test
TEST(SignalingFlow, GoesAsTheSpecificationDrawsItAndNoOtherWay) {
  for (const State state : kStates) {
    for (const Step step : kSteps) {
      const auto next = next_state(state, step);
      const auto drawn = kDrawn.find({state, step});
      const std::string what = std::string(name_of(state)) + " " + std::string(name_of(step));
      if (step == Step::kTerminate && !is_final(state)) {
        ASSERT_TRUE(next.ok()) << what;
        EXPECT_EQ(*next, State::kTerminated) << what;
      } else if (drawn != kDrawn.end()) {
        ASSERT_TRUE(next.ok()) << what;
        EXPECT_EQ(*next, drawn->second) << what;
      } else {
        ASSERT_FALSE(next.ok()) << what;
        EXPECT_EQ(next.error().code(), Errc::kConflict) << what;
        EXPECT_EQ(next.error().reason(), "signaling.wrong_state") << what;
      }
    }
  }
}

TEST(SignalingFlow, StatesComeBackFromTheirNamesAndNumbers) {
  for (const State state : kStates) {
    EXPECT_EQ(*parse_state(name_of(state)), state);
    EXPECT_EQ(*parse_state(static_cast<std::int64_t>(state)), state);
  }
}

// ── what is refused ──

TEST(SignalingFlow, RefusesNamesAndNumbersOfNoState) {
  EXPECT_EQ(parse_state("REQUESTED").error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(parse_state("started").error().reason(), "signaling.malformed");
  EXPECT_EQ(parse_state("").error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(parse_state(std::int64_t{101}).error().code(), Errc::kCorrupt);
}

}  // namespace
}  // namespace weir::adapters::signaling
