// Message: what the two sides of a negotiation say to each other, typed, and its JSON.
//
// Format: Dataspace Protocol 2025-1, section "Contract Negotiation", HTTPS binding; docs/formats/contract.md says which
// members Weir adds. Thread-safety: values and pure functions.
// Trust: parse takes hostile JSON: unknown members are tolerated, missing ones and wrong types refused by name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/flow/contract/agreement.h"

namespace weir::flow::contract {

inline constexpr std::size_t kMessageBytesMax = 256u << 10;
inline constexpr std::size_t kIdBytesMax = 512;
inline constexpr std::size_t kAddressBytesMax = 2048;
inline constexpr std::size_t kReasonsMax = 32;
inline constexpr std::size_t kReasonBytesMax = 2048;
inline constexpr std::size_t kSignaturesMax = 8;
inline constexpr std::size_t kRulesMax = 256;

// The order is that of Message::body.
enum class MessageKind : std::uint8_t {
  kRequest,       // ContractRequestMessage
  kOffer,         // ContractOfferMessage
  kAccepted,      // ContractNegotiationEventMessage, eventType ACCEPTED
  kAgreement,     // ContractAgreementMessage
  kVerification,  // ContractAgreementVerificationMessage
  kFinalized,     // ContractNegotiationEventMessage, eventType FINALIZED
  kTermination,   // ContractNegotiationTerminationMessage
};
inline constexpr MessageKind kAllMessageKinds[] = {
    MessageKind::kRequest,      MessageKind::kOffer,     MessageKind::kAccepted,   MessageKind::kAgreement,
    MessageKind::kVerification, MessageKind::kFinalized, MessageKind::kTermination};
std::string_view name_of(MessageKind kind);  // "request", "offer", "accepted", …

struct ContractRequest {
  Offer offer;
  std::string callback_address{};  // in the first message of a negotiation only
};
struct ContractOffer {
  Offer offer;
  std::string callback_address{};
};
struct Accepted {};
struct ContractAgreement {
  Agreement agreement;
  std::vector<PartySignature> signatures{};
};
struct Verification {
  std::vector<PartySignature> signatures{};
};
struct Finalized {};
struct Termination {
  std::string code{};
  std::vector<std::string> reasons{};
};

//= DSP-2025-1#negotiation-messages
struct Message {
  using Body = std::variant<ContractRequest, ContractOffer, Accepted, ContractAgreement, Verification, Finalized,
                            Termination>;
  std::string id{};            // of a request or offer: the same terms put again are another message, not a duplicate
  std::string provider_pid{};  // empty in the consumer's first message
  std::string consumer_pid{};  // empty in the provider's first message
  Body body;
  MessageKind kind() const { return static_cast<MessageKind>(body.index()); }
  // The offer of a request or offer, else null.
  const Offer* offer() const;
};

wire::Json to_json(const Message& message);
// Reads any of the messages; `@type` and `eventType` say which.
// Fails with kInvalidArgument ("contract.malformed"), naming the member.
Result<Message> parse_message(const wire::Json& json);
// As above, from bytes. Fails with kExhausted ("contract.too_large") beyond kMessageBytesMax.
Result<Message> read_message(std::string_view body);
Result<wire::Json> parse_body(std::string_view body);

// SHA-256 of the canonical message, in hex: how a duplicate is known.
std::string digest_of(const wire::Json& message);

inline constexpr std::string_view kDspContext = "https://w3id.org/dspace/2025/1/context.jsonld";
wire::Json dsp_context();

// A name for people and programs in another room: an absolute http or https URL, with the slash at its end taken off.
// Fails with kInvalidArgument ("contract.address").
Result<std::string> parse_address(std::string_view text);

}  // namespace weir::flow::contract
