// Tile: the geometry of C2SP tlog-tiles: 256 hashes of one level in one object, and proofs from tiles.
//
// Format: https://c2sp.org/tlog-tiles; docs/formats/checkpoint.md. Level l of tiles holds level 8*l of the tree; a full
// tile never changes. Thread-safety: values and pure functions. Trust: parse_tile_path takes hostile text; hashes read
// from tiles are worth something only when they fold into a signed root.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/tlog/tree.h"

namespace weir::tlog {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 1u << kTileHeight;

struct Tile {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1 to 256; below 256: partial
  friend bool operator==(const Tile&, const Tile&) = default;
};

// "tile/0/x001/x234/067", "tile/1/000.p/17"; entries: "tile/entries/000". Requires: 1 <= width <= 256.
std::string tile_path(const Tile& tile);
std::string entries_path(std::uint64_t index, unsigned width);
// For every path that parses, tile_path(*parse_tile_path(p)) == p.
Result<Tile> parse_tile_path(std::string_view path);

// How many hashes a tree of that size has on a level of tiles.
std::uint64_t hashes_on(TreeSize size, unsigned tile_level);
// Every tile of a tree of that size, as a static log serves them.
std::vector<Tile> tiles_of(TreeSize size);

// An entry bundle: each entry with its length in two bytes before it. Requires: each fits (checked).
Bytes encode_entries(const std::vector<Bytes>& entries);
Result<std::vector<Bytes>> decode_entries(ByteView bundle);

class TileSource {
 public:
  virtual ~TileSource() = default;
  // At least `tile.width` hashes of that tile.
  virtual Result<std::vector<Digest>> tile(const Tile& tile) = 0;
};

// Hashes of any node, from tiles; each tile is read once. Belongs to one thread; short-lived.
class TileReader final : public HashReader {
 public:
  TileReader(TileSource& source, HashAlgorithm algorithm, TreeSize size)
      : source_(source), algorithm_(algorithm), size_(size) {}
  Result<std::vector<Digest>> read(std::span<const Node> nodes) override;

 private:
  struct Kept {
    Tile tile;
    std::vector<Digest> hashes;
  };
  Result<const std::vector<Digest>*> find(unsigned level, std::uint64_t index);
  TileSource& source_;
  HashAlgorithm algorithm_;
  TreeSize size_;
  std::vector<Kept> kept_;
};

}  // namespace weir::tlog
