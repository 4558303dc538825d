// Transport: a connected, non-blocking socket, plain or TLS, that says what to wait for.
//
// OpenSSL works on the socket itself: no second copy through a pair of memory buffers (docs/decisions/0070).
// Used by one thread at a time. Bytes are counted at the socket. Trust: the peer is hostile until peer() says who.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "weir/adapters/http/http.h"
#include "weir/adapters/http/tls.h"

struct ssl_ctx_st;
struct ssl_st;

namespace weir::adapters::http {

// Certificates, key and rules of a side, shared by its connections. Immutable.
class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> for_server(const TlsServerOptions& options);
  static Result<std::shared_ptr<const TlsContext>> for_client(const TlsClientOptions& options);
  explicit TlsContext(ssl_ctx_st* owned) : context_(owned) {}
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();
  ssl_ctx_st* raw() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

enum class Wait : std::uint8_t { kNone, kRead, kWrite };

struct Io {
  std::size_t bytes = 0;
  Wait wait = Wait::kNone;  // nothing moved; wait for this and try again
  bool ended = false;       // of read: the peer closed in good order
};

class Transport {
 public:
  // Owns neither; `context` may be null: plain. Requires: fd is non-blocking.
  static Transport accepting(int fd, std::shared_ptr<const TlsContext> context);
  // `host`: the name or address that the peer's certificate must carry.
  static Result<Transport> connecting(int fd, std::shared_ptr<const TlsContext> context, const std::string& host);
  Transport(Transport&&) noexcept;
  Transport& operator=(Transport&&) noexcept;
  ~Transport();

  // kNone: done. Fails with kUnauthenticated ("tls.untrusted", "tls.expired", "tls.name", "tls.refused") or
  // kUnavailable ("tls.protocol", "http.connection_lost").
  Result<Wait> handshake();
  Result<Io> read(std::span<std::uint8_t> out);
  Result<Io> write(ByteView bytes);  // may take a part
  // Says goodbye as far as the socket takes it now; then no more writing.
  void close_write();
  // From now on takes as much from the socket at a call as there is: for long bodies over TLS, whose records would
  // otherwise cost two calls each. Then has_pending() must be asked before anybody waits for the socket.
  void read_ahead();
  // Whether bytes are waiting inside that no poll() would announce.
  bool has_pending() const;

  bool secure() const;
  int fd() const;
  std::optional<PeerCertificate> peer() const;
  std::uint64_t bytes_in() const;
  std::uint64_t bytes_out() const;

 private:
  struct State;
  explicit Transport(std::unique_ptr<State> state);
  Error failure(int result, bool shaking) const;
  Result<Io> outcome(int result) const;
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::http
