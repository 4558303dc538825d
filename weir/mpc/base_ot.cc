// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/base_ot.h"

#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/crypto/x25519.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/x25519_lanes.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

using crypto::SecretAccess;
using crypto::SecretBytes;
using crypto::X25519Bytes;

// Points of the whole curve and of its whole twist: their orders are 8 and 4 times a prime.
constexpr std::array<X25519Bytes, 2> kGenerators = {X25519Bytes{6}, X25519Bytes{3}};
constexpr std::size_t kGroup = 128;  // points that the lanes take at once

bool has_lanes() {
#if defined(__x86_64__)
  static_assert(kGroup == lanes::kX25519Group);
  return isa() == Isa::kAvx512;
#else
  return false;
#endif
}

// Each point by its own scalar.
void multiply_points(const SecretBytes& scalars, std::span<X25519Bytes> points) {
  if (!has_lanes()) return crypto::x25519_each(scalars, points);
#if defined(__x86_64__)
  const ByteView secret = scalars.expose(SecretAccess("multiply points"));
  for (std::size_t at = 0; at < points.size(); at += kGroup) {
    const auto some = points.subspan(at, std::min(kGroup, points.size() - at));
    lanes::x25519(secret.subspan(at * sizeof(X25519Bytes), some.size_bytes()), some, some);
  }
#endif
}

// For each point 1 if it is on the twist.
std::vector<std::uint8_t> on_twist(std::span<const X25519Bytes> points) {
  std::vector<std::uint8_t> out(points.size());
  if (!has_lanes()) {
    std::ranges::transform(points, out.begin(), crypto::is_on_x25519_twist);
    return out;
  }
#if defined(__x86_64__)
  lanes::x25519_on_twist(points, out);
#endif
  return out;
}

// Scalars of 255 bits; `low` and `high` are what is kept of their first and last bytes.
SecretBytes random_scalars(Random& random, std::size_t count, std::uint8_t low, std::uint8_t high) {
  Bytes out(count * sizeof(X25519Bytes));
  random.fill(out);
  for (std::size_t i = 0; i < out.size(); i += sizeof(X25519Bytes)) {
    out[i] &= low;
    out[i + sizeof(X25519Bytes) - 1] &= high;
  }
  return SecretBytes::adopt(std::move(out));
}

X25519Bytes hash_of(std::string_view domain, std::size_t index, std::uint8_t side, const X25519Bytes& point) {
  wire::Builder text;
  text.put(domain).u64(index).u8(side).put(point);
  return crypto::hash(crypto::HashAlgorithm::kSha256, text.bytes());
}

// What hides the public key of one side: the other of the two strings decides it.
X25519Bytes mask_of(std::size_t index, std::uint8_t side, const X25519Bytes& other) {
  return hash_of("weir/endemic-ot-mask/2", index, side, other);
}

Block seed_of(std::size_t index, std::uint8_t side, const X25519Bytes& shared) {
  const X25519Bytes digest = hash_of("weir/endemic-ot-seed/2", index, side, shared);
  Block out;
  std::copy_n(digest.begin(), sizeof out, bytes_of(std::span(&out, 1)).begin());
  return out;
}

void add(X25519Bytes& to, const X25519Bytes& what) {
  for (std::size_t b = 0; b < to.size(); ++b) to[b] ^= what[b];
}

// The second if bit 0 of `which` is set, else the first; in constant time.
X25519Bytes select(const std::array<X25519Bytes, 2>& from, std::uint8_t which) {
  const std::uint8_t mask = static_cast<std::uint8_t>(0 - (which & 1));
  X25519Bytes out;
  for (std::size_t b = 0; b < out.size(); ++b) {
    out[b] = static_cast<std::uint8_t>(from[0][b] ^ ((from[0][b] ^ from[1][b]) & mask));
  }
  return out;
}

std::span<std::uint8_t> bytes_in(std::span<X25519Bytes> points) {
  static_assert(sizeof(X25519Bytes) == 32 && alignof(X25519Bytes) == 1);
  return {reinterpret_cast<std::uint8_t*>(points.data()), points.size_bytes()};
}

}  // namespace

Result<std::vector<SeedPair>> send_base_ot(Channel& channel, Random& random, std::size_t count) {
  const SecretBytes secrets = random_scalars(random, 2, 0xf8, 0x7f);
  std::array<X25519Bytes, 2> keys = kGenerators;
  multiply_points(secrets, keys);
  WEIR_TRY(channel.send(Tag::kBaseOtReply, ByteView(bytes_in(keys))));
  std::vector<X25519Bytes> points(2 * count);
  WEIR_TRY(channel.receive(Tag::kBaseOtPoints, bytes_in(points)));
  for (std::size_t i = 0; i < count; ++i) {
    X25519Bytes& first = points[2 * i];
    X25519Bytes& second = points[2 * i + 1];
    const X25519Bytes mask = mask_of(i, 1, first);
    add(first, mask_of(i, 0, second));
    add(second, mask);
  }
  Bytes scalars;
  for (const std::uint8_t twist : on_twist(points)) {
    const ByteView own = secrets.expose(SecretAccess("multiply points")).subspan(twist * sizeof(X25519Bytes));
    scalars.insert(scalars.end(), own.begin(), own.begin() + sizeof(X25519Bytes));
  }
  multiply_points(SecretBytes::adopt(std::move(scalars)), points);
  std::vector<SeedPair> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::uint8_t side = 0; side < 2; ++side) out[i][side] = seed_of(i, side, points[2 * i + side]);
  }
  return out;
}

Result<Blocks> receive_base_ot(Channel& channel, Random& random, const std::vector<bool>& choices) {
  const std::size_t count = choices.size();
  const SecretBytes secrets = random_scalars(random, count, 0xff, 0x3f);
  const SecretBytes coins = SecretBytes::random(random, count);
  const ByteView coin = coins.expose(SecretAccess("bit 0: on the twist; bit 7: the bit that a point lacks"));
  std::vector<X25519Bytes> own(count);
  for (std::size_t i = 0; i < count; ++i) own[i] = select(kGenerators, coin[i]);
  multiply_points(secrets, own);

  std::vector<X25519Bytes> points(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t side = choices[i] ? 1 : 0;
    std::array<X25519Bytes, 2> pair = {own[i], {}};
    random.fill(pair[1]);  // nobody knows the logarithm of what it unmasks to
    pair[0].back() = static_cast<std::uint8_t>(pair[0].back() | (coin[i] & 0x80));
    add(pair[0], mask_of(i, side, pair[1]));
    points[2 * i] = select(pair, side);
    points[2 * i + 1] = select(pair, side ^ 1);
  }
  WEIR_TRY(channel.send(Tag::kBaseOtPoints, ByteView(bytes_in(points))));
  std::array<X25519Bytes, 2> keys;
  WEIR_TRY(channel.receive(Tag::kBaseOtReply, bytes_in(keys)));
  for (std::size_t i = 0; i < count; ++i) own[i] = select(keys, coin[i]);
  multiply_points(secrets, own);
  Blocks out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = seed_of(i, choices[i] ? 1 : 0, own[i]);
  return out;
}

}  // namespace weir::mpc
