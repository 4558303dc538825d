// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/service.h"

#include "weir/base/cut.h"
#include "weir/flow/contract/step.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr std::string_view kTimeout = "timeout";
constexpr std::string_view kRefusedByPeer = "refused_by_peer";

std::string_view origin_of(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  return address.substr(0, address.find('/', scheme + 3));
}

Offer cleaned(Offer offer) {
  offer.terms = terms_of(offer.terms);
  return offer;
}

// The same rules for an offer of this side as for one that was heard.
Result<Offer> checked(const Offer& offer) {
  const Offer clean = cleaned(offer);
  return parse_offer(to_json(clean), "offer");
}

}  // namespace

bool same_origin(std::string_view a, std::string_view b) {
  return !origin_of(a).empty() && origin_of(a) == origin_of(b);
}

bool Directory::may_call_back(const Party& party, std::string_view address) const {
  return same_origin(address, party.address);
}

Verdict standard_verdict(const Situation& situation) {
  const Negotiation& n = situation.negotiation;
  if (n.role == Role::kProvider && n.state == State::kRequested) {
    if (situation.published != nullptr && same_terms(n.offer, *situation.published)) {
      return Verdict{.kind = Verdict::Kind::kProceed};
    }
    return Verdict{.kind = Verdict::Kind::kHold, .reasons = {"the terms asked for are not those published"}};
  }
  if (n.role == Role::kConsumer && n.state == State::kOffered) {
    if (n.own_offer && same_terms(n.offer, *n.own_offer)) return Verdict{.kind = Verdict::Kind::kProceed};
    return Verdict{.kind = Verdict::Kind::kHold, .reasons = {"the provider offers other terms"}};
  }
  return Verdict{.kind = Verdict::Kind::kProceed};
}

// ── begin ──

Result<std::string> Service::request(const PartyId& provider, const Offer& offer, const std::string& actor) {
  return begin(provider, Role::kConsumer, offer, actor);
}

Result<std::string> Service::offer(const PartyId& consumer, const Offer& offer, const std::string& actor) {
  return begin(consumer, Role::kProvider, offer, actor);
}

Result<std::string> Service::begin(const PartyId& peer, Role role, const Offer& offer, const std::string& actor) {
  WEIR_TRY_LET(const Offer terms, checked(offer));
  const PartyId self(deps_.self.node.text());
  if (peer == self) {
    return Error(Errc::kInvalidArgument, "a node makes no contract with itself").because("contract.self");
  }
  auto done = store::sql_write<std::string>(deps_.sql, [&](store::Tx& tx) -> Result<std::string> {
    Step step(deps_, tx);
    step.begin({.pid = "urn:uuid:" + deps_.random.uuid(), .role = role, .self = self, .peer = peer, .offer = terms});
    WEIR_TRY_LET(const Party* party, step.party());
    step.record().negotiation.peer_address = party->address;
    if (role == Role::kProvider) {
      WEIR_TRY_LET(const Offer* published, step.published());
      if (published == nullptr) {
        return Error(Errc::kNotFound, "this node does not offer that product to that participant")
            .because("contract.no_offer");
      }
    }
    const std::string& callback = deps_.self.protocol_address;
    WEIR_TRY(role == Role::kConsumer ? step.say(ContractRequest{.offer = terms, .callback_address = callback}, actor)
                                     : step.say(ContractOffer{.offer = terms, .callback_address = callback}, actor));
    WEIR_TRY(step.finish());
    return step.negotiation().pid;
  });
  if (done) deps_.wake();
  return done;
}

// ── go on ──

Result<> Service::proceed(const std::string& pid, std::optional<MessageKind> kind, bool held_only,
                          const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    if (held_only && !step.record().held) {
      return Error(Errc::kConflict, "the negotiation does not wait for a decision").because("contract.not_held");
    }
    const Negotiation& n = step.negotiation();
    if (kind && step.forward() != kind) {
      // Words it as the state machine does.
      WEIR_TRY(next_state(n.state, *kind, n.role));
    }
    WEIR_TRY(step.proceed(actor));
    return step.finish();
  }));
  deps_.wake();
  return {};
}

Result<> Service::accept(const std::string& pid, const std::string& actor) {
  return proceed(pid, MessageKind::kAccepted, false, actor);
}
Result<> Service::agree(const std::string& pid, const std::string& actor) {
  return proceed(pid, MessageKind::kAgreement, false, actor);
}
Result<> Service::verify(const std::string& pid, const std::string& actor) {
  return proceed(pid, MessageKind::kVerification, false, actor);
}
Result<> Service::finalize(const std::string& pid, const std::string& actor) {
  return proceed(pid, MessageKind::kFinalized, false, actor);
}
Result<> Service::approve(const std::string& pid, const std::string& actor) { return proceed(pid, {}, true, actor); }

