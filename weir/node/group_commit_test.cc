// SPDX-License-Identifier: Apache-2.0
#include "weir/node/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace weir::node {

namespace {

using store::Tx;
using store::Work;

class GroupCommitTest : public ::testing::Test {
 protected:
  std::unique_ptr<GroupCommit> make(std::size_t queue_max = limits::kWorkQueueMax) {
    auto database = store::open_sqlite({.path = folder_.path() + "/db"});
    EXPECT_TRUE(database) << database.error().message();
    (*database)->before_commit([this](Tx&) -> Result<> {
      ++commits_;
      return {};
    });
    auto group = std::make_unique<GroupCommit>(std::move(*database), queue_max);
    EXPECT_TRUE(group->write([](Tx& tx) { return tx.script("CREATE TABLE t (id INTEGER PRIMARY KEY)"); }));
    commits_ = 0;
    return group;
  }
  static Work insert(std::int64_t id) {
    return [id](Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute("INSERT INTO t (id) VALUES (?)", {id}));
      return {};
    };
  }
  static std::int64_t count(GroupCommit& group) {
    const auto row = store::sql_read<store::Row>(group, [](Tx& tx) { return tx.one("SELECT COUNT(*) FROM t"); });
    return row->at(0).integer();
  }

  weir::testing::TemporaryFolder folder_;
  std::atomic<int> commits_ = 0;
};

// Keeps the lead in its hands until released, so that others must gather behind it.
class Holder {
 public:
  explicit Holder(GroupCommit& group)
      : thread_([&] {
          EXPECT_TRUE(group.write([&](Tx&) -> Result<> {
            inside_.count_down();
            release_.wait();
            return {};
          }));
        }) {
    inside_.wait();
  }
  void release() { release_.count_down(); }
  ~Holder() { thread_.join(); }

 private:
  std::latch inside_{1};
  std::latch release_{1};
  std::thread thread_;
};

void wait_for(GroupCommit& group, std::size_t waiting) {
  while (group.waiting() != waiting) std::this_thread::yield();
}

TEST_F(GroupCommitTest, ALoneWriterGetsItsAnswer) {
  auto group = make();
  EXPECT_TRUE(group->write(insert(1)));
  EXPECT_EQ(group->write(insert(1)).error().code(), Errc::kConflict);
  EXPECT_EQ(count(*group), 1);
}

TEST_F(GroupCommitTest, WhatGathersBehindALeaderIsOneCommit) {
  auto group = make();
  std::vector<std::thread> threads;
  {
    Holder holder(*group);
    for (int i = 0; i < 5; ++i) threads.emplace_back([&, i] { EXPECT_TRUE(group->write(insert(i))); });
    wait_for(*group, 5);
    holder.release();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(commits_, 2);
  EXPECT_EQ(count(*group), 5);
}

TEST_F(GroupCommitTest, EachGetsItsOwnAnswer) {
  auto group = make();
  ASSERT_TRUE(group->write(insert(3)));
  std::vector<std::thread> threads;
  std::array<bool, 6> ok{};
  {
    Holder holder(*group);
    for (std::size_t i = 0; i < ok.size(); ++i) {
      threads.emplace_back([&, i] { ok[i] = group->write(insert(static_cast<std::int64_t>(i))).ok(); });
    }
    wait_for(*group, ok.size());
    holder.release();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ok, (std::array<bool, 6>{true, true, true, false, true, true}));
}

TEST_F(GroupCommitTest, WorksRunInTheOrderOfTheirArrival) {
  auto group = make();
  std::vector<std::thread> threads;
  std::vector<int> order;
  {
    Holder holder(*group);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        EXPECT_TRUE(group->write([&, i](Tx&) -> Result<> {
          order.push_back(i);
          return {};
        }));
      });
      wait_for(*group, static_cast<std::size_t>(i) + 1);
    }
    holder.release();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(GroupCommitTest, AFullQueueRefusesAtOnce) {
  auto group = make(2);
  std::vector<std::thread> threads;
  {
    Holder holder(*group);
    for (int i = 0; i < 2; ++i) threads.emplace_back([&, i] { EXPECT_TRUE(group->write(insert(i))); });
    wait_for(*group, 2);
    const auto refused = group->write(insert(9));
    EXPECT_EQ(refused.error().code(), Errc::kExhausted);
    EXPECT_EQ(refused.error().reason(), "node.busy");
    holder.release();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(*group), 2);
}

TEST_F(GroupCommitTest, ManyThreadsLoseNothing) {
  auto group = make();
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(group->write(insert(t * kEach + i)));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(*group), kThreads * kEach);
  EXPECT_EQ(group->waiting(), 0u);
}

TEST_F(GroupCommitTest, AWriteInsideAWriteIsAProgrammersError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto group = make();
  EXPECT_DEATH((void)group->write([&](Tx&) { return group->write(insert(1)); }), "check");
}

}  // namespace

}  // namespace weir::node
