// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/log.h"

#include <algorithm>
#include <map>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/trust/evidence/fsck.h"
#include "weir/trust/evidence/tables.h"

namespace weir::trust::evidence {
namespace {

constexpr std::string_view kSqlite = R"sql(
CREATE TABLE evidence_entry (idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL);
CREATE TABLE evidence_tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE evidence_block (block INTEGER PRIMARY KEY, time_min INTEGER NOT NULL, time_max INTEGER NOT NULL);
CREATE TABLE evidence_term (term TEXT NOT NULL, block INTEGER NOT NULL, entries BLOB NOT NULL,
  PRIMARY KEY (term, block)) WITHOUT ROWID;
CREATE TABLE evidence_checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE evidence_head (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL);
)sql";

constexpr std::string_view kPostgres = R"sql(
CREATE TABLE evidence_entry (idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL);
CREATE TABLE evidence_tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE evidence_block (block INTEGER PRIMARY KEY, time_min INTEGER NOT NULL, time_max INTEGER NOT NULL);
CREATE TABLE evidence_term (term TEXT NOT NULL, block INTEGER NOT NULL, entries BLOB NOT NULL,
  PRIMARY KEY (term, block));
CREATE TABLE evidence_checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE evidence_head (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL);
)sql";

Error refuse(std::string what, const char* why) {
  return Error(Errc::kCorrupt, std::move(what))
      .because(why)
      .advise("Keep this data folder as it is, and restore the newest copy of the database whose log opens; "
              "docs/operate/backup.md says how.");
}

}  // namespace

store::Migration evidence_migration() {
  return {.module = "evidence", .versions = {kSqlite}, .postgres_versions = {kPostgres}};
}

// Tiles above level 0 that this seal changed; written once each, at its end.
struct SqlLog::Dirty {
  std::map<std::int64_t, std::vector<crypto::Digest>> tiles;
};

Result<std::unique_ptr<SqlLog>> SqlLog::open(store::Database& database, const crypto::PrivateKey& key,
                                             const LogOptions& options) {
  WEIR_TRY(store::migrate(database, evidence_migration()));
  WEIR_TRY_LET(tlog::NoteKey name, tlog::NoteKey::make(options.origin, key.public_key()));
  std::unique_ptr<SqlLog> log(new SqlLog(key, std::move(name), options));
  WEIR_TRY(database.write([&](store::Tx& tx) -> Result<> {
    const crypto::Digest empty = tlog::empty_root(options.algorithm);
    WEIR_TRY(
        tx.execute("INSERT INTO evidence_head (id, size, root) VALUES (1, 0, ?) ON CONFLICT (id) DO NOTHING", {empty}));
    return log->verify_head(tx, options);
  }));
  SqlLog* const raw = log.get();
  database.before_commit([raw](store::Tx& tx) { return raw->seal(tx); });
  return log;
}

//= NDI-TR-2025-05#integrity-check
//= I-11
Result<> SqlLog::verify_head(store::Tx& tx, const LogOptions& options) {
  WEIR_TRY_LET(const Head head, load_head(tx));
  WEIR_TRY_LET(const store::Rows last, tx.query("SELECT COALESCE(MAX(idx), -1) + 1 FROM evidence_entry"));
  if (static_cast<std::uint64_t>(last[0][0].integer()) != head.size) {
    return refuse("the log holds " + std::to_string(last[0][0].integer()) + " entries, its head says " +
                      std::to_string(head.size),
                  "evidence.root");
  }
  if (head.size > 0) {
    std::vector<tlog::NoteKey> known{name_};
    for (const crypto::PublicKey& key : options.earlier_keys) {
      WEIR_TRY_LET(tlog::NoteKey earlier, tlog::NoteKey::make(options.origin, key));
      known.push_back(std::move(earlier));
    }
    const auto note = load_note(tx, head.size);
    if (!note) return refuse("the last checkpoint: " + std::string(note.error().message()), "evidence.checkpoint");
    auto checkpoint = tlog::open_checkpoint(*note, known);
    if (!checkpoint) {
      return refuse("the last checkpoint: " + std::string(checkpoint.error().message()), "evidence.checkpoint");
    }
    if (checkpoint->origin != options.origin || checkpoint->size.value() != head.size ||
        checkpoint->root != head.root) {
      return refuse("the last checkpoint is not the one of this log's head", "evidence.checkpoint");
    }
    if (checkpoint->algorithm() != algorithm_) return refuse("the log was begun with another hash", "evidence.hash");
    WEIR_TRY(verify_entries(tx, head.size, head.root, known));
  } else if (head.root != tlog::empty_root(algorithm_)) {
    return refuse("the log was begun with another hash", "evidence.hash");
  }
  return reload(tx, head.size, head.root);
}

