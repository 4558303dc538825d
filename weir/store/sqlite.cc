// SQLite as a Database: one writing connection, a few reading ones, commits in the write-ahead log.
// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "weir/base/log.h"
#include "weir/store/database_support.h"
#include "weir/store/sqlite_connection.h"

namespace weir::store {

namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr int kLogGrowthMax = 16;  // times its size before a commit waits for readers to let go of it

class SqliteDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(const SqliteOptions& options);

  Dialect dialect() const override { return Dialect::kSqlite; }
  std::vector<Result<>> write_batch(std::span<const Work> works) override;
  Result<> read(const Work& work) override;
  void before_commit(Work hook) override { hooks_.push_back(std::move(hook)); }
  Result<> health() const override;

 private:
  using Results = std::vector<Result<>>;
  enum class Attempt : std::uint8_t { kDone, kTransactionLost };

  explicit SqliteDatabase(const SqliteOptions& options) : options_(options), in_memory_(options.path == ":memory:") {}
  SqliteConnection::Options connection_options(bool writer) const;
  Attempt attempt(std::span<const Work> works, std::vector<std::size_t>& todo, Results& results);
  Attempt run_works(std::span<const Work> works, std::vector<std::size_t>& todo, Results& results);
  Result<> commit();
  Result<> run_hooks();
  void roll_back();
  void after_commit();
  void refuse_writes(const Error& cause);
  void note_disk_full(bool full);
  Result<> read_on(SqliteConnection& connection, const Work& work);
  Result<std::unique_ptr<SqliteConnection>> take_reader();
  void give_back(std::unique_ptr<SqliteConnection> reader);

  const SqliteOptions options_;
  const bool in_memory_;
  std::vector<Work> hooks_;

  std::mutex writer_mutex_;  // guards writer_ and callbacks_
  std::unique_ptr<SqliteConnection> writer_;
  SqliteTx::Callbacks callbacks_;

  std::mutex readers_mutex_;  // guards idle_readers_ and readers_open_
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;
  std::size_t readers_open_ = 0;

  mutable std::mutex health_mutex_;  // guards refused_ and disk_full_
  std::optional<Error> refused_;
  bool disk_full_ = false;
};

bool is_disk_full(const Error& error) { return error.reason() == "store.disk_full"; }
// What leaves it open whether the disk holds what was written, or what it holds at all.
bool is_fatal(const Error& error) { return error.reason() == "store.io" || error.reason() == "store.corrupt"; }

// --- Opening ---

SqliteConnection::Options SqliteDatabase::connection_options(bool writer) const {
  const std::size_t readers = std::max<std::size_t>(options_.readers_max, 1);
  return {.path = options_.path,
          .vfs = options_.vfs,
          .cache_bytes = std::max<std::size_t>(options_.cache_bytes / 2 / (writer ? 1 : readers), 256u << 10),
          .mmap_bytes = writer ? 0 : options_.mmap_bytes,
          .durable = !in_memory_};
}

Result<std::unique_ptr<Database>> SqliteDatabase::open(const SqliteOptions& options) {
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(options));
  WEIR_TRY_LET(database->writer_, SqliteConnection::open(database->connection_options(true)));
  if (!database->in_memory_) WEIR_TRY(database->writer_->settle_log(options.log_bytes));
  return std::unique_ptr<Database>(std::move(database));
}

// --- Writing ---

std::vector<Result<>> SqliteDatabase::write_batch(std::span<const Work> works) {
  const Inside inside(this);
  const std::lock_guard lock(writer_mutex_);
  Results results(works.size());
  std::vector<std::size_t> todo(works.size());
  for (std::size_t i = 0; i < todo.size(); ++i) todo[i] = i;
  {
    const std::lock_guard health_lock(health_mutex_);
    if (refused_) {
      fail_all(todo, results, *refused_);
      return results;
    }
  }
  // A full disk may take the whole transaction with it: then the others run once more, without the work that met it.
  while (!todo.empty() && attempt(works, todo, results) == Attempt::kTransactionLost) {
  }
  return results;
}

SqliteDatabase::Attempt SqliteDatabase::attempt(std::span<const Work> works, std::vector<std::size_t>& todo,
                                                Results& results) {
  auto begun = writer_->run("BEGIN IMMEDIATE");
  if (!begun) {
    fail_all(todo, results, begun.error());
    return Attempt::kDone;
  }
  if (run_works(works, todo, results) == Attempt::kTransactionLost) return Attempt::kTransactionLost;
  if (todo.empty()) {
    roll_back();
    return Attempt::kDone;
  }
  auto committed = run_hooks();
  if (committed) committed = commit();
  if (!committed) {
    roll_back();
    if (is_disk_full(committed.error())) note_disk_full(true);
    fail_all(todo, results, committed.error());
    return Attempt::kDone;
  }
  after_commit();
  return Attempt::kDone;
}

