// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/admission.h"

#include <gmock/gmock.h>

#include "weir/trust/participant/test_support.h"

namespace weir::trust::participant {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

//= NDI-TR-2025-03 type=test
//= TC609-6-2025-12#approval type=test
TEST(Admission, LeadsFromApplicationToAnActiveNode) {
  Regional regional;
  const Applicant applicant;
  const Applied applied = regional.apply(applicant);
  EXPECT_EQ(regional.status_of(applied), "applied");
  EXPECT_EQ(regional.admission.pickup(applied.application, applied.pickup_token).error().reason(), "pickup.waiting");

  const NodeId id = *regional.admission.approve(applied.application, "documents checked", kRoot);
  EXPECT_EQ(regional.status_of(applied), "approved");
  EXPECT_EQ(id.kind(), NodeKind::kConnector);
  EXPECT_EQ(id.area().text(), "3501");
  EXPECT_EQ(id.subject().text(), "91350100M000100Y43");
  EXPECT_EQ(regional.directory.usable(id).error().reason(), "node.not_active");

  const Enrolment enrolment = *regional.admission.pickup(applied.application, applied.pickup_token);
  EXPECT_EQ(regional.status_of(applied), "active");
  EXPECT_EQ(enrolment.node.id, id);
  EXPECT_EQ(enrolment.node.status, Status::kActive);
  EXPECT_EQ(enrolment.regional.id, regional.self);
  EXPECT_THAT(enrolment.anchors_pem, ElementsAre(regional.authority.pem()));
  EXPECT_TRUE(
      verify_enrolment(enrolment, applicant.expectation(regional.authority.fingerprint()), regional.clock.now()).ok());
  EXPECT_EQ(parse_enrolment(to_json(enrolment).dump())->node, enrolment.node);

  const auto certificate = *crypto::Certificate::from_pem(enrolment.node.transport_certificate_pem);
  EXPECT_EQ(certificate.info().subject.common_name, "a.example");
  EXPECT_EQ(certificate.info().subject.unit, id.text());
  EXPECT_EQ(certificate.info().subject.organisation, "91350100M000100Y43");
  EXPECT_THAT(certificate.info().alternative_names, ElementsAre("DNS:a.example"));

  EXPECT_EQ(regional.admission.participant(id.subject())->status, Status::kActive);
  EXPECT_EQ(regional.registry.resolve(id)->record.location, "https://a.example:8443");
  EXPECT_THAT(regional.log.kinds(), ElementsAre("participant.applied", "identifier.registered", "participant.approved",
                                                "participant.activated"));
  EXPECT_EQ(regional.log.entries[2].actor, "root");
}

//= NDI-TR-2025-04 type=test
TEST(Admission, AGlobalNodeAdmitsRegionalNodesUnderTheirOwnIdentifiers) {
  SeededRandom random(7);
  const auto area = *supply::identifier::AreaCode::parse("3501");
  const auto owner = *SubjectId::parse("91350100M000100Y43");
  Regional global({}, nullptr, NodeId::generate(NodeKind::kGlobal, owner, area, random));
  Applicant region("https://region.example:8443");
  region.application.node_kind = NodeKind::kRegional;
  region.application.node = NodeId::generate(NodeKind::kRegional, owner, area, random);
  const Enrolment enrolment = global.admit(region);
  EXPECT_EQ(enrolment.node.id, *region.application.node);
  EXPECT_EQ(global.registry.resolve(enrolment.node.id)->record.location, "https://region.example:8443");

  EXPECT_EQ(global.apply_reason(Applicant("https://c.example").application), "application.node_kind");
  Applicant other("https://other.example", "12110000MB0000019M");
  other.application.node_kind = NodeKind::kRegional;
  other.application.node = region.application.node;
  EXPECT_EQ(global.apply_reason(other.application), "application.node");
  // The same participant's second application for an identifier that is given already.
  Applicant again("https://again.example");
  again.application.node_kind = NodeKind::kRegional;
  again.application.node = region.application.node;
  const Applied applied = global.apply(again);
  EXPECT_EQ(global.admission.approve(applied.application, "", kRoot).error().reason(), "identifier.taken");
  EXPECT_EQ(global.directory.find(enrolment.node.id)->base_url, "https://region.example:8443");
  Regional regional;
  EXPECT_EQ(regional.apply_reason(region.application), "application.node_kind");
}

TEST(Admission, ShangMiIdentitiesAreAdmittedToo) {
  Regional regional;
  const Applicant applicant("https://10.0.0.7:8443", "91350100M000100Y43", SignatureAlgorithm::kSm2Sm3);
  const Enrolment enrolment = regional.admit(applicant);
  const auto certificate = *crypto::Certificate::from_pem(enrolment.node.identity_certificate_pem);
  EXPECT_EQ(certificate.public_key().algorithm(), SignatureAlgorithm::kSm2Sm3);
  EXPECT_THAT(certificate.info().alternative_names, ElementsAre("IP:10.0.0.7"));
  const Bytes message{1, 2, 3};
  EXPECT_TRUE(regional.directory.verify(enrolment.node.id, message, applicant.identity.sign(message)).ok());
}

TEST(Admission, APersonTakesPartUnderAMappedIdentifier) {
  Regional regional;
  Applicant applicant;
  applicant.application.participant = {
      .kind = SubjectKind::kPerson,
      .base = wire::Json::object(
          {{"fullName", "李四"}, {"certType", "01"}, {"certCode", "11010519491231002X"}, {"phone", "13800001111"}}),
      .extended = wire::Json::object({{"birthDate", "1949-12-31"}})};
  const Enrolment enrolment = regional.admit(applicant);
  EXPECT_EQ(enrolment.node.participant.text()[0], 'P');
  std::string all = to_json(*regional.admission.participant(enrolment.node.participant)).dump();
  for (const auto& entry : regional.log.entries) all += tlog::to_json(entry).dump();
  all += to_json(regional.admission.applications({}, 0, 10)->front()).dump();
  EXPECT_EQ(all.find("1101051949"), std::string::npos) << "the number is nowhere";
  EXPECT_EQ(all.find("1949"), std::string::npos);
  EXPECT_EQ(all.find("13800001111"), std::string::npos);
}

TEST(Admission, ARejectedApplicantLearnsWhyAndMayApplyAgain) {
  Regional regional;
  const Applicant applicant;
  const Applied applied = regional.apply(applicant);
  ASSERT_TRUE(regional.admission.reject(applied.application, "the licence has expired", kRoot).ok());
  const auto refused = regional.admission.pickup(applied.application, applied.pickup_token);
  EXPECT_EQ(refused.error().reason(), "pickup.rejected");
  EXPECT_NE(refused.error().message().find("the licence has expired"), std::string_view::npos);
  EXPECT_EQ(regional.admission.participant(*SubjectId::parse("91350100M000100Y43"))->status, Status::kRejected);
  EXPECT_EQ(regional.admission.approve(applied.application, "", kRoot).error().reason(), "participant.wrong_state");
  regional.admit(applicant);
}

TEST(Admission, ASecondNodeOfTheSameOrganisationIsAdmitted) {
  Regional regional;
  const Enrolment first = regional.admit(Applicant());
  const Enrolment second = regional.admit(Applicant("https://b.example"));
  EXPECT_NE(first.node.id, second.node.id);
  EXPECT_EQ(first.node.participant, second.node.participant);
  EXPECT_THAT(*regional.admission.participants("", 10), SizeIs(1));
  EXPECT_THAT(*regional.admission.applications(Status::kActive, 0, 10), SizeIs(2));
}

//= TC609-6-2025-11#cut-off type=test
TEST(Admission, SuspensionAndResumptionHoldAtOnce) {
  Regional regional;
  const Applicant applicant;
  const Enrolment enrolment = regional.admit(applicant);
  const NodeId id = enrolment.node.id;
  EXPECT_TRUE(regional.directory.check_connection(enrolment.node.transport_certificate_pem).ok());
  ASSERT_TRUE(regional.admission.suspend(id, "contract breach", kRoot).ok());
  EXPECT_EQ(regional.directory.check_connection(enrolment.node.transport_certificate_pem).error().reason(),
            "node.suspended");
  EXPECT_EQ(regional.directory.public_key(id).error().code(), Errc::kForbidden);
  EXPECT_EQ(regional.registry.resolve(id)->record.status, supply::identifier::RecordStatus::kSuspended);
  EXPECT_THAT(regional.admission.revocations()->entries, SizeIs(2));
  ASSERT_TRUE(regional.admission.resume(id, "settled", kRoot).ok());
  EXPECT_TRUE(regional.directory.check_connection(enrolment.node.transport_certificate_pem).ok());
  EXPECT_THAT(regional.admission.revocations()->entries, SizeIs(0));
  EXPECT_EQ(regional.log.count("node.suspended"), 1);
  EXPECT_EQ(regional.log.count("node.resumed"), 1);
}

TEST(Admission, ASuspendedParticipantTakesAllItsNodesAlong) {
  Regional regional;
  const NodeId a = regional.admit(Applicant()).node.id;
  const NodeId b = regional.admit(Applicant("https://b.example")).node.id;
  const NodeId other = regional.admit(Applicant("https://c.example", "91440300708461136T")).node.id;
  const SubjectId subject = a.subject();
  ASSERT_TRUE(regional.admission.suspend(b, "alone first", kRoot).ok());
  ASSERT_TRUE(regional.admission.suspend(subject, "bankrupt", kRoot).ok());
  EXPECT_EQ(regional.directory.usable(a).error().reason(), "node.suspended");
  EXPECT_TRUE(regional.directory.usable(other).ok());
  EXPECT_THAT(*regional.admission.applications(Status::kSuspended, 0, 10), SizeIs(2));
  EXPECT_EQ(regional.admission.resume(b, "x", kRoot).error().reason(), "participant.not_active");
  EXPECT_EQ(regional.apply_reason(Applicant("https://d.example").application), "participant.not_active");
  ASSERT_TRUE(regional.admission.resume(subject, "saved", kRoot).ok());
  EXPECT_TRUE(regional.directory.usable(a).ok());
  EXPECT_EQ(regional.directory.usable(b).error().reason(), "node.suspended") << "it was suspended by itself";
}

//= TC609-6-2025-12#deregistration type=test
TEST(Admission, DeregistrationIsForGoodAndKeepsTheRecords) {
  Regional regional;
  const NodeId id = regional.admit(Applicant()).node.id;
  const Applied waiting = regional.apply(Applicant("https://b.example"));
  ASSERT_TRUE(regional.admission.deregister(id.subject(), "left", kRoot).ok());
  EXPECT_EQ(regional.directory.usable(id).error().reason(), "node.deregistered");
  EXPECT_EQ(regional.registry.resolve(id)->record.status, supply::identifier::RecordStatus::kWithdrawn);
  EXPECT_EQ(regional.status_of(waiting), "rejected");
  EXPECT_EQ(regional.admission.resume(id, "", kRoot).error().reason(), "participant.wrong_state");
  EXPECT_EQ(regional.admission.resume(id.subject(), "", kRoot).error().reason(), "participant.wrong_state");
  EXPECT_EQ(regional.admission.revocations()->entries.front().reason, RevocationReason::kCessation);
  // The organisation may come back, with new keys and a new identifier; the old node does not.
  const NodeId again = regional.admit(Applicant()).node.id;
  EXPECT_NE(again, id);
  EXPECT_EQ(regional.directory.usable(id).error().reason(), "node.deregistered");
  EXPECT_TRUE(regional.directory.usable(again).ok());
}

TEST(Admission, CertificatesAreRenewedAndTheOldOnesRevoked) {
  Regional regional;
  const Enrolment enrolment = regional.admit(Applicant());
  const Applicant next;  // new keys, same host
  const NodeRecord renewed = *regional.admission.renew_certificates(
      enrolment.node.id, next.application.identity_request_pem, next.application.transport_request_pem, kRoot);
  EXPECT_TRUE(regional.directory.check_connection(renewed.transport_certificate_pem).ok());
  EXPECT_EQ(regional.directory.check_connection(enrolment.node.transport_certificate_pem).error().reason(),
            "node.other_certificate");
  const Bytes message{1};
  EXPECT_TRUE(regional.directory.verify(enrolment.node.id, message, next.identity.sign(message)).ok());
  const RevocationList list = *regional.admission.revocations();
  EXPECT_THAT(list.entries, SizeIs(2));
  EXPECT_TRUE(list.contains(crypto::Certificate::from_pem(enrolment.node.identity_certificate_pem)->info().serial_hex));
  EXPECT_TRUE(verify(list, regional.authority).ok());
  EXPECT_EQ(*parse_revocation_list(to_json(list).dump()), list);
  RevocationList shorter = list;
  shorter.entries.pop_back();
  EXPECT_EQ(verify(shorter, regional.authority).error().reason(), "signature.invalid");
}

// Errors.
TEST(Admission, PickupIsForTheTokenOnceAndInTime) {
  Regional regional;
  const Applied applied = regional.apply(Applicant());
  const NodeId id = *regional.admission.approve(applied.application, "", kRoot);
  for (const std::string& token : {std::string(), std::string("x"), applied.pickup_token + "x"}) {
    EXPECT_EQ(regional.admission.pickup(applied.application, token).error().reason(), "pickup.token");
  }
  EXPECT_EQ(regional.admission.pickup("nothing", applied.pickup_token).error().reason(), "pickup.token");
  regional.clock.advance(AdmissionOptions{}.pickup_length + Milliseconds(1));
  EXPECT_EQ(regional.admission.pickup(applied.application, applied.pickup_token).error().reason(), "pickup.expired");
  EXPECT_EQ(regional.directory.find(id)->status, Status::kApproved);
  const std::string renewed = *regional.admission.renew_pickup(applied.application, kRoot);
  EXPECT_EQ(regional.admission.pickup(applied.application, applied.pickup_token).error().reason(), "pickup.token");
  ASSERT_TRUE(regional.admission.pickup(applied.application, renewed).ok());
  EXPECT_EQ(regional.admission.pickup(applied.application, renewed).error().reason(), "pickup.done");
  // The answer was lost: another token, and no second activation.
  const std::string third = *regional.admission.renew_pickup(applied.application, kRoot);
  EXPECT_TRUE(regional.admission.pickup(applied.application, third).ok());
  EXPECT_EQ(regional.log.count("participant.activated"), 1);
  EXPECT_EQ(regional.log.count("participant.picked_up"), 1);
}

TEST(Admission, ASuspendedNodePicksNothingUp) {
  Regional regional;
  const Applied applied = regional.apply(Applicant());
  const NodeId id = *regional.admission.approve(applied.application, "", kRoot);
  ASSERT_TRUE(regional.admission.deregister(id, "a mistake", kRoot).ok());
  EXPECT_EQ(regional.admission.pickup(applied.application, applied.pickup_token).error().reason(), "node.not_active");
}

TEST(Admission, DuplicatesAreRefused) {
  Regional regional;
  const Applicant applicant;
  const Applied applied = regional.apply(applicant);
  EXPECT_EQ(regional.apply_reason(applicant.application), "application.duplicate") << "waiting";
  ASSERT_TRUE(regional.admission.approve(applied.application, "", kRoot).ok());
  EXPECT_EQ(regional.apply_reason(applicant.application), "application.duplicate") << "here";
  Applicant thief("https://a.example:8443", "91440300708461136T");
  EXPECT_EQ(regional.apply_reason(thief.application), "application.duplicate") << "another's address";
  // Same keys at another address: the request is for another host then.
  Applicant elsewhere("https://b.example");
  elsewhere.application.identity_request_pem =
      Applicant::request(applicant.identity, *parse_base_url("https://b.example"));
  EXPECT_EQ(regional.apply_reason(elsewhere.application), "application.key_in_use");
  Applicant renamed("https://c.example");
  renamed.application.participant.base.set("enterpriseName", "another company");
  EXPECT_EQ(regional.apply_reason(renamed.application), "participant.other_name");
  EXPECT_EQ(regional.log.count("participant.applied"), 1);
}

TEST(Admission, ASecondNodeMayBeAgainstThePolicy) {
  Regional regional({.second_node = SecondNode::kRefuse});
  regional.admit(Applicant());
  EXPECT_EQ(regional.apply_reason(Applicant("https://b.example").application), "participant.second_node");
  EXPECT_EQ(regional.apply_reason(Applicant("https://c.example", "91440300708461136T").application), "");
}

TEST(Admission, NoMoreWaitThanTheLimit) {
  Regional regional({.waiting_max = 2});
  regional.apply(Applicant());
  EXPECT_EQ(regional.apply_reason(Applicant("https://b.example").application), "");
  EXPECT_EQ(regional.apply_reason(Applicant("https://c.example").application), "application.too_many");
}

TEST(Admission, WithoutItsEvidenceNothingHappens) {
  Regional regional;
  const Applicant applicant;
  regional.log.fail_next = true;
  EXPECT_EQ(regional.apply_reason(applicant.application), "test.log");
  const Applied applied = regional.apply(applicant);
  regional.log.fail_next = true;
  EXPECT_FALSE(regional.admission.approve(applied.application, "", kRoot).ok());
  EXPECT_EQ(regional.status_of(applied), "applied");
  const NodeId id = *regional.admission.approve(applied.application, "", kRoot);
  regional.log.fail_next = true;
  EXPECT_FALSE(regional.admission.pickup(applied.application, applied.pickup_token).ok());
  ASSERT_TRUE(regional.admission.pickup(applied.application, applied.pickup_token).ok());
  regional.log.fail_next = true;
  EXPECT_FALSE(regional.admission.suspend(id, "", kRoot).ok());
  EXPECT_TRUE(regional.directory.usable(id).ok());
}

TEST(Admission, UnknownOnesAreNotFound) {
  Regional regional;
  const NodeId nobody = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");
  EXPECT_EQ(regional.admission.approve("nothing", "", kRoot).error().reason(), "application.unknown");
  EXPECT_EQ(regional.admission.reject("nothing", "", kRoot).error().reason(), "application.unknown");
  EXPECT_EQ(regional.admission.renew_pickup("nothing", kRoot).error().reason(), "application.unknown");
  EXPECT_EQ(regional.admission.application("nothing").error().reason(), "application.unknown");
  EXPECT_EQ(regional.admission.suspend(nobody, "", kRoot).error().reason(), "node.unknown");
  EXPECT_EQ(regional.admission.suspend(nobody.subject(), "", kRoot).error().reason(), "participant.unknown");
  EXPECT_EQ(regional.admission.participant(nobody.subject()).error().reason(), "participant.unknown");
  EXPECT_EQ(regional.admission.renew_certificates(nobody, "", "", kRoot).error().reason(), "node.unknown");
  EXPECT_EQ(regional.admission.suspend(nobody, std::string(2000, 'x'), kRoot).error().reason(), "field.length");
}

}  // namespace
}  // namespace weir::trust::participant
