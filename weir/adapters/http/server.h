// Server: HTTP/1.1 over TLS (or plain, on loopback only): one edge thread, a few workers, bounded everything.
//
// The edge accepts, shakes hands and frames; handlers run on workers; long bodies go out and come in on stream
// threads in 256 KiB pieces. A full queue answers 503 with Retry-After; a connection too many is told so and closed.
// Thread-safe. Trust: all input is hostile; a slow or silent client costs one connection until its time is up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "weir/adapters/http/router.h"
#include "weir/adapters/http/tls.h"
#include "weir/base/limits.h"
#include "weir/base/time.h"

namespace weir::adapters::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::port()
  std::optional<TlsServerOptions> tls;  // none: plain HTTP, refused unless the address is loopback
  std::size_t workers = 4;
  std::size_t streams = 4;  // threads for long bodies, started when first needed
  std::size_t queue_max = limits::kWorkQueueMax;
  std::size_t connections_max = limits::kConnectionsMax;
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  std::size_t buffered_bytes_max = 256u << 20;  // request bodies held in memory, over all connections
  Milliseconds handshake_timeout{10'000};
  Milliseconds header_timeout{10'000};  // from the first byte of a request to the end of its headers
  Milliseconds body_timeout{30'000};    // without progress
  Milliseconds write_timeout{30'000};   // without progress
  Milliseconds idle_timeout{60'000};    // between requests
  std::uint64_t requests_per_second = 0;  // of one address; 0: no limit
};

struct ServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t handshakes_failed = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes_in = 0;   // at the socket
  std::uint64_t bytes_out = 0;
};

class Server {
 public:
  // Listens and serves until stop(). Requires: the router outlives the server.
  // Fails with kInvalidArgument (address, certificate or key) or kUnavailable ("http.address_in_use").
  static Result<std::unique_ptr<Server>> start(ServerOptions options, const Router& router);
  ~Server();  // stop(0)

  std::uint16_t port() const;
  std::string url() const;  // "https://127.0.0.1:8443"
  ServerStats stats() const;
  // New certificates or authorities, for connections accepted from now on.
  Result<> replace_tls(const TlsServerOptions& tls);
  // Accepts no more, lets requests in flight finish until the deadline, then cuts. Returns when all threads ended.
  void stop(Milliseconds deadline);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::http
