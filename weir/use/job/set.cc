// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/set.h"

#include <algorithm>
#include <cstring>

#include "weir/tlog/entry.h"
#include "weir/tlog/tree.h"

namespace weir::use::job {
namespace {

constexpr auto kHash = crypto::HashAlgorithm::kSha256;

constexpr unsigned kSubtreeLevel = 12;  // leaves that one thread folds at a time
constexpr std::size_t kSubtree = std::size_t{1} << kSubtreeLevel;

std::uint64_t head_of(const crypto::Digest& digest) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8 | digest[i];
  return head;
}

}  // namespace

bool before(const mpc::Block& a, const mpc::Block& b) { return std::memcmp(&a, &b, sizeof a) < 0; }

std::optional<mpc::Block> key_of(const std::vector<std::string_view>& values, const std::vector<Form>& forms) {
  std::string text;
  text.reserve(64);
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

Commitment::Commitment(ByteView salt) : salt_(salt.begin(), salt.end()), tree_(kHash) {}

crypto::Digest Commitment::root_over(std::span<const mpc::Block> keys, std::vector<std::uint64_t>& heads) const {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(keys.size());
  Bytes leaf(salt_);
  leaf.resize(salt_.size() + sizeof(mpc::Block));
  for (const mpc::Block& key : keys) {
    std::memcpy(leaf.data() + salt_.size(), &key, sizeof key);
    leaves.push_back(tlog::leaf_hash(kHash, leaf));
    const std::uint64_t head = head_of(leaves.back());
    if (head < sketch_most_) heads.push_back(head);
  }
  return tlog::root_of_leaves(kHash, leaves);
}

void Commitment::keep(std::span<const std::uint64_t> heads) {
  sketch_.insert(sketch_.end(), heads.begin(), heads.end());
  if (sketch_.size() < 2 * kSketchMax) return;
  const auto last = sketch_.begin() + kSketchMax - 1;
  std::nth_element(sketch_.begin(), last, sketch_.end());
  sketch_most_ = *last;
  sketch_.resize(kSketchMax);
}

void Commitment::add(std::span<const mpc::Block> keys, const Threads& threads) {
  count_ += keys.size();
  rest_.insert(rest_.end(), keys.begin(), keys.end());
  const std::size_t subtrees = rest_.size() / kSubtree;
  std::vector<crypto::Digest> roots(subtrees);
  std::vector<std::vector<std::uint64_t>> heads(subtrees);
  threads.run(subtrees, [&](std::size_t i) {
    roots[i] = root_over(std::span<const mpc::Block>(rest_).subspan(i * kSubtree, kSubtree), heads[i]);
  });
  for (std::size_t i = 0; i < subtrees; ++i) {
    tree_.append_subtree(kSubtreeLevel, roots[i]);
    keep(heads[i]);
  }
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(subtrees * kSubtree));
}

Claim Commitment::finish() {
  std::vector<std::uint64_t> heads;
  for (const mpc::Block& key : rest_) tree_.append(root_over(std::span(&key, 1), heads));
  keep(heads);
  std::sort(sketch_.begin(), sketch_.end());
  sketch_.resize(std::min(sketch_.size(), kSketchMax));
  Claim out;
  out.count = static_cast<std::int64_t>(count_);
  out.root = tlog::format_digest(kHash, tree_.root());
  out.sketch = std::move(sketch_);
  return out;
}

Claim claim_of(const mpc::Blocks& keys, ByteView salt) {
  Commitment commitment(salt);
  commitment.add(keys);
  return commitment.finish();
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
