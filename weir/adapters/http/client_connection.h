// ClientConnection: one connection to another node, blocking with a deadline over a non-blocking socket.
//
// Used by one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "weir/adapters/http/parser.h"
#include "weir/adapters/http/transport.h"
#include "weir/adapters/http/url.h"

namespace weir::adapters::http {

using Deadline = std::chrono::steady_clock::time_point;

class ClientConnection {
 public:
  // Connects and shakes hands. `context` is null for plain HTTP.
  static Result<std::unique_ptr<ClientConnection>> open(const Url& url, std::shared_ptr<const TlsContext> context,
                                                        Deadline deadline);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  Result<> write_all(ByteView bytes, Deadline deadline);
  // Some bytes; 0 at the end of the stream.
  Result<std::size_t> read_some(std::span<std::uint8_t> out, Deadline deadline);
  // Whether it may carry another request: the peer has neither closed it nor sent what nobody asked for.
  bool fresh();
  // Whether something to read is there already.
  bool readable() const;
  const Transport& transport() const { return transport_; }
  Transport& transport() { return transport_; }
  const std::string& peer_node() const { return peer_node_; }

 private:
  ClientConnection(int fd, Transport transport) : fd_(fd), transport_(std::move(transport)) {}
  Result<> wait(Wait what, Deadline deadline) const;
  int fd_;
  Transport transport_;
  std::string peer_node_;
};

}  // namespace weir::adapters::http
