// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/contract.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

namespace weir::flow::contract {
namespace {

using wire::Json;

const Timestamp kNow = *parse_iso8601("2026-03-01T08:00:00Z");

Json terms() {
  return Json::object({{"permission", Json::array({Json::object({{"action", "use"}})})}});
}

Offer offer_of(std::string target = "product") {
  return {.id = "offer-1", .target = std::move(target), .terms = terms()};
}

Agreement agreement_of(const Negotiation& n) {
  return make_agreement({.id = "agreement-1",
                         .provider = n.provider(),
                         .consumer = n.consumer(),
                         .provider_pid = n.provider_pid(),
                         .consumer_pid = n.consumer_pid(),
                         .target = n.offer.target,
                         .terms = n.offer.terms,
                         .time = kNow});
}

Message message_of(MessageKind kind, const Negotiation& n) {
  Message message{.provider_pid = n.provider_pid(), .consumer_pid = n.consumer_pid()};
  switch (kind) {
    case MessageKind::kRequest: message.body = ContractRequest{.offer = offer_of()}; break;
    case MessageKind::kOffer: message.body = ContractOffer{.offer = offer_of()}; break;
    case MessageKind::kAccepted: message.body = Accepted{}; break;
    case MessageKind::kAgreement: message.body = ContractAgreement{.agreement = agreement_of(n)}; break;
    case MessageKind::kVerification: message.body = Verification{}; break;
    case MessageKind::kFinalized: message.body = Finalized{}; break;
    case MessageKind::kTermination: message.body = Termination{.code = "c", .reasons = {"r"}}; break;
  }
  return message;
}

Negotiation negotiation_in(State state, Role role) {
  return {.pid = role == Role::kProvider ? "p-pid" : "c-pid",
          .peer_pid = role == Role::kProvider ? "c-pid" : "p-pid",
          .role = role,
          .self = PartyId(role == Role::kProvider ? "P" : "C"),
          .peer = PartyId(role == Role::kProvider ? "C" : "P"),
          .state = state,
          .offer = offer_of(),
          .rounds = 1};
}

// The diagram of the Dataspace Protocol 2025-1 (contract.negotiation.state.machine.puml), written down a second time, as
// "STATE sender message -> STATE". The two lines marked + are allowed by its text only.
constexpr std::string_view kDiagram = R"(
REQUESTED provider offer OFFERED
REQUESTED provider agreement AGREED
REQUESTED consumer termination TERMINATED
REQUESTED provider termination TERMINATED
OFFERED consumer request REQUESTED
OFFERED consumer accepted ACCEPTED
OFFERED consumer termination TERMINATED
OFFERED provider termination TERMINATED
ACCEPTED provider agreement AGREED
ACCEPTED provider termination TERMINATED
ACCEPTED consumer termination TERMINATED +
AGREED consumer verification VERIFIED
AGREED consumer termination TERMINATED
AGREED provider termination TERMINATED +
VERIFIED provider finalized FINALIZED
VERIFIED provider termination TERMINATED
)";

using Key = std::tuple<std::string, std::string, std::string>;
std::map<Key, std::string> diagram() {
  std::map<Key, std::string> rows;
  std::istringstream lines{std::string(kDiagram)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string from, sender, message, to;
    if (words >> from >> sender >> message >> to) rows[{from, sender, message}] = to;
  }
  return rows;
}

//= DSP-2025-1#negotiation-states type=test
//= TC609-6-2025-14 type=test
TEST(Contract, EveryMessageInEveryStateForBothRolesAndDirections) {
  const auto expected = diagram();
  ASSERT_EQ(expected.size(), transitions().size());
  int accepted = 0;
  int refused = 0;
  for (const State state : kAllStates) {
    for (const MessageKind kind : kAllMessageKinds) {
      for (const Role role : {Role::kProvider, Role::kConsumer}) {
        for (const Direction direction : {Direction::kReceived, Direction::kSent}) {
          const Negotiation before = negotiation_in(state, role);
          const Role sender = direction == Direction::kSent ? role : other(role);
          const auto result = apply(before, message_of(kind, before), "digest", direction, kNow);
          const auto row = expected.find(
              {std::string(name_of(state)), std::string(name_of(sender)), std::string(name_of(kind))});
          SCOPED_TRACE(std::string(name_of(state)) + " " + std::string(name_of(sender)) + " " +
                       std::string(name_of(kind)));
          if (row == expected.end()) {
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code(), Errc::kInvalidArgument);
            EXPECT_EQ(result.error().reason(), "contract.wrong_state");
            ++refused;
          } else {
            ASSERT_TRUE(result) << result.error().message();
            EXPECT_EQ(name_of(result->next.state), row->second);
            EXPECT_EQ(result->from, state);
            EXPECT_EQ(result->evidence, evidence_kind(kind));
            EXPECT_FALSE(result->duplicate);
            ++accepted;
          }
        }
      }
    }
  }
  EXPECT_EQ(accepted, 32);
  EXPECT_EQ(accepted + refused, 7 * 7 * 2 * 2);
}

