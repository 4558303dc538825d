// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/token.h"

#include <cmath>

#include "weir/base/text.h"
#include "weir/crypto/jose.h"
#include "weir/wire/encoding.h"

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::size_t kTokenBytesMax = 256u << 10;
constexpr std::size_t kJtiBytesMax = 256;
constexpr double kSecondsMost = 253402300799.0;  // the year 9999

Error malformed(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the token cannot be read: " + std::string(why)).because("claims.malformed");
}
Error refused(std::string_view reason, std::string_view why) {
  return Error(Errc::kUnauthenticated, std::string(why)).because(reason);
}

}  // namespace

Result<Jwt> read_jwt(std::string_view text) {
  if (text.size() > kTokenBytesMax) return malformed("it is too long");
  WEIR_TRY_LET(Json header, crypto::unverified_jws_header(text));
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  const auto payload = wire::decode_base64url(text.substr(first + 1, last - first - 1));
  if (!payload) return malformed("its payload is not base64url");
  auto claims = wire::parse_json(text_of(*payload), {kTokenBytesMax, 32});
  if (!claims || !claims->is_object()) return malformed("its payload is no JSON object");
  return Jwt{std::move(header), *std::move(claims), std::string(text)};
}

std::string sign_jwt(const crypto::PrivateKey& key, std::string_view kid, std::string_view typ, const Json& claims) {
  return crypto::sign_jws(key, Json::object({{"typ", typ}, {"kid", kid}}), view_of(claims.dump()));
}

Result<> verify_jwt(const Jwt& jwt, const Document& signer, Relation relation) {
  if (jwt.header.has("kid") && !jwt.header["kid"].is_string()) return malformed("kid is no text");
  WEIR_TRY_LET(const auto key, signer.key(relation, jwt.header.text_or("kid", "")));
  WEIR_TRY(crypto::verify_jws(jwt.text, key));
  return {};
}

Result<std::optional<Timestamp>> date_of(const Json& claims, std::string_view name) {
  const Json& value = claims[name];
  if (value.is_null()) return std::optional<Timestamp>();
  if (!value.is_number() || !(std::fabs(value.as_double()) <= kSecondsMost)) {
    return malformed(std::string(name) + " is no time");
  }
  return std::optional(Timestamp(static_cast<std::int64_t>(value.as_double() * 1000)));
}

std::int64_t numeric_date(Timestamp time) { return time.value() / 1000; }

Result<> check_times(const Json& claims, Timestamp now) {
  WEIR_TRY_LET(const auto expires, date_of(claims, "exp"));
  WEIR_TRY_LET(const auto issued, date_of(claims, "iat"));
  WEIR_TRY_LET(const auto begins, date_of(claims, "nbf"));
  if (expires && now >= after(*expires, kClockSkew)) return refused("claims.expired", "the token has expired");
  for (const auto& start : {issued, begins}) {
    if (start && *start > after(now, kClockSkew)) return refused("claims.not_yet", "the token is not valid yet");
  }
  return {};
}

Result<> check_audience(const Json& claims, const Did& self) {
  const Json& audience = claims["aud"];
  const bool only = audience.is_array() && audience.size() == 1;
  if ((only ? audience.items().front() : audience) == Json(self.text())) return {};
  return refused("claims.audience", "the token is for somebody else");
}

Result<Did> speaker_of(const Jwt& jwt) {
  const std::string issuer = jwt.claims.text_or("iss", "");
  if (issuer.empty() || issuer != jwt.claims.text_or("sub", "")) {
    return refused("claims.speaker", "iss and sub must be the same identifier");
  }
  return Did::parse(issuer);
}

Result<IdToken> verify_id_token(const Jwt& jwt, const Document& speaker, const Did& self, Timestamp now) {
  WEIR_TRY_LET(const Did issuer, speaker_of(jwt));
  if (issuer != speaker.id) return refused("claims.speaker", "the token is of another identifier");
  // A presentation or a credential is signed by the same keys, and is no token of this kind.
  const bool other_kind = jwt.claims.has("vp") || jwt.claims.has("vc");
  if (other_kind || to_lower_ascii(jwt.header.text_or("typ", "jwt")) != "jwt") {
    return refused("claims.speaker", "this is no self-issued ID token");
  }
  WEIR_TRY(check_audience(jwt.claims, self));
  WEIR_TRY_LET(const auto expires, date_of(jwt.claims, "exp"));
  WEIR_TRY_LET(const auto issued, date_of(jwt.claims, "iat"));
  const std::string jti = jwt.claims.text_or("jti", "");
  if (!expires || !issued || jti.empty() || jti.size() > kJtiBytesMax) {
    return refused("claims.speaker", "the token must have exp, iat and jti");
  }
  WEIR_TRY(check_times(jwt.claims, now));
  if (between(*issued, *expires) > kTokenLongest) return refused("claims.token_long", "the token lives too long");
  WEIR_TRY(verify_jwt(jwt, speaker, Relation::kInvocation));
  return IdToken{.issuer = issuer,
                 .jti = jti,
                 .expires = *expires,
                 .access_token = jwt.claims.text_or("token", "")};
}

std::string make_id_token(const crypto::PrivateKey& key, const NewIdToken& token) {
  Json claims = Json::object({{"iss", token.issuer.text()},
                              {"sub", token.issuer.text()},
                              {"aud", token.audience},
                              {"jti", token.jti},
                              {"iat", numeric_date(token.now)},
                              {"exp", numeric_date(after(token.now, kTokenLength))}});
  if (!token.access_token.empty()) claims.set("token", token.access_token);
  return sign_jwt(key, token.kid, "JWT", claims);
}

}  // namespace weir::trust::claims
