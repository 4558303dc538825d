// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/sql_suite.h"

#include <atomic>
#include <limits>
#include <thread>

namespace weir::store::testing {

void SqlSuite::SetUp() {
  bed_ = GetParam().make();
  ASSERT_NE(bed_, nullptr);
  auto opened = bed_->open();
  ASSERT_TRUE(opened) << opened.error().message();
  db_ = std::move(*opened);
  const auto made = write([](Tx& tx) {
    return tx.script("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, weight REAL, body BLOB);"
                     "CREATE TABLE word (text TEXT PRIMARY KEY, item INTEGER REFERENCES item (id))");
  });
  ASSERT_TRUE(made) << made.error().message();
}

void SqlSuite::must_write(std::string_view sql, ParamList params) {
  const auto done = write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute(sql, params));
    return {};
  });
  ASSERT_TRUE(done) << done.error().message();
}

Rows SqlSuite::must_read(std::string_view sql, ParamList params) {
  const auto rows = sql_read<Rows>(*db_, [&](Tx& tx) { return tx.query(sql, params); });
  EXPECT_TRUE(rows) << rows.error().message();
  return rows ? *rows : Rows();
}

std::int64_t SqlSuite::count(std::string_view table) {
  return must_read("SELECT COUNT(*) FROM " + std::string(table)).at(0).at(0).integer();
}

namespace {

Work insert(std::int64_t id, std::string name = "x") {
  return [id, name](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id, name) VALUES (?, ?)", {id, name}));
    return {};
  };
}

Work refused() {
  return [](Tx&) -> Result<> { return Error(Errc::kForbidden, "the work says no").because("test.no"); };
}

}  // namespace

// --- Values ---

TEST_P(SqlSuite, KeepsEveryTypeAndNull) {
  Bytes body = {0, 1, 255, 0, '\\', '\'', 'x'};
  must_write("INSERT INTO item VALUES (?, ?, ?, ?), (?, ?, ?, ?)",
             {1, "name ' ? \" 数据 🙂", 0.1, body, 2, nullptr, nullptr, nullptr});
  const Rows rows = must_read("SELECT name, weight, body FROM item ORDER BY id");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0][0].text(), "name ' ? \" 数据 🙂");
  EXPECT_EQ(rows[0][1].real(), 0.1);
  EXPECT_EQ(rows[0][2].blob(), body);
  for (const Value& value : rows[1]) EXPECT_TRUE(value.is_null());
}

TEST_P(SqlSuite, KeepsAll64BitsOfAnInteger) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t number :
       {Limits::min(), Limits::min() + 1, std::int64_t{-1}, std::int64_t{0}, Limits::max()}) {
    must_write("INSERT INTO item (id) VALUES (?)", {number});
    const Rows rows = must_read("SELECT id FROM item WHERE id = ?", {number});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0][0].integer(), number);
  }
}

TEST_P(SqlSuite, KeepsRealsExactly) {
  using Limits = std::numeric_limits<double>;
  std::int64_t id = 0;
  for (const double number :
       {0.0, -1.5, 1.0 / 3, Limits::max(), Limits::min(), Limits::denorm_min(), 9007199254740993.0}) {
    must_write("INSERT INTO item (id, weight) VALUES (?, ?)", {++id, number});
    EXPECT_EQ(must_read("SELECT weight FROM item WHERE id = ?", {id}).at(0).at(0).real(), number);
  }
}

TEST_P(SqlSuite, TellsEmptyFromNull) {
  must_write("INSERT INTO item VALUES (1, ?, NULL, ?)", {"", Bytes()});
  const Row row = must_read("SELECT name, body FROM item").at(0);
  EXPECT_FALSE(row[0].is_null());
  EXPECT_FALSE(row[1].is_null());
  EXPECT_EQ(row[0].text(), "");
  EXPECT_TRUE(row[1].blob().empty());
}

