// SPDX-License-Identifier: Apache-2.0
#include "weir/store/sql.h"

#include "weir/base/check.h"

namespace weir::store {

namespace {

template <class T>
const T& get_or(const Value::Variant& variant, const T& none) {
  if (std::holds_alternative<std::monostate>(variant)) return none;
  WEIR_CHECK(std::holds_alternative<T>(variant));
  return std::get<T>(variant);
}

// FNV-1a: notices an edited migration, keeps nobody out.
std::string checksum_of(std::string_view text) {
  std::uint64_t state = 14695981039346656037u;
  for (const char c : text) state = (state ^ static_cast<std::uint8_t>(c)) * 1099511628211u;
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; state >>= 4) out[i] = "0123456789abcdef"[state & 15];
  return out;
}

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_version (module TEXT NOT NULL, version INTEGER NOT NULL, "
    "checksum TEXT NOT NULL, PRIMARY KEY (module, version))";

// Two nodes that start at once take turns. This lock is the one statement that waits before the transaction's view of
// the data is fixed, and it needs the table to be there, so the table has a transaction of its own.
constexpr std::string_view kLockVersions = "LOCK TABLE schema_version IN SHARE ROW EXCLUSIVE MODE";
Result<> prepare_postgres(Database& database) {
  return database.write([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.query("SELECT pg_advisory_xact_lock(7306916)"));
    return tx.script(kVersionTable);
  });
}

Result<> check_history(const Migration& migration, const std::vector<std::string_view>& versions, const Rows& applied) {
  const std::string module(migration.module);
  if (applied.size() > versions.size()) {
    return Error(Errc::kConflict, "the tables of " + module + " are at version " + std::to_string(applied.size()) +
                                      "; this program knows " + std::to_string(versions.size()))
        .because("store.schema_newer")
        .advise("Run the newer program that wrote this database, or restore a backup made before it did.");
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i][0].integer() == static_cast<std::int64_t>(i) + 1 &&
        applied[i][1].text() == checksum_of(migration.versions[i])) {
      continue;
    }
    return Error(Errc::kConflict, "version " + std::to_string(i + 1) + " of the tables of " + module +
                                      " is not the one that was applied")
        .because("store.migration_changed")
        .advise("Migrations are append only: restore the old text and add a version.");
  }
  return {};
}

}  // namespace

std::int64_t Value::integer() const { return get_or<std::int64_t>(value_, 0); }

double Value::real() const { return get_or<double>(value_, 0.0); }

const std::string& Value::text() const {
  static const std::string none;
  return get_or(value_, none);
}

const Bytes& Value::blob() const {
  static const Bytes none;
  return get_or(value_, none);
}

Param::Param(const Value& value) {
  const Value::Variant& variant = value.variant();
  switch (variant.index()) {
    case 1: *this = Param(std::get<std::int64_t>(variant)); break;
    case 2: *this = Param(std::get<double>(variant)); break;
    case 3: *this = Param(std::get<std::string>(variant)); break;
    case 4: *this = Param(std::get<Bytes>(variant)); break;
    default: break;
  }
}

Result<Row> Tx::one(std::string_view sql, ParamList params) {
  Row found;
  bool any = false;
  WEIR_TRY(scan(sql, params, [&](const Row& row) {
    found = row;
    any = true;
    return false;
  }));
  if (!any) return Error(Errc::kNotFound, "no such row");
  return found;
}

void Tx::after_commit(std::function<void()> done) {
  WEIR_CHECK(callbacks_ != nullptr);
  callbacks_->done.push_back(std::move(done));
}

void Tx::if_undone(std::function<void()> undo) {
  WEIR_CHECK(callbacks_ != nullptr);
  callbacks_->undo.push_back(std::move(undo));
}

void Tx::Callbacks::run_done() {
  for (const auto& call : done) call();
  done.clear();
  undo.clear();
}

void Tx::Callbacks::run_undo(Mark down_to) {
  done.resize(down_to.done);
  while (undo.size() > down_to.undo) {
    undo.back()();
    undo.pop_back();
  }
}

Result<> Database::write(const Work& work) { return std::move(write_batch({&work, 1}).front()); }

Result<> migrate(Database& database, const Migration& migration) {
  const bool other = database.dialect() == Dialect::kPostgres && !migration.postgres_versions.empty();
  const auto& texts = other ? migration.postgres_versions : migration.versions;
  WEIR_CHECK(texts.size() == migration.versions.size());
  if (database.dialect() == Dialect::kPostgres) WEIR_TRY(prepare_postgres(database));
  auto result = database.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.script(database.dialect() == Dialect::kPostgres ? kLockVersions : kVersionTable));
    WEIR_TRY_LET(const Rows applied, tx.query("SELECT version, checksum FROM schema_version WHERE module = ? "
                                              "ORDER BY version", {migration.module}));
    WEIR_TRY(check_history(migration, texts, applied));
    for (std::size_t i = applied.size(); i < texts.size(); ++i) {
      WEIR_TRY(tx.script(texts[i]));
      WEIR_TRY(tx.execute("INSERT INTO schema_version (module, version, checksum) VALUES (?, ?, ?)",
                          {migration.module, i + 1, checksum_of(migration.versions[i])}));
    }
    return {};
  });
  if (!result) return std::move(result).error().with("migrating " + std::string(migration.module));
  return {};
}

Result<std::unique_ptr<Database>> open_database(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite)) return open_sqlite({.path = url.substr(kSqlite.size())});
  if (url.starts_with("postgresql:") || url.starts_with("postgres:")) return open_postgres(url);
  return Error(Errc::kInvalidArgument, "a database is named sqlite:PATH or postgresql:…")
      .because("store.bad_url")
      .advise("For example sqlite:/var/lib/weir/weir.db or postgresql:///weir?host=/run/postgresql.");
}

}  // namespace weir::store
