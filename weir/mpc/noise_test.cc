// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "weir/mpc/join.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

// ── the coins ──

// 1 / (1 + exp(2^i r)) times 2^64, rounded, computed to 80 decimal places elsewhere.
TEST(NoiseTest, CoinsAreExactToTheLastBit) {
  EXPECT_EQ(noise_coins({1, 1}), (std::vector<std::uint64_t>{0x44d9585152ea1936, 0x1e84152bac31aeaa, 0x49abe8790f0b0b3,
                                                             0x15fa3dd7d2f7a6, 0x1e355b81e5c, 0x3908d}));
  EXPECT_EQ(noise_coins({8'000'000, 1'000'000}),
            (std::vector<std::uint64_t>{0x15fa3dd7d2f7a6, 0x1e355b81e5c, 0x3908d}));
  EXPECT_EQ(noise_coins({22, 1}), (std::vector<std::uint64_t>{0x132b48bf0, 1}));
  const auto slow = noise_coins({500'000, 3'000'000'000'000});
  ASSERT_EQ(slow.size(), 29u);
  EXPECT_EQ(slow[0], 0x7fffff4d0b03f86bu);
  EXPECT_EQ(slow[27], 0xd3ee9d64u);
  EXPECT_EQ(std::accumulate(slow.begin(), slow.end(), std::uint64_t{0}), 0x6aea65b49a6cc3a1u);
  const auto tenth = noise_coins({1, 10});
  EXPECT_EQ(tenth.size(), 9u);
  EXPECT_EQ(std::accumulate(tenth.begin(), tenth.end(), std::uint64_t{0}), 0xd867c7f45335ca8eu);
}

TEST(NoiseTest, AsManyDigitsAsTheLawNeeds) {
  EXPECT_EQ(noise_digits({45, 2}), 1u);
  EXPECT_EQ(noise_digits({44, 2}), 2u);
  EXPECT_EQ(noise_digits({45, std::uint64_t{1} << 48}), 48u);
  EXPECT_EQ(noise_digits({44, std::uint64_t{1} << 48}), 49u);
  EXPECT_EQ(noise_digits({1, UINT64_MAX}), 64u);  // does not end later
}

// The law of the difference of two numbers whose digits fall as the coins say.
std::map<std::int64_t, double> law_of_coins(const std::vector<std::uint64_t>& coins) {
  std::vector<double> one = {1};
  for (const std::uint64_t coin : coins) {
    const double p = static_cast<double>(coin) / 18446744073709551616.0;
    const std::size_t size = one.size();
    for (std::size_t i = 0; i < size; ++i) one.push_back(one[i] * p);
    for (std::size_t i = 0; i < size; ++i) one[i] *= 1 - p;
  }
  std::map<std::int64_t, double> out;
  for (std::size_t a = 0; a < one.size(); ++a) {
    for (std::size_t b = 0; b < one.size(); ++b) {
      out[static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b)] += one[a] * one[b];
    }
  }
  return out;
}

double discrete_laplace(const DiscreteLaplace& law, std::int64_t x) {
  const double r = static_cast<double>(law.numerator) / static_cast<double>(law.denominator);
  return std::tanh(r / 2) * std::exp(-r * static_cast<double>(std::abs(x)));
}

TEST(NoiseTest, TheCoinsMakeTheDiscreteLaplaceLaw) {
  for (const DiscreteLaplace& law : {DiscreteLaplace{1, 1}, DiscreteLaplace{1, 3}, DiscreteLaplace{7, 2}}) {
    double distance = 0;
    for (const auto& [x, p] : law_of_coins(noise_coins(law))) distance += std::abs(p - discrete_laplace(law, x));
    EXPECT_LT(distance, 1e-13) << law.numerator << "/" << law.denominator;
  }
}

// ── the numbers ──

std::vector<std::int64_t> drawn(const DiscreteLaplace& law, std::size_t count) {
  const auto side = [&](Side which) {
    return [&, which](Channel& channel, Random& random) -> Result<std::vector<std::uint64_t>> {
      WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, random, which));
      return draw_noise(gmw, law, count);
    };
  };
  const auto [first, second] = both(side(Side::kFirst), side(Side::kSecond));
  EXPECT_TRUE(first && second);
  if (!first || !second) return {};
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::int64_t>((*first)[i] + (*second)[i]));
  return out;
}

// Chi-square over the values from -4 to 4 and both tails: ten degrees of freedom exceed 29.6 once in a thousand seeds.
// The seeds are fixed.
TEST(NoiseTest, NumbersOfBothPartiesFollowTheLaw) {
  const DiscreteLaplace law{2, 3};
  constexpr std::size_t kCount = 1200;
  constexpr std::int64_t kTail = 5;
  std::map<std::int64_t, std::size_t> seen;
  for (const std::int64_t x : drawn(law, kCount)) ++seen[std::clamp(x, -kTail, kTail)];
  double chi = 0;
  double rest = 1;
  for (std::int64_t x = 1 - kTail; x < kTail; ++x) rest -= discrete_laplace(law, x);
  for (std::int64_t x = -kTail; x <= kTail; ++x) {
    const double wanted = kCount * (std::abs(x) == kTail ? rest / 2 : discrete_laplace(law, x));
    const double off = static_cast<double>(seen[x]) - wanted;
    chi += off * off / wanted;
  }
  EXPECT_LT(chi, 29.6);
  EXPECT_GT(chi, 1.0);  // and are no table of it
}

