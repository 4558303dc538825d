// SPDX-License-Identifier: Apache-2.0
#include "weir/node/job_watch.h"

#include <algorithm>

namespace weir::node {

void JobWatch::begin(const std::string& id, std::string_view phase, std::uint64_t total,
                     std::function<std::uint64_t()> done) {
  const std::scoped_lock lock(mutex_);
  close(id);
  phases_[id] = {.name = phase, .total = total, .done = 0, .ask = std::move(done), .since = Clock::now()};
}

void JobWatch::reached(const std::string& id, std::uint64_t done) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = phases_.find(id); found != phases_.end()) found->second.done = done;
}

void JobWatch::end(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  close(id);
}

void JobWatch::close(const std::string& id) {
  const auto found = phases_.find(id);
  if (found == phases_.end()) return;
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - found->second.since);
  mpc::add_phase(spent_[id], {.name = std::string(found->second.name), .nanoseconds = took.count()});
  phases_.erase(found);
}

std::vector<mpc::Phase> JobWatch::spent(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = spent_.find(id);
  return found == spent_.end() ? std::vector<mpc::Phase>() : found->second;
}

void JobWatch::forget(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  phases_.erase(id);
  spent_.erase(id);
}

std::optional<wire::Json> JobWatch::look(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = phases_.find(id);
  if (found == phases_.end()) return std::nullopt;
  const Phase& phase = found->second;
  const std::uint64_t done = std::min(phase.ask ? phase.ask() : phase.done, phase.total);
  const double seconds = std::chrono::duration<double>(Clock::now() - phase.since).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  wire::Json out = wire::Json::object({{"phase", phase.name},
                                       {"done", static_cast<std::int64_t>(done)},
                                       {"total", static_cast<std::int64_t>(phase.total)},
                                       {"perSecond", static_cast<std::int64_t>(rate)}});
  if (rate > 0) {
    const double left = static_cast<double>(phase.total - done) / rate;
    out.set("millisecondsLeft", static_cast<std::int64_t>(1e3 * std::min(left, 1e9)));
  }
  return out;
}

}  // namespace weir::node
