// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/idempotency.h"

namespace weir::adapters::http {
namespace {

class SqlIdempotencyStore final : public IdempotencyStore {
 public:
  SqlIdempotencyStore(store::Sql& sql, const Clock& clock, IdempotencyOptions options)
      : sql_(sql), clock_(clock), options_(options) {}

  Result<std::optional<StoredResponse>> begin(const IdempotencyKey& key) override {
    using Answer = std::optional<StoredResponse>;
    return store::sql_write<Answer>(sql_, [&](store::Tx& tx) -> Result<Answer> {
      const Timestamp now = clock_.now();
      WEIR_TRY(tx.execute("DELETE FROM http_idempotency WHERE caller = ? AND route = ? AND idempotency_key = ? "
                          "AND expires <= ?",
                          {key.caller, key.route, key.key, now}));
      WEIR_TRY_LET(const std::int64_t taken,
                   tx.execute("INSERT INTO http_idempotency (caller, route, idempotency_key, body_hash, status, "
                              "content_type, location, body, expires) VALUES (?, ?, ?, ?, 0, '', '', ?, ?) "
                              "ON CONFLICT (caller, route, idempotency_key) DO NOTHING",
                              {key.caller, key.route, key.key, key.body_hash, Bytes{}, after(now, options_.lease)}));
      if (taken == 1) return Answer{};
      WEIR_TRY_LET(const store::Row row, tx.one("SELECT body_hash, status, content_type, location, body FROM "
                                                "http_idempotency WHERE caller = ? AND route = ? AND idempotency_key = ?",
                                                {key.caller, key.route, key.key}));
      if (row[0].text() != key.body_hash) {
        return Error(Errc::kConflict, "this Idempotency-Key was used before, for another request")
            .because("idempotency.body_differs")
            .advise("use a new key for a new operation");
      }
      if (row[1].integer() == 0) {
        return Error(Errc::kConflict, "the first request with this Idempotency-Key is still being handled")
            .because("idempotency.in_progress")
            .advise("send it again in a moment");
      }
      return Answer{StoredResponse{static_cast<int>(row[1].integer()), row[2].text(), row[3].text(),
                                   std::string(text_of(row[4].blob()))}};
    });
  }

  Result<> finish(const IdempotencyKey& key, const StoredResponse& response) override {
    return sql_.write([&](store::Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute("UPDATE http_idempotency SET status = ?, content_type = ?, location = ?, body = ?, "
                          "expires = ? WHERE caller = ? AND route = ? AND idempotency_key = ? AND body_hash = ?",
                          {response.status, response.content_type, response.location, view_of(response.body),
                           after(clock_.now(), options_.keep), key.caller, key.route, key.key, key.body_hash}));
      return {};
    });
  }

  Result<> release(const IdempotencyKey& key) override {
    return sql_.write([&](store::Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute("DELETE FROM http_idempotency WHERE caller = ? AND route = ? AND idempotency_key = ? "
                          "AND body_hash = ? AND status = 0",
                          {key.caller, key.route, key.key, key.body_hash}));
      return {};
    });
  }

 private:
  store::Sql& sql_;
  const Clock& clock_;
  IdempotencyOptions options_;
};

}  // namespace

store::Migration idempotency_migration() {
  return {.module = "http_idempotency",
          .versions = {"CREATE TABLE http_idempotency ("
                       "  caller TEXT NOT NULL,"
                       "  route TEXT NOT NULL,"
                       "  idempotency_key TEXT NOT NULL,"
                       "  body_hash TEXT NOT NULL,"
                       "  status INTEGER NOT NULL,"
                       "  content_type TEXT NOT NULL,"
                       "  location TEXT NOT NULL,"
                       "  body BLOB NOT NULL,"
                       "  expires INTEGER NOT NULL,"
                       "  PRIMARY KEY (caller, route, idempotency_key));"
                       "CREATE INDEX http_idempotency_expires ON http_idempotency (expires);"}};
}

std::unique_ptr<IdempotencyStore> make_idempotency_store(store::Sql& sql, const Clock& clock,
                                                         IdempotencyOptions options) {
  return std::make_unique<SqlIdempotencyStore>(sql, clock, options);
}

Result<std::int64_t> expire_idempotency(store::Sql& sql, const Clock& clock) {
  return store::sql_write<std::int64_t>(sql, [&](store::Tx& tx) {
    return tx.execute("DELETE FROM http_idempotency WHERE expires <= ?", {clock.now()});
  });
}

}  // namespace weir::adapters::http
