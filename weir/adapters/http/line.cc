// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/line.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "weir/adapters/http/transport.h"

namespace weir::adapters::http {
namespace {

using std::chrono::steady_clock;

Error lost() {
  return Error(Errc::kUnavailable, "the other side closed the connection").because("http.connection_lost");
}

Result<> wait_for(int fd, Wait what, Milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  pollfd entry{.fd = fd, .events = static_cast<short>(what == Wait::kRead ? POLLIN : POLLOUT), .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) {
      return Error(Errc::kUnavailable, "the other side stood still for too long").because("http.timeout");
    }
    if (::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) > 0) return {};
  }
}

}  // namespace

Line::~Line() { transport_.close_write(); }

Result<> Line::write(ByteView bytes) {
  while (!bytes.empty()) {
    WEIR_TRY_LET(const Io io, transport_.write(bytes));
    bytes = bytes.subspan(io.bytes);
    if (io.wait != Wait::kNone) WEIR_TRY(wait_for(transport_.fd(), io.wait, patience_));
    if (io.ended) return lost();
  }
  return {};
}

Result<> Line::read(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    WEIR_TRY_LET(const Io io, transport_.read(out));
    out = out.subspan(io.bytes);
    if (io.ended) return lost();
    if (io.wait != Wait::kNone) WEIR_TRY(wait_for(transport_.fd(), io.wait, patience_));
  }
  return {};
}

void Line::cut() { ::shutdown(transport_.fd(), SHUT_RDWR); }

std::uint64_t Line::bytes_in() const { return transport_.bytes_in(); }
std::uint64_t Line::bytes_out() const { return transport_.bytes_out(); }

}  // namespace weir::adapters::http
