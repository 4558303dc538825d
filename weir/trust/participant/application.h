// Application: what a participant sends to a regional node to be admitted with a node, and what it gets back.
//
// Format: docs/formats/application.md. Thread-safety: values. Trust: parse_application takes hostile JSON from anybody;
// parse_enrolment takes the regional node's answer, which verify_enrolment holds against keys and a pinned authority.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/crypto/x509.h"
#include "weir/trust/participant/node_record.h"
#include "weir/trust/participant/subject.h"

namespace weir::trust::participant {

inline constexpr std::size_t kApplicationBytesMax = 256u << 10;
inline constexpr std::size_t kCapabilitiesMax = 64;

struct Application {
  Subject participant;  // an organisation or a person
  NodeKind node_kind = NodeKind::kConnector;
  std::optional<NodeId> node;  // of a regional or sector node, which has its identifier already; else there is none
  std::string node_name;
  std::string base_url;
  std::string identity_request_pem;             // PKCS #10: Ed25519 or SM2
  std::string transport_request_pem;            // PKCS #10: P-256 or Ed25519, another key
  std::string contact;                          // mail address or telephone
  wire::Json node_data = wire::Json::object();  // extended data of the connector or platform; may be empty
  std::vector<std::string> capabilities;
  friend bool operator==(const Application&, const Application&) = default;
};
wire::Json to_json(const Application& application);
// Fails with kInvalidArgument that names the member, kExhausted beyond kApplicationBytesMax.
Result<Application> parse_application(std::string_view text);

// The keys of an application, after every check that needs no database: both requests are signed by their keys, the
// algorithms are right, the keys differ, and both name the host of the base URL.
// Fails with kInvalidArgument ("application.identity_key", "application.transport_key", "application.same_key",
// "application.host", "application.node_kind"), kUnauthenticated ("request.signature").
struct ApplicationKeys {
  crypto::PublicKey identity;
  crypto::PublicKey transport;
};
Result<ApplicationKeys> check_application(const Application& application);
// Whom a node of this level admits: a global node regional and sector nodes,
// those in turn business nodes and connectors.
bool may_admit(NodeKind level, NodeKind applicant);

// What a node picks up after it was approved.
struct Enrolment {
  std::string application;
  NodeRecord node;                       // itself, with both certificates
  NodeRecord regional;                   // where it belongs
  std::vector<std::string> anchors_pem;  // certificate authorities of the space
};
wire::Json to_json(const Enrolment& enrolment);
Result<Enrolment> parse_enrolment(std::string_view text);

// What the applicant knows before it trusts anybody.
struct Expectation {
  crypto::PublicKey identity;
  crypto::PublicKey transport;
  std::string base_url;
  std::string
      anchor_fingerprint;  // SHA-256 of the authority's certificate, told out of band; empty: the first is trusted
};
// Whether the enrolment is for these keys and this address, and all certificates are of the pinned authority.
// Fails with kUnauthenticated ("enrolment.anchor", "enrolment.key", "enrolment.subject", "certificate.…").
Result<> verify_enrolment(const Enrolment& enrolment, const Expectation& expected, Timestamp now);

}  // namespace weir::trust::participant
