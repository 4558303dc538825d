// Test support: a regional node with its authority, and applicants with their keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/support/recording_log.h"
#include "weir/trust/participant/admission.h"

namespace weir::trust::participant {

using crypto::PrivateKey;
using crypto::SignatureAlgorithm;

inline const Timestamp kStart(1780000000000);
inline const credential::Actor kRoot(*credential::OperatorId::parse("root"));

inline PrivateKey new_key(SignatureAlgorithm algorithm) {
  SystemRandom random;
  return PrivateKey::generate(algorithm, random);
}

// One who applies: its keys, and what it sends.
struct Applicant {
  explicit Applicant(const std::string& url = "https://a.example:8443", const std::string& uscc = "91350100M000100Y43",
                     SignatureAlgorithm signs = SignatureAlgorithm::kEd25519)
      : identity(new_key(signs)), transport(new_key(SignatureAlgorithm::kEcdsaP256Sha256)) {
    const BaseUrl host = *parse_base_url(url);
    application.participant = {.kind = SubjectKind::kOrganisation,
                               .base = wire::Json::object({{"enterpriseName", "福州数据有限公司" + uscc.substr(16)},
                                                           {"enterpriseCode", uscc},
                                                           {"enterpriseType", "1"},
                                                           {"legalPerson", "张三"},
                                                           {"legalPersonCertno", "11010519491231002X"}})};
    application.node_name = "connector of " + host.host;
    application.base_url = url;
    application.identity_request_pem = request(identity, host);
    application.transport_request_pem = request(transport, host);
    application.contact = "it@a.example";
    application.capabilities = {"dsp:2025-1", "psi"};
  }
  static std::string request(const PrivateKey& key, const BaseUrl& host) {
    return *crypto::make_request_pem(key, {.common_name = host.host}, {host.alternative_name});
  }
  Expectation expectation(const std::string& fingerprint) const {
    return {identity.public_key(), transport.public_key(), application.base_url, fingerprint};
  }

  PrivateKey identity;
  PrivateKey transport;
  Application application;
};

// A regional node.
struct Regional {
  explicit Regional(const AdmissionOptions& options = {}, std::unique_ptr<store::Database> own = nullptr,
                    NodeId the_self = *NodeId::parse("291350100M000100Y431100000000011"))
      : database(own ? std::move(own) : *store::open_sqlite({.path = ":memory:"})),
        self(std::move(the_self)),
        admission({*database, log, clock, random, registry, directory, {authority_key, authority}, person_key}, self,
                  *supply::identifier::AreaCode::parse("3501"), options) {
    EXPECT_TRUE(store::migrate(*database, migration()).ok());
    EXPECT_TRUE(store::migrate(*database, supply::identifier::Registry::migration()).ok());
    EXPECT_TRUE(directory.add_anchor(authority, kRoot).ok());
    EXPECT_TRUE(directory
                    .keep({.id = self,
                           .participant = self.subject(),
                           .name = "Fujian",
                           .base_url = "https://regional.example",
                           .identity_certificate_pem = own_certificate(identity),
                           .transport_certificate_pem = own_certificate(transport),
                           .updated = kStart})
                    .ok());
    log.entries.clear();
  }
  std::string own_certificate(const PrivateKey& key) {
    const auto issued = crypto::issue(authority_key, authority, key.public_key(),
                                      {.subject = {"regional.example", self.text(), self.subject().text()},
                                       .alternative_names = {"DNS:regional.example"},
                                       .not_before = kStart,
                                       .not_after = after(kStart, std::chrono::hours(24 * 365))},
                                      random);
    EXPECT_TRUE(issued.ok());
    return issued->pem();
  }
  Applied apply(const Applicant& applicant) {
    const auto applied = admission.apply(applicant.application);
    EXPECT_TRUE(applied.ok()) << applied.error().message();
    return *applied;
  }
  // All the way in.
  Enrolment admit(const Applicant& applicant) {
    const Applied applied = apply(applicant);
    const auto approved = admission.approve(applied.application, "checked", kRoot);
    EXPECT_TRUE(approved.ok()) << approved.error().message();
    const auto enrolment = admission.pickup(applied.application, applied.pickup_token);
    EXPECT_TRUE(enrolment.ok()) << enrolment.error().message();
    return *enrolment;
  }
  std::string apply_reason(const Application& application) {
    const auto applied = admission.apply(application);
    return applied ? "" : std::string(applied.error().reason());
  }
  std::string status_of(const Applied& applied) {
    return std::string(name_of(admission.application(applied.application)->status));
  }

  ManualClock clock{kStart};
  SeededRandom random{31};
  weir::testing::RecordingLog log;
  std::unique_ptr<store::Database> database;
  NodeId self;
  PrivateKey authority_key = new_key(SignatureAlgorithm::kEcdsaP256Sha256);
  crypto::Certificate authority = *crypto::self_sign(authority_key,
                                                     {.subject = {.common_name = "Fujian CA"},
                                                      .not_before = after(kStart, -std::chrono::hours(1)),
                                                      .not_after = after(kStart, std::chrono::hours(24 * 3650)),
                                                      .is_authority = true},
                                                     random);
  PrivateKey identity = new_key(SignatureAlgorithm::kEd25519);
  PrivateKey transport = new_key(SignatureAlgorithm::kEcdsaP256Sha256);
  crypto::SecretBytes person_key{Bytes(32, 7)};
  supply::identifier::Registry registry{*database, log, clock, self, supply::identifier::own_prefix(self)};
  Directory directory{*database, log, clock};
  Admission admission;
};

}  // namespace weir::trust::participant
