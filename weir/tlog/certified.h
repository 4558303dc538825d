// Certified: which keys an auditor may believe: nodes, the authority that vouches for them, and the anchor it trusts.
//
// Thread-safety: values and pure functions. Trust: takes hostile PEM.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/crypto/x509.h"
#include "weir/tlog/note.h"

namespace weir::tlog {

// Certificates of authorities that the verifier trusts, by SHA-256 fingerprint in lower-case hex.
struct TrustAnchors {
  std::vector<std::string> fingerprints;
};
// Reads hex in either case, with or without colons. Fails with kInvalidArgument ("anchor.malformed").
Result<std::string> parse_fingerprint(std::string_view text);

// One certificate of a node, judged.
struct CertifiedNode {
  std::string node;  // the node identifier: OU of the subject
  crypto::Certificate certificate;
  std::string authority;  // fingerprint of the issuer; empty: none of the authorities given issued it
  bool anchored = false;  // the issuer is a trust anchor
  Timestamp from{};       // when both certificates are valid
  Timestamp until{};
  bool valid_at(Timestamp time) const { return anchored && from <= time && time <= until; }
};

struct Certified {
  std::vector<CertifiedNode> nodes;
  std::vector<std::string> authorities;          // fingerprints
  std::vector<std::string> unknown_authorities;  // those that are no anchor

  // Keys under which `node` signs its evidence log.
  std::vector<NoteKey> log_keys(std::string_view node) const;
  bool knows(std::string_view node) const;
  // Fails with kUnauthenticated ("certified.unknown", "certified.validity", "signature.invalid") unless an anchored
  // certificate of `node` that is valid at `time` signed `message`.
  Result<> verify(std::string_view node, Timestamp time, ByteView message, std::string_view signature) const;
  // Whether an anchored certificate of `node` is valid at `time`.
  bool valid_at(std::string_view node, Timestamp time) const;
};

// Fails with kInvalidArgument if a PEM is not exactly one certificate, in the form that Certificate::pem() writes.
Result<Certified> certify(const std::vector<std::string>& authorities_pem, const std::vector<std::string>& nodes_pem,
                          const TrustAnchors& anchors);

}  // namespace weir::tlog
