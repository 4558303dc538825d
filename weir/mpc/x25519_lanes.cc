// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/x25519_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "weir/base/check.h"

#define WEIR_IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))

namespace weir::mpc::lanes {
namespace {

using crypto::X25519Bytes;
using Word = __m512i;

constexpr std::size_t kLanes = 8;
constexpr std::size_t kVectors = kX25519Group / kLanes;
constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;

// A number modulo p = 2^255 - 19 in each lane: the sum of v[i] * 2^(51 i). Tight: every limb below 2^51 + 2^14;
// products take limbs below 2^52.
struct Fe {
  Word v[5];
};

WEIR_IFMA inline Word word(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
WEIR_IFMA inline Word low(Word sum, Word a, Word b) { return _mm512_madd52lo_epu64(sum, a, b); }
WEIR_IFMA inline Word high(Word sum, Word a, Word b) { return _mm512_madd52hi_epu64(sum, a, b); }

WEIR_IFMA inline Word twice(Word a) { return _mm512_add_epi64(a, a); }

WEIR_IFMA inline Fe number(std::uint64_t value) {
  const Word zero = _mm512_setzero_si512();
  return {{word(value), zero, zero, zero, zero}};
}

// Limbs below 2^62 become tight: each hands its excess on, all at once.
WEIR_IFMA inline Fe tight(const Fe& r) {
  const Word mask = word(kMask);
  Fe out;
  out.v[0] = low(_mm512_and_si512(r.v[0], mask), _mm512_srli_epi64(r.v[4], 51), word(19));
  for (int i = 1; i < 5; ++i) {
    out.v[i] = _mm512_add_epi64(_mm512_and_si512(r.v[i], mask), _mm512_srli_epi64(r.v[i - 1], 51));
  }
  return out;
}

WEIR_IFMA inline Fe add(const Fe& a, const Fe& b) {
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_add_epi64(a.v[i], b.v[i]);
  return tight(out);
}

// Requires: the limbs of b below those of 2p * 2^shift.
WEIR_IFMA inline Fe subtract(const Fe& a, const Fe& b, int shift = 0) {
  Fe out;
  for (int i = 0; i < 5; ++i) {
    const Word multiple_of_p = word((2 * kMask - (i == 0 ? 36 : 0)) << shift);
    out.v[i] = _mm512_add_epi64(a.v[i], _mm512_sub_epi64(multiple_of_p, b.v[i]));
  }
  return tight(out);
}

// Columns above 2^255 are worth 19 times as much below. Limbs below 2^60.
WEIR_IFMA inline Fe folded(const Word (&r)[10]) {
  Word nineteen = word(19);
  asm("" : "+v"(nineteen));  // one multiplication; the compiler would make four shifts and sums of it
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_add_epi64(r[i], _mm512_mullo_epi64(r[i + 5], nineteen));
  return out;
}

// The high half of a product of two limbs stands 52 bits above the low one, one bit above the next limb: high halves
// are added up first and doubled.
WEIR_IFMA inline Fe multiply_loose(const Fe& a, const Fe& b) {
  Word r[10];
  for (Word& each : r) each = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) r[i + j + 1] = high(r[i + j + 1], a.v[i], b.v[j]);
  }
  for (int k = 1; k < 10; ++k) r[k] = twice(r[k]);
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) r[i + j] = low(r[i + j], a.v[i], b.v[j]);
  }
  return folded(r);
}

WEIR_IFMA inline Fe multiply(const Fe& a, const Fe& b) { return tight(multiply_loose(a, b)); }

WEIR_IFMA inline Fe square(const Fe& a) {
  Word r[10];
  for (Word& each : r) each = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    for (int j = i + 1; j < 5; ++j) r[i + j + 1] = high(r[i + j + 1], a.v[i], a.v[j]);
  }
  for (int k = 2; k < 9; ++k) r[k] = twice(r[k]);
  for (int i = 0; i < 5; ++i) r[2 * i + 1] = high(r[2 * i + 1], a.v[i], a.v[i]);
  for (int i = 0; i < 5; ++i) {
    for (int j = i + 1; j < 5; ++j) r[i + j] = low(r[i + j], a.v[i], a.v[j]);
  }
  for (int k = 1; k < 10; ++k) r[k] = twice(r[k]);
  for (int i = 0; i < 5; ++i) r[2 * i] = low(r[2 * i], a.v[i], a.v[i]);
  return tight(folded(r));
}

// a + factor * b, for a small factor.
WEIR_IFMA inline Fe add_times(const Fe& a, std::uint64_t factor, const Fe& b) {
  const Word zero = _mm512_setzero_si512();
  Fe out;
  Word hi[5];
  for (int i = 0; i < 5; ++i) {
    out.v[i] = low(a.v[i], b.v[i], word(factor));
    hi[i] = high(zero, b.v[i], word(factor));
  }
  out.v[0] = low(out.v[0], hi[4], word(38));
  for (int i = 1; i < 5; ++i) out.v[i] = _mm512_add_epi64(out.v[i], _mm512_slli_epi64(hi[i - 1], 1));
  return tight(out);
}

