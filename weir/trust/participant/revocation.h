// RevocationList: certificates that are not to be trusted, by serial number, signed by the authority that issued them.
//
// Format: docs/formats/participant.md. For peers that cannot ask the directory; the directory itself refuses sooner.
// Thread-safety: values. Trust: parse takes hostile text; believe nothing of it before verify.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/time.h"
#include "weir/crypto/x509.h"
#include "weir/trust/participant/node_record.h"

namespace weir::trust::participant {

enum class RevocationReason : std::uint8_t { kHold = 1, kCessation = 2, kSuperseded = 3 };
std::string_view name_of(
    RevocationReason reason);  // "certificateHold", "cessationOfOperation", "superseded" (RFC 5280)

struct Revocation {
  std::string serial_hex;
  NodeId node;
  RevocationReason reason = RevocationReason::kHold;
  Timestamp since{};
  friend bool operator==(const Revocation&, const Revocation&) = default;
};

//= NDI-TR-2025-03#status-sync
struct RevocationList {
  std::string issuer;  // common name of the authority
  Timestamp updated{};
  std::vector<Revocation> entries;  // by serial number
  std::string signature;            // of the canonical JSON without this member
  bool contains(std::string_view serial_hex) const;
  friend bool operator==(const RevocationList&, const RevocationList&) = default;
};

wire::Json to_json(const RevocationList& list);
Result<RevocationList> parse_revocation_list(std::string_view text);
void sign(RevocationList& list, const crypto::PrivateKey& authority_key);
// Fails with kUnauthenticated ("signature.invalid").
Result<> verify(const RevocationList& list, const crypto::Certificate& authority);

}  // namespace weir::trust::participant
