// GroupCommit: many threads' writes in one durable commit, without a thread of its own.
//
// A thread that finds nobody writing becomes the leader: it takes what has gathered, up to limits::kWriteBatchMax, runs
// it as one batch, answers, and hands the lead to the first that waits. A lone writer thus pays no hand-over at all;
// why this and no sequencer thread: docs/decisions/0022-group-commit-has-no-thread.md.
// Works run in the order of their arrival, on the thread of whoever leads. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "weir/base/limits.h"
#include "weir/store/sql.h"

namespace weir::node {

//= I-2
class GroupCommit final : public store::Sql {
 public:
  explicit GroupCommit(std::unique_ptr<store::Database> database, std::size_t queue_max = limits::kWorkQueueMax);

  // Returns when `work` is durable, or failed. kExhausted "node.busy", at once, if too many wait already.
  Result<> write(const store::Work& work) override;
  Result<> read(const store::Work& work) override { return database_->read(work); }

  store::Database& database() { return *database_; }
  // How many writes wait for a leader now; for metrics.
  std::size_t waiting() const;

 private:
  struct Waiter {
    const store::Work* work;
    Result<> result;
    bool answered = false;
    bool leads = false;
    std::condition_variable wake;
  };
  void lead(Waiter& self, std::unique_lock<std::mutex>& lock);

  const std::unique_ptr<store::Database> database_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;  // guards queue_, led_ and every waiter's result and flags
  std::deque<Waiter*> queue_;
  bool led_ = false;
};

}  // namespace weir::node
