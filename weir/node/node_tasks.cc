// SPDX-License-Identifier: Apache-2.0
// What a node does by itself: what falls due, what was under way, and the threads for it.
#include <algorithm>

#include "weir/base/log.h"
#include "weir/flow/delivery/store.h"
#include "weir/node/node_state.h"

namespace weir::node {

namespace {

constexpr std::size_t kDueAtOnce = 64;
constexpr std::size_t kForgottenAtOnce = 1000;
constexpr Milliseconds kBeatLongest{5'000};
constexpr Milliseconds kHousekeeping{3'600'000};
constexpr Milliseconds kDay{24LL * 3600 * 1000};

// The regional node took the report, but perhaps not every identifier in it: somebody has to know.
void note_refused_identifiers(std::string_view answer) {
  const auto json = wire::parse_json(answer);
  if (!json || !(*json)["refused"].is_array()) return;
  for (const wire::Json& each : (*json)["refused"].items()) {
    log::warning("identifier.refused_above", {{"id", each.text_or("id", "")}, {"reason", each.text_or("reason", "")}});
  }
}

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
           [this](Timestamp) { return destroy_ended(); }},
          watch_task(),
          housekeeping_task()};
}

// ── heartbeats ──

AlarmTask Node::State::heartbeat_task() {
  next_beat = clock.now();
  return {"heartbeat", [this]() -> Result<std::optional<Timestamp>> { return std::optional(next_beat); },
          [this](Timestamp now) -> Result<> {
            beat(now);
            return {};
          }};
}

// Counted from when it was sent, so that a slow answer delays nothing but itself. A node above that cannot be reached
// is no failure of this task: the next beat is the repetition.
void Node::State::beat(Timestamp now) {
  next_beat = after(now, config.heartbeat_interval);
  const Result<> heard = membership->beat(std::min(config.heartbeat_interval, kBeatLongest));
  if (heard.ok() == regional_answered.exchange(heard.ok())) return;
  if (heard) {
    log::info("heartbeat.answered", {});
  } else {
    log::warning("heartbeat.not_answered", {{"error", heard.error().message()}});
  }
}

// On a regional node: who was heard of and is late.
AlarmTask Node::State::watch_task() {
  return {"watch", [this]() -> Result<std::optional<Timestamp>> { return membership->heartbeats().next_deadline(); },
          [this](Timestamp) -> Result<> {
            for (const auto& id : membership->heartbeats().take_stopped()) {
              const auto usable = membership->directory().usable(id);
              if (!usable) membership->heartbeats().forget(id);  // suspended or gone: nobody waits for it
              log::warning("node.stopped_beating", {{"node", id.text()}});
            }
            return {};
          }};
}

// ── what must not grow for ever ──

AlarmTask Node::State::housekeeping_task() {
  next_housekeeping = clock.now();
  return {"housekeeping", [this]() -> Result<std::optional<Timestamp>> { return std::optional(next_housekeeping); },
          [this](Timestamp now) { return keep_house(now); }};
}

//= NDI-TR-2025-03#log-retention
Result<> Node::State::keep_house(Timestamp now) {
  WEIR_TRY_LET(const std::int64_t answers, adapters::http::expire_idempotency(*sql, clock));
  const Timestamp before = after(now, -kDay * config.retention_days);
  WEIR_TRY_LET(const std::int64_t over, store::sql_write<std::int64_t>(*sql, [&](store::Tx& tx) {
                 return flow::delivery::forget_over(tx, before, kForgottenAtOnce);
               }));
  if (answers + over > 0) log::info("housekeeping.forgot", {{"answers", answers}, {"transfers", over}});
  const bool more = over == static_cast<std::int64_t>(kForgottenAtOnce);
  next_housekeeping = more ? now : after(now, kHousekeeping);
  return {};
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
      const bool recent = clock.now() < after(transfer.updated, kDay);
      if (is_final(transfer.state) && recent) delivery->settle(transfer.pid);  // if the stop came in between
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
  transfers = std::make_unique<Transfers>(*delivery, *contents, *client, rate_limits,
                                          TransfersOptions{.foreign = foreign.get()});
  alarm = std::make_unique<Alarm>(clock, alarm_tasks());
  if (!regional()) heartbeat = std::make_unique<Alarm>(clock, std::vector{heartbeat_task()});
  collector = std::make_unique<Collector>(node);
  Dispatcher::Hooks hooks;
  hooks.answered = [this](store::Tx& tx, const store::OutboxMessage& message, std::string_view answer) -> Result<> {
    if (message.path.starts_with("/negotiations")) return contracts->answered(tx, message, answer);
    if (message.path == kIdentifiersPath) note_refused_identifiers(answer);
    return delivery->answered(tx, message, answer);
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
  hooks.to_partner = [this](const store::OutboxMessage& message) { return partners->send(message); };
  dispatcher = std::make_unique<Dispatcher>(*sql, clock, *client, DispatcherOptions{}, std::move(hooks));
}

}  // namespace weir::node
