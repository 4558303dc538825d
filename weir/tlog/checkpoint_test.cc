// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/checkpoint.h"

#include <gtest/gtest.h>

#include "weir/tlog/proof.h"
#include "weir/tlog/test_support.h"

namespace weir::tlog {
namespace {

using crypto::PrivateKey;

constexpr HashAlgorithm kSha = HashAlgorithm::kSha256;

MemoryTree numbered_tree(std::uint64_t size) {
  MemoryTree tree(kSha);
  for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash(kSha, view_of(std::to_string(i))));
  return tree;
}

Checkpoint at(const MemoryTree& tree, std::uint64_t size) {
  return make_checkpoint("weir/evidence/n", kSha, TreeSize(size), tree.root(TreeSize(size)));
}

//= C2SP#tlog-checkpoint type=test
TEST(Checkpoint, FormatsSignsAndOpens) {
  const MemoryTree tree = numbered_tree(7);
  const PrivateKey key = test_key(1);
  const NoteKey name = *NoteKey::make("weir/evidence/n", key.public_key());
  const std::string note = sign_checkpoint(at(tree, 7), name, key);
  const auto opened = open_checkpoint(note, {name});
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(*opened, at(tree, 7));
  EXPECT_EQ(opened->algorithm(), kSha);
}

TEST(Checkpoint, AShangMiLogSaysItsHashInsideTheSignature) {
  const Checkpoint checkpoint = make_checkpoint("n", HashAlgorithm::kSm3, TreeSize(0), empty_root(HashAlgorithm::kSm3));
  const auto again = parse_checkpoint(format(checkpoint));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->algorithm(), HashAlgorithm::kSm3);
  EXPECT_TRUE(format(checkpoint).ends_with("\nhash sm3\n"));
}

//= RFC9162#2.1.4 type=test
TEST(Checkpoint, ALaterOneMayFollowAnEarlierOneWithAProof) {
  MemoryTree tree = numbered_tree(9);
  for (std::uint64_t m = 0; m <= 9; ++m) {
    const auto proof = prove_consistency(tree, kSha, TreeSize(m), TreeSize(9));
    ASSERT_TRUE(proof);
    EXPECT_TRUE(verify_progress(at(tree, m), at(tree, 9), *proof)) << m;
  }
}

//= C2SP#tlog-proof type=test
//= RFC9162#2.1.3 type=test
TEST(InclusionProof, TextRoundTripsAndVerifies) {
  MemoryTree tree = numbered_tree(9);
  const PrivateKey key = test_key(2);
  const NoteKey name = *NoteKey::make("weir/evidence/n", key.public_key());
  InclusionProof proof{.extra = {1, 2},
                       .index = LeafIndex(4),
                       .hashes = *prove_inclusion(tree, kSha, LeafIndex(4), TreeSize(9)),
                       .checkpoint = sign_checkpoint(at(tree, 9), name, key)};
  const auto again = parse_proof(format(proof));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, proof);
  EXPECT_TRUE(verify_proof(*again, view_of("4"), {name}));
  EXPECT_EQ(verify_proof(*again, view_of("5"), {name}).error().reason(), "proof.inclusion");
  const std::string text = format(proof);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto parsed = parse_proof(changed);
    if (!parsed || parsed->extra != proof.extra) continue;  // extra data is not authenticated, by definition
    EXPECT_FALSE(verify_proof(*parsed, view_of("4"), {name})) << "byte " << i;
  }
}

// --- Errors ---

//= I-11 type=test
TEST(CheckpointErrors, TwoHistoriesAreNoticed) {
  MemoryTree tree = numbered_tree(9);
  const auto proof = *prove_consistency(tree, kSha, TreeSize(5), TreeSize(9));
  Checkpoint fork = at(tree, 9);
  fork.root[0] ^= 1;
  EXPECT_EQ(verify_progress(at(tree, 9), fork, {}).error().reason(), "checkpoint.fork");
  EXPECT_EQ(verify_progress(at(tree, 5), fork, proof).error().reason(), "proof.consistency");
  EXPECT_EQ(verify_progress(at(tree, 9), at(tree, 5), proof).error().reason(), "checkpoint.shrunk");
  Checkpoint other = at(tree, 9);
  other.origin = "m";
  EXPECT_EQ(verify_progress(at(tree, 5), other, proof).error().reason(), "checkpoint.origin");
  Checkpoint sm3 = at(tree, 9);
  sm3.extensions = {"hash sm3"};
  EXPECT_EQ(verify_progress(at(tree, 5), sm3, proof).error().reason(), "checkpoint.hash");
}

TEST(CheckpointErrors, AnotherKeyUnderTheSameNameIsNotTheLog) {
  const PrivateKey key = test_key(3);
  const PrivateKey thief = test_key(4);
  const NoteKey name = *NoteKey::make("n", key.public_key());
  const std::string note = sign_checkpoint(at(numbered_tree(1), 1), *NoteKey::make("n", thief.public_key()), thief);
  EXPECT_EQ(open_checkpoint(note, {name}).error().reason(), "note.unsigned");
}

TEST(CheckpointErrors, MalformedTextsAreRefused) {
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  ASSERT_TRUE(parse_checkpoint("o\n0\n" + root + "\n"));
  for (const std::string& bad :
       {std::string(), "o\n0\n" + root, "o\n0\n" + root + "\n\n", "\n0\n" + root + "\n", "o\n00\n" + root + "\n",
        "o\n-1\n" + root + "\n", "o\n1 \n" + root + "\n", "o\n+1\n" + root + "\n", "o\n\n" + root + "\n",
        "o\n99999999999999999999\n" + root + "\n", "o\n0\n" + root.substr(1) + "\n", std::string("o\n0\n"),
        "o\r\n0\n" + root + "\n", "o\n0\n" + root + "\nx\n\ny\n", "\xff\n0\n" + root + "\n"}) {
    EXPECT_EQ(parse_checkpoint(bad).error().reason(), "checkpoint.malformed") << bad;
  }
}

}  // namespace
}  // namespace weir::tlog
