// SPDX-License-Identifier: Apache-2.0
#include "bench/two_processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "weir/mpc/aes.h"

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

}  // namespace

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

std::pair<int, int> line_within(const LineLimits& limits) {
  const auto [here, door] = loopback();
  if (limits.megabits == 0 && limits.round_trip_ms == 0) return {here, door};
  const auto [back, there] = loopback();
  if (here < 0 || back < 0) return {-1, -1};
  if (::fork() == 0) {
    ::close(here);
    ::close(there);
    relay(door, back, limits);
    ::_exit(0);
  }
  ::close(door);
  ::close(back);
  return {here, there};
}

Figures figures_of(const TwoRuns& ran) {
  Figures out;
  for (const mpc::Phase& each : ran.phases) {
    out.push_back({"of_it_" + each.name, static_cast<double>(each.nanoseconds) / 1e9, "s", "all", ran.seconds});
  }
  return out;
}

std::unique_ptr<mpc::Channel> socket_channel(int socket) { return std::make_unique<SocketChannel>(socket); }

double peak_mib(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

mpc::Blocks random_blocks(std::size_t count, std::uint64_t stream) {
  mpc::Blocks out(count);
  mpc::Prg(mpc::Block{stream, 0}).fill(out);
  return out;
}

}  // namespace weir::bench
