// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/contract.h"

#include <algorithm>
#include <array>
#include <utility>

#include "weir/base/check.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

// The diagram of the Dataspace Protocol. Its text lets either side terminate "at any state"; the consumer may not once it
// has verified, because then the provider may already have finalised (docs/decisions/0080).
constexpr auto kTransitions = std::to_array<TransitionRow>({
    {State::kRequested, MessageKind::kOffer, Role::kProvider, State::kOffered},
    {State::kRequested, MessageKind::kAgreement, Role::kProvider, State::kAgreed},
    {State::kRequested, MessageKind::kTermination, Role::kConsumer, State::kTerminated},
    {State::kRequested, MessageKind::kTermination, Role::kProvider, State::kTerminated},
    {State::kOffered, MessageKind::kRequest, Role::kConsumer, State::kRequested},
    {State::kOffered, MessageKind::kAccepted, Role::kConsumer, State::kAccepted},
    {State::kOffered, MessageKind::kTermination, Role::kConsumer, State::kTerminated},
    {State::kOffered, MessageKind::kTermination, Role::kProvider, State::kTerminated},
    {State::kAccepted, MessageKind::kAgreement, Role::kProvider, State::kAgreed},
    {State::kAccepted, MessageKind::kTermination, Role::kConsumer, State::kTerminated},
    {State::kAccepted, MessageKind::kTermination, Role::kProvider, State::kTerminated},
    {State::kAgreed, MessageKind::kVerification, Role::kConsumer, State::kVerified},
    {State::kAgreed, MessageKind::kTermination, Role::kConsumer, State::kTerminated},
    {State::kAgreed, MessageKind::kTermination, Role::kProvider, State::kTerminated},
    {State::kVerified, MessageKind::kFinalized, Role::kProvider, State::kFinalized},
    {State::kVerified, MessageKind::kTermination, Role::kProvider, State::kTerminated},
});

using Rounds = StatusRow::Rounds;
constexpr auto kStatusTable = std::to_array<StatusRow>({
    {State::kRequested, Rounds::kFirst, std::nullopt, "01"},
    {State::kRequested, Rounds::kLater, std::nullopt, "02"},
    {State::kOffered, Rounds::kFirst, std::nullopt, "01"},
    {State::kOffered, Rounds::kLater, std::nullopt, "02"},
    {State::kAccepted, Rounds::kAny, std::nullopt, "02"},
    {State::kAgreed, Rounds::kAny, AgreementState::kSigning, "03"},
    {State::kVerified, Rounds::kAny, AgreementState::kSigning, "0301"},
    {State::kFinalized, Rounds::kAny, AgreementState::kActive, "05"},
    {State::kFinalized, Rounds::kAny, AgreementState::kSuspended, "05"},
    {State::kFinalized, Rounds::kAny, AgreementState::kExpired, "06"},
    {State::kFinalized, Rounds::kAny, AgreementState::kTerminated, "06"},
    {State::kFinalized, Rounds::kAny, AgreementState::kDestroyed, "06"},
    {State::kTerminated, Rounds::kAny, std::nullopt, "06"},
    {State::kTerminated, Rounds::kAny, AgreementState::kVoid, "0302"},
});

struct AgreementRow {
  AgreementState from;
  AgreementEvent event;
  AgreementState to;
};
constexpr auto kAgreementTable = std::to_array<AgreementRow>({
    {AgreementState::kSigning, AgreementEvent::kActivate, AgreementState::kActive},
    {AgreementState::kSigning, AgreementEvent::kVoid, AgreementState::kVoid},
    {AgreementState::kActive, AgreementEvent::kSuspend, AgreementState::kSuspended},
    {AgreementState::kActive, AgreementEvent::kExpire, AgreementState::kExpired},
    {AgreementState::kActive, AgreementEvent::kTerminate, AgreementState::kTerminated},
    {AgreementState::kSuspended, AgreementEvent::kResume, AgreementState::kActive},
    // The other side suspends as well.
    {AgreementState::kSuspended, AgreementEvent::kSuspend, AgreementState::kSuspended},
    {AgreementState::kSuspended, AgreementEvent::kExpire, AgreementState::kExpired},
    {AgreementState::kSuspended, AgreementEvent::kTerminate, AgreementState::kTerminated},
    {AgreementState::kExpired, AgreementEvent::kDestroy, AgreementState::kDestroyed},
    {AgreementState::kTerminated, AgreementEvent::kDestroy, AgreementState::kDestroyed},
});

