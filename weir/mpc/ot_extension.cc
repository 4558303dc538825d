// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ot_extension.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/mpc/bit_matrix.h"
#include "weir/mpc/leaf_fold.h"
#include "weir/mpc/seed_tree.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kColumns = 128;

// Blocks of choices that an extension of `count` transfers takes, with one more that masks the check.
std::size_t blocks_for(std::size_t count) { return (count + kColumns - 1) / kColumns + 1; }

// The check's hash of a column: its last block masks the others.
Block digest_of(std::span<const Block> column, const Evaluation& at) {
  return at.of(column.first(column.size() - 1)) ^ column.back();
}

std::size_t bits_at(Block value, std::size_t first, unsigned width) {
  const std::uint64_t word = first < 64 ? value.lo >> first : value.hi >> (first - 64);
  return word & ((std::uint64_t{1} << width) - 1);
}

// The memory of an earlier step: memory that is there costs less than memory to be had.
ExtensionStep take_spare(std::vector<ExtensionStep>& spare) {
  if (spare.empty()) return {};
  ExtensionStep out = std::move(spare.back());
  spare.pop_back();
  return out;
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
    out.seeds_.emplace_back(leaves.begin(), leaves.end());
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
    out.seeds_.emplace_back(leaves.begin(), leaves.end());
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t side = 0; side < 2; ++side) sums[i][side] ^= keys[i][side];
  }
  WEIR_TRY(channel.send(Tag::kTreeSums, std::span<const Block>(sums.front().data(), 2 * kColumns)));
  WEIR_TRY(channel.flush());
  return out;
}

Result<> OtSender::take_choices(Channel& channel, Random& random, std::size_t count) {
  const std::size_t length = blocks_for(count);
  const unsigned k = static_cast<unsigned>(fold_);
  const std::size_t stride = stride_of(length);
  ExtensionStep step = take_spare(spare_);
  step.count = count;
  step.columns.resize(kColumns * stride);
  step.choices.resize(length);
  Blocks total(length);
  for (std::size_t tree = 0; tree < seeds_.size(); ++tree) {
    const std::size_t hidden = bits_at(delta_, tree * k, k);
    const auto own = std::span(step.columns).subspan(tree * k * stride, k * stride);
    fold_leaves(seeds_[tree], hidden, used_, own, stride, total);
    WEIR_TRY(channel.receive(Tag::kExtensionColumns, std::span(step.choices)));
    for (std::size_t b = 0; b < k; ++b) {
      const Block mask = mask_of(((hidden >> b) & 1) != 0);
      for (std::size_t i = 0; i < length; ++i) own[b * stride + i] ^= step.choices[i] & mask;
    }
  }
  used_ += length;
  step.challenge = random_block(random);
  WEIR_TRY(channel.send(Tag::kExtensionChallenge, std::span<const Block>(&step.challenge, 1)));
  WEIR_TRY(channel.flush());
  under_way_.push_back(std::move(step));
  return {};
}

Result<std::span<Block>> OtSender::finish(Channel& channel) {
  WEIR_CHECK(!under_way_.empty());
  ExtensionStep step = std::move(under_way_.front());
  under_way_.pop_front();
  const std::size_t length = blocks_for(step.count);
  const std::size_t stride = stride_of(length);
  std::array<Block, kColumns + 1> proof;  // of the columns, then of the choices
  WEIR_TRY(channel.receive(Tag::kExtensionCheck, std::span<Block>(proof)));
  const Evaluation challenge(step.challenge);
  Block wrong;
  for (unsigned c = 0; c < kColumns; ++c) {
    const Block digest = digest_of(std::span(step.columns).subspan(c * stride, length), challenge);
    const Block differ = digest ^ proof[c] ^ (proof[kColumns] & mask_of(delta_.bit(c)));
    wrong.lo |= differ.lo;
    wrong.hi |= differ.hi;
  }
  if (wrong != Block{}) {
    return Error(Errc::kCorrupt, "the other side's transfers are inconsistent: it deviates from the protocol")
        .because("mpc.check");
  }
  rows_.resize(step.count);
  transpose(step.columns, stride, rows_);
  spare_.push_back(std::move(step));
  return std::span(rows_);
}

Result<> OtReceiver::send_choices(Channel& channel, Random& random, std::span<const Block> choices,
                                  std::size_t count) {
  const std::size_t length = blocks_for(count);
  WEIR_CHECK(choices.size() >= length - 1);
  const unsigned k = static_cast<unsigned>(fold_);
  const std::size_t stride = stride_of(length);
  ExtensionStep step = take_spare(spare_);
  step.count = count;
  step.columns.resize(kColumns * stride);
  step.choices.assign(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(length - 1));
  step.choices.push_back(random_block(random));
  Blocks total(length);
  for (std::size_t tree = 0; tree < seeds_.size(); ++tree) {
    fold_leaves(seeds_[tree], 0, used_, std::span(step.columns).subspan(tree * k * stride, k * stride), stride, total);
    for (std::size_t i = 0; i < length; ++i) total[i] ^= step.choices[i];
    WEIR_TRY(channel.send(Tag::kExtensionColumns, std::span<const Block>(total)));
  }
  used_ += length;
  WEIR_TRY(channel.flush());
  under_way_.push_back(std::move(step));
  return {};
}

Result<> OtReceiver::prove(Channel& channel) {
  WEIR_CHECK(!under_way_.empty());
  ExtensionStep step = std::move(under_way_.front());
  under_way_.pop_front();
  const std::size_t length = blocks_for(step.count);
  const std::size_t stride = stride_of(length);
  WEIR_TRY(channel.receive(Tag::kExtensionChallenge, std::span(&step.challenge, 1)));
  const Evaluation challenge(step.challenge);
  std::array<Block, kColumns + 1> proof;
  for (std::size_t c = 0; c < kColumns; ++c) {
    proof[c] = digest_of(std::span(step.columns).subspan(c * stride, length), challenge);
  }
  proof[kColumns] = digest_of(step.choices, challenge);
  WEIR_TRY(channel.send(Tag::kExtensionCheck, std::span<const Block>(proof)));
  WEIR_TRY(channel.flush());
  Blocks& rows = rows_[proven_++ % rows_.size()];
  rows.resize(step.count);
  transpose(step.columns, stride, rows);
  spare_.push_back(std::move(step));
  return {};
}

std::span<Block> OtReceiver::finish() {
  WEIR_CHECK(finished_ < proven_ && proven_ <= finished_ + rows_.size());
  return rows_[finished_++ % rows_.size()];
}

}  // namespace weir::mpc
