// SPDX-License-Identifier: Apache-2.0
#include "weir/node/group_commit.h"

#include <algorithm>
#include <vector>

#include "weir/base/check.h"

namespace weir::node {

namespace {
// Whose batch this thread is running, to catch a work that writes past its Tx: it would wait for itself.
thread_local const GroupCommit* leading_here = nullptr;
}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<store::Database> database, std::size_t queue_max)
    : database_(std::move(database)), queue_max_(queue_max) {
  WEIR_CHECK(database_ != nullptr);
}

Result<> GroupCommit::write(const store::Work& work) {
  WEIR_CHECK(leading_here != this);
  Waiter self{.work = &work};
  std::unique_lock lock(mutex_);
  if (queue_.size() >= queue_max_) {
    return Error(Errc::kExhausted, "too many writes wait")
        .because("node.busy")
        .advise("Try again in a moment; if this lasts, the disk is too slow for the load.");
  }
  queue_.push_back(&self);
  if (led_) {
    self.wake.wait(lock, [&] { return self.answered || self.leads; });
    if (self.answered) return std::move(self.result);
  }
  led_ = true;
  lead(self, lock);
  return std::move(self.result);
}

// Requires: `self` is the first in the queue, and nobody else leads.
void GroupCommit::lead(Waiter& self, std::unique_lock<std::mutex>& lock) {
  WEIR_CHECK(queue_.front() == &self);
  const std::size_t size = std::min(queue_.size(), limits::kWriteBatchMax);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
  const std::vector<Waiter*> batch(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  lock.unlock();

  leading_here = this;
  if (batch.size() == 1) {
    self.result = std::move(database_->write_batch({self.work, 1}).front());
    leading_here = nullptr;
    lock.lock();
  } else {
    std::vector<store::Work> works;
    works.reserve(batch.size());
    for (const Waiter* waiter : batch) works.emplace_back(std::ref(*waiter->work));
    auto results = database_->write_batch(works);
    leading_here = nullptr;
    lock.lock();
    // Under the lock: once answered and unlocked, a waiter may be gone.
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i]->result = std::move(results[i]);
      batch[i]->answered = true;
      if (batch[i] != &self) batch[i]->wake.notify_one();
    }
  }
  led_ = !queue_.empty();
  if (led_) {
    queue_.front()->leads = true;
    queue_.front()->wake.notify_one();
  }
}

std::size_t GroupCommit::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace weir::node
