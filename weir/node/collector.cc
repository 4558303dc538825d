// SPDX-License-Identifier: Apache-2.0
#include "weir/node/collector.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "weir/base/log.h"
#include "weir/node/node.h"

namespace weir::node {

using supply::identifier::NodeId;

struct Collector::State {
  Node& node;
  std::mutex mutex;  // guards waiting and stopping
  std::condition_variable changed;
  std::set<NodeId> waiting;
  bool stopping = false;
  std::jthread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (stopping) return;
      const NodeId peer = *waiting.begin();
      waiting.erase(waiting.begin());
      lock.unlock();
      const Result<> read = read_all(peer);
      if (!read) log::warning("catalog.not_collected", {{"peer", peer.text()}, {"error", read.error().message()}});
      lock.lock();
    }
  }

  Result<> read_all(const NodeId& peer) {
    const supply::catalog::Peer source{.node = peer, .participant = peer.subject()};
    WEIR_TRY_LET(auto cursor, node.catalog().cursor_of(peer));
    while (true) {
      WEIR_TRY_LET(const wire::Json json,
                   node.ask_node(peer, "/peer/v1/catalog/changes?after=" + std::to_string(cursor.after)));
      WEIR_TRY_LET(const auto batch, supply::catalog::parse_batch(json));
      const bool anew = !cursor.epoch.empty() && batch.batch.epoch != cursor.epoch && cursor.after != 0;
      if (anew) {
        cursor = {};  // the peer's catalogue was made anew: from the start
        continue;
      }
      WEIR_TRY_LET(const auto report, node.catalog().apply_changes(source, batch));
      cursor = report.cursor;
      if (report.stored + report.removed > 0 || !report.refused.empty()) {
        log::info("catalog.collected", {{"peer", peer.text()},
                                        {"stored", report.stored},
                                        {"removed", report.removed},
                                        {"refused", report.refused.size()}});
      }
      if (!batch.batch.more) return {};
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
    state_->waiting.insert(peer);
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
