// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/diffie_hellman.h"

#include <algorithm>
#include <cstring>

#include "weir/base/check.h"
#include "weir/crypto/curve.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/x25519.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/sm2_lanes.h"
#include "weir/mpc/x25519_lanes.h"

namespace weir::mpc {
namespace {

using crypto::Curve;
using crypto::kPointBytes;
using crypto::Point;
using crypto::PointBytes;
using crypto::SecretAccess;
using crypto::SecretBytes;
using crypto::X25519Bytes;

constexpr std::string_view kSm2Domain = "weir/ecdh-psi/1";
constexpr std::string_view kX25519Domain = "weir/ecdh-psi/2-with-curve25519_XMD:SHA-512_ELL2_NU_";
constexpr std::size_t kGroup = 128;  // points that the lanes take at once
static_assert(kGroup == lanes::kX25519Group && kGroup == lanes::kSm2Group);

Error no_point() {
  return Error(Errc::kCorrupt, "the other side sent what is no point of the curve").because("mpc.message");
}

ByteView view_of_element(const Block& element) { return bytes_of(std::span(&element, 1)); }

#if defined(__x86_64__)
bool has_lanes() { return isa() == Isa::kAvx512; }
#else
bool has_lanes() { return false; }
#endif

// ── X25519: points lie one after the other, and are replaced by what comes of them ──

bool x25519_raise(const SecretBytes& secret, std::span<X25519Bytes> points) {
#if defined(__x86_64__)
  if (has_lanes()) {
    return lanes::x25519(secret.expose(SecretAccess("multiply points")), points, points);
  }
#endif
  return crypto::x25519(secret, points).ok();
}

void x25519_hash(std::span<const Block> elements, std::span<X25519Bytes> out) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    out[i] = crypto::hash_to_x25519_field(kX25519Domain, view_of_element(elements[i]));
  }
#if defined(__x86_64__)
  if (has_lanes()) return lanes::x25519_map(out, out);
#endif
  for (X25519Bytes& each : out) each = crypto::map_to_x25519(each);
}

// ── SM2 ──

#if defined(__x86_64__)

// As Point::hash does it: those that have no point yet get the next counter, eight at a time.
void sm2_hash_lanes(std::span<const Block> elements, std::span<lanes::Sm2Point> out) {
  constexpr std::uint8_t kLength = kSm2Domain.size();
  std::vector<std::size_t> open(elements.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (std::uint8_t counter = 0; !open.empty(); ++counter) {
    std::vector<lanes::Sm2Point> tries(open.size());
    std::vector<std::uint8_t> found(open.size());
    for (std::size_t i = 0; i < open.size(); ++i) {
      tries[i].x = crypto::hash(crypto::HashAlgorithm::kSm3,
                                {ByteView(&kLength, 1), view_of(kSm2Domain), ByteView(&counter, 1),
                                 view_of_element(elements[open[i]])});
    }
    lanes::sm2_lift(tries, found);
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (found[i] != 0) {
        out[open[i]] = tries[i];
      } else {
        rest.push_back(open[i]);
      }
    }
    open = std::move(rest);
    WEIR_CHECK(counter < 255);  // probability 2^-256
  }
}

bool sm2_raise_lanes(ByteView secret, std::span<PointBytes> points) {
  std::array<lanes::Sm2Point, kGroup> plain;
  std::array<std::uint8_t, kGroup> found;
  std::array<std::uint8_t, kGroup> odd;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i][0] != 2 && points[i][0] != 3) return false;
    odd[i] = points[i][0] & 1;
    std::copy(points[i].begin() + 1, points[i].end(), plain[i].x.begin());
  }
  const auto some = std::span(plain).first(points.size());
  lanes::sm2_lift(some, found);
  if (std::count(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(points.size()), 0) != 0) return false;
  lanes::sm2_multiply(secret, some, points);
  for (std::size_t i = 0; i < points.size(); ++i) points[i][0] ^= odd[i];  // of minus a point comes minus the product
  return true;
}

#endif

