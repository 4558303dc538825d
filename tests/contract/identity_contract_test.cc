// One life of a participant, an operator and an identifier, on every database.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/postgres.h"
#include "weir/trust/credential/service.h"
#include "weir/trust/participant/test_support.h"

namespace weir::trust::participant {
namespace {

struct Kind {
  const char* name;
  std::function<Result<std::unique_ptr<store::Database>>()> open;
};

Result<std::unique_ptr<store::Database>> open_fresh_postgres() {
  WEIR_TRY_LET(weir::testing::ThrowAwayPostgres * server, weir::testing::ThrowAwayPostgres::shared());
  WEIR_TRY_LET(const std::string url, server->fresh_schema());
  return store::open_postgres(url);
}

struct IdentityContract : ::testing::TestWithParam<Kind> {
  std::unique_ptr<store::Database> open() {
    auto opened = GetParam().open();
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return *std::move(opened);
  }
};

TEST_P(IdentityContract, AParticipantComesAndGoes) {
  Regional regional({}, open());
  const Applicant applicant;
  const Enrolment enrolment = regional.admit(applicant);
  const NodeId id = enrolment.node.id;
  EXPECT_EQ(regional.apply_reason(applicant.application), "application.duplicate");
  EXPECT_EQ(regional.directory.find(id)->status, Status::kActive);
  EXPECT_TRUE(regional.directory.check_connection(enrolment.node.transport_certificate_pem).ok());
  ASSERT_TRUE(regional.admission.suspend(id.subject(), "why", kRoot).ok());
  EXPECT_EQ(regional.directory.usable(id).error().reason(), "node.suspended");
  EXPECT_EQ(regional.admission.applications(Status::kSuspended, 0, 10)->size(), 1u);
  EXPECT_EQ(regional.admission.applications({}, 0, 10)->size(), 1u);
  EXPECT_EQ(regional.admission.revocations()->entries.size(), 2u);
  ASSERT_TRUE(regional.admission.resume(id.subject(), "because", kRoot).ok());
  const Applicant next;
  ASSERT_TRUE(regional.admission
                  .renew_certificates(id, next.application.identity_request_pem, next.application.transport_request_pem,
                                      kRoot)
                  .ok());
  const Applied rejected = regional.apply(Applicant("https://b.example"));
  ASSERT_TRUE(regional.admission.reject(rejected.application, "no", kRoot).ok());
  ASSERT_TRUE(regional.admission.deregister(id.subject(), "left", kRoot).ok());
  EXPECT_EQ(regional.directory.list("", 10)->size(), 2u);
  EXPECT_EQ(regional.admission.participants("", 10)->front().status, Status::kDeregistered);
  EXPECT_EQ(regional.registry.address_of(id, "root").ok(), true);
  EXPECT_EQ(*regional.registry.identifier_at(*regional.registry.address_of(id, "root")),
            supply::identifier::Identifier(id));
  regional.admit(Applicant());
}

TEST_P(IdentityContract, AnsweringForOthersIsKeptAndForgotten) {
  const std::unique_ptr<store::Database> database = open();
  ASSERT_TRUE(store::migrate(*database, migration()).ok());
  struct Fixed final : Upstream {
    Result<NodeRecord> resolve(const NodeId&) override { return record; }
    NodeRecord record;
    explicit Fixed(NodeRecord given) : record(std::move(given)) {}
  };
  Regional regional;
  Fixed above(regional.admit(Applicant()).node);
  weir::testing::RecordingLog log;
  Directory directory(*database, log, regional.clock, &above);
  EXPECT_EQ(*directory.find(above.record.id), above.record);
  above.record.name = "renamed";
  EXPECT_NE(directory.find(above.record.id)->name, "renamed");
  ASSERT_TRUE(directory.forget(above.record.id).ok());
  EXPECT_EQ(directory.find(above.record.id)->name, "renamed");
  ASSERT_TRUE(directory.add_anchor(regional.authority, kRoot).ok());
  ASSERT_TRUE(directory.add_anchor(regional.authority, kRoot).ok());
  EXPECT_EQ(log.count("anchor.added"), 1);
  EXPECT_TRUE(directory.public_key(above.record.id).ok());
}

TEST_P(IdentityContract, AnOperatorLogsInAndIsLockedOut) {
  const std::unique_ptr<store::Database> database = open();
  ASSERT_TRUE(store::migrate(*database, credential::Credentials::migration()).ok());
  ManualClock clock(kStart);
  SeededRandom random(5);
  weir::testing::RecordingLog log;
  const NodeId self = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");
  credential::Credentials service(*database, log, clock, random, self, {.cost = {.work = 4, .block = 1, .lanes = 1}});
  const auto root = *credential::OperatorId::parse("root");
  const auto secret = [](std::string_view text) { return crypto::SecretBytes(view_of(text)); };
  ASSERT_TRUE(service.add_first(root, "管理员").ok());
  ASSERT_TRUE(service.set_initial_password(root, secret("first-pass-1"), root).ok());
  ASSERT_TRUE(service.change_password(root, secret("first-pass-1"), secret("second-pass-2")).ok());
  const auto session = service.login("root", secret("second-pass-2"));
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(service.authenticate(session->text)->require("catalog:write").ok());
  const auto token = service.issue_token(root, "x", credential::Scopes::all(), std::chrono::hours(1), root);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(*service.revoke_all(root, "cleaning", root), 2);
  EXPECT_EQ(service.authenticate(token->text).error().reason(), "token.revoked");
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(service.login("root", secret("wrong-pass-1")).ok());
  EXPECT_FALSE(service.login("root", secret("second-pass-2")).ok());
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(service.login("root", secret("second-pass-2")).ok());
  EXPECT_EQ(service.list()->size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Databases, IdentityContract,
                         ::testing::Values(Kind{"sqlite", [] { return store::open_sqlite({.path = ":memory:"}); }},
                                           Kind{"postgres", open_fresh_postgres}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace weir::trust::participant
