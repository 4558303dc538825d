// SPDX-License-Identifier: Apache-2.0
#include "weir/node/news.h"

namespace weir::node {

void News::bump() {
  {
    const std::scoped_lock lock(mutex_);
    ++count_;
  }
  changed_.notify_all();
}

Result<> News::wait_until(Milliseconds longest, const std::function<Result<bool>()>& done) {
  const auto until = std::chrono::steady_clock::now() + longest;
  std::unique_lock lock(mutex_);
  if (waiting_ >= kWaitersMax) return {};
  ++waiting_;
  Result<> outcome;
  while (longest.count() > 0 && !stopped_) {
    const std::uint64_t seen = count_;
    lock.unlock();
    const Result<bool> is_done = done();
    lock.lock();
    if (!is_done) outcome = is_done.error();
    if (!is_done || *is_done) break;
    if (!changed_.wait_until(lock, until, [&] { return count_ != seen || stopped_; })) break;
  }
  --waiting_;
  return outcome;
}

void News::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace weir::node
