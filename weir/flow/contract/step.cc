// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/step.h"

#include <utility>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"

namespace weir::flow::contract {
namespace {

using supply::identifier::ContractId;
using wire::Json;

Error unauthenticated(std::string_view reason, std::string message) {
  return Error(Errc::kUnauthenticated, std::move(message)).because(reason);
}

Json signatures_json(const std::vector<PartySignature>& signatures) {
  Json json = Json::array();
  for (const PartySignature& signature : signatures) json.push(to_json(signature));
  return json;
}

std::vector<std::string> participants_of(const Negotiation& n, const Party& peer, const Self& self) {
  std::vector<std::string> out = {self.node.text(), n.peer.value()};
  if (!self.entity.empty()) out.push_back(self.entity);
  if (!peer.entity.empty() && peer.entity != self.entity) out.push_back(peer.entity);
  return out;
}

//= TC609-6-2025-14#verify-before-execution
// Checks one signature of `party`: there, dated no later than now, and right.
Result<> check_signature(const std::vector<PartySignature>& signatures, const Agreement& agreement, const Party& party,
                         Timestamp now) {
  const PartySignature* signature = find_signature(signatures, party.id);
  if (signature == nullptr) {
    return unauthenticated("contract.unsigned", "the message is not signed by " + party.id.value());
  }
  if (between(now, signature->time) > kClockSkewMax) {
    return Error(Errc::kInvalidArgument, "the signature is dated in the future").because("contract.clock_skew");
  }
  return verify(*signature, agreement, *party.key, party.id, party.entity);
}

}  // namespace

const PartySignature* find_signature(const std::vector<PartySignature>& signatures, const PartyId& node) {
  for (const PartySignature& signature : signatures) {
    if (signature.node == node) return &signature;
  }
  return nullptr;
}

std::string path_of(const Negotiation& n, MessageKind kind) {
  if (n.peer_pid.empty()) return kind == MessageKind::kOffer ? "/negotiations/offers" : "/negotiations/request";
  const std::string base = "/negotiations/" + wire::escape_url(n.peer_pid);
  switch (kind) {
    case MessageKind::kRequest: return base + "/request";
    case MessageKind::kOffer: return base + "/offers";
    case MessageKind::kAccepted:
    case MessageKind::kFinalized: return base + "/events";
    case MessageKind::kAgreement: return base + "/agreement";
    case MessageKind::kVerification: return base + "/agreement/verification";
    case MessageKind::kTermination: return base + "/termination";
  }
  return base;
}

Result<> Step::load(const std::string& pid) {
  WEIR_TRY_LET(record_, find_negotiation(tx_, pid));
  return {};
}

void Step::begin(Negotiation fresh) {
  record_.negotiation = std::move(fresh);
  fresh_ = true;
}

Result<const Party*> Step::party() {
  if (!party_) {
    Result<Party> found = deps_.directory.find(tx_, negotiation().peer);
    if (!found) {
      if (found.error().code() != Errc::kNotFound) return std::move(found).error();
      return Error(Errc::kForbidden, "the directory has no active node " + negotiation().peer.value())
          .because("contract.unknown_party");
    }
    party_ = *std::move(found);
  }
  return &*party_;
}

Result<const Offer*> Step::published() {
  if (!published_known_ && negotiation().role == Role::kProvider) {
    const Negotiation& n = negotiation();
    Result<Offer> found = deps_.offers.find(tx_, n.offer.id, n.offer.target, n.peer);
    if (!found && found.error().code() != Errc::kNotFound) return std::move(found).error();
    if (found && found->target == n.offer.target) published_ = *std::move(found);
  }
  published_known_ = true;
  return published_ ? &*published_ : nullptr;
}

std::optional<MessageKind> Step::forward() const {
  const Negotiation& n = negotiation();
  if (!is_turn_of(n.role, n.state)) return std::nullopt;
  switch (n.state) {
    case State::kRequested:
    case State::kAccepted: return MessageKind::kAgreement;
    case State::kVerified: return MessageKind::kFinalized;
    case State::kOffered: return MessageKind::kAccepted;
    case State::kAgreed: return MessageKind::kVerification;
    case State::kFinalized:
    case State::kTerminated: return std::nullopt;
  }
  return std::nullopt;
}

Result<> Step::hear(const Message& message, const Json& body) {
  return take(message, body, Direction::kReceived, "peer:" + negotiation().peer.value());
}

Result<> Step::say(Message::Body body, const std::string& actor) {
  const Negotiation& n = negotiation();
  Message message{.provider_pid = n.provider_pid(), .consumer_pid = n.consumer_pid(), .body = std::move(body)};
  if (message.offer() != nullptr) message.id = "urn:uuid:" + deps_.random.uuid();
  return take(message, to_json(message), Direction::kSent, actor.empty() ? own_actor() : actor);
}

// Everything a message does within the write.
Result<> Step::take(const Message& message, const Json& body, Direction direction, const std::string& actor) {
  const std::string digest = digest_of(body);
  const bool first = negotiation().rounds == 0;
  WEIR_TRY_LET(Transition transition, first ? start(negotiation(), message, digest, direction, now_)
                                            : apply(negotiation(), message, digest, direction, now_));
  if (transition.duplicate) {
    duplicate_ = true;
    return {};
  }
  if (const Offer* offer = message.offer()) WEIR_TRY(deps_.usage.check(offer->terms));
  if (direction == Direction::kReceived) WEIR_TRY(check_signed(message));
  record_.negotiation = transition.next;
  record_.held = false;
  record_.hold_reason.clear();
  record_.deadline = after(now_, deps_.options.patience);
  changed_ = true;
  WEIR_TRY(take_agreement(message));
  WEIR_TRY(record_evidence(transition, message, digest, actor));
  if (direction == Direction::kSent) WEIR_TRY(send(message, body));
  return {};
}

// Signatures of what was heard. The agreement's members were compared with the negotiation before.
Result<> Step::check_signed(const Message& message) {
  const auto* agreed = std::get_if<ContractAgreement>(&message.body);
  const auto* verified = std::get_if<Verification>(&message.body);
  if (agreed == nullptr && verified == nullptr) return {};
  WEIR_TRY_LET(const Party* peer, party());
  if (!peer->key) {
    if (deps_.options.unsigned_peers) return {};
    return unauthenticated("contract.unsigned", "agreements with connectors that do not sign are not made here")
        .advise("set contract.unsigned_peers to allow them");
  }
  if (agreed != nullptr) {
    const Agreement& a = agreed->agreement;
    if (a.provider_entity != peer->entity || a.consumer_entity != deps_.self.entity) {
      return Error(Errc::kInvalidArgument, "the agreement names other participants than the directory")
          .because("contract.wrong_party");
    }
    if (!ContractId::parse(a.contract_id)) {
      return Error(Errc::kInvalidArgument, "agreement.contractId is no contract identifier").because("contract.malformed");
    }
    if (!a.time) {
      return Error(Errc::kInvalidArgument, "agreement.timestamp is missing").because("contract.malformed");
    }
    return check_signature(agreed->signatures, a, *peer, now_);
  }
  WEIR_TRY(load_agreement());
  return check_signature(verified->signatures, agreement_->agreement, *peer, now_);
}

Result<> Step::load_agreement() {
  if (agreement_) return {};
  WEIR_CHECK(!negotiation().agreement.empty());
  WEIR_TRY_LET(agreement_, find_agreement(tx_, negotiation().agreement));
  return {};
}

Result<> Step::take_agreement(const Message& message) {
  const Negotiation& n = negotiation();
  if (const auto* body = std::get_if<ContractAgreement>(&message.body)) {
    const PartySignature* signature = find_signature(body->signatures, n.provider());
    const auto algorithm =
        signature == nullptr ? crypto::HashAlgorithm::kSha256 : hash_for(signature->signature.algorithm);
    agreement_ = AgreementRecord{.agreement = body->agreement,
                                 .pid = n.pid,
                                 .role = n.role,
                                 .peer = n.peer,
                                 .peer_address = n.peer_address,
                                 .hash = hash_of(body->agreement, algorithm),
                                 .until = body->agreement.valid_until,
                                 .created = now_,
                                 .updated = now_};
    const auto end = deps_.usage.end_of(body->agreement.terms);
    if (end && (!agreement_->until || *end < *agreement_->until)) agreement_->until = end;
    if (signature != nullptr) agreement_->signatures.push_back(*signature);
    agreement_fresh_ = true;
    return {};
  }
  if (n.agreement.empty()) return {};
  WEIR_TRY(load_agreement());
  AgreementRecord& record = *agreement_;
  record.updated = now_;
  if (const auto* body = std::get_if<Verification>(&message.body)) {
    const PartySignature* signature = find_signature(body->signatures, n.consumer());
    if (signature != nullptr) record.signatures.push_back(*signature);
  } else if (message.kind() == MessageKind::kFinalized) {
    WEIR_TRY_LET(record.state, next_state(record.state, AgreementEvent::kActivate));
    WEIR_TRY(deps_.usage.enforce(tx_, record));
  } else if (message.kind() == MessageKind::kTermination) {
    WEIR_TRY_LET(record.state, next_state(record.state, AgreementEvent::kVoid));
    record.ended = now_;
  }
  return {};
}

//= NDI-TR-2025-05#log
// What happened, for a third party: ids, digests and signatures, not the terms.
Result<> Step::record_evidence(const Transition& transition, const Message& message, std::string_view digest,
                               const std::string& actor) {
  const Negotiation& n = negotiation();
  Json body = Json::object({{"role", name_of(n.role)}, {"state", name_of(n.state)}, {"messageDigest", digest}});
  if (!fresh_ || transition.from != n.state) body.set("from", name_of(transition.from));
  if (!n.peer_pid.empty()) body.set("peerPid", n.peer_pid);
  if (const Offer* offer = message.offer()) {
    body.set("offerId", offer->id).set("termsDigest", terms_digest(*offer)).set("round", n.rounds);
  }
  if (agreement_) {
    body.set("agreementId", agreement_->agreement.id).set("agreementHash", agreement_->hash);
    if (message.kind() != MessageKind::kTermination) body.set("signatures", signatures_json(agreement_->signatures));
  }
  if (const auto* termination = std::get_if<Termination>(&message.body)) {
    body.set("code", termination->code).set("reason", Json::strings(termination->reasons));
  }
  const auto agreement_state = agreement_ ? std::optional(agreement_->state) : std::nullopt;
  body.set("contractStatus", contract_status(n.state, n.rounds, agreement_state));
  WEIR_TRY_LET(const Party* peer, party());
  WEIR_TRY(deps_.log.append(tx_, {.kind = std::string(transition.evidence),
                                  .time = now_,
                                  .actor = actor,
                                  .contract = n.contract,
                                  .product = n.offer.target,
                                  .process = n.pid,
                                  .participants = participants_of(n, *peer, deps_.self),
                                  .body = std::move(body)}));
  return {};
}

Result<> Step::send(const Message& message, const Json& body) {
  const Negotiation& n = negotiation();
  if (message.kind() == MessageKind::kTermination && n.peer_pid.empty()) {
    record_.notice_due = true;
    return {};
  }
  const bool pauses = !n.peer_pid.empty() && !supply::identifier::NodeId::parse(n.peer.value());
  WEIR_TRY(store::enqueue(tx_, {.lane = n.pid,
                                .peer = n.peer.value(),
                                .address = n.peer_address,
                                .path = path_of(n, message.kind()),
                                .body = body.dump(),
                                .not_before = pauses ? after(now_, deps_.options.foreign_pause) : now_}));
  return {};
}

Result<> Step::send_due_notice() {
  const Negotiation& n = negotiation();
  WEIR_CHECK(record_.notice_due && !n.peer_pid.empty() && n.state == State::kTerminated);
  record_.notice_due = false;
  changed_ = true;
  const Message message{.provider_pid = n.provider_pid(),
                        .consumer_pid = n.consumer_pid(),
                        .body = Termination{.code = n.code, .reasons = n.reasons}};
  return send(message, to_json(message));
}

Result<Message::Body> Step::make_agreement_body() {
  const Negotiation& n = negotiation();
  WEIR_TRY_LET(const Offer* offered, published());
  if (offered == nullptr) {
    return Error(Errc::kConflict, "the product is no longer offered to this participant").because("contract.no_offer");
  }
  const bool other_version = n.offer.product_version != 0 && n.offer.product_version != offered->product_version;
  const bool other_content = !n.offer.content_root.empty() && n.offer.content_root != offered->content_root;
  if (other_version || other_content) {
    return Error(Errc::kConflict, "the product has a new version since")
        .because("contract.product_changed")
        .advise("make an offer for the new version");
  }
  WEIR_TRY_LET(const Party* peer, party());
  const supply::identifier::NodeId& node = deps_.self.node;
  Agreement fields{.id = "urn:uuid:" + deps_.random.uuid(),
                   .contract_id = ContractId::generate(node.kind(), node.subject(), node.area(), now_, deps_.random).text(),
                   .provider = n.provider(),
                   .consumer = n.consumer(),
                   .provider_entity = deps_.self.entity,
                   .consumer_entity = peer->entity,
                   .provider_pid = n.provider_pid(),
                   .consumer_pid = n.consumer_pid(),
                   .target = n.offer.target,
                   .product_version = offered->product_version,
                   .content_root = offered->content_root,
                   .terms = n.offer.terms,
                   .time = now_};
  if (!n.offer.period.empty()) {
    WEIR_TRY_LET(const CalendarDuration period, parse_duration(n.offer.period));
    fields.valid_until = add(now_, period);
  }
  ContractAgreement body{.agreement = make_agreement(std::move(fields))};
  body.signatures.push_back(sign(body.agreement, *deps_.self.key, n.self, deps_.self.entity, now_));
  return Message::Body(std::move(body));
}

Result<Message::Body> Step::make_verification_body() {
  WEIR_TRY(load_agreement());
  Verification body;
  body.signatures.push_back(
      sign(agreement_->agreement, *deps_.self.key, negotiation().self, deps_.self.entity, now_));
  return Message::Body(std::move(body));
}

Result<> Step::proceed(const std::string& actor) {
  const std::optional<MessageKind> kind = forward();
  if (!kind) {
    return Error(Errc::kInvalidArgument, "it is the other side's turn").because("contract.wrong_state");
  }
  if (kind == MessageKind::kAgreement) {
    WEIR_TRY_LET(Message::Body body, make_agreement_body());
    return say(std::move(body), actor);
  }
  if (kind == MessageKind::kVerification) {
    WEIR_TRY_LET(Message::Body body, make_verification_body());
    return say(std::move(body), actor);
  }
  if (kind == MessageKind::kAccepted) return say(Accepted{}, actor);
  return say(Finalized{}, actor);
}

Result<> Step::decide() {
  const Negotiation& n = negotiation();
  if (duplicate_ || !is_turn_of(n.role, n.state)) return {};
  WEIR_TRY_LET(const Offer* offered, published());
  WEIR_TRY_LET(Verdict verdict, deps_.decider.decide(tx_, {.negotiation = n, .published = offered}));
  switch (verdict.kind) {
    case Verdict::Kind::kProceed: return proceed({});
    case Verdict::Kind::kCounter:
      if (n.role == Role::kProvider) return say(ContractOffer{.offer = std::move(verdict.counter)}, {});
      return say(ContractRequest{.offer = std::move(verdict.counter)}, {});
    case Verdict::Kind::kRefuse:
      return say(Termination{.code = std::move(verdict.code), .reasons = std::move(verdict.reasons)}, {});
    case Verdict::Kind::kHold: break;
  }
  record_.held = true;
  record_.hold_reason = verdict.reasons.empty() ? "" : verdict.reasons.front();
  changed_ = true;
  return {};
}

Result<> Step::finish() {
  if (agreement_ && agreement_fresh_) {
    WEIR_TRY(insert(tx_, *agreement_));
  } else if (agreement_ && changed_) {
    WEIR_TRY(update(tx_, *agreement_));
  }
  if (fresh_) return insert(tx_, record_);
  if (changed_) return update(tx_, record_);
  return {};
}

Result<> record_agreement_evidence(Service::Deps& deps, store::Tx& tx, const AgreementRecord& agreement,
                                   std::string_view kind, const std::string& actor, Timestamp now, Json body) {
  const Agreement& a = agreement.agreement;
  body.set("role", name_of(agreement.role)).set("state", name_of(agreement.state));
  body.set("agreementId", a.id).set("agreementHash", agreement.hash);
  body.set("contractStatus", contract_status(State::kFinalized, 1, agreement.state));
  std::vector<std::string> participants = {a.provider.value(), a.consumer.value()};
  for (const std::string& entity : {a.provider_entity, a.consumer_entity}) {
    if (!entity.empty() && (participants.size() < 3 || participants.back() != entity)) participants.push_back(entity);
  }
  WEIR_TRY(deps.log.append(tx, {.kind = std::string(kind),
                                .time = now,
                                .actor = actor,
                                .contract = a.contract_id,
                                .product = a.target,
                                .process = agreement.pid,
                                .participants = std::move(participants),
                                .body = std::move(body)}));
  return {};
}

}  // namespace weir::flow::contract
