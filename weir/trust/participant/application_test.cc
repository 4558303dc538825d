// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/application.h"

#include <fstream>

#include "weir/trust/participant/test_support.h"

namespace weir::trust::participant {
namespace {

std::string check_reason(const Application& application) {
  const auto keys = check_application(application);
  return keys ? "" : std::string(keys.error().reason());
}

TEST(Application, ComesBackAsItWasWritten) {
  const Applicant applicant;
  const auto read = parse_application(to_json(applicant.application).dump());
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(*read, applicant.application);
  const auto keys = check_application(*read);
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->identity.der(), applicant.identity.public_key().der());
}

// The worked example of docs/formats/application.md.
TEST(Application, TheExampleIsRead) {
  std::ifstream file(WEIR_SOURCE_DIR "/tests/vectors/participant/application.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto read = parse_application(text);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(check_reason(*read), "");
  EXPECT_EQ(to_json(*read), *wire::parse_json(text));
}

TEST(BaseUrl, NamesAHost) {
  EXPECT_EQ(parse_base_url("https://a.example:8443")->alternative_name, "DNS:a.example");
  EXPECT_EQ(parse_base_url("https://127.0.0.1")->alternative_name, "IP:127.0.0.1");
  EXPECT_EQ(parse_base_url("https://[2001:db8::1]:8443")->host, "2001:db8::1");
  EXPECT_EQ(parse_base_url("https://[2001:db8::1]")->alternative_name, "IP:2001:db8::1");
}

// Errors.
TEST(BaseUrl, RefusesAnythingElse) {
  for (const char* url : {"",
                          "http://a.example",
                          "https://",
                          "https://a.example/",
                          "https://a.example/x",
                          "https://u@a.example",
                          "https://a.example?x",
                          "https://A.example",
                          "https://a..example",
                          "https://-a.example",
                          "https://.a",
                          "https://a.example:",
                          "https://a.example:0",
                          "https://a.example:65536",
                          "https://a.example:80:80",
                          "https://1.2.3",
                          "https://1.2.3.256",
                          "https://1.2.3.04",
                          "https://[::1",
                          "https://[::0001]",
                          "https://[x]",
                          "https://[::1]x",
                          "https://a b",
                          "https://a\n"}) {
    EXPECT_EQ(parse_base_url(url).error().reason(), "participant.base_url") << url;
  }
}

TEST(Application, NeedsTheRightKeys) {
  const BaseUrl host = *parse_base_url("https://a.example:8443");
  Applicant a;
  a.application.identity_request_pem = Applicant::request(a.transport, host);
  EXPECT_EQ(check_reason(a.application), "application.identity_key");
  Applicant b;
  b.application.transport_request_pem = Applicant::request(new_key(SignatureAlgorithm::kSm2Sm3), host);
  EXPECT_EQ(check_reason(b.application), "application.transport_key");
  Applicant c;
  c.application.transport_request_pem = c.application.identity_request_pem;
  EXPECT_EQ(check_reason(c.application), "application.same_key");
  Applicant d;
  d.application.base_url = "https://other.example";
  EXPECT_EQ(check_reason(d.application), "application.host");
  Applicant e;
  e.application.identity_request_pem = "no request";
  EXPECT_EQ(check_reason(e.application), "pem.missing");
  Applicant f;
  f.application.node_kind = NodeKind::kGlobal;
  EXPECT_EQ(check_reason(f.application), "application.node_kind");
}

TEST(Application, OnlyANodeThatAssignsIdentifiersNamesItsOwn) {
  SeededRandom random(5);
  const auto subject = *supply::identifier::SubjectId::parse("91350100M000100Y43");
  const auto area = *supply::identifier::AreaCode::parse("3501");
  Applicant regional;
  regional.application.node_kind = NodeKind::kRegional;
  EXPECT_EQ(check_reason(regional.application), "application.node");
  regional.application.node = NodeId::generate(NodeKind::kSector, subject, area, random);
  EXPECT_EQ(check_reason(regional.application), "application.node");
  regional.application.node = NodeId::generate(NodeKind::kRegional, subject, area, random);
  EXPECT_TRUE(check_application(regional.application).ok());
  EXPECT_EQ(parse_application(to_json(regional.application).dump())->node, regional.application.node);
  Applicant connector;
  connector.application.node = NodeId::generate(NodeKind::kConnector, subject, area, random);
  EXPECT_EQ(check_reason(connector.application), "application.node");
}

// A request whose key was replaced is not signed by that key.
TEST(Application, NeedsProofThatTheKeysAreItsOwn) {
  Applicant a;
  const Applicant b;
  std::string pem = a.application.identity_request_pem;
  const std::size_t middle = pem.size() - 60;  // within the signature
  pem[middle] = pem[middle] == 'A' ? 'B' : 'A';
  a.application.identity_request_pem = pem;
  const auto refused = check_application(a.application);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().reason() == "request.signature" || refused.error().reason() == "pem.missing");
}

TEST(Application, ErrorsNameTheMember) {
  const wire::Json good = to_json(Applicant().application);
  for (const char* member : {"nodeKind", "nodeName", "baseUrl", "identityRequest", "transportRequest"}) {
    wire::Json bad = good;
    bad.erase(member);
    const auto error = parse_application(bad.dump());
    ASSERT_FALSE(error.ok());
    EXPECT_NE(error.error().message().find(member), std::string_view::npos) << error.error().message();
  }
  wire::Json bad = good;
  wire::Json participant = good["participant"];
  wire::Json base = participant["baseInfo"];
  base.set("enterpriseCode", "91310105575958172F");
  participant.set("baseInfo", base);
  bad.set("participant", participant);
  EXPECT_EQ(parse_application(bad.dump()).error().message(),
            "baseInfo.enterpriseCode: is no unified social credit code");
  bad = good;
  bad.set("capabilities", wire::Json::array({"NOT LOWER"}));
  EXPECT_EQ(parse_application(bad.dump()).error().reason(), "field.format");
  bad = good;
  bad.set("nodeKind", "global");
  EXPECT_EQ(parse_application(bad.dump()).error().reason(), "application.node_kind");
  EXPECT_FALSE(parse_application("[]").ok());
  EXPECT_EQ(parse_application(std::string(kApplicationBytesMax + 1, ' ')).error().code(), Errc::kExhausted);
}

struct EnrolmentTest : ::testing::Test {
  std::string reason(const Enrolment& changed, const std::string& fingerprint) {
    const auto result = verify_enrolment(changed, applicant.expectation(fingerprint), regional.clock.now());
    return result ? "" : std::string(result.error().reason());
  }
  Regional regional;
  Applicant applicant;
  Enrolment enrolment = regional.admit(applicant);
  std::string pin = regional.authority.fingerprint();
};

TEST_F(EnrolmentTest, IsBelievedOnlyFromThePinnedAuthority) {
  EXPECT_EQ(reason(enrolment, pin), "");
  EXPECT_EQ(reason(enrolment, ""), "") << "the first is trusted if none is pinned";
  EXPECT_EQ(reason(enrolment, std::string(64, '0')), "enrolment.anchor");
  // A man in the middle signs all with an authority of his own, and adds the real one.
  Regional impostor;
  Enrolment forged = impostor.admit(applicant);
  forged.anchors_pem.push_back(regional.authority.pem());
  EXPECT_EQ(reason(forged, pin), "certificate.signature");
}

TEST_F(EnrolmentTest, IsForTheKeysAndTheAddressOfTheApplication) {
  Enrolment changed = enrolment;
  changed.node.base_url = "https://b.example";
  EXPECT_EQ(reason(changed, pin), "enrolment.subject");
  changed = enrolment;
  std::swap(changed.node.identity_certificate_pem, changed.node.transport_certificate_pem);
  EXPECT_EQ(reason(changed, pin), "enrolment.key");
  changed = enrolment;
  changed.node.id = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");
  EXPECT_EQ(reason(changed, pin), "enrolment.subject");
  changed = enrolment;
  changed.regional.identity_certificate_pem = enrolment.node.identity_certificate_pem;
  EXPECT_EQ(reason(changed, pin), "enrolment.subject");
  changed = enrolment;
  changed.anchors_pem.clear();
  EXPECT_EQ(reason(changed, pin), "enrolment.anchor");
  regional.clock.advance(std::chrono::hours(24 * 400));
  EXPECT_EQ(reason(enrolment, pin), "certificate.expired");
}

}  // namespace
}  // namespace weir::trust::participant
