// SPDX-License-Identifier: Apache-2.0
#include "weir/node/log_mark.h"

#include "weir/base/log.h"
#include "weir/tlog/checkpoint.h"

namespace weir::node {

namespace {
constexpr std::size_t kBytes = 1024;  // always as long: a shorter note would leave the end of a longer one
}  // namespace

Result<std::unique_ptr<LogMark>> LogMark::open(store::Files& files, const std::string& path) {
  WEIR_TRY_LET(auto file, files.open(path, store::OpenMode::kCreateOrOpen));
  return std::unique_ptr<LogMark>(new LogMark(std::move(file)));
}

Result<std::unique_ptr<trust::evidence::SqlLog>> LogMark::open_log(store::Database& database,
                                                                   const crypto::PrivateKey& key,
                                                                   trust::evidence::LogOptions options) {
  options.signed_note = [this](const std::string& note) { keep(note); };
  WEIR_TRY_LET(auto log, trust::evidence::SqlLog::open(database, key, options));
  WEIR_TRY(database.read([&](store::Tx& tx) { return check(tx, log->key()); }));
  return log;
}

// Of a file that is empty or not whole nothing is known: it is not synced, so a power cut may take it back.
Result<> LogMark::check(store::Tx& tx, const tlog::NoteKey& key) const {
  Bytes bytes(kBytes);
  WEIR_TRY_LET(const std::size_t got, file_->read_at(0, bytes));
  const std::string_view text = text_of(ByteView(bytes).first(got));
  const auto kept = tlog::open_checkpoint(text.substr(0, text.find('\0')), {key});
  if (!kept) {
    if (got > 0) log::warning("log.mark_unreadable", {{"message", kept.error().message()}});
    return {};
  }
  const auto refuse = [&](const std::string& what) {
    return Error(Errc::kCorrupt,
                 "this node signed a log of " + std::to_string(kept->size.value()) + " entries, and " + what)
        .because("evidence.rolled_back")
        .advise("The database is an older copy. Put the newest one back; if there is no newer one, see \"Restore\" in "
                "docs/operate/backup.md.");
  };
  WEIR_TRY_LET(const store::Row head, tx.one("SELECT size FROM evidence_head WHERE id = 1"));
  const auto size = static_cast<std::uint64_t>(head[0].integer());
  if (size < kept->size.value()) return refuse("the database holds " + std::to_string(size));
  WEIR_TRY_LET(const store::Rows notes,
               tx.query("SELECT note FROM evidence_checkpoint WHERE size = ?", {kept->size.value()}));
  const auto stored = notes.empty() ? Result<tlog::Checkpoint>(Error(Errc::kNotFound, "none"))
                                    : tlog::open_checkpoint(notes[0][0].text(), {key});
  if (!stored || stored->root != kept->root) return refuse("the database holds another history");
  return {};
}

// Not synced: late is harmless, and a sync a commit would not be.
void LogMark::keep(std::string_view note) {
  Bytes bytes(kBytes);
  if (note.size() >= kBytes) return;
  std::copy(note.begin(), note.end(), bytes.begin());
  if (const auto written = file_->write_at(0, bytes); !written) {
    log::warning("log.mark_not_written", {{"message", written.error().message()}});
  }
}

}  // namespace weir::node
