// Step: one write in the making: a negotiation as it was read, what is said and heard, and what is to be stored at its end.
//
// Inside of this room. Belongs to the transaction it was made for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "weir/flow/contract/service.h"

namespace weir::flow::contract {

class Step {
 public:
  Step(Service::Deps& deps, store::Tx& tx) : deps_(deps), tx_(tx), now_(deps.clock.now()) {}

  // Before anything else, one of these.
  Result<> load(const std::string& pid);
  void begin(Negotiation fresh);

  // Something heard from the peer, or said by this side; then stored by finish().
  Result<> hear(const Message& message, const wire::Json& body);
  Result<> say(Message::Body body, const std::string& actor);
  // The next step of this side: agreement, acceptance, verification or finalisation.
  Result<> proceed(const std::string& actor);
  // If it is this side's turn, what the decider says.
  Result<> decide();
  // Sends the termination that waited for the peer's process.
  Result<> send_due_notice();
  Result<> finish();

  NegotiationRecord& record() { return record_; }
  const Negotiation& negotiation() const { return record_.negotiation; }
  bool duplicate() const { return duplicate_; }
  // What the message is that goes on from here; nothing if it is not this side's turn.
  std::optional<MessageKind> forward() const;
  Result<const Party*> party();
  // What this node publishes for the negotiation's product; null if nothing that the peer may see.
  Result<const Offer*> published();
  Timestamp now() const { return now_; }
  std::string own_actor() const { return "node:" + deps_.self.node.text(); }

 private:
  Result<> take(const Message& message, const wire::Json& body, Direction direction, const std::string& actor);
  Result<> check_signed(const Message& message);
  Result<> take_agreement(const Message& message);
  Result<> load_agreement();
  Result<> record_evidence(const Transition& transition, const Message& message, std::string_view digest,
                           const std::string& actor);
  Result<> send(const Message& message, const wire::Json& body);
  Result<Message::Body> make_agreement_body();
  Result<Message::Body> make_verification_body();

  Service::Deps& deps_;
  store::Tx& tx_;
  Timestamp now_;
  NegotiationRecord record_{};
  bool fresh_ = false;
  bool changed_ = false;
  bool duplicate_ = false;
  std::optional<AgreementRecord> agreement_{};
  bool agreement_fresh_ = false;
  std::optional<Party> party_{};
  std::optional<Offer> published_{};
  bool published_known_ = false;
};

// "/negotiations/{peer's pid}/agreement/verification", or the path of a first message.
std::string path_of(const Negotiation& negotiation, MessageKind kind);

// The signature of `node` among the signatures; null if there is none.
const PartySignature* find_signature(const std::vector<PartySignature>& signatures, const PartyId& node);

// The evidence entry of something that happened to an agreement in force.
Result<> record_agreement_evidence(Service::Deps& deps, store::Tx& tx, const AgreementRecord& agreement,
                                   std::string_view kind, const std::string& actor, Timestamp now, wire::Json body);

}  // namespace weir::flow::contract