TEST(Contract, BeginsWithARequestOfTheConsumerOrAnOfferOfTheProviderAndNothingElse) {
  for (const MessageKind kind : kAllMessageKinds) {
    for (const Role sender : {Role::kProvider, Role::kConsumer}) {
      const auto state = first_state(kind, sender);
      if (kind == MessageKind::kRequest && sender == Role::kConsumer) {
        EXPECT_EQ(*state, State::kRequested);
      } else if (kind == MessageKind::kOffer && sender == Role::kProvider) {
        EXPECT_EQ(*state, State::kOffered);
      } else {
        EXPECT_EQ(state.error().reason(), "contract.wrong_state");
      }
    }
  }
}

TEST(Contract, OnlyTheSideWhoseTurnItIsCanMoveForward) {
  for (const TransitionRow& row : transitions()) {
    if (row.message == MessageKind::kTermination) continue;
    EXPECT_TRUE(is_turn_of(row.sender, row.from));
    EXPECT_FALSE(is_turn_of(other(row.sender), row.from));
  }
}

TEST(Contract, ADuplicateChangesNothing) {
  const Negotiation before = negotiation_in(State::kRequested, Role::kConsumer);
  const Message message = message_of(MessageKind::kAgreement, before);
  const auto first = apply(before, message, "digest", Direction::kReceived, kNow);
  ASSERT_TRUE(first);
  const auto second = apply(first->next, message, "digest", Direction::kReceived, kNow);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->duplicate);
  EXPECT_EQ(second->next.state, State::kAgreed);
  EXPECT_EQ(second->next.seen.size(), 1u);
  EXPECT_FALSE(apply(first->next, message, "another", Direction::kReceived, kNow)) << "the same step again is refused";
}

TEST(Contract, LearnsThePeersProcessOnceAndThenInsists) {
  Negotiation n = negotiation_in(State::kRequested, Role::kConsumer);
  n.peer_pid.clear();
  Message message = message_of(MessageKind::kTermination, n);
  message.provider_pid = "new";
  const auto result = apply(n, message, "d", Direction::kReceived, kNow);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->next.peer_pid, "new");
}

// ── errors ──

TEST(ContractErrors, AMessageAboutAnotherProcessIsNotFound) {
  const Negotiation n = negotiation_in(State::kRequested, Role::kConsumer);
  for (const bool own : {true, false}) {
    Message message = message_of(MessageKind::kTermination, n);
    (own ? message.consumer_pid : message.provider_pid) = "foreign";
    const auto result = apply(n, message, "d", Direction::kReceived, kNow);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::kNotFound);
    EXPECT_EQ(result.error().reason(), "contract.no_process");
  }
}

std::string reason_of(const Negotiation& n, const Agreement& agreement, Timestamp now = kNow) {
  const Message message{.provider_pid = n.provider_pid(),
                        .consumer_pid = n.consumer_pid(),
                        .body = ContractAgreement{.agreement = agreement}};
  const auto result = apply(n, message, "d", Direction::kReceived, now);
  return result ? "" : std::string(result.error().reason());
}

