// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/curve.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {
namespace {

using OwnedGroup = Owned<EC_GROUP, EC_GROUP_free>;
using OwnedPoint = Owned<EC_POINT, EC_POINT_clear_free>;
using OwnedNumber = Owned<BIGNUM, BN_clear_free>;
using OwnedContext = Owned<BN_CTX, BN_CTX_free>;

const EC_GROUP* group_of(Curve curve) {
  static const OwnedGroup p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  static const OwnedGroup sm2(EC_GROUP_new_by_curve_name(NID_sm2));
  WEIR_CHECK(p256 && sm2);
  return curve == Curve::kP256 ? p256.get() : sm2.get();
}

BN_CTX* context() {
  thread_local const OwnedContext context(BN_CTX_new());
  return context.get();
}

OwnedNumber number_of(const SecretBytes& scalar) {
  WEIR_CHECK(scalar.size() == kScalarBytes);
  const ByteView bytes = scalar.expose(SecretAccess("multiply a point"));
  OwnedNumber out(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  WEIR_CHECK(out != nullptr);
  BN_set_flags(out.get(), BN_FLG_CONSTTIME);
  return out;
}

Error infinity() {
  return Error(Errc::kInvalidArgument, "the sum of the points is infinity").because("curve.infinity");
}

}  // namespace

struct Point::State {
  Curve curve;
  OwnedPoint point;
  const EC_GROUP* group() const { return group_of(curve); }
  static std::unique_ptr<State> make(Curve curve) {
    return std::make_unique<State>(State{curve, OwnedPoint(EC_POINT_new(group_of(curve)))});
  }
};

Point::Point(std::unique_ptr<State> state) : state_(std::move(state)) {}
Point::Point(Point&&) noexcept = default;
Point& Point::operator=(Point&&) noexcept = default;
Point::~Point() = default;

SecretBytes random_scalar(Curve curve, Random& random) {
  while (true) {
    SecretBytes bytes = SecretBytes::random(random, kScalarBytes);
    if (is_scalar(curve, bytes)) return bytes;
  }
}

bool is_scalar(Curve curve, const SecretBytes& bytes) {
  if (bytes.size() != kScalarBytes) return false;
  const OwnedNumber number = number_of(bytes);
  return !BN_is_zero(number.get()) && BN_cmp(number.get(), EC_GROUP_get0_order(group_of(curve))) < 0;
}

SecretBytes inverse_scalar(Curve curve, const SecretBytes& scalar) {
  const OwnedNumber number = number_of(scalar);
  const OwnedNumber inverse(BN_new());
  WEIR_CHECK(BN_mod_inverse(inverse.get(), number.get(), EC_GROUP_get0_order(group_of(curve)), context()) != nullptr);
  Bytes out(kScalarBytes);
  WEIR_CHECK(BN_bn2binpad(inverse.get(), out.data(), static_cast<int>(out.size())) >= 0);
  return SecretBytes::adopt(std::move(out));
}

Result<Point> Point::parse(Curve curve, ByteView bytes) {
  const QuietErrors quiet;
  auto state = State::make(curve);
  const bool whole = bytes.size() == kPointBytes && (bytes[0] == 2 || bytes[0] == 3);
  if (!whole || EC_POINT_oct2point(state->group(), state->point.get(), bytes.data(), bytes.size(), context()) != 1) {
    return Error(Errc::kInvalidArgument, "these bytes are no point of the curve").because("curve.point");
  }
  return Point(std::move(state));
}

Point Point::of(Curve curve, const SecretBytes& scalar) {
  auto state = State::make(curve);
  const OwnedNumber number = number_of(scalar);
  WEIR_CHECK(EC_POINT_mul(state->group(), state->point.get(), number.get(), nullptr, nullptr, context()) == 1);
  return Point(std::move(state));
}

Point Point::hash(Curve curve, std::string_view domain, ByteView text) {
  const HashAlgorithm algorithm = curve == Curve::kP256 ? HashAlgorithm::kSha256 : HashAlgorithm::kSm3;
  const std::uint8_t length = static_cast<std::uint8_t>(domain.size());
  WEIR_CHECK(domain.size() < 256);
  for (std::uint8_t counter = 0;; ++counter) {
    const Digest x =
        weir::crypto::hash(algorithm, {ByteView(&length, 1), view_of(domain), ByteView(&counter, 1), text});
    PointBytes bytes;
    bytes[0] = 2;
    std::copy(x.begin(), x.end(), bytes.begin() + 1);
    if (Result<Point> point = parse(curve, bytes)) return *std::move(point);
    WEIR_CHECK(counter < 255);  // probability 2^-256
  }
}

PointBytes Point::bytes() const {
  PointBytes out;
  WEIR_CHECK(EC_POINT_point2oct(state_->group(), state_->point.get(), POINT_CONVERSION_COMPRESSED, out.data(),
                                out.size(), context()) == out.size());
  return out;
}

Result<Point> Point::plus(const Point& other) const {
  WEIR_CHECK(state_->curve == other.state_->curve);
  auto sum = State::make(state_->curve);
  WEIR_CHECK(EC_POINT_add(sum->group(), sum->point.get(), state_->point.get(), other.state_->point.get(), context()) ==
             1);
  if (EC_POINT_is_at_infinity(sum->group(), sum->point.get()) == 1) return infinity();
  return Point(std::move(sum));
}

Result<Point> Point::minus(const Point& other) const {
  auto negative = State::make(state_->curve);
  WEIR_CHECK(EC_POINT_copy(negative->point.get(), other.state_->point.get()) == 1);
  WEIR_CHECK(EC_POINT_invert(negative->group(), negative->point.get(), context()) == 1);
  return plus(Point(std::move(negative)));
}

Point Point::times(const SecretBytes& scalar) const {
  auto product = State::make(state_->curve);
  const OwnedNumber number = number_of(scalar);
  WEIR_CHECK(
      EC_POINT_mul(product->group(), product->point.get(), nullptr, state_->point.get(), number.get(), context()) == 1);
  return Point(std::move(product));
}

}  // namespace weir::crypto
