// Client: HTTP/1.1 requests to other nodes and from the command line: blocking, with deadlines, over pinned TLS.
//
// Connections are kept and reused. Only the authorities given are believed; the host name or address must be in the
// certificate, and if a node is named, the certificate's OU must be its identifier. Redirects are not followed.
// Thread-safe: several threads may send at once, each on a connection of its own.
// Trust: the answer is hostile until its status and content are checked; sizes are bounded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "weir/adapters/http/http.h"
#include "weir/adapters/http/tls.h"
#include "weir/base/rate_limiter.h"
#include "weir/base/time.h"

namespace weir::adapters::http {

struct ClientOptions {
  TlsClientOptions tls;
  Milliseconds connect_timeout{5'000};  // name, TCP and TLS together
  Milliseconds timeout{30'000};         // of a whole request; of bulk bodies: without progress
  std::size_t idle_connections_max = 16;
  Milliseconds idle_timeout{30'000};
  std::string user_agent = "weir";
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string url;  // "https://host:port/path?query" or http://
  Headers headers = {};
  std::string body = {};
  std::string node = {};                         // expected identifier of the peer; empty: not checked
  Milliseconds timeout{0};                       // 0: the client's
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;  // of the answer
  std::shared_ptr<RateLimiter> limiter = nullptr;          // of bulk bodies, in bytes a second
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
  std::uint64_t body_bytes = 0;      // also when they went to a sink
  std::uint64_t bytes_sent = 0;      // at the socket, TLS included, for metering
  std::uint64_t bytes_received = 0;
  std::string peer_node;             // OU of the peer's certificate; empty on plain HTTP
  // The answer if its status is 2xx, else what the other side said, as an Error (problem.h).
  Result<> ok() const;
  Result<wire::Json> json() const;   // ok(), then the body
};

// Takes pieces of a body as they arrive; returns false to stop (the connection is then closed).
using PieceSink = std::function<Result<bool>(ByteView)>;
// Where the next piece may be put; empty: nowhere. Then that piece is what lies there, and need not be copied.
using PieceRoom = std::function<std::span<std::uint8_t>()>;

class Client {
 public:
  // Fails with kInvalidArgument if certificates or key cannot be read.
  static Result<std::unique_ptr<Client>> open(ClientOptions options);
  ~Client();

  // The answer, whatever its status. Fails with kUnavailable ("http.connect_refused", "http.timeout",
  // "http.connection_lost", "http.name"), kUnauthenticated ("tls.untrusted", "tls.expired", "tls.name", "tls.node",
  // "tls.refused"), kCorrupt ("http.malformed_response"), kExhausted ("http.response_too_large") or
  // kInvalidArgument ("http.url").
  Result<ClientResponse> request(const ClientRequest& request);

  // GET of `length` bytes from `offset` (length 0: to the end), handed on as they arrive; with another method, the
  // whole answer. The sink is only called for
  // 200 and 206; an answer of 200 to a range is refused ("http.range"). Other statuses arrive as in request().
  Result<ClientResponse> download(const ClientRequest& request, std::uint64_t offset, std::uint64_t length,
                                  const PieceSink& sink, const PieceRoom& room = {});
  // As request(), with the body from a source of known length.
  Result<ClientResponse> upload(const ClientRequest& request, BodySource& source);
  // A connection of its own that speaks `protocol` (RFC 9110 section 7.8) from now on. An answer other than 101 is an
  // Error, as ClientResponse::ok() gives it.
  Result<std::unique_ptr<Line>> upgrade(ClientRequest request, std::string_view protocol);

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::http
