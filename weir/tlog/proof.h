// Proof: one entry's inclusion as text that anybody can check offline.
//
// Format: C2SP tlog-proof@v1 (https://c2sp.org/tlog-proof). Thread-safety: values and pure functions.
// Trust: parse_proof takes hostile text; the proof holds only after verify_proof().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/tlog/checkpoint.h"

namespace weir::tlog {

struct InclusionProof {
  Bytes extra{};  // not authenticated; empty: none
  LeafIndex index;
  Proof hashes;
  std::string checkpoint;  // the log's note
  friend bool operator==(const InclusionProof&, const InclusionProof&) = default;
};

// For every proof that parses, format(*parse_proof(s)) == s. Fails with kInvalidArgument ("proof.malformed").
Result<InclusionProof> parse_proof(std::string_view text);
std::string format(const InclusionProof& proof);
// Returns the checkpoint that `leaf` is proven to be under.
Result<Checkpoint> verify_proof(const InclusionProof& proof, ByteView leaf, const std::vector<NoteKey>& known);

}  // namespace weir::tlog
