// Entry: one thing that happened, as a leaf of an evidence log.
//
// The leaf is the canonical JSON (RFC 8785) of the entry, at most 65535 bytes: entries carry hashes of payloads, not
// payloads. Format: docs/formats/evidence-entry.md. Thread-safety: values and pure functions.
// Trust: parse_entry takes hostile bytes; for every leaf that parses, leaf_of(*parse_entry(b)) == b.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/crypto/hash.h"
#include "weir/wire/json.h"

namespace weir::tlog {

struct Entry {
  std::string kind{};  // "contract.agreed": room, dot, what happened; a-z, digits, '_', '-' and dots
  Timestamp time{};
  std::string actor{};  // who did it: an operator's id, "node:<id>" for the node itself, "peer:<id>" for another node
  // What it is about; empty where it does not apply. Indexed for search.
  std::string contract{};
  std::string product{};
  std::string process{};                    // negotiation, transfer or use
  std::vector<std::string> participants{};  // USCCs or node identifiers
  wire::Json body = wire::Json::object();   // see docs/formats/evidence-entry.md for the names that others check
  friend bool operator==(const Entry&, const Entry&) = default;
};

wire::Json to_json(const Entry& entry);
// The canonical bytes. Fails with kInvalidArgument ("evidence.malformed") if a member is not what the format says, with
// kExhausted ("evidence.too_large") beyond limits::kEvidenceEntryBytesMax.
Result<std::string> leaf_of(const Entry& entry);
// Fails with kInvalidArgument ("evidence.malformed") if the bytes are no entry, or are not canonical.
Result<Entry> parse_entry(std::string_view leaf);

// How entries name bytes: "sha256:<hex>", "sm3:<hex>".
std::string format_digest(crypto::HashAlgorithm algorithm, const crypto::Digest& digest);
struct NamedDigest {
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
  crypto::Digest digest{};
};
Result<NamedDigest> parse_digest(std::string_view text);

// Names of body members that the auditor's checks rely on.
inline constexpr std::string_view kAgreementHashMember =
    "agreementHash";  // format_digest of the agreement's signed bytes
inline constexpr std::string_view kContentRootMember = "contentRoot";
inline constexpr std::string_view kReceiptMember = "receipt";  // signed by the receiver: docs/formats/receipt.md
inline constexpr std::string_view kProofMember = "proof";  // signed by the holder: docs/formats/destruction-proof.md

}  // namespace weir::tlog
