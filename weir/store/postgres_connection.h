// PostgresConnection: one connection with its prepared statements; PostgresTx: one work's view of it.
//
// Internal to store. Thread-safety: a connection belongs to one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "weir/store/sql.h"

struct pg_conn;
struct pg_result;

namespace weir::store {

struct PostgresAnswerDeleter {
  void operator()(pg_result* answer) const;
};
using PostgresAnswer = std::unique_ptr<pg_result, PostgresAnswerDeleter>;

class PostgresConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& url);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  bool alive() const;
  // A command without arguments, such as BEGIN.
  Result<PostgresAnswer> command(const std::string& sql);
  // Runs a statement; prepared on first use, inside a transaction.
  Result<PostgresAnswer> run(std::string_view sql, ParamList params);
  // Opens a cursor named `cursor` over a query.
  Result<> declare(const std::string& cursor, std::string_view sql, ParamList params);
  void forget_statements();

 private:
  // How a statement's arguments are typed: by their values, or left to the server where that cannot work
  // (`substr(name, ?)` wants 32 bits).
  struct Statement {
    std::string name;
    std::string numbered;
    std::size_t placeholders = 0;
    std::vector<unsigned> types;
  };
  struct Arguments;

  explicit PostgresConnection(pg_conn* handle) : handle_(handle) {}
  Result<const Statement*> prepare(std::string_view sql, ParamList params);
  Result<PostgresAnswer> check(pg_result* answer, std::string_view doing);

  pg_conn* handle_;
  std::unordered_map<std::string, Statement> statements_;
  std::uint64_t names_ = 0;
};

class PostgresTx final : public Tx {
 public:
  PostgresTx(PostgresConnection& connection, bool savepoint, Callbacks* callbacks)
      : connection_(connection), wants_savepoint_(savepoint) {
    callbacks_ = callbacks;
  }

  Result<Rows> query(std::string_view sql, ParamList params) override;
  Result<std::int64_t> execute(std::string_view sql, ParamList params) override;
  Result<> scan(std::string_view sql, ParamList params, const std::function<bool(const Row&)>& each) override;
  Result<> script(std::string_view sql) override;
  Result<Row> one(std::string_view sql, ParamList params) override;

  const std::optional<Error>& failure() const { return failure_; }
  bool has_savepoint() const { return savepoint_; }

  using Tx::Callbacks;

 private:
  Result<PostgresAnswer> run(std::string_view sql, ParamList params);
  Result<> before_statement();
  template <class T>
  Result<T> noted(Result<T> result);

  PostgresConnection& connection_;
  const bool wants_savepoint_;
  bool savepoint_ = false;
  std::uint64_t cursors_ = 0;
  std::optional<Error> failure_;
};

// The reason of an error that a fresh transaction may not meet; internal, never given to callers of Database.
inline constexpr std::string_view kSerializationLost = "store.serialization_lost";
inline constexpr std::string_view kConnectionLost = "store.connection_lost";

}  // namespace weir::store
