// What is heard from the other side, and what happens to agreements in force.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/base/text.h"
#include "weir/flow/contract/json_fields.h"
#include "weir/flow/contract/service.h"
#include "weir/flow/contract/step.h"
#include "weir/wire/encoding.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr std::size_t kNoticesMax = 256;

Error no_process() { return Error(Errc::kNotFound, "no such negotiation").because("contract.no_process"); }
Error no_agreement() { return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement"); }

Error wrong_message() {
  return Error(Errc::kInvalidArgument, "that message does not belong to this address").because("contract.wrong_message");
}

struct Address {
  enum class Kind : std::uint8_t { kFirst, kNext, kNotice } kind;
  std::string id{};                     // process or agreement
  std::vector<MessageKind> messages{};  // that may come here
};

Result<Address> parse_path(std::string_view path) {
  const auto unknown = [] { return Error(Errc::kNotFound, "no such address").because("contract.no_route"); };
  if (!path.starts_with('/')) return unknown();
  const std::vector<std::string> parts = split(path.substr(1), '/');
  if (parts.size() < 2 || parts.size() > 4) return unknown();
  if (parts.size() == 2 && parts[0] == "negotiations") {
    if (parts[1] == "request") return Address{.kind = Address::Kind::kFirst, .messages = {MessageKind::kRequest}};
    if (parts[1] == "offers") return Address{.kind = Address::Kind::kFirst, .messages = {MessageKind::kOffer}};
    return unknown();
  }
  const auto id = wire::unescape_url(parts[1]);
  if (!id || id->empty() || parts.size() < 3) return unknown();
  if (parts[0] == "agreements" && parts.size() == 3 && parts[2] == "notices") {
    return Address{.kind = Address::Kind::kNotice, .id = *id};
  }
  if (parts[0] != "negotiations") return unknown();
  Address out{.kind = Address::Kind::kNext, .id = *id};
  const std::string tail = parts[2] + (parts.size() == 4 ? "/" + parts[3] : "");
  if (tail == "request") out.messages = {MessageKind::kRequest};
  if (tail == "offers") out.messages = {MessageKind::kOffer};
  if (tail == "events") out.messages = {MessageKind::kAccepted, MessageKind::kFinalized};
  if (tail == "agreement") out.messages = {MessageKind::kAgreement};
  if (tail == "agreement/verification") out.messages = {MessageKind::kVerification};
  if (tail == "termination") out.messages = {MessageKind::kTermination};
  if (out.messages.empty()) return unknown();
  return out;
}

// A first message has a callback address, the others have none: parse_message made sure of one or the other.
const std::string& callback_of(const Message& message) {
  static const std::string kNone;
  if (const auto* request = std::get_if<ContractRequest>(&message.body)) return request->callback_address;
  if (const auto* offer = std::get_if<ContractOffer>(&message.body)) return offer->callback_address;
  return kNone;
}

}  // namespace

Result<Reply> Service::receive(const PartyId& peer, std::string_view path, std::string_view body) {
  WEIR_TRY_LET(const Address address, parse_path(path));
  WEIR_TRY_LET(const Json json, parse_body(body));
  if (address.kind == Address::Kind::kNotice) return receive_notice(peer, address.id, json);
  WEIR_TRY_LET(const Message message, parse_message(json));
  const auto& allowed = address.messages;
  if (std::find(allowed.begin(), allowed.end(), message.kind()) == allowed.end()) return wrong_message();
  const bool first = address.kind == Address::Kind::kFirst;
  if (first == callback_of(message).empty()) return wrong_message();
  return first ? receive_first(peer, message, json) : receive_next(peer, address.id, message, json);
}

Result<Reply> Service::receive_first(const PartyId& peer, const Message& message, const Json& body) {
  const Role role = message.kind() == MessageKind::kRequest ? Role::kProvider : Role::kConsumer;
  const std::string& their_pid = role == Role::kProvider ? message.consumer_pid : message.provider_pid;
  auto reply = store::sql_write<Reply>(deps_.sql, [&](store::Tx& tx) -> Result<Reply> {
    WEIR_TRY_LET(const auto earlier, find_by_peer(tx, peer, their_pid, role));
    if (earlier) {
      const auto& seen = earlier->negotiation.seen;
      if (std::find(seen.begin(), seen.end(), digest_of(body)) == seen.end()) {
        return Error(Errc::kInvalidArgument, "the process id was used before, with another message")
            .because("contract.pid_reused");
      }
      return Reply{.created = true, .body = negotiation_json(earlier->negotiation)};
    }
    Step step(deps_, tx);
    step.begin({.pid = "urn:uuid:" + deps_.random.uuid(),
                .role = role,
                .self = PartyId(deps_.self.node.text()),
                .peer = peer,
                .peer_address = callback_of(message),
                .offer = *message.offer()});
    WEIR_TRY_LET(const Party* party, step.party());
    if (!deps_.directory.may_call_back(*party, callback_of(message))) {
      return Error(Errc::kForbidden, "the callback address is not one of the participant's").because("contract.callback");
    }
    if (role == Role::kProvider) {
      WEIR_TRY_LET(const Offer* published, step.published());
      if (published == nullptr || published->id != message.offer()->id) {
        return Error(Errc::kInvalidArgument, "there is no such offer").because("contract.no_offer");
      }
      if (published->valid_until && *published->valid_until <= step.now()) {
        return Error(Errc::kInvalidArgument, "the offer is no longer valid").because("contract.offer_expired");
      }
    }
    WEIR_TRY(step.hear(message, body));
    // What was heard is acknowledged as heard; what this side says to it comes as a message of its own.
    const Json answer = negotiation_json(step.negotiation());
    WEIR_TRY(step.decide());
    WEIR_TRY(step.finish());
    return Reply{.created = true, .body = answer};
  });
  if (reply) deps_.wake();
  return reply;
}

