// Archive: reading the evidence log: search, the story of a contract, proofs, checkpoints, tiles, bundle and export.
//
// Everything is read in one transaction of the caller, so an answer and its proofs are of one state of the log.
// Thread-safety: an Archive is immutable; its functions run on any Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/limits.h"
#include "weir/tlog/bundle.h"
#include "weir/tlog/export.h"
#include "weir/tlog/proof.h"
#include "weir/tlog/story.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::trust::evidence {

struct StoredEntry {
  EntryIndex index;
  std::string leaf;  // the bytes that are hashed
  Entry entry;
};

enum class Order : std::uint8_t { kOldestFirst, kNewestFirst };

// What is left empty matches everything.
struct Query {
  std::string contract{};
  std::string product{};
  std::string process{};
  std::string participant{};
  std::string kind{};                 // "contract.agreed", or a room with its dot: "contract."
  std::optional<Timestamp> from{};    // at or after
  std::optional<Timestamp> before{};  // before
  Order order = Order::kOldestFirst;
  std::string cursor{};  // of the page before
  std::size_t limit = limits::kPageSizeDefault;
};

struct EntryPage {
  std::vector<StoredEntry> entries;
  std::string next_cursor;  // empty: the end. A page may be short, even empty, and still not be the last.
};

struct StoredCheckpoint {
  tlog::TreeSize size;
  std::string note;
};
struct CheckpointPage {
  std::vector<StoredCheckpoint> checkpoints;
  std::string next_cursor;
};

struct Replay {
  std::vector<StoredEntry> entries;  // in the order of the log, the negotiation included
  tlog::Story story;                 // whether it is in legal order, and what of it is missing
};

class Archive {
 public:
  explicit Archive(crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256) : algorithm_(algorithm) {}

  // Fails with kNotFound ("evidence.no_entry").
  Result<StoredEntry> get(store::Tx& tx, EntryIndex index) const;
  // Fails with kInvalidArgument ("evidence.cursor", "evidence.limit").
  Result<EntryPage> search(store::Tx& tx, const Query& query) const;
  // Everything about one contract, from offer to destruction. Fails with kNotFound if the log knows nothing of it,
  // with kExhausted ("evidence.replay_too_long") beyond tlog::kBundleEntriesMax entries.
  Result<Replay> replay(store::Tx& tx, const std::string& contract) const;

  Result<tlog::TreeSize> size(store::Tx& tx) const;
  // The note signed last. Fails with kNotFound for an empty log.
  Result<std::string> latest_checkpoint(store::Tx& tx) const;
  // Newest first.
  Result<CheckpointPage> checkpoints(store::Tx& tx, const std::string& cursor, std::size_t limit) const;
  Result<tlog::Proof> prove_inclusion(store::Tx& tx, EntryIndex index, tlog::TreeSize size) const;
  Result<tlog::Proof> prove_consistency(store::Tx& tx, tlog::TreeSize from, tlog::TreeSize to) const;
  // Inclusion in the latest checkpoint, as text for one entry.
  Result<tlog::InclusionProof> proof_of(store::Tx& tx, EntryIndex index) const;
  // What a tlog-tiles client fetches: "checkpoint", "tile/0/000.p/5", "tile/entries/000". Fails with kNotFound.
  Result<Bytes> resource(store::Tx& tx, std::string_view path) const;

  // This log's part of a bundle about `contract`; `seen` are sizes of checkpoints that others hold, proven consistent.
  Result<tlog::BundleLog> bundle_part(store::Tx& tx, const std::string& contract,
                                      const std::vector<tlog::TreeSize>& seen = {}) const;
  // The whole log as lines (docs/formats/log-export.md), each given to `line` without its newline; false stops.
  Result<> export_lines(store::Tx& tx, const tlog::ExportSigners& signers,
                        const std::function<bool(std::string_view line)>& line) const;

 private:
  crypto::HashAlgorithm algorithm_;
};

}  // namespace weir::trust::evidence
