// OutboxSuite: the outbox, on every Database.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/contract/sql_suite.h"
#include "weir/store/outbox.h"

namespace weir::store::testing {

class OutboxSuite : public SqlSuite {
 protected:
  void SetUp() override {
    SqlSuite::SetUp();
    const auto migrated = migrate(*db_, outbox_migration());
    ASSERT_TRUE(migrated) << migrated.error().message();
  }
  std::int64_t add(std::string lane, std::string body, std::int64_t not_before = 0) {
    const auto id = sql_write<std::int64_t>(*db_, [&](Tx& tx) {
      return enqueue(tx, {.lane = lane, .peer = "peer", .address = "https://b", .path = "/p", .body = body,
                          .not_before = Timestamp(not_before)});
    });
    EXPECT_TRUE(id) << id.error().message();
    return id ? *id : 0;
  }
  std::string due_bodies(std::int64_t now, std::size_t limit = 100) {
    const auto messages =
        sql_read<std::vector<OutboxMessage>>(*db_, [&](Tx& tx) { return due(tx, Timestamp(now), limit); });
    EXPECT_TRUE(messages) << messages.error().message();
    std::string bodies;
    for (const auto& message : *messages) bodies += message.body + " ";
    return bodies;
  }
  void take(std::int64_t id) {
    EXPECT_TRUE(write([&](Tx& tx) { return delivered(tx, id); }));
  }
  std::optional<Timestamp> next() {
    return *sql_read<std::optional<Timestamp>>(*db_, [](Tx& tx) { return next_due(tx); });
  }
};

}  // namespace weir::store::testing
