// SPDX-License-Identifier: Apache-2.0
#include "bench/slow_line.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kPacket = 16 * 1024;
constexpr std::size_t kQueued = 512 * 1024;  // more than what is on its way: what routers hold

// One way.
struct Way {
  struct Packet {
    Clock::time_point due;
    std::vector<char> bytes;
  };
  int from;
  int to;
  double bytes_a_second;
  Clock::duration late;
  std::deque<Packet> packets = {};
  std::size_t queued = 0;
  Clock::time_point free = {};  // when what came so far has left

  bool has_room() const {
    return queued < kQueued + static_cast<std::size_t>(bytes_a_second * Seconds(late).count());
  }
  bool take() {
    std::vector<char> bytes(kPacket);
    const ssize_t got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0;
    bytes.resize(static_cast<std::size_t>(got));
    free = std::max(free, Clock::now()) +
           std::chrono::duration_cast<Clock::duration>(Seconds(static_cast<double>(got) / bytes_a_second));
    queued += bytes.size();
    packets.push_back({free + late, std::move(bytes)});
    return true;
  }
  bool give() {
    while (!packets.empty() && packets.front().due <= Clock::now()) {
      std::vector<char>& bytes = packets.front().bytes;
      const ssize_t put = ::send(to, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (put < 0) return errno == EAGAIN;
      queued -= static_cast<std::size_t>(put);
      bytes.erase(bytes.begin(), bytes.begin() + put);
      if (bytes.empty()) packets.pop_front();
    }
    return true;
  }
};

void run(Way (&ways)[2]) {
  while (true) {
    pollfd wanted[2] = {};
    Clock::time_point next = Clock::now() + std::chrono::seconds(1);
    for (std::size_t i = 0; i < 2; ++i) {
      wanted[i] = {ways[i].from, static_cast<short>(ways[i].has_room() ? POLLIN : 0), 0};
      if (!ways[i].packets.empty()) next = std::min(next, ways[i].packets.front().due);
    }
    const auto wait = std::max<std::int64_t>(
        50'000, std::chrono::duration_cast<std::chrono::nanoseconds>(next - Clock::now()).count());
    const timespec time{wait / 1'000'000'000, wait % 1'000'000'000};
    ::ppoll(wanted, 2, &time, nullptr);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!ways[i].give()) return;
      if ((wanted[i].revents & (POLLIN | POLLHUP)) != 0 && ways[i].has_room() && !ways[i].take()) {
        while (!ways[i].packets.empty() && ways[i].give()) {
        }
        return;
      }
    }
  }
}

}  // namespace

void relay(int first, int second, const LineLimits& limits) {
  const double rate = limits.megabits > 0 ? limits.megabits * 1e6 / 8 : 1e10;
  const auto late = std::chrono::duration_cast<Clock::duration>(Seconds(limits.round_trip_ms / 2e3));
  Way ways[2] = {{first, second, rate, late}, {second, first, rate, late}};
  run(ways);
}

}  // namespace weir::bench
