// Sql: relational state behind one interface, SQLite by default, PostgreSQL past one machine.
//
// SQL text: the common subset of both, `?` placeholders; column types INTEGER (64 bits), TEXT (UTF-8 without NUL,
// ordered by its bytes), BLOB, REAL. Keys: explicit INTEGER or TEXT, or `id INTEGER PRIMARY KEY AUTOINCREMENT` with
// `INSERT … RETURNING id`. `INSERT … ON CONFLICT`, `RETURNING` and partial indexes are in both. See README.md.
// Durable: a write is acknowledged after the commit is on disk (I-2).
// Thread-safety: Sql is thread-safe; a Tx belongs to the function it was given to.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/base/time.h"

namespace weir::store {

class Value {
 public:
  Value() = default;  // NULL
  Value(std::nullptr_t) {}
  template <class I>
    requires std::is_integral_v<I>
  Value(I value) : value_(static_cast<std::int64_t>(value)) {}
  Value(Timestamp time) : value_(time.value()) {}
  Value(double value) : value_(value) {}
  Value(std::string value) : value_(std::move(value)) {}
  Value(std::string_view value) : value_(std::string(value)) {}
  Value(const char* value) : value_(std::string(value)) {}
  Value(Bytes value) : value_(std::move(value)) {}
  Value(ByteView value) : value_(copy_of(value)) {}
  template <std::size_t N>
  Value(const std::array<std::uint8_t, N>& value) : value_(Bytes(value.begin(), value.end())) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // Requires the type named, or NULL which reads as 0, 0.0, "" and no bytes (checked).
  std::int64_t integer() const;
  double real() const;
  const std::string& text() const;
  const Bytes& blob() const;
  Timestamp time() const { return Timestamp(integer()); }

  using Variant = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;
  const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

using Row = std::vector<Value>;
using Rows = std::vector<Row>;
using Params = std::vector<Value>;  // for lists that are built up; a braced list needs no copies

// A borrowed argument of a statement: lives as long as what it was made from, so only inside a call.
class Param {
 public:
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };

  Param() = default;  // NULL
  Param(std::nullptr_t) {}
  template <class I>
    requires std::is_integral_v<I>
  Param(I value) : kind_(Kind::kInteger), integer_(static_cast<std::int64_t>(value)) {}
  Param(Timestamp time) : kind_(Kind::kInteger), integer_(time.value()) {}
  Param(double value) : kind_(Kind::kReal), real_(value) {}
  Param(std::string_view text) : kind_(Kind::kText), size_(text.size()), data_(text.data()) {}
  Param(const std::string& text) : Param(std::string_view(text)) {}
  Param(const char* text) : Param(std::string_view(text)) {}
  Param(ByteView bytes) : kind_(Kind::kBlob), size_(bytes.size()), data_(bytes.data()) {}
  Param(const Bytes& bytes) : Param(ByteView(bytes)) {}
  template <std::size_t N>
  Param(const std::array<std::uint8_t, N>& bytes) : Param(ByteView(bytes)) {}
  Param(const Value& value);

  // Each but kind() requires that kind.
  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  double real() const { return real_; }
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  ByteView blob() const { return {static_cast<const std::uint8_t*>(data_), size_}; }

 private:
  Kind kind_ = Kind::kNull;
  std::size_t size_ = 0;
  union {
    std::int64_t integer_ = 0;
    double real_;
    const void* data_;
  };
};

// The arguments of one call: `{id, name}` borrows, a Params is looked at in place. Never keep one.
class ParamList {
 public:
  ParamList() = default;
  ParamList(std::initializer_list<Param> params) { params_ = params.begin(), size_ = params.size(); }
  ParamList(const Params& values) : values_(values.data()), size_(values.size()) {}

  std::size_t size() const { return size_; }
  Param operator[](std::size_t at) const { return params_ ? params_[at] : Param(values_[at]); }

 private:
  const Param* params_ = nullptr;
  const Value* values_ = nullptr;
  std::size_t size_ = 0;
};

// One work's view of the database. A statement that failed fails the work, whatever the work returns, and further
// statements of it are refused with the same error: PostgreSQL can do no other, so SQLite does the same. To live with a
// conflict, write `ON CONFLICT DO NOTHING` and look at the number of rows changed.
class Tx {
 public:
  virtual ~Tx() = default;
  // Runs a statement and returns all its rows. Statements are prepared once and kept.
  virtual Result<Rows> query(std::string_view sql, ParamList params = {}) = 0;
  // Runs a statement and returns the number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, ParamList params = {}) = 0;
  // Row by row, for long results; `each` returns false to stop. The row is reused for the next.
  virtual Result<> scan(std::string_view sql, ParamList params, const std::function<bool(const Row&)>& each) = 0;
  // Several statements without parameters, as in a migration.
  virtual Result<> script(std::string_view sql) = 0;

  // The first row, or kNotFound.
  virtual Result<Row> one(std::string_view sql, ParamList params = {});

