// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/archive.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "weir/base/check.h"
#include "weir/trust/evidence/search.h"
#include "weir/trust/evidence/tables.h"

namespace weir::trust::evidence {
namespace {

Error no_entry(EntryIndex index) {
  return Error(Errc::kNotFound, "the log has no entry " + std::to_string(index.value())).because("evidence.no_entry");
}

Error not_found(std::string_view path) {
  return Error(Errc::kNotFound, "no such resource of the log: " + std::string(path)).because("evidence.no_resource");
}

Result<Bytes> entries_resource(store::Tx& tx, const tlog::Tile& tile) {
  std::vector<Bytes> entries;
  const std::uint64_t from = tile.index * kBlock;
  WEIR_TRY(each_leaf(tx, from, from + tile.width, [&](std::uint64_t, const std::string& leaf) -> Result<> {
    entries.push_back(copy_of(view_of(leaf)));
    return {};
  }));
  return tlog::encode_entries(entries);
}

// Adds every entry that matches `query` to `into`, page by page.
Result<> collect(store::Tx& tx, Query query, std::vector<StoredEntry>& into) {
  query.limit = limits::kPageSizeMax;
  do {
    WEIR_TRY_LET(EntryPage page, search_entries(tx, query));
    std::move(page.entries.begin(), page.entries.end(), std::back_inserter(into));
    if (into.size() > tlog::kBundleEntriesMax) {
      return Error(Errc::kExhausted, "more than " + std::to_string(tlog::kBundleEntriesMax) + " entries")
          .because("evidence.replay_too_long")
          .advise("search page by page instead");
    }
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return {};
}

}  // namespace

Result<StoredEntry> Archive::get(store::Tx& tx, EntryIndex index) const { return load_entry(tx, index); }

Result<EntryPage> Archive::search(store::Tx& tx, const Query& query) const { return search_entries(tx, query); }

//= TC609-6-2025-11#7.2.6
Result<Replay> Archive::replay(store::Tx& tx, const std::string& contract) const {
  Replay out;
  WEIR_TRY(collect(tx, {.contract = contract}, out.entries));
  if (contract.empty() || out.entries.empty()) {
    return Error(Errc::kNotFound, "the log knows nothing of contract '" + contract + "'")
        .because("evidence.no_contract");
  }
  // The negotiation began before the contract had its identifier: it is found by its process.
  std::set<std::string> processes;
  for (const StoredEntry& stored : out.entries) {
    if (!stored.entry.process.empty()) processes.insert(stored.entry.process);
  }
  for (const std::string& process : processes) WEIR_TRY(collect(tx, {.process = process}, out.entries));
  std::erase_if(out.entries, [&](const StoredEntry& stored) {
    return !stored.entry.contract.empty() && stored.entry.contract != contract;
  });
  std::sort(out.entries.begin(), out.entries.end(),
            [](const StoredEntry& a, const StoredEntry& b) { return a.index < b.index; });
  out.entries.erase(std::unique(out.entries.begin(), out.entries.end(),
                                [](const StoredEntry& a, const StoredEntry& b) { return a.index == b.index; }),
                    out.entries.end());
  std::vector<tlog::Entry> entries;
  for (const StoredEntry& stored : out.entries) entries.push_back(stored.entry);
  out.story = tlog::read_story(entries);
  return out;
}

Result<tlog::TreeSize> Archive::size(store::Tx& tx) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  return tlog::TreeSize(head.size);
}

Result<std::string> Archive::latest_checkpoint(store::Tx& tx) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  return load_note(tx, head.size);
}

Result<CheckpointPage> Archive::checkpoints(store::Tx& tx, const std::string& cursor, std::size_t limit) const {
  WEIR_TRY_LET(const std::int64_t before, parse_cursor(cursor, INT64_MAX));
  WEIR_TRY(check_limit(limit));
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT size, note FROM evidence_checkpoint WHERE size < ? ORDER BY size DESC LIMIT ?",
                        {before, limit}));
  CheckpointPage out;
  for (const store::Row& row : rows) {
    out.checkpoints.push_back({tlog::TreeSize(static_cast<std::uint64_t>(row[0].integer())), row[1].text()});
  }
  if (rows.size() == limit) out.next_cursor = std::to_string(out.checkpoints.back().size.value());
  return out;
}

Result<tlog::Proof> Archive::prove_inclusion(store::Tx& tx, EntryIndex index, tlog::TreeSize size) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  if (index.value() < 0 || size.value() > head.size) return no_entry(index);
  SqlTiles tiles(tx, algorithm_);
  tlog::TileReader reader(tiles, algorithm_, tlog::TreeSize(head.size));
  return tlog::prove_inclusion(reader, algorithm_, tlog::LeafIndex(static_cast<std::uint64_t>(index.value())), size);
}

