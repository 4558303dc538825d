// Transfer: one delivery under one agreement, as the transfer process of the Dataspace Protocol 2025-1 (section 1.4 of
// the state machine: REQUESTED STARTED SUSPENDED COMPLETED TERMINATED), its messages, and who may send what when.
//
// Format: docs/formats/delivery.md. Thread-safety: values and pure functions. Trust: parse takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::flow::delivery {

// Stored as numbers, with gaps.
enum class TransferState : std::int32_t {
  kRequested = 100,
  kStarted = 200,
  kSuspended = 300,
  kCompleted = 400,
  kTerminated = 500,
};
std::string_view name_of(TransferState state);  // "REQUESTED"
Result<TransferState> parse_transfer_state(std::int64_t number);
inline bool is_final(TransferState state) {
  return state == TransferState::kCompleted || state == TransferState::kTerminated;
}

enum class Role : std::int32_t { kProvider = 1, kConsumer = 2 };
inline Role other(Role role) { return role == Role::kProvider ? Role::kConsumer : Role::kProvider; }

enum class MessageKind : std::uint8_t { kRequest, kStart, kSuspension, kCompletion, kTermination };

// Where the data are to be fetched from (pull) or put to (push), and what to show there.
struct DataAddress {
  std::string endpoint;
  std::string token;  // bearer; of a node bound to the certificate of the receiver: useless to anybody else
  std::string refresh_endpoint{};  // where it is renewed (RFC 6749), with what, and how soon; empty: it need not be
  std::string refresh_token{};
  std::int64_t expires_in = 0;  // seconds
  std::string type{};           // endpointType; empty: HTTP, by its name in the IDS
  std::string as_written{};     // JSON; of another plane's address, which is passed on as it is
  friend bool operator==(const DataAddress&, const DataAddress&) = default;
};
wire::Json to_json(const DataAddress& address);
// What of it this node understands.
DataAddress parse_data_address(const wire::Json& json);

//= NDI-TR-2025-02#fulfilment-proof
// The receiver's signed word that it has the data: docs/formats/receipt.md.
struct Receipt {
  std::string agreement{};
  std::string contract{};
  std::string provider_pid{};
  std::string consumer_pid{};
  std::string product{};
  std::string content_root{};
  std::uint64_t bytes = 0;
  std::string receiver{};  // node identifier
  Timestamp time{};
  std::string signature{};  // over canonical_bytes()
  // RFC 8785 form of everything but the signature.
  std::string canonical_bytes() const;
};
wire::Json to_json(const Receipt& receipt);
Result<Receipt> parse_receipt(const wire::Json& json);

struct TransferMessage {
  MessageKind kind = MessageKind::kRequest;
  std::string id{};  // of a start or a suspension, which may occur again; empty: the sender gives none
  std::string provider_pid{};  // empty in a request
  std::string consumer_pid{};
  std::string agreement{};         // request
  std::string format{};            // request: "HttpData-PULL" or "HttpData-PUSH"
  std::string callback_address{};  // request
  std::vector<DataAddress> data_address{};  // at most one: request of a push, start of a pull
  std::string code{};
  std::vector<std::string> reasons{};
  std::vector<Receipt> receipt{};  // at most one: completion sent by the receiver
};
inline constexpr std::size_t kPidBytesMax = 256;
inline constexpr std::string_view kPullFormat = "HttpData-PULL";
inline constexpr std::string_view kPushFormat = "HttpData-PUSH";

wire::Json to_json(const TransferMessage& message);
// Fails with kInvalidArgument that names the member.
Result<TransferMessage> parse_message(MessageKind kind, const wire::Json& json);
// The acknowledgement and the answer to GET: a TransferProcess.
wire::Json process_json(std::string_view provider_pid, std::string_view consumer_pid, TransferState state);
wire::Json error_json(std::string_view provider_pid, std::string_view consumer_pid, const Error& error);

// The state after `sender` sent `kind` in `state`. Fails with kInvalidArgument ("delivery.wrong_state"): the Dataspace
// Protocol answers an invalid transition with 400 and leaves the state alone.
Result<TransferState> next_state(TransferState state, MessageKind kind, Role sender);

}  // namespace weir::flow::delivery
