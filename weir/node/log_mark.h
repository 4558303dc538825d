// LogMark: the last checkpoint that this node signed, in a file beside the database.
//
// It notices a database that is older than the node itself: an old copy that was put back, from which the node would
// sign a second history (I-11). It is no defence against somebody who changes both; the other parties' logs are.
// Format: docs/operate/data-folder.md. Thread-safety: the log calls keep() on one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weir/store/files.h"
#include "weir/trust/evidence/log.h"

namespace weir::node {

class LogMark {
 public:
  static Result<std::unique_ptr<LogMark>> open(store::Files& files, const std::string& path);
  // Opens the log and keeps what it signs from now on. Requires: this outlives the log.
  // Fails as SqlLog::open does, and with kCorrupt ("evidence.rolled_back") if the log lacks what was signed last.
  Result<std::unique_ptr<trust::evidence::SqlLog>> open_log(store::Database& database, const crypto::PrivateKey& key,
                                                            trust::evidence::LogOptions options);

 private:
  explicit LogMark(std::unique_ptr<store::File> file) : file_(std::move(file)) {}
  Result<> check(store::Tx& tx, const tlog::NoteKey& key) const;
  void keep(std::string_view note);

  std::unique_ptr<store::File> file_;
};

}  // namespace weir::node
