// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/sm2_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "weir/base/check.h"

#define WEIR_IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))

namespace weir::mpc::lanes {
namespace {

using Word = __m512i;
__extension__ using Wide = unsigned __int128;

constexpr std::size_t kLanes = 8;
constexpr std::size_t kVectors = kSm2Group / kLanes;
constexpr std::uint64_t kMask = (std::uint64_t{1} << 52) - 1;
using Limbs = std::array<std::uint64_t, 5>;
constexpr Limbs kPrime = {0xfffffffffffff, 0xff00000000fff, 0xfffffffffffff, 0xfffffffffffff, 0x0fffffffeffff};
// In the form of Montgomery, times 2^260.
constexpr Limbs kOne = {0x0000000000010, 0x0ffffffff0000, 0x0000000000000, 0x0000000000000, 0x0000000100000};
constexpr Limbs kSquared = {0x0020000000300, 0xffffffff00000, 0x0000100000002, 0x0200000001000,
                            0x0000004000000};  // 2^260 itself
constexpr Limbs kB = {0x30632bc0dd422, 0xb09b537ab70d2, 0xa51c3c71cf379, 0x2c8527981505e, 0x040fe188da20e};

// A number modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1 in each lane: the sum of v[i] * 2^(52 i). Tight: limbs below
// 2^52. Bounds of values stand as multiples of p; a product of numbers below m p and n p is below (m n / 16 + 1) p.
struct Fe {
  Word v[5];
};

WEIR_IFMA inline Word word(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
WEIR_IFMA inline Word low(Word sum, Word a, Word b) { return _mm512_madd52lo_epu64(sum, a, b); }
WEIR_IFMA inline Word high(Word sum, Word a, Word b) { return _mm512_madd52hi_epu64(sum, a, b); }

WEIR_IFMA inline Fe number(const Limbs& limbs, std::uint64_t times = 1) {
  Fe out;
  for (std::size_t i = 0; i < 5; ++i) out.v[i] = word(limbs[i] * times);
  return out;
}

// Limb by limb, neither tight nor reduced.
WEIR_IFMA inline Fe operator+(const Fe& a, const Fe& b) {
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_add_epi64(a.v[i], b.v[i]);
  return out;
}
WEIR_IFMA inline Fe operator-(const Fe& a, const Fe& b) {
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_sub_epi64(a.v[i], b.v[i]);
  return out;
}
WEIR_IFMA inline Fe select(__mmask8 mask, const Fe& yes, const Fe& no) {
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_mask_mov_epi64(no.v[i], mask, yes.v[i]);
  return out;
}

// Requires: a number of 0 to 16 p; limbs may be negative.
WEIR_IFMA inline Fe tight(Fe a) {
  const Word mask = word(kMask);
  for (int i = 0; i < 4; ++i) {
    a.v[i + 1] = _mm512_add_epi64(a.v[i + 1], _mm512_srai_epi64(a.v[i], 52));
    a.v[i] = _mm512_and_si512(a.v[i], mask);
  }
  return a;
}

// The same, and below 2 p: what lies above 2^256 is worth 2^224 + 2^96 - 2^64 + 1 below.
WEIR_IFMA inline Fe reduced(Fe a) {
  const Word over = _mm512_srai_epi64(a.v[4], 48);
  const Word middle = _mm512_sub_epi64(_mm512_slli_epi64(over, 44), _mm512_slli_epi64(over, 12));
  a.v[0] = _mm512_add_epi64(a.v[0], over);
  a.v[1] = _mm512_add_epi64(a.v[1], middle);
  a.v[4] = _mm512_add_epi64(_mm512_and_si512(a.v[4], word(kMask >> 4)), _mm512_slli_epi64(over, 16));
  return tight(a);
}

// Divides by 2^260 (Montgomery). p = -1 modulo 2^64, so each limb is its own quotient q, and q * (p + 1) =
// q * (2^32 - 1) * (2^224 - 2^64); the negative part is added as its complement to q * 2^104.
WEIR_IFMA inline Fe divided(Word (&t)[10]) {
  constexpr std::uint64_t kOnes = (std::uint64_t{1} << 32) - 1;
  const Word mask = word(kMask), below = word(kMask + 1 - (kOnes << 12)), above = word(kOnes << 16);
  for (int i = 0; i < 5; ++i) {
    const Word q = _mm512_and_si512(t[i], mask);
    t[i + 1] = low(_mm512_add_epi64(t[i + 1], _mm512_srai_epi64(t[i], 52)), q, below);
    t[i + 2] = high(_mm512_sub_epi64(t[i + 2], q), q, below);
    t[i + 4] = low(t[i + 4], q, above);
    t[i + 5] = high(t[i + 5], q, above);
  }
  return tight({{t[5], t[6], t[7], t[8], t[9]}});
}

WEIR_IFMA inline Fe multiply(const Fe& a, const Fe& b) {
  Word t[10];
  for (Word& each : t) each = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) t[i + j] = low(t[i + j], a.v[i], b.v[j]);
    for (int j = 0; j < 5; ++j) t[i + j + 1] = high(t[i + j + 1], a.v[i], b.v[j]);
  }
  return divided(t);
}

WEIR_IFMA inline Fe square(const Fe& a) {
  Word t[10];
  for (Word& each : t) each = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    for (int j = i + 1; j < 5; ++j) t[i + j] = low(t[i + j], a.v[i], a.v[j]);
    for (int j = i + 1; j < 5; ++j) t[i + j + 1] = high(t[i + j + 1], a.v[i], a.v[j]);
  }
  for (int k = 1; k < 9; ++k) t[k] = _mm512_add_epi64(t[k], t[k]);
  for (int i = 0; i < 5; ++i) {
    t[2 * i] = low(t[2 * i], a.v[i], a.v[i]);
    t[2 * i + 1] = high(t[2 * i + 1], a.v[i], a.v[i]);
  }
  return divided(t);
}

