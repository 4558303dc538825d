// Phases: where the time and the bytes of a run go, by the names that a protocol gives to its parts.
//
// A protocol says where a phase begins (Channel::phase); it lasts until the next. Without anybody who keeps them that
// costs nothing. Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::mpc {

using Stopwatch = std::function<std::int64_t()>;  // nanoseconds since some time

struct Phase {
  std::string name;  // "base_ot"
  std::int64_t nanoseconds = 0;
  std::uint64_t sent = 0;  // bytes
  std::uint64_t received = 0;
  friend bool operator==(const Phase&, const Phase&) = default;
};
// Phases of the same name are one, in the order in which they first came.
void add_phase(std::vector<Phase>& to, const Phase& phase);

class Phases {
 public:
  explicit Phases(Stopwatch now) : now_(std::move(now)), since_(now_()) {}
  // What follows is this phase; so much was sent and received until now.
  void begin(std::string_view name, std::uint64_t sent, std::uint64_t received);
  // What ended since the last time; the last phase ends.
  std::vector<Phase> take(std::uint64_t sent, std::uint64_t received);

 private:
  Stopwatch now_;
  std::string_view name_;  // empty: none
  std::int64_t since_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::vector<Phase> ended_;
};

}  // namespace weir::mpc