Result<> Service::counter(const std::string& pid, const Offer& offer, const std::string& actor) {
  WEIR_TRY_LET(const Offer terms, checked(offer));
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    WEIR_TRY(step.negotiation().role == Role::kConsumer ? step.say(ContractRequest{.offer = terms}, actor)
                                                        : step.say(ContractOffer{.offer = terms}, actor));
    return step.finish();
  }));
  deps_.wake();
  return {};
}

Result<> Service::terminate(const std::string& pid, const std::string& code, const std::vector<std::string>& reasons,
                            const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    WEIR_TRY(step.say(Termination{.code = code, .reasons = reasons}, actor));
    return step.finish();
  }));
  deps_.wake();
  return {};
}

Result<> Service::reject(const std::string& pid, const std::vector<std::string>& reasons, const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    if (!step.record().held) {
      return Error(Errc::kConflict, "the negotiation does not wait for a decision").because("contract.not_held");
    }
    WEIR_TRY(step.say(Termination{.code = "rejected", .reasons = reasons}, actor));
    return step.finish();
  }));
  deps_.wake();
  return {};
}

// ── what became of messages ──

Result<> Service::answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view response) {
  if (message.path != "/negotiations/request" && message.path != "/negotiations/offers") return {};
  Step step(deps_, tx);
  if (!step.load(message.lane)) return {};
  Negotiation& n = step.record().negotiation;
  if (!n.peer_pid.empty()) return {};
  // The answer is hostile; what is wrong with it is the peer's loss.
  const Result<Json> json = parse_body(response);
  if (!json) return {};
  const std::string pid = json->text_or(n.role == Role::kConsumer ? "providerPid" : "consumerPid", "");
  if (pid.empty() || pid.size() > kIdBytesMax) return {};
  WEIR_TRY_LET(const auto taken, find_by_peer(tx, n.peer, pid, n.role));
  if (taken) return {};
  n.peer_pid = pid;
  if (!step.record().notice_due) return update(tx, step.record());
  WEIR_TRY(step.send_due_notice());
  WEIR_TRY(step.finish());
  tx.after_commit(deps_.wake);
  return {};
}

Result<> Service::refused(store::Tx& tx, const store::OutboxMessage& message, const Error& error) {
  Step step(deps_, tx);
  const Result<> loaded = step.load(message.lane);
  if (!loaded) return loaded.error().code() == Errc::kNotFound ? Result<>() : loaded;
  tx.after_commit([this] { deps_.wake(); });
  const Negotiation& n = step.negotiation();
  step.record().error = cut(error.message(), kReasonBytesMax);
  if (!may_send(n.state, MessageKind::kTermination, n.role)) return update(tx, step.record());
  WEIR_TRY(step.say(Termination{.code = std::string(kRefusedByPeer), .reasons = {step.record().error}}, {}));
  if (n.peer_pid.empty()) step.record().notice_due = false;  // nobody there to be told
  return step.finish();
}

// ── time ──

Result<> Service::give_up(const std::string& pid, Timestamp now) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    Step step(deps_, tx);
    WEIR_TRY(step.load(pid));
    const Negotiation& n = step.negotiation();
    if (is_final(n.state) || step.record().deadline > now) return {};
    if (!may_send(n.state, MessageKind::kTermination, n.role)) {
      step.record().deadline = after(now, deps_.options.patience);
      return update(tx, step.record());
    }
    WEIR_TRY(step.say(Termination{.code = std::string(kTimeout), .reasons = {"nobody went on in time"}}, {}));
    return step.finish();
  });
}

Result<> Service::expire_agreement(const std::string& id, Timestamp now) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(AgreementRecord record, find_agreement(tx, id));
    const auto state = next_state(record.state, AgreementEvent::kExpire);
    if (!state || !record.until || *record.until > now) return {};
    record.state = *state;
    record.terminate_type = TerminateType::kExpiry;
    record.ended = record.until;
    record.updated = now;
    WEIR_TRY(deps_.usage.change(tx, record));
    WEIR_TRY(record_agreement_evidence(deps_, tx, record, "contract.expired", "node:" + deps_.self.node.text(), now,
                                       Json::object({{"terminateType", code_of(record.terminate_type)},
                                                     {"ended", format_iso8601(*record.ended)}})));
    return update(tx, record);
  });
}

