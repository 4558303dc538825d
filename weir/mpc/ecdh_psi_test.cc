// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ecdh_psi.h"

#include <gtest/gtest.h>

#include "weir/mpc/psi.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

using crypto::Curve;

Blocks keys_from(std::size_t first, std::size_t count) {
  Blocks out;
  for (std::size_t i = first; i < first + count; ++i) out.push_back({i * 0x9e3779b97f4a7c15, i});
  return out;
}

auto run(Curve curve, const Blocks& receiver, const Blocks& sender, Change change = {}) {
  return both(
      [&](Channel& channel, Random& random) {
        return ecdh_psi_send(channel, random, curve, sender, receiver.size());
      },
      [&](Channel& channel, Random& random) {
        return ecdh_psi_receive(channel, random, curve, receiver, sender.size());
      },
      std::move(change));
}

TEST(EcdhPsi, IsTheIdealIntersectionOnBothCurves) {
  for (const Curve curve : {Curve::kP256, Curve::kSm2}) {
    for (const std::size_t size : {0, 1, 127, 129}) {
      const Blocks receiver = keys_from(0, size), sender = keys_from(size / 2, size + 3);
      const auto [sent, found] = run(curve, receiver, sender);
      ASSERT_TRUE(sent) << sent.error().message();
      ASSERT_TRUE(found) << found.error().message();
      EXPECT_EQ(*found, ideal_psi(receiver, sender));
    }
  }
}

TEST(EcdhPsi, SetsOfSeveralPiecesAreWhole) {
  const Blocks receiver = keys_from(0, 1100), sender = keys_from(1000, 1050);
  const auto [sent, found] = run(Curve::kP256, receiver, sender);
  ASSERT_TRUE(sent && found);
  EXPECT_EQ(*found, ideal_psi(receiver, sender));
}

// ── a sender that deviates ──

TEST(EcdhPsi, APointOffTheCurveIsRefused) {
  const auto [sent, found] = run(Curve::kP256, keys_from(0, 3), keys_from(0, 3), [](std::size_t n, Bytes& piece) {
    if (n == 3) piece[0] = 9;  // the payload of the second message: the sender's own points
  });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason(), "mpc.message");
}

TEST(EcdhPsi, AnotherPointIsNoMatchAndNoCrash) {
  const auto [sent, found] = run(Curve::kP256, keys_from(0, 3), keys_from(0, 3), [](std::size_t n, Bytes& piece) {
    if (n == 1) piece[0] ^= 1;  // minus the point: still on the curve, and its x is the same
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 3u);
}

}  // namespace
}  // namespace weir::mpc
