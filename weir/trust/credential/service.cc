// Operators and their passwords; tokens are in tokens.cc.
// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/service.h"

#include <algorithm>

#include "weir/trust/credential/password.h"
#include "weir/trust/credential/tables.h"

namespace weir::trust::credential {
namespace {

using store::Tx;

constexpr std::size_t kNameBytesMax = 200;

// One answer for everything that may be wrong.
Error refused() {
  return Error(Errc::kUnauthenticated, "this operator cannot log in with this password now")
      .because("login.refused")
      .advise(
          "check both; after several failures the operator is locked out for a while, which an administrator can end");
}

Milliseconds lock_length(const CredentialOptions& options, std::int64_t lock_outs) {
  Milliseconds length = options.lock_first;
  for (std::int64_t i = 1; i < lock_outs && length < options.lock_max; ++i) length *= 2;
  return std::min(length, options.lock_max);
}

// As long as a check of a real password takes.
void pretend_to_check(const crypto::SecretBytes& password, crypto::StretchCost cost) {
  constexpr std::uint8_t kSalt[16] = {};
  (void)crypto::stretch(password, kSalt, 32, cost);
}

}  // namespace

wire::Json to_json(const Operator& who, Timestamp now) {
  const std::string_view status = who.disabled ? "disabled" : who.locked_until > now ? "locked" : "active";
  wire::Json json = wire::Json::object({{"id", who.id.text()},
                                        {"name", who.name},
                                        {"scopes", wire::Json::strings(who.scopes.names())},
                                        {"status", status},
                                        {"hasPassword", who.has_password},
                                        {"mustChangePassword", who.must_change},
                                        {"created", format_iso8601(who.created)}});
  if (who.locked_until > now) json.set("lockedUntil", format_iso8601(who.locked_until));
  return json;
}

Result<> Principal::require(std::string_view scope) const {
  if (must_change_password) {
    return Error(Errc::kForbidden, "the password must be changed first")
        .because("password.must_change")
        .advise("change the password, then log in again");
  }
  if (scopes.contains(scope)) return {};
  return Error(Errc::kForbidden, "this needs the scope " + std::string(scope))
      .because("scope.missing")
      .advise("ask for a token with the scope " + std::string(scope));
}

store::Migration Credentials::migration() { return {.module = "credential", .versions = {tables::kVersion1}}; }

Credentials::Credentials(store::Sql& sql, evidence::Log& log, const Clock& clock, Random& random,
                         const supply::identifier::NodeId& self, const CredentialOptions& options)
    : sql_(sql), log_(log), clock_(clock), random_(random), self_(self), options_(options) {}

Result<> Credentials::note(Tx& tx, std::string_view kind, std::string_view actor, const OperatorId& about,
                           wire::Json body) {
  body.set("operator", about.text());
  WEIR_TRY(log_.append(tx, {.kind = "credential." + std::string(kind),
                            .time = clock_.now(),
                            .actor = std::string(actor),
                            .body = std::move(body)}));
  return {};
}

bool Credentials::must_change(const Account& account) const {
  if (account.password.empty()) return false;
  return account.must_change || after(account.password_set, options_.password_age_max) <= clock_.now();
}

Operator Credentials::operator_of(const Account& account) const {
  return {.id = account.id,
          .name = account.name,
          .scopes = account.scopes,
          .disabled = account.disabled,
          .has_password = !account.password.empty(),
          .must_change = must_change(account),
          .created = account.created,
          .locked_until = account.locked_until};
}

Result<Operator> Credentials::insert_operator(Tx& tx, const NewOperator& who, std::string_view actor) {
  if (who.name.size() > kNameBytesMax || !is_utf8(who.name)) {
    return Error(Errc::kInvalidArgument, "an operator's name has at most 200 bytes of UTF-8").because("operator.name");
  }
  WEIR_TRY_LET(const store::Row count, tx.one("SELECT COUNT(*) FROM credential_operator"));
  if (count.front().integer() >= static_cast<std::int64_t>(options_.operators_max)) {
    return Error(Errc::kExhausted, "this node has as many operators as it may").because("operator.too_many");
  }
  const Account account{.id = who.id, .name = who.name, .scopes = who.scopes, .created = clock_.now()};
  WEIR_TRY_LET(const bool inserted, tables::insert(tx, account));
  if (!inserted) {
    return Error(Errc::kConflict, "the operator " + who.id.text() + " is here already").because("operator.exists");
  }
  WEIR_TRY(note(tx, "operator_added", actor, who.id,
                wire::Json::object({{"scopes", wire::Json::strings(who.scopes.names())}})));
  return operator_of(account);
}

Result<Operator> Credentials::add(const NewOperator& who, const Actor& actor) {
  return store::sql_write<Operator>(sql_, [&](Tx& tx) { return insert_operator(tx, who, actor.text()); });
}

Result<Operator> Credentials::add_first(const OperatorId& id, std::string_view name) {
  return store::sql_write<Operator>(sql_, [&](Tx& tx) -> Result<Operator> {
    WEIR_TRY_LET(const store::Row count, tx.one("SELECT COUNT(*) FROM credential_operator"));
    if (count.front().integer() != 0) {
      return Error(Errc::kConflict, "this node has operators already").because("operator.not_first");
    }
    return insert_operator(tx, {.id = id, .name = std::string(name), .scopes = Scopes::all()},
                           Actor::node(self_).text());
  });
}

Result<Operator> Credentials::find(const OperatorId& id) {
  return store::sql_read<Operator>(sql_, [&](Tx& tx) -> Result<Operator> {
    WEIR_TRY_LET(const Account account, tables::load(tx, id.text()));
    return operator_of(account);
  });
}

Result<std::vector<Operator>> Credentials::list() {
  return store::sql_read<std::vector<Operator>>(sql_, [&](Tx& tx) -> Result<std::vector<Operator>> {
    WEIR_TRY_LET(const std::vector<Account> accounts, tables::load_all(tx));
    std::vector<Operator> out;
    for (const Account& account : accounts) out.push_back(operator_of(account));
    return out;
  });
}

Result<> Credentials::set_scopes(const OperatorId& id, const Scopes& scopes, const Actor& actor) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(Account account, tables::load(tx, id.text()));
    account.scopes = scopes;
    WEIR_TRY(tables::update(tx, account));
    return note(tx, "scopes_changed", actor.text(), id,
                wire::Json::object({{"scopes", wire::Json::strings(scopes.names())}}));
  });
}

