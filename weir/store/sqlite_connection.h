// SqliteConnection: one SQLite connection with its prepared statements; SqliteTx: one work's view of it.
//
// Internal to store. Thread-safety: a connection belongs to one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "weir/store/sql.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::store {

// The error of a SQLite result code, in the words of sql.h.
Error sqlite_error(sqlite3* handle, int code, std::string_view doing);

class SqliteConnection {
 public:
  struct Options {
    std::string path = {};
    std::string vfs = {};
    std::size_t cache_bytes = 0;
    std::size_t mmap_bytes = 0;
    bool durable = true;  // false: in memory
  };
  static Result<std::unique_ptr<SqliteConnection>> open(const Options& options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // A prepared statement, from the cache or new; given back, reset, when the lease ends.
  class Lease {
   public:
    Lease(sqlite3_stmt* statement, bool* busy) : statement_(statement), busy_(busy) {}
    Lease(Lease&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)), busy_(other.busy_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    sqlite3_stmt* get() const { return statement_; }

   private:
    sqlite3_stmt* statement_;
    bool* busy_;  // in the cache; null: the lease owns the statement
  };
  Result<Lease> prepare(std::string_view sql);
  // A statement without parameters or rows, such as COMMIT.
  Result<> run(std::string_view sql);
  Result<> script(const std::string& sql);

  sqlite3* handle() const { return handle_; }
  bool in_transaction() const;
  // Pages in the write-ahead log after the last commit.
  int log_pages() const { return log_pages_; }
  void forget_log_pages() { log_pages_ = 0; }
  // Moves the log's pages into the file. With `wait`, waits for readers so that the log starts anew.
  Result<> checkpoint(bool wait);
  // Writes what the log holds once more and syncs it, so that what recovery saw is on disk even if an earlier
  // process was told of a failed fsync; then fills the log's file with zeros up to `bytes`, so that commits
  // overwrite and need not grow it.
  Result<> settle_log(std::size_t bytes);

 private:
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
  Result<sqlite3_stmt*> compile(std::string_view sql);
  void forget_statements();

  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool busy = false;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  sqlite3* handle_;
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> statements_;
  int log_pages_ = 0;
};

class SqliteTx final : public Tx {
 public:
  enum class Mode : std::uint8_t { kRead, kWrite, kWriteSavepoint /* opens one before the first change */ };
  SqliteTx(SqliteConnection& connection, Mode mode, Callbacks* callbacks) : connection_(connection), mode_(mode) {
    callbacks_ = callbacks;
  }

  Result<Rows> query(std::string_view sql, ParamList params) override;
  Result<std::int64_t> execute(std::string_view sql, ParamList params) override;
  Result<> scan(std::string_view sql, ParamList params, const std::function<bool(const Row&)>& each) override;
  Result<> script(std::string_view sql) override;

  // The error of the statement that failed, if one did, with its SQLite code.
  const std::optional<Error>& failure() const { return failure_; }
  int failure_code() const { return failure_code_; }
  bool has_savepoint() const { return savepoint_; }

  using Tx::Callbacks;

 private:
  template <class Each>
  Result<> step_all(std::string_view sql, ParamList params, Each&& each);
  Result<> bind(sqlite3_stmt* statement, ParamList params);
  Result<> before_change();
  Error fail(Error error, int code);

  SqliteConnection& connection_;
  Mode mode_;
  bool savepoint_ = false;
  std::optional<Error> failure_;
  int failure_code_ = 0;
};

}  // namespace weir::store
