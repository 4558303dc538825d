// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/base_ot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "weir/crypto/test_support.h"
#include "weir/crypto/x25519.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/two_parties.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

using crypto::SecretBytes;
using crypto::X25519Bytes;
using crypto::test::hex;

const Bytes kPrimeOfCurve = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
const Bytes kPrimeOfTwist = hex("1d581446cb39db4f53c610ba420c42d6ffffffffffffffffffffffffffffff1f");

X25519Bytes power(const Bytes& scalar, X25519Bytes point) {
  crypto::x25519_each(SecretBytes(scalar), std::span(&point, 1));
  return point;
}

X25519Bytes times(std::uint8_t scalar, const X25519Bytes& point) {
  Bytes bytes(sizeof(X25519Bytes));
  bytes[0] = scalar;
  return power(bytes, point);
}

X25519Bytes p_minus_one() {
  X25519Bytes out;
  out.fill(0xff);
  out[0] = 0xec;
  out[31] = 0x7f;
  return out;
}

// Of what is left of a point of the whole group once its part of prime order is gone.
std::string small_order(const X25519Bytes& rest) {
  if (rest == X25519Bytes{}) return "1 or 2";
  return rest == X25519Bytes{1} || rest == p_minus_one() ? "4" : "8";
}

std::vector<bool> choices_of(std::size_t count) {
  std::vector<bool> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(i % 3 == 0);
  return out;
}

TEST(BaseOt, ReceiverGetsTheSeedItChose) {
  for (const Isa isa : available_isas()) {
    const IsaOverride only(isa);
    for (const std::size_t count : {0, 1, 20, 130}) {
      const std::vector<bool> choices = choices_of(count);
      auto [sent, got] = both([&](Channel& c, Random& r) { return send_base_ot(c, r, choices.size()); },
                              [&](Channel& c, Random& r) { return receive_base_ot(c, r, choices); });
      ASSERT_TRUE(sent && got);
      for (std::size_t i = 0; i < choices.size(); ++i) {
        EXPECT_EQ((*got)[i], (*sent)[i][choices[i] ? 1 : 0]);
        EXPECT_NE((*got)[i], (*sent)[i][choices[i] ? 0 : 1]);
      }
    }
  }
}

TEST(BaseOt, GeneratorsAreThoseOfTheWholeCurveAndTheWholeTwist) {
  const X25519Bytes curve{6}, twist{3};
  EXPECT_FALSE(crypto::is_on_x25519_twist(curve));
  EXPECT_TRUE(crypto::is_on_x25519_twist(twist));
  EXPECT_NE(times(8, curve), X25519Bytes{});
  EXPECT_NE(times(4, twist), X25519Bytes{});
  EXPECT_EQ(small_order(power(kPrimeOfCurve, curve)), "8");
  EXPECT_EQ(small_order(power(kPrimeOfTwist, twist)), "4");
}

// Public keys as docs/formats/private-computing.md has them unmasked: what kind of points they are must be the same of
// the one that the receiver made and of the one that is random. With clamped scalars all of the first would lie in the
// group of prime order.
TEST(BaseOt, StringsShowNotWhichOneWasChosen) {
  constexpr std::size_t kCount = 600;
  std::vector<X25519Bytes> points(2 * kCount);
  const auto look = [&](Channel& c, Random&) -> Result<> {
    WEIR_TRY(c.receive(Tag::kBaseOtPoints, std::span(points.data()->data(), points.size() * 32)));
    return c.send(Tag::kBaseOtReply, ByteView(Bytes(64, 9)));
  };
  const std::vector<bool> choices = choices_of(kCount);
  auto [looked, got] = both(look, [&](Channel& c, Random& r) { return receive_base_ot(c, r, choices); });
  ASSERT_TRUE(looked && got);
  std::map<bool, std::map<std::string, int>> kinds;  // chosen: kind: how many
  for (std::size_t i = 0; i < kCount; ++i) {
    for (std::uint8_t side = 0; side < 2; ++side) {
      wire::Builder text;
      text.put("weir/endemic-ot-mask/2").u64(i).u8(side).put(points[2 * i + (1 - side)]);
      X25519Bytes key = crypto::hash(crypto::HashAlgorithm::kSha256, text.bytes());
      for (std::size_t b = 0; b < key.size(); ++b) key[b] ^= points[2 * i + side][b];
      auto& mine = kinds[choices[i] == (side == 1)];
      const bool twist = crypto::is_on_x25519_twist(key);
      ++mine[(twist ? "twist " : "curve ") + small_order(power(twist ? kPrimeOfTwist : kPrimeOfCurve, key))];
      ++mine[(key.back() & 0x80) != 0 ? "top bit" : "no top bit"];
    }
  }
  const std::map<std::string, double> parts = {{"curve 1 or 2", 0.125}, {"curve 4", 0.125}, {"curve 8", 0.25},
                                               {"twist 1 or 2", 0.25},  {"twist 4", 0.25},  {"top bit", 0.5},
                                               {"no top bit", 0.5}};
  for (auto& [chosen, found] : kinds) {
    EXPECT_EQ(found.size(), parts.size());
    for (const auto& [kind, part] : parts) {
      EXPECT_NEAR(found[kind], part * kCount, 4 * std::sqrt(part * (1 - part) * kCount)) << chosen << " " << kind;
    }
  }
}

// ── hostile points ──

// No string is refused, so that no refusal depends on a secret.
TEST(BaseOt, TakesPointsOfSmallOrderFromEitherSide) {
  const std::vector<bool> choices = choices_of(40);
  for (const Isa isa : available_isas()) {
    const IsaOverride only(isa);
    for (const X25519Bytes& bad : {X25519Bytes{}, X25519Bytes{1}, p_minus_one()}) {
      Bytes keys, points;
      for (int i = 0; i < 2; ++i) keys.insert(keys.end(), bad.begin(), bad.end());
      for (int i = 0; i < 80; ++i) points.insert(points.end(), bad.begin(), bad.end());
      auto [sent, seeds] = both([&](Channel& c, Random&) { return c.send(Tag::kBaseOtReply, ByteView(keys)); },
                                [&](Channel& c, Random& r) { return receive_base_ot(c, r, choices); });
      EXPECT_TRUE(sent && seeds);
      auto [asked, pairs] = both(
          [&](Channel& c, Random&) -> Result<> {
            WEIR_TRY(c.send(Tag::kBaseOtPoints, ByteView(points)));
            return c.flush();
          },
          [&](Channel& c, Random& r) { return send_base_ot(c, r, choices.size()); });
      EXPECT_TRUE(asked && pairs);
    }
  }
}

}  // namespace
}  // namespace weir::mpc
