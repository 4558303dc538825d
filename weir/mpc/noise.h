// Noise: whole numbers of the discrete Laplace law, drawn by two parties so that neither of them knows them.
//
// Law: Pr[x] proportional to exp(-|x| r), r = numerator / denominator; added to a figure of sensitivity D it gives
// (r D)-differential privacy (Ghosh, Roughgarden, Sundararajan, "Universally utility-maximizing privacy mechanisms",
// STOC 2009, section 2). x is the difference of two geometric numbers (Canonne, Kamath, Steinke, "The discrete Gaussian
// for differential privacy", NeurIPS 2020, section 5.2).
// Protocol: the binary digits of a geometric number are independent, digit i being one with probability
// 1 / (1 + exp(2^i r)) (Dwork, Kenthapadi, McSherry, Mironov, Naor, "Our data, ourselves", EUROCRYPT 2006, section 4;
// in two-party computation Champion, shelat, Ullman, "Securely sampling biased coins", CCS 2019). Each digit is the
// comparison of 64 bits, to which both parties add their own random ones, with that probability as 64 bits; the digits
// become sums modulo 2^64 by products with 1, 2, 4 … All of it integers, also the probabilities (below).
// Learns: nothing; each party has a share of x. A party that chooses its random bits badly biases nothing as long as
// the other's are random. Security: as gmw.h: semi-honest.
// Precision: n digits, the least n with 2^n r >= 45, at most 48; what is cut off has probability exp(-2^n r) < 2^-64,
// each coin is off by at most 2^-65: a number is within 2 (n 2^-65 + 2^-64) <= 50 * 2^-64 of the law in statistical
// distance d. An answer of f numbers that together have epsilon is therefore (epsilon, (1 + e^epsilon) f d)-private:
// with f <= 33 and epsilon <= 8 less than 2^-41 (kNoiseDeltaBits).
// Messages and rounds: 6 layers of 126 ANDs a digit (as gmw.h), then one run of products. Deviations: the papers toss
// coins one after the other with fewer random bits; here all are compared at once, for few rounds.
// Thread-safety: one thread. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/gmw.h"

namespace weir::mpc {

struct DiscreteLaplace {
  std::uint64_t numerator = 1;
  std::uint64_t denominator = 1;
  friend bool operator==(const DiscreteLaplace&, const DiscreteLaplace&) = default;
};

inline constexpr std::size_t kNoiseDigitsMax = 48;
inline constexpr int kNoiseDeltaBits = 41;

// n: a number is less than 2^n either way. Requires: a rate above zero; more than kNoiseDigitsMax is more than can be
// drawn.
std::size_t noise_digits(const DiscreteLaplace& law);
// The probability that digit i is one, times 2^64, rounded; exact to the last bit but for ties.
std::vector<std::uint64_t> noise_coins(const DiscreteLaplace& law);

// Shares of `count` independent numbers, as sums modulo 2^64. Requires: at most kNoiseDigitsMax digits.
Result<std::vector<std::uint64_t>> draw_noise(Gmw& gmw, const DiscreteLaplace& law, std::size_t count);

}  // namespace weir::mpc