//= DSP-2025-1#no-oracle
Result<Reply> Service::receive_next(const PartyId& peer, const std::string& pid, const Message& message,
                                    const Json& body) {
  auto reply = store::sql_write<Reply>(deps_.sql, [&](store::Tx& tx) -> Result<Reply> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    if (step.negotiation().peer != peer) return no_process();
    WEIR_TRY(step.hear(message, body));
    const Json answer = negotiation_json(step.negotiation());
    WEIR_TRY(step.decide());
    WEIR_TRY(step.finish());
    return Reply{.body = answer};
  });
  if (reply) deps_.wake();
  return reply;
}

// ── agreements in force ──

namespace {

bool& suspended_by(AgreementRecord& record, Role role) {
  return role == Role::kProvider ? record.suspended_by_provider : record.suspended_by_consumer;
}

// What a notice of `issuer` does to an agreement.
Result<> apply_notice(AgreementRecord& record, const Notice& notice, Role issuer, Timestamp now) {
  WEIR_TRY_LET(record.state, next_state(record.state, event_of(notice.kind)));
  if (record.notices.size() >= kNoticesMax) {
    return Error(Errc::kExhausted, "the agreement has had its notices").because("contract.notices");
  }
  bool& own = suspended_by(record, issuer);
  if (notice.kind == NoticeKind::kSuspended) {
    if (own) return Error(Errc::kConflict, "it is suspended by this side already").because("contract.agreement_state");
    own = true;
  }
  if (notice.kind == NoticeKind::kResumed) {
    if (!own) {
      return Error(Errc::kForbidden, "who suspended it resumes it").because("contract.suspended_by_peer");
    }
    own = false;
    if (suspended_by(record, other(issuer))) record.state = AgreementState::kSuspended;
  }
  if (notice.kind == NoticeKind::kTerminated) {
    record.terminate_type = TerminateType::kEarly;
    record.code = notice.code;
    record.reasons = notice.reasons;
    record.certificate = to_json(notice).dump();
    record.ended = now;
  }
  record.notices.push_back(notice.id);
  record.updated = now;
  return {};
}

std::string_view evidence_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kTerminated: return "contract.terminated";
    case NoticeKind::kSuspended: return "contract.suspended";
    case NoticeKind::kResumed: return "contract.resumed";
  }
  return "";
}

Json evidence_body(const AgreementRecord& record, const Notice& notice) {
  Json body = Json::object({{"noticeId", notice.id},
                            {"messageDigest", digest_of(to_json(notice))},
                            {"signature", crypto::format(notice.signature)},
                            {"code", notice.code},
                            {"reason", Json::strings(notice.reasons)}});
  if (record.terminate_type != TerminateType::kNone) body.set("terminateType", code_of(record.terminate_type));
  return body;
}

}  // namespace

Result<> Service::send_notice(const std::string& id, NoticeKind kind, const std::string& code,
                              const std::vector<std::string>& reasons, const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(AgreementRecord record, find_agreement(tx, id));
    const Timestamp now = deps_.clock.now();
    Notice notice{.kind = kind,
                  .id = "urn:uuid:" + deps_.random.uuid(),
                  .agreement = record.agreement.id,
                  .contract = record.agreement.contract_id,
                  .issuer = PartyId(deps_.self.node.text()),
                  .issuer_entity = deps_.self.entity,
                  .time = now,
                  .code = code,
                  .reasons = reasons,
                  .scheduled_end = record.until};
    sign(notice, *deps_.self.key);
    // The same limits as for what is heard.
    WEIR_TRY(parse_notice(to_json(notice)));
    const AgreementState before = record.state;
    WEIR_TRY(apply_notice(record, notice, record.role, now));
    if (record.state != before) WEIR_TRY(deps_.usage.change(tx, record));
    WEIR_TRY(record_agreement_evidence(deps_, tx, record, evidence_of(kind),
                                       actor.empty() ? "node:" + deps_.self.node.text() : actor, now,
                                       evidence_body(record, notice)));
    WEIR_TRY(update(tx, record));
    const bool foreign = !supply::identifier::NodeId::parse(record.peer.value());
    if (foreign) return {};  // the protocol has no word for it
    WEIR_TRY(store::enqueue(tx, {.lane = record.pid,
                                 .peer = record.peer.value(),
                                 .address = record.peer_address,
                                 .path = "/agreements/" + wire::escape_url(record.agreement.id) + "/notices",
                                 .body = to_json(notice).dump(),
                                 .not_before = now}));
    return {};
  }));
  deps_.wake();
  return {};
}