WEIR_IFMA Fe square_times(Fe a, int times) {
  for (int i = 0; i < times; ++i) a = square(a);
  return a;
}

// a^(2^(2 n) - 1), from a^(2^n - 1).
WEIR_IFMA Fe run_twice(const Fe& a, int n) { return multiply(square_times(a, n), a); }

// a^((p + 1) / 4), p being 3 modulo 4: the exponent is 2^62 * (2^32 - 1) * (2^160 - 1).
WEIR_IFMA Fe root(const Fe& a) {
  const Fe ones_32 = run_twice(run_twice(run_twice(run_twice(run_twice(a, 1), 2), 4), 8), 16);
  const Fe run_5 = multiply(square(run_twice(run_twice(ones_32, 1), 2)), ones_32);
  const Fe run_160 = run_twice(run_twice(run_twice(run_twice(run_twice(run_5, 5), 10), 20), 40), 80);
  return square_times(run_160, 62);
}

// a^(p - 2).
WEIR_IFMA Fe inverse(const Fe& a) {
  Fe out = number(kOne);
  for (int bit = 255; bit >= 0; --bit) {
    out = square(out);
    const std::uint64_t limb = kPrime[static_cast<std::size_t>(bit) / 52] - (bit < 52 ? 2 : 0);
    if ((limb >> (bit % 52) & 1) != 0) out = multiply(out, a);  // the exponent is public
  }
  return out;
}

// Below p. Requires: tight, below 2 p.
WEIR_IFMA Fe canonical(const Fe& a) {
  const Fe less = tight(a - number(kPrime));
  return select(_mm512_movepi64_mask(less.v[4]), a, less);
}

WEIR_IFMA __mmask8 equal(const Fe& a, const Fe& b) {
  __mmask8 out = 0xff;
  for (int i = 0; i < 5; ++i) out = _mm512_mask_cmpeq_epi64_mask(out, a.v[i], b.v[i]);
  return out;
}

// As it stands in the bytes, not in the form of Montgomery. Lanes without a number get the first one.
WEIR_IFMA Fe load(std::span<const Sm2Point> from, std::array<std::uint8_t, 32> Sm2Point::*member) {
  alignas(64) std::uint64_t limbs[5][kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const auto& bytes = from[lane < from.size() ? lane : 0].*member;
    std::uint64_t w[4] = {};
    for (std::size_t i = 0; i < 32; ++i) w[3 - i / 8] = w[3 - i / 8] << 8 | bytes[i];
    limbs[0][lane] = w[0] & kMask;
    limbs[1][lane] = (w[0] >> 52 | w[1] << 12) & kMask;
    limbs[2][lane] = (w[1] >> 40 | w[2] << 24) & kMask;
    limbs[3][lane] = (w[2] >> 28 | w[3] << 36) & kMask;
    limbs[4][lane] = w[3] >> 16;
  }
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_load_si512(limbs[i]);
  return out;
}

WEIR_IFMA inline Fe to_montgomery(const Fe& a) { return multiply(a, number(kSquared)); }
WEIR_IFMA inline Fe from_montgomery(const Fe& a) { return canonical(multiply(a, number({1, 0, 0, 0, 0}))); }

