// SPDX-License-Identifier: Apache-2.0
#include "apps/weir-verify/folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "weir/base/text.h"
#include "weir/tlog/tile.h"

namespace weir::apps {
namespace {

constexpr std::uintmax_t kFileBytesMax = 32u << 20;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed || size > kFileBytesMax) {
    return Error(Errc::kInvalidArgument, "cannot read " + path.string()).because("verify.unreadable");
  }
  std::ifstream in(path, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && !in.eof())
    return Error(Errc::kInvalidArgument, "cannot read " + path.string()).because("verify.unreadable");
  return out;
}

// A partial tile may have been replaced by the full one since the checkpoint.
Result<std::string> read_tile(const std::filesystem::path& folder, const std::string& path) {
  auto partial = read_file(folder / path);
  const std::size_t dot = path.rfind(".p/");
  if (partial || dot == std::string::npos) return partial;
  return read_file(folder / path.substr(0, dot));
}

}  // namespace

Result<tlog::LogReport> verify_folder(const std::string& folder, const tlog::TrustAnchors& anchors) {
  const std::filesystem::path root(folder);
  WEIR_TRY_LET(std::string header, read_file(root / "signers.json"));
  WEIR_TRY_LET(const std::string note, read_file(root / "checkpoint"));
  WEIR_TRY_LET(const tlog::Note parsed, tlog::parse_note(note));
  WEIR_TRY_LET(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(parsed.text));
  // The same verifier as for an export: each entry beside the hash that its tile states.
  tlog::ExportVerifier verifier(anchors);
  WEIR_TRY(verifier.take(trim(header)));
  for (const tlog::Tile& tile : tlog::tiles_of(checkpoint.size)) {
    if (tile.level > 0) break;  // the upper tiles follow from the entries; the signed root says so
    WEIR_TRY_LET(const std::string hashes, read_tile(root, tlog::tile_path(tile)));
    WEIR_TRY_LET(const std::string bundle, read_tile(root, tlog::entries_path(tile.index, tile.width)));
    WEIR_TRY_LET(const std::vector<Bytes> entries, tlog::decode_entries(view_of(bundle)));
    if (entries.size() < tile.width || hashes.size() < tile.width * crypto::kDigestBytes) {
      return Error(Errc::kInvalidArgument, tlog::tile_path(tile) + " is too short").because("verify.tile");
    }
    for (unsigned i = 0; i < tile.width; ++i) {
      tlog::Digest hash;
      std::copy_n(view_of(hashes).begin() + static_cast<std::ptrdiff_t>(i * hash.size()), hash.size(), hash.begin());
      const tlog::LeafIndex index(tile.index * tlog::kTileWidth + i);
      WEIR_TRY(verifier.take(tlog::export_entry(index, text_of(entries[i]), hash)));
    }
  }
  WEIR_TRY(verifier.take(tlog::export_checkpoint(note)));
  return std::move(verifier).finish();
}

}  // namespace weir::apps
