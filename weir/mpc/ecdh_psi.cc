// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ecdh_psi.h"

#include <algorithm>
#include <cstring>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/match.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kPiece = 1024;         // points sent at once
constexpr std::size_t kImagesPiece = 16384;  // blocks sent at once

// Bytes that follow from a seed, for an order that can be found again.
class StreamRandom final : public Random {
 public:
  explicit StreamRandom(Block seed) : stream_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::size_t at = 0; at < out.size(); at += sizeof(Block)) {
      const Block next = stream_.next();
      std::memcpy(out.data() + at, &next, std::min(sizeof next, out.size() - at));
    }
  }

 private:
  Prg stream_;
};

Result<> answer(Channel& channel, const DhSecret& secret, std::size_t others) {
  channel.phase("points");
  for (std::size_t at = 0; at < others; at += kPiece) {
    Bytes theirs(std::min(kPiece, others - at) * point_bytes(secret.curve()));
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(theirs)));
    WEIR_TRY_LET(const Bytes raised, secret.raise(theirs));
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(raised)));
    WEIR_TRY(channel.flush());
  }
  return {};
}

// The function on the elements, in their order. Two pieces are under way, so that both sides compute.
Result<Blocks> ask(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements) {
  channel.phase("points");
  const DhSecret secret = DhSecret::random(curve, random);
  const DhSecret undo = secret.undo();
  const auto piece_of = [&](std::size_t at) { return elements.subspan(at, std::min(kPiece, elements.size() - at)); };
  const auto send = [&](std::size_t at) -> Result<> {
    if (at >= elements.size()) return {};
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(secret.hide(piece_of(at)))));
    return channel.flush();
  };
  Blocks out;
  WEIR_TRY(send(0));
  for (std::size_t at = 0; at < elements.size(); at += kPiece) {
    WEIR_TRY(send(at + kPiece));
    Bytes raised(piece_of(at).size() * point_bytes(curve));
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(raised)));
    WEIR_TRY_LET(const Bytes points, undo.raise(raised));
    const Blocks values = blocks_of_points(curve, points);
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

// Until there are `total`.
Result<> receive_images(Channel& channel, Blocks& images, std::size_t total) {
  channel.phase("images");
  while (images.size() < total) {
    Blocks piece(std::min(kImagesPiece, total - images.size()));
    WEIR_TRY(channel.receive(Tag::kPsiImages, std::span(piece)));
    images.insert(images.end(), piece.begin(), piece.end());
  }
  channel.phase("match");
  return {};
}

// What elements come to, in their order, a piece at a time.
Result<> evaluate(Channel& channel, const DhSecret& secret, std::span<const Block> elements) {
  channel.phase("images");
  for (std::size_t at = 0; at < elements.size(); at += kImagesPiece) {
    const Blocks images = ecdh_images(secret, elements.subspan(at, std::min(kImagesPiece, elements.size() - at)));
    WEIR_TRY(channel.send(Tag::kPsiImages, std::span<const Block>(images)));
    WEIR_TRY(channel.flush());
  }
  return channel.flush();
}

Result<> send_shuffled(Channel& channel, Random& random, const DhSecret& secret, std::span<const Block> elements) {
  Blocks order(elements.begin(), elements.end());
  shuffle(order, random);
  return evaluate(channel, secret, order);
}

// Of a secret, for another use than raising.
Block derived(const DhSecret& secret, std::string_view use) {
  const auto bytes = crypto::derive(crypto::HashAlgorithm::kSha256, secret.bytes(), {}, view_of(use), sizeof(Block));
  Block out;
  std::memcpy(&out, bytes.expose(crypto::SecretAccess("images of a set")).data(), sizeof out);
  return out;
}

// Points of some bytes each, every order equally likely.
Bytes shuffled(const Bytes& points, std::size_t bytes, Random& random) {
  Blocks places(points.size() / bytes);
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = {i, 0};
  shuffle(places, random);
  Bytes out(points.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(places[i].lo * bytes), bytes,
                out.begin() + static_cast<std::ptrdiff_t>(i * bytes));
  }
  return out;
}

}  // namespace

Result<> ecdh_psi_send(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                       std::size_t others) {
  const DhSecret secret = DhSecret::random(curve, random);
  WEIR_TRY(answer(channel, secret, others));
  return send_shuffled(channel, random, secret, elements);
}

Result<> ecdh_size_send(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                        std::size_t others) {
  const DhSecret secret = DhSecret::random(curve, random);
  const std::size_t piece = kPiece * point_bytes(curve);
  channel.phase("points");
  Bytes points;
  while (points.size() < others * point_bytes(curve)) {
    Bytes theirs(std::min(piece, others * point_bytes(curve) - points.size()));
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(theirs)));
    WEIR_TRY_LET(const Bytes raised, secret.raise(theirs));
    points.insert(points.end(), raised.begin(), raised.end());
  }
  points = shuffled(points, point_bytes(curve), random);
  for (std::size_t at = 0; at < points.size(); at += piece) {
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(points).subspan(at, std::min(piece, points.size() - at))));
  }
  return send_shuffled(channel, random, secret, elements);
}

