// SPDX-License-Identifier: Apache-2.0
#include "weir/store/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <mutex>

#include "weir/store/database_support.h"

namespace weir::store {

namespace {

constexpr std::size_t kStatementsMax = 256;
constexpr int kBusyMilliseconds = 5000;

void configure_library() {
  static std::once_flag once;
  // No global memory statistics: they cost a lock an allocation. Refused, harmlessly, if SQLite is already in use.
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

Value column(sqlite3_stmt* statement, int at) {
  switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER: return Value(static_cast<std::int64_t>(sqlite3_column_int64(statement, at)));
    case SQLITE_FLOAT: return Value(sqlite3_column_double(statement, at));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
      return Value(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, at))));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, at));
      return Value(Bytes(bytes, bytes + sqlite3_column_bytes(statement, at)));
    }
    default: return {};
  }
}

int bind_one(sqlite3_stmt* statement, int at, const Param& param) {
  switch (param.kind()) {
    case Param::Kind::kNull: return sqlite3_bind_null(statement, at);
    case Param::Kind::kInteger: return sqlite3_bind_int64(statement, at, param.integer());
    case Param::Kind::kReal: return sqlite3_bind_double(statement, at, param.real());
    case Param::Kind::kText: {
      const std::string_view text = param.text();
      const char* data = text.data() ? text.data() : "";
      return sqlite3_bind_text64(statement, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    case Param::Kind::kBlob: {
      const ByteView bytes = param.blob();
      return bytes.empty() ? sqlite3_bind_zeroblob(statement, at, 0)
                           : sqlite3_bind_blob64(statement, at, bytes.data(), bytes.size(), SQLITE_STATIC);
    }
  }
  return SQLITE_MISUSE;
}

// Mode 0600 from the first moment; SQLite gives the log the mode of the file.
Result<> create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error(Errc::kUnavailable, "cannot open the database file " + path)
        .because("store.cannot_open")
        .advise("Check that the data folder exists and that this user may write to it.");
  }
  ::close(fd);
  return {};
}

int on_commit(void* pages_out, sqlite3*, const char*, int pages) {
  *static_cast<int*>(pages_out) = pages;
  return SQLITE_OK;
}

}  // namespace

Error sqlite_error(sqlite3* handle, int code, std::string_view doing) {
  const char* words = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const std::string text = std::string(doing) + ": " + words;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return Error(Errc::kConflict, text).because("store.constraint");
    case SQLITE_FULL:
      return Error(Errc::kExhausted, text)
          .because("store.disk_full")
          .advise("Free space where the data folder lies; writes work again by themselves.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(Errc::kCorrupt, text)
          .because("store.corrupt")
          .advise("Stop the node and restore the data folder from a backup.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return Error(Errc::kUnavailable, text).because("store.busy");
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return Error(Errc::kExhausted, text).because("store.too_big");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return Error(Errc::kUnavailable, text)
          .because("store.cannot_open")
          .advise("Check that the data folder exists and that this user may write to it.");
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
      return Error(Errc::kUnavailable, text)
          .because("store.io")
          .advise("Check the disk and the kernel's log before starting the node again.");
    default: return Error(Errc::kInvalidArgument, text).because("store.sql");
  }
}

// --- Connection ---

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const Options& options) {
  configure_library();
  if (options.durable) WEIR_TRY(create_private(options.path));
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  const std::string opening = "opening " + options.path;
  if (code != SQLITE_OK) return sqlite_error(handle, code, opening);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  std::string settings =
      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST; "
      "PRAGMA cache_size=-" + std::to_string(options.cache_bytes / 1024) + ";";
  if (options.durable) {
    settings += "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=" +
                std::to_string(options.mmap_bytes) + ";";
  }
  auto configured = connection->script(settings);
  if (!configured) return std::move(configured).error().with(opening);
  sqlite3_wal_hook(handle, &on_commit, &connection->log_pages_);
  return connection;
}

SqliteConnection::~SqliteConnection() {
  forget_statements();
  sqlite3_close_v2(handle_);
}

SqliteConnection::Lease::~Lease() {
  if (!statement_) return;
  if (busy_) {
    sqlite3_reset(statement_);
    *busy_ = false;
  } else {
    sqlite3_finalize(statement_);
  }
}

void SqliteConnection::forget_statements() {
  for (auto at = statements_.begin(); at != statements_.end();) {
    if (at->second.busy) {
      ++at;
      continue;
    }
    sqlite3_finalize(at->second.statement);
    at = statements_.erase(at);
  }
}

Result<sqlite3_stmt*> SqliteConnection::compile(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, &tail);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, "preparing a statement");
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (!statement || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    sqlite3_finalize(statement);
    return Error(Errc::kInvalidArgument, "not exactly one statement").because("store.sql");
  }
  return statement;
}

Result<SqliteConnection::Lease> SqliteConnection::prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end() && !found->second.busy) {
    found->second.busy = true;
    return Lease(found->second.statement, &found->second.busy);
  }
  WEIR_TRY_LET(sqlite3_stmt * statement, compile(sql));
  if (found != statements_.end()) return Lease(statement, nullptr);  // the same text is being run further up
  if (statements_.size() >= kStatementsMax) forget_statements();
  Cached& cached = statements_.emplace(std::string(sql), Cached{statement, true}).first->second;
  return Lease(statement, &cached.busy);
}