Error refuse(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

Error no_process() { return Error(Errc::kNotFound, "no such negotiation").because("contract.no_process"); }

Error wrong_state(std::string_view state, MessageKind message, Role sender) {
  return refuse("contract.wrong_state", "a " + std::string(name_of(message)) + " of the " +
                                            std::string(name_of(sender)) + " is not possible in state " +
                                            std::string(state))
      .advise("read the negotiation's state and go on from there");
}

// Checks, and learns, which process a message is about. One answer for all that is wrong: no oracle.
Result<> match_pids(Negotiation& n, const Message& message) {
  const std::string& own = n.role == Role::kProvider ? message.provider_pid : message.consumer_pid;
  const std::string& their = n.role == Role::kProvider ? message.consumer_pid : message.provider_pid;
  if (own != n.pid) return no_process();
  if (n.peer_pid.empty()) n.peer_pid = their;
  if (their != n.peer_pid) return no_process();
  return {};
}

Result<> check_period(const Offer& offer, const Agreement& agreement, Timestamp now) {
  if (agreement.time && between(now, *agreement.time) > kClockSkewMax) {
    return refuse("contract.clock_skew", "the agreement is dated in the future")
        .advise("compare the clocks of both nodes");
  }
  if (agreement.valid_until && *agreement.valid_until <= now) {
    return refuse("contract.expired", "the agreement has already ended");
  }
  std::optional<Timestamp> expected;
  if (!offer.period.empty()) {
    WEIR_TRY_LET(const CalendarDuration period, parse_duration(offer.period));
    if (!agreement.time) return refuse("contract.wrong_period", "the agreement lasts, but does not say since when");
    expected = add(*agreement.time, period);
  }
  if (agreement.valid_until != expected) {
    return refuse("contract.wrong_period", "the agreement does not last as long as was asked");
  }
  return {};
}

// The agreement says exactly what is on the table, and names these two parties.
Result<> check_agreement(const Negotiation& n, const Agreement& agreement, Timestamp now) {
  if (agreement.provider != n.provider() || agreement.consumer != n.consumer()) {
    return refuse("contract.wrong_party", "the agreement names other parties than the two that negotiate");
  }
  const auto other_pid = [](const std::string& said, const std::string& known) {
    return !said.empty() && said != known;
  };
  if (other_pid(agreement.provider_pid, n.provider_pid()) || other_pid(agreement.consumer_pid, n.consumer_pid())) {
    return refuse("contract.wrong_party", "the agreement belongs to another negotiation");
  }
  if (agreement.target != n.offer.target) {
    return refuse("contract.other_product", "the agreement is about another product than was negotiated");
  }
  const bool same_version = n.offer.product_version == 0 || agreement.product_version == n.offer.product_version;
  const bool same_content = n.offer.content_root.empty() || agreement.content_root == n.offer.content_root;
  if (!same_version || !same_content) {
    return refuse("contract.other_product", "the agreement is about another version of the product");
  }
  if (agreement.terms.canonical() != n.offer.terms.canonical()) {
    return refuse("contract.altered_terms", "the agreement's terms are not those that were negotiated")
        .advise("compare the agreement's policy with the last offer or request");
  }
  return check_period(n.offer, agreement, now);
}

//= TC609-6-2025-14#rounds
Result<> take_offer(Negotiation& n, const Offer& offer, Timestamp now) {
  if (n.rounds > 0 && offer.target != n.offer.target) {
    return refuse("contract.other_product", "the product of a negotiation does not change")
        .advise("start a negotiation of its own for the other product");
  }
  if (offer.valid_until && *offer.valid_until <= now) {
    return refuse("contract.offer_expired", "the offer is no longer valid");
  }
  if (n.rounds >= kRoundsMax) {
    return Error(Errc::kExhausted, "the negotiation has had its " + std::to_string(kRoundsMax) + " rounds")
        .because("contract.rounds");
  }
  n.offer = offer;
  ++n.rounds;
  return {};
}

// What the message changes besides the state.
Result<> take_contents(Negotiation& n, const Message& message, Direction direction, Timestamp now) {
  if (const Offer* offer = message.offer()) {
    if (direction == Direction::kSent) n.own_offer = *offer;
    return take_offer(n, *offer, now);
  }
  if (message.kind() == MessageKind::kAccepted && n.offer.valid_until && *n.offer.valid_until <= now) {
    return refuse("contract.offer_expired", "the offer is no longer valid");
  }
  if (const auto* body = std::get_if<ContractAgreement>(&message.body)) {
    WEIR_TRY(check_agreement(n, body->agreement, now));
    n.agreement = body->agreement.id;
    n.contract = body->agreement.contract_id;
  }
  if (const auto* body = std::get_if<Termination>(&message.body)) {
    n.code = body->code;
    n.reasons = body->reasons;
  }
  return {};
}

}  // namespace

