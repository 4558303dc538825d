// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/tile.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/wire/reader.h"

namespace weir::tlog {
namespace {

Error bad_path() { return Error(Errc::kInvalidArgument, "not the path of a tile").because("tile.path"); }

std::string three_digits(std::uint64_t group) {
  std::string out = std::to_string(group);
  return std::string(3 - out.size(), '0') + out;
}

std::string index_path(std::uint64_t index, unsigned width) {
  WEIR_CHECK(width >= 1 && width <= kTileWidth);
  std::string out = three_digits(index % 1000);
  for (std::uint64_t rest = index / 1000; rest > 0; rest /= 1000) out = "x" + three_digits(rest % 1000) + "/" + out;
  if (width < kTileWidth) out += ".p/" + std::to_string(width);
  return out;
}

// A decimal without sign, space or leading zeros, at most `most`.
Result<std::uint64_t> plain_number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text[0] == '0') || value > most) {
    return bad_path();
  }
  return value;
}

Result<std::uint64_t> group_number(std::string_view group) {
  if (group.size() != 3 || !std::all_of(group.begin(), group.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return bad_path();
  }
  return static_cast<std::uint64_t>((group[0] - '0') * 100 + (group[1] - '0') * 10 + (group[2] - '0'));
}

}  // namespace

//= C2SP#tlog-tiles
std::string tile_path(const Tile& tile) {
  return "tile/" + std::to_string(tile.level) + "/" + index_path(tile.index, tile.width);
}

std::string entries_path(std::uint64_t index, unsigned width) { return "tile/entries/" + index_path(index, width); }

Result<Tile> parse_tile_path(std::string_view path) {
  std::vector<std::string> parts = split(path, '/');
  if (parts.size() < 3 || parts.size() > 12 || parts[0] != "tile") return bad_path();
  Tile out;
  WEIR_TRY_LET(const std::uint64_t level, plain_number(parts[1], 63));
  out.level = static_cast<unsigned>(level);
  std::size_t last = parts.size() - 1;
  if (parts[last - 1].ends_with(".p")) {
    WEIR_TRY_LET(const std::uint64_t width, plain_number(parts[last], kTileWidth - 1));
    if (width == 0) return bad_path();
    out.width = static_cast<unsigned>(width);
    --last;
    parts[last].resize(parts[last].size() - 2);
  }
  if (last < 2) return bad_path();
  for (std::size_t i = 2; i <= last; ++i) {
    std::string_view group = parts[i];
    if (i < last) {
      if (!group.starts_with('x')) return bad_path();
      group.remove_prefix(1);
    }
    if (out.index > kTreeSizeMax / 1000) return bad_path();
    WEIR_TRY_LET(const std::uint64_t value, group_number(group));
    if (i == 2 && i < last && value == 0) return bad_path();
    out.index = out.index * 1000 + value;
  }
  return out;
}

std::uint64_t hashes_on(TreeSize size, unsigned tile_level) {
  const unsigned shift = tile_level * kTileHeight;
  return shift >= 64 ? 0 : size.value() >> shift;
}

std::vector<Tile> tiles_of(TreeSize size) {
  std::vector<Tile> out;
  for (unsigned level = 0; hashes_on(size, level) > 0; ++level) {
    const std::uint64_t count = hashes_on(size, level);
    for (std::uint64_t n = 0; n < count / kTileWidth; ++n) out.push_back({level, n, kTileWidth});
    if (count % kTileWidth > 0) out.push_back({level, count / kTileWidth, static_cast<unsigned>(count % kTileWidth)});
  }
  return out;
}

Bytes encode_entries(const std::vector<Bytes>& entries) {
  wire::Builder out;
  for (const Bytes& entry : entries) out.run16(entry);
  return out.take();
}

Result<std::vector<Bytes>> decode_entries(ByteView bundle) {
  wire::Reader reader(bundle);
  std::vector<Bytes> out;
  while (reader.left() > 0) {
    if (out.size() == kTileWidth) return Error(Errc::kInvalidArgument, "entry bundle too long").because("tile.entries");
    WEIR_TRY_LET(const ByteView entry, reader.run16());
    out.push_back(copy_of(entry));
  }
  return out;
}

Result<const std::vector<Digest>*> TileReader::find(unsigned level, std::uint64_t index) {
  for (const Kept& kept : kept_) {
    if (kept.tile.level == level && kept.tile.index == index) return &kept.hashes;
  }
  const std::uint64_t count = hashes_on(size_, level);
  const std::uint64_t begin = index * kTileWidth;
  if (begin >= count) return Error(Errc::kNotFound, "the tile is beyond the tree").because("tile.range");
  const Tile tile{level, index, static_cast<unsigned>(std::min<std::uint64_t>(kTileWidth, count - begin))};
  WEIR_TRY_LET(std::vector<Digest> hashes, source_.tile(tile));
  if (hashes.size() < tile.width || hashes.size() > kTileWidth) {
    return Error(Errc::kCorrupt, "tile " + tile_path(tile) + " has " + std::to_string(hashes.size()) + " hashes")
        .because("tile.width");
  }
  kept_.push_back({tile, std::move(hashes)});
  return &kept_.back().hashes;
}

Result<std::vector<Digest>> TileReader::read(std::span<const Node> nodes) {
  std::vector<Digest> out;
  out.reserve(nodes.size());
  for (const Node& node : nodes) {
    const unsigned level = node.level / kTileHeight;
    const unsigned above = node.level % kTileHeight;  // height of the node over the tile's hashes
    const std::uint64_t begin = node.index << above;
    WEIR_TRY_LET(const std::vector<Digest>* hashes, find(level, begin / kTileWidth));
    const std::uint64_t offset = begin % kTileWidth;
    const std::uint64_t width = std::uint64_t{1} << above;
    if (offset + width > hashes->size())
      return Error(Errc::kNotFound, "the node is beyond the tree").because("tile.range");
    out.push_back(root_of_leaves(algorithm_, std::span(*hashes).subspan(offset, width)));
  }
  return out;
}

}  // namespace weir::tlog
