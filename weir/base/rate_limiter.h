// RateLimiter: a token bucket over bytes (or requests) whose rate may change while it is in use.
//
// Time is an argument (I-9). It never blocks: it says how long to wait, and the caller waits in its own way.
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace weir {

class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `per_second` of 0 is no limit. The bucket holds `burst`; 0 is a tenth of a second's worth.
  explicit RateLimiter(std::uint64_t per_second, std::uint64_t burst = 0);

  // Holds from the next take on; a debt already made is paid at the new rate.
  void set_rate(std::uint64_t per_second);
  std::uint64_t rate() const;

  // How long until more may go; zero if at once.
  std::chrono::nanoseconds wait(TimePoint now);
  // Takes `amount`, into debt if need be, and returns the wait before the next take.
  std::chrono::nanoseconds take(std::uint64_t amount, TimePoint now);
  // Takes `amount` only if all of it is there.
  bool try_take(std::uint64_t amount, TimePoint now);

 private:
  void refill(TimePoint now);
  std::chrono::nanoseconds debt_time() const;

  mutable std::mutex mutex_;  // guards all below
  std::uint64_t per_second_;
  std::uint64_t burst_;
  double tokens_;
  TimePoint last_{};
};

}  // namespace weir
