// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/psi.h"

#include <algorithm>
#include <set>

#include "weir/mpc/match.h"
#include "weir/mpc/oprf.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 14;  // images sent at once

}  // namespace

Result<> psi_send(Channel& channel, Random& random, std::span<const Block> elements, std::size_t others) {
  Blocks order;
  WEIR_TRY_LET(const OprfKey function, oprf_serve(channel, random, others, [&] {
                 order.assign(elements.begin(), elements.end());
                 shuffle(order, random);
               }));
  channel.phase("images");
  Blocks shares(kPiece);
  for (std::size_t at = 0; at < order.size(); at += kPiece) {
    const std::size_t count = std::min(kPiece, order.size() - at);
    const auto images = std::span(shares).first(count);
    function.evaluate(std::span<const Block>(order).subspan(at, count), images);
    WEIR_TRY(channel.send(Tag::kPsiImages, std::span<const Block>(images)));
  }
  return channel.flush();
}

Result<std::vector<std::size_t>> psi_receive(Channel& channel, Random& random, std::span<const Block> elements,
                                             std::size_t others) {
  WEIR_TRY_LET(const OprfImages own, oprf_ask(channel, random, elements));
  Matcher matcher(own.images);
  Blocks piece(std::min(others, kPiece));
  for (std::size_t at = 0; at < others; at += kPiece) {
    const auto images = std::span(piece).first(std::min(kPiece, others - at));
    channel.phase("images");
    WEIR_TRY(channel.receive(Tag::kPsiImages, images));
    channel.phase("match");
    matcher.look_up(images);
  }
  Bytes shared(elements.size());
  own.order.from_clusters<std::uint8_t>(matcher.shared(), shared);
  return places_of_ones(shared);
}

Result<std::vector<std::size_t>> psi_both(Channel& channel, Random& random, std::span<const Block> elements,
                                          std::size_t others, bool first) {
  std::vector<std::size_t> found;
  if (!first) WEIR_TRY(psi_send(channel, random, elements, others));
  WEIR_TRY_LET(found, psi_receive(channel, random, elements, others));
  if (first) WEIR_TRY(psi_send(channel, random, elements, others));
  return found;
}

std::vector<std::size_t> ideal_psi(std::span<const Block> receiver, std::span<const Block> sender) {
  const auto less = [](Block a, Block b) { return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo; };
  const std::set<Block, decltype(less)> have(sender.begin(), sender.end(), less);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < receiver.size(); ++i) {
    if (have.contains(receiver[i])) out.push_back(i);
  }
  return out;
}

}  // namespace weir::mpc
