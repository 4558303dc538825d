// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/store.h"

namespace weir::standards::registering {

store::Migration migration() {
  return {.module = "standards",
          .versions = {"CREATE TABLE standards_register ("
                       " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                       " time INTEGER NOT NULL,"
                       " actor TEXT NOT NULL,"
                       " kind TEXT NOT NULL,"
                       " subject TEXT NOT NULL,"
                       " body TEXT NOT NULL);"}};
}

Result<std::int64_t> append(store::Tx& tx, const Stored& row) {
  WEIR_TRY_LET(
      const store::Row made,
      tx.one("INSERT INTO standards_register (time, actor, kind, subject, body) VALUES (?, ?, ?, ?, ?) RETURNING id",
             {row.time, row.actor, row.kind, row.subject, row.body.canonical()}));
  return made[0].integer();
}

Result<std::vector<Stored>> since(store::Tx& tx, std::int64_t id) {
  WEIR_TRY_LET(
      const store::Rows rows,
      tx.query("SELECT id, time, actor, kind, subject, body FROM standards_register WHERE id > ? ORDER BY id", {id}));
  std::vector<Stored> out;
  for (const store::Row& row : rows) {
    auto body = wire::parse_json(row[5].text(), {.bytes_max = 64u << 20, .depth_max = 16});
    if (!body) return std::move(body).error().with("the register of standards");
    out.push_back({row[0].integer(), row[1].time(), row[2].text(), row[3].text(), row[4].text(), *std::move(body)});
  }
  return out;
}

}  // namespace weir::standards::registering