std::string_view name_of(Role role) { return role == Role::kProvider ? "provider" : "consumer"; }

std::string_view name_of(State state) {
  switch (state) {
    case State::kRequested: return "REQUESTED";
    case State::kOffered: return "OFFERED";
    case State::kAccepted: return "ACCEPTED";
    case State::kAgreed: return "AGREED";
    case State::kVerified: return "VERIFIED";
    case State::kFinalized: return "FINALIZED";
    case State::kTerminated: return "TERMINATED";
  }
  return "";
}

Result<State> parse_state(std::int64_t number) {
  for (const State state : kAllStates) {
    if (static_cast<std::int64_t>(state) == number) return state;
  }
  return Error(Errc::kCorrupt, "no state of a negotiation has the number " + std::to_string(number));
}

Text label(State state) {
  switch (state) {
    case State::kRequested: return {"requested", "已请求"};
    case State::kOffered: return {"offered", "已要约"};
    case State::kAccepted: return {"accepted", "已接受"};
    case State::kAgreed: return {"agreed, to be countersigned", "已达成，待会签"};
    case State::kVerified: return {"signed by both", "双方已签署"};
    case State::kFinalized: return {"concluded", "已订立"};
    case State::kTerminated: return {"broken off", "已终止"};
  }
  return {};
}

std::string_view name_of(AgreementState state) {
  switch (state) {
    case AgreementState::kSigning: return "signing";
    case AgreementState::kActive: return "active";
    case AgreementState::kSuspended: return "suspended";
    case AgreementState::kExpired: return "expired";
    case AgreementState::kTerminated: return "terminated";
    case AgreementState::kDestroyed: return "destroyed";
    case AgreementState::kVoid: return "void";
  }
  return "";
}

Result<AgreementState> parse_agreement_state(std::int64_t number) {
  for (const AgreementState state : kAllAgreementStates) {
    if (static_cast<std::int64_t>(state) == number) return state;
  }
  return Error(Errc::kCorrupt, "no state of an agreement has the number " + std::to_string(number));
}

Text label(AgreementState state) {
  switch (state) {
    case AgreementState::kSigning: return {"being signed", "签署中"};
    case AgreementState::kActive: return {"in force", "生效中"};
    case AgreementState::kSuspended: return {"suspended", "已中止"};
    case AgreementState::kExpired: return {"expired", "已到期"};
    case AgreementState::kTerminated: return {"terminated early", "已提前终止"};
    case AgreementState::kDestroyed: return {"ended, data destroyed", "已结束，数据已销毁"};
    case AgreementState::kVoid: return {"never in force", "未生效"};
  }
  return {};
}

std::span<const TransitionRow> transitions() { return kTransitions; }

//= DSP-2025-1#negotiation-states
Result<State> next_state(State state, MessageKind message, Role sender) {
  for (const TransitionRow& row : kTransitions) {
    if (row.from == state && row.message == message && row.sender == sender) return row.to;
  }
  return wrong_state(name_of(state), message, sender);
}

Result<State> first_state(MessageKind message, Role sender) {
  if (message == MessageKind::kRequest && sender == Role::kConsumer) return State::kRequested;
  if (message == MessageKind::kOffer && sender == Role::kProvider) return State::kOffered;
  return wrong_state("none", message, sender);
}

bool may_send(State state, MessageKind message, Role sender) { return next_state(state, message, sender).ok(); }

bool is_turn_of(Role role, State state) {
  switch (state) {
    case State::kRequested:
    case State::kAccepted:
    case State::kVerified: return role == Role::kProvider;
    case State::kOffered:
    case State::kAgreed: return role == Role::kConsumer;
    case State::kFinalized:
    case State::kTerminated: return false;
  }
  return false;
}

Result<AgreementState> next_state(AgreementState state, AgreementEvent event) {
  for (const AgreementRow& row : kAgreementTable) {
    if (row.from == state && row.event == event) return row.to;
  }
  return Error(Errc::kConflict, "that cannot happen to an agreement that is " + std::string(name_of(state)))
      .because("contract.agreement_state");
}

