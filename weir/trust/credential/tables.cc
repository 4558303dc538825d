// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/tables.h"

namespace weir::trust::credential::tables {
namespace {

using store::Row;
using store::Rows;
using store::Tx;

constexpr std::string_view kColumns =
    "id, name, scopes, disabled, password, password_set, must_change, previous, failures, lock_outs, locked_until, "
    "created";
constexpr std::string_view kTokenColumns = "id, owner, label, kind, scopes, created, expires, revoked";

std::vector<std::string> words(const std::string& text, char separator) {
  return text.empty() ? std::vector<std::string>() : split(text, separator);
}

Result<Account> account_of(const Row& row) {
  WEIR_TRY_LET(OperatorId id, OperatorId::parse(row[0].text()));
  WEIR_TRY_LET(Scopes scopes, Scopes::parse(words(row[2].text(), ' ')));
  return Account{.id = std::move(id),
                 .name = row[1].text(),
                 .scopes = std::move(scopes),
                 .disabled = row[3].integer() != 0,
                 .password = row[4].text(),
                 .password_set = row[5].time(),
                 .must_change = row[6].integer() != 0,
                 .previous = words(row[7].text(), ' '),
                 .failures = row[8].integer(),
                 .lock_outs = row[9].integer(),
                 .locked_until = row[10].time(),
                 .created = row[11].time()};
}

}  // namespace

const std::string_view kVersion1 = R"sql(
CREATE TABLE credential_operator (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  password TEXT NOT NULL,
  password_set INTEGER NOT NULL,
  must_change INTEGER NOT NULL,
  previous TEXT NOT NULL,
  failures INTEGER NOT NULL,
  lock_outs INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  created INTEGER NOT NULL
);
CREATE TABLE credential_token (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  label TEXT NOT NULL,
  kind INTEGER NOT NULL,
  scopes TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL
);
CREATE INDEX credential_token_owner ON credential_token (owner, created, id);
)sql";

Result<Account> load(Tx& tx, std::string_view id) {
  WEIR_TRY_LET(const Rows rows,
               tx.query("SELECT " + std::string(kColumns) + " FROM credential_operator WHERE id = ?", {id}));
  if (rows.empty()) return Error(Errc::kNotFound, "there is no such operator").because("operator.unknown");
  return account_of(rows.front());
}

Result<std::vector<Account>> load_all(Tx& tx) {
  WEIR_TRY_LET(const Rows rows, tx.query("SELECT " + std::string(kColumns) + " FROM credential_operator ORDER BY id"));
  std::vector<Account> accounts;
  for (const Row& row : rows) {
    WEIR_TRY_LET(Account account, account_of(row));
    accounts.push_back(std::move(account));
  }
  return accounts;
}

Result<bool> insert(Tx& tx, const Account& a) {
  WEIR_TRY_LET(
      const std::int64_t changed,
      tx.execute("INSERT INTO credential_operator (" + std::string(kColumns) +
                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                 {a.id.text(), a.name, join(a.scopes.names(), " "), a.disabled ? 1 : 0, a.password, a.password_set,
                  a.must_change ? 1 : 0, join(a.previous, " "), a.failures, a.lock_outs, a.locked_until, a.created}));
  return changed == 1;
}

Result<> update(Tx& tx, const Account& a) {
  WEIR_TRY(
      tx.execute("UPDATE credential_operator SET name = ?, scopes = ?, disabled = ?, password = ?, password_set = ?, "
                 "must_change = ?, previous = ?, failures = ?, lock_outs = ?, locked_until = ? WHERE id = ?",
                 {a.name, join(a.scopes.names(), " "), a.disabled ? 1 : 0, a.password, a.password_set,
                  a.must_change ? 1 : 0, join(a.previous, " "), a.failures, a.lock_outs, a.locked_until, a.id.text()}));
  return {};
}

Result<std::vector<TokenInfo>> tokens_where(Tx& tx, std::string_view where, store::ParamList params) {
  WEIR_TRY_LET(const Rows rows, tx.query("SELECT " + std::string(kTokenColumns) + " FROM credential_token WHERE " +
                                             std::string(where) + " ORDER BY created, id",
                                         params));
  std::vector<TokenInfo> tokens;
  for (const Row& row : rows) {
    WEIR_TRY_LET(OperatorId owner, OperatorId::parse(row[1].text()));
    WEIR_TRY_LET(Scopes scopes, Scopes::parse(words(row[4].text(), ' ')));
    tokens.push_back({.id = row[0].text(),
                      .owner = std::move(owner),
                      .label = row[2].text(),
                      .kind = static_cast<TokenKind>(row[3].integer()),
                      .scopes = std::move(scopes),
                      .created = row[5].time(),
                      .expires = row[6].time(),
                      .revoked = row[7].time()});
  }
  return tokens;
}

Result<> insert(Tx& tx, const TokenInfo& token, ByteView hash) {
  WEIR_TRY(tx.execute(
      "INSERT INTO credential_token (hash, " + std::string(kTokenColumns) + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {hash, token.id, token.owner.text(), token.label, static_cast<std::int64_t>(token.kind),
       join(token.scopes.names(), " "), token.created, token.expires, token.revoked}));
  return {};
}

}  // namespace weir::trust::credential::tables
