// Curve: points of P-256 and SM2 as a group, for protocols that build on bare Diffie-Hellman. Not for signatures: see
// sign.h.
//
// Both curves have prime order (cofactor 1), so every point but infinity generates the group.
// Thread-safety: values. Trust: Point::parse takes hostile bytes; a Point is on its curve and not infinity.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "weir/base/bytes.h"
#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/crypto/secret.h"

namespace weir::crypto {

enum class Curve { kP256, kSm2 };

inline constexpr std::size_t kPointBytes = 33;  // compressed, SEC 1 section 2.3.3
inline constexpr std::size_t kScalarBytes = 32;
using PointBytes = std::array<std::uint8_t, kPointBytes>;

// A number between 1 and the order of the curve, exclusive.
SecretBytes random_scalar(Curve curve, Random& random);
bool is_scalar(Curve curve, const SecretBytes& bytes);
// The scalar that undoes this one. Requires: is_scalar.
SecretBytes inverse_scalar(Curve curve, const SecretBytes& scalar);

class Point {
 public:
  // Fails with kInvalidArgument ("curve.point") unless the bytes are the compressed form of a point that is not
  // infinity.
  static Result<Point> parse(Curve curve, ByteView bytes);
  // The generator times a scalar.
  static Point of(Curve curve, const SecretBytes& scalar);
  // A point that nobody knows the logarithm of, from public text: x is SHA-256 (P-256) or SM3 (SM2) of the domain, the
  // text and the first counter that gives an x on the curve. Its time depends on the text.
  static Point hash(Curve curve, std::string_view domain, ByteView text);
  Point(Point&&) noexcept;
  Point& operator=(Point&&) noexcept;
  ~Point();

  PointBytes bytes() const;
  // Fails with kInvalidArgument ("curve.infinity") if the result is infinity.
  Result<Point> plus(const Point& other) const;
  Result<Point> minus(const Point& other) const;
  Point times(const SecretBytes& scalar) const;

 private:
  struct State;
  explicit Point(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::crypto
