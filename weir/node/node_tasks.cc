// SPDX-License-Identifier: Apache-2.0
// What a node does by itself: what falls due, what was under way, and the threads for it.
#include <algorithm>

#include "weir/base/log.h"
#include "weir/flow/delivery/store.h"
#include "weir/node/node_state.h"

namespace weir::node {

namespace {

constexpr std::size_t kForgottenAtOnce = 1000;
constexpr Milliseconds kBeatLongest{5'000};
constexpr Milliseconds kReportLongest{15'000};
constexpr Milliseconds kReportAgainFirst{500};
constexpr Milliseconds kReportAgainMost{60'000};
constexpr Milliseconds kHousekeeping{3'600'000};
constexpr Milliseconds kDay{24LL * 3600 * 1000};

}  // namespace

void Node::State::committed() {
  news.bump();
  if (dispatcher) dispatcher->notify();
}

std::vector<AlarmTask> Node::State::alarm_tasks() {
  auto tasks = duties->tasks();
  tasks.push_back(watch_task());
  tasks.push_back(housekeeping_task());
  return tasks;
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
  if (heard.ok() == above_answered.exchange(heard.ok())) return;
  if (heard) {
    log::info("heartbeat.answered", {});
  } else {
    log::warning("heartbeat.not_answered", {{"error", heard.error().message()}});
  }
}

// ── identifiers, to the node above ──

// Due at once when something changed; looked for again with each heartbeat.
AlarmTask Node::State::report_task() {
  return {"identifiers",
          [this]() -> Result<std::optional<Timestamp>> {
            WEIR_TRY_LET(const auto changed, membership->registry().unreported(1));
            return changed.records.empty() ? std::optional<Timestamp>() : std::optional(next_report);
          },
          [this](Timestamp now) -> Result<> {
            report(now);
            return {};
          }};
}

// A failure is no failure of this task either: it is repeated, later and later.
void Node::State::report(Timestamp now) {
  Result<bool> more = true;
  while (more && *more) more = membership->report_identifiers(kReportLongest);
  reports_failed = more ? 0 : reports_failed + 1;
  if (more) return;
  next_report = after(now, backoff(reports_failed, kReportAgainFirst, kReportAgainMost));
  log::warning("identifiers.not_reported", {{"error", more.error().message()}});
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
  WEIR_TRY_LET(const std::int64_t results,
               job_runner->forget_results(after(now, -kDay * config.job_results_days)));
  if (results > 0) log::info("housekeeping.forgot", {{"results", results}});
  WEIR_TRY_LET(const std::int64_t images, job_runner->forget_images());
  if (images > 0) log::info("housekeeping.forgot", {{"images", images}});
  if (answers + over > 0) log::info("housekeeping.forgot", {{"answers", answers}, {"transfers", over}});
  const bool more = over == static_cast<std::int64_t>(kForgottenAtOnce);
  next_housekeeping = more ? now : after(now, kHousekeeping);
  return {};
}

Result<> Node::State::credential_delivered(store::Tx& tx, const store::OutboxMessage& message, bool taken) {
  WEIR_TRY_LET(auto* issuer, claims->issuer());
  return issuer->delivered(tx, message.lane.substr(trust::claims::kDeliveryLane.size()), taken);
}

Result<flow::delivery::Spill> Node::State::open_spill(const std::string& pid) {
  return flow::delivery::Spill::open(files, opened.folder.file("spill/" + pid), node_file().suite, random);
}

void Node::State::start_threads(Node& node) {
  const auto spill = [this](const std::string& pid) { return open_spill(pid); };
  transfers = std::make_unique<Transfers>(*delivery, *contents, *client, rate_limits,
                                          TransfersOptions{.foreign = foreign.get(), .spill = spill});
  job_runner = std::make_unique<Jobs>(Jobs::Deps{.service = *jobs,
                                                 .inputs = *job_inputs,
                                                 .contents = *contents,
                                                 .client = *client,
                                                 .files = files,
                                                 .results = opened.folder.file("jobs/results"),
                                                 .work = opened.folder.file("jobs/work"),
                                                 .images = opened.folder.file("jobs/images"),
                                                 .random = random});
  alarm = std::make_unique<Alarm>(clock, alarm_tasks());
  if (membership->has_above()) above = std::make_unique<Alarm>(clock, std::vector{heartbeat_task(), report_task()});
  collector = std::make_unique<Collector>(node);
  PostHooks hooks;
  using trust::claims::kDeliveryLane;
  hooks.answered = [this](store::Tx& tx, const store::OutboxMessage& message, std::string_view answer) -> Result<> {
    if (message.lane.starts_with(kDeliveryLane)) return credential_delivered(tx, message, true);
    if (message.lane.starts_with(kPlaneLane)) return signaling->answered(tx, message, answer);
    return message_answered(*contracts, *delivery, tx, message, answer);
  };
  hooks.refused = [this](store::Tx& tx, const store::OutboxMessage& message, const Error& error) {
    if (message.lane.starts_with("job:")) return jobs->refused(tx, message.lane.substr(4), error);
    if (message.lane.starts_with(kDeliveryLane)) return credential_delivered(tx, message, false);
    if (message.lane.starts_with(kPlaneLane)) return signaling->refused(tx, message, error);
    return message_refused(*contracts, *delivery, tx, message, error);
  };
  DispatcherOptions options;
  options.to_partner = [this](const store::OutboxMessage& message) {
    if (message.lane.starts_with(kPlaneLane)) return signaling->send(message);
    return message.lane.starts_with(kDeliveryLane) ? claims->deliver(message) : partners->send(message);
  };
  dispatcher = std::make_unique<Dispatcher>(*sql, clock, *client, std::move(options), std::move(hooks));
  dispatcher->notify();  // of what was committed before it could be told
}

}  // namespace weir::node
