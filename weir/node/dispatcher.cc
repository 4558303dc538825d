// SPDX-License-Identifier: Apache-2.0
#include "weir/node/dispatcher.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "weir/base/log.h"
#include "weir/flow/delivery/peer.h"

namespace weir::node {

using adapters::http::ClientRequest;
using adapters::http::Method;
using store::OutboxMessage;

struct Dispatcher::State {
  store::Sql& sql;
  const Clock& clock;
  adapters::http::Client& client;
  DispatcherOptions options;
  PostHooks hooks;

  std::mutex mutex;  // guards everything below
  std::condition_variable changed;
  bool stopping = false;
  bool look = true;  // the outbox may hold something that was not seen yet
  std::optional<Timestamp> next_retry;
  std::set<std::string> busy_lanes;
  std::deque<OutboxMessage> ready;
  std::vector<std::jthread> threads;

  void run();
  void refill();
  Result<adapters::http::ClientResponse> request(const OutboxMessage& message);
  bool send(const OutboxMessage& message);  // whether what became of it is durable
};

// Requires: mutex held. Fills `ready` with the heads of the lanes that nobody works on.
void Dispatcher::State::refill() {
  constexpr std::size_t kLook = 256;
  const Timestamp now = clock.now();
  const Result<> read = sql.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(auto messages, store::due(tx, now, kLook));
    for (OutboxMessage& message : messages) {
      if (busy_lanes.insert(message.lane).second) ready.push_back(std::move(message));
    }
    WEIR_TRY_LET(next_retry, store::next_due(tx, now));
    return {};
  });
  if (!read) {
    log::error("outbox.unreadable", {{"error", read.error().message()}});
    next_retry = after(now, options.retries.first);
  }
}

void Dispatcher::State::run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (ready.empty() && (look || (next_retry && *next_retry <= clock.now()))) {
      look = false;
      refill();
      if (ready.size() > 1) changed.notify_all();
    }
    if (ready.empty()) {
      if (next_retry) {
        changed.wait_for(lock, std::max(Milliseconds(1), between(clock.now(), *next_retry)));
      } else {
        changed.wait(lock, [&] { return stopping || look || !ready.empty() || next_retry.has_value(); });
      }
      continue;
    }
    const OutboxMessage message = std::move(ready.front());
    ready.pop_front();
    // Somebody else minds the clock and the rest while this thread is away.
    changed.notify_one();
    lock.unlock();
    const bool settled = send(message);
    lock.lock();
    // The database does not write: the lane rests, so that the peer is not asked again at once.
    if (!settled) changed.wait_for(lock, options.retries.first, [&] { return stopping; });
    busy_lanes.erase(message.lane);
    look = true;  // the next message of this lane may be due
  }
}

Result<adapters::http::ClientResponse> Dispatcher::State::request(const OutboxMessage& message) {
  const bool foreign = !flow::delivery::PeerId(message.peer).is_node();
  if (foreign && options.to_partner) return options.to_partner(message);
  ClientRequest request{.method = Method::kPost, .url = message.address + message.path, .body = message.body};
  request.headers.set("Content-Type", "application/json");
  request.node = message.peer;
  return client.request(request);
}

bool Dispatcher::State::send(const OutboxMessage& message) {
  const auto response = request(message);
  const Result<> outcome = response ? response->ok() : Result<>(response.error());
  return settle(sql, clock.now(), options.retries, hooks, message, outcome, response ? response->body : "");
}

Dispatcher::Dispatcher(store::Sql& sql, const Clock& clock, adapters::http::Client& client, DispatcherOptions options,
                       PostHooks hooks)
    : state_(new State{.sql = sql,
                       .clock = clock,
                       .client = client,
                       .options = options,
                       .hooks = std::move(hooks)}) {
  for (std::size_t i = 0; i < options.threads; ++i) state_->threads.emplace_back([this] { state_->run(); });
}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::notify() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->look = true;
  }
  state_->changed.notify_one();
}

void Dispatcher::stop() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->threads.clear();  // joins
}

}  // namespace weir::node
