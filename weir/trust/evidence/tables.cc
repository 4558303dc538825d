// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/tables.h"

#include <algorithm>

namespace weir::trust::evidence {
namespace {

Error corrupt(std::string what) { return Error(Errc::kCorrupt, std::move(what)).because("evidence.corrupt"); }

}  // namespace

Bytes join_hashes(std::span<const crypto::Digest> hashes) {
  Bytes out;
  out.reserve(hashes.size() * crypto::kDigestBytes);
  for (const crypto::Digest& hash : hashes) out.insert(out.end(), hash.begin(), hash.end());
  return out;
}

Result<std::vector<crypto::Digest>> split_hashes(ByteView bytes) {
  if (bytes.size() % crypto::kDigestBytes != 0) return corrupt("a stored tile is not a list of hashes");
  std::vector<crypto::Digest> out(bytes.size() / crypto::kDigestBytes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * crypto::kDigestBytes), crypto::kDigestBytes,
                out[i].begin());
  }
  return out;
}

Result<crypto::Digest> as_digest(ByteView bytes) {
  if (bytes.size() != crypto::kDigestBytes) return corrupt("a stored root is not a hash");
  crypto::Digest out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

std::string term(char letter, std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out.append(1, letter).append(1, ':').append(text);
  return out;
}

std::string terms_of(const tlog::Entry& entry) {
  std::string out;
  out.reserve(256);
  const auto add = [&](char letter, std::string_view text) {
    if (text.empty()) return;
    if (!out.empty()) out += '\n';
    out.append(1, letter).append(1, ':').append(text);
  };
  add('k', entry.kind);
  add('r', std::string_view(entry.kind).substr(0, entry.kind.find('.')));
  add('c', entry.contract);
  add('d', entry.product);
  add('p', entry.process);
  for (const std::string& participant : entry.participants) add('u', participant);
  return out;
}

Result<Head> load_head(store::Tx& tx) {
  WEIR_TRY_LET(const store::Row row, tx.one("SELECT size, root FROM evidence_head WHERE id = 1"));
  Head out;
  out.size = static_cast<std::uint64_t>(row[0].integer());
  WEIR_TRY_LET(out.root, as_digest(row[1].blob()));
  return out;
}

Result<std::string> load_note(store::Tx& tx, std::uint64_t size) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT note FROM evidence_checkpoint WHERE size = ?", {size}));
  if (rows.empty()) {
    return Error(Errc::kNotFound, "no checkpoint of " + std::to_string(size) + " entries")
        .because("evidence.no_checkpoint");
  }
  return rows[0][0].text();
}

Result<> each_leaf(store::Tx& tx, std::uint64_t from, std::uint64_t to,
                   const std::function<Result<>(std::uint64_t, const std::string&)>& each) {
  std::uint64_t next = from;
  Result<> result;
  WEIR_TRY(tx.scan("SELECT idx, leaf FROM evidence_entry WHERE idx >= ? AND idx < ? ORDER BY idx", {from, to},
                   [&](const store::Row& row) {
                     if (static_cast<std::uint64_t>(row[0].integer()) != next) return false;
                     result = each(next, row[1].text());
                     if (result) ++next;
                     return result.ok();
                   }));
  WEIR_TRY(std::move(result));
  if (next != to) return corrupt("entry " + std::to_string(next) + " is missing");
  return {};
}

Result<std::vector<crypto::Digest>> SqlTiles::tile(const tlog::Tile& tile) {
  WEIR_TRY_LET(const store::Rows rows,
               tx_.query("SELECT hashes FROM evidence_tile WHERE id = ?", {tile_id(tile.level, tile.index)}));
  if (!rows.empty()) return split_hashes(rows[0][0].blob());
  if (tile.level > 0) return corrupt("tile " + tlog::tile_path(tile) + " is missing");
  std::vector<crypto::Digest> out;
  const std::uint64_t from = tile.index * kBlock;
  WEIR_TRY(each_leaf(tx_, from, from + tile.width, [&](std::uint64_t, const std::string& leaf) -> Result<> {
    out.push_back(tlog::leaf_hash(algorithm_, view_of(leaf)));
    return {};
  }));
  return out;
}

}  // namespace weir::trust::evidence
