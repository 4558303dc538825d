// SM2 lanes: the curve of GB/T 32918 with AVX-512 IFMA, eight points at once. Inside of sm2_many; see there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "weir/crypto/curve.h"

namespace weir::mpc::lanes {

struct Sm2Point {
  std::array<std::uint8_t, 32> x, y;  // big-endian
};

inline constexpr std::size_t kSm2Group = 128;  // that share one inversion

// Requires (both): Isa::kAvx512; as many results.
// For each x below the prime that a point has: 1, and y becomes the even one. Time depends on no value.
void sm2_lift(std::span<Sm2Point> points, std::span<std::uint8_t> found);
// Each times the scalar, compressed. Requires: points of the curve, at most kSm2Group; 0 < scalar < order.
void sm2_multiply(ByteView scalar, std::span<const Sm2Point> points, std::span<crypto::PointBytes> out);

}  // namespace weir::mpc::lanes
