// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "weir/wire/encoding.h"
#include "weir/wire/json.h"

namespace weir::tlog {
namespace {

constexpr HashAlgorithm kSha = HashAlgorithm::kSha256;
constexpr std::uint64_t kSizes = 130;

Digest numbered_leaf(HashAlgorithm algorithm, std::uint64_t n) {
  return leaf_hash(algorithm, view_of(std::to_string(n)));
}

MemoryTree numbered_tree(HashAlgorithm algorithm, std::uint64_t size) {
  MemoryTree tree(algorithm);
  for (std::uint64_t i = 0; i < size; ++i) tree.append(numbered_leaf(algorithm, i));
  return tree;
}

Digest as_digest(const Bytes& bytes) {
  Digest out{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
  return out;
}

// A vector may hold hashes of any length; only those of 32 bytes can be said in our types, the rest are refused
// earlier.
Result<Proof> vector_proof(const wire::Json& json) {
  Proof out;
  for (const wire::Json& item : json.items()) {
    WEIR_TRY_LET(const Bytes bytes, wire::decode_base64(item.as_string()));
    if (bytes.size() != crypto::kDigestBytes) return Error(Errc::kInvalidArgument, "not a hash");
    out.push_back(as_digest(bytes));
  }
  return out;
}

Result<Digest> vector_digest(const wire::Json& json, std::string_view name) {
  WEIR_TRY_LET(const std::string text, json.text(name));
  WEIR_TRY_LET(const Bytes bytes, wire::decode_base64(text));
  if (bytes.empty()) return Error(Errc::kInvalidArgument, "not a hash");
  return as_digest(bytes);  // some say "dont care 1" where the root does not matter: filled up with zeros
}

TreeSize vector_size(const wire::Json& json, std::string_view name) {
  const wire::Json& value = json[name];
  // Sizes beyond 2^63 become doubles, and are beyond every tree.
  return TreeSize(value.is_integer() ? static_cast<std::uint64_t>(value.as_integer()) : ~std::uint64_t{0});
}

Result<> run_vector(const wire::Json& json) {
  WEIR_TRY_LET(const Proof proof, vector_proof(json["proof"]));
  if (json["type"].as_string() == "inclusion") {
    WEIR_TRY_LET(const Digest root, vector_digest(json, "root"));
    WEIR_TRY_LET(const Digest leaf, vector_digest(json, "leafHash"));
    const LeafIndex index(vector_size(json, "leafIdx").value());
    return verify_inclusion(kSha, index, vector_size(json, "treeSize"), leaf, root, proof);
  }
  WEIR_TRY_LET(const Digest root1, vector_digest(json, "root1"));
  WEIR_TRY_LET(const Digest root2, vector_digest(json, "root2"));
  return verify_consistency(kSha, vector_size(json, "size1"), root1, vector_size(json, "size2"), root2, proof);
}

//= RFC6962#2.1 type=test
TEST(TreeVectors, VerifyOrFailAsPublished) {
  std::ifstream file(WEIR_SOURCE_DIR "/tests/vectors/tlog/merkle.jsonl");
  ASSERT_TRUE(file);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto json = wire::parse_json(line);
    ASSERT_TRUE(json) << line;
    const auto result = run_vector(*json);
    EXPECT_EQ(result.ok(), !(*json)["wantErr"].as_bool()) << (*json)["name"].as_string();
  }
  EXPECT_EQ(count, 196u);
}

TEST(Tree, HashesTheEmptyTreeAndOneLeafAsTheStandardSays) {
  EXPECT_EQ(wire::encode_hex(empty_root(kSha)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(wire::encode_hex(leaf_hash(kSha, {})), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(Frontier(kSha).root(), empty_root(kSha));
  EXPECT_EQ(root_of_leaves(kSha, {}), empty_root(kSha));
}

class TreeOverHash : public testing::TestWithParam<HashAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(BothHashes, TreeOverHash, testing::Values(HashAlgorithm::kSha256, HashAlgorithm::kSm3));

TEST_P(TreeOverHash, SubtreesMakeTheSameTreeAsTheirLeaves) {
  const HashAlgorithm algorithm = GetParam();
  std::vector<Digest> leaves;
  for (std::uint64_t n = 0; n < kSizes; ++n) leaves.push_back(numbered_leaf(algorithm, n));
  for (unsigned level = 0; level < 5; ++level) {
    const std::size_t wide = std::size_t{1} << level;
    Frontier frontier(algorithm);
    std::size_t at = 0;
    for (; at + wide <= leaves.size(); at += wide) {
      frontier.append_subtree(level, root_of_leaves(algorithm, std::span(leaves).subspan(at, wide)));
    }
    for (; at < leaves.size(); ++at) frontier.append(leaves[at]);
    EXPECT_EQ(frontier.root(), root_of_leaves(algorithm, leaves)) << level;
  }
}

TEST_P(TreeOverHash, AllWaysToTheRootAgree) {
  const HashAlgorithm algorithm = GetParam();
  Frontier frontier(algorithm);
  MemoryTree tree(algorithm);
  std::vector<Digest> leaves;
  for (std::uint64_t n = 0; n < kSizes; ++n) {
    EXPECT_EQ(frontier.root(), root_of_leaves(algorithm, leaves)) << n;
    EXPECT_EQ(frontier.root(), tree.root(TreeSize(n)));
    const auto at = root_at(tree, algorithm, TreeSize(n));
    ASSERT_TRUE(at);
    EXPECT_EQ(frontier.root(), *at);
    const auto again = decode_frontier(encode(frontier));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, frontier);
    leaves.push_back(numbered_leaf(algorithm, n));
    frontier.append(leaves.back());
    tree.append(leaves.back());
  }
}

//= RFC6962#2.1.1 type=test
TEST_P(TreeOverHash, EveryInclusionProofVerifiesAndNoWrongOneDoes) {
  const HashAlgorithm algorithm = GetParam();
  MemoryTree tree = numbered_tree(algorithm, kSizes);
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Digest root = tree.root(TreeSize(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      const Digest leaf = numbered_leaf(algorithm, i);
      auto proof = prove_inclusion(tree, algorithm, LeafIndex(i), TreeSize(n));
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_inclusion(algorithm, LeafIndex(i), TreeSize(n), leaf, root, *proof)) << i << " in " << n;
      EXPECT_FALSE(verify_inclusion(algorithm, LeafIndex(i + 1), TreeSize(n), leaf, root, *proof));
      EXPECT_FALSE(verify_inclusion(algorithm, LeafIndex(i), TreeSize(n), root, leaf, *proof) && n > 1);
      proof->push_back(root);
      EXPECT_FALSE(verify_inclusion(algorithm, LeafIndex(i), TreeSize(n), leaf, root, *proof));
      proof->pop_back();
      if (proof->empty()) continue;
      (*proof)[i % proof->size()][n % 32] ^= 1;
      EXPECT_FALSE(verify_inclusion(algorithm, LeafIndex(i), TreeSize(n), leaf, root, *proof));
      proof->pop_back();
      EXPECT_FALSE(verify_inclusion(algorithm, LeafIndex(i), TreeSize(n), leaf, root, *proof));
    }
  }
}

//= RFC6962#2.1.2 type=test
TEST_P(TreeOverHash, EveryConsistencyProofVerifiesAndNoWrongOneDoes) {
  const HashAlgorithm algorithm = GetParam();
  MemoryTree tree = numbered_tree(algorithm, kSizes);
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    for (std::uint64_t m = 1; m <= n; ++m) {
      const Digest from = tree.root(TreeSize(m));
      const Digest to = tree.root(TreeSize(n));
      auto proof = prove_consistency(tree, algorithm, TreeSize(m), TreeSize(n));
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_consistency(algorithm, TreeSize(m), from, TreeSize(n), to, *proof)) << m << " to " << n;
      if (m != n) {
        EXPECT_FALSE(verify_consistency(algorithm, TreeSize(m), to, TreeSize(n), to, *proof));
        EXPECT_FALSE(verify_consistency(algorithm, TreeSize(n), to, TreeSize(m), from, *proof));
      }
      proof->push_back(from);
      EXPECT_FALSE(verify_consistency(algorithm, TreeSize(m), from, TreeSize(n), to, *proof));
      proof->pop_back();
      if (proof->empty()) continue;
      (*proof)[m % proof->size()][n % 32] ^= 1;
      EXPECT_FALSE(verify_consistency(algorithm, TreeSize(m), from, TreeSize(n), to, *proof));
      proof->pop_back();
      EXPECT_FALSE(verify_consistency(algorithm, TreeSize(m), from, TreeSize(n), to, *proof));
    }
  }
}

// --- Errors ---

TEST(TreeErrors, ProofsBeyondTheTreeAreRefused) {
  MemoryTree tree = numbered_tree(kSha, 5);
  EXPECT_EQ(prove_inclusion(tree, kSha, LeafIndex(5), TreeSize(5)).error().reason(), "proof.range");
  EXPECT_EQ(prove_inclusion(tree, kSha, LeafIndex(0), TreeSize(0)).error().reason(), "proof.range");
  EXPECT_EQ(prove_consistency(tree, kSha, TreeSize(5), TreeSize(4)).error().reason(), "proof.range");
  EXPECT_EQ(prove_inclusion(tree, kSha, LeafIndex(5), TreeSize(9)).error().code(), Errc::kNotFound);
  EXPECT_EQ(verify_inclusion(kSha, LeafIndex(~0ull), TreeSize(~0ull), {}, {}, {}).error().reason(), "proof.range");
  EXPECT_EQ(
      verify_consistency(kSha, TreeSize(0), empty_root(kSha), TreeSize(5), tree.root(TreeSize(5)), {}).error().reason(),
      "proof.range");
  EXPECT_EQ(verify_consistency(kSha, TreeSize(1), {}, TreeSize(~0ull), {}, {}).error().reason(), "proof.range");
}

TEST(TreeErrors, FrontiersWithBytesOutOfPlaceAreRefused) {
  Frontier frontier(kSha);
  for (std::uint64_t i = 0; i < 7; ++i) frontier.append(numbered_leaf(kSha, i));
  Bytes good = encode(frontier);
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(decode_frontier(ByteView(good).first(cut)));
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_frontier(longer));
  good[0] = 9;
  EXPECT_FALSE(decode_frontier(good));
  good[0] = 1;
  good[1] = 0xff;
  EXPECT_FALSE(decode_frontier(good));
}

}  // namespace
}  // namespace weir::tlog
