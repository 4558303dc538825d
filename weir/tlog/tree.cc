// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/tree.h"

#include <algorithm>
#include <bit>
#include <string>

#include "weir/base/check.h"
#include "weir/wire/reader.h"

namespace weir::tlog {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0};
constexpr std::uint8_t kNodePrefix[] = {1};

std::uint64_t largest_power_below(std::uint64_t size) { return std::bit_floor(size - 1); }

}  // namespace

//= RFC6962#2.1
Digest leaf_hash(HashAlgorithm algorithm, ByteView leaf) { return crypto::hash(algorithm, {kLeafPrefix, leaf}); }

Digest node_hash(HashAlgorithm algorithm, const Digest& left, const Digest& right) {
  // One run of 65 bytes: two compressions, and one call.
  std::array<std::uint8_t, 1 + 2 * crypto::kDigestBytes> bytes;
  bytes[0] = kNodePrefix[0];
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + crypto::kDigestBytes);
  return crypto::hash(algorithm, ByteView(bytes));
}

Digest empty_root(HashAlgorithm algorithm) { return crypto::hash(algorithm, ByteView{}); }

Digest root_of_leaves(HashAlgorithm algorithm, std::span<const Digest> leaf_hashes) {
  if (leaf_hashes.empty()) return empty_root(algorithm);
  // Level by level in place: a level's odd last hash moves up unchanged, which is RFC 6962's split.
  std::vector<Digest> level(leaf_hashes.begin(), leaf_hashes.end());
  while (level.size() > 1) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) level[i] = node_hash(algorithm, level[2 * i], level[2 * i + 1]);
    if (level.size() % 2 == 1) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
  }
  return level.front();
}

// --- Frontier ---

std::size_t Frontier::count_of(TreeSize size) { return static_cast<std::size_t>(std::popcount(size.value())); }

Frontier::Frontier(HashAlgorithm algorithm, TreeSize size, std::vector<Digest> hashes)
    : algorithm_(algorithm), size_(size.value()), hashes_(std::move(hashes)) {
  WEIR_CHECK(hashes_.size() == count_of(size));
}

void Frontier::append_subtree(unsigned level, const Digest& root) {
  const std::uint64_t leaves = std::uint64_t{1} << level;
  WEIR_CHECK(size_ % leaves == 0);
  Digest carry = root;
  for (std::uint64_t rest = size_ >> level; (rest & 1) == 1; rest >>= 1) {
    carry = node_hash(algorithm_, hashes_.back(), carry);
    hashes_.pop_back();
  }
  hashes_.push_back(carry);
  size_ += leaves;
}

Digest Frontier::root() const { return hashes_.empty() ? empty_root(algorithm_) : fold(algorithm_, hashes_); }

Bytes encode(const Frontier& frontier) {
  wire::Builder out;
  out.u8(static_cast<std::uint8_t>(frontier.algorithm())).u64(frontier.size().value());
  for (const Digest& hash : frontier.hashes()) out.put(ByteView(hash));
  return out.take();
}

Result<Frontier> decode_frontier(ByteView bytes) {
  wire::Reader reader(bytes);
  WEIR_TRY_LET(const std::uint8_t algorithm, reader.u8());
  if (algorithm != static_cast<std::uint8_t>(HashAlgorithm::kSha256) &&
      algorithm != static_cast<std::uint8_t>(HashAlgorithm::kSm3)) {
    return Error(Errc::kInvalidArgument, "frontier with an unknown hash").because("frontier.malformed");
  }
  WEIR_TRY_LET(const std::uint64_t size, reader.u64());
  if (size > kTreeSizeMax) return Error(Errc::kInvalidArgument, "frontier too large").because("frontier.malformed");
  std::vector<Digest> hashes(Frontier::count_of(TreeSize(size)));
  for (Digest& hash : hashes) {
    WEIR_TRY_LET(const ByteView run, reader.take(hash.size()));
    std::copy(run.begin(), run.end(), hash.begin());
  }
  WEIR_TRY(reader.finish());
  return Frontier(static_cast<HashAlgorithm>(algorithm), TreeSize(size), std::move(hashes));
}

// --- MemoryTree ---

