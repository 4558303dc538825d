// SqlLog: the node's evidence log, kept in its database and sealed with every commit.
//
// append() takes the next index inside the caller's transaction; before the commit, seal() hashes what was appended,
// grows the tree, signs one checkpoint and stores it by compare-and-set, all in that transaction (I-1, I-2, I-11).
// Tables and their pages: docs/formats/evidence-store.md.
// Thread-safety: append and the seal run inside Sql::write, one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/crypto/sign.h"
#include "weir/tlog/checkpoint.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::trust::evidence {

store::Migration evidence_migration();

struct LogOptions {
  std::string origin;  // tlog::evidence_origin(node identifier)
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
  // Keys that signed earlier checkpoints, if the node's key has changed since.
  std::vector<crypto::PublicKey> earlier_keys = {};
  // Called with each checkpoint when it is durable, in their order, on the committing thread.
  std::function<void(const std::string& note)> signed_note = {};
};

//= NDI-TR-2025-03#log-chain
class SqlLog final : public Log {
 public:
  // Migrates, verifies that all stored entries have the root that was signed last, and only then hooks itself into the
  // database's commits. Requires: `database` and `key` live as long as the database is written to; so does the log.
  // Fails with kCorrupt: "evidence.root" (stored entries are not what was signed), "evidence.checkpoint" (not signed by
  // a known key, or by another log), "evidence.hash". Do not write to a database whose log does not open.
  static Result<std::unique_ptr<SqlLog>> open(store::Database& database, const crypto::PrivateKey& key,
                                              const LogOptions& options);

  // Requires: inside Sql::write of the database it was opened with.
  Result<EntryIndex> append(store::Tx& tx, const Entry& entry) override;

  const std::string& origin() const { return name_.name(); }
  crypto::HashAlgorithm algorithm() const { return algorithm_; }
  const tlog::NoteKey& key() const { return name_; }

 private:
  // What was appended and is not yet in a full block.
  struct Staged {
    std::uint64_t index = 0;
    crypto::Digest hash{};
    Timestamp time;
    std::string terms;
  };
  struct Dirty;

  SqlLog(const crypto::PrivateKey& key, tlog::NoteKey name, const LogOptions& options)
      : key_(key),
        name_(std::move(name)),
        algorithm_(options.algorithm),
        signed_(options.signed_note),
        frontier_(options.algorithm) {}
  Result<> verify_head(store::Tx& tx, const LogOptions& options);
  Result<> verify_entries(store::Tx& tx, std::uint64_t size, const crypto::Digest& root,
                          const std::vector<tlog::NoteKey>& keys);
  Result<> seal(store::Tx& tx);
  Result<> reload(store::Tx& tx, std::uint64_t size, const crypto::Digest& root);
  Result<> take_staged(store::Tx& tx, std::uint64_t from, std::uint64_t to);
  Result<> grow(store::Tx& tx, Staged entry, Dirty& dirty);
  Result<> close_block(store::Tx& tx, Dirty& dirty);
  Result<> store_checkpoint(store::Tx& tx, std::uint64_t old_size, const crypto::Digest& old_root);

  const crypto::PrivateKey& key_;
  const tlog::NoteKey name_;
  const crypto::HashAlgorithm algorithm_;
  const std::function<void(const std::string&)> signed_;
  // A copy of what the database holds, kept to save reading it. Checked against the head in every seal: a transaction
  // that failed after its seal left it ahead, and it is then read anew.
  tlog::Frontier frontier_;
  std::vector<Staged> block_;   // entries of the last, partial block
  std::vector<Staged> staged_;  // appended in this transaction, by index
};

}  // namespace weir::trust::evidence
