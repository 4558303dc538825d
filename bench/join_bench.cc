// join: counts and sums over a join, by group, between two processes over TCP on this machine, one thread a party.
//
// Goal for 2^20 keys a side: 5 s. Sketch: 1.33 million places; equality of 64-bit tags takes 84 transfers a place, 112
// million at 25 ns on both sides at once 2.8 s; the random function 0.6 s, programming it at 3.9 million places 1 s;
// one product a place and column. `--silent=1` has silent transfers, `--megabits=100 --round_trip=30` a slow line.
// Peer: none that runs here publishes a join with sums between two parties.
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>

#include "bench/two_processes.h"
#include "weir/mpc/join.h"

namespace weir::bench {

Result<Figures> run_join(const Options& options) {
  const auto count = static_cast<std::size_t>(options.number("keys", 1 << 20));
  const auto others = static_cast<std::size_t>(options.number("others", static_cast<std::int64_t>(count)));
  const auto groups = static_cast<std::size_t>(options.number("groups", 1));
  const auto rounds = options.number("rounds", 1);
  mpc::JoinShape shape{.asker_keys = count,
                             .holder_keys = others,
                             .groups = groups,
                             .groups_of_asker = false,
                             .asker_columns = static_cast<std::size_t>(options.number("own_columns", 1)),
                             .holder_columns = static_cast<std::size_t>(options.number("columns", 1)),
                             .least = 10};
  if (options.number("silent", 0) == 1) shape.silent.emplace();
  const LineLimits limits{.megabits = static_cast<double>(options.number("megabits", 0)),
                          .round_trip_ms = static_cast<double>(options.number("round_trip", 0))};
  const std::size_t shared = std::min(count, others) / 2;
  mpc::JoinTable own{.keys = random_blocks(count, 1), .groups = {}, .columns = {}};
  mpc::JoinTable theirs{.keys = random_blocks(others, 2), .groups = {}, .columns = {}};
  std::copy_n(own.keys.begin(), shared, theirs.keys.begin());
  own.columns.assign(shape.asker_columns, std::vector<std::uint64_t>(count, 3));
  theirs.columns.assign(shape.holder_columns, std::vector<std::uint64_t>(others, 5));
  for (std::size_t i = 0; groups > 1 && i < others; ++i) theirs.groups.push_back(static_cast<std::uint8_t>(i % groups));
  SystemRandom random;
  std::vector<double> seconds;
  Figures phases;  // of the last round
  double bytes = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    mpc::JoinAnswer answer;
    WEIR_TRY_LET(const TwoRuns ran,
                 two_processes(
                     [&](mpc::Channel& channel) -> Result<> {
                       WEIR_TRY_LET(answer, mpc::join_ask(channel, random, shape, own));
                       return {};
                     },
                     [&](mpc::Channel& channel) { return join_hold(channel, random, shape, theirs); },
                     NoPreparation{}, NoPreparation{}, limits));
    seconds.push_back(ran.seconds);
    phases = figures_of(ran);
    bytes = static_cast<double>(ran.sent + ran.received);
    std::uint64_t matched = 0;
    for (const auto& group : answer) matched += group ? group->count : 0;
    if (matched != shared) return Error(Errc::kCorrupt, "the join is wrong");
  }
  const bool full = count == 1 << 20 && others == count && groups == 1 && limits.megabits == 0;
  Figures out;
  out.push_back({"join_p50", quantile(seconds, 0.5), "s", "", 0, full ? std::optional(at_most(5)) : std::nullopt});
  out.push_back({"bytes_a_key", bytes / static_cast<double>(std::max<std::size_t>(count, 1)), "B", "", 0});
  out.push_back({"asker_peak_rss", peak_mib(RUSAGE_SELF), "MiB", "", 0});
  out.push_back({"holder_peak_rss", peak_mib(RUSAGE_CHILDREN), "MiB", "", 0});
  out.insert(out.end(), phases.begin(), phases.end());
  return out;
}

}  // namespace weir::bench
