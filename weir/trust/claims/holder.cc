// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/holder.h"

#include <algorithm>

#include "weir/base/text.h"

namespace weir::trust::claims {
namespace {

using store::Row;
using store::Tx;
using wire::Json;

constexpr std::string_view kAccessTyp = "at+jwt";
constexpr std::string_view kHeldColumns = "id, issuer, type, profile, token, valid_until, received";
constexpr std::size_t kCredentialsMax = 16;  // of one delivery
constexpr std::int64_t kOffersMax = 1000;

Error no_access(std::string_view why) {
  return Error(Errc::kUnauthenticated, std::string(why))
      .because("claims.access")
      .advise("send the token that this node gave, in the claim token of a self-issued ID token");
}

Result<HeldCredential> held_of(const Row& row) {
  WEIR_TRY_LET(const Profile profile, parse_profile(row[3].text()));
  return HeldCredential{.id = row[0].text(),
                        .issuer = row[1].text(),
                        .type = row[2].text(),
                        .profile = profile,
                        .token = row[4].text(),
                        .valid_until = row[5].time(),
                        .received = row[6].time()};
}

// By type, whatever the id; or by id.
bool covers(const std::vector<Scope>& scopes, const HeldCredential& credential) {
  return std::ranges::any_of(scopes, [&](const Scope& scope) {
    return scope.value == (scope.kind == Scope::Kind::kType ? credential.type : credential.id);
  });
}

Result<> check_delivered(const Credential& credential, const Delivered::Container& container, const Document& issuer,
                         const Did& self, Timestamp now) {
  if (credential.subject != self.text()) {
    return Error(Errc::kUnauthenticated, "the credential is about somebody else").because("claims.holder");
  }
  if (!credential.is(container.type)) {
    return Error(Errc::kInvalidArgument, "the credential is not of the type it is delivered as")
        .because("claims.malformed");
  }
  return verify_credential(credential, issuer, now);
}

}  // namespace

Json to_json(const HeldCredential& credential) {
  Json out = Json::object({{"id", credential.id},
                           {"type", credential.type},
                           {"issuer", credential.issuer},
                           {"profile", name_of(credential.profile)},
                           {"received", format_iso8601(credential.received)}});
  if (credential.valid_until.value() != 0) out.set("validUntil", format_iso8601(credential.valid_until));
  return out;
}

Json to_json(const RequestRecord& request) {
  Json out = Json::object({{"pid", request.pid},
                           {"issuer", request.issuer},
                           {"state", request.state},
                           {"created", format_iso8601(request.created)}});
  if (!request.reason.empty()) out.set("reason", request.reason);
  return out;
}

Result<> Holder::note(Tx& tx, std::string_view kind, const std::string& actor, Json body) {
  WEIR_TRY(deps_.log.append(tx, {.kind = "claims." + std::string(kind),
                                 .time = deps_.clock.now(),
                                 .actor = actor,
                                 .body = std::move(body)}));
  return {};
}

// ── who may see what ──

std::string Holder::grant(const Did& verifier, const std::vector<std::string>& scopes) {
  const Timestamp now = deps_.clock.now();
  return sign_jwt(deps_.self.key, deps_.self.kid, kAccessTyp,
                  Json::object({{"iss", deps_.self.did.text()},
                                {"aud", deps_.self.did.text()},
                                {"sub", verifier.text()},
                                {"scope", join(scopes, " ")},
                                {"jti", deps_.random.uuid()},
                                {"iat", numeric_date(now)},
                                {"exp", numeric_date(after(now, kTokenLength))}}));
}

Result<std::vector<Scope>> Holder::granted(std::string_view access_token, const Did& bearer) const {
  const auto jwt = read_jwt(access_token);
  if (!jwt || jwt->header["typ"] != Json(kAccessTyp)) return no_access("an access token of this node is needed");
  Document own{.id = deps_.self.did, .methods = {}, .services = {}};
  own.methods.push_back({.id = deps_.self.kid, .key = deps_.self.key.public_key(), .invocation = true});
  if (!verify_jwt(*jwt, own, Relation::kInvocation) || !check_audience(jwt->claims, deps_.self.did)) {
    return no_access("the access token is not of this node");
  }
  if (!jwt->claims.has("exp") || !check_times(jwt->claims, deps_.clock.now())) {
    return no_access("the access token has expired");
  }
  if (jwt->claims.text_or("sub", "") != bearer.text()) return no_access("the access token was given to somebody else");
  std::vector<Scope> out;
  for (const std::string& text : split(jwt->claims.text_or("scope", ""), ' ')) {
    if (auto scope = parse_scope(text)) out.push_back(*std::move(scope));
  }
  return out;
}

Result<std::vector<std::string>> Holder::present(const Did& audience, const std::vector<Scope>& asked,
                                                 const std::vector<Scope>& granted) {
  const Timestamp now = deps_.clock.now();
  WEIR_TRY_LET(const auto all, held());
  std::vector<std::string> out;
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    std::vector<std::string> tokens;
    for (const HeldCredential& one : all) {
      const bool valid = one.valid_until.value() == 0 || one.valid_until > now;
      if (one.profile == profile && valid && covers(asked, one) && covers(granted, one)) tokens.push_back(one.token);
    }
    if (tokens.empty()) continue;
    out.push_back(make_presentation(deps_.self.key, {.profile = profile,
                                                     .holder = deps_.self.did,
                                                     .audience = audience.text(),
                                                     .credentials = std::move(tokens),
                                                     .jti = deps_.random.uuid(),
                                                     .now = now,
                                                     .kid = deps_.self.kid}));
  }
  return out;
}