Result<Reply> Service::receive_notice(const PartyId& peer, const std::string& id, const Json& body) {
  WEIR_TRY_LET(const Notice notice, parse_notice(body));
  auto reply = store::sql_write<Reply>(deps_.sql, [&](store::Tx& tx) -> Result<Reply> {
    WEIR_TRY_LET(AgreementRecord record, find_agreement(tx, id));
    if (record.peer != peer || notice.agreement != id || notice.issuer != peer ||
        notice.contract != record.agreement.contract_id) {
      return no_agreement();
    }
    const Timestamp now = deps_.clock.now();
    const Result<Party> party = deps_.directory.find(tx, peer);
    if (!party || !party->key || notice.issuer_entity != party->entity) {
      return Error(Errc::kUnauthenticated, "the directory has no key for who signed").because("contract.unsigned");
    }
    WEIR_TRY(contract::verify(notice, *party->key));
    if (std::find(record.notices.begin(), record.notices.end(), notice.id) != record.notices.end()) {
      return Reply{.body = Json::object()};
    }
    if (between(now, notice.time) > kClockSkewMax) {
      return Error(Errc::kInvalidArgument, "the notice is dated in the future").because("contract.clock_skew");
    }
    const AgreementState before = record.state;
    WEIR_TRY(apply_notice(record, notice, other(record.role), now));
    if (record.state != before) WEIR_TRY(deps_.usage.change(tx, record));
    WEIR_TRY(record_agreement_evidence(deps_, tx, record, evidence_of(notice.kind), "peer:" + peer.value(), now,
                                       evidence_body(record, notice)));
    WEIR_TRY(update(tx, record));
    return Reply{.body = Json::object()};
  });
  if (reply) deps_.wake();
  return reply;
}

Result<> Service::terminate_agreement(const std::string& id, const std::string& code,
                                      const std::vector<std::string>& reasons, const std::string& actor) {
  return send_notice(id, NoticeKind::kTerminated, code, reasons, actor);
}

Result<> Service::suspend_agreement(const std::string& id, const std::vector<std::string>& reasons,
                                    const std::string& actor) {
  return send_notice(id, NoticeKind::kSuspended, {}, reasons, actor);
}

Result<> Service::resume_agreement(const std::string& id, const std::string& actor) {
  return send_notice(id, NoticeKind::kResumed, {}, {}, actor);
}

Result<> Service::mark_destroyed(store::Tx& tx, const std::string& id, const std::string& transfer,
                                 const std::string& actor) {
  WEIR_TRY_LET(AgreementRecord record, find_agreement(tx, id));
  if (record.state == AgreementState::kDestroyed) return {};
  WEIR_TRY_LET(record.state, next_state(record.state, AgreementEvent::kDestroy));
  const Timestamp now = deps_.clock.now();
  record.updated = now;
  WEIR_TRY(record_agreement_evidence(deps_, tx, record, "contract.destroyed",
                                     actor.empty() ? "node:" + deps_.self.node.text() : actor, now,
                                     Json::object({{"transfer", transfer}})));
  return update(tx, record);
}

Result<> Service::mark_destroyed(const std::string& id, const std::string& transfer, const std::string& actor) {
  return deps_.sql.write([&](store::Tx& tx) { return mark_destroyed(tx, id, transfer, actor); });
}

Result<> Service::check_signatures(const std::string& id) {
  return deps_.sql.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const AgreementRecord record, find_agreement(tx, id));
    WEIR_TRY_LET(const Party peer, deps_.directory.find(tx, record.peer));
    const PartyId self(deps_.self.node.text());
    const auto check = [&](const PartyId& node, const crypto::PublicKey& key, const std::string& entity) -> Result<> {
      const PartySignature* signature = find_signature(record.signatures, node);
      if (signature == nullptr) {
        return Error(Errc::kUnauthenticated, node.value() + " has not signed").because("contract.unsigned");
      }
      return contract::verify(*signature, record.agreement, key, node, entity);
    };
    WEIR_TRY(check(self, deps_.self.key->public_key(), deps_.self.entity));
    if (!peer.key) return {};
    return check(record.peer, *peer.key, peer.entity);
  });
}

}  // namespace weir::flow::contract
