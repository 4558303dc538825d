// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/ecdh_psi.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/mpc/psi.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {


auto run(DhCurve curve, const Blocks& receiver, const Blocks& sender, Change change = {}) {
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
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    for (const std::size_t size : {0, 1, 127, 128, 129}) {
      const Blocks receiver = keys_from(0, size), sender = keys_from(size / 2, size + 3);
      const auto [sent, found] = run(curve, receiver, sender);
      ASSERT_TRUE(sent) << sent.error().message();
      ASSERT_TRUE(found) << found.error().message();
      EXPECT_EQ(*found, ideal_psi(receiver, sender));
    }
  }
}

TEST(EcdhPsi, EqualSetsMatchWhollyAndDisjointOnesNotAtAll) {
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    const Blocks set = keys_from(0, 60);
    EXPECT_EQ(run(curve, set, set).second->size(), set.size());
    EXPECT_TRUE(run(curve, set, keys_from(60, 60)).second->empty());
  }
}

TEST(EcdhPsi, SetsOfSeveralPiecesAreWhole) {
  const Blocks receiver = keys_from(0, 1100), sender = keys_from(1000, 1050);
  const auto [sent, found] = run(DhCurve::kX25519, receiver, sender);
  ASSERT_TRUE(sent && found);
  EXPECT_EQ(*found, ideal_psi(receiver, sender));
}

// ── the size alone ──

auto run_size(DhCurve curve, const Blocks& receiver, const Blocks& sender, Change change = {}) {
  return both(
      [&](Channel& channel, Random& random) {
        return ecdh_size_send(channel, random, curve, sender, receiver.size());
      },
      [&](Channel& channel, Random& random) {
        return ecdh_size_receive(channel, random, curve, receiver, sender.size());
      },
      std::move(change));
}

TEST(EcdhSize, IsTheSizeOfTheIdealIntersectionOnBothCurves) {
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    for (const std::size_t size : {0, 1, 127, 129}) {
      const Blocks receiver = keys_from(0, size), sender = keys_from(size / 2, size + 3);
      const auto [sent, found] = run_size(curve, receiver, sender);
      ASSERT_TRUE(sent && found);
      EXPECT_EQ(*found, ideal_psi(receiver, sender).size());
    }
  }
  const auto [sent, found] = run_size(DhCurve::kX25519, keys_from(0, 1100), keys_from(1000, 1050));
  ASSERT_TRUE(sent && found);
  EXPECT_EQ(*found, 100u);
}

// What the receiver could tell its elements by is the place at which a point comes back.
TEST(EcdhSize, PointsComeBackInAnOrderThatTellsNothing) {
  const Blocks receiver = keys_from(0, 400), sender = keys_from(0, 1);
  const auto order = [&](std::uint64_t seed) {
    Blocks own;
    const auto [sent, asked] = both(
        [&](Channel& channel, Random&) {
          SeededRandom random(seed);
          return ecdh_size_send(channel, random, DhCurve::kX25519, sender, receiver.size());
        },
        [&](Channel& channel, Random&) -> Result<> {
          SeededRandom random(7);
          const DhSecret secret = DhSecret::random(DhCurve::kX25519, random);
          WEIR_TRY(channel.send(Tag::kEcdhPoints, ByteView(secret.hide(receiver))));
          Bytes raised(receiver.size() * point_bytes(DhCurve::kX25519));
          WEIR_TRY(channel.receive(Tag::kEcdhPoints, std::span<std::uint8_t>(raised)));
          WEIR_TRY_LET(const Bytes points, secret.undo().raise(raised));
          own = blocks_of_points(DhCurve::kX25519, points);
          Blocks images(1);
          return channel.receive(Tag::kPsiImages, std::span(images));
        });
    EXPECT_TRUE(sent && asked);
    // The sender draws its secret first, so the same seed gives the images in the receiver's order.
    SeededRandom random(seed);
    const Blocks images = ecdh_images(DhSecret::random(DhCurve::kX25519, random), receiver);
    std::vector<std::ptrdiff_t> places;
    for (const Block& each : own) places.push_back(std::ranges::find(images, each) - images.begin());
    return places;
  };
  const auto first = order(1), second = order(2);
  EXPECT_FALSE(std::ranges::is_sorted(first));
  EXPECT_NE(first, second);
  auto sorted = first;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) EXPECT_EQ(sorted[i], static_cast<std::ptrdiff_t>(i));
}

