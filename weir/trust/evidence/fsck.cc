// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/fsck.h"

#include <algorithm>
#include <map>

#include "weir/trust/evidence/tables.h"

namespace weir::trust::evidence {
namespace {

constexpr std::uint64_t kStep = kBlock;

class Checker {
 public:
  Checker(store::Tx& tx, crypto::HashAlgorithm algorithm, const std::vector<tlog::NoteKey>& keys)
      : tx_(tx), algorithm_(algorithm), keys_(keys), frontier_(algorithm) {}

  Result<FsckReport> run(const std::function<void(std::uint64_t)>& progress) && {
    WEIR_TRY_LET(const Head head, load_head(tx_));
    WEIR_TRY(count_rows(head.size));
    for (std::uint64_t from = 0; from < head.size; from += kStep) {
      WEIR_TRY(check_block(from, std::min(from + kStep, head.size)));
      if (progress) progress(frontier_.size().value());
    }
    if (frontier_.size().value() == head.size && frontier_.root() != head.root) {
      report(std::nullopt, {.en = "the entries do not have the root that the head states", .zh = "记录与头部的根不符"});
    }
    if (head.size > 0 && last_signed_ != head.size) {
      report(std::nullopt, {.en = "the last entries have no signed checkpoint", .zh = "末尾记录没有签名的检查点"});
    }
    return std::move(report_);
  }

 private:
  void report(std::optional<std::uint64_t> entry, Text what) {
    if (report_.problems.size() < tlog::kLogProblemsMax) report_.problems.push_back({entry, 0, std::move(what)});
  }

  Result<> count_rows(std::uint64_t size) {
    WEIR_TRY_LET(const store::Row row, tx_.one("SELECT COUNT(*), COALESCE(MAX(idx), -1) + 1 FROM evidence_entry"));
    if (static_cast<std::uint64_t>(row[0].integer()) != size || static_cast<std::uint64_t>(row[1].integer()) != size) {
      report(std::nullopt,
             {.en = "the log states " + std::to_string(size) + " entries and holds " + std::to_string(row[0].integer()),
              .zh = "日志声明 " + std::to_string(size) + " 条，实存 " + std::to_string(row[0].integer()) + " 条"});
    }
    return {};
  }

  Result<> check_block(std::uint64_t from, std::uint64_t to) {
    WEIR_TRY_LET(const store::Rows rows,
                 tx_.query("SELECT idx, leaf FROM evidence_entry WHERE idx >= ? AND idx < ? ORDER BY idx", {from, to}));
    WEIR_TRY_LET(
        const store::Rows notes,
        tx_.query("SELECT size, note FROM evidence_checkpoint WHERE size > ? AND size <= ? ORDER BY size", {from, to}));
    WEIR_TRY_LET(const store::Rows tile,
                 tx_.query("SELECT hashes FROM evidence_tile WHERE id = ?", {tile_id(0, from / kBlock)}));
    std::vector<crypto::Digest> stored;
    if (!tile.empty()) {
      WEIR_TRY_LET(stored, split_hashes(tile[0][0].blob()));
    }
    std::vector<crypto::Digest> hashes;
    std::map<std::string, Bytes> terms;
    std::size_t note = 0;
    for (const store::Row& row : rows) {
      const auto index = static_cast<std::uint64_t>(row[0].integer());
      const std::string& leaf = row[1].text();
      const crypto::Digest hash = tlog::leaf_hash(algorithm_, view_of(leaf));
      if (hashes.size() < stored.size() && stored[hashes.size()] != hash) {
        report(index, {.en = "entry " + std::to_string(index) + " was rewritten: it is not what its tile holds",
                       .zh = "第 " + std::to_string(index) + " 条记录被改写"});
        suspect_ = true;
      }
      collect_terms(index, leaf, terms);
      hashes.push_back(hash);
      frontier_.append(hash);
      ++report_.entries;
      while (note < notes.size() && static_cast<std::uint64_t>(notes[note][0].integer()) <= index + 1) {
        check_note(notes[note++]);
      }
    }
    if (to - from == kBlock) return check_full(from / kBlock, hashes, stored, terms);
    if (!tile.empty())
      report(std::nullopt, {.en = "a tile is stored for entries that are not there", .zh = "存在多余的哈希块"});
    return {};
  }

