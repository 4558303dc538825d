// PostgreSQL as a Database: one writing connection at SERIALIZABLE, a few reading ones at REPEATABLE READ.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "weir/base/log.h"
#include "weir/store/database_support.h"
#include "weir/store/postgres_connection.h"

namespace weir::store {

namespace {

constexpr int kAttemptsMax = 40;  // of a batch that loses races with other nodes
constexpr auto kBackOffMax = std::chrono::milliseconds(20);
constexpr std::size_t kReadersMax = 4;

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::string url) : url_(std::move(url)) {}
  // Connects, so that a wrong address is told at the start.
  Result<> connect() { return ensure(writer_); }

  Dialect dialect() const override { return Dialect::kPostgres; }
  std::vector<Result<>> write_batch(std::span<const Work> works) override;
  Result<> read(const Work& work) override;
  void before_commit(Work hook) override { hooks_.push_back(std::move(hook)); }
  Result<> health() const override;

 private:
  using Results = std::vector<Result<>>;

  Result<> ensure(std::unique_ptr<PostgresConnection>& connection) const;
  // Runs the batch once; an error is one of the whole batch.
  Result<> attempt(std::span<const Work> works, Results& results);
  Result<> run_work(const Work& work, bool alone, Result<>& result);
  Result<> run_hooks();
  Result<> commit();
  Result<> read_on(PostgresConnection& connection, const Work& work);
  void back_off(int attempts);

  const std::string url_;
  std::vector<Work> hooks_;

  std::mutex writer_mutex_;  // guards writer_, callbacks_ and dice_
  std::unique_ptr<PostgresConnection> writer_;
  PostgresTx::Callbacks callbacks_;
  std::minstd_rand dice_{std::random_device{}()};  // against the other nodes, so not the simulator's

  std::mutex readers_mutex_;  // guards idle_readers_ and readers_busy_
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_readers_;
  std::size_t readers_busy_ = 0;

  mutable std::mutex health_mutex_;  // guards refused_
  std::optional<Error> refused_;
};

Result<> PostgresDatabase::ensure(std::unique_ptr<PostgresConnection>& connection) const {
  if (connection && connection->alive()) return {};
  connection.reset();
  WEIR_TRY_LET(connection, PostgresConnection::open(url_));
  return {};
}

std::vector<Result<>> PostgresDatabase::write_batch(std::span<const Work> works) {
  const Inside inside(this);
  const std::lock_guard lock(writer_mutex_);
  Results results(works.size());
  Result<> done = health();
  for (int attempts = 0; done && !works.empty() && attempts < kAttemptsMax; ++attempts) {
    done = attempt(works, results);
    if (done) {
      callbacks_.run_done();
      return results;
    }
    callbacks_.run_undo({});
    if (writer_ && writer_->alive()) (void)writer_->command("ROLLBACK");
    if (done.error().reason() != kSerializationLost) break;
    if (attempts + 1 == kAttemptsMax) break;
    back_off(attempts);
    done = {};
  }
  if (done) return results;
  Error error = std::move(done).error();
  if (error.reason() == kSerializationLost) error = std::move(error).because("store.busy");
  for (auto& result : results) result = Error(error);
  return results;
}

// Waits a random while, longer each time, so that one of those who race gets through.
void PostgresDatabase::back_off(int attempts) {
  const std::chrono::microseconds grown = std::chrono::microseconds(200) * (1 << std::min(attempts, 10));
  const auto most = std::min<std::chrono::microseconds>(grown, kBackOffMax);
  std::this_thread::sleep_for(most * (dice_() % 1000) / 1000);
}

Result<> PostgresDatabase::attempt(std::span<const Work> works, Results& results) {
  WEIR_TRY(ensure(writer_));
  WEIR_TRY(writer_->command("BEGIN ISOLATION LEVEL SERIALIZABLE"));
  bool any = false;
  for (std::size_t i = 0; i < works.size(); ++i) {
    WEIR_TRY(run_work(works[i], works.size() == 1, results[i]));
    any = any || results[i];
  }
  if (!any) {
    WEIR_TRY(writer_->command("ROLLBACK"));
    return {};
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (results[i]) kept.push_back(i);
  }
  auto ended = run_hooks();
  if (ended) ended = commit();
  if (ended) return {};
  if (ended.error().reason() == kSerializationLost) return ended;
  callbacks_.run_undo({});
  if (writer_->alive()) (void)writer_->command("ROLLBACK");
  fail_all(kept, results, ended.error());
  return {};
}

