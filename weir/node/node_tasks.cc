// SPDX-License-Identifier: Apache-2.0
// What a node does by itself: what falls due, what was under way, and the threads for it.
#include "weir/base/log.h"
#include "weir/node/node_state.h"

namespace weir::node {

namespace {

constexpr std::size_t kDueAtOnce = 64;

}  // namespace

void Node::State::committed() {
  news.bump();
  if (dispatcher) dispatcher->notify();
}

std::vector<AlarmTask> Node::State::alarm_tasks() {
  return {{"agreements", [this] { return contracts->next_expiry(); },
           [this](Timestamp now) -> Result<> {
             WEIR_TRY(contracts->expire(now));
             return {};
           }},
          {"obligations", [this] { return usage->next_due(); },
           [this](Timestamp now) -> Result<> {
             WEIR_TRY(usage->run_due(kDueAtOnce));
             WEIR_TRY(usage->mark_overdue(now, kDueAtOnce));
             return {};
           }},
          {"destruction",
           [this]() -> Result<std::optional<Timestamp>> {
             const std::scoped_lock lock(ended_mutex);
             return ended.empty() ? std::optional<Timestamp>() : std::optional<Timestamp>(clock.now());
           },
           [this](Timestamp) { return destroy_ended(); }}};
}

Result<> Node::State::destroy_ended() {
  std::set<std::string> now;
  {
    const std::scoped_lock lock(ended_mutex);
    now.swap(ended);
  }
  for (const std::string& agreement : now) {
    const auto destroyed = delivery->destroy(agreement, "the agreement ended", "node:" + opened.id.text());
    if (destroyed) continue;
    const std::scoped_lock lock(ended_mutex);
    ended.insert(agreement);
    return Error(destroyed.error());
  }
  return {};
}

// What was under way when the node last stopped.
Result<> Node::State::take_up_unfinished() {
  WEIR_TRY_LET(const auto unfinished, delivery->unfinished());
  for (const auto& transfer : unfinished) transfers->wake(transfer.pid);
  std::string cursor;
  do {
    WEIR_TRY_LET(const auto page, delivery->list(cursor, limits::kPageSizeMax));
    for (const auto& transfer : page.rows) {
      using flow::delivery::Custody;
      if (transfer.custody != Custody::kHeld && transfer.custody != Custody::kReceiving) continue;
      const auto agreement = contracts->get_agreement(transfer.agreement);
      if (agreement && !check_live(*agreement, clock.now())) {
        const bool suspended = agreement->state == flow::contract::AgreementState::kSuspended;
        const std::scoped_lock lock(ended_mutex);
        if (!suspended) ended.insert(transfer.agreement);
      }
    }
    cursor = page.next;
  } while (!cursor.empty());
  alarm->look();
  return {};
}

void Node::State::start_threads(Node& node) {
  transfers = std::make_unique<Transfers>(*delivery, *contents, *client, rate_limits, TransfersOptions{});
  alarm = std::make_unique<Alarm>(clock, alarm_tasks());
  collector = std::make_unique<Collector>(node);
  Dispatcher::Hooks hooks;
  hooks.answered = [this](store::Tx& tx, const store::OutboxMessage& message, std::string_view answer) -> Result<> {
    if (message.path.starts_with("/negotiations")) return contracts->answered(tx, message, answer);
    return {};
  };
  hooks.refused = [this](const store::OutboxMessage& message, const Error& error) {
    Result<> noted;
    if (message.path.starts_with("/negotiations") || message.path.starts_with("/agreements")) {
      noted = contracts->refused(message, error);
    } else if (message.path.starts_with("/transfers/request")) {
      noted = delivery->refused(message.lane, error);
    }
    if (!noted) log::warning("outbox.refusal_lost", {{"lane", message.lane}, {"error", noted.error().message()}});
  };
  dispatcher = std::make_unique<Dispatcher>(*sql, clock, *client, DispatcherOptions{}, std::move(hooks));
}

}  // namespace weir::node
