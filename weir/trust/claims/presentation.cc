// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/presentation.h"

#include <algorithm>

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::string_view kContext20 = "https://www.w3.org/ns/credentials/v2";
constexpr std::string_view kContext11 = "https://www.w3.org/2018/credentials/v1";
constexpr std::string_view kEnvelope = "data:application/vc+jwt,";
constexpr std::size_t kCredentialsMax = 64;

Error malformed(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the presentation cannot be read: " + std::string(why))
      .because("claims.malformed");
}

// A token as it is, or enveloped.
Result<std::string> token_of(const Json& item) {
  if (item.is_string()) return item.as_string();
  const std::string id = item.text_or("id", "");
  if (item.text_or("type", "") != "EnvelopedVerifiableCredential" || !id.starts_with(kEnvelope)) {
    return malformed("a credential in it is no token");
  }
  return id.substr(kEnvelope.size());
}

Result<> read_credentials(Presentation& out, const Json& body) {
  const Json& held = body["verifiableCredential"];
  if (held.is_null()) return {};
  const Json list = held.is_array() ? held : Json::array({held});
  if (list.size() > kCredentialsMax) return malformed("too many credentials");
  for (const Json& item : list.items()) {
    WEIR_TRY_LET(std::string token, token_of(item));
    out.credentials.push_back(std::move(token));
  }
  return {};
}

Json envelope(const std::string& token) {
  return Json::object({{"@context", kContext20},
                       {"id", std::string(kEnvelope) + token},
                       {"type", "EnvelopedVerifiableCredential"}});
}

}  // namespace

Result<Presentation> read_presentation(std::string_view text) {
  WEIR_TRY_LET(Jwt jwt, read_jwt(text));
  const Json& vp = jwt.claims["vp"];
  const Profile profile = vp.is_null() ? Profile::kVc20 : Profile::kVc11;
  const Json body = vp.is_array() && vp.size() == 1 ? vp.items().front() : vp.is_null() ? jwt.claims : vp;
  if (!body.is_object()) return malformed("it holds no presentation");
  const Json& type = body["type"];
  const Json wanted("VerifiablePresentation");
  const bool typed = type.is_array() ? std::ranges::find(type.items(), wanted) != type.items().end() : type == wanted;
  if (!typed) return malformed("it is of no type VerifiablePresentation");
  const std::string issuer = jwt.claims.text_or("iss", body.text_or("holder", ""));
  if (body.text_or("holder", issuer) != issuer) return malformed("its envelope is of somebody else");
  WEIR_TRY_LET(Did holder, Did::parse(issuer));
  Presentation out{.profile = profile, .holder = std::move(holder), .credentials = {}, .jwt = std::move(jwt)};
  WEIR_TRY(read_credentials(out, body));
  return out;
}

Result<> verify_presentation(const Presentation& presentation, const Document& holder, const Did& self, Timestamp now) {
  if (holder.id != presentation.holder) {
    return Error(Errc::kUnauthenticated, "the presentation is of another identifier").because("claims.holder");
  }
  WEIR_TRY(check_audience(presentation.jwt.claims, self));
  WEIR_TRY(check_times(presentation.jwt.claims, now));
  if (!presentation.jwt.claims.has("exp")) {
    return Error(Errc::kUnauthenticated, "a presentation must end").because("claims.expired");
  }
  return verify_jwt(presentation.jwt, holder, Relation::kAuthentication);
}

std::string make_presentation(const crypto::PrivateKey& key, const NewPresentation& presentation) {
  const bool new_model = presentation.profile == Profile::kVc20;
  Json held = Json::array();
  for (const std::string& token : presentation.credentials) held.push(new_model ? envelope(token) : Json(token));
  Json body = Json::object({{"@context", Json::array({Json(new_model ? kContext20 : kContext11)})},
                            {"type", Json::array({"VerifiablePresentation"})},
                            {"holder", presentation.holder.text()},
                            {"verifiableCredential", std::move(held)}});
  Json claims = new_model ? std::move(body) : Json::object({{"vp", std::move(body)}});
  claims.set("iss", presentation.holder.text());
  claims.set("sub", presentation.holder.text());
  claims.set("aud", presentation.audience);
  claims.set("jti", presentation.jti);
  claims.set("iat", numeric_date(presentation.now));
  claims.set("exp", numeric_date(after(presentation.now, kTokenLength)));
  return sign_jwt(key, presentation.kid, new_model ? "vp+jwt" : "JWT", claims);
}

}  // namespace weir::trust::claims