// ── asking issuers ──

Result<std::string> Holder::begin_request(const Did& issuer, const std::string& pid, const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](Tx& tx) -> Result<> {
    const Timestamp now = deps_.clock.now();
    WEIR_TRY(tx.execute("DELETE FROM claim_request WHERE pid = ?", {pid}));
    WEIR_TRY(tx.execute("INSERT INTO claim_request (pid, issuer, state, reason, created, updated) "
                        "VALUES (?, ?, 'REQUESTED', '', ?, ?)",
                        {pid, issuer.text(), now, now}));
    return note(tx, "requested", actor, Json::object({{"issuer", issuer.text()}, {"pid", pid}}));
  }));
  return pid;
}

Result<> Holder::fail_request(const std::string& pid, std::string_view reason) {
  return deps_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("UPDATE claim_request SET state = 'FAILED', reason = ?, updated = ? WHERE pid = ?",
                        {reason, deps_.clock.now(), pid}));
    return {};
  });
}

Result<> Holder::check_asked(const std::string& pid, const Did& issuer) {
  WEIR_TRY_LET(const auto rows, store::sql_read<store::Rows>(deps_.sql, [&](Tx& tx) {
                 return tx.query("SELECT pid FROM claim_request WHERE pid = ? AND issuer = ?", {pid, issuer.text()});
               }));
  if (!rows.empty()) return {};
  return Error(Errc::kForbidden, "this node asked that issuer for nothing under that id")
      .because("claims.request_unknown")
      .advise("deliver under the holderPid of the request");
}

bool Holder::has_asked(const Did& issuer) {
  const auto rows = store::sql_read<store::Rows>(deps_.sql, [&](Tx& tx) {
    return tx.query("SELECT pid FROM claim_request WHERE issuer = ? LIMIT 1", {issuer.text()});
  });
  return rows && !rows->empty();
}

// A newer credential of one issuer and type takes the place of the one before.
Result<> Holder::keep(Tx& tx, const Credential& credential, std::string_view type) {
  const std::string profile(name_of(credential.profile));
  WEIR_TRY(tx.execute("DELETE FROM claim_held WHERE issuer = ? AND type = ? AND profile = ?",
                      {credential.issuer.text(), type, profile}));
  WEIR_TRY(tx.execute("INSERT INTO claim_held (" + std::string(kHeldColumns) + ") VALUES (?, ?, ?, ?, ?, ?, ?)",
                      {credential.id, credential.issuer.text(), type, profile, credential.jwt.text,
                       credential.valid_until.value_or(Timestamp(0)), deps_.clock.now()}));
  return note(tx, "received", "peer:" + credential.issuer.text(),
              Json::object({{"id", credential.id}, {"type", type}, {"issuer", credential.issuer.text()}}));
}