// Every entry, not only those whose hashes are not in a tile yet: what is served must be what was signed.
Result<> SqlLog::verify_entries(store::Tx& tx, std::uint64_t size, const crypto::Digest& root,
                                const std::vector<tlog::NoteKey>& keys) {
  tlog::Frontier frontier(algorithm_);
  const Result<> read = each_leaf(tx, 0, size, [&](std::uint64_t, const std::string& leaf) -> Result<> {
    frontier.append(tlog::leaf_hash(algorithm_, view_of(leaf)));
    return {};
  });
  if (!read && read.error().code() == Errc::kCorrupt) {
    return refuse("the evidence log was changed: " + std::string(read.error().message()), "evidence.root");
  }
  WEIR_TRY(read);
  if (frontier.root() == root) return {};
  WEIR_TRY_LET(const FsckReport report, fsck(tx, algorithm_, keys));
  const std::string what = report.ok() ? "its root is another" : report.problems.front().what.en;
  return refuse("the evidence log was changed: " + what, "evidence.root");
}

Result<EntryIndex> SqlLog::append(store::Tx& tx, const Entry& entry) {
  WEIR_TRY_LET(const std::string leaf, tlog::leaf_of(entry));
  // The index comes from the table, so that one that was rolled back is given again.
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("INSERT INTO evidence_entry (idx, leaf) VALUES "
                        "((SELECT COALESCE(MAX(idx), -1) + 1 FROM evidence_entry), ?) RETURNING idx",
                        {leaf}));
  WEIR_CHECK(rows.size() == 1);
  const std::int64_t index = rows[0][0].integer();
  const auto place = static_cast<std::uint64_t>(index);
  while (!staged_.empty() && staged_.back().index >= place) staged_.pop_back();
  staged_.push_back({place, tlog::leaf_hash(algorithm_, view_of(leaf)), entry.time, terms_of(entry)});
  return EntryIndex(index);
}

//= I-1
//= I-11
Result<> SqlLog::seal(store::Tx& tx) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT size, root, (SELECT COALESCE(MAX(idx), -1) + 1 FROM evidence_entry) "
                        "FROM evidence_head WHERE id = 1"));
  if (rows.size() != 1) return refuse("the log has no head", "evidence.root");
  const auto size = static_cast<std::uint64_t>(rows[0][0].integer());
  const auto count = static_cast<std::uint64_t>(rows[0][2].integer());
  if (count == size) return {};
  WEIR_TRY_LET(const crypto::Digest root, as_digest(rows[0][1].blob()));
  if (count < size) return refuse("entries are missing at the end of the log", "evidence.root");
  if (frontier_.size().value() != size || frontier_.root() != root || block_.size() != size % kBlock) {
    WEIR_TRY(reload(tx, size, root));
  }
  WEIR_TRY(take_staged(tx, size, count));
  Dirty dirty;
  for (Staged& entry : staged_) WEIR_TRY(grow(tx, std::move(entry), dirty));
  staged_.clear();
  for (const auto& [id, hashes] : dirty.tiles) {
    WEIR_TRY(
        tx.execute("INSERT INTO evidence_tile (id, hashes) VALUES (?, ?) "
                   "ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes",
                   {id, join_hashes(hashes)}));
  }
  return store_checkpoint(tx, size, root);
}

// Makes staged_ exactly the entries [from, to). What append() left there is right for every entry of this transaction;
// anything else (another program's, or another log object's) is read back.
Result<> SqlLog::take_staged(store::Tx& tx, std::uint64_t from, std::uint64_t to) {
  std::erase_if(staged_, [&](const Staged& entry) { return entry.index < from || entry.index >= to; });
  bool whole = staged_.size() == to - from;
  for (std::size_t i = 0; whole && i < staged_.size(); ++i) whole = staged_[i].index == from + i;
  if (whole) return {};
  staged_.clear();
  return each_leaf(tx, from, to, [&](std::uint64_t index, const std::string& leaf) -> Result<> {
    WEIR_TRY_LET(const Entry entry, tlog::parse_entry(leaf));
    staged_.push_back({index, tlog::leaf_hash(algorithm_, view_of(leaf)), entry.time, terms_of(entry)});
    return {};
  });
}

