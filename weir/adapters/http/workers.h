// Workers: a few named threads behind a bounded queue, started when there is first something to do.
//
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::adapters::http {

class Workers {
 public:
  using Job = std::function<void()>;

  Workers(std::string name, std::size_t threads_max, std::size_t queue_max);
  ~Workers();  // stop()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False if the queue is full or the workers are stopping: the job is not taken.
  [[nodiscard]] bool post(Job job);
  // For the next step of work that was taken before: never refused for want of room. False only when stopping.
  bool go_on(Job job);
  bool others_waiting() const;
  // Forgets what is queued, lets what runs finish, and joins.
  void stop();

 private:
  bool enqueue(Job job, bool bounded);
  void work();

  const std::string name_;
  const std::size_t threads_max_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace weir::adapters::http
