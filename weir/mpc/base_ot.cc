// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/base_ot.h"

#include <algorithm>

#include "weir/crypto/curve.h"
#include "weir/crypto/hash.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

using crypto::Curve;
using crypto::kPointBytes;
using crypto::Point;
using crypto::PointBytes;
using crypto::SecretBytes;

constexpr Curve kCurve = Curve::kP256;
constexpr std::string_view kDomain = "weir/endemic-ot/1";

Error no_point() {
  return Error(Errc::kCorrupt, "the other side sent what is no point of the curve").because("mpc.point");
}

// The point that the other of the two is hidden behind; which transfer and which side it is for makes it its own
// oracle.
Point mask_point(std::size_t index, std::uint8_t side, ByteView other) {
  wire::Builder text;
  text.u64(index).u8(side).put(other);
  return Point::hash(kCurve, kDomain, text.bytes());
}

Block seed_of(std::size_t index, std::uint8_t side, const PointBytes& shared) {
  wire::Builder text;
  text.put(kDomain).u64(index).u8(side).put(shared);
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, text.bytes());
  Block out;
  std::copy_n(digest.begin(), sizeof out, bytes_of(std::span(&out, 1)).begin());
  return out;
}

}  // namespace

Result<std::vector<SeedPair>> send_base_ot(Channel& channel, Random& random, std::size_t count) {
  const SecretBytes secret = crypto::random_scalar(kCurve, random);
  WEIR_TRY(channel.send(Tag::kBaseOtReply, Point::of(kCurve, secret).bytes()));
  Bytes points(count * 2 * kPointBytes);
  WEIR_TRY(channel.receive(Tag::kBaseOtPoints, points));
  std::vector<SeedPair> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView pair = ByteView(points).subspan(i * 2 * kPointBytes, 2 * kPointBytes);
    for (std::uint8_t side = 0; side < 2; ++side) {
      const ByteView own = pair.subspan(side * kPointBytes, kPointBytes);
      const ByteView other = pair.subspan((1 - side) * kPointBytes, kPointBytes);
      const Result<Point> point = Point::parse(kCurve, own);
      if (!point) return no_point();
      const Result<Point> sum = point->plus(mask_point(i, side, other));
      if (!sum) return no_point();
      out[i][side] = seed_of(i, side, sum->times(secret).bytes());
    }
  }
  return out;
}

Result<Blocks> receive_base_ot(Channel& channel, Random& random, const std::vector<bool>& choices) {
  Bytes points;
  std::vector<SecretBytes> secrets;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::uint8_t side = choices[i] ? 1 : 0;
    // The unchosen point is random: nobody knows the logarithm of what it unmasks to.
    const Point unchosen = Point::of(kCurve, crypto::random_scalar(kCurve, random));
    const PointBytes unchosen_bytes = unchosen.bytes();
    secrets.push_back(crypto::random_scalar(kCurve, random));
    const Result<Point> chosen = Point::of(kCurve, secrets.back()).minus(mask_point(i, side, unchosen_bytes));
    if (!chosen) return chosen.error();
    const PointBytes chosen_bytes = chosen->bytes();
    std::array<std::uint8_t, 2 * kPointBytes> pair{};
    const std::uint8_t mask = static_cast<std::uint8_t>(0 - side);
    for (std::size_t b = 0; b < kPointBytes; ++b) {
      const std::uint8_t differ = static_cast<std::uint8_t>((chosen_bytes[b] ^ unchosen_bytes[b]) & mask);
      pair[b] = chosen_bytes[b] ^ differ;
      pair[kPointBytes + b] = unchosen_bytes[b] ^ differ;
    }
    points.insert(points.end(), pair.begin(), pair.end());
  }
  WEIR_TRY(channel.send(Tag::kBaseOtPoints, ByteView(points)));
  PointBytes reply;
  WEIR_TRY(channel.receive(Tag::kBaseOtReply, std::span<std::uint8_t>(reply)));
  const Result<Point> sender = Point::parse(kCurve, reply);
  if (!sender) return no_point();
  Blocks out(choices.size());
  for (std::size_t i = 0; i < choices.size(); ++i) {
    out[i] = seed_of(i, choices[i] ? 1 : 0, sender->times(secrets[i]).bytes());
  }
  return out;
}

}  // namespace weir::mpc
