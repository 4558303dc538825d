// SPDX-License-Identifier: Apache-2.0
#include "weir/node/alarm.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "weir/base/log.h"

namespace weir::node {

namespace {
// After a task failed, and as a bound on how far the machine's clock may jump unnoticed.
constexpr Milliseconds kRetry{1'000};
constexpr Milliseconds kLongest{60'000};
// Under load hundreds of changes a second ask to look: one look serves all that come within this time.
constexpr Milliseconds kGather{20};
}  // namespace

struct Alarm::State {
  const Clock& clock;
  std::vector<AlarmTask> tasks;
  std::mutex mutex;  // guards looked and stopping
  std::condition_variable wake;
  bool looked = true;
  bool stopping = false;
  std::jthread thread;

  // Runs what is due; returns when to look next.
  Timestamp round() {
    Timestamp next = after(clock.now(), kLongest);
    for (const AlarmTask& task : tasks) {
      const auto due = task.next();
      Result<> outcome = due ? Result<>() : Result<>(due.error());
      if (due && *due && **due <= clock.now()) outcome = task.run(clock.now());
      if (!outcome) {
        log::error("alarm.failed", {{"task", task.name}, {"error", outcome.error().message()}});
        next = std::min(next, after(clock.now(), kRetry));
        continue;
      }
      const auto again = task.next();
      if (again && *again) next = std::min(next, std::max(**again, after(clock.now(), Milliseconds(1))));
    }
    return next;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      looked = false;
      lock.unlock();
      const Timestamp next = round();
      lock.lock();
      const Milliseconds pause = between(clock.now(), next);
      const bool woken = wake.wait_for(lock, std::max(pause, Milliseconds(1)), [&] { return looked || stopping; });
      if (woken) wake.wait_for(lock, std::min(pause, kGather), [&] { return stopping; });
    }
  }
};

Alarm::Alarm(const Clock& clock, std::vector<AlarmTask> tasks)
    : state_(new State{.clock = clock, .tasks = std::move(tasks)}) {
  state_->thread = std::jthread([this] { state_->run(); });
}

Alarm::~Alarm() { stop(); }

void Alarm::look() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->looked = true;
  }
  state_->wake.notify_one();
}

void Alarm::stop() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace weir::node