Result<> Credentials::disable(const OperatorId& id, std::string_view reason, const Actor& actor) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(Account account, tables::load(tx, id.text()));
    account.disabled = true;
    WEIR_TRY(tables::update(tx, account));
    WEIR_TRY(tx.execute("UPDATE credential_token SET revoked = ? WHERE owner = ? AND revoked = 0",
                        {clock_.now(), id.text()}));
    return note(tx, "operator_disabled", actor.text(), id, wire::Json::object({{"reason", reason}}));
  });
}

Result<> Credentials::enable(const OperatorId& id, const Actor& actor) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(Account account, tables::load(tx, id.text()));
    account.disabled = false;
    WEIR_TRY(tables::update(tx, account));
    return note(tx, "operator_enabled", actor.text(), id, wire::Json::object());
  });
}

Result<> Credentials::unlock(const OperatorId& id, const Actor& actor) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(Account account, tables::load(tx, id.text()));
    account.failures = 0;
    account.lock_outs = 0;
    account.locked_until = Timestamp(0);
    WEIR_TRY(tables::update(tx, account));
    return note(tx, "unlocked", actor.text(), id, wire::Json::object());
  });
}

Result<> Credentials::set_password(Tx& tx, const Account& old, std::string_view kept, bool must_change) {
  Account account = old;
  if (!account.password.empty()) account.previous.insert(account.previous.begin(), account.password);
  account.previous.resize(std::min(account.previous.size(), static_cast<std::size_t>(options_.passwords_remembered)));
  account.password = std::string(kept);
  account.password_set = clock_.now();
  account.must_change = must_change;
  account.failures = 0;
  account.lock_outs = 0;
  account.locked_until = Timestamp(0);
  WEIR_TRY(tables::update(tx, account));
  WEIR_TRY(tx.execute("DELETE FROM credential_token WHERE owner = ? AND kind = ?",
                      {account.id.text(), static_cast<std::int64_t>(TokenKind::kSession)}));
  return {};
}

