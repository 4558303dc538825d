// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/directory.h"

#include <gmock/gmock.h>

#include "weir/trust/participant/test_support.h"

namespace weir::trust::participant {
namespace {

using ::testing::SizeIs;

// The regional node's directory, called in the process.
struct Above final : Upstream {
  explicit Above(Directory& above) : directory(above) {}
  Result<NodeRecord> resolve(const NodeId& id) override {
    ++asked;
    if (down) return Error(Errc::kUnavailable, "no route");
    WEIR_TRY_LET(NodeRecord record, directory.find(id));
    if (lies != nullptr) record.id = *lies;
    return record;
  }
  Directory& directory;
  int asked = 0;
  bool down = false;
  const NodeId* lies = nullptr;
};

// A connector that was admitted by the regional node, and one more to talk with.
struct DirectoryTest : ::testing::Test {
  DirectoryTest() {
    EXPECT_TRUE(store::migrate(*database, migration()).ok());
    EXPECT_TRUE(directory.adopt(own, kRoot).ok());
    above.asked = 0;
  }
  std::string connection_reason(std::string_view pem) {
    const auto result = directory.check_connection(pem);
    return result ? "" : std::string(result.error().reason());
  }
  Regional regional;
  Above above{regional.directory};
  Enrolment own = regional.admit(Applicant());
  Applicant other_applicant{"https://b.example", "91440300708461136T"};
  Enrolment other = regional.admit(other_applicant);
  NodeId peer = other.node.id;
  weir::testing::RecordingLog log;
  std::unique_ptr<store::Database> database = *store::open_sqlite({.path = ":memory:"});
  DirectoryOptions options;
  Directory directory{*database, log, regional.clock, &above, options};
};

TEST_F(DirectoryTest, AdoptsWhatAnEnrolmentBrings) {
  EXPECT_EQ(*directory.find(own.node.id), own.node);
  EXPECT_EQ(*directory.find(regional.self), own.regional);
  EXPECT_EQ(above.asked, 0) << "both are believed without asking";
  EXPECT_THAT(*directory.anchors(), SizeIs(1));
  EXPECT_EQ(log.kinds(), (std::vector<std::string>{"anchor.added", "node.adopted"}));
}

//= NDI-TR-2025-02#identity-verify type=test
TEST_F(DirectoryTest, AsksAboveOnceAndKeepsTheAnswerForAWhile) {
  EXPECT_EQ(directory.find(peer)->base_url, "https://b.example");
  EXPECT_EQ(directory.find(peer)->base_url, "https://b.example");
  EXPECT_EQ(above.asked, 1);
  regional.clock.advance(options.fresh);
  EXPECT_TRUE(directory.find(peer).ok());
  EXPECT_EQ(above.asked, 2);
}

//= NDI-TR-2025-03#status-sync type=test
TEST_F(DirectoryTest, ASuspensionAboveHoldsHereWhenTheAnswerIsNoLongerFresh) {
  ASSERT_TRUE(directory.public_key(peer).ok());
  ASSERT_TRUE(regional.admission.suspend(peer, "breach", kRoot).ok());
  regional.clock.advance(options.fresh);
  EXPECT_EQ(directory.public_key(peer).error().reason(), "node.suspended");
  EXPECT_EQ(connection_reason(other.node.transport_certificate_pem), "node.suspended");
}

TEST_F(DirectoryTest, ChecksWhoIsAtTheOtherEnd) {
  EXPECT_EQ(directory.check_connection(other.node.transport_certificate_pem)->id, peer);
  EXPECT_EQ(directory.check_connection(own.regional.transport_certificate_pem)->id, regional.self);
}

// The signature of a certificate is checked once in a while; what may change meanwhile, each time.
TEST_F(DirectoryTest, AConnectionThatWasCheckedBeforeIsRefusedAtOnceWhenItsNodeMayNoLongerAct) {
  const std::string& pem = other.node.transport_certificate_pem;
  ASSERT_EQ(regional.directory.check_connection(pem)->id, peer);
  ASSERT_TRUE(regional.admission.suspend(peer, "breach", kRoot).ok());
  EXPECT_EQ(regional.directory.check_connection(pem).error().reason(), "node.suspended");
}

TEST_F(DirectoryTest, ACertificateThatWasCheckedBeforeExpires) {
  ASSERT_TRUE(directory.keep(other.node).ok());
  const Timestamp end = crypto::Certificate::from_pem(other.node.transport_certificate_pem)->info().not_after;
  regional.clock.set(after(end, -Milliseconds(1)));
  EXPECT_EQ(connection_reason(other.node.transport_certificate_pem), "");
  regional.clock.set(after(end, Milliseconds(1)));
  EXPECT_EQ(connection_reason(other.node.transport_certificate_pem), "certificate.expired");
}

TEST_F(DirectoryTest, ANewKeyIsFetchedWhenASignatureFails) {
  const Bytes message{1, 2, 3};
  EXPECT_TRUE(directory.verify(peer, message, other_applicant.identity.sign(message)).ok());
  const Applicant next("https://b.example", "91440300708461136T");
  ASSERT_TRUE(regional.admission
                  .renew_certificates(peer, next.application.identity_request_pem,
                                      next.application.transport_request_pem, kRoot)
                  .ok());
  EXPECT_TRUE(directory.verify(peer, message, next.identity.sign(message)).ok());
  EXPECT_EQ(above.asked, 2);
}

TEST_F(DirectoryTest, ANewTransportCertificateIsFetchedToo) {
  ASSERT_TRUE(directory.find(peer).ok());
  const Applicant next("https://b.example", "91440300708461136T");
  const NodeRecord renewed = *regional.admission.renew_certificates(peer, next.application.identity_request_pem,
                                                                    next.application.transport_request_pem, kRoot);
  EXPECT_EQ(connection_reason(renewed.transport_certificate_pem), "");
  EXPECT_EQ(connection_reason(other.node.transport_certificate_pem), "node.other_certificate");
}

TEST_F(DirectoryTest, WithoutTheNodeAboveAnAnswerIsUsedForALimitedTime) {
  ASSERT_TRUE(directory.find(peer).ok());
  above.down = true;
  regional.clock.advance(options.stale_max - Milliseconds(1));
  EXPECT_TRUE(directory.find(peer).ok());
  regional.clock.advance(Milliseconds(1));
  EXPECT_EQ(directory.find(peer).error().reason(), "node.upstream");
  EXPECT_EQ(directory.find(peer).error().code(), Errc::kUnavailable);
}

TEST_F(DirectoryTest, ListsWhatIsKnown) {
  ASSERT_TRUE(directory.find(peer).ok());
  const auto all = *directory.list("", 10);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_THAT(*directory.list(all[0].id.text(), 1), SizeIs(1));
}

//= NDI-TR-2025-02#connector-address type=test
TEST_F(DirectoryTest, RecordsComeBackAsTheyWereWritten) {
  EXPECT_EQ(*parse_node_record(to_json(other.node)), other.node);
  for (const char* member : {"id", "participant", "name", "baseUrl", "identityCertificate", "transportCertificate",
                             "status", "capabilities", "updated"}) {
    wire::Json bad = to_json(other.node);
    bad.set(member, 7);
    EXPECT_EQ(parse_node_record(bad).error().code(), Errc::kInvalidArgument) << member;
  }
}

// Errors.
TEST_F(DirectoryTest, ThatThereIsNoneIsBelievedForAWhile) {
  const NodeId nobody = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");
  EXPECT_EQ(directory.find(nobody).error().reason(), "node.unknown");
  EXPECT_EQ(directory.find(nobody).error().reason(), "node.unknown");
  EXPECT_EQ(above.asked, 1);
  regional.clock.advance(options.negative);
  EXPECT_EQ(directory.find(nobody).error().reason(), "node.unknown");
  EXPECT_EQ(above.asked, 2);
}

TEST_F(DirectoryTest, AnAnswerAboutAnotherNodeIsNone) {
  above.lies = &own.node.id;
  EXPECT_EQ(directory.find(peer).error().reason(), "node.upstream");
}

TEST_F(DirectoryTest, StrangersCertificatesProveNothing) {
  Regional impostor;  // the same names, another authority
  const Enrolment forged = impostor.admit(other_applicant);
  EXPECT_EQ(connection_reason(forged.node.transport_certificate_pem), "certificate.signature");
  EXPECT_EQ(above.asked, 0) << "a stranger does not make this node ask";
  EXPECT_EQ(connection_reason("no certificate"), "node.certificate");
  EXPECT_EQ(connection_reason(regional.authority.pem()), "node.certificate");
  // The identity certificate is genuine, but does not open connections.
  EXPECT_EQ(connection_reason(other.node.identity_certificate_pem), "node.other_certificate");
}

TEST_F(DirectoryTest, ARecordWithAnothersCertificateGivesNoKey) {
  NodeRecord swapped = other.node;
  swapped.identity_certificate_pem = own.node.identity_certificate_pem;
  ASSERT_TRUE(directory.keep(swapped).ok());
  EXPECT_EQ(directory.public_key(peer).error().reason(), "node.certificate");
}

TEST_F(DirectoryTest, WrongSignaturesAskAboveSeldom) {
  const Bytes message{1};
  const crypto::Signature wrong = new_key(SignatureAlgorithm::kEd25519).sign(message);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(directory.verify(peer, message, wrong).error().reason(), "signature.invalid");
  }
  EXPECT_EQ(above.asked, 2);
  regional.clock.advance(options.refresh_min);
  EXPECT_EQ(directory.verify(peer, message, wrong).error().reason(), "signature.invalid");
  EXPECT_EQ(above.asked, 3);
}

TEST_F(DirectoryTest, CertificatesExpireAndBegin) {
  ASSERT_TRUE(directory.keep(other.node).ok());
  regional.clock.advance(std::chrono::hours(24 * 366));
  EXPECT_EQ(directory.public_key(peer).error().reason(), "certificate.expired");
  regional.clock.set(after(kStart, -std::chrono::minutes(4)));
  EXPECT_TRUE(directory.public_key(peer).ok()) << "a clock may be a little behind";
  regional.clock.set(after(kStart, -std::chrono::minutes(20)));
  EXPECT_EQ(directory.check_connection(other.node.transport_certificate_pem).error().reason(), "certificate.not_yet");
}

//= NDI-TR-2025-03#provider-list type=test
TEST_F(DirectoryTest, WithoutItsAnchorACertificateProvesNothing) {
  ASSERT_TRUE(directory.public_key(peer).ok());
  ASSERT_EQ(connection_reason(other.node.transport_certificate_pem), "");
  ASSERT_TRUE(directory.remove_anchor(regional.authority.fingerprint(), "key leaked", kRoot).ok());
  EXPECT_EQ(directory.public_key(peer).error().code(), Errc::kUnauthenticated);
  EXPECT_NE(connection_reason(other.node.transport_certificate_pem), "");
  EXPECT_EQ(directory.remove_anchor(regional.authority.fingerprint(), "again", kRoot).error().reason(),
            "anchor.unknown");
  EXPECT_EQ(
      directory.add_anchor(*crypto::Certificate::from_pem(own.node.identity_certificate_pem), kRoot).error().reason(),
      "anchor.no_authority");
  EXPECT_EQ(log.count("anchor.removed"), 1);
}

}  // namespace
}  // namespace weir::trust::participant