  // For what a service keeps in memory beside the database. `done` runs when this work is durable; `undo` when it
  // failed or its batch did, latest first. Both run on the committing thread before the write is answered, and must
  // not touch the database. Requires: a write, not a read.
  void after_commit(std::function<void()> done);
  void if_undone(std::function<void()> undo);

 protected:
  struct Callbacks {
    std::vector<std::function<void()>> done;
    std::vector<std::function<void()>> undo;
    struct Mark {
      std::size_t done = 0;
      std::size_t undo = 0;
    };
    Mark mark() const { return {done.size(), undo.size()}; }
    void run_done();
    void run_undo(Mark down_to);  // undoes, and forgets, what came after the mark
  };
  Callbacks* callbacks_ = nullptr;
};

// May be run more than once (a lost serialization race, or another work of the batch that took the transaction
// with it), each time from the same committed state: a work sets its results, it does not add to them.
// Inside a work, use its Tx and nothing else of the database: a nested read or write is a programmer's error (checked).
using Work = std::function<Result<>(Tx&)>;

// What the domain needs of a database. Thread-safe. `write` returns when its work is durable, or failed and left no
// trace.
class Sql {
 public:
  virtual ~Sql() = default;
  virtual Result<> write(const Work& work) = 0;
  virtual Result<> read(const Work& work) = 0;
};

// write/read with a value: `sql_write<int>(sql, [&](Tx& tx) -> Result<int> { … })`.
template <class T, class Function>
Result<T> sql_write(Sql& sql, Function&& function) {
  Result<T> out = Error(Errc::kUnavailable, "not run");
  WEIR_TRY(sql.write([&](Tx& tx) -> Result<> {
    out = function(tx);
    if (!out) return Error(out.error());
    return {};
  }));
  return out;
}
template <class T, class Function>
Result<T> sql_read(Sql& sql, Function&& function) {
  Result<T> out = Error(Errc::kUnavailable, "not run");
  WEIR_TRY(sql.read([&](Tx& tx) -> Result<> {
    out = function(tx);
    if (!out) return Error(out.error());
    return {};
  }));
  return out;
}

enum class Dialect : std::uint8_t { kSqlite, kPostgres };

// A database, with group commit: each work of a batch is undone alone if it fails, the batch is one durable commit.
// Thread-safe: write_batch and write take turns; reads run beside them and see what is committed.
//
// Reasons a caller can act on: "store.constraint" (kConflict), "store.disk_full" (kExhausted: nothing was written;
// works again by itself when there is space), "store.read_only" (kUnavailable: an earlier commit failed in doubt;
// reopen), "store.unknown_outcome" (kUnavailable: the connection was lost during commit; look before trying again),
// "store.connection_lost", "store.busy" (kUnavailable), "store.corrupt" (kCorrupt), "store.sql" (kInvalidArgument).
class Database : public Sql {
 public:
  virtual Dialect dialect() const = 0;
  // One result a work. A failing work is rolled back alone. If the commit fails, all fail with kUnavailable
  // and the database refuses further writes ("store.read_only") until it is reopened: never retry and hope. Whether
  // that last batch is there, whole, or not at all, is seen after reopening.
  virtual std::vector<Result<>> write_batch(std::span<const Work> works) = 0;
  Result<> write(const Work& work) override;
  // Called inside the transaction, after the works of a batch and before its commit; if it fails, the batch fails.
  // The evidence log signs its checkpoint here. Several hooks run in the order they were given. Not called when every
  // work failed. Set hooks before the first write.
  virtual void before_commit(Work hook) = 0;
  // Whether writes are refused, and why.
  virtual Result<> health() const = 0;
};

struct Migration {
  std::string_view module;                  // "catalog"
  std::vector<std::string_view> versions;   // SQL scripts; append only. May hold several statements.
  // Statements that differ: used instead of `versions` on PostgreSQL if not empty.
  std::vector<std::string_view> postgres_versions = {};
};
// Brings the module's tables up to date; remembers versions, and a checksum of each, in table schema_version
// (docs/formats/store.md). Fails with kConflict: "store.migration_changed" if an applied version reads otherwise
// now, "store.schema_newer" if the database has versions that this program does not know.
Result<> migrate(Database& database, const Migration& migration);

struct SqliteOptions {
  std::string path = {};  // ":memory:" for tests: one connection, nothing durable
  std::size_t cache_bytes = 8u << 20;   // for all connections together
  std::size_t readers_max = 4;          // a further read waits
  std::size_t mmap_bytes = 32u << 20;   // how much of the file readers may map
  // size of the write-ahead log: written ahead once, moved into the file when full
  std::size_t log_bytes = 4u << 20;
  std::string vfs = {};                      // SQLite's name of a file layer, for fault injection; empty: the system's
};
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);
// `url` as libpq takes it: "postgresql:///weir?host=/run/postgresql".
Result<std::unique_ptr<Database>> open_postgres(const std::string& url);
// Chooses by the text: "sqlite:PATH" or "postgresql:…".
Result<std::unique_ptr<Database>> open_database(const std::string& url);

}  // namespace weir::store
