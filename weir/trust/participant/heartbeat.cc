// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/heartbeat.h"

#include <algorithm>

namespace weir::trust::participant {

std::string_view name_of(Running running) {
  switch (running) {
    case Running::kUnknown: return "unknown";
    case Running::kRunning: return "running";
    case Running::kStopped: return "stopped";
  }
  return "unknown";
}

//= NDI-TR-2025-05 a heartbeat is expected every 5 s; a missed deadline means stopped
Running running_at(std::optional<Timestamp> last, Timestamp watch_start, Timestamp now, const HeartbeatRule& rule) {
  const bool in_time = now <= after(last.value_or(watch_start), rule.deadline());
  if (!in_time) return Running::kStopped;
  return last ? Running::kRunning : Running::kUnknown;
}

Heartbeats::Heartbeats(const Clock& clock, const HeartbeatRule& rule, std::size_t nodes_max)
    : clock_(clock), rule_(rule), nodes_max_(nodes_max), start_(clock.now()) {}

Result<bool> Heartbeats::beat(const NodeId& id) {
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto found = beats_.find(id);
  if (found == beats_.end()) {
    if (beats_.size() >= nodes_max_) {
      return Error(Errc::kExhausted, "more nodes are watched than may be").because("heartbeat.too_many");
    }
    beats_.emplace(id, Beat{.last = now});
    return true;
  }
  const bool ran = running_at(found->second.last, start_, now, rule_) == Running::kRunning;
  found->second = {.last = std::max(now, found->second.last)};
  return !ran;
}

void Heartbeats::forget(const NodeId& id) {
  const std::lock_guard lock(mutex_);
  beats_.erase(id);
}

std::optional<Timestamp> Heartbeats::last_seen(const NodeId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = beats_.find(id);
  if (found == beats_.end()) return std::nullopt;
  return found->second.last;
}

Running Heartbeats::status(const NodeId& id) const { return running_at(last_seen(id), start_, clock_.now(), rule_); }

Heartbeats::Counts Heartbeats::counts() const {
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  Counts out;
  for (const auto& [id, beat] : beats_) {
    ++(running_at(beat.last, start_, now, rule_) == Running::kRunning ? out.running : out.stopped);
  }
  return out;
}

std::vector<NodeId> Heartbeats::take_stopped() {
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<NodeId> stopped;
  for (auto& [id, beat] : beats_) {
    if (beat.reported || running_at(beat.last, start_, now, rule_) == Running::kRunning) continue;
    beat.reported = true;
    stopped.push_back(id);
  }
  return stopped;
}

std::optional<Timestamp> Heartbeats::next_deadline() const {
  const std::lock_guard lock(mutex_);
  std::optional<Timestamp> next;
  for (const auto& [id, beat] : beats_) {
    // The first moment at which it is stopped: one after the deadline.
    const Timestamp stops = after(beat.last, rule_.deadline() + Milliseconds(1));
    if (!beat.reported && (!next || stops < *next)) next = stops;
  }
  return next;
}

}  // namespace weir::trust::participant
