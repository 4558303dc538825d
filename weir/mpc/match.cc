// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/match.h"

#include <algorithm>
#include <bit>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kPart = 2048;  // entries of a part, about: its table stays in the first cache
constexpr std::uint32_t kNone = ~std::uint32_t{0};

unsigned part_bits(std::size_t count) {
  return static_cast<unsigned>(std::countr_zero(std::bit_ceil(count / kPart + 1)));
}

}  // namespace

Split::Split(std::span<const Block> blocks, unsigned bits, bool keep_places) : starts((std::size_t{1} << bits) + 1) {
  const auto part_of = [bits](Block block) { return bits == 0 ? 0 : block.hi >> (64 - bits); };
  for (const Block& block : blocks) ++starts[part_of(block) + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  sorted.resize(blocks.size());
  if (keep_places) where.resize(blocks.size());
  std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::uint32_t to = next[part_of(blocks[i])]++;
    sorted[to] = blocks[i];
    if (keep_places) where[to] = static_cast<std::uint32_t>(i);
  }
}

Matcher::Matcher(std::span<const Block> own)
    : bits_(part_bits(own.size())), mine_(own, bits_, true), tables_{0}, shared_(own.size()) {
  WEIR_CHECK(own.size() < kNone);
  for (std::size_t part = 0; part + 1 < mine_.starts.size(); ++part) {
    tables_.push_back(tables_.back() + std::bit_ceil(2 * std::size_t{mine_.starts[part + 1] - mine_.starts[part]} + 1));
  }
  slots_.assign(tables_.back(), kNone);
  for (std::size_t part = 0; part + 1 < mine_.starts.size(); ++part) {
    std::uint32_t* table = slots_.data() + tables_[part];
    const std::size_t mask = tables_[part + 1] - tables_[part] - 1;
    for (std::uint32_t i = mine_.starts[part]; i < mine_.starts[part + 1]; ++i) {
      std::size_t slot = mine_.sorted[i].lo & mask;
      while (table[slot] != kNone) slot = (slot + 1) & mask;
      table[slot] = i;
    }
  }
}

void Matcher::look_up(std::span<const Block> others) {
  WEIR_CHECK(others.size() < kNone);
  const Split theirs(others, bits_, false);
  for (std::size_t part = 0; part + 1 < mine_.starts.size(); ++part) {
    const std::uint32_t* table = slots_.data() + tables_[part];
    const std::size_t mask = tables_[part + 1] - tables_[part] - 1;
    for (std::uint32_t i = theirs.starts[part]; i < theirs.starts[part + 1]; ++i) {
      const Block& wanted = theirs.sorted[i];
      for (std::size_t slot = wanted.lo & mask; table[slot] != kNone; slot = (slot + 1) & mask) {
        if (mine_.sorted[table[slot]] != wanted) continue;
        shared_[mine_.where[table[slot]]] = true;
        break;
      }
    }
  }
}

std::vector<std::size_t> Matcher::found() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < shared_.size(); ++i) {
    if (shared_[i]) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> match(std::span<const Block> own, std::span<const Block> others) {
  Matcher matcher(own);
  for (std::size_t at = 0; at < others.size(); at += Matcher::kAtOnce) {
    matcher.look_up(others.subspan(at, std::min(Matcher::kAtOnce, others.size() - at)));
  }
  return matcher.found();
}

void shuffle(std::span<Block> blocks, Random& random) {
  Prg prg(random_block(random));
  Blocks words(std::min<std::size_t>(blocks.size(), 1024));
  for (std::size_t left = blocks.size(), at = words.size(); left > 1; --left, ++at) {
    if (at >= words.size()) {
      prg.fill(words);
      at = 0;
    }
    const std::size_t chosen = words[at].lo % left;  // the bias is below left / 2^64
    std::swap(blocks[left - 1], blocks[chosen]);
  }
}

}  // namespace weir::mpc
