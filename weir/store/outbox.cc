// SPDX-License-Identifier: Apache-2.0
#include "weir/store/outbox.h"

namespace weir::store {

namespace {

// `head` is 1 for the first message of a lane, so that finding what may be sent does not look at what waits behind.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  lane TEXT NOT NULL,
  peer TEXT NOT NULL,
  address TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  error TEXT NOT NULL,
  head INTEGER NOT NULL
);
CREATE INDEX outbox_lane ON outbox (lane, id);
CREATE INDEX outbox_due ON outbox (not_before) WHERE head = 1;
)sql";

OutboxMessage message_of(const Row& row) {
  return {.id = row[0].integer(),
          .lane = row[1].text(),
          .peer = row[2].text(),
          .address = row[3].text(),
          .path = row[4].text(),
          .body = row[5].text(),
          .attempts = row[6].integer(),
          .not_before = row[7].time(),
          .error = row[8].text()};
}

}  // namespace

Migration outbox_migration() { return {.module = "outbox", .versions = {kVersion1}}; }

Result<std::int64_t> enqueue(Tx& tx, const OutboxMessage& message) {
  WEIR_TRY_LET(const Rows rows,
               tx.query("INSERT INTO outbox (lane, peer, address, path, body, attempts, not_before, error, head) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, '', "
                        "CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE lane = ?) THEN 0 ELSE 1 END) RETURNING id",
                        {message.lane, message.peer, message.address, message.path, message.body, message.attempts,
                         message.not_before, message.lane}));
  return rows.front().front().integer();
}

Result<std::vector<OutboxMessage>> due(Tx& tx, Timestamp now, std::size_t limit) {
  std::vector<OutboxMessage> messages;
  WEIR_TRY(tx.scan("SELECT id, lane, peer, address, path, body, attempts, not_before, error FROM outbox "
                   "WHERE head = 1 AND not_before <= ? ORDER BY id LIMIT ?",
                   {now, limit}, [&](const Row& row) {
                     messages.push_back(message_of(row));
                     return true;
                   }));
  return messages;
}

Result<std::optional<Timestamp>> next_due(Tx& tx, Timestamp later_than) {
  WEIR_TRY_LET(const Row row, tx.one("SELECT MIN(not_before) FROM outbox WHERE head = 1 AND not_before > ?",
                                     {later_than}));
  if (row[0].is_null()) return std::optional<Timestamp>();
  return std::optional(row[0].time());
}

Result<> delivered(Tx& tx, std::int64_t id) {
  WEIR_TRY_LET(const Rows gone, tx.query("DELETE FROM outbox WHERE id = ? RETURNING lane", {id}));
  if (gone.empty()) return {};
  WEIR_TRY(tx.execute("UPDATE outbox SET head = 1 WHERE id = (SELECT MIN(id) FROM outbox WHERE lane = ?)",
                      {gone[0][0].text()}));
  return {};
}

Result<> retry_at(Tx& tx, std::int64_t id, Timestamp not_before, std::string_view error) {
  WEIR_TRY_LET(const std::int64_t changed,
               tx.execute("UPDATE outbox SET attempts = attempts + 1, not_before = ?, error = ? WHERE id = ?",
                          {not_before, error, id}));
  if (changed == 0) return Error(Errc::kNotFound, "no such message waits").because("outbox.no_message");
  return {};
}

Result<std::int64_t> waiting(Tx& tx) {
  WEIR_TRY_LET(const Row row, tx.one("SELECT COUNT(*) FROM outbox"));
  return row[0].integer();
}

}  // namespace weir::store