Result<tlog::Proof> Archive::prove_consistency(store::Tx& tx, tlog::TreeSize from, tlog::TreeSize to) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  if (to.value() > head.size) {
    return Error(Errc::kNotFound, "the log is smaller than " + std::to_string(to.value()))
        .because("evidence.no_checkpoint");
  }
  SqlTiles tiles(tx, algorithm_);
  tlog::TileReader reader(tiles, algorithm_, tlog::TreeSize(head.size));
  return tlog::prove_consistency(reader, algorithm_, from, to);
}

Result<tlog::InclusionProof> Archive::proof_of(store::Tx& tx, EntryIndex index) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  if (index.value() < 0 || static_cast<std::uint64_t>(index.value()) >= head.size) return no_entry(index);
  tlog::InclusionProof out;
  out.index = tlog::LeafIndex(static_cast<std::uint64_t>(index.value()));
  WEIR_TRY_LET(out.hashes, prove_inclusion(tx, index, tlog::TreeSize(head.size)));
  WEIR_TRY_LET(out.checkpoint, load_note(tx, head.size));
  return out;
}

Result<Bytes> Archive::resource(store::Tx& tx, std::string_view path) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  if (path == "checkpoint") {
    WEIR_TRY_LET(const std::string note, load_note(tx, head.size));
    return copy_of(view_of(note));
  }
  constexpr std::string_view kEntries = "tile/entries/";
  const bool entries = path.starts_with(kEntries);
  const auto tile =
      tlog::parse_tile_path(entries ? "tile/0/" + std::string(path.substr(kEntries.size())) : std::string(path));
  if (!tile) return not_found(path);
  const std::uint64_t end = tile->index * kBlock + tile->width;
  if (end > tlog::hashes_on(tlog::TreeSize(head.size), tile->level)) return not_found(path);
  if (entries) return entries_resource(tx, *tile);
  SqlTiles tiles(tx, algorithm_);
  WEIR_TRY_LET(std::vector<crypto::Digest> hashes, tiles.tile(*tile));
  if (hashes.size() < tile->width)
    return Error(Errc::kCorrupt, "a stored tile is too narrow").because("evidence.corrupt");
  hashes.resize(tile->width);
  return join_hashes(hashes);
}

Result<tlog::BundleLog> Archive::bundle_part(store::Tx& tx, const std::string& contract,
                                             const std::vector<tlog::TreeSize>& seen) const {
  WEIR_TRY_LET(const Replay story, replay(tx, contract));
  WEIR_TRY_LET(const Head head, load_head(tx));
  tlog::BundleLog out;
  WEIR_TRY_LET(out.checkpoint, load_note(tx, head.size));
  SqlTiles tiles(tx, algorithm_);
  const tlog::TreeSize size(head.size);
  tlog::TileReader reader(tiles, algorithm_, size);
  for (const StoredEntry& stored : story.entries) {
    const tlog::LeafIndex index(static_cast<std::uint64_t>(stored.index.value()));
    WEIR_TRY_LET(tlog::Proof proof, tlog::prove_inclusion(reader, algorithm_, index, size));
    out.entries.push_back({index, stored.leaf, std::move(proof)});
  }
  for (const tlog::TreeSize earlier : seen) {
    WEIR_TRY_LET(std::string note, load_note(tx, earlier.value()));
    WEIR_TRY_LET(tlog::Proof proof, tlog::prove_consistency(reader, algorithm_, earlier, size));
    out.earlier.push_back({std::move(note), std::move(proof)});
  }
  return out;
}

Result<> Archive::export_lines(store::Tx& tx, const tlog::ExportSigners& signers,
                               const std::function<bool(std::string_view)>& line) const {
  WEIR_TRY_LET(const Head head, load_head(tx));
  if (!line(tlog::export_header(algorithm_, signers))) return {};
  // Checkpoints lie between the entries, where they were signed.
  constexpr std::uint64_t kStep = 1000;
  for (std::uint64_t from = 0; from < head.size; from += kStep) {
    const std::uint64_t to = std::min(from + kStep, head.size);
    WEIR_TRY_LET(
        const store::Rows notes,
        tx.query("SELECT size, note FROM evidence_checkpoint WHERE size > ? AND size <= ? ORDER BY size", {from, to}));
    std::size_t at = 0;
    bool stopped = false;
    WEIR_TRY(each_leaf(tx, from, to, [&](std::uint64_t index, const std::string& leaf) -> Result<> {
      if (stopped) return {};
      stopped = !line(tlog::export_entry(tlog::LeafIndex(index), leaf, tlog::leaf_hash(algorithm_, view_of(leaf))));
      if (!stopped && at < notes.size() && static_cast<std::uint64_t>(notes[at][0].integer()) == index + 1) {
        stopped = !line(tlog::export_checkpoint(notes[at++][1].text()));
      }
      return {};
    }));
    if (stopped) return {};
  }
  return {};
}

}  // namespace weir::trust::evidence
