// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/silent_ot.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/primal_code.h"
#include "weir/mpc/seed_tree.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kBits = 128;
constexpr std::size_t kPiece = std::size_t{1} << 13;        // leaves
constexpr std::size_t kTreesAtOnce = 64;                    // in a message

void clear_choice(Block& block) { block.lo &= ~std::uint64_t{1}; }

crypto::Digest digest_of(Block value) {
  return crypto::hash(crypto::HashAlgorithm::kSha256,
                      {view_of("weir/silent-ot-check/1"), bytes_of(std::span<const Block>(&value, 1))});
}

// Whole trees, a message's worth at a time: each(first tree, their count).
template <class Each>
Result<> by_message(const SilentShape& shape, const Each& each) {
  for (std::size_t tree = 0; tree < shape.trees; tree += kTreesAtOnce) {
    WEIR_TRY(each(tree, std::min(kTreesAtOnce, shape.trees - tree)));
  }
  return {};
}

// Makes the next batch, unless so many are left of this one; grow() makes its leaves.
template <class Grow>
Result<> have(SilentBatch& batch, std::size_t least, const Grow& grow) {
  if (batch.left() >= least) return {};
  batch.renew();
  WEIR_TRY(grow());
  batch.begin();
  return {};
}

template <class Grow>
Result<> in_pieces(SilentBatch& batch, std::size_t count, const Grow& grow, const OtUse& use) {
  for (std::size_t done = 0; done < count;) {
    WEIR_TRY(have(batch, 1, grow));
    const std::span<Block> piece = batch.take(std::min({kPiece, count - done, batch.left()}));
    WEIR_TRY(use(done, piece));
    done += piece.size();
  }
  return {};
}

// All that is left of a batch, in blocks of choices.
template <class Grow>
Result<CotRun> next_run(SilentBatch& batch, std::size_t most, const Grow& grow) {
  WEIR_TRY(have(batch, std::min(most, kBits), grow));
  const std::size_t count = most <= batch.left() ? most : batch.left() / kBits * kBits;
  return CotRun{count, (count + kOtPiece - 1) / kOtPiece};
}

}  // namespace

void SilentBatch::renew() {
  if (leaves_.empty()) return leaves_.resize(shape_.leaves());
  std::copy_n(leaves_.begin(), base_.size(), base_.begin());
}

void SilentBatch::begin() {
  ready_ = 0;
  while (ready_ < shape_.reserve()) encode_piece();
  at_ = shape_.reserve();
}

std::span<Block> SilentBatch::take(std::size_t count) {
  WEIR_CHECK(count <= left());
  at_ += count;
  while (ready_ < at_) encode_piece();
  return std::span(leaves_).subspan(at_ - count, count);
}

void SilentBatch::encode_piece() {
  const std::size_t count = std::min(kPiece, leaves_.size() - ready_);
  add_places(std::span(base_).first(shape_.base), ready_, std::span(leaves_).subspan(ready_, count));
  ready_ += count;
}

Result<SilentOtSender> SilentOtSender::open(Channel& channel, Random& random, const SilentShape& shape) {
  WEIR_TRY_LET(OtSender ots, OtSender::open(channel, random, Fold::k4));
  WEIR_TRY_LET(Blocks first, ots.extend(channel, random, shape.reserve()));
  for (Block& each : first) clear_choice(each);
  return SilentOtSender(ots.delta() ^ Block{~ots.delta().lo & 1, 0}, shape, std::move(first));
}

Result<SilentOtReceiver> SilentOtReceiver::open(Channel& channel, Random& random, const SilentShape& shape) {
  WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(channel, random, Fold::k4));
  Blocks choices((shape.reserve() + kBits - 1) / kBits);
  Prg(random_block(random)).fill(choices);
  WEIR_TRY_LET(Blocks first, ots.extend(channel, random, choices, shape.reserve()));
  for (std::size_t i = 0; i < first.size(); ++i) {
    clear_choice(first[i]);
    first[i].lo |= choices[i / kBits].bit(i % kBits) ? 1 : 0;
  }
  return SilentOtReceiver(shape, std::move(first));
}

Result<> SilentOtSender::grow(Channel& channel, Random& random) {
  const SilentShape& shape = batch_.shape();
  Blocks left(batch_.paths().begin(), batch_.paths().end()), right = left;
  for (Block& each : right) each ^= delta_;
  hash_blocks(left, tweak_);
  hash_blocks(right, tweak_);
  tweak_ += left.size();
  Prg roots(random_block(random));
  std::vector<SeedPair> sums(shape.depth);
  Blocks message;
  WEIR_TRY(by_message(shape, [&](std::size_t first, std::size_t count) {
    message.clear();
    for (std::size_t tree = first; tree < first + count; ++tree) {
      const auto own = std::span(batch_.leaves()).subspan(tree * shape.width(), shape.width());
      grow_tree(roots.next(), own, sums);
      for (std::size_t level = 0; level < shape.depth; ++level) {
        message.push_back(sums[level][0] ^ left[tree * shape.depth + level]);
        message.push_back(sums[level][1] ^ right[tree * shape.depth + level]);
      }
      for (Block& leaf : own) clear_choice(leaf);
      message.push_back(sum_of(own) ^ delta_);
    }
    return channel.send(Tag::kSilentTrees, std::span<const Block>(message));
  }));
  std::array<Block, 2> challenge_and_places;
  WEIR_TRY(channel.receive(Tag::kSilentChallenge, std::span<Block>(challenge_and_places)));
  const Block expected = Evaluation(challenge_and_places[0]).of(batch_.leaves()) ^ spell(batch_.masks()) ^
                         multiply(delta_, challenge_and_places[1]);
  WEIR_TRY(channel.send(Tag::kSilentCheck, ByteView(digest_of(expected))));
  return channel.flush();
}

