// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/oprf.h"

#include <array>
#include <optional>

#include "weir/crypto/hash.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/vole.h"

namespace weir::mpc {
namespace {

constexpr Fold kFold = Fold::k4;

// The asker's values in the store, and what the server subtracts: a random oracle of the element.
void hash_elements(std::span<const Block> elements, std::span<Block> out) {
  static const Aes oracle(Block{0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917});  // more digits of pi
  oracle.encrypt(elements, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= elements[i];
}

crypto::Digest commitment(Block coin) {
  return crypto::hash(crypto::HashAlgorithm::kSha256,
                      {view_of("weir/psi-coin/1"), bytes_of(std::span<const Block>(&coin, 1))});
}

// The random function's images, from the decoded shares.
void finish(std::span<Block> shares, Block coin, std::span<const Block> elements) {
  for (Block& share : shares) share ^= coin;
  hash_blocks(shares, elements);
}

}  // namespace

void OprfKey::evaluate(std::span<const Block> elements, std::span<Block> images) const {
  const OkvsKeys sorted(shape_, seed_, elements);
  Blocks shares(elements.size()), hashes(elements.size());
  okvs_decode(sorted, keys_, shares);
  hash_elements(sorted.keys(), hashes);
  add_multiples(shares, delta_, hashes);
  finish(shares, coin_, sorted.keys());
  sorted.from_clusters<Block>(shares, images);
}

Blocks OprfImages::in_order() const {
  Blocks out(images.size());
  order.from_clusters<Block>(images, out);
  return out;
}

Result<OprfKey> oprf_serve(Channel& channel, Random& random, std::size_t others,
                           const std::function<void()>& meanwhile) {
  const Block own_coin = random_block(random);
  channel.phase("base_ot");
  WEIR_TRY(channel.send(Tag::kPsiCommit, ByteView(commitment(own_coin))));
  WEIR_TRY_LET(OtSender ots, OtSender::open(channel, random, kFold));
  const OkvsShape shape(others);
  Blocks store;
  const auto prepare = [&]() -> Result<> {
    store.resize(shape.size());
    if (meanwhile) meanwhile();
    return {};
  };
  WEIR_TRY_LET(Blocks keys, vole_keep(channel, random, ots, shape.size(), prepare));
  channel.phase("store");
  std::array<Block, 2> seed_and_coin;
  WEIR_TRY(channel.receive(Tag::kPsiCoin, std::span<Block>(seed_and_coin)));
  WEIR_TRY(channel.receive(Tag::kPsiStore, std::span(store)));
  WEIR_TRY(channel.send(Tag::kPsiCoin, std::span<const Block>(&own_coin, 1)));
  add_multiples(keys, ots.delta(), store);
  return OprfKey(shape, seed_and_coin[0], std::move(keys), ots.delta(), own_coin ^ seed_and_coin[1]);
}

Result<OprfImages> oprf_ask(Channel& channel, Random& random, std::span<const Block> elements) {
  channel.phase("base_ot");
  crypto::Digest committed;
  WEIR_TRY(channel.receive(Tag::kPsiCommit, std::span<std::uint8_t>(committed)));
  WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(channel, random, kFold));
  const OkvsShape shape(elements.size());
  const std::array<Block, 2> seed_and_coin{random_block(random), random_block(random)};
  std::optional<OkvsKeys> order;
  const auto encode = [&]() -> Result<Blocks> {
    channel.phase("encode");
    order.emplace(shape, seed_and_coin[0], elements);
    return okvs_encode(
        *order,
        [&](std::size_t from, std::span<Block> out) { hash_elements(order->keys().subspan(from, out.size()), out); },
        random);
  };
  WEIR_TRY_LET(VoleValues vole, vole_hold(channel, random, ots, shape.size(), encode));
  channel.phase("store");
  WEIR_TRY(channel.send(Tag::kPsiCoin, std::span<const Block>(seed_and_coin)));
  WEIR_TRY(channel.send(Tag::kPsiStore, std::span<const Block>(vole.values)));
  WEIR_TRY(channel.flush());
  channel.phase("decode");
  Blocks images = std::move(vole.values);  // memory that is at hand already
  images.resize(elements.size());
  okvs_decode(*order, vole.products, images);
  Block coin;
  WEIR_TRY(channel.receive(Tag::kPsiCoin, std::span(&coin, 1)));
  if (commitment(coin) != committed) {
    return Error(Errc::kCorrupt,
                 "the other side opened another coin than it committed to: it deviates from the protocol")
        .because("mpc.check");
  }
  finish(images, coin ^ seed_and_coin[1], order->keys());
  return OprfImages{std::move(*order), std::move(images)};
}

}  // namespace weir::mpc
