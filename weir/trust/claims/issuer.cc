// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/issuer.h"

#include <algorithm>

#include "weir/trust/claims/status_list.h"

namespace weir::trust::claims {
namespace {

using store::Row;
using store::Tx;
using wire::Json;

constexpr std::string_view kColumns = "place, id, holder, node, type, profile, issued, expires, revoked, reason";
constexpr int kTries = 64;
constexpr std::int64_t kIssuedMax = kStatusEntries / 2;

Result<IssuedCredential> issued_of(const Row& row) {
  WEIR_TRY_LET(const Profile profile, parse_profile(row[5].text()));
  return IssuedCredential{.place = row[0].integer(),
                          .id = row[1].text(),
                          .holder = row[2].text(),
                          .node = row[3].text(),
                          .type = row[4].text(),
                          .profile = profile,
                          .issued = row[6].time(),
                          .expires = row[7].time(),
                          .revoked = row[8].time(),
                          .reason = row[9].text()};
}

Error unknown() { return Error(Errc::kNotFound, "no such credential").because("claims.unknown"); }

// The last part of a list's address.
std::string_view path_of(Profile profile) { return profile == Profile::kVc20 ? "vc20" : "vc11"; }

}  // namespace

Json to_json(const IssuedCredential& credential) {
  Json out = Json::object({{"id", credential.id},
                           {"type", credential.type},
                           {"holder", credential.holder},
                           {"node", credential.node},
                           {"profile", name_of(credential.profile)},
                           {"issued", format_iso8601(credential.issued)},
                           {"expires", format_iso8601(credential.expires)}});
  if (credential.revoked.value() != 0) {
    out.set("revoked", format_iso8601(credential.revoked));
    out.set("reason", credential.reason);
  }
  return out;
}

Result<Profile> parse_list_name(std::string_view text) {
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    if (text == path_of(profile)) return profile;
  }
  return Error(Errc::kNotFound, "no such status list").because("claims.unknown");
}

std::string Issuer::list_url(Profile profile) const { return deps_.status_url + "/" + std::string(path_of(profile)); }

std::vector<Supported> Issuer::supported() const {
  std::vector<Supported> out;
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    for (const std::string_view type : {kMembershipCredential, kOrganizationCredential}) {
      out.push_back({.id = deps_.self.did.text() + "#" + std::string(path_of(profile)) + "-" + std::string(type),
                     .type = std::string(type),
                     .profile = profile});
    }
  }
  return out;
}

Result<> Issuer::note(Tx& tx, std::string_view kind, const std::string& actor, const std::string& node, Json body) {
  WEIR_TRY(deps_.log.append(tx, {.kind = "claims." + std::string(kind),
                                 .time = deps_.clock.now(),
                                 .actor = actor,
                                 .participants = {node},
                                 .body = std::move(body)}));
  return {};
}

Result<std::int64_t> Issuer::free_place(Tx& tx) {
  WEIR_TRY(tx.execute("DELETE FROM claim_issued WHERE expires < ?", {deps_.clock.now()}));
  WEIR_TRY_LET(const Row count, tx.one("SELECT COUNT(*) FROM claim_issued", {}));
  for (int i = 0; i < kTries && count[0].integer() < kIssuedMax; ++i) {
    const auto place = static_cast<std::int64_t>(deps_.random.below(static_cast<std::uint64_t>(kStatusEntries)));
    WEIR_TRY_LET(const auto taken, tx.query("SELECT place FROM claim_issued WHERE place = ?", {place}));
    if (taken.empty()) return place;
  }
  return Error(Errc::kExhausted, "the status list has no free place").because("claims.list_full");
}

Result<Issuer::Made> Issuer::make(Tx& tx, const Supported& kind, const Did& holder, const Member& member) {
  const Timestamp now = deps_.clock.now();
  WEIR_TRY_LET(const std::int64_t place, free_place(tx));
  Made made{.record = {.place = place,
                       .id = "urn:uuid:" + deps_.random.uuid(),
                       .holder = holder.text(),
                       .node = member.node,
                       .type = kind.type,
                       .profile = kind.profile,
                       .issued = now,
                       .expires = after(now, deps_.length)},
            .token = {}};
  const IssuedCredential& r = made.record;
  const bool membership = kind.type == kMembershipCredential;
  Json claims = membership ? Json::object({{"memberOf", deps_.space}, {"node", member.node}})
                           : Json::object({{"name", member.name}, {"unifiedSocialCreditCode", member.participant}});
  made.token = make_credential(deps_.self.key, {.profile = kind.profile,
                                                .id = r.id,
                                                .issuer = deps_.self.did,
                                                .subject = holder.text(),
                                                .type = kind.type,
                                                .claims = std::move(claims),
                                                .from = r.issued,
                                                .until = r.expires,
                                                .status = status_entry(kind.profile, list_url(kind.profile), place),
                                                .kid = deps_.self.kid});
  WEIR_TRY(tx.execute("INSERT INTO claim_issued (" + std::string(kColumns) +
                          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '')",
                      {r.place, r.id, r.holder, r.node, r.type, name_of(r.profile), r.issued, r.expires}));
  return made;
}