Result<std::size_t> ecdh_size_receive(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                                      std::size_t others) {
  const DhSecret secret = DhSecret::random(curve, random);
  channel.phase("points");
  for (std::size_t at = 0; at < elements.size(); at += kPiece) {
    const auto some = elements.subspan(at, std::min(kPiece, elements.size() - at));
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(secret.hide(some))));
    WEIR_TRY(channel.flush());
  }
  const DhSecret undo = secret.undo();
  Blocks own;
  while (own.size() < elements.size()) {
    Bytes raised(std::min(kPiece, elements.size() - own.size()) * point_bytes(curve));
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(raised)));
    WEIR_TRY_LET(const Bytes points, undo.raise(raised));
    const Blocks values = blocks_of_points(curve, points);
    own.insert(own.end(), values.begin(), values.end());
  }
  Blocks images;
  WEIR_TRY(receive_images(channel, images, others));
  return match(own, images).size();
}

Result<std::vector<std::size_t>> ecdh_psi_receive(Channel& channel, Random& random, DhCurve curve,
                                                  std::span<const Block> elements, std::size_t others) {
  WEIR_TRY_LET(const Blocks own, ask(channel, random, curve, elements));
  Blocks images;
  WEIR_TRY(receive_images(channel, images, others));
  return match(own, images);
}

void order_for_images(const DhSecret& secret, std::span<Block> elements) {
  std::ranges::sort(elements, [](Block a, Block b) { return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo; });
  StreamRandom random(derived(secret, "weir/image-order/1"));
  shuffle(elements, random);
}

Blocks ecdh_images(const DhSecret& secret, std::span<const Block> elements) {
  return blocks_of_points(secret.curve(), secret.hide(elements));
}

Block name_of(const DhSecret& secret) { return derived(secret, "weir/image-secret/1"); }

Result<> ecdh_send_images(Channel& channel, const DhSecret& secret, std::size_t total,
                          const std::function<Result<Blocks>()>& elements) {
  channel.phase("images");
  const Block name = name_of(secret);
  WEIR_TRY(channel.send(Tag::kEcdhSecret, std::span(&name, 1)));
  std::array<std::uint8_t, 8> bytes;
  WEIR_TRY(channel.receive(Tag::kEcdhHave, std::span<std::uint8_t>(bytes)));
  wire::Reader reader(bytes);
  WEIR_TRY_LET(const std::uint64_t have, reader.u64());
  if (have > total) {
    return Error(Errc::kCorrupt, "the other side has more images than there are").because("mpc.message");
  }
  if (have == total) return {};
  WEIR_TRY_LET(Blocks order, elements());
  WEIR_CHECK(order.size() == total);
  order_for_images(secret, order);
  return evaluate(channel, secret, std::span<const Block>(order).subspan(have));
}

Result<> ecdh_receive_images(Channel& channel, KeptImages& images, std::size_t total) {
  channel.phase("images");
  Block name;
  WEIR_TRY(channel.receive(Tag::kEcdhSecret, std::span(&name, 1)));
  WEIR_TRY_LET(std::size_t have, images.open(name));
  if (have > total) {
    return Error(Errc::kCorrupt, "there are more images under this secret than elements").because("mpc.message");
  }
  wire::Builder out;
  out.u64(have);
  WEIR_TRY(channel.send(Tag::kEcdhHave, ByteView(out.bytes())));
  WEIR_TRY(channel.flush());
  while (have < total) {
    Blocks piece(std::min(kImagesPiece, total - have));
    const Result<> came = channel.receive(Tag::kPsiImages, std::span(piece));
    if (!came) {
      WEIR_TRY(images.close());
      return came;
    }
    WEIR_TRY(images.add(piece));
    have += piece.size();
  }
  return images.close();
}

Result<> ecdh_psi_send_kept(Channel& channel, const DhSecret& secret, std::size_t others) {
  const Block name = name_of(secret);
  WEIR_TRY(channel.send(Tag::kEcdhSecret, std::span(&name, 1)));
  return answer(channel, secret, others);
}

Result<std::vector<std::size_t>> ecdh_psi_receive_kept(Channel& channel, Random& random, DhCurve curve,
                                                       std::span<const Block> elements, KeptImages& images,
                                                       std::size_t total) {
  Block name;
  WEIR_TRY(channel.receive(Tag::kEcdhSecret, std::span(&name, 1)));
  WEIR_TRY_LET(const std::size_t have, images.open(name));
  if (have != total) {
    return Error(Errc::kConflict, "the images of the other side's table are not there any more").because("mpc.images");
  }
  WEIR_TRY_LET(const Blocks own, ask(channel, random, curve, elements));
  channel.phase("match");
  Matcher matcher(own);
  WEIR_TRY(images.each([&](std::span<const Block> some) { matcher.look_up(some); }));
  return places_of_ones(matcher.shared());
}

}  // namespace weir::mpc