void MemoryTree::append(const Digest& leaf_hash) {
  Digest hash = leaf_hash;
  for (std::size_t level = 0;; ++level) {
    if (levels_.size() == level) levels_.emplace_back();
    levels_[level].push_back(hash);
    const std::size_t count = levels_[level].size();
    if (count % 2 == 1) return;
    hash = node_hash(algorithm_, levels_[level][count - 2], levels_[level][count - 1]);
  }
}

Digest MemoryTree::root(TreeSize size) const {
  WEIR_CHECK(size <= this->size());
  if (size.value() == 0) return empty_root(algorithm_);
  std::vector<Digest> hashes;
  for (const Node& node : nodes_of(size)) hashes.push_back(levels_[node.level][node.index]);
  return fold(algorithm_, hashes);
}

Result<std::vector<Digest>> MemoryTree::read(std::span<const Node> nodes) {
  std::vector<Digest> out;
  out.reserve(nodes.size());
  for (const Node& node : nodes) {
    if (node.level >= levels_.size() || node.index >= levels_[node.level].size()) {
      return Error(Errc::kNotFound, "no such node in the tree").because("tree.no_node");
    }
    out.push_back(levels_[node.level][node.index]);
  }
  return out;
}

// --- Decomposition ---

namespace {

// The perfect subtrees of the range [begin, begin + count), largest first. Requires: begin is a multiple of the
// range's largest power of two, as all ranges of a proof's recursion are.
void append_nodes(std::vector<Node>& out, std::uint64_t begin, std::uint64_t count) {
  while (count > 0) {
    const std::uint64_t width = std::bit_floor(count);
    const unsigned level = static_cast<unsigned>(std::countr_zero(width));
    out.push_back({level, begin >> level});
    begin += width;
    count -= width;
  }
}

// A proof is a list of ranges, each folded into one hash.
struct Plan {
  std::vector<Node> nodes;
  std::vector<std::size_t> ends;  // where each range's nodes end
  void add(std::uint64_t begin, std::uint64_t count) {
    append_nodes(nodes, begin, count);
    ends.push_back(nodes.size());
  }
};

Result<Proof> fetch(HashReader& reader, HashAlgorithm algorithm, const Plan& plan) {
  WEIR_TRY_LET(const std::vector<Digest> hashes, reader.read(plan.nodes));
  if (hashes.size() != plan.nodes.size()) return Error(Errc::kCorrupt, "hash reader returned too few hashes");
  Proof out;
  out.reserve(plan.ends.size());
  std::size_t at = 0;
  for (const std::size_t end : plan.ends) {
    out.push_back(fold(algorithm, std::span(hashes).subspan(at, end - at)));
    at = end;
  }
  return out;
}

Error out_of_range(std::string what) { return Error(Errc::kInvalidArgument, std::move(what)).because("proof.range"); }

}  // namespace

std::vector<Node> nodes_of(TreeSize size) {
  std::vector<Node> out;
  append_nodes(out, 0, size.value());
  return out;
}

Digest fold(HashAlgorithm algorithm, std::span<const Digest> largest_first) {
  WEIR_CHECK(!largest_first.empty());
  Digest hash = largest_first.back();
  for (std::size_t i = largest_first.size() - 1; i-- > 0;) hash = node_hash(algorithm, largest_first[i], hash);
  return hash;
}

// --- Proofs ---

Result<Digest> root_at(HashReader& reader, HashAlgorithm algorithm, TreeSize size) {
  if (size.value() == 0) return empty_root(algorithm);
  WEIR_TRY_LET(const std::vector<Digest> hashes, reader.read(nodes_of(size)));
  return fold(algorithm, hashes);
}

//= RFC6962#2.1.1
Result<Proof> prove_inclusion(HashReader& reader, HashAlgorithm algorithm, LeafIndex index, TreeSize size) {
  if (index.value() >= size.value() || size.value() > kTreeSizeMax) {
    return out_of_range("entry " + std::to_string(index.value()) + " is not in a tree of " +
                        std::to_string(size.value()));
  }
  // PATH(m, D[n]) of RFC 6962 section 2.1.1, walked from the root down, then turned round.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> siblings;
  std::uint64_t begin = 0;
  std::uint64_t count = size.value();
  while (count > 1) {
    const std::uint64_t left = largest_power_below(count);
    if (index.value() < begin + left) {
      siblings.emplace_back(begin + left, count - left);
      count = left;
    } else {
      siblings.emplace_back(begin, left);
      begin += left;
      count -= left;
    }
  }
  Plan plan;
  for (auto it = siblings.rbegin(); it != siblings.rend(); ++it) plan.add(it->first, it->second);
  return fetch(reader, algorithm, plan);
}

