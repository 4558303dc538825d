// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/outbox_suite.h"

namespace weir::store::testing {

TEST_P(OutboxSuite, KeepsEveryField) {
  add("lane", "{\"文\":1}", 5);
  const auto messages = sql_read<std::vector<OutboxMessage>>(*db_, [](Tx& tx) { return due(tx, Timestamp(9), 1); });
  const OutboxMessage& message = messages->at(0);
  EXPECT_GT(message.id, 0);
  EXPECT_EQ(message.lane, "lane");
  EXPECT_EQ(message.peer, "peer");
  EXPECT_EQ(message.address, "https://b");
  EXPECT_EQ(message.path, "/p");
  EXPECT_EQ(message.body, "{\"文\":1}");
  EXPECT_EQ(message.attempts, 0);
  EXPECT_EQ(message.not_before, Timestamp(5));
  EXPECT_EQ(message.error, "");
}

TEST_P(OutboxSuite, ALaneGoesOneAfterTheOther) {
  const auto a1 = add("a", "a1");
  const auto a2 = add("a", "a2");
  const auto b1 = add("b", "b1");
  add("a", "a3");
  EXPECT_EQ(due_bodies(0), "a1 b1 ");
  EXPECT_EQ(due_bodies(0, 1), "a1 ");
  take(a1);
  EXPECT_EQ(due_bodies(0), "a2 b1 ");
  take(a1);  // twice is fine, and moves nothing
  EXPECT_EQ(due_bodies(0), "a2 b1 ");
  take(b1);
  take(a2);
  EXPECT_EQ(due_bodies(0), "a3 ");
}

TEST_P(OutboxSuite, AFailedHeadHoldsItsLaneOnly) {
  const auto a1 = add("a", "a1");
  add("a", "a2");
  add("b", "b1", 3);
  ASSERT_TRUE(write([&](Tx& tx) { return retry_at(tx, a1, Timestamp(100), "refused"); }));
  EXPECT_EQ(due_bodies(99), "b1 ");
  EXPECT_EQ(due_bodies(100), "a1 b1 ");
  const auto messages = sql_read<std::vector<OutboxMessage>>(*db_, [](Tx& tx) { return due(tx, Timestamp(100), 1); });
  EXPECT_EQ(messages->at(0).attempts, 1);
  EXPECT_EQ(messages->at(0).error, "refused");
}

TEST_P(OutboxSuite, NextDueIsTheEarliestHead) {
  EXPECT_EQ(next(), std::nullopt);
  const auto a1 = add("a", "a1", 50);
  add("a", "a2", 10);  // behind a1, so not before it
  EXPECT_EQ(next(), Timestamp(50));
  add("b", "b1", 20);
  EXPECT_EQ(next(), Timestamp(20));
  take(a1);
  EXPECT_EQ(next(), Timestamp(10));
}

TEST_P(OutboxSuite, EachLaneHasOneHead) {
  const auto a1 = add("a", "a1");
  const auto a2 = add("a", "a2");
  add("a", "a3");
  add("b", "b1");
  take(a2);  // out of turn
  take(a1);
  const Rows rows = must_read("SELECT lane, SUM(head), MIN(id) FROM outbox GROUP BY lane ORDER BY lane");
  ASSERT_EQ(rows.size(), 2u);
  for (const Row& row : rows) EXPECT_EQ(row[1].integer(), 1);  // docs/formats/store.md
  EXPECT_EQ(due_bodies(0), "a3 b1 ");
}

TEST_P(OutboxSuite, AMessageIsThereIfItsTransactionIs) {
  const auto failed = write([](Tx& tx) -> Result<> {
    WEIR_TRY(enqueue(tx, {.lane = "a", .body = "never"}));
    return Error(Errc::kConflict, "no");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(due_bodies(0), "");
  EXPECT_EQ(*sql_read<std::int64_t>(*db_, [](Tx& tx) { return waiting(tx); }), 0);
}

TEST_P(OutboxSuite, RetryOfAGoneMessageIsNotFound) {
  const auto result = write([](Tx& tx) { return retry_at(tx, 77, Timestamp(1), "e"); });
  EXPECT_EQ(result.error().code(), Errc::kNotFound);
}

}  // namespace weir::store::testing
