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
  while (longest.count() > 0 && !stopped_) {
    const std::uint64_t seen = count_;
    lock.unlock();
    WEIR_TRY_LET(const bool is_done, done());
    if (is_done) return {};
    lock.lock();
    if (!changed_.wait_until(lock, until, [&] { return count_ != seen || stopped_; })) return {};
  }
  return {};
}

void News::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace weir::node
