// Message: what control planes and data planes say to each other, as Data Plane Signaling 1.0 writes it.
//
// Source: Eclipse Data Plane Signaling, specifications/signaling.md, and its profiles HTTP and Token Renewal.
// Format: docs/formats/signaling.md. Thread-safety: pure functions. Trust: parse_* take hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/adapters/signaling/flow.h"
#include "weir/flow/delivery/transfer.h"
#include "weir/wire/json.h"

namespace weir::adapters::signaling {

using flow::delivery::DataAddress;

inline constexpr std::string_view kHttpPull = "https://w3id.org/dspace-sig/profile/http-pull";
inline constexpr std::string_view kHttpPush = "https://w3id.org/dspace-sig/profile/http-push";

// The format of the Dataspace Protocol that is a transfer profile of HTTP, and back; empty: it is none that this node
// serves itself. The profiles' short names are understood too.
std::string_view format_of(std::string_view profile);
std::string_view profile_of(std::string_view format);

// DataFlowPrepareMessage and DataFlowStartMessage.
struct FlowMessage {
  std::string message_id{};
  std::string participant{};    // whose control plane speaks
  std::string counter_party{};  // the other side of the transfer
  std::string dataspace{};
  std::string process{};  // the control plane's transfer process
  std::string agreement{};
  std::string dataset{};
  std::string profile{};
  wire::Json claims = wire::Json::object();
  std::vector<DataAddress> data_address{};  // at most one; of a start
};
wire::Json to_json(const FlowMessage& message);
//= DPS-1.0#messages
// Fails with kInvalidArgument ("signaling.malformed") that names the member.
Result<FlowMessage> parse_flow(const wire::Json& json);

// DataFlowStartedNotificationMessage, …SuspendMessage, …ResumeMessage, …TerminateMessage.
struct NoticeMessage {
  std::string message_id{};
  std::vector<DataAddress> data_address{};  // at most one; started and resume
  std::string reason{};                     // suspend and terminate
};
wire::Json to_json(const NoticeMessage& message);
Result<NoticeMessage> parse_notice(const wire::Json& json);

// DataFlowStatusMessage: what a data plane answers, and calls back with.
struct StatusMessage {
  std::string message_id{};
  std::string flow{};  // empty: not said
  State state = State::kInitialized;
  std::vector<DataAddress> data_address{};  // at most one
  std::string error{};
};
wire::Json to_json(const StatusMessage& message);
// Of a peer that leaves out its ids, the state is still clear.
Result<StatusMessage> parse_status(const wire::Json& json);
// DataFlowStatusResponseMessage.
wire::Json status_response(std::string_view flow, State state);

// DataPlaneRegistrationMessage and ControlPlaneRegistrationMessage. The authorization is of type "agreed": what it
// sends, and what is to be sent to it.
struct Registration {
  std::string id{};
  std::string endpoint{};
  std::vector<std::string> profiles{};  // of a data plane
  std::vector<std::string> labels{};    // of a data plane
  std::vector<std::string> products{};  // ours: which of them; empty: all
  bool agreements = false;              // ours: a control plane's agreements are read and enforced
  std::string authorization_in{};
  std::string authorization_out{};
};
enum class Plane : std::uint8_t { kControl = 1, kData = 2 };
Result<Registration> parse_registration(Plane plane, const wire::Json& json);

//= DPS-1.0#http-pull
//= DPS-1.0#http-push
// Whether an address may be taken under a profile: an endpoint over https (plain http is for this machine), and for
// http-pull everything that renews its token. Fails with kInvalidArgument ("signaling.address").
Result<> check_address(std::string_view profile, const DataAddress& address, bool may_be_called);

// The agreement, as the Dataspace Protocol writes one.
wire::Json agreement_response(wire::Json agreement);

}  // namespace weir::adapters::signaling
