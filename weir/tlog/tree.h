// Tree: the Merkle tree of RFC 6962 over SHA-256 or SM3: hashes, frontier, proofs and their verification.
//
// Leaf hash = H(0x00 || leaf), node hash = H(0x01 || left || right); the empty tree's root is H of nothing (RFC 9162
// section 2.1). Thread-safety: values and pure functions. Trust: verify_* and decode_frontier take hostile input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/crypto/hash.h"

namespace weir::tlog {

using crypto::Digest;
using crypto::HashAlgorithm;

using LeafIndex = Strong<std::uint64_t, struct LeafIndexTag>;
using TreeSize = Strong<std::uint64_t, struct TreeSizeTag>;

// More leaves than any tree will have; arithmetic on sizes below it cannot overflow.
inline constexpr std::uint64_t kTreeSizeMax = std::uint64_t{1} << 62;

Digest leaf_hash(HashAlgorithm algorithm, ByteView leaf);
Digest node_hash(HashAlgorithm algorithm, const Digest& left, const Digest& right);
Digest empty_root(HashAlgorithm algorithm);
// The root over leaf hashes that are all at hand.
Digest root_of_leaves(HashAlgorithm algorithm, std::span<const Digest> leaf_hashes);

// A perfect subtree: covers the leaves [index << level, (index + 1) << level).
struct Node {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend bool operator==(const Node&, const Node&) = default;
};

// The right edge of a growing tree: the roots of the perfect subtrees that `size` decomposes into, largest first.
class Frontier {
 public:
  explicit Frontier(HashAlgorithm algorithm) : algorithm_(algorithm) {}
  // Requires: count_of(size) hashes, largest subtree first.
  Frontier(HashAlgorithm algorithm, TreeSize size, std::vector<Digest> hashes);
  static std::size_t count_of(TreeSize size);  // the ones in its binary form

  void append(const Digest& leaf_hash) { append_subtree(0, leaf_hash); }
  // The root of the next 2^level leaves. Requires: the size is a multiple of 2^level.
  void append_subtree(unsigned level, const Digest& root);
  TreeSize size() const { return TreeSize(size_); }
  Digest root() const;
  HashAlgorithm algorithm() const { return algorithm_; }
  const std::vector<Digest>& hashes() const { return hashes_; }
  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  HashAlgorithm algorithm_;
  std::uint64_t size_ = 0;
  std::vector<Digest> hashes_;
};
// u8 algorithm, u64 size, then the hashes. For every input that decodes, encode(*decode(b)) == b.
Bytes encode(const Frontier& frontier);
Result<Frontier> decode_frontier(ByteView bytes);

// Where the hashes of perfect subtrees come from.
class HashReader {
 public:
  virtual ~HashReader() = default;
  // The hashes of `nodes`, in their order. Fails with kNotFound or kCorrupt.
  virtual Result<std::vector<Digest>> read(std::span<const Node> nodes) = 0;
};

// All hashes of a tree in memory: for tests, and trees small enough.
class MemoryTree final : public HashReader {
 public:
  explicit MemoryTree(HashAlgorithm algorithm) : algorithm_(algorithm) {}
  void append(const Digest& leaf_hash);
  TreeSize size() const { return TreeSize(levels_.empty() ? 0 : levels_[0].size()); }
  // Requires: size <= size().
  Digest root(TreeSize size) const;
  Result<std::vector<Digest>> read(std::span<const Node> nodes) override;

 private:
  HashAlgorithm algorithm_;
  std::vector<std::vector<Digest>> levels_;
};

using Proof = std::vector<Digest>;

// The subtrees whose roots fold into the root of a tree of that size, largest first.
std::vector<Node> nodes_of(TreeSize size);
// Folds them, right to left. Requires: hashes is not empty.
Digest fold(HashAlgorithm algorithm, std::span<const Digest> largest_first);

Result<Digest> root_at(HashReader& reader, HashAlgorithm algorithm, TreeSize size);
// Fails with kInvalidArgument ("proof.range") unless index < size.
Result<Proof> prove_inclusion(HashReader& reader, HashAlgorithm algorithm, LeafIndex index, TreeSize size);
// Fails with kInvalidArgument ("proof.range") unless from <= to. From 0, and from a size to itself, the proof is empty.
Result<Proof> prove_consistency(HashReader& reader, HashAlgorithm algorithm, TreeSize from, TreeSize to);

// Fail with kCorrupt ("proof.inclusion", "proof.consistency") unless the proof proves it, with kInvalidArgument
// ("proof.range") if there can be no such proof.
Result<> verify_inclusion(HashAlgorithm algorithm, LeafIndex index, TreeSize size, const Digest& leaf_hash,
                          const Digest& root, std::span<const Digest> proof);
// The empty tree says nothing, so a proof from it is no proof: "proof.range".
Result<> verify_consistency(HashAlgorithm algorithm, TreeSize from, const Digest& from_root, TreeSize to,
                            const Digest& to_root, std::span<const Digest> proof);

}  // namespace weir::tlog
