// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/message.h"

#include <algorithm>
#include <array>

#include "weir/flow/contract/json_fields.h"
#include "weir/wire/encoding.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr auto kTypes = std::to_array<std::string_view>(
    {"ContractRequestMessage", "ContractOfferMessage", "ContractNegotiationEventMessage", "ContractAgreementMessage",
     "ContractAgreementVerificationMessage", "ContractNegotiationEventMessage",
     "ContractNegotiationTerminationMessage"});

struct BodyWriter {
  Json& json;

  void offer(const Offer& offer, const std::string& callback) {
    json.set("offer", to_json(offer));
    if (!callback.empty()) json.set("callbackAddress", callback);
  }
  void signatures(const std::vector<PartySignature>& list) {
    if (list.empty()) return;
    Json out = Json::array();
    for (const PartySignature& signature : list) out.push(to_json(signature));
    json.set("signatures", std::move(out));
  }
  void operator()(const ContractRequest& body) { offer(body.offer, body.callback_address); }
  void operator()(const ContractOffer& body) { offer(body.offer, body.callback_address); }
  void operator()(const Accepted&) { json.set("eventType", "ACCEPTED"); }
  void operator()(const ContractAgreement& body) {
    json.set("agreement", body.agreement.object);
    signatures(body.signatures);
  }
  void operator()(const Verification& body) { signatures(body.signatures); }
  void operator()(const Finalized&) { json.set("eventType", "FINALIZED"); }
  void operator()(const Termination& body) {
    if (!body.code.empty()) json.set("code", body.code);
    if (!body.reasons.empty()) json.set("reason", Json::strings(body.reasons));
  }
};

Result<> check_context(const Json& json) {
  if (!json.has("@context")) return malformed("@context", "is missing");
  const Json& context = json["@context"];
  if (!context.is_array()) return malformed("@context", "must be a list of texts");
  bool found = false;
  for (const Json& item : context.items()) {
    if (!item.is_string()) return malformed("@context", "must be a list of texts");
    found = found || item.as_string() == kDspContext;
  }
  if (!found) return malformed("@context", "must name " + std::string(kDspContext));
  return {};
}

Result<std::vector<PartySignature>> parse_signatures(const Json& json) {
  std::vector<PartySignature> out;
  if (!json.has("signatures")) return out;
  const Json& list = json["signatures"];
  if (!list.is_array()) return malformed("signatures", "must be a list");
  if (list.size() > kSignaturesMax) {
    return malformed("signatures", "has more than " + std::to_string(kSignaturesMax) + " entries");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    WEIR_TRY_LET(PartySignature signature,
                 parse_party_signature(list.items()[i], "signatures[" + std::to_string(i) + "]"));
    out.push_back(std::move(signature));
  }
  return out;
}

// Reasons are texts; JSON-LD may wrap them as {"@value": …, "@language": …}.
Result<std::vector<std::string>> parse_reasons(const Json& json) {
  std::vector<std::string> out;
  if (!json.has("reason")) return out;
  const Json& list = json["reason"];
  if (!list.is_array()) return malformed("reason", "must be a list");
  if (list.size() == 0) return malformed("reason", "is empty");
  if (list.size() > kReasonsMax) return malformed("reason", "has too many entries");
  for (const Json& item : list.items()) {
    const Json& value = item.is_object() && item["@value"].is_string() ? item["@value"] : item;
    std::string text = value.is_string() ? value.as_string() : value.dump();
    if (text.size() > kReasonBytesMax) return malformed("reason", "has an entry that is too long");
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::string> parse_callback(const Json& json) {
  WEIR_TRY_LET(const std::string text,
               text_field(json, "", "callbackAddress", {.bytes_max = kAddressBytesMax, .required = true}));
  const auto address = parse_address(text);
  if (!address) return malformed("callbackAddress", "must be an absolute http or https URL");
  return *address;
}

// Requests and offers: with the other side's pid they go on, with a callback address they begin; never both.
template <class Body>
Result<Message> parse_offering(const Json& json, std::string_view own_pid, std::string_view other_pid,
                               std::string Message::*own, std::string Message::*their) {
  Message message;
  Body body;
  WEIR_TRY_LET(message.id, text_field(json, "", "@id", {.bytes_max = kIdBytesMax, .required = false}));
  WEIR_TRY_LET(message.*own, text_field(json, "", own_pid, {.bytes_max = kIdBytesMax}));
  const bool begins = json.has("callbackAddress");
  const bool goes_on = json.has(other_pid);
  if (begins == goes_on) {
    return malformed("callbackAddress", "and " + std::string(other_pid) + ": exactly one of them must be there");
  }
  if (begins) {
    WEIR_TRY_LET(body.callback_address, parse_callback(json));
  } else {
    WEIR_TRY_LET(message.*their, text_field(json, "", other_pid, {.bytes_max = kIdBytesMax}));
  }
  if (!json.has("offer")) return malformed("offer", "is missing");
  WEIR_TRY_LET(body.offer, parse_offer(json["offer"], "offer"));
  message.body = std::move(body);
  return message;
}

Result<Message> parse_event(const Json& json) {
  Message message;
  WEIR_TRY_LET(const std::string event, text_field(json, "", "eventType", {.bytes_max = 64}));
  if (event == "ACCEPTED") {
    message.body = Accepted{};
  } else if (event == "FINALIZED") {
    message.body = Finalized{};
  } else {
    return malformed("eventType", "must be ACCEPTED or FINALIZED");
  }
  return message;
}

Result<Message> parse_agreement_message(const Json& json) {
  ContractAgreement body;
  if (!json.has("agreement")) return malformed("agreement", "is missing");
  WEIR_TRY_LET(body.agreement, parse_agreement(json["agreement"]));
  WEIR_TRY_LET(body.signatures, parse_signatures(json));
  return Message{.body = std::move(body)};
}

Result<Message> parse_verification(const Json& json) {
  Verification body;
  WEIR_TRY_LET(body.signatures, parse_signatures(json));
  return Message{.body = std::move(body)};
}

Result<Message> parse_termination(const Json& json) {
  Termination body;
  WEIR_TRY_LET(body.code, text_field(json, "", "code", {.bytes_max = kIdBytesMax, .required = false}));
  WEIR_TRY_LET(body.reasons, parse_reasons(json));
  return Message{.body = std::move(body)};
}

}  // namespace

std::string_view name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::kRequest: return "request";
    case MessageKind::kOffer: return "offer";
    case MessageKind::kAccepted: return "accepted";
    case MessageKind::kAgreement: return "agreement";
    case MessageKind::kVerification: return "verification";
    case MessageKind::kFinalized: return "finalized";
    case MessageKind::kTermination: return "termination";
  }
  return "";
}

