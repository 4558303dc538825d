// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/heartbeat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::trust::participant {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const NodeId kA = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");
const NodeId kB = *NodeId::parse("491350100M000100Y431100A1B2C3D41");

struct HeartbeatTest : ::testing::Test {
  ManualClock clock{Timestamp(1000000)};
  Heartbeats beats{clock};
};

//= TC609-6-2025-11#heartbeat type=test
//= NDI-TR-2025-05 type=test
TEST_F(HeartbeatTest, AMissedDeadlineMeansStopped) {
  EXPECT_TRUE(*beats.beat(kA));
  EXPECT_FALSE(*beats.beat(kA));
  EXPECT_EQ(beats.status(kA), Running::kRunning);
  clock.advance(seconds(6));
  EXPECT_EQ(beats.status(kA), Running::kRunning);
  clock.advance(Milliseconds(1));
  EXPECT_EQ(beats.status(kA), Running::kStopped);
  EXPECT_TRUE(*beats.beat(kA)) << "it runs again";
  EXPECT_EQ(beats.status(kA), Running::kRunning);
  EXPECT_EQ(*beats.last_seen(kA), clock.now());
}

TEST_F(HeartbeatTest, WhoWasNeverHeardOfIsUnknownThenStopped) {
  EXPECT_EQ(beats.status(kA), Running::kUnknown);
  clock.advance(seconds(7));
  EXPECT_EQ(beats.status(kA), Running::kStopped);
  EXPECT_FALSE(beats.last_seen(kA).has_value());
}

// Nothing is polled: one looks at the next deadline, and finds exactly then what stopped.
TEST_F(HeartbeatTest, StopsAreFoundAtTheNextDeadlineOnceEach) {
  EXPECT_FALSE(beats.next_deadline().has_value());
  ASSERT_TRUE(beats.beat(kA).ok());
  clock.advance(seconds(2));
  ASSERT_TRUE(beats.beat(kB).ok());
  clock.set(*beats.next_deadline());
  EXPECT_THAT(beats.take_stopped(), ElementsAre(kA));
  EXPECT_THAT(beats.take_stopped(), IsEmpty());
  clock.set(*beats.next_deadline());
  EXPECT_THAT(beats.take_stopped(), ElementsAre(kB));
  EXPECT_FALSE(beats.next_deadline().has_value());
  ASSERT_TRUE(beats.beat(kA).ok());
  EXPECT_TRUE(beats.next_deadline().has_value());
  beats.forget(kA);
  EXPECT_EQ(beats.status(kA), Running::kStopped);
}

TEST_F(HeartbeatTest, CountsWhoRunsAndWhoStopped) {
  ASSERT_TRUE(beats.beat(kA).ok());
  clock.advance(seconds(4));
  ASSERT_TRUE(beats.beat(kB).ok());
  EXPECT_EQ(beats.counts().running, 2u);
  clock.advance(seconds(4));
  EXPECT_EQ(beats.counts().running, 1u);
  EXPECT_EQ(beats.counts().stopped, 1u);
}

TEST(HeartbeatRule, MoreMissesMayBeAllowed) {
  const HeartbeatRule rule{.missed_max = 3};
  EXPECT_EQ(rule.deadline(), seconds(16));
  EXPECT_EQ(running_at(Timestamp(0), Timestamp(0), Timestamp(16000), rule), Running::kRunning);
  EXPECT_EQ(running_at(Timestamp(0), Timestamp(0), Timestamp(16001), rule), Running::kStopped);
}

// Errors.
TEST(Heartbeats, WatchesNoMoreThanTheLimit) {
  ManualClock clock(Timestamp(0));
  Heartbeats beats(clock, {}, 1);
  ASSERT_TRUE(beats.beat(kA).ok());
  EXPECT_EQ(beats.beat(kB).error().reason(), "heartbeat.too_many");
}

}  // namespace
}  // namespace weir::trust::participant
