// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/holder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_log.h"
#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;

struct HolderTest : ::testing::Test {
  HolderTest() { EXPECT_TRUE(store::migrate(*database, migration()).ok()); }
  Delivered delivery(std::vector<std::string> tokens, const std::string& pid = "r-1") {
    Delivered out{.issuer_pid = "i-1", .holder_pid = pid, .issued = true};
    for (auto& token : tokens) out.credentials.push_back({"MembershipCredential", token, "vc20-bssl/jwt"});
    return out;
  }
  std::string receive(const Delivered& delivered) {
    return reason_of(holder.receive(delivered, cast.issuer.document()));
  }
  std::vector<Scope> scopes(const char* type) { return {*parse_scope(scope_of_type(type))}; }

  test::Cast cast;
  ManualClock clock{kNow};
  SeededRandom random{3};
  weir::testing::RecordingLog log;
  std::unique_ptr<store::Database> database = *store::open_sqlite({.path = ":memory:"});
  Holder holder{{*database, log, clock, random, {cast.holder.did, cast.holder.key, cast.holder.kid(), "node:h"}}};
};

TEST_F(HolderTest, KeepsWhatItAskedForAndShowsIt) {
  ASSERT_TRUE(holder.begin_request(cast.issuer.did, "r-1", "anna").ok());
  ASSERT_EQ(receive(delivery({cast.token(cast.membership())})), "");
  ASSERT_EQ(holder.held()->size(), 1u);
  EXPECT_EQ(holder.requests()->front().state, "ISSUED");
  EXPECT_THAT(log.kinds(), ::testing::ElementsAre("claims.requested", "claims.received"));

  const auto shown = holder.present(cast.verifier.did, scopes("MembershipCredential"), scopes("MembershipCredential"));
  ASSERT_EQ(shown->size(), 1u);
  test::FakeWorld world(cast);
  EXPECT_TRUE(check_presentations(*shown, cast.holder.did, cast.verifier.did,
                                  {{"MembershipCredential"}, {cast.issuer.did}}, world, kNow).ok());
}

TEST_F(HolderTest, ReplacesACredentialByANewerOne) {
  ASSERT_TRUE(holder.begin_request(cast.issuer.did, "r-1", "anna").ok());
  NewCredential again = cast.membership();
  again.id = "urn:uuid:2";
  ASSERT_EQ(receive(delivery({cast.token(cast.membership())})), "");
  ASSERT_EQ(receive(delivery({cast.token(again)})), "");
  ASSERT_EQ(holder.held()->size(), 1u);
  EXPECT_EQ(holder.held()->front().id, "urn:uuid:2");
}

//= DCP-1.0#presentation-query type=test
TEST_F(HolderTest, ShowsNoMoreThanWasGrantedAskedForAndValid) {
  ASSERT_TRUE(holder.begin_request(cast.issuer.did, "r-1", "anna").ok());
  ASSERT_EQ(receive(delivery({cast.token(cast.membership())})), "");
  EXPECT_TRUE(holder.present(cast.verifier.did, scopes("MembershipCredential"), scopes("Other"))->empty());
  EXPECT_TRUE(holder.present(cast.verifier.did, scopes("Other"), scopes("MembershipCredential"))->empty());
  const std::vector<Scope> by_id{{Scope::Kind::kId, "urn:uuid:1"}};
  EXPECT_EQ(holder.present(cast.verifier.did, by_id, by_id)->size(), 1u);
  clock.advance(Milliseconds(86'400'000));
  const auto all = scopes("MembershipCredential");
  EXPECT_TRUE(holder.present(cast.verifier.did, all, all)->empty());
}

TEST_F(HolderTest, GrantsWhatAVerifierMaySee) {
  const std::string token = holder.grant(cast.verifier.did, {scope_of_type("A"), scope_of_type("B")});
  EXPECT_EQ(holder.granted(token, cast.verifier.did)->size(), 2u);
}

