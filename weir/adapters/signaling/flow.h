// Flow: the states of a data flow in Data Plane Signaling, and what may follow what.
//
// Thread-safety: pure functions. Format: docs/formats/signaling.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/base/result.h"

namespace weir::adapters::signaling {

// Stored as numbers, with gaps.
enum class State : std::int32_t {
  kInitialized = 100,
  kPreparing = 200,
  kPrepared = 300,
  kStarting = 400,
  kStarted = 500,
  kSuspended = 600,
  kCompleted = 700,
  kTerminated = 800,
};
std::string_view name_of(State state);  // "PREPARED"
Result<State> parse_state(std::string_view name);
Result<State> parse_state(std::int64_t number);
inline bool is_final(State state) { return state == State::kCompleted || state == State::kTerminated; }

enum class Step : std::uint8_t { kPrepare, kPrepared, kStart, kStarted, kSuspend, kResume, kComplete, kTerminate };
std::string_view name_of(Step step);  // "prepare"

//= DPS-1.0#states
// Fails with kConflict ("signaling.wrong_state").
Result<State> next_state(State state, Step step);

}  // namespace weir::adapters::signaling