TEST(ContractErrors, AnAgreementMustSayExactlyWhatIsOnTheTable) {
  Negotiation n = negotiation_in(State::kRequested, Role::kConsumer);
  n.offer.period = "P30D";
  n.offer.product_version = 3;
  n.offer.content_root = "sha256:00";
  Agreement good = agreement_of(n);
  good.product_version = 3;
  good.content_root = "sha256:00";
  good.valid_until = after(kNow, std::chrono::days(30));
  EXPECT_EQ(reason_of(n, good), "");
  EXPECT_EQ(reason_of(n, good, after(kNow, -std::chrono::minutes(4))), "") << "a small skew of the clocks is fine";
  EXPECT_EQ(reason_of(n, good, after(kNow, -std::chrono::minutes(6))), "contract.clock_skew");
  EXPECT_EQ(reason_of(n, good, after(kNow, std::chrono::days(30))), "contract.expired");

  const auto with = [&](auto change) {
    Agreement changed = good;
    change(changed);
    return reason_of(n, changed);
  };
  EXPECT_EQ(with([](Agreement& a) { a.provider = PartyId("X"); }), "contract.wrong_party");
  EXPECT_EQ(with([](Agreement& a) { a.consumer = PartyId("X"); }), "contract.wrong_party");
  EXPECT_EQ(with([](Agreement& a) { a.provider_pid = "x"; }), "contract.wrong_party");
  EXPECT_EQ(with([](Agreement& a) { a.consumer_pid = "x"; }), "contract.wrong_party");
  EXPECT_EQ(with([](Agreement& a) { a.target = "x"; }), "contract.other_product");
  EXPECT_EQ(with([](Agreement& a) { a.product_version = 4; }), "contract.other_product");
  EXPECT_EQ(with([](Agreement& a) { a.content_root = "sha256:01"; }), "contract.other_product");
  EXPECT_EQ(with([](Agreement& a) { a.terms.set("conflict", "perm"); }), "contract.altered_terms");
  EXPECT_EQ(with([](Agreement& a) { a.valid_until = after(*a.valid_until, Milliseconds(1)); }),
            "contract.wrong_period");
  EXPECT_EQ(with([](Agreement& a) { a.valid_until.reset(); }), "contract.wrong_period");
  EXPECT_EQ(with([](Agreement& a) { a.time.reset(); }), "contract.wrong_period");
}

TEST(ContractErrors, AnOfferThatExpiredCannotBeTakenUp) {
  Negotiation n = negotiation_in(State::kOffered, Role::kProvider);
  n.offer.valid_until = kNow;
  const auto accepted = apply(n, message_of(MessageKind::kAccepted, n), "d", Direction::kReceived, kNow);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().reason(), "contract.offer_expired");
  EXPECT_TRUE(apply(n, message_of(MessageKind::kAccepted, n), "d", Direction::kReceived, after(kNow, Milliseconds(-1))));
  Message request = message_of(MessageKind::kRequest, n);
  std::get<ContractRequest>(request.body).offer.valid_until = kNow;
  EXPECT_EQ(apply(n, request, "d", Direction::kReceived, kNow).error().reason(), "contract.offer_expired");
}

TEST(ContractErrors, TheProductOfANegotiationDoesNotChange) {
  const Negotiation n = negotiation_in(State::kOffered, Role::kProvider);
  Message request = message_of(MessageKind::kRequest, n);
  std::get<ContractRequest>(request.body).offer = offer_of("another");
  EXPECT_EQ(apply(n, request, "d", Direction::kReceived, kNow).error().reason(), "contract.other_product");
}

TEST(ContractErrors, RoundsHaveALimit) {
  Negotiation n = negotiation_in(State::kOffered, Role::kProvider);
  n.rounds = kRoundsMax;
  const auto result = apply(n, message_of(MessageKind::kRequest, n), "d", Direction::kReceived, kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::kExhausted);
}

// ── the two life cycles ──