// ── what is kept ──

// A sender that keeps its secret.
struct Keeper {
  DhSecret secret;
  Blocks elements;
  int asked = 0;  // for its elements

  Keeper(DhCurve curve, std::uint64_t seed, Blocks set) : secret(make(curve, seed)), elements(std::move(set)) {}
  static DhSecret make(DhCurve curve, std::uint64_t seed) {
    SeededRandom random(seed);
    return DhSecret::random(curve, random);
  }
  Blocks images() const {
    Blocks order = elements;
    order_for_images(secret, order);
    return ecdh_images(secret, order);
  }
  Result<> run(Channel& channel, std::size_t others) {
    WEIR_TRY(ecdh_send_images(channel, secret, elements.size(), [&]() -> Result<Blocks> {
      ++asked;
      return elements;
    }));
    return ecdh_psi_send_kept(channel, secret, others);
  }
};

auto run_kept(Keeper& keeper, const Blocks& receiver, ImagesInMemory& images, Change change = {}) {
  return both([&](Channel& channel, Random&) { return keeper.run(channel, receiver.size()); },
              [&](Channel& channel, Random& random) -> Result<std::vector<std::size_t>> {
                WEIR_TRY(ecdh_receive_images(channel, images, keeper.elements.size()));
                return ecdh_psi_receive_kept(channel, random, keeper.secret.curve(), receiver, images,
                                             keeper.elements.size());
              },
              std::move(change));
}

TEST(EcdhPsi, WhatIsKeptAnswersOneQuestionAfterAnother) {
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    for (const std::size_t size : {0, 1, 127, 128, 129}) {
      Keeper keeper(curve, 9, keys_from(0, size));
      ImagesInMemory images;
      for (const std::size_t first : {120, 0, 400}) {
        const Blocks receiver = keys_from(first, 20);
        const auto [sent, found] = run_kept(keeper, receiver, images);
        ASSERT_TRUE(sent && found);
        EXPECT_EQ(*found, ideal_psi(receiver, keeper.elements));
        EXPECT_EQ(images.blocks, keeper.images());
      }
      EXPECT_EQ(keeper.asked, size == 0 ? 0 : 1) << "its set is needed for images alone";
    }
  }
}

TEST(EcdhPsi, ImagesOfAnotherSecretAreNotTakenForTheseOnes) {
  const Blocks receiver = keys_from(190, 20);
  Keeper before(DhCurve::kX25519, 9, keys_from(0, 200)), now(DhCurve::kX25519, 10, keys_from(0, 200));
  ImagesInMemory images;
  ASSERT_TRUE(run_kept(before, receiver, images).second);
  const auto [sent, found] = run_kept(now, receiver, images);
  ASSERT_TRUE(sent && found);
  EXPECT_EQ(*found, ideal_psi(receiver, now.elements));
  EXPECT_EQ(images.blocks, now.images());
}

// ── what was kept is lost ──

TEST(EcdhPsi, PointsUnderAnotherSecretThanTheImagesEndTheRun) {
  const Blocks receiver = keys_from(190, 20);
  Keeper before(DhCurve::kX25519, 9, keys_from(0, 200)), now(DhCurve::kX25519, 10, keys_from(0, 200));
  ImagesInMemory images;
  ASSERT_TRUE(run_kept(before, receiver, images).second);
  const auto ask_now = [&] {
    return both([&](Channel& channel, Random&) { return ecdh_psi_send_kept(channel, now.secret, receiver.size()); },
                [&](Channel& channel, Random& random) {
                  return ecdh_psi_receive_kept(channel, random, DhCurve::kX25519, receiver, images, 200);
                })
        .second;
  };
  const auto found = ask_now();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason(), "mpc.images");
  images.blocks = now.images();
  EXPECT_TRUE(ask_now());
  images.blocks.pop_back();
  EXPECT_FALSE(ask_now());
}

