// The alarm and the news: what is due is done, once; who waits is told.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/alarm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "weir/base/log.h"
#include "weir/node/news.h"

namespace weir::node {
namespace {

constexpr Milliseconds kLong{60'000};

// A list of dates, and a clock that the test moves.
class AlarmTest : public ::testing::Test {
 protected:
  ManualClock clock_{Timestamp(1'000'000)};
  News news_;
  std::mutex mutex_;  // guards dates_ and done_
  std::vector<Timestamp> dates_;
  std::vector<Timestamp> done_;
  std::atomic<int> failures_{0};

  void SetUp() override { log::set_level(static_cast<log::Level>(9)); }
  void TearDown() override { log::set_level(log::Level::kInfo); }
  AlarmTask task() {
    return {.name = "dates",
            .next = [this]() -> Result<std::optional<Timestamp>> {
              const std::scoped_lock lock(mutex_);
              if (dates_.empty()) return std::optional<Timestamp>();
              return std::optional(dates_.front());
            },
            .run = [this](Timestamp now) -> Result<> {
              if (failures_ > 0) {
                --failures_;
                return Error(Errc::kUnavailable, "not now");
              }
              {
                const std::scoped_lock lock(mutex_);
                while (!dates_.empty() && dates_.front() <= now) {
                  done_.push_back(dates_.front());
                  dates_.erase(dates_.begin());
                }
              }
              news_.bump();
              return {};
            }};
  }
  void add(std::int64_t in_ms) {
    const std::scoped_lock lock(mutex_);
    dates_.push_back(after(clock_.now(), Milliseconds(in_ms)));
  }
  std::size_t done() {
    const std::scoped_lock lock(mutex_);
    return done_.size();
  }
  bool reaches(std::size_t count) {
    const Result<> waited = news_.wait_until(kLong, [&]() -> Result<bool> { return done() >= count; });
    return waited && done() >= count;
  }
};

TEST_F(AlarmTest, DoesWhatIsDueAtTheStartAndWhatFallsDueLater) {
  add(-5);
  add(3'600'000);
  Alarm alarm(clock_, {task()});
  ASSERT_TRUE(reaches(1));
  EXPECT_EQ(done(), 1u);
  clock_.advance(Milliseconds(3'600'000));
  alarm.look();
  ASSERT_TRUE(reaches(2));
}

TEST_F(AlarmTest, LooksAgainWhenSomethingEarlierCame) {
  Alarm alarm(clock_, {task()});
  add(0);
  alarm.look();
  ASSERT_TRUE(reaches(1));
}

TEST_F(AlarmTest, OneTaskThatFailsDoesNotHoldUpTheOthersAndIsDoneLater) {
  add(0);
  failures_ = 1;
  AlarmTask broken{.name = "broken",
                   .next = []() -> Result<std::optional<Timestamp>> { return Error(Errc::kCorrupt, "broken"); },
                   .run = [](Timestamp) -> Result<> { return {}; }};
  Alarm alarm(clock_, {broken, task()});
  EXPECT_TRUE(news_.wait_until(Milliseconds(0), []() -> Result<bool> { return false; }).ok());
  alarm.look();
  ASSERT_TRUE(reaches(1));
}

TEST_F(AlarmTest, EndsWhileItSleeps) {
  Alarm alarm(clock_, {task()});
  alarm.stop();
  alarm.look();
}

TEST(News, TellsThoseWhoWaitAndMissesNothingThatHappenedBetween) {
  News news;
  std::atomic<int> state{0};
  std::jthread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      ++state;
      news.bump();
    }
  });
  EXPECT_TRUE(news.wait_until(kLong, [&]() -> Result<bool> { return state == 1000; }).ok());
  EXPECT_EQ(state, 1000);
}

TEST(News, EndsInTimeWithAFailureOrWhenItStops) {
  News news;
  EXPECT_TRUE(news.wait_until(Milliseconds(1), []() -> Result<bool> { return false; }).ok());
  EXPECT_FALSE(news.wait_until(kLong, []() -> Result<bool> { return Error(Errc::kNotFound, "gone"); }).ok());
  std::jthread stopper([&] { news.stop(); });
  EXPECT_TRUE(news.wait_until(kLong, []() -> Result<bool> { return false; }).ok());
}

TEST(WakingSql, TellsOfWritesThatCommittedOnly) {
  const auto database = *store::open_sqlite({.path = ":memory:"});
  int told = 0;
  WakingSql sql(*database, [&] { ++told; });
  EXPECT_TRUE(sql.write([](store::Tx& tx) { return tx.script("CREATE TABLE t (id INTEGER)"); }).ok());
  EXPECT_FALSE(sql.write([](store::Tx&) -> Result<> { return Error(Errc::kConflict, "no"); }).ok());
  EXPECT_TRUE(sql.read([](store::Tx&) -> Result<> { return {}; }).ok());
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace weir::node
