// Assess: holds a node against checklists: every clause that concerns it gets a finding, with what shows it.
//
// Pure: facts, statements and time in, one JSON object out; the same input, the same bytes. Nothing is met without
// evidence: a probe that saw its facts, a file with its hash, a statement that was signed. Nobody's word overrides a
// probe. The object is what is stored and signed, and what reports are made from: docs/formats/assessment.md.
// A first-party declaration, no certificate.
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/crypto/suite.h"
#include "weir/standards/assessment/probe.h"
#include "weir/standards/clause/clause.h"

namespace weir::standards::assessment {

// What an operator filed about a clause: a document or a statement.
struct Attestation {
  std::string id;        // UUID
  std::string document;  // and clause: what it is about
  std::string clause;
  clause::CheckKind kind = clause::CheckKind::kInterview;
  State answer = State::kMet;
  int maturity = 0;      // 1 to 5, of kMaturity
  std::string statement;
  std::string file_name;  // of a document
  std::string file_hash;  // "sha256:…", "sm3:…"
  std::int64_t file_bytes = 0;
  std::string actor;      // the operator
  Timestamp time{};
  std::optional<Timestamp> valid_until;
  std::string signature;  // of the node that took it, over canonical_bytes()
  // RFC 8785 form of everything but the signature.
  std::string canonical_bytes() const;
  friend bool operator==(const Attestation&, const Attestation&) = default;
};
wire::Json to_json(const Attestation& attestation);
Result<Attestation> parse_attestation(const wire::Json& json);

struct Input {
  std::vector<const clause::Checklist*> lists;
  clause::Subject subject;
  Facts facts;
  std::vector<Attestation> filed;  // the last of each clause counts
  Timestamp now;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
  std::string version;             // of the program
};
// Requires: a fact "node" with the node's identifier (checked).
wire::Json assess(const Input& input);

// One clause against what is known. Exposed for tests and for `weir standards attest`.
Outcome find(const clause::Checklist& list, const clause::Clause& clause, const Input& input);

// "A" from 90 on, "B" from 75, "C" from 60, else "D": the quality levels 001 to 004 of NDI-TR-2025-06.
std::string_view mark_of(int score);

}  // namespace weir::standards::assessment