// ── the line breaks ──

TEST(EcdhPsi, ImagesAreTakenUpWhereTheyBrokeOff) {
  const Blocks receiver = keys_from(39'990, 20);
  Keeper keeper(DhCurve::kX25519, 9, keys_from(0, 40'000));
  ImagesInMemory images;
  const auto [sent, found] = run_kept(keeper, receiver, images, [](std::size_t, Bytes& piece) {
    if (piece.size() == 16 * (40'000 - 2 * 16'384)) piece.clear();  // the last of the images is lost
  });
  ASSERT_FALSE(found);
  EXPECT_EQ(images.blocks.size(), 2u * 16'384);
  const auto [sent_rest, found_then] = run_kept(keeper, receiver, images);
  ASSERT_TRUE(sent_rest && found_then);
  EXPECT_EQ(*found_then, ideal_psi(receiver, keeper.elements));
}

TEST(EcdhPsi, TheOrderOfImagesDependsOnTheSecretAndTheSetAlone) {
  SeededRandom random(4);
  const DhSecret secret = DhSecret::random(DhCurve::kX25519, random);
  const DhSecret other = DhSecret::random(DhCurve::kX25519, random);
  Blocks forward = keys_from(0, 50), backward = forward, under_other = forward;
  std::ranges::reverse(backward);
  order_for_images(secret, forward);
  order_for_images(secret, backward);
  order_for_images(other, under_other);
  EXPECT_EQ(forward, backward);
  EXPECT_NE(forward, under_other);
}

// ── a party that deviates ──

TEST(EcdhPsi, AReceiverThatHasMoreImagesThanThereAreIsLeft) {
  Keeper keeper(DhCurve::kX25519, 9, keys_from(0, 5));
  const auto [sent, asked] = both([&](Channel& channel, Random&) { return keeper.run(channel, 0); },
                                  [&](Channel& channel, Random&) -> Result<> {
                                    WEIR_TRY(channel.send(Tag::kEcdhHave, ByteView(Bytes{0, 0, 0, 0, 0, 0, 0, 6})));
                                    return channel.flush();
                                  });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().reason(), "mpc.message");
}

TEST(EcdhPsi, ASenderWhoseSetIsSmallerThanTheImagesThatItsSecretMadeIsLeft) {
  Keeper keeper(DhCurve::kX25519, 9, keys_from(0, 5));
  ImagesInMemory images;
  ASSERT_TRUE(run_kept(keeper, keys_from(0, 3), images).second);
  keeper.elements.pop_back();
  const auto [sent, found] = run_kept(keeper, keys_from(0, 3), images);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason(), "mpc.message");
}

TEST(EcdhPsi, WhatIsNoPointIsRefusedOnBothSides) {
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    const Blocks set = keys_from(0, 3);
    const Change spoil = [](std::size_t n, Bytes& piece) {
      if (n == 1) std::ranges::fill(piece, std::uint8_t{0xff});  // the payload of the first message
    };
    const auto [sent, found] = run(curve, set, set, spoil);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().reason(), "mpc.message");
    const auto [asked, answered] = both(
        [&](Channel& channel, Random& random) { return ecdh_psi_receive(channel, random, curve, set, 3); },
        [&](Channel& channel, Random& random) { return ecdh_psi_send(channel, random, curve, set, 3); }, spoil);
    ASSERT_FALSE(answered);
    EXPECT_EQ(answered.error().reason(), "mpc.message");
    const auto [sizing, counted] = run_size(curve, set, set, spoil);
    ASSERT_FALSE(counted);
    EXPECT_EQ(counted.error().reason(), "mpc.message");
  }
}

TEST(EcdhPsi, MinusAPointMakesNoDifference) {
  const auto [sent, found] = run(DhCurve::kSm2, keys_from(0, 3), keys_from(0, 3), [](std::size_t n, Bytes& piece) {
    if (n == 1) piece[0] ^= 1;  // still on the curve, and its x is the same
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 3u);
}

}  // namespace
}  // namespace weir::mpc
