// Line: a connection after an upgrade: bytes both ways, blocking, with patience.
//
// Used by one thread at a time, but for cut(). Trust: who is at the other end was proven when the connection was made;
// what it sends is hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/base/time.h"

namespace weir::adapters::http {

class Transport;

class Line {
 public:
  // `owner` keeps the transport and its socket, and closes them when it goes.
  Line(Transport& transport, std::shared_ptr<void> owner) : transport_(transport), owner_(std::move(owner)) {}
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // How long a read or a write may stand still.
  void set_patience(Milliseconds patience) { patience_ = patience; }
  // All of it. Fail with kUnavailable ("http.timeout", "http.connection_lost").
  Result<> write(ByteView bytes);
  Result<> read(std::span<std::uint8_t> out);
  // Breaks the line under whoever reads or writes it. Thread-safe while the line lives.
  void cut();
  // At the socket, TLS and the request included.
  std::uint64_t bytes_in() const;
  std::uint64_t bytes_out() const;

 private:
  Transport& transport_;
  std::shared_ptr<void> owner_;
  Milliseconds patience_{60'000};
};

}  // namespace weir::adapters::http
