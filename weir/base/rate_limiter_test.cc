// SPDX-License-Identifier: Apache-2.0
#include "weir/base/rate_limiter.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

RateLimiter::TimePoint at(int ms) { return RateLimiter::TimePoint(milliseconds(1'000'000 + ms)); }
std::int64_t in_ms(nanoseconds wait) { return std::chrono::round<milliseconds>(wait).count(); }

TEST(RateLimiter, ZeroIsNoLimit) {
  RateLimiter limiter(0);
  EXPECT_EQ(limiter.take(1u << 30, at(0)).count(), 0);
  EXPECT_TRUE(limiter.try_take(1u << 30, at(0)));
}

TEST(RateLimiter, DebtIsPaidAtTheRate) {
  RateLimiter limiter(1000, 100);
  EXPECT_EQ(limiter.take(100, at(0)).count(), 0);
  EXPECT_EQ(in_ms(limiter.take(500, at(0))), 500);
  EXPECT_EQ(in_ms(limiter.wait(at(200))), 300);
  EXPECT_EQ(limiter.wait(at(500)).count() > 1'000'000, false);
}

TEST(RateLimiter, ANewRateHoldsForTheDebtToo) {
  RateLimiter limiter(1000, 100);
  static_cast<void>(limiter.take(1100, at(0)));
  EXPECT_EQ(in_ms(limiter.wait(at(0))), 1000);
  limiter.set_rate(10'000);
  EXPECT_EQ(in_ms(limiter.wait(at(0))), 100);
  limiter.set_rate(0);
  EXPECT_EQ(limiter.wait(at(0)).count(), 0);
}

TEST(RateLimiter, NeverSavesMoreThanTheBurst) {
  RateLimiter limiter(10, 5);
  static_cast<void>(limiter.take(5, at(0)));
  int taken = 0;
  while (limiter.try_take(1, at(60'000))) ++taken;
  EXPECT_EQ(taken, 5);
}

TEST(RateLimiter, TimeThatGoesBackGivesNothing) {
  RateLimiter limiter(1000, 1);
  static_cast<void>(limiter.take(101, at(100)));
  EXPECT_EQ(in_ms(limiter.wait(at(0))), 100);
}

}  // namespace
}  // namespace weir
