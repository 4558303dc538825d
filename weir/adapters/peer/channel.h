// PeerChannel: the line of a private computation over a TLS connection between two nodes.
//
// Format: docs/formats/private-computing.md. Thread-safety: one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "weir/adapters/http/line.h"
#include "weir/crypto/hash.h"
#include "weir/mpc/channel.h"

namespace weir::adapters::peer {

// The protocol's name in the Upgrade header.
inline constexpr std::string_view kProtocol = "weir-mpc";

class PeerChannel final : public mpc::Channel {
 public:
  explicit PeerChannel(std::unique_ptr<http::Line> line) : line_(std::move(line)) {}
  // Breaks it under whoever uses it. Thread-safe.
  void cut() { line_->cut(); }

 private:
  Result<> write(ByteView bytes) override;
  Result<> read(std::span<std::uint8_t> out) override;
  Result<> push() override;

  std::unique_ptr<http::Line> line_;
  Bytes waiting_;
};

}  // namespace weir::adapters::peer
