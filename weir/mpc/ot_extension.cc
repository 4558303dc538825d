// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ot_extension.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/bit_matrix.h"
#include "weir/mpc/seed_tree.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kColumns = 128;
constexpr std::size_t kPiece = 64;  // blocks of a stream that are folded at once: sixteen of them fit the first cache

// Blocks of choices that an extension of `count` transfers takes, with one more that masks the check.
std::size_t blocks_for(std::size_t count) { return (count + kColumns - 1) / kColumns + 1; }

// What a tree's leaves give: for each bit b the sum of the streams whose leaf number, XOR `hidden`, has bit b; and the
// sum of all. Column b lies at columns[b * length], the sum of all at total[0 .. length).
//
// Leaves are added up pair by pair, as their tree stands: at level b the odd ones of all pairs are column b, and the
// sums of the pairs are the next level's leaves.
void fold_streams(std::span<const Block> seeds, std::size_t hidden, std::uint64_t from, std::size_t length,
                  std::span<Block> columns, std::span<Block> total) {
  const std::size_t bits = columns.size() / length;
  std::vector<Prg> streams;
  for (std::size_t leaf = 0; leaf < seeds.size(); ++leaf) streams.emplace_back(seeds[leaf ^ hidden], from);
  Blocks leaves(seeds.size() * kPiece);
  for (std::size_t at = 0; at < length; at += kPiece) {
    const std::size_t width = std::min(kPiece, length - at);
    for (std::size_t leaf = 0; leaf < seeds.size(); ++leaf) {
      streams[leaf].fill(std::span(leaves).subspan(leaf * kPiece, width));
    }
    std::size_t left = seeds.size();
    for (std::size_t b = 0; b < bits; ++b, left /= 2) {
      Block* column = &columns[b * length + at];
      for (std::size_t pair = 0; pair < left / 2; ++pair) {
        const Block* even = &leaves[2 * pair * kPiece];
        const Block* odd = even + kPiece;
        Block* sum = &leaves[pair * kPiece];
        for (std::size_t i = 0; i < width; ++i) column[i] = pair == 0 ? odd[i] : column[i] ^ odd[i];
        for (std::size_t i = 0; i < width; ++i) sum[i] = even[i] ^ odd[i];
      }
    }
    std::copy_n(leaves.begin(), width, total.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

// The check's hash of a column: its last block masks the others.
Block digest_of(std::span<const Block> column, Block challenge) {
  return evaluate(column.first(column.size() - 1), challenge) ^ column.back();
}

// Columns become rows; the masking block and the rounding are left out.
Blocks rows_of(std::span<const Block> columns, std::size_t length, std::size_t count) {
  Blocks out(count);
  constexpr std::size_t kSquares = 4;  // a line of the cache holds a block of each
  std::array<std::array<Block, kColumns>, kSquares> squares;
  for (std::size_t at = 0; at * kColumns < count; at += kSquares) {
    const std::size_t some = std::min(kSquares, length - at);
    for (std::size_t c = 0; c < kColumns; ++c) {
      for (std::size_t s = 0; s < some; ++s) squares[s][c] = columns[c * length + at + s];
    }
    for (std::size_t s = 0; s < some && (at + s) * kColumns < count; ++s) {
      transpose(squares[s]);
      const std::size_t first = (at + s) * kColumns;
      std::copy_n(squares[s].begin(), std::min(kColumns, count - first),
                  out.begin() + static_cast<std::ptrdiff_t>(first));
    }
  }
  return out;
}

std::size_t bits_at(Block value, std::size_t first, unsigned width) {
  const std::uint64_t word = first < 64 ? value.lo >> first : value.hi >> (first - 64);
  return word & ((std::uint64_t{1} << width) - 1);
}

}  // namespace

Result<OtSender> OtSender::open(Channel& channel, Random& random, Fold fold) {
  OtSender out(fold);
  const unsigned k = static_cast<unsigned>(fold);
  out.delta_ = random_block(random);
  // Level l of a tree hides the top remaining bit of its part of delta; the receiver of a base OT gets the other side's
  // sum.
  std::vector<bool> choices;
  for (std::size_t first = 0; first < kColumns; first += k) {
    for (unsigned l = 0; l < k; ++l) choices.push_back(!out.delta_.bit(static_cast<unsigned>(first) + k - 1 - l));
  }
  WEIR_TRY_LET(const Blocks keys, receive_base_ot(channel, random, choices));
  std::vector<SeedPair> sums(kColumns);
  WEIR_TRY(channel.receive(Tag::kTreeSums, std::span(sums.front().data(), 2 * kColumns)));
  for (std::size_t first = 0; first < kColumns; first += k) {
    Blocks known(k);
    for (std::size_t l = 0; l < k; ++l) known[l] = keys[first + l] ^ sums[first + l][choices[first + l] ? 1 : 0];
    Blocks leaves(std::size_t{1} << k);
    grow_punctured_tree(bits_at(out.delta_, first, k), known, leaves);
    out.seeds_.push_back(std::move(leaves));
  }
  return out;
}

Result<OtReceiver> OtReceiver::open(Channel& channel, Random& random, Fold fold) {
  OtReceiver out(fold);
  const unsigned k = static_cast<unsigned>(fold);
  WEIR_TRY_LET(const std::vector<SeedPair> keys, send_base_ot(channel, random, kColumns));
  std::vector<SeedPair> sums(kColumns);
  for (std::size_t first = 0; first < kColumns; first += k) {
    Blocks leaves(std::size_t{1} << k);
    grow_tree(random_block(random), leaves, std::span(sums).subspan(first, k));
    out.seeds_.push_back(std::move(leaves));
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t side = 0; side < 2; ++side) sums[i][side] ^= keys[i][side];
  }
  WEIR_TRY(channel.send(Tag::kTreeSums, std::span<const Block>(sums.front().data(), 2 * kColumns)));
  WEIR_TRY(channel.flush());
  return out;
}

Result<Blocks> OtSender::extend(Channel& channel, Random& random, std::size_t count) {
  const std::size_t length = blocks_for(count);
  const unsigned k = static_cast<unsigned>(fold_);
  Blocks columns(kColumns * length);
  Blocks total(length);
  Blocks correction(length);
  for (std::size_t tree = 0; tree < seeds_.size(); ++tree) {
    const std::size_t hidden = bits_at(delta_, tree * k, k);
    const auto own = std::span(columns).subspan(tree * k * length, k * length);
    fold_streams(seeds_[tree], hidden, used_, length, own, total);
    WEIR_TRY(channel.receive(Tag::kExtensionColumns, std::span(correction)));
    for (std::size_t b = 0; b < k; ++b) {
      const Block mask = mask_of(((hidden >> b) & 1) != 0);
      for (std::size_t i = 0; i < length; ++i) own[b * length + i] ^= correction[i] & mask;
    }
  }
  used_ += length;
  const Block challenge = random_block(random);
  WEIR_TRY(channel.send(Tag::kExtensionChallenge, std::span(&challenge, 1)));
  std::array<Block, kColumns + 1> proof;  // of the columns, then of the choices
  WEIR_TRY(channel.receive(Tag::kExtensionCheck, std::span<Block>(proof)));
  Block wrong;
  for (unsigned c = 0; c < kColumns; ++c) {
    const Block digest = digest_of(std::span(columns).subspan(c * length, length), challenge);
    const Block differ = digest ^ proof[c] ^ (proof[kColumns] & mask_of(delta_.bit(c)));
    wrong.lo |= differ.lo;
    wrong.hi |= differ.hi;
  }
  if (wrong != Block{}) {
    return Error(Errc::kCorrupt, "the other side's transfers are inconsistent: it deviates from the protocol")
        .because("mpc.check");
  }
  return rows_of(columns, length, count);
}

Result<Blocks> OtReceiver::extend(Channel& channel, Random& random, std::span<const Block> choices, std::size_t count) {
  const std::size_t length = blocks_for(count);
  WEIR_CHECK(choices.size() >= length - 1);
  const unsigned k = static_cast<unsigned>(fold_);
  Blocks chosen(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(length - 1));
  chosen.push_back(random_block(random));
  Blocks columns(kColumns * length);
  Blocks total(length);
  for (std::size_t tree = 0; tree < seeds_.size(); ++tree) {
    fold_streams(seeds_[tree], 0, used_, length, std::span(columns).subspan(tree * k * length, k * length), total);
    for (std::size_t i = 0; i < length; ++i) total[i] ^= chosen[i];
    WEIR_TRY(channel.send(Tag::kExtensionColumns, std::span<const Block>(total)));
  }
  used_ += length;
  Block challenge;
  WEIR_TRY(channel.receive(Tag::kExtensionChallenge, std::span(&challenge, 1)));
  std::array<Block, kColumns + 1> proof;
  for (std::size_t c = 0; c < kColumns; ++c) {
    proof[c] = digest_of(std::span(columns).subspan(c * length, length), challenge);
  }
  proof[kColumns] = digest_of(chosen, challenge);
  WEIR_TRY(channel.send(Tag::kExtensionCheck, std::span<const Block>(proof)));
  WEIR_TRY(channel.flush());
  return rows_of(columns, length, count);
}

}  // namespace weir::mpc