TEST_P(SqlSuite, KeepsBigBlobsAndTexts) {
  Bytes body(5u << 20);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  const std::string name(3u << 20, 'n');
  must_write("INSERT INTO item (id, name, body) VALUES (1, ?, ?)", {name, body});
  const Row row = must_read("SELECT name, body FROM item").at(0);
  EXPECT_TRUE(row[0].text() == name);
  EXPECT_TRUE(row[1].blob() == body);
}

TEST_P(SqlSuite, SumsAndCountsAreIntegers) {
  must_write("INSERT INTO item (id, weight) VALUES (1, 1.5), (2, 2.5)");
  const Row row = must_read("SELECT COUNT(*), SUM(id), MAX(id), SUM(weight), MIN(name) FROM item").at(0);
  EXPECT_EQ(row[0].integer(), 2);
  EXPECT_EQ(row[1].integer(), 3);
  EXPECT_EQ(row[2].integer(), 2);
  EXPECT_EQ(row[3].real(), 4.0);
  EXPECT_TRUE(row[4].is_null());
}

TEST_P(SqlSuite, PlaceholdersWorkWhereTypesAreNotObvious) {
  must_write("INSERT INTO item (id, name, weight) VALUES (1, 'abcdef', 2.0)");
  EXPECT_EQ(must_read("SELECT ?, ?", {5, "five"}).at(0).at(0).integer(), 5);
  EXPECT_EQ(must_read("SELECT substr(name, ?) FROM item", {3}).at(0).at(0).text(), "cdef");
  EXPECT_EQ(must_read("SELECT id FROM item WHERE weight = ?", {2}).size(), 1u);
  EXPECT_EQ(must_read("SELECT id FROM item WHERE (? IS NULL OR name = ?)", {nullptr, "none"}).size(), 1u);
  EXPECT_EQ(must_read("SELECT id FROM item WHERE (? IS NULL OR name = ?)", {"none", "none"}).size(), 0u);
  EXPECT_EQ(must_read("SELECT id FROM item ORDER BY id LIMIT ? OFFSET ?", {1, 0}).size(), 1u);
  EXPECT_EQ(must_read("SELECT '?' || ? FROM item WHERE name <> '?'", {"x"}).at(0).at(0).text(), "?x");
}

TEST_P(SqlSuite, OrdersTextByItsBytes) {
  for (const char* word : {"b", "a", "B", "A", "_", "中", "é", "a b", "ab"})
    must_write("INSERT INTO word (text) VALUES (?)", {word});
  std::string order;
  for (const Row& row : must_read("SELECT text FROM word ORDER BY text")) order += row[0].text() + ",";
  EXPECT_EQ(order, "A,B,_,a,a b,ab,b,é,中,");
}

TEST_P(SqlSuite, TimestampsAndDigestsAreArguments) {
  const std::array<std::uint8_t, 4> digest = {1, 2, 3, 4};
  must_write("INSERT INTO item (id, body) VALUES (?, ?)", {Timestamp(1700000000123), digest});
  const Row row = must_read("SELECT id, body FROM item").at(0);
  EXPECT_EQ(row[0].time(), Timestamp(1700000000123));
  EXPECT_EQ(row[1].blob(), Bytes({1, 2, 3, 4}));
}

// --- Statements ---

TEST_P(SqlSuite, ExecuteCountsChangedRows) {
  must_write("INSERT INTO item (id) VALUES (1), (2), (3)");
  const auto changed =
      sql_write<std::int64_t>(*db_, [](Tx& tx) { return tx.execute("UPDATE item SET name = 'n' WHERE id > ?", {1}); });
  ASSERT_TRUE(changed);
  EXPECT_EQ(*changed, 2);
  const auto skipped = sql_write<std::int64_t>(*db_, [](Tx& tx) {
    return tx.execute("INSERT INTO item (id) VALUES (?) ON CONFLICT (id) DO NOTHING", {1});
  });
  ASSERT_TRUE(skipped);
  EXPECT_EQ(*skipped, 0);
}

TEST_P(SqlSuite, UpsertAndReturning) {
  const auto id = sql_write<Rows>(*db_, [](Tx& tx) {
    return tx.query(
        "INSERT INTO item (id, name) VALUES (7, 'old') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING "
        "id");
  });
  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->at(0).at(0).integer(), 7);
}

