// ot: correlations between two processes over TCP on this machine, one thread a party, after the base transfers.
//
// Budget for a malicious transfer with trees of 16 leaves: 5 ns, 200 M a second, that is 4 blocks of AES a side, 32
// bits on the line, one product in GF(2^128) for the check and a 128th of a transposition. For a silent one, 100 M a
// second: ten random reads of 2 MB, which the second cache half holds, 7 ns; a leaf, 2 ns; its check, 1 ns. Peers:
// emp-ot, 116 to 195 M a second where published, 108 to 133 M in two processes on Zen 5; Ferret 63 to 111 M. Boolean
// circuits are GMW's here: an AND takes two transfers and two bits each way; emp garbles 29 M ANDs a second.
// SPDX-License-Identifier: Apache-2.0
#include "bench/two_processes.h"
#include "weir/mpc/gmw.h"
#include "weir/mpc/silent_ot.h"
#include "weir/mpc/vole.h"

namespace weir::bench {
namespace {

struct Rate {
  double a_second = 0;
  double bytes_each = 0;
  double processor_ns = 0;  // each, of this side
};

// The best of some rounds of `work(channel, count)` on each side; opening is not counted. A byte each way starts a
// round.
template <class First, class Second>
Result<Rate> rate_of(std::size_t count, std::int64_t rounds, First&& first, Second&& second) {
  Rate out;
  const auto wait = [](mpc::Channel& channel, bool leads) -> Result<> {
    Bytes byte(1);
    if (!leads) WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(byte)));
    WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(byte)));
    WEIR_TRY(channel.flush());
    if (leads) WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(byte)));
    return {};
  };
  const auto here = [&](mpc::Channel& channel) -> Result<> {
    WEIR_TRY_LET(auto party, first.open(channel));
    for (std::int64_t round = 0; round < rounds; ++round) {
      WEIR_TRY(wait(channel, true));
      const auto before = channel.sent() + channel.received();
      Result<> done;
      double processor = 0;
      const double time = microseconds_of([&] {
        processor = cpu_microseconds_of([&] { done = first.run(party, channel, count); });
        if (done) done = wait(channel, true);
      });
      const double each = processor * 1e3 / static_cast<double>(count);
      if (round == 0 || each < out.processor_ns) out.processor_ns = each;
      WEIR_TRY(done);
      out.a_second = std::max(out.a_second, static_cast<double>(count) / time * 1e6);
      out.bytes_each = static_cast<double>(channel.sent() + channel.received() - before) / static_cast<double>(count);
    }
    return {};
  };
  const auto there = [&](mpc::Channel& channel) -> Result<> {
    WEIR_TRY_LET(auto party, second.open(channel));
    for (std::int64_t round = 0; round < rounds; ++round) {
      WEIR_TRY(wait(channel, false));
      WEIR_TRY(second.run(party, channel, count));
      WEIR_TRY(wait(channel, false));
    }
    return {};
  };
  WEIR_TRY(two_processes(here, there));
  return out;
}

struct Sending {
  mpc::Fold fold;
  bool vole;
  Result<mpc::OtSender> open(mpc::Channel& channel) const { return mpc::OtSender::open(channel, random, fold); }
  Result<> run(mpc::OtSender& ots, mpc::Channel& channel, std::size_t count) const {
    if (vole) {
      WEIR_TRY(mpc::vole_keep(channel, random, ots, count));
      return {};
    }
    return ots.extend(channel, random, count, [](std::size_t, std::span<mpc::Block>) -> Result<> { return {}; });
  }
  mutable SystemRandom random = {};
};

struct Receiving {
  mpc::Fold fold;
  bool vole;
  Result<mpc::OtReceiver> open(mpc::Channel& channel) const { return mpc::OtReceiver::open(channel, random, fold); }
  Result<> run(mpc::OtReceiver& ots, mpc::Channel& channel, std::size_t count) const {
    if (vole) {
      WEIR_TRY(mpc::vole_hold(channel, random, ots, count));
      return {};
    }
    const mpc::Blocks choices = random_blocks((count + 127) / 128, 1);
    return ots.extend(channel, random, choices, count,
                      [](std::size_t, std::span<mpc::Block>) -> Result<> { return {}; });
  }
  mutable SystemRandom random = {};
};

