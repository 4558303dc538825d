// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/transfer.h"

#include <charconv>

namespace weir::flow::delivery {
namespace {

using wire::Json;

constexpr std::string_view kContext = "https://w3id.org/dspace/2025/1/context.jsonld";
constexpr std::string_view kEndpointType = "https://w3id.org/idsa/v4.1/HTTP";

std::string_view type_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::kRequest: return "TransferRequestMessage";
    case MessageKind::kStart: return "TransferStartMessage";
    case MessageKind::kSuspension: return "TransferSuspensionMessage";
    case MessageKind::kCompletion: return "TransferCompletionMessage";
    case MessageKind::kTermination: return "TransferTerminationMessage";
  }
  return "";
}

Error wrong(std::string_view what) {
  return Error(Errc::kInvalidArgument, std::string(what)).because("delivery.malformed_message");
}

// Properties are named "authorization", or by an IRI that ends so.
bool is_named(const Json& property, std::string_view name) {
  const std::string full = property.text_or("name", "");
  return full == name || full.ends_with("/" + std::string(name)) || full.ends_with("#" + std::string(name)) ||
         full.ends_with(":" + std::string(name));
}

// 0: it is no number of seconds.
std::int64_t seconds_of(const std::string& text) {
  std::int64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && out > 0 ? out : 0;
}

// A process id is ours to hand out, but the peer's is its own: bounded, printable, no more.
Result<std::string> pid(const Json& json, std::string_view name) {
  WEIR_TRY_LET(std::string text, json.text(name));
  if (text.empty() || text.size() > kPidBytesMax) {
    return wrong("member '" + std::string(name) + "' must be 1 to " + std::to_string(kPidBytesMax) + " characters");
  }
  return text;
}

}  // namespace

Json to_json(const DataAddress& address) {
  if (!address.as_written.empty()) {
    if (auto written = wire::parse_json(address.as_written)) return *std::move(written);
  }
  Json properties = Json::array();
  const auto add = [&](std::string_view name, std::string_view value) {
    properties.push(Json::object({{"@type", "EndpointProperty"}, {"name", name}, {"value", value}}));
  };
  add("authType", "bearer");
  add("authorization", address.token);
  if (!address.refresh_token.empty()) {
    add("refreshEndpoint", address.refresh_endpoint);
    add("refreshToken", address.refresh_token);
    add("expiresIn", std::to_string(address.expires_in));
  }
  return Json::object({{"@type", "DataAddress"},
                       {"endpointType", address.type.empty() ? kEndpointType : std::string_view(address.type)},
                       {"endpoint", address.endpoint},
                       {"endpointProperties", std::move(properties)}});
}

DataAddress parse_data_address(const Json& json) {
  DataAddress out{.endpoint = json.text_or("endpoint", ""), .token = {}};
  const Json& properties = json["endpointProperties"];
  if (!properties.is_array()) return out;
  for (const Json& property : properties.items()) {
    if (is_named(property, "authorization")) out.token = property.text_or("value", "");
    if (is_named(property, "refreshEndpoint")) out.refresh_endpoint = property.text_or("value", "");
    if (is_named(property, "refreshToken")) out.refresh_token = property.text_or("value", "");
    if (is_named(property, "expiresIn")) out.expires_in = seconds_of(property.text_or("value", ""));
    if (out.endpoint.empty() && is_named(property, "endpoint")) out.endpoint = property.text_or("value", "");
  }
  return out;
}

std::string_view name_of(TransferState state) {
  switch (state) {
    case TransferState::kRequested: return "REQUESTED";
    case TransferState::kStarted: return "STARTED";
    case TransferState::kSuspended: return "SUSPENDED";
    case TransferState::kCompleted: return "COMPLETED";
    case TransferState::kTerminated: return "TERMINATED";
  }
  return "";
}

Result<TransferState> parse_transfer_state(std::int64_t number) {
  for (const TransferState state : {TransferState::kRequested, TransferState::kStarted, TransferState::kSuspended,
                                    TransferState::kCompleted, TransferState::kTerminated}) {
    if (static_cast<std::int64_t>(state) == number) return state;
  }
  return Error(Errc::kCorrupt, "stored transfer state " + std::to_string(number));
}

std::string Receipt::canonical_bytes() const {
  return Json::object({{"agreement", agreement},
                       {"bytes", static_cast<std::int64_t>(bytes)},
                       {"consumerPid", consumer_pid},
                       {"contentRoot", content_root},
                       {"contract", contract},
                       {"product", product},
                       {"providerPid", provider_pid},
                       {"receiver", receiver},
                       {"time", format_iso8601(time)},
                       {"type", "weir.receipt.v1"}})
      .canonical();
}

Json to_json(const Receipt& receipt) {
  Json out = *wire::parse_json(receipt.canonical_bytes());
  out.set("signature", receipt.signature);
  return out;
}