TEST(NoiseTest, NoneAreDrawnForNothing) { EXPECT_TRUE(drawn({1, 1}, 0).empty()); }


TEST(NoiseTest, OnePartyAloneDoesNotChooseIt) {
  const auto side = [&](Side which) {
    return [which](Channel& channel, Random& random) -> Result<Bits> {
      WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, random, which));
      return gmw.random_bits(1000);
    };
  };
  const auto [first, second] = both(side(Side::kFirst), side(Side::kSecond));
  ASSERT_TRUE(first && second);
  const auto ones = [](const Bits& bits) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < bits.count; ++i) out += bits.at(i) ? 1 : 0;
    return out;
  };
  EXPECT_GT(ones(*first ^ *second), 400u);
  EXPECT_LT(ones(*first ^ *second), 600u);
  EXPECT_GT(ones(*second), 400u);  // whatever the first does
  EXPECT_LT(ones(*second), 600u);
}

// ── in a join ──

struct Noisy {
  JoinShape shape{.asker_keys = 60,
                  .holder_keys = 60,
                  .groups = 2,
                  .groups_of_asker = false,
                  .asker_columns = 1,
                  .holder_columns = 1,
                  .least = 5,
                  .noise = {{45, 1}, {45, 1}, {45, 1}},
                  .asker_bounds = {{-3, 10}},
                  .holder_bounds = {{0, 7}}};
  JoinTable asker;
  JoinTable holder;
  std::uint64_t seed = 1;

  Noisy() {
    asker.columns.emplace_back();
    holder.columns.emplace_back();
    for (std::size_t i = 0; i < 60; ++i) {
      asker.keys.push_back({i, 1});
      holder.keys.push_back({i + 10, 1});
      asker.columns[0].push_back(i % 2 == 0 ? 1000 : 0 - std::uint64_t{1000});
      holder.columns[0].push_back(i % 3 == 0 ? std::uint64_t{1} << 60 : i % 7);
      holder.groups.push_back(i < 6 ? 0 : 1);
    }
  }
  auto run(Change change = {}) const {
    SeededRandom left(seed), right(seed + 1);
    return both([&](Channel& channel, Random&) { return join_ask(channel, left, shape, asker); },
                [&](Channel& channel, Random&) { return join_hold(channel, right, shape, holder); }, std::move(change));
  }
};

// Noise so small that it is zero: what is left is the figure of the numbers within their bounds.
TEST(NoiseTest, NumbersCountAsTheNearestBound) {
  const Noisy noisy;
  const auto [answer, ended] = noisy.run();
  ASSERT_TRUE(answer) << answer.error().message();
  ASSERT_TRUE(ended);
  ASSERT_EQ(*answer, ideal_join(noisy.shape, noisy.asker, noisy.holder));
  std::int64_t sum = 0;
  for (std::size_t i = 6; i < 50; ++i) sum += i % 3 == 0 ? 7 : static_cast<std::int64_t>(i % 7);
  EXPECT_EQ((*answer)[1]->sums[1], static_cast<std::uint64_t>(sum));
  EXPECT_EQ((*answer)[1]->sums[0], static_cast<std::uint64_t>(22 * 10 - 22 * 3));
}

TEST(NoiseTest, TheBlurredCountIsComparedAndShown) {
  Noisy noisy;
  noisy.shape.noise[0] = {1, 2};
  noisy.shape.least = 6;
  bool differs = false;
  bool hidden = false;
  bool shown = false;
  for (noisy.seed = 1; noisy.seed < 60 && !(differs && hidden && shown); ++noisy.seed) {
    const auto [answer, ended] = noisy.run();
    ASSERT_TRUE(answer && ended);
    // Six keys are in the first group: the noise decides, not the count.
    ((*answer)[0] ? shown : hidden) = true;
    if ((*answer)[0]) {
      EXPECT_GE((*answer)[0]->count, 6u);
      differs = differs || (*answer)[0]->count != 6;
    }
  }
  EXPECT_TRUE(differs);
  EXPECT_TRUE(hidden);
  EXPECT_TRUE(shown);
}

// ── a party that deviates ──

TEST(NoiseTest, AMessageOfAnotherLengthStopsTheRun) {
  const Noisy noisy;
  std::size_t messages = 0;
  const auto [answer, ended] = noisy.run([&](std::size_t n, Bytes&) { messages = n; });
  ASSERT_TRUE(answer && ended);
  for (const std::size_t back : {0u, 30u, 100u, 250u, 300u}) {
    ASSERT_GT(messages, back);
    const std::size_t at = messages - back;
    const auto [bad, stopped] = noisy.run([&](std::size_t n, Bytes& bytes) {
      if (n == at) bytes.clear();
    });
    EXPECT_FALSE(bad && stopped) << at << " of " << messages;
  }
}

}  // namespace
}  // namespace weir::mpc
