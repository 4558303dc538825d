// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ecdh_psi.h"

#include <algorithm>
#include <cstring>

#include "weir/mpc/match.h"

namespace weir::mpc {
namespace {

using crypto::Curve;
using crypto::kPointBytes;
using crypto::Point;
using crypto::SecretBytes;

constexpr std::size_t kPiece = 1024;  // points sent at once

Point hidden(Curve curve, Block element, const SecretBytes& scalar) {
  return Point::hash(curve, "weir/ecdh-psi/1", bytes_of(std::span<const Block>(&element, 1))).times(scalar);
}

void put(Bytes& out, const Point& point) {
  const auto bytes = point.bytes();
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// The points of a message, each times the scalar.
Result<Bytes> raise(Curve curve, ByteView points, const SecretBytes& scalar) {
  Bytes out;
  for (std::size_t at = 0; at < points.size(); at += kPointBytes) {
    const auto point = Point::parse(curve, points.subspan(at, kPointBytes));
    if (!point) return Error(Errc::kCorrupt, std::string(point.error().message())).because("mpc.message");
    put(out, point->times(scalar));
  }
  return out;
}

// What is compared: 128 bits of each x, which are as good as random.
void append_blocks(Blocks& out, ByteView points) {
  for (std::size_t at = 0; at < points.size(); at += kPointBytes) {
    Block block;
    std::memcpy(&block, points.data() + at + 1, sizeof block);
    out.push_back(block);
  }
}

}  // namespace

Result<> ecdh_psi_send(Channel& channel, Random& random, Curve curve, std::span<const Block> elements,
                       std::size_t others) {
  const SecretBytes scalar = crypto::random_scalar(curve, random);
  for (std::size_t at = 0; at < others; at += kPiece) {
    Bytes theirs(std::min(kPiece, others - at) * kPointBytes);
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(theirs)));
    WEIR_TRY_LET(const Bytes raised, raise(curve, theirs, scalar));
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(raised)));
    WEIR_TRY(channel.flush());
  }
  Blocks order(elements.begin(), elements.end());
  shuffle(order, random);
  for (std::size_t at = 0; at < order.size(); at += kPiece) {
    Bytes own;
    for (std::size_t i = at; i < std::min(at + kPiece, order.size()); ++i) put(own, hidden(curve, order[i], scalar));
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(own)));
  }
  return channel.flush();
}

Result<std::vector<std::size_t>> ecdh_psi_receive(Channel& channel, Random& random, Curve curve,
                                                  std::span<const Block> elements, std::size_t others) {
  const SecretBytes scalar = crypto::random_scalar(curve, random);
  Blocks mine;
  for (std::size_t at = 0; at < elements.size(); at += kPiece) {
    Bytes own;
    for (std::size_t i = at; i < std::min(at + kPiece, elements.size()); ++i) {
      put(own, hidden(curve, elements[i], scalar));
    }
    WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(own)));
    Bytes raised(own.size());
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(raised)));
    append_blocks(mine, raised);
  }
  Blocks theirs;
  for (std::size_t at = 0; at < others; at += kPiece) {
    Bytes points(std::min(kPiece, others - at) * kPointBytes);
    WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(points)));
    WEIR_TRY_LET(const Bytes raised, raise(curve, points, scalar));
    append_blocks(theirs, raised);
  }
  return match(mine, theirs);
}

}  // namespace weir::mpc