Result<> Holder::receive(const Delivered& delivered, const Document& issuer) {
  WEIR_TRY(check_asked(delivered.holder_pid, issuer.id));
  if (delivered.credentials.size() > kCredentialsMax) {
    return Error(Errc::kInvalidArgument, "too many credentials at once").because("claims.malformed");
  }
  std::vector<Credential> credentials;
  for (const auto& container : delivered.credentials) {
    if (!delivered.issued) break;
    WEIR_TRY_LET(Credential credential, read_credential(container.payload));
    WEIR_TRY(check_delivered(credential, container, issuer, deps_.self.did, deps_.clock.now()));
    credentials.push_back(std::move(credential));
  }
  return deps_.sql.write([&](Tx& tx) -> Result<> {
    for (std::size_t i = 0; i < credentials.size(); ++i) {
      WEIR_TRY(keep(tx, credentials[i], delivered.credentials[i].type));
    }
    WEIR_TRY(tx.execute("UPDATE claim_request SET state = ?, reason = ?, updated = ? WHERE pid = ?",
                        {delivered.issued ? "ISSUED" : "REJECTED", delivered.rejection, deps_.clock.now(),
                         delivered.holder_pid}));
    return {};
  });
}

Result<> Holder::note_offer(const Offered& offered) {
  return deps_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Row count, tx.one("SELECT COUNT(*) FROM claim_offer", {}));
    if (count[0].integer() + static_cast<std::int64_t>(offered.credentials.size()) > kOffersMax) {
      WEIR_TRY(tx.execute("DELETE FROM claim_offer WHERE issuer = ?", {offered.issuer.text()}));
    }
    for (const std::string& id : offered.credentials) {
      WEIR_TRY(tx.execute("INSERT INTO claim_offer (issuer, credential, received) VALUES (?, ?, ?) "
                          "ON CONFLICT DO NOTHING",
                          {offered.issuer.text(), id, deps_.clock.now()}));
    }
    return note(tx, "offered", "peer:" + offered.issuer.text(), Json::object({{"issuer", offered.issuer.text()}}));
  });
}

// ── what there is ──

Result<std::vector<HeldCredential>> Holder::held() {
  return store::sql_read<std::vector<HeldCredential>>(deps_.sql, [&](Tx& tx) -> Result<std::vector<HeldCredential>> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kHeldColumns) +
                                               " FROM claim_held ORDER BY issuer, type, profile",
                                           {}));
    std::vector<HeldCredential> out;
    for (const Row& row : rows) {
      WEIR_TRY_LET(HeldCredential one, held_of(row));
      out.push_back(std::move(one));
    }
    return out;
  });
}

Result<std::vector<RequestRecord>> Holder::requests() {
  return store::sql_read<std::vector<RequestRecord>>(deps_.sql, [&](Tx& tx) -> Result<std::vector<RequestRecord>> {
    WEIR_TRY_LET(const auto rows,
                 tx.query("SELECT pid, issuer, state, reason, created FROM claim_request ORDER BY created DESC, pid "
                          "LIMIT 200",
                          {}));
    std::vector<RequestRecord> out;
    for (const Row& row : rows) {
      out.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].text(), row[4].time()});
    }
    return out;
  });
}

Result<> Holder::forget(const std::string& id, const std::string& actor) {
  return deps_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const std::int64_t gone, tx.execute("DELETE FROM claim_held WHERE id = ?", {id}));
    if (gone == 0) return Error(Errc::kNotFound, "no such credential is held").because("claims.unknown");
    return note(tx, "forgotten", actor, Json::object({{"id", id}}));
  });
}

}  // namespace weir::trust::claims
