// JobWatch: how far running jobs are: the phase, its rate, the time that is left.
//
// Thread-safe. Nothing here is durable: what is, lies with the job (use/job/progress.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/mpc/phases.h"
#include "weir/wire/json.h"

namespace weir::node {

class JobWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // A phase begins; 0 of `total` are done, or as many as `done` says whenever it is asked.
  void begin(const std::string& id, std::string_view phase, std::uint64_t total,
             std::function<std::uint64_t()> done = {});
  void reached(const std::string& id, std::uint64_t done);
  void end(const std::string& id);
  // The time of each phase that ended, in the order in which they first came.
  std::vector<mpc::Phase> spent(const std::string& id) const;
  // The job is over.
  void forget(const std::string& id);
  // {"phase", "done", "total", "perSecond", "millisecondsLeft"}; nothing if the job rests.
  std::optional<wire::Json> look(const std::string& id) const;

 private:
  struct Phase {
    std::string_view name;
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    std::function<std::uint64_t()> ask;
    Clock::time_point since;
  };
  // Requires: the lock.
  void close(const std::string& id);

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, Phase> phases_;
  std::map<std::string, std::vector<mpc::Phase>> spent_;
};

}  // namespace weir::node
