// Checkpoint: a signed statement of a log's size and root, how to read one, and what two of them may say.
//
// Format: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint); docs/formats/checkpoint.md. A log over SM3 says so
// in one extension line, "hash sm3". Thread-safety: values and pure functions. Trust: input is hostile; nothing
// returned by parse_* is authenticated until open_checkpoint(). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/tlog/note.h"
#include "weir/tlog/tree.h"

namespace weir::tlog {

struct Checkpoint {
  std::string origin;
  TreeSize size;
  Digest root{};
  std::vector<std::string> extensions{};
  // The hash that the extension lines state; SHA-256 if they state none.
  HashAlgorithm algorithm() const;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

Checkpoint make_checkpoint(std::string_view origin, HashAlgorithm algorithm, TreeSize size, const Digest& root);

// Reads the text of a checkpoint's note, without signatures. Fails with kInvalidArgument ("checkpoint.malformed"),
// naming the line, if any byte is out of place: for every text that parses, format(*parse_checkpoint(s)) == s.
Result<Checkpoint> parse_checkpoint(std::string_view text);
std::string format(const Checkpoint& checkpoint);

// The note that a log publishes.
std::string sign_checkpoint(const Checkpoint& checkpoint, const NoteKey& name, const crypto::PrivateKey& key);
// Reads a note, verifies it, and reads the checkpoint in it.
Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<NoteKey>& known);

// Whether `later` may follow `earlier`. Fails with kCorrupt: "checkpoint.origin" (another log), "checkpoint.hash"
// (another hash), "checkpoint.shrunk", "checkpoint.fork" (one size, two roots), "proof.consistency".
Result<> verify_progress(const Checkpoint& earlier, const Checkpoint& later, std::span<const Digest> proof);

// The origin of a node's evidence log; a verifier compares it with the node identifier in the certificate.
std::string evidence_origin(std::string_view node);

}  // namespace weir::tlog
