// SPDX-License-Identifier: Apache-2.0
#include "weir/base/rate_limiter.h"

#include <algorithm>

namespace weir {
namespace {

std::uint64_t burst_or_default(std::uint64_t per_second, std::uint64_t burst) {
  return burst > 0 ? burst : std::max<std::uint64_t>(1, per_second / 10);
}

}  // namespace

RateLimiter::RateLimiter(std::uint64_t per_second, std::uint64_t burst)
    : per_second_(per_second),
      burst_(burst),
      tokens_(static_cast<double>(burst_or_default(per_second, burst))) {}

void RateLimiter::set_rate(std::uint64_t per_second) {
  const std::lock_guard lock(mutex_);
  // A fresh rate starts from a full bucket if there was none before.
  if (per_second_ == 0) tokens_ = static_cast<double>(burst_or_default(per_second, burst_));
  per_second_ = per_second;
}

std::uint64_t RateLimiter::rate() const {
  const std::lock_guard lock(mutex_);
  return per_second_;
}

void RateLimiter::refill(TimePoint now) {
  if (last_ != TimePoint{} && now > last_) {
    tokens_ += std::chrono::duration<double>(now - last_).count() * static_cast<double>(per_second_);
  }
  tokens_ = std::min(tokens_, static_cast<double>(burst_or_default(per_second_, burst_)));
  last_ = std::max(now, last_);
}

std::chrono::nanoseconds RateLimiter::debt_time() const {
  if (per_second_ == 0 || tokens_ >= 0) return std::chrono::nanoseconds(0);
  // A debt at a very small rate may be long; a day is as good as forever and cannot overflow.
  const double seconds = std::min(-tokens_ / static_cast<double>(per_second_), 86'400.0);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9) + 1);
}

std::chrono::nanoseconds RateLimiter::wait(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (per_second_ == 0) return std::chrono::nanoseconds(0);
  refill(now);
  return debt_time();
}

std::chrono::nanoseconds RateLimiter::take(std::uint64_t amount, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (per_second_ == 0) {
    last_ = now;
    return std::chrono::nanoseconds(0);
  }
  refill(now);
  tokens_ -= static_cast<double>(amount);
  return debt_time();
}

bool RateLimiter::try_take(std::uint64_t amount, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (per_second_ == 0) return true;
  refill(now);
  if (tokens_ < static_cast<double>(amount)) return false;
  tokens_ -= static_cast<double>(amount);
  return true;
}

}  // namespace weir
