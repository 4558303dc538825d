// A party that deviates at every message, in every way: what is left of each protocol at the other side.
//
// Malicious protocols: the honest side ends with an error that says why, or with exactly what it would have had; the
// images of an intersection alone are the sender's to choose. Semi-honest ones: an error that says why, or an end.
// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/deviations.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/garble.h"
#include "weir/mpc/gmw.h"
#include "weir/mpc/join.h"
#include "weir/mpc/oprf.h"
#include "weir/mpc/psi.h"
#include "weir/mpc/silent_ot.h"
#include "weir/mpc/vole.h"

namespace weir::mpc {
namespace {

void expect_met(const DeviationsTried& tried, std::size_t least) {
  EXPECT_GE(tried.count, least);
  for (const std::string& each : tried.complaints) ADD_FAILURE() << each;
}

// The honest side has an error that says why, or what it would have had.
template <class Other, class Party>
void expect_error_or_the_same(Other&& other, Party&& party, std::size_t least) {
  auto [said, right] = both(other, party);
  ASSERT_TRUE(said && right);
  const auto judge = [&](const Deviated& what, const auto& got) -> std::string {
    if (!got) return complaint_about(what, got.error());
    // Whether a proof holds must not depend on what the other side guessed, also where the outcome would be right.
    const bool proof =
        what.tag == Tag::kExtensionCheck || what.tag == Tag::kVoleCheck || what.tag == Tag::kSilentCheck;
    if (proof && what.kind == Deviation::kFlip) return "takes a wrong proof";
    return *got == *right ? "" : "ends with what is wrong";
  };
  expect_met(try_deviations(script_of(other, party), party, judge), least);
}

// Any end but a crash.
template <class Other, class Party>
void expect_an_end(Other&& other, Party&& party, std::size_t least, const Selection& selected = all_of_them) {
  const auto judge = [](const Deviated& what, const auto& got) -> std::string {
    return got ? "" : complaint_about(what, got.error());
  };
  expect_met(try_deviations(script_of(other, party), party, judge, selected), least);
}

// ── oblivious transfers ──

Result<std::vector<SeedPair>> send_seeds(Channel& c, Random& r) { return send_base_ot(c, r, 5); }
Result<Blocks> receive_seeds(Channel& c, Random& r) { return receive_base_ot(c, r, {true, false, false, true, true}); }

// Who deviates here has other seeds than its partner; that is all it gets.
TEST(DeviationsFromBaseOt, EndBothSides) {
  expect_an_end(receive_seeds, send_seeds, 4);
  expect_an_end(send_seeds, receive_seeds, 4);
}

class DeviationsFromExtension : public ::testing::TestWithParam<Fold> {};
INSTANTIATE_TEST_SUITE_P(Folds, DeviationsFromExtension, ::testing::Values(Fold::k2, Fold::k4, Fold::k8));

TEST_P(DeviationsFromExtension, LeaveRightTransfersOrNone) {
  const auto send = [](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, GetParam()));
    WEIR_TRY(ots.extend(c, r, 129));
    return ots.extend(c, r, 127);
  };
  const auto receive = [](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, GetParam()));
    WEIR_TRY(ots.extend(c, r, keys_from(1, 2), 129));
    return ots.extend(c, r, keys_from(3, 1), 127);
  };
  expect_error_or_the_same(receive, send, 2 * (256 / static_cast<unsigned>(GetParam())));
  expect_error_or_the_same(send, receive, 16);
}

TEST(DeviationsFromSilentOt, LeaveRightTransfersOrNone) {
  static constexpr SilentShape kSmallBatch{.base = 500, .trees = 70, .depth = 5};  // of no security
  const auto all = [](auto& ots, Channel& c, Random& r) -> Result<Blocks> {
    Blocks out;
    WEIR_TRY(ots.extend_random(c, r, 3000, [&](std::size_t, std::span<Block> piece) -> Result<> {
      out.insert(out.end(), piece.begin(), piece.end());
      return {};
    }));
    return out;
  };
  const auto send = [&](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(SilentOtSender ots, SilentOtSender::open(c, r, kSmallBatch));
    return all(ots, c, r);
  };
  const auto receive = [&](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(SilentOtReceiver ots, SilentOtReceiver::open(c, r, kSmallBatch));
    return all(ots, c, r);
  };
  expect_error_or_the_same(receive, send, 80);
  expect_error_or_the_same(send, receive, 40);
}