TEST_P(SqlSuite, AutoincrementNumbersAreNeverUsedTwice) {
  ASSERT_TRUE(write([](Tx& tx) {
    return tx.script("CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL)");
  }));
  const auto add = [&] {
    return sql_write<Rows>(*db_, [](Tx& tx) { return tx.query("INSERT INTO event (what) VALUES ('w') RETURNING id"); });
  };
  const std::int64_t first = add()->at(0).at(0).integer();
  must_write("DELETE FROM event");
  EXPECT_GT(add()->at(0).at(0).integer(), first);
}

TEST_P(SqlSuite, OneGivesTheFirstRowOrNotFound) {
  must_write("INSERT INTO item (id) VALUES (1), (2)");
  ASSERT_TRUE(db_->read([](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Row row, tx.one("SELECT id FROM item ORDER BY id DESC"));
    EXPECT_EQ(row[0].integer(), 2);
    const auto none = tx.one("SELECT id FROM item WHERE id = 9");
    EXPECT_EQ(none.error().code(), Errc::kNotFound);
    WEIR_TRY(tx.one("SELECT 1"));  // an empty answer is no failure
    return {};
  }));
}

TEST_P(SqlSuite, ScanStopsWhenTold) {
  for (int i = 0; i < 10; ++i) must_write("INSERT INTO item (id) VALUES (?)", {i});
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.scan("SELECT id FROM item ORDER BY id", {}, [&](const Row& row) {
      seen.push_back(row[0].integer());
      return seen.size() < 3;
    }));
    WEIR_TRY_LET(const Rows rest, tx.query("SELECT id FROM item ORDER BY id"));  // the same statement, from its start
    EXPECT_EQ(rest.size(), 10u);
    return {};
  }));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2}));
}

TEST_P(SqlSuite, ScanMayRunTheSameStatementInside) {
  must_write("INSERT INTO item (id) VALUES (1), (2)");
  int inner = 0;
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Result<> {
    return tx.scan("SELECT id FROM item", {}, [&](const Row&) {
      const auto rows = tx.query("SELECT id FROM item");
      if (rows) inner += static_cast<int>(rows->size());
      return true;
    });
  }));
  EXPECT_EQ(inner, 4);
}

TEST_P(SqlSuite, ManyStatementTextsAreFine) {
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Result<> {
    for (int i = 0; i < 700; ++i) {
      WEIR_TRY_LET(const Row row, tx.one("SELECT ? + " + std::to_string(i), {1}));
      EXPECT_EQ(row[0].integer(), i + 1);
    }
    return {};
  }));
}

// --- Statements that fail ---

TEST_P(SqlSuite, BrokenConstraintsAreConflicts) {
  must_write("INSERT INTO item (id) VALUES (1)");
  const auto twice = write(insert(1));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), Errc::kConflict);
  EXPECT_EQ(twice.error().reason(), "store.constraint");
  const auto dangling = write([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO word (text, item) VALUES ('w', 99)"));
    return {};
  });
  ASSERT_FALSE(dangling);
  EXPECT_EQ(dangling.error().code(), Errc::kConflict);
  EXPECT_EQ(count("word"), 0);
}

TEST_P(SqlSuite, WrongSqlIsAnInvalidArgument) {
  for (const char* sql : {"SELEC 1", "SELECT nothing FROM item", "SELECT * FROM nowhere", "SELECT 1; SELECT 2", ""}) {
    const auto result = db_->read([&](Tx& tx) -> Result<> {
      WEIR_TRY(tx.query(sql));
      return {};
    });
    ASSERT_FALSE(result) << sql;
    EXPECT_EQ(result.error().code(), Errc::kInvalidArgument) << sql;
    EXPECT_EQ(result.error().reason(), "store.sql") << sql;
  }
}

TEST_P(SqlSuite, ArgumentsMustMatchPlaceholders) {
  for (const Params& params : {Params{}, Params{1}, Params{1, 2, 3}}) {
    const auto result = db_->read([&](Tx& tx) -> Result<> {
      WEIR_TRY(tx.query("SELECT id FROM item WHERE id = ? OR id = ?", params));
      return {};
    });
    EXPECT_EQ(result.error().code(), Errc::kInvalidArgument);
  }
}

