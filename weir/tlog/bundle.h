// Bundle: one file of evidence about one contract that a third party can check offline.
//
// Format: docs/formats/evidence-bundle.md: canonical JSON; entries of one or two logs, each with its proof to a signed
// checkpoint, the certificates of the nodes and of their authority, and the documents that the entries speak of.
// Thread-safety: values and pure functions. Trust: parse_bundle takes hostile text; what it returns is what somebody
// claims until verify_bundle() (verify.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/tlog/checkpoint.h"
#include "weir/wire/json.h"

namespace weir::tlog {

inline constexpr std::size_t kBundleEntriesMax = 10'000;
inline constexpr std::size_t kBundleBytesMax = 64u << 20;
inline constexpr std::string_view kBundleType = "weir.evidence-bundle.v1";

struct BundleEntry {
  LeafIndex index;
  std::string leaf;
  Proof proof;
};
struct EarlierCheckpoint {
  std::string note;
  Proof proof;  // consistency with the log's checkpoint
};
struct BundleLog {
  std::string checkpoint;  // the note that all entries are proven under
  std::vector<EarlierCheckpoint> earlier;
  std::vector<BundleEntry> entries;  // ascending
};

// A party's signature: what it signed (canonical JSON with agreementHash and nodeId) and "ed25519:…".
struct SignedStatement {
  std::string text;
  std::string signature;
};
struct BundleAgreement {
  std::string text;  // the canonical bytes of the agreement
  std::vector<SignedStatement> statements;
};

struct Bundle {
  std::string contract;
  std::vector<std::string> authorities;   // PEM
  std::vector<std::string> certificates;  // PEM, of the nodes
  std::vector<BundleLog> logs;
  std::vector<BundleAgreement> agreement;  // at most one
  std::vector<wire::Json> receipts;        // signed by the receiver; besides those inside entries
  std::string content_root;                // of the manifest; empty: not stated
};

// The file: canonical JSON and a newline.
std::string format(const Bundle& bundle);
// For every text that parses, format(*parse_bundle(s)) == s. Fails with kInvalidArgument ("bundle.malformed") or
// kExhausted ("bundle.too_large").
Result<Bundle> parse_bundle(std::string_view text);

// A log's part alone, as one node asks the other for it.
wire::Json to_json(const BundleLog& log);
Result<BundleLog> parse_bundle_log(const wire::Json& json);

}  // namespace weir::tlog