const Offer* Message::offer() const {
  if (const auto* request = std::get_if<ContractRequest>(&body)) return &request->offer;
  if (const auto* offered = std::get_if<ContractOffer>(&body)) return &offered->offer;
  return nullptr;
}

Json dsp_context() { return Json::array({kDspContext}); }

Json to_json(const Message& message) {
  Json json = Json::object({{"@context", dsp_context()}, {"@type", kTypes[message.body.index()]}});
  if (!message.id.empty()) json.set("@id", message.id);
  if (!message.provider_pid.empty()) json.set("providerPid", message.provider_pid);
  if (!message.consumer_pid.empty()) json.set("consumerPid", message.consumer_pid);
  std::visit(BodyWriter{json}, message.body);
  return json;
}

Result<Message> parse_message(const Json& json) {
  if (!json.is_object()) return malformed("message", "must be an object");
  WEIR_TRY(check_context(json));
  WEIR_TRY_LET(const std::string type, text_field(json, "", "@type", {}));
  if (type == kTypes[0]) {
    return parse_offering<ContractRequest>(json, "consumerPid", "providerPid", &Message::consumer_pid,
                                           &Message::provider_pid);
  }
  if (type == kTypes[1]) {
    return parse_offering<ContractOffer>(json, "providerPid", "consumerPid", &Message::provider_pid,
                                         &Message::consumer_pid);
  }
  if (std::find(kTypes.begin() + 2, kTypes.end(), type) == kTypes.end()) {
    return malformed("@type", "is no message of a contract negotiation");
  }
  WEIR_TRY_LET(std::string provider_pid, text_field(json, "", "providerPid", {.bytes_max = kIdBytesMax}));
  WEIR_TRY_LET(std::string consumer_pid, text_field(json, "", "consumerPid", {.bytes_max = kIdBytesMax}));
  Result<Message> message = type == kTypes[2]   ? parse_event(json)
                            : type == kTypes[3] ? parse_agreement_message(json)
                            : type == kTypes[4] ? parse_verification(json)
                                                : parse_termination(json);
  if (!message) return message;
  message->provider_pid = std::move(provider_pid);
  message->consumer_pid = std::move(consumer_pid);
  return message;
}

Result<Json> parse_body(std::string_view body) {
  if (body.size() > kMessageBytesMax) {
    return Error(Errc::kExhausted, "the message is larger than " + std::to_string(kMessageBytesMax) + " bytes")
        .because("contract.too_large");
  }
  return wire::parse_json(body);
}

Result<Message> read_message(std::string_view body) {
  WEIR_TRY_LET(const Json json, parse_body(body));
  return parse_message(json);
}

std::string digest_of(const Json& message) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(message.canonical())));
}

Result<std::string> parse_address(std::string_view text) {
  const auto refused = [] {
    return Error(Errc::kInvalidArgument, "not an absolute http or https URL").because("contract.address");
  };
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return refused();
  }
  if (rest.empty() || rest.front() == '/' || text.size() > kAddressBytesMax) return refused();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '#' || c == '?' ||
        c == '@') {
      return refused();
    }
  }
  std::string address(text);
  while (address.ends_with('/')) address.pop_back();
  return address;
}

}  // namespace weir::flow::contract