bool sm2_raise(const SecretBytes& secret, std::span<PointBytes> points) {
#if defined(__x86_64__)
  if (has_lanes()) return sm2_raise_lanes(secret.expose(SecretAccess("multiply points")), points);
#endif
  for (PointBytes& each : points) {
    const auto point = Point::parse(Curve::kSm2, each);
    if (!point) return false;
    each = point->times(secret).bytes();
  }
  return true;
}

void sm2_hide(const SecretBytes& secret, std::span<const Block> elements, std::span<PointBytes> out) {
#if defined(__x86_64__)
  if (has_lanes()) {
    std::array<lanes::Sm2Point, kGroup> plain;
    sm2_hash_lanes(elements, plain);
    const auto some = std::span(plain).first(elements.size());
    return lanes::sm2_multiply(secret.expose(SecretAccess("multiply points")), some, out);
  }
#endif
  for (std::size_t i = 0; i < elements.size(); ++i) {
    out[i] = Point::hash(Curve::kSm2, kSm2Domain, view_of_element(elements[i])).times(secret).bytes();
  }
}

// `bytes` as so many points of a curve.
template <class P>
std::span<P> points_in(std::span<std::uint8_t> bytes) {
  static_assert(sizeof(P) == std::tuple_size_v<P> && alignof(P) == 1);
  return {reinterpret_cast<P*>(bytes.data()), bytes.size() / sizeof(P)};
}

}  // namespace

DhSecret DhSecret::random(DhCurve curve, Random& random) {
  return {curve, curve == DhCurve::kX25519 ? crypto::random_x25519_scalar(random)
                                           : crypto::random_scalar(Curve::kSm2, random)};
}

Result<DhSecret> DhSecret::parse(DhCurve curve, ByteView bytes) {
  SecretBytes secret(bytes);
  const bool good =
      curve == DhCurve::kX25519 ? crypto::is_x25519_scalar(secret) : crypto::is_scalar(Curve::kSm2, secret);
  if (!good) return Error(Errc::kCorrupt, "these bytes are no secret of the curve").because("mpc.secret");
  return DhSecret(curve, std::move(secret));
}

DhSecret DhSecret::undo() const {
  return {curve_, curve_ == DhCurve::kX25519 ? crypto::undo_x25519_scalar(secret_)
                                             : crypto::inverse_scalar(Curve::kSm2, secret_)};
}

Bytes DhSecret::hide(std::span<const Block> elements) const {
  const std::size_t size = point_bytes(curve_);
  Bytes out(elements.size() * size);
  for (std::size_t at = 0; at < elements.size(); at += kGroup) {
    const auto some = elements.subspan(at, std::min(kGroup, elements.size() - at));
    const auto bytes = std::span(out).subspan(at * size, some.size() * size);
    if (curve_ == DhCurve::kSm2) {
      sm2_hide(secret_, some, points_in<PointBytes>(bytes));
    } else {
      x25519_hash(some, points_in<X25519Bytes>(bytes));
      WEIR_CHECK(x25519_raise(secret_, points_in<X25519Bytes>(bytes)));  // small order: probability 2^-252
    }
  }
  return out;
}

Result<Bytes> DhSecret::raise(ByteView points) const {
  const std::size_t size = point_bytes(curve_);
  WEIR_CHECK(points.size() % size == 0);
  Bytes out = copy_of(points);
  for (std::size_t at = 0; at < out.size(); at += kGroup * size) {
    const auto bytes = std::span(out).subspan(at, std::min(kGroup * size, out.size() - at));
    if (curve_ == DhCurve::kSm2) {
      if (!sm2_raise(secret_, points_in<PointBytes>(bytes))) return no_point();
    } else {
      const auto some = points_in<X25519Bytes>(bytes);
      const bool whole = std::all_of(some.begin(), some.end(), crypto::is_canonical_x25519);
      if (!whole || !x25519_raise(secret_, some)) return no_point();
    }
  }
  return out;
}

Blocks blocks_of_points(DhCurve curve, ByteView points) {
  const std::size_t size = point_bytes(curve);
  Blocks out(points.size() / size);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::memcpy(&out[i], points.data() + i * size + size % 2, sizeof out[i]);  // SM2 has a byte for y in front
  }
  return out;
}

}  // namespace weir::mpc