TEST_P(SqlSuite, RefusesTextWithNulAndNotANumber) {
  const std::string nul("a\0b", 3);
  for (const Value& value : {Value(nul), Value(std::numeric_limits<double>::quiet_NaN())}) {
    const auto result = write([&](Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute("INSERT INTO item (id, name) VALUES (1, ?)", {value}));
      return {};
    });
    EXPECT_EQ(result.error().code(), Errc::kInvalidArgument);
  }
}

TEST_P(SqlSuite, AReadCannotWrite) {
  const auto result = db_->read([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (1)"));
    return {};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(count("item"), 0);
}

TEST_P(SqlSuite, AFailedStatementFailsTheWorkWhateverItSays) {
  must_write("INSERT INTO item (id) VALUES (1)");
  const auto result = write([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (2)"));
    EXPECT_FALSE(tx.execute("INSERT INTO item (id) VALUES (1)"));
    const auto after = tx.execute("INSERT INTO item (id) VALUES (3)");
    EXPECT_EQ(after.error().reason(), "store.constraint");
    return {};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::kConflict);
  EXPECT_EQ(count("item"), 1);
}

// --- Batches ---

TEST_P(SqlSuite, AFailingWorkIsUndoneAlone) {
  const std::vector<Work> works = {
      insert(1),
      [](Tx& tx) -> Result<> {
        WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (2)"));
        return Error(Errc::kForbidden, "no").because("test.no");
      },
      insert(1),  // a conflict with its neighbour
      [](Tx& tx) -> Result<> {  // sees what the first did, and nothing of the second
        WEIR_TRY_LET(const Row row, tx.one("SELECT COUNT(*) FROM item"));
        EXPECT_EQ(row[0].integer(), 1);
        return {};
      },
      insert(3)};
  const auto results = db_->write_batch(works);
  ASSERT_EQ(results.size(), 5u);
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().reason(), "test.no");
  EXPECT_EQ(results[2].error().code(), Errc::kConflict);
  EXPECT_TRUE(results[3]);
  EXPECT_TRUE(results[4]);
  const Rows rows = must_read("SELECT id FROM item ORDER BY id");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1][0].integer(), 3);
}

TEST_P(SqlSuite, AnEmptyBatchAndABatchOfFailuresAreFine) {
  EXPECT_TRUE(db_->write_batch({}).empty());
  int hooks = 0;
  db_->before_commit([&](Tx&) -> Result<> {
    ++hooks;
    return {};
  });
  const std::vector<Work> works = {refused(), refused()};
  for (const auto& result : db_->write_batch(works)) EXPECT_EQ(result.error().reason(), "test.no");
  EXPECT_FALSE(write(refused()));
  EXPECT_EQ(hooks, 0);
  EXPECT_TRUE(write(insert(1)));
  EXPECT_EQ(hooks, 1);
}

TEST_P(SqlSuite, HooksRunInsideTheTransactionInOrder) {
  db_->before_commit([](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Row row, tx.one("SELECT COUNT(*) FROM item"));
    WEIR_TRY(tx.execute("INSERT INTO word (text) VALUES (?)", {std::to_string(row[0].integer())}));
    return {};
  });
  db_->before_commit([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("UPDATE word SET text = text || '!'"));
    return {};
  });
  const std::vector<Work> works = {insert(1), insert(2)};
  for (const auto& result : db_->write_batch(works)) ASSERT_TRUE(result);
  EXPECT_EQ(must_read("SELECT text FROM word").at(0).at(0).text(), "2!");
}