Result<std::string> Issuer::issue(const Asked& asked, const Did& holder, const std::string& access_token,
                                  const Member& member, const std::string& actor) {
  std::vector<Supported> kinds;
  for (const std::string& id : asked.credentials) {
    const auto all = supported();
    const auto found = std::ranges::find(all, id, &Supported::id);
    if (found == all.end()) {
      return Error(Errc::kInvalidArgument, "no such credential is issued here")
          .because("claims.not_supported")
          .advise("the issuer's metadata name what is");
    }
    kinds.push_back(*found);
  }
  return store::sql_write<std::string>(deps_.sql, [&](Tx& tx) -> Result<std::string> {
    const std::string pid = deps_.random.uuid();
    Delivered delivery{.issuer_pid = pid, .holder_pid = asked.holder_pid, .issued = true};
    for (const Supported& kind : kinds) {
      WEIR_TRY_LET(const Made made, make(tx, kind, holder, member));
      delivery.credentials.push_back({kind.type, made.token, std::string(name_of(kind.profile))});
      WEIR_TRY(note(tx, "issued", actor, member.node,
                    Json::object({{"id", made.record.id}, {"type", kind.type}, {"holder", holder.text()}})));
    }
    WEIR_TRY(tx.execute("INSERT INTO claim_asked (pid, holder, holder_pid, state, created) VALUES (?, ?, ?, ?, ?)",
                        {pid, holder.text(), asked.holder_pid, "RECEIVED", deps_.clock.now()}));
    // The holder's document says where to, when it is sent.
    WEIR_TRY(store::enqueue(tx, {.lane = std::string(kDeliveryLane) + pid,
                                 .peer = holder.text(),
                                 .path = "/credentials",
                                 .body = Json::object({{"message", to_message(delivery)}, {"token", access_token}})
                                             .dump()}));
    return pid;
  });
}

Result<Json> Issuer::status(const std::string& pid, const Did& holder) {
  WEIR_TRY_LET(const auto rows, store::sql_read<store::Rows>(deps_.sql, [&](Tx& tx) {
                 return tx.query("SELECT holder_pid, state FROM claim_asked WHERE pid = ? AND holder = ?",
                                 {pid, holder.text()});
               }));
  // Of somebody else's request nobody learns that it is there.
  if (rows.empty()) return Error(Errc::kNotFound, "no such request").because("claims.unknown");
  return make_status(pid, rows[0][0].text(), rows[0][1].text());
}

Result<> Issuer::delivered(Tx& tx, const std::string& pid, bool taken) {
  WEIR_TRY(tx.execute("UPDATE claim_asked SET state = ? WHERE pid = ?", {taken ? "ISSUED" : "REJECTED", pid}));
  return {};
}

Result<std::vector<IssuedCredential>> Issuer::issued(std::int64_t after_place, std::size_t limit) {
  using List = std::vector<IssuedCredential>;
  return store::sql_read<List>(deps_.sql, [&](Tx& tx) -> Result<List> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kColumns) +
                                               " FROM claim_issued WHERE place > ? ORDER BY place LIMIT ?",
                                           {after_place, static_cast<std::int64_t>(limit)}));
    List out;
    for (const Row& row : rows) {
      WEIR_TRY_LET(IssuedCredential one, issued_of(row));
      out.push_back(std::move(one));
    }
    return out;
  });
}

Result<> Issuer::revoke(const std::string& id, const std::string& reason, const std::string& actor) {
  return deps_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT node, revoked FROM claim_issued WHERE id = ?", {id}));
    if (rows.empty()) return unknown();
    if (rows[0][1].integer() != 0) {
      return Error(Errc::kConflict, "the credential was revoked before").because("claims.revoked");
    }
    WEIR_TRY(tx.execute("UPDATE claim_issued SET revoked = ?, reason = ? WHERE id = ?",
                        {deps_.clock.now(), reason, id}));
    return note(tx, "revoked", actor, rows[0][0].text(), Json::object({{"id", id}, {"reason", reason}}));
  });
}

Result<std::int64_t> Issuer::withdraw(const std::string& reason, const std::string& actor) {
  WEIR_TRY_LET(const auto all, issued(-1, static_cast<std::size_t>(kStatusEntries)));
  std::int64_t count = 0;
  for (const IssuedCredential& one : all) {
    if (one.revoked.value() != 0 || deps_.active(one.node)) continue;
    const Result<> done = revoke(one.id, reason, actor);
    if (!done && done.error().code() != Errc::kConflict) return Error(done.error());
    ++count;
  }
  return count;
}

Result<std::string> Issuer::status_list(Profile profile) {
  WEIR_TRY_LET(const auto all, issued(-1, static_cast<std::size_t>(kStatusEntries)));
  StatusList bits;
  for (const IssuedCredential& one : all) {
    if (one.revoked.value() != 0 || !deps_.active(one.node)) bits.set(one.place);
  }
  return make_status_list(deps_.self.key, {.profile = profile,
                                           .url = list_url(profile),
                                           .issuer = deps_.self.did,
                                           .bits = bits,
                                           .now = deps_.clock.now(),
                                           .kid = deps_.self.kid});
}

}  // namespace weir::trust::claims
