// Admission: how participants and their nodes come into a space, and how they leave it. Runs on regional nodes.
//
// apply -> approve (identifier and two certificates) -> pickup (active) -> suspend, resume, deregister; each step has a
// reason and an actor, and one evidence entry in its transaction (I-1). Suspension holds at once: the directory refuses
// the node from the commit on. Records are never deleted (TC609-6-2025-12 asks for three years after the end).
// A node identifier is entered in the registry with its node, and its status there follows the node's.
// Thread-safe, as Sql is. Trust: apply and pickup are for anybody; all else is for operators with participant:write.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/random.h"
#include "weir/crypto/secret.h"
#include "weir/crypto/x509.h"
#include "weir/supply/identifier/service.h"
#include "weir/trust/participant/application.h"
#include "weir/trust/participant/directory.h"
#include "weir/trust/participant/revocation.h"

namespace weir::trust::participant {

// A certificate authority of this node.
struct Authority {
  const crypto::PrivateKey& key;
  const crypto::Certificate& certificate;
};

// A second node of an organisation that is already here: allowed if its name is the same, or never.
enum class SecondNode : std::uint8_t { kAllow, kRefuse };

struct AdmissionOptions {
  Milliseconds pickup_length = std::chrono::hours(24 * 30);
  Milliseconds certificate_length = std::chrono::hours(24 * 365);
  SecondNode second_node = SecondNode::kAllow;
  std::size_t waiting_max = 10'000;  // applications that nobody decided yet
};

struct Applied {
  std::string application;   // UUID
  std::string pickup_token;  // shown once; whoever has it picks up
};

struct ApplicationInfo {
  std::string id;
  Status status = Status::kApplied;  // of the node: applied, approved, active … or rejected
  SubjectId participant;
  std::string participant_name;
  Application content;         // personal fields masked
  std::optional<NodeId> node;  // from approval on
  std::string reason;          // of the last step
  std::string decided_by;
  Timestamp applied{};
  Timestamp updated{};
};
wire::Json to_json(const ApplicationInfo& info);

struct ParticipantInfo {
  SubjectId id;
  Subject subject;  // personal fields masked
  Status status = Status::kApplied;
  std::string reason;
  Timestamp created{};
  Timestamp updated{};
};
wire::Json to_json(const ParticipantInfo& info);

class Admission {
 public:
  struct Parts {
    store::Sql& sql;
    evidence::Log& log;
    const Clock& clock;
    Random& random;
    supply::identifier::Registry& registry;
    Directory& directory;
    Authority authority;                    // P-256 or Ed25519, so that every TLS library can check it
    const crypto::SecretBytes& person_key;  // maps citizen numbers
  };
  // `self` is this regional node, whose record is in the directory. All parts must outlive the service.
  Admission(const Parts& parts, const NodeId& self, const supply::identifier::AreaCode& area,
            const AdmissionOptions& options = {});

  // Fails as check_application does; kConflict ("application.duplicate": the same participant and address wait or are
  // here; "application.key_in_use"; "participant.other_name"; "participant.second_node"; "participant.not_active");
  // kExhausted ("application.too_many").
  Result<Applied> apply(const Application& application);
  //= TC609-6-2025-12#approval
  // Fails with kNotFound ("application.unknown"), kConflict ("participant.wrong_state").
  Result<NodeId> approve(std::string_view application, std::string_view reason, const credential::Actor& actor);
  Result<> reject(std::string_view application, std::string_view reason, const credential::Actor& actor);
  // Once. Fails with kUnauthenticated ("pickup.token", also when there is no such application), kUnavailable
  // ("pickup.waiting": not decided yet), kForbidden ("pickup.rejected", "pickup.expired"), kConflict ("pickup.done").
  Result<Enrolment> pickup(std::string_view application, std::string_view token);
  // Another token, for one that was lost, expired, or used without an answer that arrived.
  Result<std::string> renew_pickup(std::string_view application, const credential::Actor& actor);
  // New certificates for a node that may act, for new keys or the same. The old ones are revoked.
  Result<NodeRecord> renew_certificates(const NodeId& id, std::string_view identity_request_pem,
                                        std::string_view transport_request_pem, const credential::Actor& actor);

  //= TC609-6-2025-11#cut-off
  // One node. Fails with kNotFound ("node.unknown"), kConflict ("participant.wrong_state"; "participant.not_active" if
  // it is to be resumed under a participant that is suspended).
  Result<> suspend(const NodeId& id, std::string_view reason, const credential::Actor& actor);
  Result<> resume(const NodeId& id, std::string_view reason, const credential::Actor& actor);
  //= TC609-6-2025-12#deregistration
  Result<> deregister(const NodeId& id, std::string_view reason, const credential::Actor& actor);
  // A participant with all its nodes.
  Result<> suspend(const SubjectId& id, std::string_view reason, const credential::Actor& actor);
  Result<> resume(const SubjectId& id, std::string_view reason, const credential::Actor& actor);
  Result<> deregister(const SubjectId& id, std::string_view reason, const credential::Actor& actor);

  Result<ApplicationInfo> application(std::string_view id);
  // Newest first; all statuses if none is given.
  Result<std::vector<ApplicationInfo>> applications(std::optional<Status> status, std::size_t offset,
                                                    std::size_t limit);
  Result<ParticipantInfo> participant(const SubjectId& id);
  Result<std::vector<ParticipantInfo>> participants(std::string_view after, std::size_t limit);

  // Certificates that are not to be trusted now, signed by the authority.
  Result<RevocationList> revocations();

 private:
  struct Certificates {
    std::string identity_pem;
    std::string transport_pem;
  };
  Result<> check_conflicts(store::Tx& tx, const Application& application, const SubjectId& subject,
                           const ApplicationKeys& keys, std::string_view id);
  Result<> begin_subject(store::Tx& tx, const Application& application, const SubjectId& subject);
  Result<> step_subject(store::Tx& tx, const SubjectId& id, Step step, std::string_view reason);
  Result<Certificates> certify(const NodeId& id, const SubjectId& subject, std::string_view base_url,
                               const ApplicationKeys& keys);
  Result<> step_node(store::Tx& tx, const NodeId& id, Step step, std::string_view reason,
                     const credential::Actor& actor);
  Result<> step_participant(const SubjectId& id, Step step, std::string_view reason, const credential::Actor& actor);
  Result<std::vector<std::string>> step_nodes_of(store::Tx& tx, const SubjectId& id, Step step,
                                                 const credential::Actor& actor);
  Result<> note(store::Tx& tx, std::string_view kind, const credential::Actor& actor, const SubjectId& subject,
                const NodeId* node, wire::Json body);

  Parts parts_;
  NodeId self_;
  supply::identifier::AreaCode area_;
  AdmissionOptions options_;
};

}  // namespace weir::trust::participant