// ── vector OLE and the random function ──

TEST(DeviationsFromVole, LeaveRightProductsOrNone) {
  const auto keep = [](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, Fold::k4));
    return vole_keep(c, r, ots, 129);
  };
  const auto hold = [](Channel& c, Random& r) -> Result<std::pair<Blocks, Blocks>> {
    WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, Fold::k4));
    WEIR_TRY_LET(VoleValues out, vole_hold(c, r, ots, 129));
    return std::pair(std::move(out.values), std::move(out.products));
  };
  expect_error_or_the_same(keep, hold, 30);
  expect_error_or_the_same(hold, keep, 90);
}

TEST(DeviationsFromOprf, LeaveRightImagesOrNone) {
  const Blocks elements = keys_from(0, 9);
  const auto ask = [&](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(const OprfImages asked, oprf_ask(c, r, elements));
    return asked.in_order();
  };
  const auto serve = [&](Channel& c, Random& r) -> Result<Blocks> {
    WEIR_TRY_LET(const OprfKey key, oprf_serve(c, r, elements.size()));
    Blocks images(elements.size());
    key.evaluate(elements, images);
    return images;
  };
  expect_error_or_the_same(serve, ask, 40);
  // A store that is spoilt is another question: what is asked is the asker's to choose.
  expect_an_end(ask, serve, 100);
}

// ── intersections ──

TEST(DeviationsFromPsi, LeaveTheReceiverTheIntersectionOrLessOfIt) {
  const Blocks own = keys_from(0, 20), others = keys_from(10, 30);
  const auto ideal = ideal_psi(own, others);
  const auto send = [&](Channel& c, Random& r) { return psi_send(c, r, others, own.size()); };
  const auto receive = [&](Channel& c, Random& r) { return psi_receive(c, r, own, others.size()); };
  const auto judge = [&](const Deviated& what, const auto& got) -> std::string {
    if (!got) return complaint_about(what, got.error());
    // An image that is spoilt is one of another element, which nobody has.
    if (what.tag == Tag::kPsiImages && what.kind == Deviation::kFlip) {
      return std::ranges::includes(ideal, *got) && got->size() + 1 >= ideal.size() ? "" : "more is gone than one image";
    }
    return *got == ideal ? "" : "ends with what is wrong";
  };
  expect_met(try_deviations(script_of(send, receive), receive, judge), 45);
  expect_an_end(receive, send, 100);
}

class DeviationsFromEcdhPsi : public ::testing::TestWithParam<DhCurve> {};
INSTANTIATE_TEST_SUITE_P(Curves, DeviationsFromEcdhPsi, ::testing::Values(DhCurve::kX25519, DhCurve::kSm2));

TEST_P(DeviationsFromEcdhPsi, EndBothSides) {
  const Blocks own = keys_from(0, 5), others = keys_from(3, 6);
  const auto send = [&](Channel& c, Random& r) { return ecdh_psi_send(c, r, GetParam(), others, own.size()); };
  const auto receive = [&](Channel& c, Random& r) { return ecdh_psi_receive(c, r, GetParam(), own, others.size()); };
  expect_an_end(send, receive, 10);
  expect_an_end(receive, send, 4);
}

TEST_P(DeviationsFromEcdhPsi, EndBothSidesWhereImagesAreKept) {
  const Blocks own = keys_from(0, 5), others = keys_from(3, 6);
  SeededRandom random(9);
  const DhSecret secret = DhSecret::random(GetParam(), random);
  Blocks order = others;
  order_for_images(secret, order);
  const Blocks images = ecdh_images(secret, order);
  const auto send = [&](Channel& c, Random&) -> Result<> {
    WEIR_TRY(ecdh_send_images(c, secret, others.size(), [&]() -> Result<Blocks> { return others; }));
    return ecdh_psi_send_kept(c, secret, own.size());
  };
  const auto receive = [&](Channel& c, Random& r) -> Result<std::vector<std::size_t>> {
    ImagesInMemory kept;
    kept.name = name_of(secret);
    kept.blocks.assign(images.begin(), images.begin() + 2);
    WEIR_TRY(ecdh_receive_images(c, kept, others.size()));
    return ecdh_psi_receive_kept(c, r, GetParam(), own, kept, others.size());
  };
  expect_an_end(send, receive, 10);
  expect_an_end(receive, send, 9);
}