Result<std::size_t> Service::expire(Timestamp now, std::size_t limit) {
  std::vector<std::string> agreements;
  std::vector<std::string> negotiations;
  WEIR_TRY(deps_.sql.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(agreements, expired_agreements(tx, now, limit));
    WEIR_TRY_LET(negotiations, overdue_negotiations(tx, now, limit));
    return {};
  }));
  for (const std::string& id : agreements) WEIR_TRY(expire_agreement(id, now));
  for (const std::string& pid : negotiations) WEIR_TRY(give_up(pid, now));
  const std::size_t count = agreements.size() + negotiations.size();
  if (count > 0) deps_.wake();
  return count;
}

Result<std::optional<Timestamp>> Service::next_expiry() {
  return store::sql_read<std::optional<Timestamp>>(deps_.sql, [](store::Tx& tx) { return next_deadline(tx); });
}

// ── look ──

Result<Json> Service::status_for(const PartyId& peer, const std::string& pid) {
  WEIR_TRY_LET(const NegotiationRecord record, get(pid));
  if (record.negotiation.peer != peer) {
    return Error(Errc::kNotFound, "no such negotiation").because("contract.no_process");
  }
  return negotiation_json(record.negotiation);
}

Result<NegotiationRecord> Service::get(const std::string& pid) {
  return store::sql_read<NegotiationRecord>(deps_.sql, [&](store::Tx& tx) { return find_negotiation(tx, pid); });
}

Result<State> Service::state_of(const std::string& pid) {
  return store::sql_read<State>(deps_.sql, [&](store::Tx& tx) { return find_state(tx, pid); });
}

Result<Page<NegotiationRecord>> Service::list(const ListQuery& query) {
  return store::sql_read<Page<NegotiationRecord>>(deps_.sql,
                                                  [&](store::Tx& tx) { return list_negotiations(tx, query); });
}

Result<Page<NegotiationRecord>> Service::list_held(const ListQuery& query) {
  ListQuery held = query;
  held.held_only = true;
  return list(held);
}

Result<AgreementRecord> Service::get_agreement(const std::string& id) {
  return store::sql_read<AgreementRecord>(deps_.sql, [&](store::Tx& tx) { return find_agreement(tx, id); });
}

Result<AgreementRecord> Service::get_by_contract(const std::string& contract_id) {
  return store::sql_read<AgreementRecord>(deps_.sql, [&](store::Tx& tx) { return find_by_contract(tx, contract_id); });
}

Result<Page<AgreementRecord>> Service::agreements(const ListQuery& query) {
  return store::sql_read<Page<AgreementRecord>>(deps_.sql, [&](store::Tx& tx) { return list_agreements(tx, query); });
}

// ── templates ──

Result<Template> Service::create_template(Template contract_template, const std::string& actor) {
  WEIR_TRY(validate(contract_template));
  return store::sql_write<Template>(deps_.sql, [&](store::Tx& tx) -> Result<Template> {
    Template out = contract_template;
    if (out.id.empty()) out.id = deps_.random.uuid();
    const Result<Template> latest = find_template(tx, out.id, 0);
    if (!latest && latest.error().code() != Errc::kNotFound) return latest;
    out.version = latest ? latest->version + 1 : 1;
    out.author = actor;
    out.created = deps_.clock.now();
    WEIR_TRY(insert(tx, out));
    WEIR_TRY(deps_.log.append(tx, {.kind = "contract.template_created",
                                   .time = out.created,
                                   .actor = actor,
                                   .participants = {deps_.self.node.text()},
                                   .body = Json::object({{"templateId", out.id}, {"version", out.version}})}));
    return out;
  });
}

Result<std::vector<Template>> Service::templates() {
  return store::sql_read<std::vector<Template>>(deps_.sql, [](store::Tx& tx) { return list_templates(tx); });
}

Result<Offer> Service::offer_from_template(const std::string& id, std::int64_t version, const std::string& target,
                                           const Json& values) {
  WEIR_TRY_LET(const Template found, store::sql_read<Template>(deps_.sql, [&](store::Tx& tx) {
                 return find_template(tx, id, version);
               }));
  Offer offer{.id = "urn:uuid:" + deps_.random.uuid(), .target = target, .period = found.period};
  WEIR_TRY_LET(offer.terms, instantiate(found, values));
  WEIR_TRY(deps_.usage.check(offer.terms));
  return checked(offer);
}

}  // namespace weir::flow::contract
