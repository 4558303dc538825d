// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/credential.h"

#include <gtest/gtest.h>

#include "weir/trust/claims/presentation.h"
#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;
using wire::Json;

struct CredentialTest : ::testing::TestWithParam<Profile> {
  test::Cast cast;
  NewCredential made = cast.membership(GetParam());
  Json body_of(const Json& claims) { return GetParam() == Profile::kVc20 ? claims : claims["vc"]; }

  std::string verify(const std::string& text, Timestamp now = kNow) {
    const auto credential = read_credential(text);
    if (!credential) return std::string(credential.error().reason());
    return reason_of(verify_credential(*credential, cast.issuer.document(), now));
  }
  // As the issuer would sign it, with one member of the credential changed.
  std::string with(const char* name, Json value) {
    Json claims = read_jwt(cast.token(made))->claims;
    Json body = body_of(claims);
    if (value.is_null()) {
      body.erase(name);
    } else {
      body.set(name, std::move(value));
    }
    if (GetParam() == Profile::kVc20) {
      claims = body;
    } else {
      claims.set("vc", body);
    }
    return sign_jwt(cast.issuer.key, cast.issuer.kid(), "JWT", claims);
  }
};
INSTANTIATE_TEST_SUITE_P(Profiles, CredentialTest, ::testing::Values(Profile::kVc20, Profile::kVc11),
                         [](const auto& p) { return p.param == Profile::kVc20 ? "Vc20" : "Vc11"; });

//= DCP-1.0#profiles type=test
TEST_P(CredentialTest, IsReadAsItWasMade) {
  made.status = StatusEntry{"BitstringStatusListEntry", "revocation", 42, "https://i.example/list"};
  const auto read = read_credential(cast.token(made));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->profile, GetParam());
  EXPECT_EQ(read->id, "urn:uuid:1");
  EXPECT_EQ(read->issuer, cast.issuer.did);
  EXPECT_EQ(read->subject, cast.holder.did.text());
  EXPECT_TRUE(read->is("MembershipCredential"));
  EXPECT_EQ(read->claims.text_or("memberOf", ""), "a space");
  EXPECT_EQ(read->valid_until->value(), made.until.value());
  ASSERT_EQ(read->status.size(), 1u);
  EXPECT_EQ(read->status[0].index, 42);
  EXPECT_EQ(verify(cast.token(made)), "");
}

// ── refused ──

TEST_P(CredentialTest, IsRefusedBeforeAndAfterItsTime) {
  EXPECT_EQ(verify(cast.token(made), made.until), "claims.expired");
  EXPECT_EQ(verify(cast.token(made), after(kNow, Milliseconds(-60'000))), "claims.not_yet");
  const bool new_model = GetParam() == Profile::kVc20;
  // Whichever ends first, envelope or content.
  EXPECT_EQ(verify(with(new_model ? "validUntil" : "expirationDate", "2020-01-01T00:00:00Z")), "claims.expired");
  EXPECT_EQ(verify(with(new_model ? "validFrom" : "issuanceDate", "2099-01-01T00:00:00Z")), "claims.not_yet");
  EXPECT_EQ(verify(with(new_model ? "validUntil" : "expirationDate", "soon")), "claims.malformed");
}

TEST_P(CredentialTest, IsRefusedIfAClaimWasChanged) {
  const std::string better = test::tampered(cast.token(made), [](Json& claims) {
    Json& body = GetParam() == Profile::kVc20 ? claims : claims.members()[0].second;
    body.set("credentialSubject", Json::object({{"id", body["credentialSubject"]["id"]}, {"memberOf", "all spaces"}}));
  });
  EXPECT_EQ(verify(better), "signature.invalid");
}

TEST_P(CredentialTest, IsRefusedUnlessItsIssuersKeySignedIt) {
  EXPECT_EQ(verify(make_credential(cast.other.key, made)), "jws.algorithm");
  made.kid = cast.other.kid();
  EXPECT_EQ(verify(make_credential(cast.other.key, made)), "did.no_key");
  const auto credential = read_credential(cast.token(cast.membership(GetParam())));
  EXPECT_EQ(reason_of(verify_credential(*credential, cast.other.document(), kNow)), "claims.issuer_key");
}

TEST_P(CredentialTest, IsRefusedIfTheKeyIsNotForAssertions) {
  Json json = cast.issuer.json();
  json.erase("assertionMethod");
  const Document document = *parse_document(json, cast.issuer.did);
  EXPECT_EQ(reason_of(verify_credential(*read_credential(cast.token(made)), document, kNow)), "did.no_key");
}

TEST_P(CredentialTest, IsRefusedIfItsEnvelopeIsAboutSomebodyElse) {
  for (const char* name : {"iss", "sub"}) {
    Json claims = read_jwt(cast.token(made))->claims;
    claims.set(name, cast.other.did.text());
    const std::string text = sign_jwt(cast.issuer.key, cast.issuer.kid(), "JWT", claims);
    EXPECT_EQ(verify(text), "claims.malformed") << name;
  }
}

TEST_P(CredentialTest, IsRefusedIfItDoesNotSayWhatItMust) {
  EXPECT_EQ(verify(with("@context", "https://elsewhere.example/context")), "claims.malformed");
  EXPECT_EQ(verify(with("type", Json::array({"MembershipCredential"}))), "claims.malformed");
  EXPECT_EQ(verify(with("type", 7)), "claims.malformed");
  EXPECT_EQ(verify(with("credentialSubject", Json::array())), "claims.malformed");
  EXPECT_EQ(verify(with("credentialSubject", Json::array({Json::object(), Json::object()}))), "claims.malformed");
  EXPECT_EQ(verify(with("issuer", "https://not.a.did")), "did.malformed");
  EXPECT_EQ(verify(with("credentialStatus", Json::object({{"statusListIndex", "x"}}))), "claims.malformed");
  EXPECT_EQ(verify(with("credentialStatus", Json::object({{"statusListIndex", "-1"}, {"statusListCredential", "u"}}))),
            "claims.malformed");
}

TEST_P(CredentialTest, IsNoPresentation) {
  EXPECT_EQ(reason_of(read_presentation(cast.token(made))), "claims.malformed");
  EXPECT_FALSE(read_credential(cast.shown({cast.token(made)}, GetParam())).ok());
}

}  // namespace
}  // namespace weir::trust::claims
