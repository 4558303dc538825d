// What each protocol says, byte for byte, with randomness from a seed: a change of the wire shows, wanted or not.
//
// WEIR_TEST_WIRE_TRACES=write writes tests/vectors/mpc/wire_traces.txt anew; a change of it is a change of
// docs/formats/private-computing.md.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/garble.h"
#include "weir/mpc/gmw.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/join.h"
#include "weir/mpc/oprf.h"
#include "weir/mpc/psi.h"
#include "weir/mpc/silent_ot.h"
#include "weir/mpc/two_parties.h"
#include "weir/mpc/vole.h"
#include "weir/wire/encoding.h"

namespace weir::mpc {
namespace {

constexpr const char* kFile = WEIR_SOURCE_DIR "/tests/vectors/mpc/wire_traces.txt";

template <class T>
Result<> outcome(const Result<T>& result) {
  return result ? Result<>() : Result<>(result.error());
}

// "<bytes sent> <their hash> <bytes received> <their hash>" at the first side.
template <class First, class Second>
std::string trace_of(First&& first, Second&& second) {
  std::string out;
  const auto [left, right] = both(
      [&](Channel& channel, Random& random) -> Result<> {
        channel.keep_transcript();
        WEIR_TRY(outcome(first(channel, random)));
        const auto transcript = channel.transcript();
        out = std::to_string(channel.sent()) + " " + wire::encode_hex(transcript.sent) + " " +
              std::to_string(channel.received()) + " " + wire::encode_hex(transcript.received);
        return {};
      },
      [&](Channel& channel, Random& random) { return outcome(second(channel, random)); });
  EXPECT_TRUE(left && right);
  return out;
}

using Traces = std::map<std::string, std::string>;

void trace_correlations(Traces& out) {
  const std::vector<bool> choices = {true, false, false, true, true};
  out["base_ot"] = trace_of([&](Channel& c, Random& r) { return send_base_ot(c, r, choices.size()); },
                            [&](Channel& c, Random& r) { return receive_base_ot(c, r, choices); });
  for (const Fold fold : {Fold::k2, Fold::k4, Fold::k8}) {
    out["extension_k" + std::to_string(static_cast<unsigned>(fold))] = trace_of(
        [&](Channel& c, Random& r) -> Result<> {
          WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, fold));
          const Blocks bits = keys_from(1, 80);
          for (const std::size_t count : {130, 10000}) WEIR_TRY(ots.extend(c, r, bits, count));
          return {};
        },
        [&](Channel& c, Random& r) -> Result<> {
          WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, fold));
          for (const std::size_t count : {130, 10000}) WEIR_TRY(ots.extend(c, r, count));
          return {};
        });
  }
  const auto ignore = [](std::size_t, std::span<Block>) -> Result<> { return {}; };
  const SilentShape small{.base = 500, .trees = 70, .depth = 5};  // of no security
  out["silent_ot"] = trace_of(
      [&](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(SilentOtSender ots, SilentOtSender::open(c, r, small));
        return ots.extend_random(c, r, 3000, ignore);
      },
      [&](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(SilentOtReceiver ots, SilentOtReceiver::open(c, r, small));
        return ots.extend_random(c, r, 3000, ignore);
      });
  out["vole"] = trace_of(
      [](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(OtSender ots, OtSender::open(c, r, Fold::k4));
        WEIR_TRY(vole_keep(c, r, ots, 3000));
        return {};
      },
      [](Channel& c, Random& r) -> Result<> {
        WEIR_TRY_LET(OtReceiver ots, OtReceiver::open(c, r, Fold::k4));
        WEIR_TRY(vole_hold(c, r, ots, 3000));
        return {};
      });
}

