// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/tile.h"

#include <gtest/gtest.h>

namespace weir::tlog {
namespace {

constexpr HashAlgorithm kSha = HashAlgorithm::kSha256;

class TreeTiles final : public TileSource {
 public:
  explicit TreeTiles(MemoryTree& tree) : tree_(tree) {}
  Result<std::vector<Digest>> tile(const Tile& tile) override {
    std::vector<Node> nodes;
    for (unsigned i = 0; i < tile.width; ++i) nodes.push_back({tile.level * kTileHeight, tile.index * kTileWidth + i});
    ++reads;
    return tree_.read(nodes);
  }
  int reads = 0;

 private:
  MemoryTree& tree_;
};

//= C2SP#tlog-tiles type=test
TEST(Tile, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_path({0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({0, 273, 112}), "tile/0/273.p/112");
  EXPECT_EQ(tile_path({1, 0, 256}), "tile/1/000");
  EXPECT_EQ(entries_path(1000, 3), "tile/entries/x001/000.p/3");
  for (const std::uint64_t index : {0ull, 1ull, 999ull, 1000ull, 999999ull, 1234067ull, 123456789012ull}) {
    for (const unsigned width : {1u, 255u, 256u}) {
      const Tile tile{3, index, width};
      const auto again = parse_tile_path(tile_path(tile));
      ASSERT_TRUE(again) << tile_path(tile);
      EXPECT_EQ(*again, tile);
    }
  }
}

TEST(Tile, ATreeOf70000HasTheTilesOfTheSpecification) {
  const std::vector<Tile> tiles = tiles_of(TreeSize(70000));
  ASSERT_EQ(tiles.size(), 273u + 1 + 1 + 1 + 1);
  EXPECT_EQ(tiles[273], (Tile{0, 273, 112}));
  EXPECT_EQ(tiles[274], (Tile{1, 0, 256}));
  EXPECT_EQ(tiles[275], (Tile{1, 1, 17}));
  EXPECT_EQ(tiles[276], (Tile{2, 0, 1}));
  EXPECT_EQ(tiles_of(TreeSize(256)), (std::vector<Tile>{{0, 0, 256}, {1, 0, 1}}));
  EXPECT_TRUE(tiles_of(TreeSize(0)).empty());
}

TEST(Tile, ProofsFromTilesAreThoseFromMemoryAndReadFewTiles) {
  MemoryTree tree(kSha);
  constexpr std::uint64_t kSize = 66500;
  for (std::uint64_t i = 0; i < kSize; ++i) tree.append(leaf_hash(kSha, view_of(std::to_string(i))));
  TreeTiles tiles(tree);
  for (const std::uint64_t size : {1ull, 255ull, 256ull, 257ull, 65536ull, 65537ull, 66500ull}) {
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      TileReader reader(tiles, kSha, TreeSize(size));
      tiles.reads = 0;
      const auto from_tiles = prove_inclusion(reader, kSha, LeafIndex(index), TreeSize(size));
      ASSERT_TRUE(from_tiles) << index << " in " << size;
      EXPECT_EQ(*from_tiles, *prove_inclusion(tree, kSha, LeafIndex(index), TreeSize(size)));
      EXPECT_LE(tiles.reads, 5);
      const auto steps = prove_consistency(reader, kSha, TreeSize(index), TreeSize(size));
      ASSERT_TRUE(steps);
      EXPECT_EQ(*steps, *prove_consistency(tree, kSha, TreeSize(index), TreeSize(size)));
    }
    TileReader reader(tiles, kSha, TreeSize(size));
    EXPECT_EQ(*root_at(reader, kSha, TreeSize(size)), tree.root(TreeSize(size)));
  }
}

TEST(Tile, EntryBundlesRoundTrip) {
  const std::vector<Bytes> entries{{1, 2, 3}, {}, Bytes(65535, 7)};
  const auto again = decode_entries(encode_entries(entries));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, entries);
}

// --- Errors ---

TEST(TileErrors, OtherPathsAreRefused) {
  for (const char* bad : {"",
                          "tile",
                          "tile/0",
                          "tile/0/",
                          "tile/00/000",
                          "tile/64/000",
                          "tile/0/00",
                          "tile/0/0000",
                          "tile/0/x000/000",
                          "tile/0/001/000",
                          "tile/0/x001/x234",
                          "tile/0/000.p/0",
                          "tile/0/000.p/256",
                          "tile/0/000.p/01",
                          "tile/0/000.p/",
                          "tile/0/-01",
                          "tile/a/000",
                          "tiles/0/000",
                          "tile/0/000/",
                          "tile/0/.p/1",
                          "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_EQ(parse_tile_path(bad).error().reason(), "tile.path") << bad;
  }
}

TEST(TileErrors, ShortTilesAndBrokenBundlesAreRefused) {
  class Short final : public TileSource {
    Result<std::vector<Digest>> tile(const Tile&) override { return std::vector<Digest>(3); }
  } source;
  TileReader reader(source, kSha, TreeSize(10));
  EXPECT_EQ(root_at(reader, kSha, TreeSize(10)).error().reason(), "tile.width");
  EXPECT_FALSE(decode_entries(Bytes{0, 2, 1}));
  EXPECT_FALSE(decode_entries(Bytes(257 * 2, 0)));
}

}  // namespace
}  // namespace weir::tlog