// Leaves in `todo` the works that succeeded.
SqliteDatabase::Attempt SqliteDatabase::run_works(std::span<const Work> works, std::vector<std::size_t>& todo,
                                                  Results& results) {
  const bool alone = todo.size() == 1;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < todo.size(); ++at) {
    const std::size_t i = todo[at];
    const auto mark = callbacks_.mark();
    SqliteTx tx(*writer_, alone ? SqliteTx::Mode::kWrite : SqliteTx::Mode::kWriteSavepoint, &callbacks_);
    results[i] = works[i](tx);
    if (results[i] && tx.failure()) results[i] = Error(*tx.failure());
    Result<> closed;
    if (results[i]) {
      if (tx.has_savepoint()) closed = writer_->run("RELEASE work");
      todo[kept++] = i;
    } else {
      callbacks_.run_undo(mark);
      if (is_disk_full(results[i].error())) note_disk_full(true);
      if (tx.failure() && is_fatal(*tx.failure())) closed = Error(*tx.failure());
      if (writer_->in_transaction() && tx.has_savepoint() && closed) {
        closed = writer_->run("ROLLBACK TO work");
        if (closed) closed = writer_->run("RELEASE work");
      }
    }
    if (!closed) {
      refuse_writes(closed.error());
      roll_back();
      todo.erase(todo.begin() + static_cast<std::ptrdiff_t>(kept), todo.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      fail_all(todo, results, closed.error());
      todo.clear();
      return Attempt::kDone;
    }
    if (!writer_->in_transaction()) {
      todo.erase(todo.begin() + static_cast<std::ptrdiff_t>(kept), todo.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      roll_back();
      return Attempt::kTransactionLost;
    }
  }
  todo.resize(kept);
  return Attempt::kDone;
}

Result<> SqliteDatabase::run_hooks() {
  for (const Work& hook : hooks_) {
    SqliteTx tx(*writer_, SqliteTx::Mode::kWrite, &callbacks_);
    auto result = hook(tx);
    if (result && tx.failure()) result = Error(*tx.failure());
    if (tx.failure() && is_fatal(*tx.failure())) refuse_writes(*tx.failure());
    if (!result) return std::move(result).error().with("before commit");
  }
  return {};
}

Result<> SqliteDatabase::commit() {
  auto committed = writer_->run("COMMIT");
  if (committed) return {};
  const Error& error = committed.error();
  // These are reported before anything of the commit reached the disk. After everything else it may have.
  if (is_disk_full(error) || error.code() == Errc::kConflict || error.reason() == "store.busy") return committed;
  refuse_writes(error);
  return health();
}

void SqliteDatabase::roll_back() {
  callbacks_.run_undo({});
  if (!writer_->in_transaction()) return;
  auto undone = writer_->run("ROLLBACK");
  if (!undone) refuse_writes(undone.error());
}

void SqliteDatabase::after_commit() {
  note_disk_full(false);
  callbacks_.run_done();
  const int goal = static_cast<int>(options_.log_bytes / kPageBytes);
  if (in_memory_ || writer_->log_pages() < goal) return;
  const bool wait = writer_->log_pages() >= goal * kLogGrowthMax;
  writer_->forget_log_pages();
  auto moved = writer_->checkpoint(wait);
  if (moved) return;
  // What was acknowledged is in the log, so nothing is lost; a full disk can wait for space.
  log::warning("store.checkpoint_failed", {{"error", moved.error().message()}});
  if (is_fatal(moved.error())) refuse_writes(moved.error());
}

void SqliteDatabase::refuse_writes(const Error& cause) {
  const std::lock_guard lock(health_mutex_);
  if (refused_) return;
  log::error("store.read_only", {{"error", cause.message()}});
  const bool corrupt = cause.code() == Errc::kCorrupt;
  refused_ = Error(corrupt ? Errc::kCorrupt : Errc::kUnavailable,
                   "the store takes no more writes: " + std::string(cause.message()))
                 .because(corrupt ? "store.corrupt" : "store.read_only")
                 .advise(corrupt ? "Stop the node and restore the data folder from a backup."
                                 : "Check the disk and the kernel's log, then start the node again.");
}

void SqliteDatabase::note_disk_full(bool full) {
  const std::lock_guard lock(health_mutex_);
  disk_full_ = full;
}

Result<> SqliteDatabase::health() const {
  const std::lock_guard lock(health_mutex_);
  if (refused_) return Error(*refused_);
  if (disk_full_) {
    return Error(Errc::kExhausted, "the last write met a full disk")
        .because("store.disk_full")
        .advise("Free space where the data folder lies; writes work again by themselves.");
  }
  return {};
}

// --- Reading ---

Result<> SqliteDatabase::read_on(SqliteConnection& connection, const Work& work) {
  WEIR_TRY(connection.run("BEGIN"));
  SqliteTx tx(connection, SqliteTx::Mode::kRead, nullptr);
  auto result = work(tx);
  if (result && tx.failure()) result = Error(*tx.failure());
  if (connection.in_transaction()) WEIR_TRY(connection.run("ROLLBACK"));
  return result;
}

Result<> SqliteDatabase::read(const Work& work) {
  const Inside inside(this);
  if (in_memory_) {
    const std::lock_guard lock(writer_mutex_);
    return read_on(*writer_, work);
  }
  WEIR_TRY_LET(auto reader, take_reader());
  auto result = read_on(*reader, work);
  give_back(std::move(reader));
  return result;
}

Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::take_reader() {
  {
    std::unique_lock lock(readers_mutex_);
    const std::size_t readers_max = std::max<std::size_t>(options_.readers_max, 1);
    reader_free_.wait(lock, [&] { return !idle_readers_.empty() || readers_open_ < readers_max; });
    if (!idle_readers_.empty()) {
      auto reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
    ++readers_open_;
  }
  auto opened = SqliteConnection::open(connection_options(false));
  if (!opened) give_back(nullptr);
  return opened;
}

void SqliteDatabase::give_back(std::unique_ptr<SqliteConnection> reader) {
  {
    const std::lock_guard lock(readers_mutex_);
    if (reader) {
      idle_readers_.push_back(std::move(reader));
    } else {
      --readers_open_;
    }
  }
  reader_free_.notify_one();
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) { return SqliteDatabase::open(options); }

}  // namespace weir::store
