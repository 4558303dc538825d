// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/set.h"

#include <algorithm>
#include <cstring>

#include "weir/tlog/entry.h"
#include "weir/tlog/tree.h"

namespace weir::use::job {
namespace {

constexpr auto kHash = crypto::HashAlgorithm::kSha256;

Result<Table> open_table(ByteSource source, const std::vector<std::string>& columns) {
  return Table::open(std::move(source), columns);
}

std::optional<mpc::Block> key_of_record(const Table& table, const std::vector<Form>& forms,
                                        std::vector<std::string_view>& values) {
  values.clear();
  for (std::size_t i = 0; i < forms.size(); ++i) values.push_back(table.value(i));
  return key_of(values, forms);
}

}  // namespace

bool before(const mpc::Block& a, const mpc::Block& b) { return std::memcmp(&a, &b, sizeof a) < 0; }

std::optional<mpc::Block> key_of(const std::vector<std::string_view>& values, const std::vector<Form>& forms) {
  std::string text;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const std::optional<std::string> value = in_form(forms[i], values[i]);
    if (!value) return std::nullopt;
    const std::uint64_t size = value->size();
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift);
    text += *value;
  }
  const crypto::Digest digest = crypto::hash(kHash, view_of(text));
  mpc::Block out;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

Result<KeySet> read_keys(ByteSource source, const std::vector<std::string>& columns, const std::vector<Form>& forms) {
  WEIR_TRY_LET(Table table, open_table(std::move(source), columns));
  KeySet out;
  std::vector<std::string_view> values;
  while (true) {
    WEIR_TRY_LET(const bool more, table.next());
    if (!more) break;
    ++out.rows;
    const auto key = key_of_record(table, forms, values);
    if (key) out.keys.push_back(*key);
    if (!key) ++out.keyless;
  }
  std::sort(out.keys.begin(), out.keys.end(), before);
  out.keys.erase(std::unique(out.keys.begin(), out.keys.end()), out.keys.end());
  return out;
}

Result<std::uint64_t> write_matches(ByteSource source, const std::vector<std::string>& columns,
                                    const std::vector<Form>& forms, const mpc::Blocks& keys, const TextSink& sink) {
  WEIR_TRY_LET(Table table, open_table(std::move(source), columns));
  WEIR_TRY(sink(table.heading()));
  std::uint64_t rows = 0;
  std::vector<std::string_view> values;
  while (true) {
    WEIR_TRY_LET(const bool more, table.next());
    if (!more) return rows;
    const auto key = key_of_record(table, forms, values);
    if (!key || !std::binary_search(keys.begin(), keys.end(), *key, before)) continue;
    ++rows;
    WEIR_TRY(sink(table.record()));
    if (!table.record().ends_with('\n')) WEIR_TRY(sink("\n"));
  }
}

Claim claim_of(const mpc::Blocks& keys, ByteView salt) {
  Claim out;
  out.count = static_cast<std::int64_t>(keys.size());
  tlog::Frontier tree(kHash);
  for (const mpc::Block& key : keys) {
    const Bytes leaf = [&] {
      Bytes bytes(salt.begin(), salt.end());
      const ByteView tail = mpc::bytes_of(std::span(&key, 1));
      bytes.insert(bytes.end(), tail.begin(), tail.end());
      return bytes;
    }();
    const crypto::Digest digest = tlog::leaf_hash(kHash, leaf);
    tree.append(digest);
    std::uint64_t head = 0;
    for (std::size_t i = 0; i < 8; ++i) head = head << 8 | digest[i];
    out.sketch.push_back(head);
    if (out.sketch.size() < 2 * kSketchMax) continue;
    std::nth_element(out.sketch.begin(), out.sketch.begin() + kSketchMax, out.sketch.end());
    out.sketch.resize(kSketchMax);
  }
  std::sort(out.sketch.begin(), out.sketch.end());
  out.sketch.resize(std::min(out.sketch.size(), kSketchMax));
  out.root = tlog::format_digest(kHash, tree.root());
  return out;
}

double difference(const Claim& a, const Claim& b) {
  std::vector<std::uint64_t> all;
  std::set_union(a.sketch.begin(), a.sketch.end(), b.sketch.begin(), b.sketch.end(), std::back_inserter(all));
  const bool whole = a.sketch.size() < kSketchMax && b.sketch.size() < kSketchMax;
  if (!whole) all.resize(std::min(all.size(), kSketchMax));
  std::size_t shared = 0;
  for (const std::uint64_t each : all) {
    const bool both = std::binary_search(a.sketch.begin(), a.sketch.end(), each) &&
                      std::binary_search(b.sketch.begin(), b.sketch.end(), each);
    if (both) ++shared;
  }
  if (all.empty()) return 0;
  // |A ∪ B| = (|A| + |B|) / (1 + J); the difference is (1 - J) of it.
  const double alike = static_cast<double>(shared) / static_cast<double>(all.size());
  return (1 - alike) * static_cast<double>(a.count + b.count) / (1 + alike);
}

}  // namespace weir::use::job
