// Notice: what one party of an agreement in force tells the other: terminated early, suspended, resumed.
//
// The Dataspace Protocol ends at FINALIZED; this is the message for what comes after, and, signed, the certificate of
// termination that TC609-6-2025-14 asks for. Format: docs/formats/contract.md.
// Thread-safety: values and pure functions. Trust: parse_notice takes hostile JSON; nothing is authenticated until verify().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/flow/contract/contract.h"

namespace weir::flow::contract {

enum class NoticeKind : std::uint8_t { kTerminated, kSuspended, kResumed };
std::string_view name_of(NoticeKind kind);  // "TERMINATED"
AgreementEvent event_of(NoticeKind kind);

//= TC609-6-2025-14#termination
struct Notice {
  NoticeKind kind = NoticeKind::kTerminated;
  std::string id{};  // of this notice: a repetition is known by it
  std::string agreement{};
  std::string contract{};
  PartyId issuer{};
  std::string issuer_entity{};
  Timestamp time{};
  std::string code{};
  std::vector<std::string> reasons{};
  std::optional<Timestamp> scheduled_end{};  // when it would have ended
  crypto::Signature signature{};
};

wire::Json to_json(const Notice& notice);
// Fails with kInvalidArgument ("contract.malformed"), naming the member.
Result<Notice> parse_notice(const wire::Json& json);
// The canonical JSON of everything but the signature.
std::string signed_bytes(const Notice& notice);
void sign(Notice& notice, const crypto::PrivateKey& key);
// Fails with kUnauthenticated ("signature.invalid").
Result<> verify(const Notice& notice, const crypto::PublicKey& key);

}  // namespace weir::flow::contract
