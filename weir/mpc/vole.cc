// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/vole.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/lpn_code.h"
#include "weir/mpc/seed_tree.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kBits = 128;

constexpr std::size_t kBlockMax = std::size_t{1} << 18;  // values: what the code picks from stays in the second cache

Blocks hashed(std::span<const Block> shares, Block offset) {
  Blocks out(shares.begin(), shares.end());
  for (Block& block : out) block ^= offset;
  hash_blocks(out, 0);
  return out;
}

crypto::Digest commitment(Block value, Block opening) {
  return crypto::hash(crypto::HashAlgorithm::kSha256,
                      {view_of("weir/vole-check/1"), bytes_of(std::span<const Block>(&value, 1)),
                       bytes_of(std::span<const Block>(&opening, 1))});
}

Error deviates() {
  return Error(Errc::kCorrupt, "the other side's correlations are inconsistent: it deviates from the protocol")
      .because("mpc.check");
}

// The keeper's side of the check. `sum` is of all leaves, at the challenge, with the mask.
Result<> check_kept(Channel& channel, Random& random, Block delta, Block sum, Block sum_of_values) {
  const std::array<Block, 2> opening{multiply(delta, sum_of_values) ^ sum, random_block(random)};
  WEIR_TRY(channel.send(Tag::kVoleCommit, ByteView(commitment(opening[0], opening[1]))));
  Block found;
  WEIR_TRY(channel.receive(Tag::kVoleCheck, std::span(&found, 1)));
  if (found != opening[0]) return deviates();
  WEIR_TRY(channel.send(Tag::kVoleOpen, std::span<const Block>(opening)));
  return channel.flush();
}

Result<> check_held(Channel& channel, Block sum) {
  crypto::Digest committed;
  WEIR_TRY(channel.receive(Tag::kVoleCommit, std::span<std::uint8_t>(committed)));
  WEIR_TRY(channel.send(Tag::kVoleCheck, std::span<const Block>(&sum, 1)));
  std::array<Block, 2> opening;
  WEIR_TRY(channel.receive(Tag::kVoleOpen, std::span<Block>(opening)));
  if (commitment(opening[0], opening[1]) != committed || opening[0] != sum) return deviates();
  return {};
}

// What is compressed is added at its place among all values.
void add_block(const VoleShape& shape, std::size_t block, std::span<const Block> values, Blocks& out) {
  const std::size_t from = block * shape.per_block();
  for (std::size_t i = 0; i < std::min(shape.per_block(), shape.count - from); ++i) out[from + i] ^= values[i];
}

// The holder's noise: one place and one value a tree, as its choices say.
struct Noise {
  std::vector<std::size_t> holes;  // in the tree
  std::span<const Block> values;

  Noise(const VoleShape& shape, const Blocks& choices) : values(std::span(choices).first(shape.all_trees())) {
    for (std::size_t tree = 0; tree < shape.all_trees(); ++tree) {
      std::size_t hole = 0;
      for (std::size_t level = 0; level < shape.depth; ++level) {
        const std::size_t bit = shape.value_transfers() + tree * shape.depth + level;
        hole = 2 * hole + (choices[bit / kBits].bit(bit % kBits) ? 0 : 1);
      }
      holes.push_back(hole);
    }
  }
  // Of all blocks' values, at the challenge.
  Block sum(const VoleShape& shape, Block challenge) const {
    Block out;
    for (std::size_t tree = 0; tree < holes.size(); ++tree) {
      out ^= multiply(values[tree], power(challenge, tree * shape.width() + holes[tree] + 1));
    }
    return out;
  }
};

}  // namespace

VoleShape::VoleShape(std::size_t values)
    : count(values), blocks(std::max<std::size_t>(1, (values + kBlockMax - 1) / kBlockMax)), trees(kNoiseMin) {
  while (kNoiseMin << (depth + 1) <= 2 * per_block()) ++depth;
  while (trees << depth < 2 * per_block()) trees += 2;
}

