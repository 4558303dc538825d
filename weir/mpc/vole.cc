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

// Trees of equal size, at least kNoiseMin of them, whose leaves are twice what is wanted.
struct Shape {
  std::size_t depth = 4;
  std::size_t trees = kNoiseMin;

  explicit Shape(std::size_t count) {
    while (kNoiseMin << (depth + 1) <= 2 * count) ++depth;
    while (trees << depth < 2 * count) trees += 2;
  }
  std::size_t width() const { return std::size_t{1} << depth; }
  std::size_t leaves() const { return trees << depth; }
  // One value a tree and one that masks the check; then one transfer for each level of each tree.
  std::size_t value_transfers() const { return (trees + 1) * kBits; }
  std::size_t transfers() const { return value_transfers() + trees * depth; }
};

// Shares of single bits become a share of the field element that they spell.
Block spell(std::span<const Block> shares) {
  Block sum;
  for (std::size_t b = kBits; b-- > 0;) sum = multiply(sum, {2, 0}) ^ shares[b];
  return sum;
}

Block power(Block base, std::size_t exponent) {
  Block out{1, 0};
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) out = multiply(out, base);
    base = multiply(base, base);
  }
  return out;
}

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

Result<> check_kept(Channel& channel, Random& random, Block delta, std::span<const Block> leaves, Block mask) {
  const Block challenge = random_block(random);
  WEIR_TRY(channel.send(Tag::kVoleChallenge, std::span(&challenge, 1)));
  Block sum_of_values;
  WEIR_TRY(channel.receive(Tag::kVoleCheck, std::span(&sum_of_values, 1)));
  const Block expected = multiply(delta, sum_of_values) ^ evaluate(leaves, challenge) ^ mask;
  const std::array<Block, 2> opening{expected, random_block(random)};
  WEIR_TRY(channel.send(Tag::kVoleCommit, ByteView(commitment(opening[0], opening[1]))));
  Block found;
  WEIR_TRY(channel.receive(Tag::kVoleCheck, std::span(&found, 1)));
  if (found != expected) return deviates();
  WEIR_TRY(channel.send(Tag::kVoleOpen, std::span<const Block>(opening)));
  return channel.flush();
}

struct Noise {
  std::vector<std::size_t> places;  // in the whole vector, one a tree
  Blocks values;
};

Result<> check_held(Channel& channel, const Noise& noise, std::span<const Block> leaves, Block value_mask, Block mask) {
  Block challenge;
  WEIR_TRY(channel.receive(Tag::kVoleChallenge, std::span(&challenge, 1)));
  Block sum_of_values = value_mask;
  for (std::size_t i = 0; i < noise.places.size(); ++i) {
    sum_of_values ^= multiply(noise.values[i], power(challenge, noise.places[i] + 1));
  }
  WEIR_TRY(channel.send(Tag::kVoleCheck, std::span<const Block>(&sum_of_values, 1)));
  crypto::Digest committed;
  WEIR_TRY(channel.receive(Tag::kVoleCommit, std::span<std::uint8_t>(committed)));
  const Block found = evaluate(leaves, challenge) ^ mask;
  WEIR_TRY(channel.send(Tag::kVoleCheck, std::span<const Block>(&found, 1)));
  std::array<Block, 2> opening;
  WEIR_TRY(channel.receive(Tag::kVoleOpen, std::span<Block>(opening)));
  if (commitment(opening[0], opening[1]) != committed || opening[0] != found) return deviates();
  return {};
}

Block sum_of(std::span<const Block> blocks) {
  Block sum;
  for (const Block& block : blocks) sum ^= block;
  return sum;
}

}  // namespace

Result<Blocks> vole_keep(Channel& channel, Random& random, OtSender& ots, std::size_t count) {
  const Shape shape(count);
  WEIR_TRY_LET(const Blocks transfers, ots.extend(channel, random, shape.transfers()));
  const auto value_shares = std::span(transfers).first(shape.value_transfers());
  const auto path_shares = std::span(transfers).subspan(shape.value_transfers());
  const Blocks left = hashed(path_shares, {});
  const Blocks right = hashed(path_shares, ots.delta());

  Blocks leaves(shape.leaves());
  std::vector<SeedPair> sums(shape.depth);
  Blocks message;
  Prg roots(random_block(random));
  for (std::size_t tree = 0; tree < shape.trees; ++tree) {
    const auto own = std::span(leaves).subspan(tree * shape.width(), shape.width());
    grow_tree(roots.next(), own, sums);
    for (std::size_t level = 0; level < shape.depth; ++level) {
      message.push_back(sums[level][0] ^ left[tree * shape.depth + level]);
      message.push_back(sums[level][1] ^ right[tree * shape.depth + level]);
    }
    message.push_back(sum_of(own) ^ spell(value_shares.subspan(tree * kBits, kBits)));
  }
  WEIR_TRY(channel.send(Tag::kVoleBase, std::span<const Block>(message)));
  WEIR_TRY(check_kept(channel, random, ots.delta(), leaves, spell(value_shares.subspan(shape.trees * kBits, kBits))));
  compress(leaves);
  leaves.resize(count);
  return leaves;
}

Result<VoleValues> vole_hold(Channel& channel, Random& random, OtReceiver& ots, std::size_t count,
                             const std::function<Result<>()>& meanwhile) {
  const Shape shape(count);
  Blocks choices((shape.transfers() + kBits - 1) / kBits);
  Prg(random_block(random)).fill(choices);
  WEIR_TRY_LET(const Blocks transfers, ots.extend(channel, random, choices, shape.transfers()));
  const auto value_shares = std::span(transfers).first(shape.value_transfers());
  const Blocks pads = hashed(std::span(transfers).subspan(shape.value_transfers()), {});

  if (meanwhile) WEIR_TRY(meanwhile());
  const std::size_t per_tree = 2 * shape.depth + 1;
  Blocks message(shape.trees * per_tree);
  WEIR_TRY(channel.receive(Tag::kVoleBase, std::span(message)));
  Blocks leaves(shape.leaves());
  Noise noise;
  Blocks known(shape.depth);
  for (std::size_t tree = 0; tree < shape.trees; ++tree) {
    const auto part = std::span(message).subspan(tree * per_tree, per_tree);
    std::size_t hole = 0;
    for (std::size_t level = 0; level < shape.depth; ++level) {
      const std::size_t transfer = tree * shape.depth + level;
      const std::size_t bit = shape.value_transfers() + transfer;
      const bool side = choices[bit / kBits].bit(bit % kBits);
      known[level] = part[2 * level + (side ? 1 : 0)] ^ pads[transfer];
      hole = 2 * hole + (side ? 0 : 1);
    }
    const auto own = std::span(leaves).subspan(tree * shape.width(), shape.width());
    grow_punctured_tree(hole, known, own);
    own[hole] = sum_of(own) ^ part.back() ^ spell(value_shares.subspan(tree * kBits, kBits));
    noise.places.push_back(tree * shape.width() + hole);
    noise.values.push_back(choices[tree]);
  }
  WEIR_TRY(check_held(channel, noise, leaves, choices[shape.trees],
                      spell(value_shares.subspan(shape.trees * kBits, kBits))));
  VoleValues out{Blocks(shape.leaves()), std::move(leaves)};
  for (std::size_t i = 0; i < shape.trees; ++i) out.values[noise.places[i]] = noise.values[i];
  compress(out.values);
  compress(out.products);
  out.values.resize(count);
  out.products.resize(count);
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
