// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/workers.h"

#include <pthread.h>

namespace weir::adapters::http {

Workers::Workers(std::string name, std::size_t threads_max, std::size_t queue_max)
    : name_(std::move(name)), threads_max_(threads_max), queue_max_(queue_max) {}

Workers::~Workers() { stop(); }

bool Workers::post(Job job) { return enqueue(std::move(job), true); }
bool Workers::go_on(Job job) { return enqueue(std::move(job), false); }

bool Workers::enqueue(Job job, bool bounded) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (bounded && queue_.size() >= queue_max_)) return false;
    queue_.push_back(std::move(job));
    if (queue_.size() > idle_ && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
  }
  wake_.notify_one();
  return true;
}

bool Workers::others_waiting() const {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

void Workers::work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (stopping_) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

void Workers::stop() {
  std::deque<Job> forgotten;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    forgotten.swap(queue_);
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace weir::adapters::http
