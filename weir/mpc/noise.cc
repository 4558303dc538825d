// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/noise.h"

#include <array>

#include "weir/base/check.h"

namespace weir::mpc {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr unsigned kFraction = 120;  // bits of the fractions below, which are at most one
constexpr Wide kOne = Wide{1} << kFraction;
constexpr std::size_t kCoinBits = 64;
constexpr std::uint64_t kEnough = 45;  // exp(-45) < 2^-64

// The product of two fractions, rounded down.
Wide times(Wide a, Wide b) {
  constexpr unsigned kHalf = kFraction / 2;
  constexpr Wide kMask = (Wide{1} << kHalf) - 1;
  const Wide a1 = a >> kHalf, a0 = a & kMask, b1 = b >> kHalf, b0 = b & kMask;
  return a1 * b1 + ((a1 * b0 + a0 * b1 + (a0 * b0 >> kHalf)) >> kHalf);
}

// The first `bits` binary places of top / bottom. Requires: top < bottom < 2^127.
Wide quotient(Wide top, Wide bottom, unsigned bits) {
  Wide out = 0;
  for (unsigned i = 0; i < bits; ++i) {
    top <<= 1;
    out <<= 1;
    if (top < bottom) continue;
    top -= bottom;
    out |= 1;
  }
  return out;
}

// exp(-top / bottom) as a fraction, off by less than 2^-100: the series at a value below one, then squared.
Wide exp_minus(Wide top, Wide bottom) {
  unsigned halvings = 0;
  for (; top >= bottom; bottom <<= 1) ++halvings;
  const Wide y = quotient(top, bottom, kFraction);
  Wide sum = kOne;
  Wide term = kOne;
  for (unsigned k = 1; term > 0; ++k) {
    term = times(term, y) / k;
    sum = k % 2 == 1 ? sum - term : sum + term;
  }
  for (; halvings > 0; --halvings) sum = times(sum, sum);
  return sum;
}

// Whether shared numbers of 64 bits are below public ones: bit planes, lowest first, of the numbers; the number that
// belongs to a place is bounds[place % bounds.size()].
struct Compared {
  Bits less;
  Bits equal;
};

Compared compare_bit(const Gmw& gmw, const Bits& own, const std::vector<std::uint64_t>& bounds, std::size_t bit) {
  Bits bound(own.count);
  for (std::size_t i = 0; i < own.count; ++i) bound.set(i, (bounds[i % bounds.size()] >> bit & 1) != 0);
  Compared out{gmw.negate(own), gmw.negate(own)};
  if (gmw.side() == Side::kFirst) out.equal = out.equal ^ bound;
  for (std::size_t w = 0; w < bound.words.size(); ++w) out.less.words[w] &= bound.words[w];
  return out;
}

Result<Bits> below(Gmw& gmw, const std::vector<Bits>& planes, const std::vector<std::uint64_t>& bounds) {
  std::vector<Compared> parts;
  for (std::size_t bit = 0; bit < planes.size(); ++bit) parts.push_back(compare_bit(gmw, planes[bit], bounds, bit));
  const std::size_t count = planes[0].count;
  while (parts.size() > 1) {
    std::vector<Bits> high, low;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      high.insert(high.end(), 2, parts[i + 1].equal);
      low.push_back(parts[i].less);
      low.push_back(parts[i].equal);
    }
    WEIR_TRY_LET(const Bits both, gmw.conjoin(concatenate(high), concatenate(low)));
    std::vector<Compared> joined;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      joined.push_back({parts[i + 1].less ^ slice(both, i * count, count), slice(both, (i + 1) * count, count)});
    }
    parts = std::move(joined);
  }
  return std::move(parts[0].less);
}

}  // namespace

std::size_t noise_digits(const DiscreteLaplace& law) {
  WEIR_CHECK(law.numerator > 0 && law.denominator > 0);
  std::size_t digits = 1;
  while (digits < 64 && (Wide{law.numerator} << digits) < Wide{law.denominator} * kEnough) ++digits;
  return digits;
}

std::vector<std::uint64_t> noise_coins(const DiscreteLaplace& law) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < noise_digits(law); ++i) {
    const Wide power = exp_minus(Wide{law.numerator} << i, law.denominator);
    // One more place than is kept, to round by.
    out.push_back(static_cast<std::uint64_t>((quotient(power, kOne + power, kCoinBits + 1) + 1) >> 1));
  }
  return out;
}

Result<std::vector<std::uint64_t>> draw_noise(Gmw& gmw, const DiscreteLaplace& law, std::size_t count) {
  const std::vector<std::uint64_t> coins = noise_coins(law);
  WEIR_CHECK(coins.size() <= kNoiseDigitsMax);
  // Places: for each number the digits of what is added, then of what is taken away.
  const std::size_t run = 2 * coins.size();
  std::vector<Bits> planes;
  for (std::size_t bit = 0; bit < kCoinBits; ++bit) planes.push_back(gmw.random_bits(count * run));
  WEIR_TRY_LET(const Bits digits, below(gmw, planes, coins));
  if (gmw.side() == Side::kSecond) return gmw.sums_of_theirs(digits, run);
  std::vector<std::uint64_t> worth;
  for (std::size_t i = 0; i < count * run; ++i) {
    const std::uint64_t power = std::uint64_t{1} << (i % coins.size());
    worth.push_back(i % run < coins.size() ? power : 0 - power);
  }
  return gmw.sums_of_own(digits, worth, run);
}

}  // namespace weir::mpc