//= NDI-TR-2025-03#first-password a password that somebody else knows must be changed
Result<> Credentials::set_initial_password(const OperatorId& id, const crypto::SecretBytes& password,
                                           const Actor& actor) {
  WEIR_TRY(check_password(password, id.text()));
  const std::string kept = hash_password(password, options_.cost, random_);
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Account account, tables::load(tx, id.text()));
    WEIR_TRY(set_password(tx, account, kept, true));
    return note(tx, "password_set", actor.text(), id, wire::Json::object());
  });
}

Result<std::string> Credentials::reset_password(const OperatorId& id, const Actor& actor) {
  // Without 0 O 1 l I, which people mistake for each other: 20 characters are about 115 bits.
  constexpr std::string_view kCharacters = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ-+=";
  std::string text;
  do {
    text.clear();
    for (int i = 0; i < 20; ++i) text += kCharacters[random_.below(kCharacters.size())];
  } while (!check_password(crypto::SecretBytes(view_of(text)), id.text()));
  WEIR_TRY(set_initial_password(id, crypto::SecretBytes(view_of(text)), actor));
  return text;
}

//= NDI-TR-2025-03#lock-out lock-out after failed logins
Result<> Credentials::count_failure(Tx& tx, const Account& old) {
  Account account = old;
  ++account.failures;
  const bool locks = account.failures >= options_.failures_max;
  wire::Json body = wire::Json::object({{"failures", account.failures}});
  if (locks) {
    ++account.lock_outs;
    account.failures = 0;
    account.locked_until = after(clock_.now(), lock_length(options_, account.lock_outs));
    body.set("until", format_iso8601(account.locked_until));
  }
  WEIR_TRY(tables::update(tx, account));
  return note(tx, locks ? "locked_out" : "login_failed", Actor::node(self_).text(), account.id, std::move(body));
}

Result<> Credentials::with_password(std::string_view id, const crypto::SecretBytes& password, const Granted& granted) {
  const auto usable = [&](const Account& account) {
    return !account.disabled && !account.password.empty() && account.locked_until <= clock_.now();
  };
  const auto seen = store::sql_read<Account>(sql_, [&](Tx& tx) { return tables::load(tx, id); });
  if (!seen && seen.error().reason() != "operator.unknown") return Error(seen.error());
  const bool sane = password.size() <= kPasswordBytesMax;
  if (!seen || !usable(*seen) || !sane) {
    if (sane) pretend_to_check(password, options_.cost);
    return refused();
  }
  const auto verified = verify_password(password, seen->password);
  if (!verified && verified.error().code() != Errc::kUnauthenticated) return Error(verified.error());
  // Others may have tried meanwhile: what counts is the order of the commits, so a right guess that
  // lands after the failures that lock out is refused too.
  bool admitted = false;
  WEIR_TRY(sql_.write([&](Tx& tx) -> Result<> {
    admitted = false;
    WEIR_TRY_LET(const Account account, tables::load(tx, id));
    if (!usable(account) || account.password != seen->password) return {};
    if (!verified) return count_failure(tx, account);
    admitted = true;
    return granted(tx, account);
  }));
  if (!admitted) return refused();
  return {};
}

Result<> Credentials::change_password(const OperatorId& id, const crypto::SecretBytes& present,
                                      const crypto::SecretBytes& next) {
  WEIR_TRY(check_password(next, id.text()));
  const std::string kept = hash_password(next, options_.cost, random_);
  std::vector<std::string> used;
  WEIR_TRY(with_password(id.text(), present, [&](Tx&, const Account& account) -> Result<> {
    used = account.previous;
    used.insert(used.begin(), account.password);
    return {};
  }));
  for (const std::string& earlier : used) {
    if (verify_password(next, earlier)) {
      return Error(Errc::kInvalidArgument, "the password was used before")
          .because("password.reused")
          .advise("take another one");
    }
  }
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Account account, tables::load(tx, id.text()));
    if (account.password != used.front() || account.disabled) return refused();
    WEIR_TRY(set_password(tx, account, kept, false));
    return note(tx, "password_changed", id.text(), id, wire::Json::object());
  });
}

}  // namespace weir::trust::credential