std::span<const StatusRow> status_table() { return kStatusTable; }

std::string_view contract_status(State state, std::int64_t rounds, std::optional<AgreementState> agreement) {
  const Rounds now = rounds <= 1 ? Rounds::kFirst : Rounds::kLater;
  for (const StatusRow& row : kStatusTable) {
    if (row.state == state && row.agreement == agreement && (row.rounds == Rounds::kAny || row.rounds == now)) {
      return row.status;
    }
  }
  constexpr bool kEveryReachableStateHasARow = false;
  WEIR_CHECK(kEveryReachableStateHasARow);
  return "";
}

Text label_of_status(std::string_view status) {
  if (status == "01") return {"initiated", "已发起"};
  if (status == "02") return {"negotiating", "协商中"};
  if (status == "03") return {"signing", "签订中"};
  if (status == "0301") return {"signed", "已签订"};
  if (status == "0302") return {"signing failed", "签订失败"};
  if (status == "05") return {"executing", "履行中"};
  if (status == "06") return {"terminated", "已终止"};
  return {};
}

std::string_view code_of(TerminateType type) {
  switch (type) {
    case TerminateType::kNone: return "";
    case TerminateType::kEarly: return "01";
    case TerminateType::kExpiry: return "02";
  }
  return "";
}

std::string_view evidence_kind(MessageKind message) {
  switch (message) {
    case MessageKind::kRequest: return "contract.requested";
    case MessageKind::kOffer: return "contract.offered";
    case MessageKind::kAccepted: return "contract.accepted";
    case MessageKind::kAgreement: return "contract.agreed";
    case MessageKind::kVerification: return "contract.verified";
    case MessageKind::kFinalized: return "contract.finalized";
    case MessageKind::kTermination: return "contract.terminated";
  }
  return "";
}

Result<Transition> apply(const Negotiation& negotiation, const Message& message, std::string_view digest,
                         Direction direction, Timestamp now) {
  Transition out{.next = negotiation, .from = negotiation.state, .evidence = evidence_kind(message.kind())};
  Negotiation& n = out.next;
  const auto& seen = n.seen;
  if (direction == Direction::kReceived && std::find(seen.begin(), seen.end(), digest) != seen.end()) {
    out.duplicate = true;
    return out;
  }
  WEIR_TRY(match_pids(n, message));
  const Role sender = direction == Direction::kSent ? n.role : other(n.role);
  WEIR_TRY_LET(n.state, next_state(negotiation.state, message.kind(), sender));
  WEIR_TRY(take_contents(n, message, direction, now));
  if (direction == Direction::kReceived) n.seen.emplace_back(digest);
  n.updated = now;
  return out;
}

Result<Transition> start(Negotiation fresh, const Message& message, std::string_view digest, Direction direction,
                         Timestamp now) {
  WEIR_CHECK(!fresh.pid.empty() && fresh.rounds == 0 && fresh.seen.empty());
  const Role sender = direction == Direction::kSent ? fresh.role : other(fresh.role);
  WEIR_TRY_LET(const State state, first_state(message.kind(), sender));
  Transition out{.next = std::move(fresh), .from = state, .evidence = evidence_kind(message.kind())};
  Negotiation& n = out.next;
  if (direction == Direction::kReceived) {
    n.peer_pid = n.role == Role::kProvider ? message.consumer_pid : message.provider_pid;
    n.seen.emplace_back(digest);
  }
  n.state = state;
  n.created = now;
  n.updated = now;
  WEIR_TRY(take_contents(n, message, direction, now));
  return out;
}

Json negotiation_json(const Negotiation& negotiation) {
  return Json::object({{"@context", dsp_context()},
                       {"@type", "ContractNegotiation"},
                       {"providerPid", negotiation.provider_pid()},
                       {"consumerPid", negotiation.consumer_pid()},
                       {"state", name_of(negotiation.state)}});
}

Json error_json(std::string_view provider_pid, std::string_view consumer_pid, const Error& error) {
  return Json::object({{"@context", dsp_context()},
                       {"@type", "ContractNegotiationError"},
                       {"providerPid", provider_pid},
                       {"consumerPid", consumer_pid},
                       {"code", error.reason()},
                       {"reason", Json::array({error.message()})}});
}

}  // namespace weir::flow::contract