Result<> SqlLog::reload(store::Tx& tx, std::uint64_t size, const crypto::Digest& root) {
  SqlTiles tiles(tx, algorithm_);
  tlog::TileReader reader(tiles, algorithm_, tlog::TreeSize(size));
  std::vector<crypto::Digest> hashes;
  if (size > 0) {
    auto read = reader.read(tlog::nodes_of(tlog::TreeSize(size)));
    if (!read) return refuse(std::string(read.error().message()), "evidence.root");
    hashes = *std::move(read);
  }
  frontier_ = tlog::Frontier(algorithm_, tlog::TreeSize(size), std::move(hashes));
  if (frontier_.root() != root) {
    return refuse("the stored entries do not have the root that was signed for them", "evidence.root");
  }
  block_.clear();
  return each_leaf(tx, size - size % kBlock, size, [&](std::uint64_t index, const std::string& leaf) -> Result<> {
    WEIR_TRY_LET(const Entry entry, tlog::parse_entry(leaf));
    block_.push_back({index, tlog::leaf_hash(algorithm_, view_of(leaf)), entry.time, terms_of(entry)});
    return {};
  });
}

Result<> SqlLog::grow(store::Tx& tx, Staged entry, Dirty& dirty) {
  WEIR_CHECK(entry.index == frontier_.size().value());
  frontier_.append(entry.hash);
  block_.push_back(std::move(entry));
  if (block_.size() < kBlock) return {};
  return close_block(tx, dirty);
}

// 256 entries are complete: their hashes become a tile for ever, their search terms one row a term.
Result<> SqlLog::close_block(store::Tx& tx, Dirty& dirty) {
  const std::uint64_t block = block_.front().index / kBlock;
  std::vector<crypto::Digest> hashes;
  std::map<std::string_view, Bytes> terms;  // sorted: neighbours in the table are written together
  Timestamp time_min = block_.front().time;
  Timestamp time_max = time_min;
  for (const Staged& entry : block_) {
    hashes.push_back(entry.hash);
    time_min = std::min(time_min, entry.time);
    time_max = std::max(time_max, entry.time);
    const auto offset = static_cast<std::uint8_t>(entry.index % kBlock);
    for (std::string_view rest = entry.terms; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      Bytes& entries = terms[rest.substr(0, end)];
      if (entries.empty() || entries.back() != offset) entries.push_back(offset);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const auto& [name, entries] : terms) {
    WEIR_TRY(tx.execute("INSERT INTO evidence_term (term, block, entries) VALUES (?, ?, ?)", {name, block, entries}));
  }
  WEIR_TRY(tx.execute("INSERT INTO evidence_block (block, time_min, time_max) VALUES (?, ?, ?)",
                      {block, time_min, time_max}));
  WEIR_TRY(
      tx.execute("INSERT INTO evidence_tile (id, hashes) VALUES (?, ?)", {tile_id(0, block), join_hashes(hashes)}));
  block_.clear();
  // Its root goes one level up, and so on while tiles fill.
  std::uint64_t index = block;
  for (unsigned level = 1;; ++level) {
    const crypto::Digest root = tlog::root_of_leaves(algorithm_, hashes);
    const std::int64_t id = tile_id(level, index / kBlock);
    auto found = dirty.tiles.find(id);
    if (found == dirty.tiles.end()) {
      WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT hashes FROM evidence_tile WHERE id = ?", {id}));
      std::vector<crypto::Digest> kept;
      if (!rows.empty()) {
        WEIR_TRY_LET(kept, split_hashes(rows[0][0].blob()));
      }
      found = dirty.tiles.emplace(id, std::move(kept)).first;
    }
    if (found->second.size() != index % kBlock) return refuse("a stored tile has the wrong width", "evidence.root");
    found->second.push_back(root);
    if (found->second.size() < kBlock) return {};
    hashes = found->second;
    index /= kBlock;
  }
}

Result<> SqlLog::store_checkpoint(store::Tx& tx, std::uint64_t old_size, const crypto::Digest& old_root) {
  const std::uint64_t size = frontier_.size().value();
  const crypto::Digest root = frontier_.root();
  const std::string note =
      tlog::sign_checkpoint(tlog::make_checkpoint(name_.name(), algorithm_, frontier_.size(), root), name_, key_);
  WEIR_TRY_LET(const std::int64_t changed,
               tx.execute("UPDATE evidence_head SET size = ?, root = ? WHERE id = 1 AND size = ? AND root = ?",
                          {size, root, old_size, old_root}));
  if (changed != 1) {
    return Error(Errc::kConflict, "another writer advanced the log").because("evidence.head_moved").advise("try again");
  }
  WEIR_TRY(tx.execute("INSERT INTO evidence_checkpoint (size, note) VALUES (?, ?)", {size, note}));
  if (signed_) tx.after_commit([this, note] { signed_(note); });
  return {};
}

}  // namespace weir::trust::evidence
