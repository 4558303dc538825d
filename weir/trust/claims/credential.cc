// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/credential.h"

#include <algorithm>
#include <charconv>

#include "weir/base/text.h"

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::string_view kContext20 = "https://www.w3.org/ns/credentials/v2";
constexpr std::string_view kContext11 = "https://www.w3.org/2018/credentials/v1";
constexpr std::string_view kAnyCredential = "VerifiableCredential";
constexpr std::size_t kTypesMax = 32;
constexpr std::size_t kStatusMax = 8;

Error malformed(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the credential cannot be read: " + std::string(why))
      .because("claims.malformed");
}

// A text, or an object with an id.
std::string id_of(const Json& value) { return value.is_string() ? value.as_string() : value.text_or("id", ""); }

Result<std::vector<std::string>> types_of(const Json& body) {
  const Json& type = body["type"];
  if (type.is_string()) return std::vector{type.as_string()};
  if (!type.is_array() || type.size() > kTypesMax) return malformed("type is no list of names");
  return body.texts("type");
}

Result<std::optional<Timestamp>> time_of(const Json& body, std::string_view name) {
  const Json& value = body[name];
  if (value.is_null()) return std::optional<Timestamp>();
  if (!value.is_string()) return malformed(std::string(name) + " is no time");
  const auto time = parse_iso8601(value.as_string());
  if (!time) return malformed(std::string(name) + " is no time");
  return std::optional(*time);
}

Result<StatusEntry> status_of(const Json& json) {
  StatusEntry entry{.type = json.text_or("type", ""),
                    .purpose = json.text_or("statusPurpose", "revocation"),
                    .list = json.text_or("statusListCredential", "")};
  const Json& index = json["statusListIndex"];
  if (index.is_integer()) {
    entry.index = index.as_integer();
  } else {
    const std::string text = index.is_string() ? index.as_string() : "";
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), entry.index);
    if (text.empty() || status != std::errc{} || end != text.data() + text.size()) return malformed("statusListIndex");
  }
  if (entry.index < 0 || entry.list.empty()) return malformed("credentialStatus names no place in a list");
  return entry;
}

Result<> read_status(Credential& credential, const Json& status) {
  if (status.is_null()) return {};
  const Json list = status.is_array() ? status : Json::array({status});
  if (list.size() > kStatusMax) return malformed("credentialStatus is too long");
  for (const Json& item : list.items()) {
    WEIR_TRY_LET(StatusEntry entry, status_of(item));
    credential.status.push_back(std::move(entry));
  }
  return {};
}

// The later of two beginnings, the earlier of two ends.
void narrow(Credential& credential, std::optional<Timestamp> from, std::optional<Timestamp> until) {
  if (from) credential.valid_from = std::max(credential.valid_from, *from);
  if (until) credential.valid_until = std::min(credential.valid_until.value_or(*until), *until);
}

Result<> read_dates(Credential& credential, const Json& body) {
  const bool new_model = credential.profile == Profile::kVc20;
  WEIR_TRY_LET(const auto from, time_of(body, new_model ? "validFrom" : "issuanceDate"));
  WEIR_TRY_LET(const auto until, time_of(body, new_model ? "validUntil" : "expirationDate"));
  WEIR_TRY_LET(const auto begins, date_of(credential.jwt.claims, "nbf"));
  WEIR_TRY_LET(const auto expires, date_of(credential.jwt.claims, "exp"));
  if (!new_model && !from && !begins) return malformed("issuanceDate is missing");
  narrow(credential, from, until);
  narrow(credential, begins, expires);
  return {};
}

// What the envelope repeats must be what the credential says.
Result<> check_envelope(const Credential& credential) {
  const Json& claims = credential.jwt.claims;
  const bool same_issuer = !claims.has("iss") || claims["iss"] == Json(credential.issuer.text());
  const bool same_subject = !claims.has("sub") || claims["sub"] == Json(credential.subject);
  if (!same_issuer || !same_subject) return malformed("its envelope is about somebody else");
  return {};
}

Result<> check_context(const Json& body, Profile profile) {
  const Json& context = body["@context"];
  const Json& first = context.is_array() && context.size() > 0 ? context.items().front() : context;
  if (first == Json(profile == Profile::kVc20 ? kContext20 : kContext11)) return {};
  return malformed("its first context is not that of its data model");
}

}  // namespace

std::string_view name_of(Profile profile) {
  switch (profile) {
    case Profile::kVc20: return "vc20-bssl/jwt";
    case Profile::kVc11: return "vc11-sl2021/jwt";
  }
  return "";
}