// An error here is one of the transaction, not of the work.
Result<> PostgresDatabase::run_work(const Work& work, bool alone, Result<>& result) {
  const auto mark = callbacks_.mark();
  PostgresTx tx(*writer_, !alone, &callbacks_);
  result = work(tx);
  if (tx.failure()) {
    const std::string_view reason = tx.failure()->reason();
    if (reason == kSerializationLost || reason == kConnectionLost) return Error(*tx.failure());
    if (result) result = Error(*tx.failure());
  }
  if (!result) {
    callbacks_.run_undo(mark);
    if (tx.has_savepoint()) WEIR_TRY(writer_->command("ROLLBACK TO work; RELEASE work"));
    return {};
  }
  if (tx.has_savepoint()) WEIR_TRY(writer_->command("RELEASE work"));
  return {};
}

Result<> PostgresDatabase::run_hooks() {
  for (const Work& hook : hooks_) {
    PostgresTx tx(*writer_, false, &callbacks_);
    auto result = hook(tx);
    if (tx.failure()) result = Error(*tx.failure());
    if (!result) return std::move(result).error().with("before commit");
  }
  return {};
}

Result<> PostgresDatabase::commit() {
  auto committed = writer_->command("COMMIT");
  if (committed || committed.error().reason() != kConnectionLost) {
    WEIR_TRY(std::move(committed));
    return {};
  }
  // The server may have committed before the answer was lost. What callers keep in memory cannot be trusted any more
  // either way, so no write goes on from it.
  log::error("store.unknown_outcome", {{"error", committed.error().message()}});
  const std::lock_guard lock(health_mutex_);
  refused_ = Error(Errc::kUnavailable, "the store takes no more writes: the connection was lost during a commit")
                 .because("store.read_only")
                 .advise("Start the node again when the database server can be reached.");
  return Error(Errc::kUnavailable, "the connection was lost during the commit: it may have happened or not")
      .because("store.unknown_outcome")
      .advise("Start the node again when the database server can be reached, and look before repeating.");
}

Result<> PostgresDatabase::health() const {
  const std::lock_guard lock(health_mutex_);
  if (refused_) return Error(*refused_);
  return {};
}

Result<> PostgresDatabase::read_on(PostgresConnection& connection, const Work& work) {
  WEIR_TRY(connection.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  PostgresTx tx(connection, false, nullptr);
  auto result = work(tx);
  if (result && tx.failure()) result = Error(*tx.failure());
  if (connection.alive()) (void)connection.command("ROLLBACK");
  return result;
}

Result<> PostgresDatabase::read(const Work& work) {
  const Inside inside(this);
  std::unique_ptr<PostgresConnection> reader;
  {
    std::unique_lock lock(readers_mutex_);
    reader_free_.wait(lock, [&] { return readers_busy_ < kReadersMax; });
    ++readers_busy_;
    if (!idle_readers_.empty()) {
      reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
    }
  }
  const bool used_before = reader != nullptr;
  auto result = ensure(reader);
  if (result) result = read_on(*reader, work);
  // A connection that died while idle is no news: a read can simply be done again.
  if (!result && used_before && reader && !reader->alive()) {
    result = ensure(reader);
    if (result) result = read_on(*reader, work);
  }
  {
    const std::lock_guard lock(readers_mutex_);
    --readers_busy_;
    if (reader && reader->alive()) idle_readers_.push_back(std::move(reader));
  }
  reader_free_.notify_one();
  return result;
}

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& url) {
  auto database = std::make_unique<PostgresDatabase>(url);
  WEIR_TRY(database->connect());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace weir::store
