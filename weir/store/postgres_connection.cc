// SPDX-License-Identifier: Apache-2.0
#include "weir/store/postgres_connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "weir/store/database_support.h"
#include "weir/store/translate.h"

namespace weir::store {

namespace {

// The server's numbers of its types.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26;
constexpr Oid kFloat4 = 700, kFloat8 = 701, kNumeric = 1700;
constexpr std::size_t kStatementsMax = 256;
constexpr int kFetchRows = 1000;

Error error_of(std::string_view state, const std::string& text) {
  const auto is = [&](std::string_view code) { return state == code; };
  const auto in = [&](std::string_view group) { return state.starts_with(group); };
  if (in("23")) return Error(Errc::kConflict, text).because("store.constraint");
  if (is("40001") || is("40P01")) return Error(Errc::kUnavailable, text).because(kSerializationLost);
  if (is("53100")) {
    return Error(Errc::kExhausted, text).because("store.disk_full").advise("Free space on the database server.");
  }
  if (is("54000") || is("53200")) return Error(Errc::kExhausted, text).because("store.too_big");
  if (in("XX001") || in("XX002")) {
    return Error(Errc::kCorrupt, text).because("store.corrupt").advise("Restore the database from a backup.");
  }
  if (is("57014") || is("55P03") || in("53")) return Error(Errc::kUnavailable, text).because("store.busy");
  if (state.empty() || in("08") || in("57")) {
    return Error(Errc::kUnavailable, text)
        .because(kConnectionLost)
        .advise("Check that the database server runs and can be reached.");
  }
  if (in("58")) return Error(Errc::kUnavailable, text).because("store.io").advise("Check the database server's disk.");
  return Error(Errc::kInvalidArgument, text).because("store.sql");
}

std::string first_line(const char* message) {
  std::string_view text(message ? message : "");
  text = text.substr(0, text.find('\n'));
  return std::string(text);
}

Oid type_of(Param::Kind kind) {
  switch (kind) {
    case Param::Kind::kNull: return 0;
    case Param::Kind::kInteger: return kInt8;
    case Param::Kind::kReal: return kFloat8;
    case Param::Kind::kText: return kText;
    case Param::Kind::kBlob: return kBytea;
  }
  return 0;
}

Bytes bytes_of_hex(std::string_view text) {
  const auto nibble = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  text.remove_prefix(std::min<std::size_t>(text.size(), 2));  // \x
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
  }
  return bytes;
}

// SUM over integers is numeric on the server; an integer here.
Value number_of(std::string_view text) {
  std::int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (whole.ec == std::errc() && whole.ptr == text.data() + text.size()) return Value(integer);
  double real = 0;
  std::from_chars(text.data(), text.data() + text.size(), real);
  return Value(real);
}

Value real_of(std::string_view text) {
  double real = 0;
  std::from_chars(text.data(), text.data() + text.size(), real);
  return Value(real);
}

Value column(const PGresult* answer, int row, int at) {
  if (PQgetisnull(answer, row, at)) return {};
  const std::string_view text(PQgetvalue(answer, row, at), static_cast<std::size_t>(PQgetlength(answer, row, at)));
  switch (PQftype(answer, at)) {
    case kBool: return Value(std::int64_t{text == "t"});
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kNumeric: return number_of(text);
    case kFloat4:
    case kFloat8: return real_of(text);
    case kBytea: return Value(bytes_of_hex(text));
    default: return Value(std::string(text));
  }
}

void read_row(const PGresult* answer, int row, Row& out) {
  out.resize(static_cast<std::size_t>(PQnfields(answer)));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = column(answer, row, static_cast<int>(i));
}

Rows rows_of(const PGresult* answer) {
  Rows rows(static_cast<std::size_t>(PQntuples(answer)));
  for (std::size_t i = 0; i < rows.size(); ++i) read_row(answer, static_cast<int>(i), rows[i]);
  return rows;
}

}  // namespace

void PostgresAnswerDeleter::operator()(pg_result* answer) const { PQclear(answer); }

