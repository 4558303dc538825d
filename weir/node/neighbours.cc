// SPDX-License-Identifier: Apache-2.0
#include "weir/node/neighbours.h"

#include <algorithm>

#include "weir/base/log.h"
#include "weir/policy/compile.h"
#include "weir/policy/decide.h"
#include "weir/policy/odrl.h"
#include "weir/policy/validate.h"
#include "weir/policy/validity.h"

namespace weir::node {

using flow::contract::AgreementRecord;
using flow::contract::AgreementState;
using flow::contract::Offer;
using flow::contract::PartyId;
using flow::delivery::AgreedDelivery;
using flow::delivery::PeerId;
using supply::identifier::NodeId;
using wire::Json;

namespace {

// The terms of an agreement as a policy that says who it binds and what it is about.
Result<policy::Policy> policy_of(const Json& terms, std::string_view type, std::string_view id) {
  Json json = terms;
  json.set("@type", type).set("@id", id);
  return policy::parse_odrl(json);
}

}  // namespace

Result<flow::contract::Party> ContractDirectory::find(store::Tx& tx, const PartyId& id) {
  const auto node = NodeId::parse(id.value());
  if (!node && outsiders_) {
    WEIR_TRY_LET(auto addresses, outsiders_->find(tx, id.value()));
    return flow::contract::Party{.id = id, .address = std::move(addresses.messages)};
  }
  if (!node) return Error(node.error());
  WEIR_TRY_LET(KnownNode known, find_(*node));
  return flow::contract::Party{.id = id,
                               .entity = known.participant,
                               .address = known.base_url + std::string(kProtocolPath),
                               .key = std::move(known.key)};
}

bool ContractDirectory::may_call_back(const flow::contract::Party& party, std::string_view address) const {
  return (outsiders_ && outsiders_->anywhere) || Directory::may_call_back(party, address);
}

bool ContractDirectory::may_move_data(store::Tx& tx, std::string_view partner, std::string_view address) {
  if (!outsiders_ || outsiders_->anywhere) return outsiders_.has_value();
  const auto addresses = outsiders_->find(tx, partner);
  if (!addresses) return false;
  const std::string& data = addresses->data.empty() ? addresses->messages : addresses->data;
  return flow::contract::same_origin(address, data) || flow::contract::same_origin(address, addresses->messages);
}

Result<Offer> ContractOffers::find(store::Tx& tx, std::string_view offer_id, std::string_view target,
                                   const PartyId&) {
  const Error none = Error(Errc::kNotFound, "no such offer").because("contract.no_offer");
  const auto id = supply::identifier::ProductId::parse(target);
  if (!id) return none;
  WEIR_TRY_LET(const auto product, catalog_.find(tx, *id));
  if (product.status != supply::catalog::Status::kPublished) return none;
  const auto& offers = product.description.offers;
  if (offers.empty()) return none;
  const auto is_named = [&](const auto& offer) { return offer.id == offer_id; };
  const auto named = std::find_if(offers.begin(), offers.end(), is_named);
  return published_offer(product, named == offers.end() ? offers.front() : *named);
}

Result<flow::contract::Verdict> GradedDecider::decide(store::Tx& tx, const flow::contract::Situation& situation) {
  using flow::contract::Verdict;
  const auto& negotiation = situation.negotiation;
  Verdict verdict = flow::contract::standard_verdict(situation);
  const bool asked = negotiation.role == flow::contract::Role::kProvider &&
                     negotiation.state == flow::contract::State::kRequested;
  if (!asked || verdict.kind != Verdict::Kind::kProceed) return verdict;
  WEIR_TRY_LET(const auto id, supply::identifier::ProductId::parse(negotiation.offer.target));
  WEIR_TRY_LET(const auto product, catalog_.find(tx, id));
  const auto& grade = product.description.grade;
  if (!grade || !supply::grade::default_terms(*grade).needs_approval) return verdict;
  return Verdict{.kind = Verdict::Kind::kHold, .reasons = {"a person approves each contract over data of this grade"}};
}

Result<> ContractUsage::check(const Json& terms) {
  WEIR_TRY_LET(const auto policy, policy_of(terms, "Offer", "urn:weir:terms"));
  WEIR_TRY(policy::check(policy));
  WEIR_TRY(policy::compile(policy));
  return {};
}

std::optional<Timestamp> ContractUsage::end_of(const Json& terms) const {
  const auto policy = policy_of(terms, "Offer", "urn:weir:terms");
  return policy ? policy::end_of(*policy) : std::nullopt;
}

Result<> ContractUsage::enforce(store::Tx& tx, const AgreementRecord& record) {
  const auto& agreement = record.agreement;
  WEIR_TRY_LET(auto policy, policy_of(agreement.terms, "Agreement", agreement.id));
  WEIR_TRY(usage_.adopt(tx,
                        {.agreement = agreement.id,
                         .contract = agreement.contract_id,
                         .product = agreement.target,
                         .provider = agreement.provider.value(),
                         .consumer = agreement.consumer.value(),
                         .peer = record.peer.value(),
                         .peer_address = record.peer_address,
                         .obliged = record.role == flow::contract::Role::kConsumer,
                         .policy = std::move(policy),
                         .active_from = agreement.time},
                        "node:" + self_));
  return {};
}

Result<> ContractUsage::change(store::Tx& tx, const AgreementRecord& record) {
  using flow::usage::TermsState;
  const std::string& id = record.agreement.id;
  const std::string actor = "node:" + self_;
  switch (record.state) {
    case AgreementState::kSigning:
    case AgreementState::kVoid: return {};
    case AgreementState::kActive: return usage_.set_state(tx, id, TermsState::kEnabled, "agreement active", actor);
    case AgreementState::kSuspended:
      tx.after_commit([ended = ended_, id] { ended(id); });
      return usage_.set_state(tx, id, TermsState::kSuspended, "agreement suspended", actor);
    case AgreementState::kExpired:
    case AgreementState::kTerminated:
    case AgreementState::kDestroyed: break;
  }
  WEIR_TRY(usage_.set_state(tx, id, TermsState::kEnded, "agreement ended", actor));
  tx.after_commit([ended = ended_, id] { ended(id); });
  return {};
}

Result<> check_live(const AgreementRecord& record, Timestamp now) {
  const bool over = record.until && *record.until <= now;
  if (record.live() && !over) return {};
  const std::string why = over ? "expired" : std::string(flow::contract::name_of(record.state));
  return Error(Errc::kForbidden, "the agreement is not in force: " + why).because("agreement.not_live");
}

Result<AgreedDelivery> DeliveryNeighbours::agreed(store::Tx& tx, const std::string& id) {
  WEIR_TRY_LET(const AgreementRecord record, contracts_.get_agreement(tx, id));
  WEIR_TRY(check_live(record, clock_.now()));
  const auto& agreement = record.agreement;
  flow::delivery::PeerId provider(agreement.provider.value());
  flow::delivery::PeerId consumer(agreement.consumer.value());
  std::string address = record.peer_address;
  if (!PeerId(record.peer.value()).is_node()) {
    // A partner is where its operator says it is now.
    WEIR_TRY_LET(const auto party, directory_.find(tx, record.peer));
    address = party.address;
  }
  flow::delivery::ContentRoot root;
  if (!agreement.content_root.empty()) {
    WEIR_TRY_LET(root, flow::delivery::parse_content_root(agreement.content_root));
  }
  std::uint64_t size = 0;
  if (record.role == flow::contract::Role::kProvider && !agreement.content_root.empty()) {
    WEIR_TRY_LET(const auto content, contents_.open(root));
    size = content.manifest.size;
  }
  return AgreedDelivery{.agreement = id,
                        .contract = agreement.contract_id,
                        .provider = std::move(provider),
                        .consumer = std::move(consumer),
                        .peer_address = std::move(address),
                        .product = agreement.target,
                        .root = root,
                        .size = size};
}

// A delivery goes sealed into the consumer's vault, and every use of it is decided there. So what is only known at the
// time of a use (its purpose, its application, how many there were) does not stop the delivery; what is known now and
// speaks against it does: a prohibition, a term that has run out, a place that is not allowed, no permission at all.
// Whoever may do anything with the data may have them delivered into the vault, where nothing else can be done with
// them: docs/decisions/0046-delivery-is-implied.md.
bool stops(const policy::Decision& decision) {
  return decision.effect == policy::Effect::kDeny && decision.denied_by != policy::DeniedBy::kUnknown;
}

// What is computed with others is computed where it lies: who may only do that is shown nothing. Nor is who may only do
// what this node does not know.
bool needs_the_data(std::string_view action) {
  const policy::ActionId id = policy::find_action(action);
  if (id == policy::kUnknownAction) return false;
  const auto joint = {policy::actions::kCompute, policy::actions::kJointDevelop};
  return std::none_of(joint.begin(), joint.end(),
                      [&](std::string_view each) { return policy::includes(policy::find_action(each), id); });
}

// The first action that the terms permit now or may permit later, if delivering itself is not spoken of; else the first
// that they refuse for a reason of its own, so that the refusal can name it.
std::string_view reason_to_deliver(const policy::Policy& terms, const policy::Program& program,
                                   policy::Request request) {
  std::string_view told = policy::actions::kDeliver;
  for (const policy::Rule& rule : terms.permissions) {
    for (const policy::Action& action : rule.actions.empty() ? terms.actions : rule.actions) {
      if (!needs_the_data(action.name)) continue;
      request.action = action.name;
      const policy::Decision decision = policy::decide(program, request);
      if (!stops(decision)) return action.name;
      const bool first = told == policy::actions::kDeliver;
      if (first && decision.denied_by != policy::DeniedBy::kDefault) told = action.name;
    }
  }
  return told;
}

Result<Json> DeliveryNeighbours::authorize_delivery(store::Tx& tx, const AgreedDelivery& agreed) {
  WEIR_TRY_LET(const AgreementRecord record, contracts_.get_agreement(tx, agreed.agreement));
  WEIR_TRY_LET(const auto policy, policy_of(record.agreement.terms, "Agreement", agreed.agreement));
  WEIR_TRY_LET(const auto program, policy::compile(policy));
  policy::Request request;
  request.now = clock_.now();
  request.action = policy::actions::kDeliver;
  request.product = agreed.product;
  request.participant = agreed.consumer.text();
  request.connector = agreed.consumer.text();
  request.delivery = "01";
  request.encrypt_mode = "02";
  request.bytes = static_cast<std::int64_t>(agreed.size);
  policy::Decision decision = policy::decide(program, request);
  if (decision.denied_by == policy::DeniedBy::kDefault && agreed.consumer.is_node()) {
    request.action = reason_to_deliver(policy, program, request);
    decision = policy::decide(program, request);
  }
  if (stops(decision)) {
    return Error(Errc::kForbidden, policy::words_of(policy::reasons(program, request, decision)))
        .because("delivery.denied");
  }
  return policy::to_json(program, request, decision);
}

flow::metering::Reading reading_of(const flow::delivery::Transfer& transfer, std::uint64_t bytes, Timestamp now) {
  const bool out = transfer.role == flow::delivery::Role::kProvider;
  return {.process = transfer.pid,
          .direction = out ? flow::metering::Direction::kOut : flow::metering::Direction::kIn,
          .agreement = transfer.agreement,
          .contract = transfer.contract,
          .product = transfer.product,
          .peer = transfer.peer.text(),
          .quantity = static_cast<std::int64_t>(bytes),
          .time = now};
}

Result<> DeliveryNeighbours::meter(store::Tx& tx, const flow::delivery::Transfer& transfer, std::uint64_t bytes) {
  WEIR_TRY(metering_.take(tx, reading_of(transfer, bytes, clock_.now())));
  return {};
}

Result<> DeliveryNeighbours::close_meter(store::Tx& tx, const flow::delivery::Transfer& transfer) {
  return metering_.close(tx, transfer.pid);
}

Result<crypto::PublicKey> DeliveryNeighbours::key_of(store::Tx&, const PeerId& peer) {
  WEIR_TRY_LET(const NodeId node, NodeId::parse(peer.text()));
  WEIR_TRY_LET(KnownNode known, find_(node));
  return std::move(known.key);
}

bool DeliveryNeighbours::may_call(store::Tx& tx, const PeerId& peer, std::string_view known,
                                  std::string_view address, flow::delivery::Traffic traffic) {
  if (peer.is_node()) return flow::contract::same_origin(address, known);
  if (traffic == flow::delivery::Traffic::kData) return directory_.may_move_data(tx, peer.text(), address);
  const auto party = directory_.find(tx, PartyId(peer.text()));
  return party && directory_.may_call_back(*party, address);
}

Offer published_offer(const supply::catalog::Product& product, const supply::catalog::Offer& offer) {
  Offer out;
  out.id = offer.id;
  out.target = product.id.text();
  if (const auto json = wire::parse_json(offer.policy)) out.terms = flow::contract::terms_of(*json);
  out.product_version = product.version;
  const auto& content = product.description.content;
  if (content) out.content_root = content->hash_algorithm + ":" + content->root;
  return out;
}

bool DeleteHandler::handles(std::string_view action) const {
  return policy::find_action(action) == policy::find_action(policy::actions::kDelete);
}

Result<std::string> DeleteHandler::perform(const flow::usage::OwedObligation& obligation) {
  WEIR_TRY_LET(const std::size_t copies, delivery_.destroy(obligation.agreement, "duty to delete", "node"));
  return Json::object({{"destroyedCopies", copies}}).canonical();
}

Result<HeldUse> use_held(flow::contract::Service& contracts, flow::usage::Service& usage,
                         flow::delivery::Service& delivery, const std::string& agreement, policy::Request request,
                         const std::string& actor, Timestamp now) {
  WEIR_TRY_LET(const AgreementRecord record, contracts.get_agreement(agreement));
  WEIR_TRY(check_live(record, now));
  WEIR_TRY_LET(const auto terms, usage.find(agreement));
  WEIR_TRY_LET(auto item, delivery.held(agreement));
  request.now = now;
  request.product = terms.product;
  request.participant = terms.consumer;
  request.bytes = static_cast<std::int64_t>(item->manifest().size);
  WEIR_TRY_LET(auto answer, usage.authorize(agreement, request, {.actor = actor, .process = {}}));
  if (!answer.allowed()) item.reset();
  return HeldUse{std::move(answer), std::move(item)};
}

Result<> message_answered(flow::contract::Service& contracts, flow::delivery::Service& delivery, store::Tx& tx,
                          const store::OutboxMessage& message, std::string_view answer) {
  if (message.path.starts_with("/negotiations")) return contracts.answered(tx, message, answer);
  return delivery.answered(tx, message, answer);
}

Result<> message_refused(flow::contract::Service& contracts, flow::delivery::Service& delivery, store::Tx& tx,
                         const store::OutboxMessage& message, const Error& error) {
  if (message.path.starts_with("/negotiations") || message.path.starts_with("/agreements")) {
    return contracts.refused(tx, message, error);
  }
  if (message.path.starts_with("/transfers/request")) return delivery.refused(tx, message.lane, error);
  return {};
}

Result<> collect_changes(supply::catalog::Service& catalog, const NodeId& peer,
                         const std::function<Result<Json>(const std::string& path)>& ask) {
  const supply::catalog::Peer source{.node = peer, .participant = peer.subject()};
  WEIR_TRY_LET(auto cursor, catalog.cursor_of(peer));
  while (true) {
    WEIR_TRY_LET(const Json json, ask("/peer/v1/catalog/changes?after=" + std::to_string(cursor.after)));
    WEIR_TRY_LET(const auto batch, supply::catalog::parse_batch(json));
    const bool anew = !cursor.epoch.empty() && batch.batch.epoch != cursor.epoch && cursor.after != 0;
    if (anew) {
      cursor = {};  // the peer's catalogue was made anew: from the start
      continue;
    }
    WEIR_TRY_LET(const auto report, catalog.apply_changes(source, batch));
    cursor = report.cursor;
    if (report.stored + report.removed > 0 || !report.refused.empty()) {
      log::info("catalog.collected", {{"peer", peer.text()},
                                      {"stored", report.stored},
                                      {"removed", report.removed},
                                      {"refused", report.refused.size()}});
    }
    if (!batch.batch.more) return {};
  }
}

}  // namespace weir::node
