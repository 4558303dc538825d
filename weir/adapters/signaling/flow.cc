// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/signaling/flow.h"

#include <array>
#include <string>

namespace weir::adapters::signaling {
namespace {

struct Name {
  State state;
  std::string_view text;
};
constexpr std::array kNames = {
    Name{State::kInitialized, "INITIALIZED"}, Name{State::kPreparing, "PREPARING"},
    Name{State::kPrepared, "PREPARED"},       Name{State::kStarting, "STARTING"},
    Name{State::kStarted, "STARTED"},         Name{State::kSuspended, "SUSPENDED"},
    Name{State::kCompleted, "COMPLETED"},     Name{State::kTerminated, "TERMINATED"},
};

struct Row {
  State from;
  Step step;
  State to;
};
// What can be done at once skips the state in which one would wait for it. To end it is possible from any state that
// is not final.
constexpr std::array kTable = {
    Row{State::kInitialized, Step::kPrepare, State::kPreparing},
    Row{State::kInitialized, Step::kPrepared, State::kPrepared},
    Row{State::kPreparing, Step::kPrepared, State::kPrepared},
    Row{State::kInitialized, Step::kStart, State::kStarting},
    Row{State::kInitialized, Step::kStarted, State::kStarted},
    Row{State::kPrepared, Step::kStart, State::kStarting},
    Row{State::kPrepared, Step::kStarted, State::kStarted},
    Row{State::kStarting, Step::kStarted, State::kStarted},
    Row{State::kStarted, Step::kSuspend, State::kSuspended},
    Row{State::kSuspended, Step::kResume, State::kStarted},
    Row{State::kStarted, Step::kComplete, State::kCompleted},
};

}  // namespace

std::string_view name_of(State state) {
  for (const Name& name : kNames) {
    if (name.state == state) return name.text;
  }
  return "";
}

Result<State> parse_state(std::string_view text) {
  for (const Name& name : kNames) {
    if (name.text == text) return name.state;
  }
  return Error(Errc::kInvalidArgument, "no state of a data flow: '" + std::string(text) + "'")
      .because("signaling.malformed");
}

Result<State> parse_state(std::int64_t number) {
  for (const Name& name : kNames) {
    if (static_cast<std::int64_t>(name.state) == number) return name.state;
  }
  return Error(Errc::kCorrupt, "stored state of a data flow " + std::to_string(number));
}

std::string_view name_of(Step step) {
  switch (step) {
    case Step::kPrepare: return "prepare";
    case Step::kPrepared: return "prepared";
    case Step::kStart: return "start";
    case Step::kStarted: return "started";
    case Step::kSuspend: return "suspend";
    case Step::kResume: return "resume";
    case Step::kComplete: return "completed";
    case Step::kTerminate: return "terminate";
  }
  return "";
}

Result<State> next_state(State state, Step step) {
  if (step == Step::kTerminate && !is_final(state)) return State::kTerminated;
  for (const Row& row : kTable) {
    if (row.from == state && row.step == step) return row.to;
  }
  return Error(Errc::kConflict,
               std::string(name_of(step)) + " is not possible in state " + std::string(name_of(state)))
      .because("signaling.wrong_state");
}

}  // namespace weir::adapters::signaling
