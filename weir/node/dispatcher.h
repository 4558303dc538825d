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
#include "weir/node/post.h"

namespace weir::node {

struct DispatcherOptions {
  std::size_t threads = 4;
  Retries retries = {};
  // Sends what is for a partner, who is no node of the space.
  std::function<Result<adapters::http::ClientResponse>(const store::OutboxMessage& message)> to_partner = {};
};

class Dispatcher {
 public:
  Dispatcher(store::Sql& sql, const Clock& clock, adapters::http::Client& client, DispatcherOptions options,
             PostHooks hooks);
  ~Dispatcher();
  // There may be something new. Cheap; may be called after every commit.
  void notify();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::node
