// Contract: one state machine that is both the negotiation of the Dataspace Protocol 2025-1 and the life of a digital
// contract in TC609-6-2025-14.
//
// A negotiation runs REQUESTED, OFFERED, ACCEPTED, AGREED, VERIFIED, FINALIZED or TERMINATED. What it ends in, the agreement,
// lives on: active, suspended, expired, terminated, destroyed. kTransitions and kStatusTable are the whole of it.
// Format: docs/formats/contract.md. Thread-safety: values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/flow/contract/message.h"

namespace weir::flow::contract {

enum class Role : std::int32_t { kProvider = 1, kConsumer = 2 };
inline Role other(Role role) { return role == Role::kProvider ? Role::kConsumer : Role::kProvider; }
std::string_view name_of(Role role);  // "provider", "consumer"

// Stored as numbers, with gaps.
enum class State : std::int32_t {
  kRequested = 100,
  kOffered = 200,
  kAccepted = 300,
  kAgreed = 400,
  kVerified = 500,
  kFinalized = 600,
  kTerminated = 700,
};
inline constexpr State kAllStates[] = {State::kRequested, State::kOffered,   State::kAccepted,  State::kAgreed,
                                       State::kVerified,  State::kFinalized, State::kTerminated};
std::string_view name_of(State state);  // "REQUESTED"
Result<State> parse_state(std::int64_t number);
Text label(State state);
inline bool is_final(State state) { return state == State::kFinalized || state == State::kTerminated; }

enum class AgreementState : std::int32_t {
  kSigning = 50,  // the provider signed; not in force
  kActive = 100,
  kSuspended = 200,
  kExpired = 300,
  kTerminated = 400,
  kDestroyed = 500,  // ended, and the data are proven to be gone
  kVoid = 600,       // signing failed: never came into force
};
inline constexpr AgreementState kAllAgreementStates[] = {
    AgreementState::kSigning, AgreementState::kActive,     AgreementState::kSuspended, AgreementState::kExpired,
    AgreementState::kTerminated, AgreementState::kDestroyed, AgreementState::kVoid};
std::string_view name_of(AgreementState state);  // "active"
Result<AgreementState> parse_agreement_state(std::int64_t number);
Text label(AgreementState state);

// ── who may say what, when ──

struct TransitionRow {
  State from;
  MessageKind message;
  Role sender;
  State to;
};
// Everything that may happen in a negotiation that exists. What is not here is refused.
std::span<const TransitionRow> transitions();
// The state after `sender` said `message`. Fails with kInvalidArgument ("contract.wrong_state"): the protocol answers
// 400 and the state stays.
Result<State> next_state(State state, MessageKind message, Role sender);
// How a negotiation begins: the consumer requests or the provider offers.
Result<State> first_state(MessageKind message, Role sender);
bool may_send(State state, MessageKind message, Role sender);
// Whether the next word is `role`'s.
bool is_turn_of(Role role, State state);

// Agreements: the state after an event. Fails with kConflict ("contract.agreement_state").
enum class AgreementEvent : std::uint8_t { kActivate, kSuspend, kResume, kExpire, kTerminate, kDestroy, kVoid };
inline constexpr AgreementEvent kAllAgreementEvents[] = {
    AgreementEvent::kActivate,  AgreementEvent::kSuspend, AgreementEvent::kResume, AgreementEvent::kExpire,
    AgreementEvent::kTerminate, AgreementEvent::kDestroy, AgreementEvent::kVoid};
Result<AgreementState> next_state(AgreementState state, AgreementEvent event);

// ── the national view ──

//= TC609-6-2025-14#status
// contractStatus: 01 initiated, 02 negotiating, 03 signing (0301 signed, 0302 failed), 05 executing, 06 terminated.
struct StatusRow {
  State state;
  enum class Rounds : std::uint8_t { kAny, kFirst, kLater } rounds;
  std::optional<AgreementState> agreement;
  std::string_view status;
};
std::span<const StatusRow> status_table();
// Total: every reachable combination has a row (checked).
std::string_view contract_status(State state, std::int64_t rounds, std::optional<AgreementState> agreement);
Text label_of_status(std::string_view status);

// terminateType of /contractTerminate.
enum class TerminateType : std::int32_t { kNone = 0, kEarly = 1, kExpiry = 2 };
std::string_view code_of(TerminateType type);  // "01", "02"; empty

// ── one negotiation, as one side sees it ──

struct Negotiation {
  std::string pid{};       // this side's process id
  std::string peer_pid{};  // the other's; empty until it told us
  Role role = Role::kConsumer;
  PartyId self{};
  PartyId peer{};
  std::string peer_address{};  // base URL of the other side's protocol endpoint
  State state = State::kRequested;
  Offer offer{};               // the terms on the table
  std::optional<Offer> own_offer{};  // what this side last put there
  std::int64_t rounds = 0;     // requests and offers so far
  std::string agreement{};     // id; empty until AGREED
  std::string contract{};      // contract id
  std::vector<std::string> seen{};  // digests of the messages received, oldest first
  std::string code{};               // of a termination
  std::vector<std::string> reasons{};
  Timestamp created{};
  Timestamp updated{};

  const std::string& provider_pid() const { return role == Role::kProvider ? pid : peer_pid; }
  const std::string& consumer_pid() const { return role == Role::kConsumer ? pid : peer_pid; }
  const PartyId& provider() const { return role == Role::kProvider ? self : peer; }
  const PartyId& consumer() const { return role == Role::kConsumer ? self : peer; }
};

inline constexpr std::int64_t kRoundsMax = 64;
// How far another clock may be ahead.
inline constexpr Milliseconds kClockSkewMax{5 * 60 * 1000};

enum class Direction : std::uint8_t { kReceived, kSent };

struct Transition {
  Negotiation next;
  State from = State::kRequested;
  std::string_view evidence;  // "contract.agreed"
  bool duplicate = false;     // the message was taken before: nothing changes
};

// What `message` does to a negotiation that exists. `digest` is digest_of the message; of received ones it is remembered.
// Fails with kNotFound ("contract.no_process") if the message is about another process, kInvalidArgument
// ("contract.wrong_state", "contract.other_product", "contract.offer_expired", "contract.altered_terms",
// "contract.wrong_party", "contract.clock_skew", "contract.expired", "contract.wrong_period") or kExhausted
// ("contract.rounds"). The negotiation is unchanged then. Signatures are not looked at here.
Result<Transition> apply(const Negotiation& negotiation, const Message& message, std::string_view digest,
                         Direction direction, Timestamp now);
// The same for the first message; `fresh` has pid, role, self, peer and peer_address set.
Result<Transition> start(Negotiation fresh, const Message& message, std::string_view digest, Direction direction,
                         Timestamp now);

// The evidence kind of a message: "contract.requested".
std::string_view evidence_kind(MessageKind message);
// The acknowledgement and the answer to GET: a ContractNegotiation.
wire::Json negotiation_json(const Negotiation& negotiation);
// A ContractNegotiationError. Empty pids are sent as empty texts: the schema wants both.
wire::Json error_json(std::string_view provider_pid, std::string_view consumer_pid, const Error& error);

}  // namespace weir::flow::contract