void trace_intersections(Traces& out) {
  const Blocks own = keys_from(0, 700), others = keys_from(600, 900);
  out["oprf"] = trace_of([&](Channel& c, Random& r) { return oprf_ask(c, r, own); },
                         [&](Channel& c, Random& r) { return oprf_serve(c, r, own.size()); });
  out["psi"] = trace_of([&](Channel& c, Random& r) { return psi_receive(c, r, own, others.size()); },
                        [&](Channel& c, Random& r) { return psi_send(c, r, others, own.size()); });
  for (const DhCurve curve : {DhCurve::kX25519, DhCurve::kSm2}) {
    const Blocks few = keys_from(0, 40), some = keys_from(20, 50);
    out[curve == DhCurve::kX25519 ? "ecdh_psi_x25519" : "ecdh_psi_sm2"] =
        trace_of([&](Channel& c, Random& r) { return ecdh_psi_receive(c, r, curve, few, some.size()); },
                 [&](Channel& c, Random& r) { return ecdh_psi_send(c, r, curve, some, few.size()); });
    out[curve == DhCurve::kX25519 ? "ecdh_size_x25519" : "ecdh_size_sm2"] =
        trace_of([&](Channel& c, Random& r) { return ecdh_size_receive(c, r, curve, few, some.size()); },
                 [&](Channel& c, Random& r) { return ecdh_size_send(c, r, curve, some, few.size()); });
    out[curve == DhCurve::kX25519 ? "ecdh_kept_x25519" : "ecdh_kept_sm2"] = trace_of(
        [&](Channel& c, Random& r) -> Result<> {
          ImagesInMemory images;
          WEIR_TRY(ecdh_receive_images(c, images, some.size()));
          WEIR_TRY(ecdh_psi_receive_kept(c, r, curve, few, images, some.size()));
          return {};
        },
        [&](Channel& c, Random& r) -> Result<> {
          const DhSecret secret = DhSecret::random(curve, r);
          WEIR_TRY(ecdh_send_images(c, secret, some.size(), [&]() -> Result<Blocks> { return some; }));
          return ecdh_psi_send_kept(c, secret, few.size());
        });
  }
}

void trace_figures(Traces& out) {
  const auto and_gates = [](Side side) {
    return [side](Channel& c, Random& r) -> Result<> {
      WEIR_TRY_LET(Gmw gmw, Gmw::open(c, r, side));
      Bits bits(300);
      for (std::size_t i = 0; i < bits.count; i += side == Side::kFirst ? 2 : 3) bits.set(i, true);
      WEIR_TRY(gmw.conjoin(bits, bits));
      WEIR_TRY(gmw.equal_fours(bits));
      return {};
    };
  };
  CircuitBuilder make;
  const auto a = make.inputs(8), b = make.inputs(8);
  const Circuit circuit = make.build(make.product(a, b));
  const auto garbled = [&](Side side) {
    return [&, side](Channel& c, Random& r) -> Result<> {
      WEIR_TRY_LET(Yao yao, Yao::open(c, r, side));
      WEIR_TRY(yao.compute(circuit, std::vector<Bits>(16, Bits(300))));
      return {};
    };
  };
  out["garble"] = trace_of(garbled(Side::kSecond), garbled(Side::kFirst));
  out["gmw"] = trace_of(and_gates(Side::kFirst), and_gates(Side::kSecond));
  JoinShape shape;
  shape.asker_keys = 60;
  shape.holder_keys = 80;
  shape.groups = 2;
  shape.asker_columns = shape.holder_columns = 1;
  shape.least = 2;
  JoinTable asker, holder;
  asker.keys = keys_from(0, 60);
  asker.columns = {std::vector<std::uint64_t>(60, 3)};
  holder.keys = keys_from(30, 80);
  holder.groups = std::vector<std::uint8_t>(80, 1);
  holder.columns = {std::vector<std::uint64_t>(80, 5)};
  for (const char* name : {"join", "join_silent"}) {
    out[name] = trace_of([&](Channel& c, Random& r) { return join_ask(c, r, shape, asker); },
                         [&](Channel& c, Random& r) { return join_hold(c, r, shape, holder); });
    shape.silent = kSmallBatch;
  }
}

std::string format(const Traces& traces) {
  std::string out = "# Protocol, bytes and SHA-256 of what the first side sent, and of what it received.\n";
  for (const auto& [name, trace] : traces) out += name + " " + trace + "\n";
  return out;
}

TEST(WireTrace, IsTheBaselineWhateverTheProcessorCan) {
  for (const Isa isa : available_isas()) {
    const IsaOverride only(isa);
    Traces traces;
    trace_correlations(traces);
    trace_intersections(traces);
    trace_figures(traces);
    if (const char* wanted = std::getenv("WEIR_TEST_WIRE_TRACES"); wanted != nullptr && isa == Isa::kPortable) {
      std::ofstream(kFile) << format(traces);
    }
    std::ifstream file(kFile);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), format(traces)) << name_of(isa) << ": if the change is meant, say so in the format and run "
                                          << "WEIR_TEST_WIRE_TRACES=write mpc_wire_trace_test";
  }
}

}  // namespace
}  // namespace weir::mpc
