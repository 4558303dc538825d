// Two parties: runs both sides of a protocol, each in its own thread, over a line in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/memory_channel.h"
#include "weir/mpc/silent_ot.h"

namespace weir::mpc {

using Change = std::function<void(std::size_t n, Bytes& piece)>;

// Gives what `first(channel, random)` and `second(channel, random)` returned; `change` spoils what the first side
// sends.
template <class First, class Second>
auto both(First&& first, Second&& second, Change change = {}) {
  auto [left, right] = MemoryChannel::pair(std::chrono::seconds(60));
  if (change) left->tamper(std::move(change));
  using Answer = decltype(second(static_cast<Channel&>(*right), std::declval<Random&>()));
  std::optional<Answer> answer;
  std::thread other([&] {
    SeededRandom random(2);
    answer.emplace(second(static_cast<Channel&>(*right), random));
    if (!*answer) right->close();  // whoever stops in the middle hangs up
  });
  SeededRandom random(1);
  auto result = first(static_cast<Channel&>(*left), random);
  if (!result) left->close();
  other.join();
  return std::pair(std::move(result), std::move(*answer));
}

// A batch of 1792 silent transfers, of no security.
inline constexpr SilentShape kSmallBatch{.base = 500, .trees = 20, .depth = 7};
// Images on a disk that forgets nothing.
struct ImagesInMemory final : KeptImages {
  Result<std::size_t> open(Block under) override {
    if (name != under) blocks.clear();
    name = under;
    return blocks.size();
  }
  Result<> add(std::span<const Block> images) override {
    blocks.insert(blocks.end(), images.begin(), images.end());
    return {};
  }
  Result<> close() override { return {}; }
  Result<> each(const std::function<void(std::span<const Block>)>& take) override {
    take(blocks);
    return {};
  }

  Block name;
  Blocks blocks;
};

// So many distinct elements.
inline Blocks keys_from(std::size_t first, std::size_t count) {
  Blocks out;
  for (std::size_t i = first; i < first + count; ++i) out.push_back({i * 0x9e3779b97f4a7c15, i});
  return out;
}

}  // namespace weir::mpc