using NumberBytes = std::array<std::array<std::uint8_t, 32>, kLanes>;
WEIR_IFMA NumberBytes bytes_of(const Fe& whole) {
  alignas(64) std::uint64_t limbs[5][kLanes];
  for (int i = 0; i < 5; ++i) _mm512_store_si512(limbs[i], whole.v[i]);
  NumberBytes out;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t w[4] = {limbs[0][lane] | limbs[1][lane] << 52, limbs[1][lane] >> 12 | limbs[2][lane] << 40,
                                limbs[2][lane] >> 24 | limbs[3][lane] << 28,
                                limbs[3][lane] >> 36 | limbs[4][lane] << 16};
    for (std::size_t i = 0; i < 32; ++i) out[lane][i] = static_cast<std::uint8_t>(w[3 - i / 8] >> (56 - 8 * (i % 8)));
  }
  return out;
}

// Jacobian: x / z^2, y / z^3. x and y below 2 p, z below 4 p, all tight.
struct Point {
  Fe x, y, z;
};

// dbl-2001-b of the Explicit-Formulas Database, a = -3.
WEIR_IFMA Point twice(const Point& a) {
  const Fe delta = square(a.z), gamma = square(a.y);
  const Fe t = tight(gamma + gamma);                                                             // 4 p
  const Fe s = multiply(a.x, t);                                                                 // 2 p
  const Fe less = a.x - delta;
  const Fe alpha = multiply(tight(less + less + less + number(kPrime, 6)), tight(a.x + delta));  // 4 p
  const Fe twice_s = s + s;
  Point out;
  out.x = reduced(square(alpha) - twice_s - twice_s + number(kPrime, 8));
  const Fe t2 = square(t);  // 2 p
  out.y = reduced(multiply(alpha, tight(twice_s - out.x + number(kPrime, 2))) - t2 - t2 + number(kPrime, 4));
  const Fe yz = multiply(a.y, a.z);
  out.z = tight(yz + yz);
  return out;
}

// Requires: neither equal, nor opposite, nor infinity.
WEIR_IFMA Point sum(const Point& a, const Point& b) {
  const Fe za = square(a.z), zb = square(b.z);
  const Fe u = multiply(a.x, zb), s = multiply(a.y, multiply(b.z, zb));
  const Fe h = tight(multiply(b.x, za) - u + number(kPrime, 2));                    // 4 p
  const Fe r = tight(multiply(b.y, multiply(a.z, za)) - s + number(kPrime, 2));     // 4 p
  const Fe h2 = square(h), h3 = multiply(h, h2), v = multiply(u, h2);               // 2 p
  Point out;
  out.x = reduced(square(r) - h3 - v - v + number(kPrime, 6));
  out.y = reduced(multiply(r, tight(v - out.x + number(kPrime, 2))) - multiply(s, h3) + number(kPrime, 2));
  out.z = multiply(multiply(a.z, b.z), h);
  return out;
}

// The scalar k, or order - k if k is even, as 64 odd digits of -15 to 15, the lowest first (Joye and Tunstall, 2009).
struct Digits {
  std::array<std::uint8_t, 64> size;  // (|digit| - 1) / 2
  std::array<std::uint8_t, 64> negative;
  std::uint8_t flipped;
};

Digits digits_of(ByteView scalar) {
  constexpr std::array<std::uint64_t, 4> kOrder = {0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff,
                                                   0xfffffffeffffffff};
  std::array<std::uint64_t, 5> k{};
  for (std::size_t i = 0; i < 32; ++i) k[3 - i / 8] = k[3 - i / 8] << 8 | scalar[i];
  const std::uint64_t even = (k[0] & 1) - 1;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide less = static_cast<Wide>(kOrder[i]) - k[i] - borrow;
    borrow = static_cast<std::uint64_t>(less >> 64) & 1;
    k[i] ^= (k[i] ^ static_cast<std::uint64_t>(less)) & even;
  }
  Digits out;
  out.flipped = static_cast<std::uint8_t>(even & 1);
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t at = 4 * i;
    const std::uint64_t bits = (k[at / 64] >> (at % 64) | (k[at / 64 + 1] << 1) << (63 - at % 64)) | 1;
    const std::uint64_t five = i < 63 ? bits & 31 : (bits & 15) | 16;  // the digit and 16
    const std::uint64_t negative = (five >> 4) - 1;
    out.negative[i] = static_cast<std::uint8_t>(negative & 1);
    out.size[i] = static_cast<std::uint8_t>(((five ^ negative) & 15) >> 1);
  }
  return out;
}

