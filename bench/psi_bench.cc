// psi: a private intersection between two processes over TCP on this machine, one thread a party.
//
// Budget for 2^20 elements a side: 0.30 s and 40 bytes an element. Sketch: base OT 3 ms, VOLE 60 ms, store 60 ms,
// images 20 ms a side, matching 25 ms, 38 MB on loopback 15 ms. Peer: volepsi (RR22, malicious), 0.66 to 0.79 s, 38.4
// bytes and 362 MB on a machine of this kind.
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>

#include "bench/two_processes.h"
#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/psi.h"

namespace weir::bench {

Result<Figures> run_psi(const Options& options) {
  const auto count = static_cast<std::size_t>(options.number("elements", 1 << 20));
  const auto rounds = options.number("rounds", 5);
  const auto other_count = static_cast<std::size_t>(options.number("others", static_cast<std::int64_t>(count)));
  const auto ecdh = options.number("ecdh", 0);  // 1: on X25519, 2: on SM2, to compare
  const auto curve = ecdh == 2 ? mpc::DhCurve::kSm2 : mpc::DhCurve::kX25519;
  mpc::Blocks own, others;  // each in its own process only
  const std::size_t shared = std::min(count, other_count) / 2;
  const auto make_own = [&] { own = random_blocks(count, 1); };
  const auto make_others = [&] {
    own = mpc::Blocks();
    others = random_blocks(other_count, 2);
    const mpc::Blocks both = random_blocks(shared, 1);
    std::copy(both.begin(), both.end(), others.begin());
  };
  SystemRandom random;
  std::vector<double> seconds;
  Figures phases;  // of the last round
  double bytes = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    std::vector<std::size_t> found;
    const auto receive = [&](mpc::Channel& channel) -> Result<> {
      WEIR_TRY_LET(found, ecdh != 0 ? mpc::ecdh_psi_receive(channel, random, curve, own, other_count)
                                    : mpc::psi_receive(channel, random, own, other_count));
      return {};
    };
    const auto send = [&](mpc::Channel& channel) {
      return ecdh != 0 ? mpc::ecdh_psi_send(channel, random, curve, others, count)
                       : mpc::psi_send(channel, random, others, count);
    };
    WEIR_TRY_LET(const TwoRuns ran, two_processes(receive, send, make_own, make_others));
    seconds.push_back(ran.seconds);
    phases = figures_of(ran);
    bytes = static_cast<double>(ran.sent + ran.received);
    if (found.size() != shared) return Error(Errc::kCorrupt, "the intersection is wrong");
  }
  Figures out;
  const double median = quantile(seconds, 0.5);
  const bool full =
      count == 1 << 20 && other_count == count && ecdh == 0;  // what was published, and the goals, are for this size
  const std::string beside = full ? "volepsi_published" : "";
  const auto goal = [&](Goal wanted) { return full ? std::optional(wanted) : std::nullopt; };
  out.push_back({"intersection_p50", median, "s", beside, full ? 0.70 : 0, goal(at_most(0.30))});
  out.push_back({"bytes_an_element", bytes / static_cast<double>(std::max<std::size_t>(count, 1)), "B",
                 beside, full ? 38.4 : 0, goal(at_most(40))});
  out.push_back({"receiver_peak_rss", peak_mib(RUSAGE_SELF), "MiB", beside, full ? 362. : 0});
  out.push_back({"sender_peak_rss", peak_mib(RUSAGE_CHILDREN), "MiB", beside, full ? 362. : 0});
  out.insert(out.end(), phases.begin(), phases.end());
  return out;
}

}  // namespace weir::bench
