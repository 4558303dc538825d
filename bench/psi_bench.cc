// psi: a private intersection between two processes over TCP on this machine, one thread a party.
//
// Budget for 2^20 elements a side: 0.30 s and 40 bytes an element. Sketch: base OT 40 ms, VOLE 60 ms, store 60 ms,
// images 20 ms a side, matching 15 ms, 38 MB on loopback 15 ms. Peer: volepsi (RR22, malicious), 0.66 to 0.79 s, 38.4
// bytes and 362 MB on a machine of this kind.
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "bench/bench.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/psi.h"

namespace weir::bench {
namespace {

// A connected socket as a line; writes are gathered.
class SocketChannel final : public mpc::Channel {
 public:
  explicit SocketChannel(int socket) : socket_(socket) {}
  ~SocketChannel() override { ::close(socket_); }

 private:
  static Error broken() { return Error(Errc::kUnavailable, "the line broke").because("mpc.line"); }
  Result<> write(ByteView bytes) override {
    if (waiting_.size() + bytes.size() > kGather) WEIR_TRY(push());
    if (bytes.size() > kGather) return put(bytes);
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<> push() override {
    WEIR_TRY(put(waiting_));
    waiting_.clear();
    return {};
  }
  Result<> put(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done <= 0) return broken();
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
  }
  Result<> read(std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      const ssize_t done = ::recv(socket_, out.data(), out.size(), 0);
      if (done <= 0) return broken();
      out = out.subspan(static_cast<std::size_t>(done));
    }
    return {};
  }
  static constexpr std::size_t kGather = 64 * 1024;
  int socket_;
  Bytes waiting_;
};

std::pair<int, int> loopback() {
  const int door = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(door, generic, size) != 0 || ::listen(door, 1) != 0) return {-1, -1};
  ::getsockname(door, generic, &size);
  const int there = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(there, generic, size) != 0) return {-1, -1};
  const int here = ::accept(door, nullptr, nullptr);
  ::close(door);
  const int yes = 1;
  for (const int s : {here, there}) ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return {here, there};
}

mpc::Blocks elements(std::size_t count, std::uint64_t stream) {
  mpc::Blocks out(count);
  mpc::Prg(mpc::Block{stream, 0}).fill(out);
  return out;
}

double peak_mib(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

Result<Figures> run_psi(const Options& options) {
  const auto count = static_cast<std::size_t>(options.number("elements", 1 << 20));
  const auto rounds = options.number("rounds", 5);
  const mpc::Blocks own = elements(count, 1);
  mpc::Blocks others = elements(count, 2);
  std::copy_n(own.begin(), count / 2, others.begin());
  std::vector<double> seconds;
  double bytes = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const auto [here, there] = loopback();
    if (here < 0) return Error(Errc::kUnavailable, "no loopback");
    const pid_t child = ::fork();
    SystemRandom random;
    if (child == 0) {
      ::close(here);
      SocketChannel channel(there);
      ::_exit(mpc::psi_send(channel, random, others, count) ? 0 : 1);
    }
    ::close(there);
    SocketChannel channel(here);
    Result<std::vector<std::size_t>> found = std::vector<std::size_t>{};
    seconds.push_back(microseconds_of([&] { found = mpc::psi_receive(channel, random, own, count); }) / 1e6);
    bytes = static_cast<double>(channel.sent() + channel.received());
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!found) return found.error();
    if (found->size() != count / 2 || status != 0) return Error(Errc::kCorrupt, "the intersection is wrong");
  }
  Figures out;
  const double median = quantile(seconds, 0.5);
  const bool full = count == 1 << 20;  // what was published, and the goals, are for this size
  const auto goal = [&](Goal wanted) { return full ? std::optional(wanted) : std::nullopt; };
  out.push_back({"intersection_p50", median, "s", "volepsi_published", full ? 0.70 : 0, goal(at_most(0.30))});
  out.push_back({"bytes_an_element", bytes / static_cast<double>(std::max<std::size_t>(count, 1)), "B",
                 "volepsi_published", full ? 38.4 : 0, goal(at_most(40))});
  out.push_back({"receiver_peak_rss", peak_mib(RUSAGE_SELF), "MiB", "volepsi_published", full ? 362. : 0});
  out.push_back({"sender_peak_rss", peak_mib(RUSAGE_CHILDREN), "MiB", "volepsi_published", full ? 362. : 0});
  return out;
}

}  // namespace weir::bench
