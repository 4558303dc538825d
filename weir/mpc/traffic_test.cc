// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/traffic.h"

#include <gtest/gtest.h>

#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/psi.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

// What a run moved, at the asker.
template <class Ask, class Answer>
std::pair<std::uint64_t, std::uint64_t> moved(const Ask& ask, const Answer& answer) {
  std::pair<std::uint64_t, std::uint64_t> out;
  const auto [asked, answered] = both(
      [&](Channel& channel, Random& random) {
        auto got = ask(channel, random);
        out = {channel.sent(), channel.received()};
        return got;
      },
      answer);
  EXPECT_TRUE(asked) << asked.error().message();
  EXPECT_TRUE(answered);
  return out;
}

std::pair<std::uint64_t, std::uint64_t> bytes(const Traffic& traffic) { return {traffic.sent, traffic.received}; }

TEST(Traffic, IsWhatAnIntersectionMoves) {
  for (const auto& [n, m] :
       std::vector<std::pair<std::size_t, std::size_t>>{{0, 0}, {1, 5}, {1000, 20}, {220000, 40000}}) {
    const Blocks own = keys_from(0, n), others = keys_from(n / 2, m);
    const auto real = moved([&](Channel& channel, Random& random) { return psi_receive(channel, random, own, m); },
                            [&](Channel& channel, Random& random) { return psi_send(channel, random, others, n); });
    EXPECT_EQ(real, bytes(psi_traffic(n, m))) << n << " and " << m;
  }
}

TEST(Traffic, IsWhatAnIntersectionFromDiffieHellmanMoves) {
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    const Blocks own = keys_from(0, 1100), others = keys_from(50, 30);
    const auto real =
        moved([&](Channel& channel, Random& random) { return ecdh_psi_receive(channel, random, curve, own, 30); },
              [&](Channel& channel, Random& random) { return ecdh_psi_send(channel, random, curve, others, 1100); });
    EXPECT_EQ(real, bytes(ecdh_psi_traffic(curve, 1100, 30)));
  }
}

TEST(Traffic, IsWhatAnIntersectionMovesWhoseImagesAreKept) {
  const Blocks own = keys_from(0, 1100), others = keys_from(50, 30);
  SeededRandom seeded(3);
  const DhSecret secret = DhSecret::random(DhCurve::kX25519, seeded);
  ImagesInMemory images;
  for (const std::size_t kept : {0, 30}) {
    const auto real = moved(
        [&](Channel& channel, Random& random) -> Result<> {
          WEIR_TRY(ecdh_receive_images(channel, images, 30));
          WEIR_TRY(ecdh_psi_receive_kept(channel, random, DhCurve::kX25519, own, images, 30));
          return {};
        },
        [&](Channel& channel, Random&) -> Result<> {
          WEIR_TRY(ecdh_send_images(channel, secret, 30, [&]() -> Result<Blocks> { return others; }));
          return ecdh_psi_send_kept(channel, secret, 1100);
        });
    EXPECT_EQ(real, bytes(ecdh_kept_traffic(DhCurve::kX25519, 1100, 30, kept)));
  }
}

TEST(Traffic, IsWhatASizeMoves) {
  const Blocks own = keys_from(0, 1100), others = keys_from(50, 30);
  const auto real = moved(
      [&](Channel& channel, Random& random) { return ecdh_size_receive(channel, random, DhCurve::kX25519, own, 30); },
      [&](Channel& channel, Random& random) {
        return ecdh_size_send(channel, random, DhCurve::kX25519, others, 1100);
      });
  EXPECT_EQ(real, bytes(ecdh_size_traffic(DhCurve::kX25519, 1100, 30)));
}

TEST(Traffic, IsWhatAnIntersectionForBothMoves) {
  const Blocks own = keys_from(0, 200), others = keys_from(150, 90);
  const auto real = moved([&](Channel& c, Random& random) { return psi_both(c, random, own, 90, false); },
                          [&](Channel& c, Random& random) { return psi_both(c, random, others, 200, true); });
  EXPECT_EQ(real, bytes(psi_both_traffic(200, 90)));
}

TEST(Traffic, IsWhatAGarbledCircuitMoves) {
  CircuitBuilder make;
  const auto a = make.inputs(12), b = make.inputs(12);
  const Circuit circuit = make.build(make.product(a, b));
  for (const std::size_t rows : {0, 1, 129, 600}) {
    const auto side = [&](Side which) {
      return [&, which](Channel& channel, Random& random) -> Result<std::vector<Bits>> {
        WEIR_TRY_LET(Yao yao, Yao::open(channel, random, which));
        return yao.compute(circuit, std::vector<Bits>(24, Bits(rows)));
      };
    };
    EXPECT_EQ(moved(side(Side::kSecond), side(Side::kFirst)), bytes(yao_traffic(circuit, rows))) << rows;
  }
}

TEST(Traffic, IsWhatAJoinMoves) {
  for (const JoinShape& shape :
       {JoinShape{.asker_keys = 200, .holder_keys = 100},
        JoinShape{
            .asker_keys = 90, .holder_keys = 3000, .groups = 3, .asker_columns = 2, .holder_columns = 3, .least = 2},
        JoinShape{.asker_keys = 5000, .holder_keys = 50, .groups = 2, .groups_of_asker = true},
        JoinShape{.asker_keys = 40,
                  .holder_keys = 50,
                  .groups = 2,
                  .asker_columns = 1,
                  .noise = {{1, 1}, {1, 1000}},
                  .asker_bounds = {{0, 9}}},
        JoinShape{.asker_keys = 90,
                  .holder_keys = 300,
                  .groups = 3,
                  .asker_columns = 1,
                  .holder_columns = 2,
                  .noise = {{1, 1}, {1, 1}, {1, 1}, {1, 1000}},
                  .asker_bounds = {{0, 9}},
                  .holder_bounds = {{0, 9}, {0, 9}},
                  .silent = SilentShape{.base = 500, .trees = 20, .depth = 7}},
        JoinShape{.asker_keys = 2000,
                  .holder_keys = 5,
                  .silent = SilentShape{.base = 500, .trees = 600, .depth = 7}}}) {
    JoinTable asker{.keys = keys_from(0, shape.asker_keys), .groups = {}, .columns = {}};
    JoinTable holder{.keys = keys_from(30, shape.holder_keys), .groups = {}, .columns = {}};
    asker.columns.assign(shape.asker_columns, std::vector<std::uint64_t>(shape.asker_keys, 1));
    holder.columns.assign(shape.holder_columns, std::vector<std::uint64_t>(shape.holder_keys, 1));
    if (shape.groups > 1) (shape.groups_of_asker ? asker : holder).groups.assign(
        shape.groups_of_asker ? shape.asker_keys : shape.holder_keys, 1);
    const auto real =
        moved([&](Channel& channel, Random& random) { return join_ask(channel, random, shape, asker); },
              [&](Channel& channel, Random& random) { return join_hold(channel, random, shape, holder); });
    EXPECT_EQ(real, bytes(join_traffic(shape))) << shape.asker_keys;
  }
}

}  // namespace
}  // namespace weir::mpc