// The arguments of one call as libpq takes them.
struct PostgresConnection::Arguments {
  explicit Arguments(ParamList params)
      : texts(params.size()), values(params.size()), lengths(params.size()), formats(params.size()) {
    for (std::size_t i = 0; i < params.size(); ++i) {
      const Param param = params[i];
      switch (param.kind()) {
        case Param::Kind::kNull: continue;
        case Param::Kind::kInteger: texts[i] = std::to_string(param.integer()); break;
        case Param::Kind::kReal: {
          std::array<char, 32> digits{};
          texts[i].assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), param.real()).ptr);
          break;
        }
        case Param::Kind::kText: texts[i] = param.text(); break;
        case Param::Kind::kBlob: {
          const ByteView bytes = param.blob();
          values[i] = bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
          lengths[i] = static_cast<int>(bytes.size());
          formats[i] = 1;
          continue;
        }
      }
      values[i] = texts[i].c_str();
    }
  }
  int count() const { return static_cast<int>(values.size()); }

  std::vector<std::string> texts;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

// --- Connection ---

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& url) {
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(PQconnectdb(url.c_str())));
  if (!connection->alive()) {
    return Error(Errc::kUnavailable, "connecting to PostgreSQL: " + first_line(PQerrorMessage(connection->handle_)))
        .because(kConnectionLost)
        .advise("Check that the database server runs and that the connection string is right.");
  }
  PQsetNoticeProcessor(connection->handle_, [](void*, const char*) {}, nullptr);
  // What was acknowledged is on the server's disk (I-2), whatever the server's own default.
  WEIR_TRY(connection->command("SELECT set_config('synchronous_commit', 'on', false) "
                               "WHERE current_setting('synchronous_commit') = 'off'"));
  WEIR_TRY(connection->command("SET client_encoding TO 'UTF8'; SET bytea_output TO 'hex'; SET extra_float_digits TO 3; "
                               "SET standard_conforming_strings TO on"));
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(handle_); }

bool PostgresConnection::alive() const { return PQstatus(handle_) == CONNECTION_OK; }

void PostgresConnection::forget_statements() {
  statements_.clear();
  PostgresAnswer(PQexec(handle_, "DEALLOCATE ALL"));
}

Result<PostgresAnswer> PostgresConnection::check(pg_result* raw, std::string_view doing) {
  PostgresAnswer answer(raw);
  switch (PQresultStatus(raw)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: return answer;
    default: break;
  }
  const char* state = raw ? PQresultErrorField(raw, PG_DIAG_SQLSTATE) : nullptr;
  const char* words = raw ? PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  const std::string text = std::string(doing) + ": " + (words ? words : first_line(PQerrorMessage(handle_)));
  if (state && std::string_view(state) == "0A000") statements_.clear();  // a plan that a migration made stale
  return error_of(alive() && state ? state : "", text);
}

Result<PostgresAnswer> PostgresConnection::command(const std::string& sql) {
  return check(PQexec(handle_, sql.c_str()), "PostgreSQL");
}

Result<const PostgresConnection::Statement*> PostgresConnection::prepare(std::string_view sql, ParamList params) {
  std::string key(sql);
  key += '\0';
  for (std::size_t i = 0; i < params.size(); ++i) key += static_cast<char>('0' + static_cast<int>(params[i].kind()));
  const auto found = statements_.find(key);
  if (found != statements_.end()) return &found->second;
  if (split_statements(sql).size() != 1) {
    return Error(Errc::kInvalidArgument, "not exactly one statement").because("store.sql");
  }
  NumberedSql numbered = number_placeholders(sql);
  if (numbered.placeholders != params.size()) return wrong_number_of_arguments();
  if (statements_.size() >= kStatementsMax) forget_statements();

  std::array<std::vector<Oid>, 3> ways;  // by value; NULLs as text; as the server sees fit
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Oid type = type_of(params[i].kind());
    ways[0].push_back(type);
    ways[1].push_back(type == 0 ? kText : type);
    ways[2].push_back(0);
  }
  Statement statement{.name = "s" + std::to_string(++names_), .numbered = std::move(numbered.text),
                      .placeholders = params.size(), .types = {}};
  std::optional<Error> failure;
  for (auto& types : ways) {
    WEIR_TRY(command("SAVEPOINT prepare"));
    auto prepared = check(PQprepare(handle_, statement.name.c_str(), statement.numbered.c_str(),
                                    static_cast<int>(types.size()), types.data()), "preparing a statement");
    if (prepared) {
      WEIR_TRY(command("RELEASE prepare"));
      statement.types = std::move(types);
      return &statements_.emplace(std::move(key), std::move(statement)).first->second;
    }
    if (!failure) failure = prepared.error();
    if (prepared.error().reason() != "store.sql" || params.size() == 0) break;
    WEIR_TRY(command("ROLLBACK TO prepare; RELEASE prepare"));
  }
  return Error(*failure);
}