Result<Receipt> parse_receipt(const Json& json) {
  if (json.text_or("type", "") != "weir.receipt.v1") return wrong("not a receipt of version 1");
  Receipt out;
  WEIR_TRY_LET(out.agreement, json.text("agreement"));
  WEIR_TRY_LET(out.contract, json.text("contract"));
  WEIR_TRY_LET(out.provider_pid, json.text("providerPid"));
  WEIR_TRY_LET(out.consumer_pid, json.text("consumerPid"));
  WEIR_TRY_LET(out.product, json.text("product"));
  WEIR_TRY_LET(out.content_root, json.text("contentRoot"));
  WEIR_TRY_LET(out.receiver, json.text("receiver"));
  WEIR_TRY_LET(const std::int64_t bytes, json.integer("bytes"));
  if (bytes < 0) return wrong("member 'bytes' must not be negative");
  out.bytes = static_cast<std::uint64_t>(bytes);
  WEIR_TRY_LET(const std::string time, json.text("time"));
  WEIR_TRY_LET(out.time, parse_iso8601(time));
  WEIR_TRY_LET(out.signature, json.text("signature"));
  return out;
}

Json to_json(const TransferMessage& message) {
  Json out = Json::object({{"@context", Json::array({kContext})}, {"@type", type_of(message.kind)}});
  if (!message.id.empty()) out.set("@id", message.id);
  if (message.kind == MessageKind::kRequest) {
    out.set("agreementId", message.agreement);
    out.set("format", message.format);
    out.set("callbackAddress", message.callback_address);
  } else {
    out.set("providerPid", message.provider_pid);
  }
  out.set("consumerPid", message.consumer_pid);
  if (!message.data_address.empty()) out.set("dataAddress", to_json(message.data_address.front()));
  if (!message.code.empty()) out.set("code", message.code);
  if (!message.reasons.empty()) out.set("reason", Json::strings(message.reasons));
  if (!message.receipt.empty()) out.set("receipt", to_json(message.receipt.front()));
  return out;
}

//= DSP-2025-1#transfer-messages
Result<TransferMessage> parse_message(MessageKind kind, const Json& json) {
  if (!json.is_object()) return wrong("the body must be a JSON object");
  if (json.text_or("@type", "") != type_of(kind)) {
    return wrong("'@type' must be '" + std::string(type_of(kind)) + "'");
  }
  TransferMessage out;
  out.kind = kind;
  if (json.has("@id")) {
    WEIR_TRY_LET(out.id, pid(json, "@id"));
  }
  WEIR_TRY_LET(out.consumer_pid, pid(json, "consumerPid"));
  if (kind == MessageKind::kRequest) {
    WEIR_TRY_LET(out.agreement, pid(json, "agreementId"));
    WEIR_TRY_LET(out.format, json.text("format"));
    WEIR_TRY_LET(out.callback_address, json.text("callbackAddress"));
  } else {
    WEIR_TRY_LET(out.provider_pid, pid(json, "providerPid"));
  }
  if (json["dataAddress"].is_object()) {
    out.data_address.push_back(parse_data_address(json["dataAddress"]));
  }
  out.code = json.text_or("code", "");
  if (json.has("reason")) {
    WEIR_TRY_LET(out.reasons, json.texts("reason"));
  }
  if (json["receipt"].is_object()) {
    WEIR_TRY_LET(Receipt receipt, parse_receipt(json["receipt"]));
    out.receipt.push_back(std::move(receipt));
  }
  return out;
}

Json process_json(std::string_view provider_pid, std::string_view consumer_pid, TransferState state) {
  return Json::object({{"@context", Json::array({kContext})},
                       {"@type", "TransferProcess"},
                       {"providerPid", provider_pid},
                       {"consumerPid", consumer_pid},
                       {"state", name_of(state)}});
}

Json error_json(std::string_view provider_pid, std::string_view consumer_pid, const Error& error) {
  return Json::object({{"@context", Json::array({kContext})},
                       {"@type", "TransferError"},
                       {"providerPid", provider_pid},
                       {"consumerPid", consumer_pid},
                       {"code", error.reason()},
                       {"reason", Json::array({error.message()})}});
}

//= DSP-2025-1#transfer-states
Result<TransferState> next_state(TransferState state, MessageKind kind, Role sender) {
  using enum TransferState;
  switch (kind) {
    case MessageKind::kRequest: break;
    case MessageKind::kStart:
      if (state == kRequested && sender == Role::kProvider) return kStarted;
      if (state == kSuspended) return kStarted;
      break;
    case MessageKind::kSuspension:
      if (state == kStarted) return kSuspended;
      break;
    case MessageKind::kCompletion:
      if (state == kStarted) return kCompleted;
      break;
    case MessageKind::kTermination:
      if (!is_final(state)) return kTerminated;
      break;
  }
  return Error(Errc::kInvalidArgument, std::string(type_of(kind)) + " from the " +
                                           (sender == Role::kProvider ? "provider" : "consumer") +
                                           " is not possible in state " + std::string(name_of(state)))
      .because("delivery.wrong_state");
}

}  // namespace weir::flow::delivery
