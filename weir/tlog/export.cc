// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/export.h"

#include <algorithm>

#include "weir/tlog/entry.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

using wire::Json;

constexpr std::string_view kType = "weir.log-export.v1";

Error malformed(std::uint64_t line, std::string what) {
  return Error(Errc::kInvalidArgument, "line " + std::to_string(line) + ": " + std::move(what))
      .because("export.malformed");
}

}  // namespace

std::string export_header(HashAlgorithm algorithm, const ExportSigners& signers) {
  return Json::object({{"authorities", Json::strings(signers.authorities)},
                       {"certificates", Json::strings(signers.certificates)},
                       {"hash", crypto::name_of(algorithm)},
                       {"type", kType}})
      .canonical();
}

std::string export_entry(LeafIndex index, std::string_view leaf, const Digest& leaf_hash) {
  return Json::object({{"hash", wire::encode_base64(leaf_hash)},
                       {"index", static_cast<std::int64_t>(index.value())},
                       {"leaf", leaf}})
      .canonical();
}

std::string export_checkpoint(std::string_view note) { return Json::object({{"checkpoint", note}}).canonical(); }

void ExportVerifier::report(std::optional<std::uint64_t> entry, Text what) {
  if (report_.problems.size() < kLogProblemsMax) report_.problems.push_back({entry, line_, std::move(what)});
}

Result<> ExportVerifier::take(std::string_view line) {
  ++line_;
  auto json = wire::parse_json(line);
  if (!json) return malformed(line_, std::string(json.error().message()));
  if (json->canonical() != line) return malformed(line_, "not in canonical form");
  if (line_ == 1) return take_header(*json);
  if (json->has("leaf")) return take_entry(*json);
  if (json->has("checkpoint")) return take_checkpoint(*json);
  return malformed(line_, "neither an entry nor a checkpoint");
}

Result<> ExportVerifier::take_header(const Json& json) {
  if (json.text_or("type", "") != kType) return malformed(line_, "this is not the export of a log");
  WEIR_TRY_LET(const std::string hash, json.text("hash"));
  WEIR_TRY_LET(const HashAlgorithm algorithm, crypto::parse_hash_algorithm(hash));
  frontier_.emplace(algorithm);
  WEIR_TRY_LET(const std::vector<std::string> certificates, json.texts("certificates"));
  WEIR_TRY_LET(const std::vector<std::string> authorities, json.texts("authorities"));
  WEIR_TRY_LET(certified_, certify(authorities, certificates, anchors_));
  for (const std::string& fingerprint : certified_.unknown_authorities) {
    report(std::nullopt,
           {.en = "authority " + fingerprint + " is no anchor", .zh = "签发机构 " + fingerprint + " 不是信任锚"});
  }
  if (json.size() != 4) return malformed(line_, "unknown members");
  return {};
}

Result<> ExportVerifier::take_entry(const Json& json) {
  WEIR_TRY_LET(const std::int64_t index, json.integer("index"));
  WEIR_TRY_LET(const std::string leaf, json.text("leaf"));
  WEIR_TRY_LET(const std::string stated, json.text("hash"));
  if (json.size() != 3) return malformed(line_, "unknown members");
  const std::uint64_t place = frontier_->size().value();
  if (index < 0 || static_cast<std::uint64_t>(index) != place) {
    report(place,
           {.en = "entry " + std::to_string(place) + " is missing; entry " + std::to_string(index) + " is in its place",
            .zh = "缺少第 " + std::to_string(place) + " 条记录，其位置上是第 " + std::to_string(index) + " 条"});
    suspect_ = true;
  }
  const Digest hash = leaf_hash(frontier_->algorithm(), view_of(leaf));
  if (wire::encode_base64(hash) != stated) {
    report(place, {.en = "entry " + std::to_string(place) + " was rewritten: it is not what was hashed",
                   .zh = "第 " + std::to_string(place) + " 条记录被改写：与其哈希不符"});
    suspect_ = true;
  }
  const auto entry = parse_entry(leaf);
  if (entry) last_time_ = entry->time;
  if (!entry) {
    report(place, {.en = "entry " + std::to_string(place) + " is not one: " + std::string(entry.error().message()),
                   .zh = "第 " + std::to_string(place) + " 条不是有效的存证记录"});
  }
  frontier_->append(hash);
  ++report_.entries;
  return {};
}

void ExportVerifier::check_signature(const Note& note, const Checkpoint& checkpoint) {
  for (const CertifiedNode& certified : certified_.nodes) {
    const auto key = NoteKey::make(checkpoint.origin, certified.certificate.public_key());
    if (!key || checkpoint.origin != evidence_origin(certified.node) || !certified.valid_at(last_time_)) continue;
    if (!verify_note(note, {*key})) continue;
    report_.node = certified.node;
    report_.authority = certified.authority;
    return;
  }
  const std::string size = std::to_string(checkpoint.size.value());
  report(std::nullopt, {.en = "the checkpoint of " + size +
                              " entries is not signed by a node that a trusted authority certified then",
                        .zh = size + " 条记录的检查点没有当时经可信机构认证节点的有效签名"});
}

Result<> ExportVerifier::take_checkpoint(const Json& json) {
  WEIR_TRY_LET(const std::string text, json.text("checkpoint"));
  if (json.size() != 1) return malformed(line_, "unknown members");
  WEIR_TRY_LET(const Note note, parse_note(text));
  WEIR_TRY_LET(const Checkpoint checkpoint, parse_checkpoint(note.text));
  ++report_.checkpoints;
  const std::uint64_t count = frontier_->size().value();
  const std::uint64_t from = covered_;
  const std::string size = std::to_string(checkpoint.size.value());
  check_signature(note, checkpoint);
  if (!report_.origin.empty() && report_.origin != checkpoint.origin) {
    report(std::nullopt,
           {.en = "the checkpoint of " + size + " entries is of another log", .zh = "检查点属于另一份日志"});
  }
  if (last_size_ && checkpoint.size <= *last_size_) {
    report(std::nullopt, {.en = "the log shrank, or signed twice, at " + size + " entries",
                          .zh = "日志在 " + size + " 条处回退或重复签名"});
  }
  last_size_ = checkpoint.size;
  report_.origin = checkpoint.origin;
  if (checkpoint.size.value() != count || checkpoint.algorithm() != frontier_->algorithm()) {
    report(std::nullopt, {.en = "a checkpoint of " + size + " entries stands after " + std::to_string(count),
                          .zh = size + " 条的检查点出现在第 " + std::to_string(count) + " 条之后"});
    return {};
  }
  if (checkpoint.root == frontier_->root()) {
    covered_ = count;
    return {};
  }
  if (!suspect_) {
    // Every hash fits its entry, so the hashes were rewritten along with it: the last good checkpoint bounds the place.
    const std::string range =
        from + 1 == count ? std::to_string(from) : std::to_string(from) + " to " + std::to_string(count - 1);
    report(from, {.en = "entry " + range + " was rewritten: the signed root of " + size + " entries is another",
                  .zh = "第 " + range + " 条记录被改写：与 " + size + " 条时签名的根不符"});
    suspect_ = true;
  }
  return {};
}

Result<LogReport> ExportVerifier::finish() && {
  if (!frontier_) return malformed(1, "empty");
  report_.root = frontier_->root();
  if (covered_ != frontier_->size().value() && report_.problems.empty()) {
    report(std::nullopt, {.en = "no signed checkpoint covers the entries from " + std::to_string(covered_),
                          .zh = "第 " + std::to_string(covered_) + " 条之后没有签名的检查点"});
  }
  return std::move(report_);
}

}  // namespace weir::tlog
