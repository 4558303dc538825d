// Transfers: the threads that move data: they pull into the vault, push to a consumer, and finish what was begun.
//
// A transfer is woken by its message, by an operator, or once at start; a failed one pauses and tries again while it is
// STARTED. Thread-safe. Owns its threads; stop() interrupts running streams (they go on after the next start).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/base/rate_limiter.h"
#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/spill.h"

namespace weir::node {

struct TransfersOptions {
  std::size_t jobs = 2;     // transfers at once
  std::size_t streams = 2;  // connections a transfer
  std::uint64_t chunks_per_request = 32;
  std::uint64_t checkpoint_bytes = 256u << 20;  // between two records of progress
  Milliseconds retry_first{500};
  Milliseconds retry_most{60'000};
  adapters::http::Client* foreign = nullptr;  // to the data planes of partners; none: nothing is drawn from them
  // Where what they send waits: a foreign data plane names no content beforehand. Needed if there is `foreign`.
  std::function<Result<flow::delivery::Spill>(const std::string& pid)> spill = {};
};

// What came whole from a foreign data plane: named, sealed, received for.
Result<> take_whole(flow::delivery::Service& service, const std::string& pid, flow::delivery::Spill& spill,
                    flow::delivery::ManifestBuilder builder);

// The rate limit of each transfer that runs, changed while it runs.
class RateLimits {
 public:
  // `otherwise`: the rate of a process that was given none; 0: as fast as it goes.
  explicit RateLimits(std::int64_t otherwise = 0) : otherwise_(otherwise) {}
  // The limiter of a process, made with this rate if there is none yet.
  std::shared_ptr<RateLimiter> of(const std::string& pid, std::int64_t bytes_per_second);
  void set(const std::string& pid, std::int64_t bytes_per_second);
  void forget(const std::string& pid);
  // Nobody waits any more: for the end of the program.
  void lift();

 private:
  struct State;
  std::int64_t otherwise_;
  std::shared_ptr<State> state_ = make();
  static std::shared_ptr<State> make();
};

struct TransferProgress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

class Transfers {
 public:
  Transfers(flow::delivery::Service& service, flow::delivery::Contents& contents, adapters::http::Client& client,
            RateLimits& limits, TransfersOptions options);
  ~Transfers();
  // The state of a transfer changed: there is work, or what runs must stop.
  void wake(const std::string& pid);
  // Of a transfer that runs now.
  Result<TransferProgress> progress(const std::string& pid) const;
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::node