// ── refused ──

TEST_F(HolderTest, LetsNobodyInWithoutAnAccessTokenOfItsOwn) {
  const std::string token = holder.grant(cast.verifier.did, {scope_of_type("A")});
  EXPECT_EQ(reason_of(holder.granted(token, cast.other.did)), "claims.access");
  EXPECT_EQ(reason_of(holder.granted("faketoken", cast.verifier.did)), "claims.access");
  EXPECT_EQ(reason_of(holder.granted("", cast.verifier.did)), "claims.access");
  const std::string changed = test::tampered(token, [&](wire::Json& c) { c.set("sub", cast.other.did.text()); });
  EXPECT_EQ(reason_of(holder.granted(changed, cast.other.did)), "claims.access");
  // Another token of the same key is no access token.
  const std::string presented = make_presentation(cast.holder.key, cast.presentation({}));
  EXPECT_EQ(reason_of(holder.granted(presented, cast.verifier.did)), "claims.access");
  clock.advance(Milliseconds(400'000));
  EXPECT_EQ(reason_of(holder.granted(token, cast.verifier.did)), "claims.access");
}

//= DCP-1.0#storage type=test
TEST_F(HolderTest, KeepsNothingThatItDidNotAskFor) {
  EXPECT_EQ(receive(delivery({cast.token(cast.membership())})), "claims.request_unknown");
  ASSERT_TRUE(holder.begin_request(cast.other.did, "r-1", "anna").ok());
  EXPECT_EQ(receive(delivery({cast.token(cast.membership())})), "claims.request_unknown");
  EXPECT_TRUE(holder.held()->empty());
}

TEST_F(HolderTest, KeepsNothingThatIsNotItsOwnOrNotWhatItSeems) {
  ASSERT_TRUE(holder.begin_request(cast.issuer.did, "r-1", "anna").ok());
  NewCredential made = cast.membership();
  made.subject = cast.other.did.text();
  EXPECT_EQ(receive(delivery({cast.token(made)})), "claims.holder");
  made = cast.membership();
  made.type = "Other";
  EXPECT_EQ(receive(delivery({cast.token(made)})), "claims.malformed");
  made = cast.membership();
  EXPECT_EQ(receive(delivery({make_credential(cast.other.key, made)})), "jws.algorithm");
  made.issuer = cast.other.did;
  made.kid = cast.other.kid();
  EXPECT_EQ(receive(delivery({make_credential(cast.other.key, made)})), "claims.issuer_key");
  EXPECT_EQ(receive(delivery({"not.a.token"})), "jws.malformed");
  EXPECT_TRUE(holder.held()->empty());
}

TEST_F(HolderTest, WritesDownARefusal) {
  ASSERT_TRUE(holder.begin_request(cast.issuer.did, "r-1", "anna").ok());
  ASSERT_EQ(receive({.issuer_pid = "i", .holder_pid = "r-1", .issued = false, .rejection = "no"}), "");
  EXPECT_EQ(holder.requests()->front().state, "REJECTED");
  EXPECT_EQ(holder.requests()->front().reason, "no");
}

//= DCP-1.0#replay type=test
TEST_F(HolderTest, TakesATokenOnce) {
  const IdToken token{
      .issuer = cast.holder.did, .jti = "1", .expires = after(kNow, Milliseconds(300'000)), .access_token = {}};
  EXPECT_EQ(reason_of(use_once(*database, token, kNow)), "");
  EXPECT_EQ(reason_of(use_once(*database, token, kNow)), "claims.replayed");
  // Somebody else may use the same name; and as long as it could be believed, it is remembered.
  EXPECT_EQ(reason_of(use_once(*database, {cast.other.did, "1", token.expires, ""}, kNow)), "");
  EXPECT_EQ(reason_of(use_once(*database, token, after(token.expires, kClockSkew))), "claims.replayed");
}

}  // namespace
}  // namespace weir::trust::claims