Result<PostgresAnswer> PostgresConnection::run(std::string_view sql, ParamList params) {
  for (std::size_t i = 0; i < params.size(); ++i) WEIR_TRY(check_param(params[i]));
  WEIR_TRY_LET(const Statement* statement, prepare(sql, params));
  const Arguments arguments(params);
  return check(PQexecPrepared(handle_, statement->name.c_str(), arguments.count(), arguments.values.data(),
                              arguments.lengths.data(), arguments.formats.data(), 0), "running a statement");
}

Result<> PostgresConnection::declare(const std::string& cursor, std::string_view sql, ParamList params) {
  for (std::size_t i = 0; i < params.size(); ++i) WEIR_TRY(check_param(params[i]));
  WEIR_TRY_LET(const Statement* statement, prepare(sql, params));
  const Arguments arguments(params);
  const std::string text = "DECLARE " + cursor + " NO SCROLL CURSOR FOR " + statement->numbered;
  WEIR_TRY(check(PQexecParams(handle_, text.c_str(), arguments.count(), statement->types.data(),
                              arguments.values.data(), arguments.lengths.data(), arguments.formats.data(), 0),
                 "running a statement"));
  return {};
}

// --- Tx ---

Result<> PostgresTx::before_statement() {
  if (failure_) return Error(*failure_);
  if (!wants_savepoint_ || savepoint_) return {};
  WEIR_TRY(connection_.command("SAVEPOINT work"));
  savepoint_ = true;
  return {};
}

template <class T>
Result<T> PostgresTx::noted(Result<T> result) {
  if (!result && !failure_) failure_ = result.error();
  return result;
}

Result<PostgresAnswer> PostgresTx::run(std::string_view sql, ParamList params) {
  WEIR_TRY(noted(before_statement()));
  return noted(connection_.run(sql, params));
}

Result<Rows> PostgresTx::query(std::string_view sql, ParamList params) {
  WEIR_TRY_LET(const PostgresAnswer answer, run(sql, params));
  return rows_of(answer.get());
}

Result<std::int64_t> PostgresTx::execute(std::string_view sql, ParamList params) {
  WEIR_TRY_LET(const PostgresAnswer answer, run(sql, params));
  const std::string_view count = PQcmdTuples(answer.get());
  std::int64_t changed = 0;
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

Result<Row> PostgresTx::one(std::string_view sql, ParamList params) {
  WEIR_TRY_LET(const PostgresAnswer answer, run(sql, params));
  if (PQntuples(answer.get()) == 0) return Error(Errc::kNotFound, "no such row");
  Row row;
  read_row(answer.get(), 0, row);
  return row;
}

// Through a cursor, so that a long result is never in memory as a whole, and `each` may run other statements.
Result<> PostgresTx::scan(std::string_view sql, ParamList params, const std::function<bool(const Row&)>& each) {
  WEIR_TRY(noted(before_statement()));
  const std::string cursor = "scan" + std::to_string(++cursors_);
  WEIR_TRY(noted(connection_.declare(cursor, sql, params)));
  const std::string fetch = "FETCH " + std::to_string(kFetchRows) + " FROM " + cursor;
  Row row;
  for (bool more = true; more;) {
    WEIR_TRY_LET(const PostgresAnswer answer, noted(connection_.command(fetch)));
    const int count = PQntuples(answer.get());
    more = count == kFetchRows;
    for (int i = 0; i < count; ++i) {
      read_row(answer.get(), i, row);
      if (each(row)) continue;
      more = false;
      break;
    }
    if (failure_) return Error(*failure_);
  }
  WEIR_TRY(noted(connection_.command("CLOSE " + cursor)));
  return {};
}

Result<> PostgresTx::script(std::string_view sql) {
  WEIR_TRY(noted(before_statement()));
  for (const std::string_view statement : split_statements(sql)) {
    WEIR_TRY(noted(connection_.command(postgres_ddl(statement))));
  }
  connection_.forget_statements();  // their plans may be of tables that were
  return {};
}

}  // namespace weir::store
