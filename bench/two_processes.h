// Two processes: a line between them over TCP on this machine, and what they share in benchmarks of two parties.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "bench/bench.h"
#include "bench/slow_line.h"
#include "weir/mpc/channel.h"

namespace weir::bench {

// Both ends of a connection; -1 if there is none.
std::pair<int, int> loopback();
// The same within limits, by a relay in a process of its own.
std::pair<int, int> line_within(const LineLimits& limits);
// A connected socket as a line; writes are gathered. Closes it in the end.
std::unique_ptr<mpc::Channel> socket_channel(int socket);
// RUSAGE_SELF or RUSAGE_CHILDREN.
double peak_mib(int who);
mpc::Blocks random_blocks(std::size_t count, std::uint64_t stream);

struct TwoRuns {
  double seconds = 0;  // of the first party
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::vector<mpc::Phase> phases;  // of the first party
};
// Where the time of a run went, one figure a phase.
Figures figures_of(const TwoRuns& ran);
// Runs `second(channel)` in a child and `first(channel)` here; fails if either does. Each prepares what is its own
// before the clock starts.
struct NoPreparation {
  void operator()() const {}
};
template <class First, class Second, class PrepareFirst = NoPreparation, class PrepareSecond = NoPreparation>
Result<TwoRuns> two_processes(First&& first, Second&& second, PrepareFirst&& prepare_first = {},
                              PrepareSecond&& prepare_second = {}, const LineLimits& limits = {}) {
  const auto [here, there] = line_within(limits);
  if (here < 0) return Error(Errc::kUnavailable, "no loopback");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(here);
    prepare_second();
    const std::uint8_t ready = 1;
    if (::write(there, &ready, 1) != 1) ::_exit(1);
    const auto channel = socket_channel(there);
    ::_exit(second(*channel) ? 0 : 1);
  }
  ::close(there);
  prepare_first();
  std::uint8_t ready = 0;
  if (::read(here, &ready, 1) != 1) return Error(Errc::kUnavailable, "the other party did not start");
  const auto channel = socket_channel(here);
  TwoRuns out;
  Result<> ran;
  channel->keep_phases([] {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  });
  out.seconds = microseconds_of([&] { ran = first(*channel); }) / 1e6;
  out.sent = channel->sent();
  out.received = channel->received();
  out.phases = channel->phases();
  int status = 0;
  ::waitpid(child, &status, 0);
  WEIR_TRY(ran);
  if (status == 0) return out;
  return Error(Errc::kCorrupt, "the other party failed");
}

}  // namespace weir::bench
