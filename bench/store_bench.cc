// Store: what a durable write costs beside the disk's own price, and what group commit makes of many.
//
// Budget: one row durable <= 3 fdatasyncs; 300 000 plain inserts a second in one work; 100 000 works a second in
// batches. --rounds=2000 --rows=200000 --threads=16 --database=URL.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "bench/bench.h"
#include "tests/support/temporary_folder.h"
#include "weir/node/group_commit.h"
#include "weir/store/sql.h"

namespace weir::bench {

namespace {

using store::Tx;
using store::Work;

constexpr std::string_view kInsert = "INSERT INTO event (id, kind, body) VALUES (?, ?, ?)";
constexpr std::size_t kBatch = limits::kWriteBatchMax;

struct Bench {
  std::string folder;
  std::int64_t rounds;
  std::int64_t rows;
  std::int64_t threads;
  Bytes body = Bytes(200, 7);
  std::int64_t next_id = 0;

  Work insert() {
    return [this, id = ++next_id](Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute(kInsert, {id, "bench.event", body}));
      return {};
    };
  }
};

struct Latencies {
  DiskProbe raw;
  std::vector<double> direct;
  std::vector<double> grouped;
};

template <class Call>
Result<> timed(std::vector<double>& samples, Call&& call) {
  Result<> done;
  samples.push_back(microseconds_of([&] { done = call(); }));
  return done;
}

// One row durable, directly and through group commit, in turns with the disk's own price.
Result<Latencies> single_writes(Bench& bench, store::Database& database, store::Sql& group) {
  WEIR_TRY_LET(DiskProbe raw, DiskProbe::open(bench.folder));
  Latencies out{.raw = std::move(raw), .direct = {}, .grouped = {}};
  for (std::int64_t i = 0; i < bench.rounds; ++i) {
    WEIR_TRY(out.raw.measure());
    const Work first = bench.insert();
    WEIR_TRY(timed(out.direct, [&] { return database.write(first); }));
    const Work second = bench.insert();
    WEIR_TRY(timed(out.grouped, [&] { return group.write(second); }));
  }
  return out;
}

Result<double> inserts_in_one_work(Bench& bench, store::Sql& sql) {
  Result<> done;
  const double time = microseconds_of([&] {
    done = sql.write([&](Tx& tx) -> Result<> {
      for (std::int64_t i = 0; i < bench.rows; ++i)
        WEIR_TRY(tx.execute(kInsert, {++bench.next_id, "bench.event", bench.body}));
      return {};
    });
  });
  WEIR_TRY(done);
  return static_cast<double>(bench.rows) / time * 1e6;
}

Result<double> works_in_batches(Bench& bench, store::Database& database) {
  double time = 0;
  std::size_t works_done = 0;
  while (works_done < static_cast<std::size_t>(bench.rows)) {
    std::vector<Work> works;
    for (std::size_t i = 0; i < kBatch; ++i) works.push_back(bench.insert());
    std::vector<Result<>> results;
    time += microseconds_of([&] { results = database.write_batch(works); });
    for (auto& result : results) WEIR_TRY(std::move(result));
    works_done += kBatch;
  }
  return static_cast<double>(works_done) / time * 1e6;
}

Result<double> writes_of_many_threads(Bench& bench, store::Sql& sql) {
  std::atomic<bool> failed = false;
  std::atomic<std::int64_t> id = bench.next_id;
  std::vector<std::thread> threads;
  const double time = microseconds_of([&] {
    for (std::int64_t t = 0; t < bench.threads; ++t) {
      threads.emplace_back([&] {
        for (std::int64_t i = 0; i < bench.rounds; ++i) {
          if (!sql.write([&](Tx& tx) -> Result<> {
                WEIR_TRY(tx.execute(kInsert, {++id, "bench.event", bench.body}));
                return {};
              })) {
            failed = true;
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
  });
  bench.next_id = id;
  if (failed) return Error(Errc::kUnavailable, "a write failed");
  return static_cast<double>(bench.threads * bench.rounds) / time * 1e6;
}

Result<double> point_reads(const Bench& bench, store::Sql& sql) {
  Result<> done;
  const double time = microseconds_of([&] {
    for (std::int64_t i = 0; i < bench.rows && done; ++i) {
      done = sql.read([&](Tx& tx) -> Result<> {
        WEIR_TRY(tx.one("SELECT kind, body FROM event WHERE id = ?", {1 + i * 7919 % bench.next_id}));
        return {};
      });
    }
  });
  WEIR_TRY(done);
  return static_cast<double>(bench.rows) / time * 1e6;
}

}  // namespace

Result<Figures> run_store(const Options& options) {
  const testing::TemporaryFolder folder;
  Bench bench{.folder = folder.path(),
              .rounds = options.number("rounds", 2000),
              .rows = options.number("rows", 200000),
              .threads = options.number("threads", 16)};
  const std::string url = options.text("database", "sqlite:" + bench.folder + "/weir.db");
  WEIR_TRY_LET(auto opened, store::open_database(url));
  WEIR_TRY(opened->write([](Tx& tx) {
    return tx.script(
        "DROP TABLE IF EXISTS event; CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT "
        "NULL)");
  }));
  store::Database& database = *opened;
  node::GroupCommit group(std::move(opened));

  WEIR_TRY_LET(const Latencies one, single_writes(bench, database, group));
  WEIR_TRY_LET(const double rows, inserts_in_one_work(bench, database));
  WEIR_TRY_LET(const double works, works_in_batches(bench, database));
  WEIR_TRY_LET(const double many, writes_of_many_threads(bench, group));
  WEIR_TRY_LET(const double reads, point_reads(bench, database));
  const double sync = one.raw.p50();
  return Figures{
      {"one_row_durable_p50", quantile(one.direct, 0.5), "us", "pwrite_fdatasync_p50", sync, ratio_at_most(3)},
      {"one_row_durable_p99", quantile(one.direct, 0.99), "us", "pwrite_fdatasync_p99", one.raw.p99()},
      {"one_row_group_commit_p50", quantile(one.grouped, 0.5), "us", "pwrite_fdatasync_p50", sync},
      {"inserts_in_one_work", rows, "1/s", "", 0, at_least(300e3)},
      {"works_in_batches_of_1024", works, "1/s", "", 0, at_least(100e3)},
      {"durable_writes_of_all_threads", many, "1/s", "one_thread_alone", 1e6 / quantile(one.grouped, 0.5)},
      {"point_reads", reads, "1/s", "", 0, at_least(100e3)},
  };
}

}  // namespace weir::bench