// Random transfers, whole batches of them, at either side.
template <class Ots>
struct Silent {
  mpc::SilentShape shape;
  Result<Ots> open(mpc::Channel& channel) const { return Ots::open(channel, random, shape); }
  Result<> run(Ots& ots, mpc::Channel& channel, std::size_t count) const {
    return ots.extend_random(channel, random, count,
                             [](std::size_t, std::span<mpc::Block>) -> Result<> { return {}; });
  }
  mutable SystemRandom random = {};
};

struct Gates {
  mpc::Side side;
  Result<mpc::Gmw> open(mpc::Channel& channel) const { return mpc::Gmw::open(channel, random, side); }
  Result<> run(mpc::Gmw& gmw, mpc::Channel&, std::size_t count) const {
    const mpc::Bits bits(count);
    WEIR_TRY(gmw.conjoin(bits, bits));
    return {};
  }
  mutable SystemRandom random = {};
};

}  // namespace

Result<Figures> run_ot(const Options& options) {
  const auto count = static_cast<std::size_t>(options.number("transfers", 1 << 24));
  const auto rounds = options.number("rounds", 5);
  const bool full = count >= 1 << 22;
  Figures out;
  const auto add = [&](const std::string& name, const Rate& rate, const std::string& peer, double peers,
                       std::optional<Goal> goal) {
    out.push_back({name, rate.a_second, "1/s", peer, peers, full ? goal : std::nullopt});
    out.push_back({name + "_bytes", rate.bytes_each, "B", "", 0});
    out.push_back({name + "_processor", rate.processor_ns, "ns", "", 0});
  };
  for (const auto& [fold, name] : {std::pair(mpc::Fold::k4, "k4"), {mpc::Fold::k2, "k2"}, {mpc::Fold::k8, "k8"}}) {
    const Sending sending{fold, false};
    const Receiving receiving{fold, false};
    const bool main = fold == mpc::Fold::k4;
    WEIR_TRY_LET(const Rate send, rate_of(count, rounds, sending, receiving));
    add(std::string("malicious_send_") + name, send, main ? "emp_ot_published" : "", main ? 195e6 : 0,
        main ? std::optional(at_least(200e6)) : std::nullopt);
    if (!main) continue;
    WEIR_TRY_LET(const Rate receive, rate_of(count, rounds, receiving, sending));
    add("malicious_receive_k4", receive, "emp_ot_published", 195e6, at_least(200e6));
  }
  mpc::SilentShape shape;
  if (!full) shape = {.base = 1240, .trees = 50, .depth = 11};  // small and not secure
  const std::size_t batch = shape.leaves() - shape.reserve();
  const Silent<mpc::SilentOtSender> silent_sending{shape};
  const Silent<mpc::SilentOtReceiver> silent_receiving{shape};
  WEIR_TRY_LET(const Rate silent, rate_of(batch * std::max<std::size_t>(1, count / batch), rounds, silent_sending,
                                          silent_receiving));
  add("malicious_silent_send", silent, "emp_ferret_published", 111e6, at_least(100e6));
  const std::size_t volume = count / 4;
  const auto k4 = mpc::Fold::k4;
  WEIR_TRY_LET(const Rate vole, rate_of(volume, rounds, Sending{k4, true}, Receiving{k4, true}));
  add("malicious_vole", vole, "", 0, std::nullopt);
  WEIR_TRY_LET(const Rate gates, rate_of(volume, rounds, Gates{mpc::Side::kFirst}, Gates{mpc::Side::kSecond}));
  add("gmw_and_gates", gates, "emp_garbling_published", 29e6, std::nullopt);
  return out;
}

}  // namespace weir::bench
