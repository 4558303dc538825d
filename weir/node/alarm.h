// Alarm: one thread that sleeps until something falls due, and then does it: expiry, obligations, destruction.
//
// Each task says when it is next due and does what is due; the thread waits for the earliest, or for look(). No polling.
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/time.h"

namespace weir::node {

struct AlarmTask {
  std::string name;
  std::function<Result<std::optional<Timestamp>>()> next;
  std::function<Result<>(Timestamp now)> run;
};

class Alarm {
 public:
  Alarm(const Clock& clock, std::vector<AlarmTask> tasks);
  ~Alarm();
  // Something may be due earlier than it was: look again.
  void look();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::node