Result<> SilentOtReceiver::grow(Channel& channel, Random& random) {
  const SilentShape& shape = batch_.shape();
  const auto paths = batch_.paths();
  Blocks pads(paths.begin(), paths.end());
  hash_blocks(pads, tweak_);
  tweak_ += pads.size();
  const std::size_t per_tree = 2 * shape.depth + 1;
  const Block challenge = random_block(random);
  Block places;  // the noisy ones, at the challenge
  EvaluationInPieces sum(challenge, kTreesAtOnce * shape.width());
  Blocks message, known(shape.depth);
  WEIR_TRY(by_message(shape, [&](std::size_t first, std::size_t count) -> Result<> {
    message.resize(count * per_tree);
    WEIR_TRY(channel.receive(Tag::kSilentTrees, std::span(message)));
    for (std::size_t tree = first; tree < first + count; ++tree) {
      const auto part = std::span(message).subspan((tree - first) * per_tree, per_tree);
      std::size_t hole = 0;
      for (std::size_t level = 0; level < shape.depth; ++level) {
        const std::size_t path = tree * shape.depth + level;
        const std::size_t side = paths[path].lo & 1;
        known[level] = part[2 * level + side] ^ pads[path];
        hole = 2 * hole + (1 - side);
      }
      const auto own = std::span(batch_.leaves()).subspan(tree * shape.width(), shape.width());
      grow_punctured_tree(hole, known, own);
      for (Block& leaf : own) clear_choice(leaf);
      own[hole] = sum_of(own) ^ part.back();
      places ^= power(challenge, tree * shape.width() + hole + 1);
    }
    sum.add(std::span(batch_.leaves()).subspan(first * shape.width(), count * shape.width()));
    return {};
  }));
  const auto masks = batch_.masks();
  for (std::size_t b = 0; b < kBits; ++b) {
    std::uint64_t& word = b < 64 ? places.lo : places.hi;
    word ^= (masks[b].lo & 1) << (b % 64);
  }
  WEIR_TRY(channel.send(Tag::kSilentChallenge, std::span<const Block>(std::array{challenge, places})));
  crypto::Digest expected;
  WEIR_TRY(channel.receive(Tag::kSilentCheck, std::span<std::uint8_t>(expected)));
  if (digest_of(sum.value() ^ spell(masks)) != expected) {
    return Error(Errc::kCorrupt, "the other side's trees are inconsistent: it deviates from the protocol")
        .because("mpc.check");
  }
  return {};
}

Result<> SilentOtSender::extend_random(Channel& channel, Random& random, std::size_t count, const OtUse& use) {
  return in_pieces(batch_, count, [&] { return grow(channel, random); }, use);
}

Result<> SilentOtReceiver::extend_random(Channel& channel, Random& random, std::size_t count, const OtUse& use) {
  return in_pieces(batch_, count, [&] { return grow(channel, random); }, use);
}

Result<CotRun> SilentOtSender::begin(Channel& channel, Random& random, std::size_t most) {
  return next_run(batch_, most, [&] { return grow(channel, random); });
}

Result<CotRun> SilentOtReceiver::begin(Channel& channel, Random& random, std::size_t most) {
  return next_run(batch_, most, [&] { return grow(channel, random); });
}

Result<> SilentOtSender::take_choices(Channel& channel, Random&, std::size_t count) {
  Blocks turned((count + kBits - 1) / kBits);
  WEIR_TRY(channel.receive(Tag::kSilentChoices, std::span(turned)));
  const std::span<Block> piece = batch_.take(count);
  for (std::size_t i = 0; i < count; ++i) piece[i] ^= delta_ & mask_of(turned[i / kBits].bit(i % kBits));
  under_way_.push_back(piece);
  return {};
}

Result<> SilentOtReceiver::send_choices(Channel& channel, Random&, std::span<const Block> choices, std::size_t count) {
  const std::span<Block> piece = batch_.take(count);
  Blocks turned((count + kBits - 1) / kBits);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t& word = i % kBits < 64 ? turned[i / kBits].lo : turned[i / kBits].hi;
    word |= ((piece[i].lo ^ (choices[i / kBits].bit(i % kBits) ? 1 : 0)) & 1) << (i % 64);
  }
  under_way_.push_back(piece);
  WEIR_TRY(channel.send(Tag::kSilentChoices, std::span<const Block>(turned)));
  return channel.flush();
}

std::span<Block> take_oldest(SilentPieces& pieces) {
  WEIR_CHECK(!pieces.empty());
  const std::span<Block> out = pieces.front();
  pieces.pop_front();
  return out;
}

}  // namespace weir::mpc
