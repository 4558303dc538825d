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

Milliseconds backoff(std::int64_t attempts, Milliseconds first, Milliseconds most) {
  const std::int64_t doublings = std::clamp<std::int64_t>(attempts, 0, 20);
  return std::min(most, first * (std::int64_t{1} << doublings));
}

struct Dispatcher::State {
  store::Sql& sql;
  const Clock& clock;
  adapters::http::Client& client;
  DispatcherOptions options;
  Hooks hooks;

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
  bool send(const OutboxMessage& message);
  bool settle(const OutboxMessage& message, const Result<>& outcome, std::string_view answer);
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
    next_retry = after(now, options.retry_first);
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
    if (!settled) changed.wait_for(lock, options.retry_first, [&] { return stopping; });
    busy_lanes.erase(message.lane);
    look = true;  // the next message of this lane may be due
  }
}

Result<adapters::http::ClientResponse> Dispatcher::State::request(const OutboxMessage& message) {
  if (hooks.to_partner && !flow::delivery::PeerId(message.peer).is_node()) return hooks.to_partner(message);
  ClientRequest request{.method = Method::kPost, .url = message.address + message.path, .body = message.body};
  request.headers.set("Content-Type", "application/json");
  request.node = message.peer;
  return client.request(request);
}

bool Dispatcher::State::send(const OutboxMessage& message) {
  const auto response = request(message);
  if (response) {
    return settle(message, response->ok(), response->body);
  }
  return settle(message, response.error(), "");
}

// Whether what became of the message is durable.
bool Dispatcher::State::settle(const OutboxMessage& message, const Result<>& outcome, std::string_view answer) {
  const Timestamp now = clock.now();
  bool set_aside = false;
  const Result<> written = sql.write([&](store::Tx& tx) -> Result<> {
    if (outcome) {
      WEIR_TRY(hooks.answered(tx, message, answer));
      return store::delivered(tx, message.id);
    }
    const Errc code = outcome.error().code();
    const bool may_pass = code == Errc::kUnavailable || code == Errc::kExhausted;
    set_aside = !may_pass || message.attempts >= options.attempts_max;
    if (set_aside) return store::delivered(tx, message.id);
    const Milliseconds pause = backoff(message.attempts, options.retry_first, options.retry_most);
    return store::retry_at(tx, message.id, after(now, pause), outcome.error().message());
  });
  // This node could not do what the answer asks of it: as if there had been none.
  if (!written && outcome) return settle(message, Result<>(written.error()), "");
  if (!written) {
    log::error("outbox.unwritable", {{"path", message.path}, {"error", written.error().message()}});
    return false;
  }
  if (outcome) return true;
  log::warning(set_aside ? "outbox.refused" : "outbox.retry", {{"peer", message.peer},
                                                             {"path", message.path},
                                                             {"attempts", message.attempts + 1},
                                                             {"error", outcome.error().message()}});
  if (set_aside) hooks.refused(message, outcome.error());
  return true;
}

Dispatcher::Dispatcher(store::Sql& sql, const Clock& clock, adapters::http::Client& client, DispatcherOptions options,
                       Hooks hooks)
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