WEIR_IFMA Fe square_times(Fe a, int times) {
  for (int i = 0; i < times; ++i) a = square(a);
  return a;
}

// a^(2^250 - 1), and a^11 on the way.
WEIR_IFMA Fe power_250(const Fe& a, Fe& a11) {
  const Fe a2 = square(a);
  const Fe a9 = multiply(square_times(a2, 2), a);
  a11 = multiply(a9, a2);
  const Fe p5 = multiply(square(a11), a9);
  const Fe p10 = multiply(square_times(p5, 5), p5);
  const Fe p20 = multiply(square_times(p10, 10), p10);
  const Fe p40 = multiply(square_times(p20, 20), p20);
  const Fe p50 = multiply(square_times(p40, 10), p10);
  const Fe p100 = multiply(square_times(p50, 50), p50);
  const Fe p200 = multiply(square_times(p100, 100), p100);
  return multiply(square_times(p200, 50), p50);
}

// a^(p - 2): zero of zero.
WEIR_IFMA Fe inverse(const Fe& a) {
  Fe a11;
  const Fe high_part = power_250(a, a11);
  return multiply(square_times(high_part, 5), a11);
}

// a^((p - 1) / 2): 1 of a square, 0 of 0, p - 1 of any other.
WEIR_IFMA Fe character(const Fe& a) {
  Fe a11;
  const Fe root = multiply(square_times(power_250(a, a11), 2), a);  // a^((p - 5) / 8)
  return multiply(square_times(root, 2), square(a));
}

// Every limb below 2^51, and the number below p. Requires: tight.
WEIR_IFMA Fe canonical(Fe a) {
  const Word mask = word(kMask);
  Word carry = word(19);
  for (int i = 0; i < 5; ++i) carry = _mm512_srli_epi64(_mm512_add_epi64(a.v[i], carry), 51);
  a.v[0] = low(a.v[0], carry, word(19));
  for (int i = 0; i < 4; ++i) {
    a.v[i + 1] = _mm512_add_epi64(a.v[i + 1], _mm512_srli_epi64(a.v[i], 51));
    a.v[i] = _mm512_and_si512(a.v[i], mask);
  }
  a.v[4] = _mm512_and_si512(a.v[4], mask);
  return a;
}

WEIR_IFMA __mmask8 zeros(const Fe& tight_number) {
  const Fe a = canonical(tight_number);
  Word any = a.v[0];
  for (int i = 1; i < 5; ++i) any = _mm512_or_si512(any, a.v[i]);
  return _mm512_testn_epi64_mask(any, any);
}

WEIR_IFMA inline void swap(Fe& a, Fe& b, __mmask8 mask) {
  for (int i = 0; i < 5; ++i) {
    const Word was = a.v[i];
    a.v[i] = _mm512_mask_mov_epi64(was, mask, b.v[i]);
    b.v[i] = _mm512_mask_mov_epi64(b.v[i], mask, was);
  }
}

// The top bit is left out (RFC 7748, section 5). Lanes without a number get the first one.
WEIR_IFMA Fe load(std::span<const X25519Bytes> from) {
  alignas(64) std::uint64_t limbs[5][kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    std::uint64_t w[4];
    std::memcpy(w, from[lane < from.size() ? lane : 0].data(), sizeof w);
    limbs[0][lane] = w[0] & kMask;
    limbs[1][lane] = (w[0] >> 51 | w[1] << 13) & kMask;
    limbs[2][lane] = (w[1] >> 38 | w[2] << 26) & kMask;
    limbs[3][lane] = (w[2] >> 25 | w[3] << 39) & kMask;
    limbs[4][lane] = (w[3] >> 12) & kMask;
  }
  Fe out;
  for (int i = 0; i < 5; ++i) out.v[i] = _mm512_load_si512(limbs[i]);
  return out;
}

WEIR_IFMA void store(const Fe& a, std::span<X25519Bytes> to) {
  const Fe whole = canonical(a);
  alignas(64) std::uint64_t limbs[5][kLanes];
  for (int i = 0; i < 5; ++i) _mm512_store_si512(limbs[i], whole.v[i]);
  for (std::size_t lane = 0; lane < to.size(); ++lane) {
    const std::uint64_t w[4] = {limbs[0][lane] | limbs[1][lane] << 51, limbs[1][lane] >> 13 | limbs[2][lane] << 38,
                                limbs[2][lane] >> 26 | limbs[3][lane] << 25,
                                limbs[3][lane] >> 39 | limbs[4][lane] << 12};
    std::memcpy(to[lane].data(), w, sizeof w);
  }
}

struct Fraction {
  Fe n, d;
};

// A scalar for each lane, as four words.
struct Scalars {
  Word w[4];
};

// Lanes without one get the first. Requires: 32 bytes each.
WEIR_IFMA Scalars load_scalars(ByteView from) {
  alignas(64) std::uint64_t words[4][kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t at = lane * sizeof(X25519Bytes) < from.size() ? lane * sizeof(X25519Bytes) : 0;
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(&words[i][lane], from.data() + at + 8 * i, 8);
  }
  Scalars out;
  for (int i = 0; i < 4; ++i) out.w[i] = _mm512_load_si512(words[i]);
  return out;
}