Result<> SqliteConnection::run(std::string_view sql) {
  WEIR_TRY_LET(const Lease lease, prepare(sql));
  const int code = sqlite3_step(lease.get());
  if (code != SQLITE_DONE && code != SQLITE_ROW) return sqlite_error(handle_, code, sql);
  return {};
}

Result<> SqliteConnection::script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, "running a script");
  return {};
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

Result<> SqliteConnection::checkpoint(bool wait) {
  const int mode = wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, "main", mode, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  return sqlite_error(handle_, code, "moving the log into the file");
}

Result<> SqliteConnection::settle_log(std::size_t bytes) {
  WEIR_TRY(run("BEGIN IMMEDIATE"));
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  sqlite3_int64 size = 0;
  std::array<std::uint8_t, 64u << 10> block{};
  int code = file && file->pMethods ? file->pMethods->xFileSize(file, &size) : SQLITE_CANTOPEN;
  bool used = false;
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(block.size())) {
    const int length = static_cast<int>(std::min<sqlite3_int64>(static_cast<sqlite3_int64>(block.size()), size - at));
    code = file->pMethods->xRead(file, block.data(), length, at);
    if (at == 0) used = block[0] != 0;  // the first byte of the log's magic number
    if (!used) break;
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, block.data(), length, at);
  }
  if (code == SQLITE_OK && used) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) {
    Error error = sqlite_error(nullptr, code, "settling the write-ahead log");
    WEIR_TRY(run("ROLLBACK"));
    return error;
  }
  block.fill(0);
  const auto goal = static_cast<sqlite3_int64>(bytes);
  for (sqlite3_int64 at = size; code == SQLITE_OK && at < goal; at += static_cast<sqlite3_int64>(block.size())) {
    const int length = static_cast<int>(std::min<sqlite3_int64>(static_cast<sqlite3_int64>(block.size()), goal - at));
    code = file->pMethods->xWrite(file, block.data(), length, at);
  }
  if (code == SQLITE_OK && size < goal) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  WEIR_TRY(run("ROLLBACK"));
  // A full disk is no reason not to start: reads work, and writes will say so themselves.
  if (code != SQLITE_OK && code != SQLITE_FULL) return sqlite_error(nullptr, code, "settling the write-ahead log");
  return {};
}

// --- Tx ---

Error SqliteTx::fail(Error error, int code) {
  failure_ = error;
  failure_code_ = code;
  return error;
}

Result<> SqliteTx::before_change() {
  if (mode_ == Mode::kRead) {
    return Error(Errc::kInvalidArgument, "a statement that changes rows in a read").because("store.sql");
  }
  if (mode_ == Mode::kWriteSavepoint && !savepoint_) {
    WEIR_TRY(connection_.run("SAVEPOINT work"));
    savepoint_ = true;
  }
  return {};
}

Result<> SqliteTx::bind(sqlite3_stmt* statement, ParamList params) {
  if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) != params.size()) {
    return wrong_number_of_arguments();
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Param param = params[i];
    WEIR_TRY(check_param(param));
    const int code = bind_one(statement, static_cast<int>(i) + 1, param);
    if (code != SQLITE_OK) return sqlite_error(connection_.handle(), code, "binding an argument");
  }
  return {};
}

template <class Each>
Result<> SqliteTx::step_all(std::string_view sql, ParamList params, Each&& each) {
  if (failure_) return Error(*failure_);
  auto lease = connection_.prepare(sql);
  if (!lease) return fail(std::move(lease).error(), 0);
  sqlite3_stmt* statement = lease->get();
  if (!sqlite3_stmt_readonly(statement)) {
    auto ready = before_change();
    if (!ready) return fail(std::move(ready).error(), 0);
  }
  auto bound = bind(statement, params);
  if (!bound) return fail(std::move(bound).error(), 0);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return fail(sqlite_error(connection_.handle(), code, "running a statement"), code);
    if (!each(statement)) return {};
  }
}

Result<Rows> SqliteTx::query(std::string_view sql, ParamList params) {
  Rows rows;
  WEIR_TRY(step_all(sql, params, [&](sqlite3_stmt* statement) {
    const int width = sqlite3_data_count(statement);
    Row& row = rows.emplace_back();
    row.reserve(static_cast<std::size_t>(width));
    for (int i = 0; i < width; ++i) row.push_back(column(statement, i));
    return true;
  }));
  return rows;
}

Result<std::int64_t> SqliteTx::execute(std::string_view sql, ParamList params) {
  WEIR_TRY(step_all(sql, params, [](sqlite3_stmt*) { return true; }));
  return static_cast<std::int64_t>(sqlite3_changes64(connection_.handle()));
}

Result<> SqliteTx::scan(std::string_view sql, ParamList params, const std::function<bool(const Row&)>& each) {
  Row row;
  return step_all(sql, params, [&](sqlite3_stmt* statement) {
    row.resize(static_cast<std::size_t>(sqlite3_data_count(statement)));
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = column(statement, static_cast<int>(i));
    return each(row);
  });
}

Result<> SqliteTx::script(std::string_view sql) {
  if (failure_) return Error(*failure_);
  auto ready = before_change();
  if (!ready) return fail(std::move(ready).error(), 0);
  const int code = sqlite3_exec(connection_.handle(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(connection_.handle(), code, "running a script"), code);
  return {};
}

}  // namespace weir::store