// No two points that meet in `sum` are equal or opposite: before digit d is added, the sum is 16 m points, 16 m + d
// being at most the scalar; for the order to divide 16 m - d, d would have to be -19 modulo 32, and there is none.
WEIR_IFMA Point times(const Digits& digits, const Point& base) {
  Point table[8];
  table[0] = base;
  const Point two = twice(base);
  for (int i = 1; i < 8; ++i) table[i] = sum(table[i - 1], two);
  Point out = base;
  for (int i = 63; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    Point chosen = table[0];
    for (unsigned entry = 1; entry < 8; ++entry) {  // all are read, whichever is wanted
      const __mmask8 mask = _mm512_cmpeq_epi64_mask(word(digits.size[at]), word(entry));
      chosen.x = select(mask, table[entry].x, chosen.x);
      chosen.y = select(mask, table[entry].y, chosen.y);
      chosen.z = select(mask, table[entry].z, chosen.z);
    }
    const __mmask8 minus = static_cast<__mmask8>(0u - digits.negative[at]);
    chosen.y = select(minus, tight(number(kPrime, 2) - chosen.y), chosen.y);
    if (i == 63) {
      out = chosen;
    } else {
      out = sum(twice(twice(twice(twice(out)))), chosen);
    }
  }
  const __mmask8 flip = static_cast<__mmask8>(0u - digits.flipped);
  out.y = select(flip, tight(number(kPrime, 2) - out.y), out.y);
  return out;
}

}  // namespace

WEIR_IFMA void sm2_lift(std::span<Sm2Point> points, std::span<std::uint8_t> found) {
  for (std::size_t at = 0; at < points.size(); at += kLanes) {
    const auto some = points.subspan(at, std::min(kLanes, points.size() - at));
    const Fe plain = load(some, &Sm2Point::x);
    const __mmask8 whole = equal(plain, canonical(plain));
    const Fe x = to_montgomery(plain);
    const Fe cubic = tight(square(x) + number(kPrime, 6) - (number(kOne) + number(kOne) + number(kOne)));  // x^2 - 3
    const Fe right = reduced(multiply(cubic, x) + number(kB));
    const Fe y = root(right);
    const __mmask8 square_too = equal(from_montgomery(square(y)), from_montgomery(right));
    const Fe bytes = from_montgomery(y);
    const __mmask8 odd = _mm512_test_epi64_mask(bytes.v[0], word(1));
    const NumberBytes even = bytes_of(select(odd, tight(number(kPrime) - bytes), bytes));
    for (std::size_t lane = 0; lane < some.size(); ++lane) {
      some[lane].y = even[lane];
      found[at + lane] = static_cast<std::uint8_t>((whole & square_too) >> lane & 1);
    }
  }
}

WEIR_IFMA void sm2_multiply(ByteView scalar, std::span<const Sm2Point> points, std::span<crypto::PointBytes> out) {
  WEIR_CHECK(scalar.size() == crypto::kScalarBytes && points.size() <= kSm2Group && out.size() == points.size());
  const Digits digits = digits_of(scalar);
  Point products[kVectors];
  Fe before[kVectors];  // of all z up to this one
  std::size_t used = 0;
  for (std::size_t at = 0; at < points.size(); at += kLanes, ++used) {
    const auto some = points.subspan(at);
    const Point base{to_montgomery(load(some, &Sm2Point::x)), to_montgomery(load(some, &Sm2Point::y)), number(kOne)};
    products[used] = times(digits, base);
    before[used] = used == 0 ? products[0].z : multiply(before[used - 1], products[used].z);
  }
  if (used == 0) return;
  Fe rest = inverse(before[used - 1]);
  for (std::size_t i = used; i-- > 0;) {
    const Fe z = i == 0 ? rest : multiply(rest, before[i - 1]);
    rest = multiply(rest, products[i].z);
    const Fe z2 = square(z);
    const NumberBytes x = bytes_of(from_montgomery(multiply(products[i].x, z2)));
    const NumberBytes y = bytes_of(from_montgomery(multiply(products[i].y, multiply(z2, z))));
    for (std::size_t lane = 0; lane < kLanes && i * kLanes + lane < out.size(); ++lane) {
      crypto::PointBytes& point = out[i * kLanes + lane];
      point[0] = static_cast<std::uint8_t>(2 | (y[lane][31] & 1));
      std::copy(x[lane].begin(), x[lane].end(), point.begin() + 1);
    }
  }
}

}  // namespace weir::mpc::lanes

#endif
