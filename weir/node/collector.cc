// SPDX-License-Identifier: Apache-2.0
#include "weir/node/collector.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "weir/base/log.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/post.h"

namespace weir::node {

using supply::identifier::NodeId;

namespace {
constexpr Milliseconds kRetryFirst{1'000};
constexpr Milliseconds kRetryMost{600'000};
}  // namespace

struct Collector::State {
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Turn {
    TimePoint not_before{};
    std::int64_t failures = 0;
  };

  Node& node;
  std::mutex mutex;  // guards waiting and stopping
  std::condition_variable changed;
  std::map<NodeId, Turn> waiting;
  bool stopping = false;
  std::jthread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (waiting.empty()) {
        changed.wait(lock);
        continue;
      }
      const auto next = std::min_element(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) {
        return a.second.not_before < b.second.not_before;
      });
      if (next->second.not_before > std::chrono::steady_clock::now()) {
        changed.wait_until(lock, next->second.not_before);
        continue;
      }
      const NodeId peer = next->first;
      const std::int64_t failures = next->second.failures;
      waiting.erase(next);
      lock.unlock();
      const Result<> read =
          collect_changes(node.catalog(), peer, [&](const std::string& path) { return node.ask_node(peer, path); });
      if (!read) log::warning("catalog.not_collected", {{"peer", peer.text()}, {"error", read.error().message()}});
      lock.lock();
      if (read) continue;
      // Unless it said so again meanwhile.
      const Milliseconds pause = backoff(failures, kRetryFirst, kRetryMost);
      waiting.try_emplace(peer, std::chrono::steady_clock::now() + pause, failures + 1);
    }
  }
};

Collector::Collector(Node& node) : state_(new State{.node = node}) {
  state_->thread = std::jthread([this] { state_->run(); });
}

Collector::~Collector() { stop(); }

void Collector::collect(const NodeId& peer) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->waiting.insert_or_assign(peer, State::Turn{});
  }
  state_->changed.notify_one();
}

void Collector::stop() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace weir::node
