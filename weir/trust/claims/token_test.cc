// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/token.h"

#include <gtest/gtest.h>

#include "weir/crypto/jose.h"
#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;
using wire::Json;

struct IdTokenTest : ::testing::Test {
  test::Cast cast;
  Json claims = Json::object({{"iss", cast.holder.did.text()},
                              {"sub", cast.holder.did.text()},
                              {"aud", cast.verifier.did.text()},
                              {"jti", "1"},
                              {"iat", numeric_date(kNow)},
                              {"exp", numeric_date(kNow) + 300},
                              {"token", "opaque"}});

  std::string sign(const std::string& typ = "JWT") { return sign_jwt(cast.holder.key, cast.holder.kid(), typ, claims); }
  std::string verify(const std::string& text, Timestamp now = kNow) {
    const auto jwt = read_jwt(text);
    if (!jwt) return std::string(jwt.error().reason());
    return reason_of(verify_id_token(*jwt, cast.holder.document(), cast.verifier.did, now));
  }
  std::string with(const char* name, Json value) {
    claims.set(name, std::move(value));
    return verify(sign());
  }
};

//= DCP-1.0#id-token type=test
TEST_F(IdTokenTest, SaysWhoSpeaksToWhom) {
  const std::string text = make_id_token(cast.holder.key, {.issuer = cast.holder.did,
                                                           .kid = cast.holder.kid(),
                                                           .audience = cast.verifier.did.text(),
                                                           .jti = "1",
                                                           .access_token = "opaque",
                                                           .now = kNow});
  const auto token = verify_id_token(*read_jwt(text), cast.holder.document(), cast.verifier.did, kNow);
  ASSERT_TRUE(token.ok()) << token.error().message();
  EXPECT_EQ(token->issuer, cast.holder.did);
  EXPECT_EQ(token->jti, "1");
  EXPECT_EQ(token->access_token, "opaque");
  EXPECT_EQ(with("aud", Json::array({cast.verifier.did.text()})), "");
  EXPECT_EQ(with("nbf", numeric_date(kNow) + 10), "");  // clocks differ a little
}

// ── refused ──

//= DCP-1.0#id-token-validation type=test
TEST_F(IdTokenTest, IsRefusedForAnotherAudience) {
  EXPECT_EQ(with("aud", cast.other.did.text()), "claims.audience");
  // Whoever else is named could use it here.
  EXPECT_EQ(with("aud", Json::array({cast.verifier.did.text(), cast.other.did.text()})), "claims.audience");
  EXPECT_EQ(with("aud", Json::array()), "claims.audience");
  claims.erase("aud");
  EXPECT_EQ(verify(sign()), "claims.audience");
}

TEST_F(IdTokenTest, IsRefusedIfIssuerAndSubjectDiffer) {
  EXPECT_EQ(with("sub", cast.other.did.text()), "claims.speaker");
  claims.erase("sub");
  EXPECT_EQ(verify(sign()), "claims.speaker");
}

TEST_F(IdTokenTest, IsRefusedUnderTheDocumentOfAnother) {
  const auto jwt = read_jwt(sign());
  EXPECT_EQ(reason_of(verify_id_token(*jwt, cast.other.document(), cast.verifier.did, kNow)), "claims.speaker");
}

TEST_F(IdTokenTest, IsRefusedBeforeAndAfterItsTime) {
  EXPECT_EQ(verify(sign(), after(kNow, Milliseconds(400'000))), "claims.expired");
  EXPECT_EQ(verify(sign(), after(kNow, Milliseconds(-60'000))), "claims.not_yet");
  EXPECT_EQ(with("nbf", numeric_date(kNow) + 60), "claims.not_yet");
  claims.erase("nbf");
  EXPECT_EQ(with("exp", "tomorrow"), "claims.malformed");
  EXPECT_EQ(with("exp", 1e300), "claims.malformed");
  EXPECT_EQ(with("exp", numeric_date(kNow) + 86'400), "claims.token_long");
}

TEST_F(IdTokenTest, IsRefusedWithoutWhatItMustHave) {
  for (const char* name : {"exp", "iat", "jti"}) {
    const Json whole = claims;
    claims.erase(name);
    EXPECT_EQ(verify(sign()), "claims.speaker") << name;
    claims = whole;
  }
}

TEST_F(IdTokenTest, IsRefusedIfAClaimWasChanged) {
  EXPECT_EQ(verify(test::tampered(sign(), [](Json& all) { all.set("token", "better"); })), "signature.invalid");
}

TEST_F(IdTokenTest, IsRefusedIfItsKeyIsNotForInvocation) {
  Json json = cast.holder.json();
  json.erase("capabilityInvocation");
  const Document document = *parse_document(json, cast.holder.did);
  EXPECT_EQ(reason_of(verify_id_token(*read_jwt(sign()), document, cast.verifier.did, kNow)), "did.no_key");
}

TEST_F(IdTokenTest, IsRefusedUnderAnyAlgorithmButThatOfTheKey) {
  const std::string text = sign();
  for (const char* alg : {"none", "HS256", "EdDSA", "SM2", "RS256"}) {
    Json header = read_jwt(text)->header;
    header.set("alg", alg);
    const std::string changed = wire::encode_base64url(view_of(header.dump())) + text.substr(text.find('.'));
    EXPECT_EQ(verify(changed), "jws.algorithm") << alg;
  }
  const std::string signed_by_other = sign_jwt(cast.other.key, cast.holder.kid(), "JWT", claims);
  EXPECT_EQ(verify(signed_by_other), "signature.invalid");
}

TEST_F(IdTokenTest, IsNoPresentationNorCredentialNorAccessToken) {
  EXPECT_EQ(verify(sign("at+jwt")), "claims.speaker");
  EXPECT_EQ(verify(sign("vp+jwt")), "claims.speaker");
  EXPECT_EQ(verify(cast.shown({})), "claims.speaker");
  EXPECT_EQ(verify(cast.shown({}, Profile::kVc11)), "claims.speaker");
}

TEST(Jwt, RefusesWhatIsNone) {
  for (const char* bad : {"", "a", "a.b", "a.b.c", "e30.e30", "e30.!.x", "e30.W10.x", "e30.e30.x.y", "bnVsbA.e30.x"}) {
    EXPECT_FALSE(read_jwt(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace weir::trust::claims
