// Sessions and API tokens of Credentials.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/trust/credential/password.h"
#include "weir/trust/credential/service.h"
#include "weir/trust/credential/tables.h"
#include "weir/wire/encoding.h"

namespace weir::trust::credential {
namespace {

using store::Tx;

constexpr std::string_view kTokenPrefix = "weir_";
constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kLabelBytesMax = 200;

// 32 random bytes need no stretching: nobody can try them all.
Result<crypto::Digest> token_hash(std::string_view text) {
  const Error unknown = Error(Errc::kUnauthenticated, "this is no token of this node")
                            .because("token.unknown")
                            .advise("log in, or ask an administrator for a token");
  if (!text.starts_with(kTokenPrefix)) return unknown;
  const auto bytes = wire::decode_base64url(text.substr(kTokenPrefix.size()));
  if (!bytes || bytes->size() != kTokenBytes) return unknown;
  return crypto::hash(crypto::HashAlgorithm::kSha256, view_of(text));
}

std::int64_t number_of(TokenKind kind) { return static_cast<std::int64_t>(kind); }

}  // namespace

wire::Json to_json(const TokenInfo& token) {
  wire::Json json = wire::Json::object({{"id", token.id},
                                        {"operator", token.owner.text()},
                                        {"label", token.label},
                                        {"kind", token.kind == TokenKind::kApi ? "api" : "session"},
                                        {"scopes", wire::Json::strings(token.scopes.names())},
                                        {"created", format_iso8601(token.created)},
                                        {"expires", format_iso8601(token.expires)}});
  if (token.revoked.value() != 0) json.set("revoked", format_iso8601(token.revoked));
  return json;
}

Result<NewToken> Credentials::insert_token(Tx& tx, const OperatorId& id, std::string_view label, TokenKind kind,
                                           const Scopes& scopes, Timestamp expires) {
  Bytes bytes(kTokenBytes);
  random_.fill(bytes);
  NewToken token{.text = std::string(kTokenPrefix) + wire::encode_base64url(bytes),
                 .info = {.id = random_.uuid(),
                          .owner = id,
                          .label = std::string(label),
                          .kind = kind,
                          .scopes = scopes,
                          .created = clock_.now(),
                          .expires = expires}};
  WEIR_TRY(tables::insert(tx, token.info, crypto::hash(crypto::HashAlgorithm::kSha256, view_of(token.text))));
  return token;
}

Result<> Credentials::make_room_for_session(Tx& tx, const OperatorId& id) {
  const std::int64_t session = number_of(TokenKind::kSession);
  WEIR_TRY(tx.execute("DELETE FROM credential_token WHERE owner = ? AND kind = ? AND (expires <= ? OR revoked <> 0)",
                      {id.text(), session, clock_.now()}));
  WEIR_TRY_LET(const std::vector<TokenInfo> live,
               tables::tokens_where(tx, "owner = ? AND kind = ?", {id.text(), session}));
  for (std::size_t i = 0; i + options_.sessions_per_operator_max <= live.size(); ++i) {
    WEIR_TRY(tx.execute("DELETE FROM credential_token WHERE id = ?", {live[i].id}));
  }
  return {};
}

Result<NewToken> Credentials::login(std::string_view id, const crypto::SecretBytes& password) {
  Result<NewToken> out = Error(Errc::kUnavailable, "not run");
  WEIR_TRY(with_password(id, password, [&](Tx& tx, const Account& account) -> Result<> {
    Account fresh = account;
    fresh.failures = 0;
    fresh.lock_outs = 0;
    if (fresh.failures != account.failures || fresh.lock_outs != account.lock_outs) WEIR_TRY(tables::update(tx, fresh));
    WEIR_TRY(make_room_for_session(tx, account.id));
    out = insert_token(tx, account.id, "session", TokenKind::kSession, account.scopes,
                       after(clock_.now(), options_.session_length));
    if (!out) return Error(out.error());
    return note(tx, "logged_in", account.id.text(), account.id, wire::Json::object({{"token", out->info.id}}));
  }));
  return out;
}

Result<> Credentials::logout(std::string_view token) {
  WEIR_TRY_LET(const crypto::Digest hash, token_hash(token));
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto found, tables::tokens_where(tx, "hash = ? AND revoked = 0", {hash}));
    if (found.empty()) return {};
    WEIR_TRY(tx.execute("UPDATE credential_token SET revoked = ? WHERE id = ?", {clock_.now(), found.front().id}));
    const OperatorId& owner = found.front().owner;
    return note(tx, "logged_out", owner.text(), owner, wire::Json::object({{"token", found.front().id}}));
  });
}

