// Dispatcher: sends what lies in the outbox to other nodes, in order within a lane, until they took it.
//
// Woken by a commit that enqueued something and by the time of the next retry; it never polls. A peer that cannot be
// reached is tried again with a growing pause; a message that the peer refuses for good is set aside and reported.
// Thread-safe. Owns its threads; stop() ends them within the deadline of a request.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "weir/adapters/http/client.h"
#include "weir/base/time.h"
#include "weir/store/outbox.h"

namespace weir::node {

struct DispatcherOptions {
  std::size_t threads = 4;
  Milliseconds retry_first{200};
  Milliseconds retry_most{60'000};
  std::int64_t attempts_max = 10'000;  // about a week at the longest pause
};

class Dispatcher {
 public:
  struct Hooks {
    // The peer took the message and answered this; runs in the write that marks it delivered.
    std::function<Result<>(store::Tx& tx, const store::OutboxMessage& message, std::string_view answer)> answered;
    // The peer refused it for good (4xx), or the attempts are used up.
    std::function<void(const store::OutboxMessage& message, const Error& error)> refused;
    // Sends what is for a partner, who is no node of the space.
    std::function<Result<adapters::http::ClientResponse>(const store::OutboxMessage& message)> to_partner = {};
  };

  Dispatcher(store::Sql& sql, const Clock& clock, adapters::http::Client& client, DispatcherOptions options,
             Hooks hooks);
  ~Dispatcher();
  // There may be something new. Cheap; may be called after every commit.
  void notify();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How long to wait after the nth failure: doubled each time, up to the most.
Milliseconds backoff(std::int64_t attempts, Milliseconds first, Milliseconds most);

}  // namespace weir::node
