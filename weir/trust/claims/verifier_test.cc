// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;
using wire::Json;

struct VerifierTest : ::testing::Test {
  test::Cast cast;
  test::FakeWorld world{cast};
  Requirement requirement{{"MembershipCredential"}, {cast.issuer.did}};
  NewCredential made = cast.membership();

  std::string check(const std::vector<std::string>& presentations, Timestamp now = kNow) {
    return reason_of(check_presentations(presentations, cast.holder.did, cast.verifier.did, requirement, world, now));
  }
  std::string check_one() { return check({cast.shown({cast.token(made)})}); }
};

//= DCP-1.0#presentation-validation type=test
TEST_F(VerifierTest, AcceptsWhatIsWanted) {
  EXPECT_EQ(check_one(), "");
  const std::string old = cast.token(cast.membership(Profile::kVc11));
  EXPECT_EQ(check({cast.shown({old}, Profile::kVc11)}), "");
  NewCredential more = made;
  more.type = "SensitiveDataCredential";
  EXPECT_EQ(check({cast.shown({cast.token(made), cast.token(more)})}), "");
}

TEST_F(VerifierTest, FetchesNothingForIssuersThatNobodyTrusts) {
  requirement.issuers = {cast.other.did};
  EXPECT_EQ(check_one(), "claims.missing");
  EXPECT_THAT(world.asked, ::testing::ElementsAre(cast.holder.did.text()));
}

// ── refused ──

TEST_F(VerifierTest, RefusesNothingAndSomethingElse) {
  EXPECT_EQ(check({}), "claims.missing");
  EXPECT_EQ(check({cast.shown({})}), "claims.missing");
  made.type = "SensitiveDataCredential";
  EXPECT_EQ(check_one(), "claims.missing");
}

TEST_F(VerifierTest, RefusesCredentialsAboutSomebodyElse) {
  made.subject = cast.other.did.text();
  EXPECT_EQ(check_one(), "claims.holder");
  made.subject = "";
  EXPECT_EQ(check_one(), "claims.holder");
}

TEST_F(VerifierTest, RefusesPresentationsOfOrForOthers) {
  NewPresentation shown = cast.presentation({cast.token(made)});
  shown.audience = cast.other.did.text();
  EXPECT_EQ(check({make_presentation(cast.holder.key, shown)}), "claims.audience");
  shown = cast.presentation({cast.token(made)});
  shown.holder = cast.other.did;
  shown.kid = cast.other.kid();
  EXPECT_EQ(check({make_presentation(cast.other.key, shown)}), "claims.holder");
  EXPECT_EQ(check({make_presentation(cast.other.key, cast.presentation({cast.token(made)}))}), "signature.invalid");
  EXPECT_EQ(check({cast.shown({cast.token(made)})}, after(kNow, Milliseconds(400'000))), "claims.expired");
}

TEST_F(VerifierTest, RefusesPresentationsByAKeyThatIsNotForThem) {
  Json json = cast.holder.json();
  json.erase("authentication");
  world.documents.at(cast.holder.did.text()) = *parse_document(json, cast.holder.did);
  EXPECT_EQ(check_one(), "did.no_key");
}

TEST_F(VerifierTest, RefusesWhatWasChanged) {
  const std::string better = test::tampered(cast.token(made), [](Json& claims) { claims.set("memberOf", "all"); });
  EXPECT_EQ(check({cast.shown({better})}), "signature.invalid");
}

TEST_F(VerifierTest, RefusesWhatHasExpired) {
  made.until = after(kNow, Milliseconds(-1000));
  made.from = after(kNow, Milliseconds(-100'000));
  EXPECT_EQ(check_one(), "claims.expired");
  made.until = after(kNow, Milliseconds(7'200'000));
  made.from = after(kNow, Milliseconds(3'600'000));
  EXPECT_EQ(check_one(), "claims.not_yet");
}

//= DCP-1.0#revocation type=test
TEST_F(VerifierTest, RefusesWhatWasRevoked) {
  StatusList bits;
  made.status = status_entry(Profile::kVc20, "https://i.example/list", 9);
  const auto publish = [&](const test::Party& by) {
    world.lists[made.status->list] = make_status_list(
        by.key, {.url = made.status->list, .issuer = by.did, .bits = bits, .now = kNow, .kid = by.kid()});
  };
  EXPECT_EQ(check_one(), "claims.status");  // a list that cannot be had
  publish(cast.issuer);
  EXPECT_EQ(check_one(), "");
  bits.set(9);
  publish(cast.issuer);
  EXPECT_EQ(check_one(), "claims.revoked");
  bits = StatusList();
  publish(cast.other);  // the list of somebody else says nothing
  EXPECT_EQ(check_one(), "claims.status");
}

TEST_F(VerifierTest, RefusesWhatItCannotHoldAgainstASchema) {
  Json claims = read_jwt(cast.token(made))->claims;
  claims.set("credentialSchema", Json::object({{"id", "https://i.example/schema"}, {"type", "JsonSchema"}}));
  EXPECT_EQ(check({cast.shown({sign_jwt(cast.issuer.key, cast.issuer.kid(), "vc+jwt", claims)})}), "claims.schema");
}

TEST_F(VerifierTest, RefusesAMixtureOfProfiles) {
  EXPECT_EQ(check({cast.shown({cast.token(made)}, Profile::kVc11)}), "claims.malformed");
}

TEST_F(VerifierTest, RefusesWhomItCannotResolve) {
  world.documents.erase(cast.holder.did.text());
  EXPECT_EQ(check_one(), "did.unresolved");
}

}  // namespace
}  // namespace weir::trust::claims