Result<NewToken> Credentials::issue_token(const OperatorId& id, std::string_view label, const Scopes& scopes,
                                          Milliseconds length, const Actor& actor) {
  if (length <= Milliseconds(0) || length > options_.token_length_max) {
    return Error(
               Errc::kInvalidArgument,
               "a token lives at most " + std::to_string(options_.token_length_max / std::chrono::hours(24)) + " days")
        .because("token.length");
  }
  if (label.size() > kLabelBytesMax || !is_utf8(label)) {
    return Error(Errc::kInvalidArgument, "a token's label has at most 200 bytes of UTF-8").because("token.label");
  }
  return store::sql_write<NewToken>(sql_, [&](Tx& tx) -> Result<NewToken> {
    WEIR_TRY_LET(const Account account, tables::load(tx, id.text()));
    if (account.disabled) return Error(Errc::kConflict, "the operator is disabled").because("operator.disabled");
    if (!account.scopes.covers(scopes)) {
      return Error(Errc::kForbidden, "the operator itself may not do all of this")
          .because("scope.beyond_operator")
          .advise("the operator has: " + join(account.scopes.names(), " "));
    }
    WEIR_TRY_LET(const auto live, tables::tokens_where(tx, "owner = ? AND kind = ? AND revoked = 0 AND expires > ?",
                                                       {id.text(), number_of(TokenKind::kApi), clock_.now()}));
    if (live.size() >= options_.tokens_per_operator_max) {
      return Error(Errc::kExhausted, "the operator has as many tokens as it may")
          .because("token.too_many")
          .advise("revoke one that is not used any more");
    }
    WEIR_TRY_LET(NewToken token, insert_token(tx, id, label, TokenKind::kApi, scopes, after(clock_.now(), length)));
    wire::Json body = to_json(token.info);
    body.erase("label");  // free text
    body.set("token", token.info.id);
    body.erase("id");
    WEIR_TRY(note(tx, "token_issued", actor.text(), id, std::move(body)));
    return token;
  });
}

Result<> Credentials::revoke_token(std::string_view token_id, std::string_view reason, const Actor& actor) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto found, tables::tokens_where(tx, "id = ?", {token_id}));
    if (found.empty()) return Error(Errc::kNotFound, "there is no such token").because("token.unknown");
    if (found.front().revoked.value() != 0) return {};
    WEIR_TRY(tx.execute("UPDATE credential_token SET revoked = ? WHERE id = ?", {clock_.now(), token_id}));
    return note(tx, "token_revoked", actor.text(), found.front().owner,
                wire::Json::object({{"token", token_id}, {"reason", reason}}));
  });
}

Result<std::int64_t> Credentials::revoke_all(const OperatorId& id, std::string_view reason, const Actor& actor) {
  return store::sql_write<std::int64_t>(sql_, [&](Tx& tx) -> Result<std::int64_t> {
    WEIR_TRY(tables::load(tx, id.text()));
    WEIR_TRY_LET(const std::int64_t count,
                 tx.execute("UPDATE credential_token SET revoked = ? WHERE owner = ? AND revoked = 0 AND expires > ?",
                            {clock_.now(), id.text(), clock_.now()}));
    if (count > 0) {
      WEIR_TRY(
          note(tx, "tokens_revoked", actor.text(), id, wire::Json::object({{"count", count}, {"reason", reason}})));
    }
    return count;
  });
}

Result<std::vector<TokenInfo>> Credentials::tokens(const OperatorId& id) {
  return store::sql_read<std::vector<TokenInfo>>(
      sql_, [&](Tx& tx) { return tables::tokens_where(tx, "owner = ?", {id.text()}); });
}

Result<Principal> Credentials::authenticate(std::string_view token) {
  WEIR_TRY_LET(const crypto::Digest hash, token_hash(token));
  return store::sql_read<Principal>(sql_, [&](Tx& tx) -> Result<Principal> {
    WEIR_TRY_LET(const auto found, tables::tokens_where(tx, "hash = ?", {hash}));
    if (found.empty()) {
      return Error(Errc::kUnauthenticated, "this is no token of this node")
          .because("token.unknown")
          .advise("log in, or ask an administrator for a token");
    }
    const TokenInfo& info = found.front();
    if (info.revoked.value() != 0)
      return Error(Errc::kUnauthenticated, "the token was revoked").because("token.revoked");
    if (info.expires <= clock_.now())
      return Error(Errc::kUnauthenticated, "the token has expired").because("token.expired");
    WEIR_TRY_LET(const Account account, tables::load(tx, info.owner.text()));
    if (account.disabled) return Error(Errc::kUnauthenticated, "the token was revoked").because("token.revoked");
    const bool session = info.kind == TokenKind::kSession;
    const bool restricted = session && must_change(account);
    return Principal{.id = account.id,
                     .token = info.id,
                     .scopes = restricted ? Scopes()
                               : session  ? account.scopes
                                          : info.scopes.limited_to(account.scopes),
                     .must_change_password = restricted};
  });
}

}  // namespace weir::trust::credential
