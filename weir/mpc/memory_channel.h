// MemoryChannel: two ends of a line within one process, for tests and in-process benchmarks.
//
// Thread-safety: each end belongs to one thread. A closed or abandoned end fails the other with kUnavailable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "weir/mpc/channel.h"

namespace weir::mpc {

class MemoryChannel final : public Channel {
 public:
  // Two ends of one line. A read that waits longer than this fails.
  static std::pair<std::unique_ptr<MemoryChannel>, std::unique_ptr<MemoryChannel>> pair(
      std::chrono::milliseconds patience = std::chrono::seconds(60));
  ~MemoryChannel() override;
  void close();
  // From now on what this end writes waits for the other to read, but for so many pieces.
  void narrow(std::size_t pieces);
  // From now on `change` sees each piece before it is sent: the n-th piece from 0 (a message is a head and a payload);
  // one that it empties hangs up.
  void tamper(std::function<void(std::size_t n, Bytes& piece)> change) { change_ = std::move(change); }

 private:
  struct Pipe;
  MemoryChannel(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::chrono::milliseconds patience);
  Result<> write(ByteView bytes) override;
  Result<> read(std::span<std::uint8_t> out) override;
  Result<> push() override;

  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  std::chrono::milliseconds patience_;
  std::function<void(std::size_t, Bytes&)> change_;
  std::size_t written_ = 0;
};

}  // namespace weir::mpc