TEST(DeviationsFromEcdhPsi, EndBothSidesWherePointsComeInPieces) {
  const Blocks own = keys_from(0, 2100), others = keys_from(3, 6);
  const auto curve = DhCurve::kX25519;
  const auto send = [&](Channel& c, Random& r) { return ecdh_psi_send(c, r, curve, others, own.size()); };
  const auto receive = [&](Channel& c, Random& r) { return ecdh_psi_receive(c, r, curve, own, others.size()); };
  expect_an_end(send, receive, 24);
  expect_an_end(receive, send, 18);
}

// ── figures ──

template <class Play>
void expect_an_end_of_both(const Play& play, std::size_t least, const Selection& selected,
                           const std::optional<SilentShape>& silent = {}) {
  const auto side = [&](Side which) {
    return [&, which](Channel& c, Random& r) -> Result<> {
      WEIR_TRY_LET(Gmw gmw, Gmw::open(c, r, which, silent));
      return play(gmw);
    };
  };
  expect_an_end(side(Side::kFirst), side(Side::kSecond), least, selected);
  expect_an_end(side(Side::kSecond), side(Side::kFirst), least, selected);
}

TEST(DeviationsFromGmw, EndBothSides) {
  const auto play = [](Gmw& gmw) -> Result<> {
    const bool first = gmw.side() == Side::kFirst;
    const Bits bits = gmw.random_bits(8);
    WEIR_TRY(gmw.conjoin(bits, bits));
    WEIR_TRY(gmw.equal_fours(bits));
    const std::vector<std::uint64_t> numbers(8, 3);
    WEIR_TRY(first ? gmw.sums_of_own(bits, numbers, 4) : gmw.sums_of_theirs(bits, 4));
    WEIR_TRY(first ? gmw.sums_of_theirs(bits, 4) : gmw.sums_of_own(bits, numbers, 4));
    WEIR_TRY(gmw.reveal_to_first(bits));
    return {};
  };
  const auto selected = [](const Deviated& what) { return !what.alike || what.in_turn(); };
  expect_an_end_of_both(play, 100, selected);
  expect_an_end_of_both(play, 100, selected, kSmallBatch);
}

TEST(DeviationsFromGarbling, EndBothSides) {
  CircuitBuilder make;
  const auto a = make.inputs(3), b = make.inputs(3);
  const Circuit circuit = make.build(make.product(a, b));
  const std::vector<Bits> shares(6, Bits(300));  // two batches
  const auto side = [&](Side which) {
    return [&, which](Channel& c, Random& r) -> Result<std::vector<Bits>> {
      WEIR_TRY_LET(Yao yao, Yao::open(c, r, which));
      return yao.compute(circuit, shares);
    };
  };
  expect_an_end(side(Side::kFirst), side(Side::kSecond), 30);
  // A garbler takes nothing from the evaluator but the choices of transfers, which are checked.
  expect_error_or_the_same(side(Side::kSecond), side(Side::kFirst), 80);
}

TEST(DeviationsFromNoise, EndBothSides) {
  const auto play = [](Gmw& gmw) -> Result<> {
    WEIR_TRY(draw_noise(gmw, {45, 2}, 1));
    return {};
  };
  expect_an_end_of_both(play, 40, one_in_turn);
}

TEST(DeviationsFromJoin, EndBothSides) {
  JoinShape shape{.asker_keys = 2, .holder_keys = 3, .groups = 2, .asker_columns = 1, .holder_columns = 1};
  JoinTable asker{.keys = keys_from(0, 2), .groups = {}, .columns = {{1, 2}}};
  JoinTable holder{.keys = keys_from(1, 3), .groups = {0, 1, 1}, .columns = {{1, 2, 3}}};
  const auto ask = [&](Channel& c, Random& r) { return join_ask(c, r, shape, asker); };
  const auto hold = [&](Channel& c, Random& r) { return join_hold(c, r, shape, holder); };
  expect_an_end(hold, ask, 300);
  expect_an_end(ask, hold, 300);
  shape.silent = kSmallBatch;
  expect_an_end(hold, ask, 40, one_in_turn);
  expect_an_end(ask, hold, 40, one_in_turn);
}

}  // namespace
}  // namespace weir::mpc