Result<Profile> parse_profile(std::string_view text) {
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    if (text == name_of(profile)) return profile;
  }
  return Error(Errc::kInvalidArgument, "a profile is vc20-bssl/jwt or vc11-sl2021/jwt").because("claims.profile");
}

bool Credential::is(std::string_view type) const { return std::ranges::find(types, type) != types.end(); }

Result<Credential> read_credential(std::string_view text) {
  WEIR_TRY_LET(Jwt jwt, read_jwt(text));
  const bool enveloped = jwt.claims["vc"].is_object();
  const Profile profile = enveloped ? Profile::kVc11 : Profile::kVc20;
  const Json body = enveloped ? jwt.claims["vc"] : jwt.claims;
  WEIR_TRY(check_context(body, profile));
  WEIR_TRY_LET(Did issuer, Did::parse(id_of(body["issuer"])));
  const Json& subjects = body["credentialSubject"];
  // Of several subjects nobody could say whom the credential binds.
  if (subjects.is_array() && subjects.size() != 1) return malformed("it must have one subject");
  Json subject = subjects.is_array() ? subjects.items().front() : subjects;
  if (!subject.is_object()) return malformed("it must have one subject");
  Credential credential{.profile = profile,
                        .id = body.text_or("id", jwt.claims.text_or("jti", "")),
                        .issuer = std::move(issuer),
                        .subject = subject.text_or("id", ""),
                        .types = {},
                        .valid_until = {},
                        .status = {},
                        .has_schema = !body["credentialSchema"].is_null(),
                        .claims = std::move(subject),
                        .jwt = std::move(jwt)};
  WEIR_TRY_LET(credential.types, types_of(body));
  if (!credential.is(kAnyCredential)) return malformed("it is of no type VerifiableCredential");
  WEIR_TRY(check_envelope(credential));
  WEIR_TRY(read_dates(credential, body));
  WEIR_TRY(read_status(credential, body["credentialStatus"]));
  return credential;
}

Result<> verify_credential(const Credential& credential, const Document& issuer, Timestamp now) {
  // The key must be the issuer's own: DCP 1.0 section 5.4.3, step 4.
  if (issuer.id != credential.issuer) {
    return Error(Errc::kUnauthenticated, "the credential is of another issuer").because("claims.issuer_key");
  }
  const std::string typ = to_lower_ascii(credential.jwt.header.text_or("typ", "jwt"));
  if (typ != "jwt" && typ != "vc+jwt" && typ != "vc+ld+json+jwt") {
    return Error(Errc::kUnauthenticated, "the token is no credential").because("claims.issuer_key");
  }
  WEIR_TRY(verify_jwt(credential.jwt, issuer, Relation::kAssertion));
  if (credential.valid_until && now >= *credential.valid_until) {
    return Error(Errc::kUnauthenticated, "the credential has expired").because("claims.expired");
  }
  if (credential.valid_from > after(now, kClockSkew)) {
    return Error(Errc::kUnauthenticated, "the credential is not valid yet").because("claims.not_yet");
  }
  return {};
}

std::string make_credential(const crypto::PrivateKey& key, const NewCredential& credential) {
  const bool new_model = credential.profile == Profile::kVc20;
  Json subject = Json::object({{"id", credential.subject}});
  for (const auto& [name, value] : credential.claims.members()) subject.set(name, value);
  Json body = Json::object({{"@context", Json::array({Json(new_model ? kContext20 : kContext11)})},
                            {"id", credential.id},
                            {"type", Json::array({Json(kAnyCredential), Json(credential.type)})},
                            {"issuer", credential.issuer.text()},
                            {new_model ? "validFrom" : "issuanceDate", format_iso8601(credential.from)},
                            {new_model ? "validUntil" : "expirationDate", format_iso8601(credential.until)},
                            {"credentialSubject", std::move(subject)}});
  if (credential.status) {
    body.set("credentialStatus", Json::object({{"id", credential.status->list + "#" +
                                                          std::to_string(credential.status->index)},
                                               {"type", credential.status->type},
                                               {"statusPurpose", credential.status->purpose},
                                               {"statusListIndex", std::to_string(credential.status->index)},
                                               {"statusListCredential", credential.status->list}}));
  }
  Json claims = new_model ? body : Json::object({{"vc", body}, {"nbf", numeric_date(credential.from)}});
  claims.set("iss", credential.issuer.text());
  claims.set("sub", credential.subject);
  claims.set("jti", credential.id);
  claims.set("iat", numeric_date(credential.from));
  claims.set("exp", numeric_date(credential.until));
  return sign_jwt(key, credential.kid, new_model ? "vc+jwt" : "JWT", claims);
}

}  // namespace weir::trust::claims