TEST_P(SqlSuite, AFailingHookFailsTheBatchAndNothingElse) {
  bool fail = true;
  db_->before_commit([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO word (text) VALUES ('hook')"));
    if (fail) return Error(Errc::kUnavailable, "cannot sign").because("test.sign");
    return {};
  });
  const std::vector<Work> works = {insert(1), refused(), insert(2)};
  const auto results = db_->write_batch(works);
  EXPECT_EQ(results[0].error().reason(), "test.sign");
  EXPECT_EQ(results[1].error().reason(), "test.no");
  EXPECT_EQ(results[2].error().reason(), "test.sign");
  EXPECT_EQ(count("item"), 0);
  EXPECT_EQ(count("word"), 0);
  fail = false;
  EXPECT_TRUE(write(insert(1)));
  EXPECT_TRUE(db_->health());
}

TEST_P(SqlSuite, CallbacksFollowTheFateOfTheirWork) {
  std::string trace;
  const auto note = [&trace](std::string done, std::string undo, Result<> result, std::int64_t id) -> Work {
    return [&trace, done, undo, result, id](Tx& tx) -> Result<> {
      tx.if_undone([&trace, undo] { trace += undo + "1 "; });
      tx.if_undone([&trace, undo] { trace += undo + "2 "; });
      tx.after_commit([&trace, done] { trace += done + " "; });
      WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (?)", {id}));
      return result;
    };
  };
  std::vector<Work> works = {note("A", "a", {}, 1), note("B", "b", Error(Errc::kConflict, "no"), 2),
                             note("C", "c", {}, 3)};
  (void)db_->write_batch(works);
  EXPECT_EQ(trace, "b2 b1 A C ");
  trace.clear();
  db_->before_commit([](Tx&) -> Result<> { return Error(Errc::kUnavailable, "no"); });
  works = {note("A", "a", {}, 4), note("B", "b", {}, 5)};
  (void)db_->write_batch(works);
  EXPECT_EQ(trace, "b2 b1 a2 a1 ");
}

// --- Reads beside writes ---

TEST_P(SqlSuite, ReadsSeeOnlyWhatIsCommitted) {
  if (!bed_->durable()) GTEST_SKIP() << "one connection";
  must_write("INSERT INTO item (id) VALUES (1)");
  ASSERT_TRUE(write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (2)"));
    std::thread([&] { EXPECT_EQ(count("item"), 1); }).join();
    return {};
  }));
  EXPECT_EQ(count("item"), 2);
}

TEST_P(SqlSuite, AReadSeesOneMomentThroughout) {
  if (!bed_->durable()) GTEST_SKIP() << "one connection";
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Row before, tx.one("SELECT COUNT(*) FROM item"));
    std::thread([&] { EXPECT_TRUE(write(insert(1))); }).join();
    WEIR_TRY_LET(const Row then, tx.one("SELECT COUNT(*) FROM item"));
    EXPECT_EQ(before[0].integer(), then[0].integer());
    return {};
  }));
}

TEST_P(SqlSuite, ManyThreadsReadAndWrite) {
  constexpr int kWriters = 3;
  constexpr int kReaders = 6;
  constexpr int kRounds = 25;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kRounds; ++i) {
        // Two rows or none, so that readers can tell a half.
        const std::int64_t id = (w * kRounds + i) * 2;
        if (!write([&](Tx& tx) -> Result<> {
              WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (?)", {id}));
              WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (?)", {id + 1}));
              return {};
            })) {
          ++failures;
        }
      }
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&] {
      std::int64_t last = 0;
      for (int i = 0; i < kRounds; ++i) {
        const std::int64_t now = count("item");
        if (now % 2 != 0 || now < last) ++failures;
        last = now;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(count("item"), kWriters * kRounds * 2);
}

TEST_P(SqlSuite, WhatWasWrittenIsThereAfterReopening) {
  if (!bed_->durable()) GTEST_SKIP() << "in memory";
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(write(insert(i)));
  db_.reset();
  auto again = bed_->open();
  ASSERT_TRUE(again) << again.error().message();
  db_ = std::move(*again);
  EXPECT_EQ(count("item"), 50);
}

TEST_P(SqlSuite, GoingPastTheTxIsAProgrammersError) {
  if (!bed_->in_process()) GTEST_SKIP() << "a dying process would leave its server behind";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)db_->write([&](Tx&) { return db_->read([](Tx&) -> Result<> { return {}; }); }), "check");
}

}  // namespace weir::store::testing
