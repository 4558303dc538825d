// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/client_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::adapters::http {
namespace {

Error timed_out(std::string_view doing) {
  return Error(Errc::kUnavailable, "time ran out while " + std::string(doing))
      .because("http.timeout")
      .advise("try again; if it stays so, look at the other node and the network between");
}

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

// Waits until `fd` is ready. False when the time is up.
bool poll_until(int fd, short events, Deadline deadline) {
  while (true) {
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (milliseconds_until(deadline) == 0) return false;
  }
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (status != 0) {
    return Error(Errc::kUnavailable, "the name " + url.host + " is not known: " + ::gai_strerror(status))
        .because("http.name")
        .advise("check the address, and whether this machine can look up names");
  }
  return Addresses(found);
}

Error cannot_connect(const Url& url, int code) {
  const bool refused = code == ECONNREFUSED;
  return Error(Errc::kUnavailable,
               "cannot connect to " + url.host + " port " + std::to_string(url.port) + ": " + std::strerror(code))
      .because(refused ? "http.connect_refused" : "http.unreachable")
      .advise(refused ? "is the node running there, and is this its port?" : "check the network between the nodes");
}

// A connected socket, or the errno of why not; ETIMEDOUT when the time is up.
int connect_one(const addrinfo& address, Deadline deadline, int& error) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = errno;
    return -1;
  }
  error = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof error;
    if (!poll_until(fd, POLLOUT, deadline)) {
      error = ETIMEDOUT;
    } else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
  }
  if (error == 0) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  ::close(fd);
  return -1;
}

Result<int> connect_any(const Url& url, Deadline deadline) {
  WEIR_TRY_LET(const Addresses addresses, resolve(url));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    const int fd = connect_one(*each, deadline, error);
    if (fd >= 0) return fd;
    if (error == ETIMEDOUT) return timed_out("connecting to " + url.host);
  }
  return cannot_connect(url, error);
}

}  // namespace

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(const Url& url,
                                                                 std::shared_ptr<const TlsContext> context,
                                                                 Deadline deadline) {
  WEIR_TRY_LET(const int fd, connect_any(url, deadline));
  Result<Transport> transport = Transport::connecting(fd, std::move(context), url.host);
  if (!transport) {
    ::close(fd);
    return std::move(transport).error();
  }
  std::unique_ptr<ClientConnection> made(new ClientConnection(fd, *std::move(transport)));
  while (true) {
    Result<Wait> wait = made->transport_.handshake();
    if (!wait) return std::move(wait).error().with("connecting to " + url.authority());
    if (*wait == Wait::kNone) break;
    WEIR_TRY(made->wait(*wait, deadline));
  }
  if (const std::optional<PeerCertificate> peer = made->transport_.peer()) made->peer_node_ = peer->unit;
  return made;
}

ClientConnection::~ClientConnection() {
  transport_.close_write();
  ::close(fd_);
}

Result<> ClientConnection::wait(Wait what, Deadline deadline) const {
  if (poll_until(fd_, what == Wait::kRead ? POLLIN : POLLOUT, deadline)) return {};
  return timed_out(what == Wait::kRead ? "waiting for the other side to answer" : "sending to the other side");
}

Result<> ClientConnection::write_all(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    WEIR_TRY_LET(const Io io, transport_.write(bytes));
    bytes = bytes.subspan(io.bytes);
    if (io.wait != Wait::kNone) WEIR_TRY(wait(io.wait, deadline));
    if (io.ended) return Error(Errc::kUnavailable, "the other side closed the connection").because("http.connection_lost");
  }
  return {};
}

Result<std::size_t> ClientConnection::read_some(std::span<std::uint8_t> out, Deadline deadline) {
  while (true) {
    WEIR_TRY_LET(const Io io, transport_.read(out));
    if (io.bytes > 0 || io.ended) return io.bytes;
    WEIR_TRY(wait(io.wait, deadline));
  }
}

bool ClientConnection::readable() const {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return transport_.has_pending() || ::poll(&entry, 1, 0) > 0;
}

bool ClientConnection::fresh() {
  if (!readable()) return true;
  // What came may be the TLS library's own affair, such as a session ticket; then there is nothing to read.
  std::uint8_t byte = 0;
  const Result<Io> io = transport_.read(std::span(&byte, 1));
  return io && io->bytes == 0 && !io->ended;
}

}  // namespace weir::adapters::http
