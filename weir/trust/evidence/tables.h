// Tables: how the log lies in the database; shared by its writer, its readers and its check.
//
// Internal to trust/evidence. Format: docs/formats/evidence-store.md. Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/store/sql.h"
#include "weir/tlog/entry.h"
#include "weir/tlog/tile.h"

namespace weir::trust::evidence {

inline constexpr std::uint64_t kBlock = tlog::kTileWidth;  // entries are indexed by blocks as wide as a tile

// The key of a tile's row.
inline std::int64_t tile_id(unsigned level, std::uint64_t index) {
  return static_cast<std::int64_t>(std::uint64_t{level} << 52 | index);
}

Bytes join_hashes(std::span<const crypto::Digest> hashes);
Result<std::vector<crypto::Digest>> split_hashes(ByteView bytes);
Result<crypto::Digest> as_digest(ByteView bytes);

// The search terms of an entry, each with a letter before it, joined by newlines: "c:CONTRACT\nk:contract.agreed".
std::string terms_of(const tlog::Entry& entry);
std::string term(char letter, std::string_view text);

struct Head {
  std::uint64_t size = 0;
  crypto::Digest root{};
};
Result<Head> load_head(store::Tx& tx);
// The note of a checkpoint by size; kNotFound.
Result<std::string> load_note(store::Tx& tx, std::uint64_t size);

// The leaves [from, to), in order. Fails with kCorrupt if one is missing.
Result<> each_leaf(store::Tx& tx, std::uint64_t from, std::uint64_t to,
                   const std::function<Result<>(std::uint64_t, const std::string&)>& each);

// Tiles as the tables have them: full ones and those above level 0 are stored, the last of level 0 is hashed anew.
class SqlTiles final : public tlog::TileSource {
 public:
  SqlTiles(store::Tx& tx, crypto::HashAlgorithm algorithm) : tx_(tx), algorithm_(algorithm) {}
  Result<std::vector<crypto::Digest>> tile(const tlog::Tile& tile) override;

 private:
  store::Tx& tx_;
  crypto::HashAlgorithm algorithm_;
};

}  // namespace weir::trust::evidence
