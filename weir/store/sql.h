// Sql: relational state behind one interface, SQLite by default, PostgreSQL past one machine.
//
// SQL text: the common subset of both, `?` placeholders; column types INTEGER (64 bits), TEXT, BLOB, REAL.
// `INSERT … ON CONFLICT` is in both. Durable: a write is acknowledged after the commit is on disk (I-2).
// Thread-safety: Database is to be used as its concrete class says; a Tx belongs to the function it was given to.
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
using Params = std::vector<Value>;

class Tx {
 public:
  virtual ~Tx() = default;
  // Runs a statement and returns all its rows. Statements are prepared once and kept.
  virtual Result<Rows> query(std::string_view sql, const Params& params = {}) = 0;
  // Runs a statement and returns the number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, const Params& params = {}) = 0;
  // Row by row, for long results; `each` returns false to stop.
  virtual Result<> scan(std::string_view sql, const Params& params, const std::function<bool(const Row&)>& each) = 0;

  // The first row, or kNotFound.
  Result<Row> one(std::string_view sql, const Params& params = {});
};

using Work = std::function<Result<>(Tx&)>;

// What the domain needs of a database. `write` returns when its work is durable, or failed and left no trace.
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

// A database, with group commit: each work of a batch runs in its own savepoint, the batch in one durable commit.
// write_batch and write are for one thread at a time; read may be called by many.
class Database : public Sql {
 public:
  virtual Dialect dialect() const = 0;
  // One result a work. A failing work is rolled back alone. If the commit fails, all fail with kUnavailable
  // and the database refuses further writes ("store.read_only") until it is reopened: never retry and hope.
  virtual std::vector<Result<>> write_batch(std::span<const Work> works) = 0;
  Result<> write(const Work& work) override;
  // Called inside the transaction, after the works of a batch and before its commit; if it fails, the batch fails.
  // The evidence log signs its checkpoint here.
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
// Brings the module's tables up to date; remembers versions in table schema_version.
Result<> migrate(Database& database, const Migration& migration);

struct SqliteOptions {
  std::string path;  // ":memory:" for tests: one connection, nothing durable
  std::size_t cache_bytes = 8u << 20;
  std::size_t readers_max = 4;
};
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);
// `url` as libpq takes it: "postgresql:///weir?host=/run/postgresql".
Result<std::unique_ptr<Database>> open_postgres(const std::string& url);
// Chooses by the text: "sqlite:PATH" or "postgresql:…".
Result<std::unique_ptr<Database>> open_database(const std::string& url);

}  // namespace weir::store
