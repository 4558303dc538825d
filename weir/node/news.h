// News: "something was committed", for those that wait for a state: how a long request waits without polling.
//
// And WakingSql: the database as services see it, which tells News and the dispatcher after every write.
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "weir/base/time.h"
#include "weir/store/sql.h"

namespace weir::node {

class News {
 public:
  // So many may wait at once: each holds a worker, and the rest of the workers must stay free for those who make news.
  static constexpr int kWaitersMax = 8;

  void bump();
  // Asks `done` after every commit until it says yes, fails, or the time is up, which is no failure. Neither is it if
  // too many wait already: then it returns at once.
  Result<> wait_until(Milliseconds longest, const std::function<Result<bool>()>& done);
  // Lets everybody go who waits.
  void stop();

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  int waiting_ = 0;
  bool stopped_ = false;
};

class WakingSql final : public store::Sql {
 public:
  WakingSql(store::Sql& inner, std::function<void()> committed) : inner_(inner), committed_(std::move(committed)) {}
  Result<> write(const store::Work& work) override {
    WEIR_TRY(inner_.write(work));
    committed_();
    return {};
  }
  Result<> read(const store::Work& work) override { return inner_.read(work); }

 private:
  store::Sql& inner_;
  std::function<void()> committed_;
};

}  // namespace weir::node