// The Montgomery ladder of RFC 7748, section 5.
WEIR_IFMA Fraction ladder(const Scalars& scalars, const Fe& x1) {
  Fe x2 = number(1), z2 = number(0), x3 = x1, z3 = number(1);
  __mmask8 before = 0;
  for (int t = 254; t >= 0; --t) {
    const __mmask8 bit = _mm512_test_epi64_mask(scalars.w[t / 64], word(std::uint64_t{1} << (t % 64)));
    const __mmask8 mask = static_cast<__mmask8>(bit ^ before);
    before = bit;
    swap(x2, x3, mask);
    swap(z2, z3, mask);
    const Fe a = add(x2, z2), b = subtract(x2, z2);
    const Fe aa = square(a), bb = square(b);
    const Fe e = subtract(aa, bb);
    const Fe da = multiply_loose(subtract(x3, z3), a), cb = multiply_loose(add(x3, z3), b);
    x3 = square(add(da, cb));
    z3 = multiply(x1, square(subtract(da, cb, 8)));
    x2 = multiply(aa, bb);
    z2 = multiply(e, add_times(aa, 121665, e));
  }
  swap(x2, x3, before);
  swap(z2, z3, before);
  return {x2, z2};
}

// The quotients of several vectors for one inversion; 0 where a denominator is. False if one is.
WEIR_IFMA bool divide(std::span<Fraction> fractions, std::span<X25519Bytes> out) {
  Fe products[kVectors];
  __mmask8 any = 0;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    auto& [n, d] = fractions[i];
    const __mmask8 zero = zeros(d);
    any = static_cast<__mmask8>(any | zero);
    for (Word& limb : n.v) limb = _mm512_mask_mov_epi64(limb, zero, _mm512_setzero_si512());
    d.v[0] = _mm512_mask_mov_epi64(d.v[0], zero, word(1));
    products[i] = i == 0 ? d : multiply(products[i - 1], d);
  }
  Fe rest = inverse(products[fractions.size() - 1]);
  for (std::size_t i = fractions.size(); i-- > 0;) {
    const Fe own = i == 0 ? rest : multiply(rest, products[i - 1]);
    rest = multiply(rest, fractions[i].d);
    const std::size_t first = i * kLanes;
    store(multiply(fractions[i].n, own), out.subspan(first, std::min(kLanes, out.size() - first)));
  }
  return any == 0;
}

constexpr std::uint64_t kA = 486662;

// Elligator 2 (RFC 9380, section 6.7.1, Z = 2): the first of -A / d and -A 2u^2 / d, d = 1 + 2u^2, that is on the
// curve.
WEIR_IFMA Fraction elligator(const Fe& u) {
  const Fe zero = number(0), square_a = number(kA * kA);
  const Fe u2 = square(u);
  const Fe t = add(u2, u2);
  const Fe d = add(t, number(1));
  // x^3 + A x^2 + x at -A / d, times d^4.
  const Fe inner = add(subtract(square_a, multiply(square_a, d)), square(d));
  const Fe minus_a = subtract(zero, number(kA));
  const Fe image = multiply(multiply(minus_a, d), inner);
  const __mmask8 other = zeros(add(character(image), number(1)));
  Fe n = number(1);
  for (int i = 0; i < 5; ++i) n.v[i] = _mm512_mask_mov_epi64(n.v[i], other, t.v[i]);
  return {multiply(minus_a, n), d};
}

}  // namespace

WEIR_IFMA bool x25519(ByteView scalars, std::span<const X25519Bytes> points, std::span<X25519Bytes> out) {
  Fraction fractions[kVectors];
  std::size_t used = 0;
  for (std::size_t at = 0; at < points.size(); at += kLanes) {
    const bool one = scalars.size() == sizeof(X25519Bytes);
    fractions[used++] = ladder(load_scalars(scalars.subspan(one ? 0 : at * sizeof(X25519Bytes))),
                               load(points.subspan(at)));
  }
  return used == 0 || divide(std::span(fractions, used), out);
}

WEIR_IFMA void x25519_map(std::span<const X25519Bytes> fields, std::span<X25519Bytes> out) {
  Fraction fractions[kVectors];
  std::size_t used = 0;
  for (std::size_t at = 0; at < fields.size(); at += kLanes) fractions[used++] = elligator(load(fields.subspan(at)));
  if (used > 0) WEIR_CHECK(divide(std::span(fractions, used), out));  // -1/2 is no square
}

WEIR_IFMA void x25519_on_twist(std::span<const X25519Bytes> points, std::span<std::uint8_t> out) {
  for (std::size_t at = 0; at < points.size(); at += kLanes) {
    const Fe u = load(points.subspan(at));
    const Fe image = multiply(add(multiply(add(u, number(kA)), u), number(1)), u);
    const unsigned twist = zeros(add(character(image), number(1)));
    for (std::size_t lane = 0; lane < std::min(kLanes, points.size() - at); ++lane) {
      out[at + lane] = static_cast<std::uint8_t>(twist >> lane & 1u);
    }
  }
}

}  // namespace weir::mpc::lanes

#endif