Result<Blocks> vole_keep(Channel& channel, Random& random, OtSender& ots, std::size_t count,
                         const std::function<Result<>()>& meanwhile) {
  const VoleShape shape(count);
  channel.phase("transfers");
  WEIR_TRY_LET(const Blocks transfers, ots.extend(channel, random, shape.transfers()));
  channel.phase("vole");
  const auto value_shares = std::span(transfers).first(shape.value_transfers());
  const auto path_shares = std::span(transfers).subspan(shape.value_transfers());
  const Blocks left = hashed(path_shares, {});
  const Blocks right = hashed(path_shares, ots.delta());
  Blocks roots(shape.all_trees());
  Prg(random_block(random)).fill(roots);
  // Before anything is sent: the holder reads only when its own work is done, and lines hold little.
  if (meanwhile) WEIR_TRY(meanwhile());

  // Trees are grown twice: for their sums, and, once the challenge is known, for their leaves.
  Blocks leaves(shape.leaves());
  std::vector<SeedPair> sums(shape.depth);
  Blocks message;
  for (std::size_t tree = 0; tree < shape.all_trees(); ++tree) {
    const auto own = std::span(leaves).first(shape.width());
    grow_tree(roots[tree], own, sums);
    for (std::size_t level = 0; level < shape.depth; ++level) {
      message.push_back(sums[level][0] ^ left[tree * shape.depth + level]);
      message.push_back(sums[level][1] ^ right[tree * shape.depth + level]);
    }
    message.push_back(sums.back()[0] ^ sums.back()[1] ^ spell(value_shares.subspan(tree * kBits, kBits)));
    if ((tree + 1) % shape.trees != 0) continue;
    WEIR_TRY(channel.send(Tag::kVoleBase, std::span<const Block>(message)));
    message.clear();
  }
  WEIR_TRY(channel.flush());
  std::array<Block, 2> challenge_and_values;
  WEIR_TRY(channel.receive(Tag::kVoleChallenge, std::span<Block>(challenge_and_values)));
  EvaluationInPieces sum(challenge_and_values[0], shape.leaves());
  Blocks out(count);
  for (std::size_t block = 0; block < shape.blocks; ++block) {
    for (std::size_t tree = 0; tree < shape.trees; ++tree) {
      grow_tree(roots[block * shape.trees + tree],
                std::span(leaves).subspan(tree * shape.width(), shape.width()), sums);
    }
    sum.add(leaves);
    compress(leaves);
    add_block(shape, block, leaves, out);
  }
  const Block mask = spell(value_shares.last(kBits));
  WEIR_TRY(check_kept(channel, random, ots.delta(), sum.value() ^ mask, challenge_and_values[1]));
  return out;
}

Result<VoleValues> vole_hold(Channel& channel, Random& random, OtReceiver& ots, std::size_t count,
                             const std::function<Result<Blocks>()>& meanwhile) {
  const VoleShape shape(count);
  Blocks choices((shape.transfers() + kBits - 1) / kBits);
  Prg(random_block(random)).fill(choices);
  channel.phase("transfers");
  WEIR_TRY_LET(const Blocks transfers, ots.extend(channel, random, choices, shape.transfers()));
  const auto value_shares = std::span(transfers).first(shape.value_transfers());
  const Blocks pads = hashed(std::span(transfers).subspan(shape.value_transfers()), {});
  const Noise noise(shape, choices);

  VoleValues out;
  if (meanwhile) {
    WEIR_TRY_LET(out.values, meanwhile());
  }
  out.values.resize(count);
  channel.phase("vole");
  const std::size_t per_tree = 2 * shape.depth + 1;
  Blocks message(shape.all_trees() * per_tree);
  for (std::size_t block = 0; block < shape.blocks; ++block) {
    WEIR_TRY(channel.receive(Tag::kVoleBase, std::span(message).subspan(block * shape.trees * per_tree,
                                                                        shape.trees * per_tree)));
  }
  const Block challenge = random_block(random);
  const std::array<Block, 2> challenge_and_values{challenge,
                                                  noise.sum(shape, challenge) ^ choices[shape.all_trees()]};
  WEIR_TRY(channel.send(Tag::kVoleChallenge, std::span<const Block>(challenge_and_values)));
  WEIR_TRY(channel.flush());

  EvaluationInPieces sum(challenge, shape.leaves());
  out.products.resize(count);
  Blocks leaves(shape.leaves());
  Blocks values(shape.leaves());
  Blocks known(shape.depth);
  for (std::size_t block = 0; block < shape.blocks; ++block) {
    std::fill(values.begin(), values.end(), Block{});
    for (std::size_t in_block = 0; in_block < shape.trees; ++in_block) {
      const std::size_t tree = block * shape.trees + in_block;
      const auto part = std::span(message).subspan(tree * per_tree, per_tree);
      const std::size_t hole = noise.holes[tree];
      for (std::size_t level = 0; level < shape.depth; ++level) {
        const bool side = ((hole >> (shape.depth - 1 - level)) & 1) == 0;
        known[level] = part[2 * level + (side ? 1 : 0)] ^ pads[tree * shape.depth + level];
      }
      const auto own = std::span(leaves).subspan(in_block * shape.width(), shape.width());
      grow_punctured_tree(hole, known, own);
      own[hole] = sum_of(own) ^ part.back() ^ spell(value_shares.subspan(tree * kBits, kBits));
      values[in_block * shape.width() + hole] = noise.values[tree];
    }
    sum.add(leaves);
    compress(leaves);
    compress(values);
    add_block(shape, block, leaves, out.products);
    add_block(shape, block, values, out.values);
  }
  WEIR_TRY(check_held(channel, sum.value() ^ spell(value_shares.last(kBits))));
  return out;
}

IdealVole ideal_vole(Random& random, Block delta, std::size_t count) {
  IdealVole out{delta, Blocks(count), {Blocks(count), Blocks(count)}};
  random.fill(bytes_of(std::span(out.kept)));
  random.fill(bytes_of(std::span(out.held.values)));
  out.held.products = out.kept;
  add_multiples(out.held.products, delta, out.held.values);
  return out;
}

}  // namespace weir::mpc
