// Heartbeats: which nodes are running, by when they were last heard of. A connector is expected to call every 5 s.
//
// In memory only: after a restart nobody has been heard of yet, which is "unknown" until the first deadline. Whether a
// node runs is a function of the time of its last beat and now; nothing is polled: next_deadline says when to look
// again.
// Thread-safe. Trust: beat is called for nodes that the directory has accepted.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/trust/participant/node_record.h"

namespace weir::trust::participant {

inline constexpr Milliseconds kHeartbeatInterval = std::chrono::seconds(5);

enum class Running : std::uint8_t { kUnknown, kRunning, kStopped };
std::string_view name_of(Running running);  // "unknown", "running", "stopped"

// The law: running within the deadline of the last beat, stopped after it; without one, unknown within the deadline of
// the watch's start. A missed deadline is `missed_max` intervals.
struct HeartbeatRule {
  Milliseconds interval = kHeartbeatInterval;
  int missed_max = 1;
  Milliseconds grace = std::chrono::seconds(1);  // for the network
  Milliseconds deadline() const { return interval * missed_max + grace; }
};
//= TC609-6-2025-11#heartbeat
Running running_at(std::optional<Timestamp> last, Timestamp watch_start, Timestamp now, const HeartbeatRule& rule);

class Heartbeats {
 public:
  Heartbeats(const Clock& clock, const HeartbeatRule& rule = {}, std::size_t nodes_max = 100'000);

  // Fails with kExhausted ("heartbeat.too_many") beyond nodes_max. Returns whether the node was not running before.
  Result<bool> beat(const NodeId& id);
  void forget(const NodeId& id);
  Running status(const NodeId& id) const;
  std::optional<Timestamp> last_seen(const NodeId& id) const;
  // How many of those heard of are running now, and how many have stopped.
  struct Counts {
    std::size_t running = 0;
    std::size_t stopped = 0;
  };
  Counts counts() const;
  // Nodes that stopped since the last call: each is returned once a stop.
  std::vector<NodeId> take_stopped();
  // When the next running node would miss its deadline; nothing if none runs.
  std::optional<Timestamp> next_deadline() const;

 private:
  struct Beat {
    Timestamp last{};
    bool reported = false;  // as stopped
  };
  const Clock& clock_;
  HeartbeatRule rule_;
  std::size_t nodes_max_;
  Timestamp start_;
  mutable std::mutex mutex_;  // guards beats_
  std::map<NodeId, Beat> beats_;
};

}  // namespace weir::trust::participant