//= TC609-6-2025-14#status type=test
TEST(ContractStatus, EveryStateHasExactlyOneNationalStatus) {
  std::set<std::string_view> used;
  for (const State state : kAllStates) {
    for (const std::int64_t rounds : {1, 2}) {
      for (int i = -1; i < 7; ++i) {
        const std::optional<AgreementState> agreement =
            i < 0 ? std::nullopt : std::optional(kAllAgreementStates[i]);
        int rows = 0;
        for (const StatusRow& row : status_table()) {
          const bool round_fits = row.rounds == StatusRow::Rounds::kAny ||
                                  (row.rounds == StatusRow::Rounds::kFirst) == (rounds == 1);
          rows += row.state == state && row.agreement == agreement && round_fits;
        }
        EXPECT_LE(rows, 1);
        if (rows == 1) used.insert(contract_status(state, rounds, agreement));
      }
    }
  }
  EXPECT_EQ(used, (std::set<std::string_view>{"01", "02", "03", "0301", "0302", "05", "06"}));
  for (const std::string_view status : used) {
    EXPECT_FALSE(label_of_status(status).en.empty());
    EXPECT_FALSE(label_of_status(status).zh.empty());
  }
  EXPECT_EQ(contract_status(State::kRequested, 1, {}), "01");
  EXPECT_EQ(contract_status(State::kOffered, 2, {}), "02");
  EXPECT_EQ(contract_status(State::kTerminated, 1, AgreementState::kVoid), "0302");
  EXPECT_EQ(code_of(TerminateType::kEarly), "01");
  EXPECT_EQ(code_of(TerminateType::kExpiry), "02");
}

TEST(ContractStatus, TheTableInTheDocumentIsTheTableInTheCode) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/docs/formats/contract.md");
  ASSERT_TRUE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (const StatusRow& row : status_table()) {
    const std::string rounds = row.rounds == StatusRow::Rounds::kAny
                                   ? "any"
                                   : (row.rounds == StatusRow::Rounds::kFirst ? "first" : "later");
    const std::string agreement = row.agreement ? std::string(name_of(*row.agreement)) : "none";
    const std::string line = "| " + std::string(name_of(row.state)) + " | " + rounds + " | " + agreement + " | " +
                             std::string(row.status) + " |";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  for (const TransitionRow& row : transitions()) {
    const std::string line = "| " + std::string(name_of(row.from)) + " | " + std::string(name_of(row.sender)) + " | " +
                             std::string(name_of(row.message)) + " | " + std::string(name_of(row.to)) + " |";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(AgreementStates, FollowTheTableAndNothingElse) {
  using S = AgreementState;
  using E = AgreementEvent;
  const std::map<std::pair<S, E>, S> expected = {
      {{S::kSigning, E::kActivate}, S::kActive},      {{S::kSigning, E::kVoid}, S::kVoid},
      {{S::kActive, E::kSuspend}, S::kSuspended},     {{S::kActive, E::kExpire}, S::kExpired},
      {{S::kActive, E::kTerminate}, S::kTerminated},  {{S::kSuspended, E::kResume}, S::kActive},
      {{S::kSuspended, E::kSuspend}, S::kSuspended},  {{S::kSuspended, E::kExpire}, S::kExpired},
      {{S::kSuspended, E::kTerminate}, S::kTerminated}, {{S::kExpired, E::kDestroy}, S::kDestroyed},
      {{S::kTerminated, E::kDestroy}, S::kDestroyed}};
  for (const S state : kAllAgreementStates) {
    for (const E event : kAllAgreementEvents) {
      const auto result = next_state(state, event);
      const auto row = expected.find({state, event});
      if (row == expected.end()) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().reason(), "contract.agreement_state");
      } else {
        ASSERT_TRUE(result);
        EXPECT_EQ(*result, row->second);
      }
    }
  }
}

TEST(AgreementStates, NumbersAndNamesRoundTrip) {
  for (const State state : kAllStates) {
    EXPECT_EQ(*parse_state(static_cast<std::int64_t>(state)), state);
    EXPECT_FALSE(label(state).zh.empty());
  }
  for (const AgreementState state : kAllAgreementStates) {
    EXPECT_EQ(*parse_agreement_state(static_cast<std::int64_t>(state)), state);
    EXPECT_FALSE(label(state).zh.empty());
  }
  EXPECT_EQ(parse_state(101).error().code(), Errc::kCorrupt);
  EXPECT_EQ(parse_agreement_state(0).error().code(), Errc::kCorrupt);
}

}  // namespace
}  // namespace weir::flow::contract
