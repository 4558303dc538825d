// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/issuer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/recording_log.h"
#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;

struct IssuerTest : ::testing::Test {
  IssuerTest() {
    EXPECT_TRUE(store::migrate(*database, migration()).ok());
    EXPECT_TRUE(store::migrate(*database, store::outbox_migration()).ok());
  }
  std::string id_of(std::string_view type, Profile profile) {
    for (const Supported& one : issuer.supported()) {
      if (one.type == type && one.profile == profile) return one.id;
    }
    return "";
  }
  Result<std::string> issue(std::vector<std::string> ids) {
    return issuer.issue({"r-1", std::move(ids)}, cast.holder.did, "seen", {"n-1", "USCC", "Bureau"}, "peer:n-1");
  }
  std::vector<store::OutboxMessage> sent() {
    using Messages = std::vector<store::OutboxMessage>;
    return *store::sql_read<Messages>(*database, [&](store::Tx& tx) { return store::due(tx, kNow, 10); });
  }
  // Whether the list as it is served says that the credential counts.
  bool valid(const Credential& credential) {
    test::FakeWorld world(cast);
    world.lists[credential.status[0].list] = *issuer.status_list(credential.profile);
    return check_credential(credential, world, kNow).ok();
  }

  test::Cast cast;
  ManualClock clock{kNow};
  SeededRandom random{4};
  weir::testing::RecordingLog log;
  std::unique_ptr<store::Database> database = *store::open_sqlite({.path = ":memory:"});
  std::set<std::string> stopped;
  Issuer issuer{{.sql = *database,
                 .log = log,
                 .clock = clock,
                 .random = random,
                 .self = {cast.issuer.did, cast.issuer.key, cast.issuer.kid(), "node:i"},
                 .space = "the space",
                 .status_url = "https://i.example/status",
                 .active = [this](const std::string& node) { return !stopped.contains(node); }}};
};

//= DCP-1.0#request type=test
TEST_F(IssuerTest, IssuesWhatAMemberAsksForAndDeliversIt) {
  const auto pid =
      issue({id_of(kMembershipCredential, Profile::kVc20), id_of(kOrganizationCredential, Profile::kVc11)});
  ASSERT_TRUE(pid.ok()) << pid.error().message();
  EXPECT_EQ(issuer.status(*pid, cast.holder.did)->text_or("status", ""), "RECEIVED");
  ASSERT_EQ(sent().size(), 1u);
  EXPECT_EQ(sent()[0].peer, cast.holder.did.text());
  const auto body = *wire::parse_json(sent()[0].body);
  EXPECT_EQ(body.text_or("token", ""), "seen");
  const auto delivered = *parse_delivered(body["message"]);
  ASSERT_EQ(delivered.credentials.size(), 2u);
  const auto membership = *read_credential(delivered.credentials[0].payload);
  EXPECT_EQ(membership.claims.text_or("memberOf", ""), "the space");
  EXPECT_TRUE(valid(membership));
  EXPECT_EQ(read_credential(delivered.credentials[1].payload)->claims.text_or("name", ""), "Bureau");
  EXPECT_EQ(log.count("claims.issued"), 2);
  ASSERT_TRUE(database->write([&](store::Tx& tx) { return issuer.delivered(tx, *pid, true); }).ok());
  EXPECT_EQ(issuer.status(*pid, cast.holder.did)->text_or("status", ""), "ISSUED");
}

TEST_F(IssuerTest, RevokesForGood) {
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    ASSERT_TRUE(issue({id_of(kMembershipCredential, profile)}).ok());
  }
  std::vector<Credential> credentials;
  for (const auto& message : sent()) {
    const auto delivered = *parse_delivered((*wire::parse_json(message.body))["message"]);
    credentials.push_back(*read_credential(delivered.credentials[0].payload));
  }
  ASSERT_TRUE(issuer.revoke(credentials[0].id, "left", "anna").ok());
  EXPECT_FALSE(valid(credentials[0]));
  EXPECT_TRUE(valid(credentials[1]));
  EXPECT_EQ(reason_of(issuer.revoke(credentials[0].id, "left", "anna")), "claims.revoked");
  EXPECT_EQ(*issuer.withdraw("suspended", "anna"), 0);
  stopped.insert("n-1");
  EXPECT_EQ(*issuer.withdraw("suspended", "anna"), 1);
  stopped.clear();
  EXPECT_FALSE(valid(credentials[1]));
  EXPECT_EQ(log.count("claims.revoked"), 2);
}

TEST_F(IssuerTest, CountsWhoMayNotActAsRevoked) {
  ASSERT_TRUE(issue({id_of(kMembershipCredential, Profile::kVc20)}).ok());
  const auto delivered = *parse_delivered((*wire::parse_json(sent()[0].body))["message"]);
  const auto credential = *read_credential(delivered.credentials[0].payload);
  stopped.insert("n-1");
  EXPECT_FALSE(valid(credential));
}

// ── refused ──

TEST_F(IssuerTest, IssuesNothingThatItDoesNotSupport) {
  EXPECT_EQ(reason_of(issue({"something"})), "claims.not_supported");
  EXPECT_TRUE(sent().empty());
}

TEST_F(IssuerTest, TellsNobodyElseOfARequest) {
  const auto pid = issue({id_of(kMembershipCredential, Profile::kVc20)});
  EXPECT_EQ(reason_of(issuer.status(*pid, cast.other.did)), "claims.unknown");
  EXPECT_EQ(reason_of(issuer.status("none", cast.holder.did)), "claims.unknown");
  EXPECT_EQ(reason_of(issuer.revoke("none", "", "anna")), "claims.unknown");
}

TEST_F(IssuerTest, IssuesNothingThatIsNotWrittenDown) {
  log.fail_next = true;
  EXPECT_FALSE(issue({id_of(kMembershipCredential, Profile::kVc20)}).ok());
  EXPECT_TRUE(issuer.issued(-1, 10)->empty());
  EXPECT_TRUE(sent().empty());
}

}  // namespace
}  // namespace weir::trust::claims