  void collect_terms(std::uint64_t index, const std::string& leaf, std::map<std::string, Bytes>& terms) {
    const auto entry = parse_entry(leaf);
    if (!entry) {
      report(index, {.en = "entry " + std::to_string(index) + " is not one: " + std::string(entry.error().message()),
                     .zh = "第 " + std::to_string(index) + " 条不是有效的存证记录"});
      return;
    }
    for (const std::string& name : split(terms_of(*entry), '\n')) {
      Bytes& entries = terms[name];
      const auto offset = static_cast<std::uint8_t>(index % kBlock);
      if (entries.empty() || entries.back() != offset) entries.push_back(offset);
    }
  }

  void check_note(const store::Row& row) {
    ++report_.checkpoints;
    const auto size = static_cast<std::uint64_t>(row[0].integer());
    const std::string name = "the checkpoint of " + std::to_string(size) + " entries";
    const auto checkpoint = tlog::open_checkpoint(row[1].text(), keys_);
    if (!checkpoint) {
      report(std::nullopt, {.en = name + ": " + std::string(checkpoint.error().message()),
                            .zh = std::to_string(size) + " 条的检查点签名无效"});
      return;
    }
    last_signed_ = size;
    if (checkpoint->size.value() == size && frontier_.size().value() == size && checkpoint->root == frontier_.root()) {
      good_ = size;
      return;
    }
    if (suspect_) return;
    suspect_ = true;
    report(good_, {.en = name + " has another root: an entry from " + std::to_string(good_) + " to " +
                         std::to_string(size - 1) + " was rewritten",
                   .zh = "第 " + std::to_string(good_) + " 至 " + std::to_string(size - 1) + " 条之间有记录被改写"});
  }

  Result<> check_full(std::uint64_t block, const std::vector<crypto::Digest>& hashes,
                      const std::vector<crypto::Digest>& stored, const std::map<std::string, Bytes>& terms) {
    if (stored.size() != kBlock) {
      report(std::nullopt, {.en = "tile 0/" + std::to_string(block) + " is missing", .zh = "缺少哈希块"});
    }
    const crypto::Digest root = tlog::root_of_leaves(algorithm_, hashes);
    WEIR_TRY_LET(const store::Rows above,
                 tx_.query("SELECT hashes FROM evidence_tile WHERE id = ?", {tile_id(1, block / kBlock)}));
    const std::size_t place = (block % kBlock) * crypto::kDigestBytes;
    if (above.empty() || above[0][0].blob().size() < place + root.size() ||
        !std::equal(root.begin(), root.end(), above[0][0].blob().begin() + static_cast<std::ptrdiff_t>(place))) {
      report(std::nullopt,
             {.en = "tile 1 does not hold the root of block " + std::to_string(block), .zh = "上层哈希块不符"});
    }
    return check_terms(block, terms);
  }

  Result<> check_terms(std::uint64_t block, const std::map<std::string, Bytes>& terms) {
    for (const auto& [name, entries] : terms) {
      WEIR_TRY_LET(const store::Rows rows,
                   tx_.query("SELECT entries FROM evidence_term WHERE term = ? AND block = ?", {name, block}));
      if (rows.empty() || rows[0][0].blob() != entries) {
        report(std::nullopt,
               {.en = "the search index of block " + std::to_string(block) + " is wrong", .zh = "检索索引不符"});
        return {};
      }
    }
    return {};
  }

  store::Tx& tx_;
  const crypto::HashAlgorithm algorithm_;
  const std::vector<tlog::NoteKey>& keys_;
  tlog::Frontier frontier_;
  FsckReport report_;
  std::uint64_t good_ = 0;  // entries under the last checkpoint that fits
  std::uint64_t last_signed_ = 0;
  bool suspect_ = false;
};

}  // namespace

Result<FsckReport> fsck(store::Tx& tx, crypto::HashAlgorithm algorithm, const std::vector<tlog::NoteKey>& keys,
                        const std::function<void(std::uint64_t)>& progress) {
  return Checker(tx, algorithm, keys).run(progress);
}

}  // namespace weir::trust::evidence
