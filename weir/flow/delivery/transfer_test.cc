// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/transfer.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

namespace weir::flow::delivery {
namespace {

using enum TransferState;

constexpr TransferState kStates[] = {kRequested, kStarted, kSuspended, kCompleted, kTerminated};
constexpr MessageKind kKinds[] = {MessageKind::kRequest, MessageKind::kStart, MessageKind::kSuspension,
                                  MessageKind::kCompletion, MessageKind::kTermination};

//= DSP-2025-1#transfer-states type=test
// Dataspace Protocol 2025-1, transfer process state machine, every cell.
TEST(TransferState, FollowsTheTableOfTheProtocolAndNothingElse) {
  const std::map<std::tuple<TransferState, MessageKind, Role>, TransferState> legal = {
      {{kRequested, MessageKind::kStart, Role::kProvider}, kStarted},
      {{kRequested, MessageKind::kTermination, Role::kProvider}, kTerminated},
      {{kRequested, MessageKind::kTermination, Role::kConsumer}, kTerminated},
      {{kStarted, MessageKind::kSuspension, Role::kProvider}, kSuspended},
      {{kStarted, MessageKind::kSuspension, Role::kConsumer}, kSuspended},
      {{kStarted, MessageKind::kCompletion, Role::kProvider}, kCompleted},
      {{kStarted, MessageKind::kCompletion, Role::kConsumer}, kCompleted},
      {{kStarted, MessageKind::kTermination, Role::kProvider}, kTerminated},
      {{kStarted, MessageKind::kTermination, Role::kConsumer}, kTerminated},
      {{kSuspended, MessageKind::kStart, Role::kProvider}, kStarted},
      {{kSuspended, MessageKind::kStart, Role::kConsumer}, kStarted},
      {{kSuspended, MessageKind::kTermination, Role::kProvider}, kTerminated},
      {{kSuspended, MessageKind::kTermination, Role::kConsumer}, kTerminated},
  };
  for (const TransferState state : kStates) {
    for (const MessageKind kind : kKinds) {
      for (const Role sender : {Role::kProvider, Role::kConsumer}) {
        const auto next = next_state(state, kind, sender);
        const auto expected = legal.find({state, kind, sender});
        if (expected == legal.end()) {
          ASSERT_FALSE(next.ok()) << name_of(state) << " " << static_cast<int>(kind);
          EXPECT_EQ(next.error().reason(), "delivery.wrong_state");
        } else {
          ASSERT_TRUE(next.ok()) << name_of(state) << " " << static_cast<int>(kind);
          EXPECT_EQ(*next, expected->second);
        }
      }
    }
  }
}

TEST(TransferState, StoredNumbersAreReadBackAndOthersAreCorrupt) {
  for (const TransferState state : kStates) {
    EXPECT_EQ(*parse_transfer_state(static_cast<std::int64_t>(state)), state);
  }
  EXPECT_EQ(parse_transfer_state(150).error().code(), Errc::kCorrupt);
}

TransferMessage sample(MessageKind kind) {
  TransferMessage out{.kind = kind, .consumer_pid = "c-1"};
  if (kind == MessageKind::kRequest) {
    out.agreement = "a-1";
    out.format = kPullFormat;
    out.callback_address = "https://b.example/dsp/2025-1";
  } else {
    out.provider_pid = "p-1";
  }
  if (kind == MessageKind::kStart) out.data_address.push_back({"https://a.example/data/v1/transfers/p-1", "secret"});
  if (kind == MessageKind::kTermination) out.reasons = {"no longer needed"};
  return out;
}

//= DSP-2025-1#transfer-messages type=test
TEST(TransferMessage, EveryKindRoundTrips) {
  for (const MessageKind kind : kKinds) {
    const wire::Json json = to_json(sample(kind));
    const auto read = parse_message(kind, json);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(to_json(*read), json);
  }
}

//= NDI-TR-2025-02#fulfilment-proof type=test
TEST(Receipt, RoundTripsAndItsBytesCoverEveryMember) {
  Receipt receipt{.agreement = "a",
                  .contract = "c",
                  .provider_pid = "p",
                  .consumer_pid = "q",
                  .product = "x",
                  .content_root = "sha256:00",
                  .bytes = 5,
                  .receiver = "n",
                  .time = Timestamp(1000),
                  .signature = "ed25519:AA"};
  EXPECT_EQ(to_json(*parse_receipt(to_json(receipt))), to_json(receipt));
  const std::string bytes = receipt.canonical_bytes();
  const auto differs = [&](auto change) {
    Receipt other = receipt;
    change(other);
    return other.canonical_bytes() != bytes;
  };
  EXPECT_TRUE(differs([](Receipt& r) { r.agreement = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.contract = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.provider_pid = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.consumer_pid = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.product = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.content_root = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.bytes = 6; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.receiver = "b"; }));
  EXPECT_TRUE(differs([](Receipt& r) { r.time = Timestamp(2000); }));
}

// Error paths: malformed messages.
TEST(TransferMessageErrors, MissingOrWrongMembersAreNamed) {
  for (const MessageKind kind : kKinds) {
    const wire::Json whole = to_json(sample(kind));
    for (const char* member : {"@type", "consumerPid", "providerPid", "agreementId", "format", "callbackAddress"}) {
      if (!whole.has(member)) continue;
      wire::Json without = whole;
      without.erase(member);
      const auto missing = parse_message(kind, without);
      ASSERT_FALSE(missing.ok()) << member;
      EXPECT_NE(missing.error().message().find(member), std::string_view::npos);
      wire::Json wrong = whole;
      wrong.set(member, 7);
      EXPECT_FALSE(parse_message(kind, wrong).ok()) << member;
    }
  }
}

TEST(TransferMessageErrors, RefusesOtherShapes) {
  EXPECT_FALSE(parse_message(MessageKind::kStart, wire::Json::array()).ok());
  EXPECT_FALSE(parse_message(MessageKind::kStart, to_json(sample(MessageKind::kCompletion))).ok());
  wire::Json long_pid = to_json(sample(MessageKind::kCompletion));
  long_pid.set("consumerPid", std::string(257, 'x'));
  EXPECT_FALSE(parse_message(MessageKind::kCompletion, long_pid).ok());
  wire::Json bad_reason = to_json(sample(MessageKind::kTermination));
  bad_reason.set("reason", wire::Json::array({1}));
  EXPECT_FALSE(parse_message(MessageKind::kTermination, bad_reason).ok());
  wire::Json bad_receipt = to_json(sample(MessageKind::kCompletion));
  bad_receipt.set("receipt", wire::Json::object({{"type", "weir.receipt.v1"}, {"bytes", -1}}));
  EXPECT_FALSE(parse_message(MessageKind::kCompletion, bad_receipt).ok());
}

}  // namespace
}  // namespace weir::flow::delivery