//= RFC6962#2.1.2
Result<Proof> prove_consistency(HashReader& reader, HashAlgorithm algorithm, TreeSize from, TreeSize to) {
  if (from > to || to.value() > kTreeSizeMax)
    return out_of_range("a tree cannot be consistent with a smaller later one");
  if (from.value() == 0 || from == to) return Proof{};
  // SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, from the root down, then turned round.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  std::uint64_t begin = 0;
  std::uint64_t count = to.value();
  std::uint64_t wanted = from.value();
  bool complete = true;  // the wanted part is the whole earlier tree, whose root the verifier has
  while (wanted < count) {
    const std::uint64_t left = largest_power_below(count);
    if (wanted <= left) {
      ranges.emplace_back(begin + left, count - left);
      count = left;
    } else {
      ranges.emplace_back(begin, left);
      begin += left;
      count -= left;
      wanted -= left;
      complete = false;
    }
  }
  if (!complete) ranges.emplace_back(begin, count);
  Plan plan;
  for (auto it = ranges.rbegin(); it != ranges.rend(); ++it) plan.add(it->first, it->second);
  return fetch(reader, algorithm, plan);
}

// --- Verification ---

//= RFC9162#2.1.3
Result<> verify_inclusion(HashAlgorithm algorithm, LeafIndex index, TreeSize size, const Digest& leaf_hash,
                          const Digest& root, std::span<const Digest> proof) {
  if (index.value() >= size.value() || size.value() > kTreeSizeMax) return out_of_range("the entry is beyond the tree");
  // RFC 9162 section 2.1.3.2.
  std::uint64_t fn = index.value();
  std::uint64_t sn = size.value() - 1;
  Digest hash = leaf_hash;
  for (const Digest& step : proof) {
    if (sn == 0) return Error(Errc::kCorrupt, "inclusion proof too long").because("proof.inclusion");
    if ((fn & 1) == 1 || fn == sn) {
      hash = node_hash(algorithm, step, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(algorithm, hash, step);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return Error(Errc::kCorrupt, "inclusion proof too short").because("proof.inclusion");
  if (hash != root) {
    return Error(Errc::kCorrupt, "the inclusion proof does not lead to the signed root").because("proof.inclusion");
  }
  return {};
}

//= RFC9162#2.1.4
Result<> verify_consistency(HashAlgorithm algorithm, TreeSize from, const Digest& from_root, TreeSize to,
                            const Digest& to_root, std::span<const Digest> proof) {
  const auto wrong = [](const char* what) { return Error(Errc::kCorrupt, what).because("proof.consistency"); };
  if (from > to || to.value() > kTreeSizeMax) return out_of_range("the later tree is smaller than the earlier one");
  if (from.value() == 0) return out_of_range("nothing can be proven about the empty tree");
  if (from == to) {
    if (!proof.empty()) return wrong("consistency proof not empty where nothing is to be proven");
    if (from_root != to_root) return wrong("two roots for one size");
    return {};
  }
  // RFC 9162 section 2.1.4.2. A perfect earlier tree is its own first subtree, so the proof leaves it out.
  std::uint64_t fn = from.value() - 1;
  std::uint64_t sn = to.value() - 1;
  const unsigned trailing = static_cast<unsigned>(std::countr_one(fn));
  fn >>= trailing;
  sn >>= trailing;
  std::size_t at = 0;
  if (fn != 0 && proof.empty()) return wrong("consistency proof too short");
  Digest first = fn == 0 ? from_root : proof[at++];
  Digest second = first;
  for (; at < proof.size(); ++at) {
    if (sn == 0) return wrong("consistency proof too long");
    if ((fn & 1) == 1 || fn == sn) {
      first = node_hash(algorithm, proof[at], first);
      second = node_hash(algorithm, proof[at], second);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      second = node_hash(algorithm, second, proof[at]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return wrong("consistency proof too short");
  if (first != from_root) return wrong("the consistency proof does not lead to the earlier root");
  if (second != to_root) return wrong("the consistency proof does not lead to the later root");
  return {};
}

}  // namespace weir::tlog
