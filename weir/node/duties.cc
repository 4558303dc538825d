// SPDX-License-Identifier: Apache-2.0
#include "weir/node/duties.h"

#include "weir/base/log.h"
#include "weir/node/neighbours.h"

namespace weir::node {

using flow::contract::AgreementState;
using flow::delivery::Custody;
using flow::delivery::Transfer;
using flow::delivery::TransferState;

namespace {
constexpr std::size_t kDueAtOnce = 64;
constexpr Milliseconds kOwedAgain{5'000};
constexpr Milliseconds kDay{24LL * 3600 * 1000};
}  // namespace

void Duties::agreement_ended(const std::string& agreement) {
  const std::scoped_lock lock(mutex_);
  ended_.insert(agreement);
}

std::vector<AlarmTask> Duties::tasks() {
  return {{"agreements", [this] { return parts_.contracts.next_expiry(); },
           [this](Timestamp now) -> Result<> {
             WEIR_TRY(parts_.contracts.expire(now));
             return {};
           }},
          {"obligations", [this] { return next_obligation(); },
           [this](Timestamp now) -> Result<> {
             ran_ = now;
             WEIR_TRY(parts_.usage.run_due(kDueAtOnce));
             WEIR_TRY(parts_.usage.mark_overdue(now, kDueAtOnce));
             return {};
           }},
          {"destruction",
           [this]() -> Result<std::optional<Timestamp>> {
             const std::scoped_lock lock(mutex_);
             return ended_.empty() ? std::optional<Timestamp>() : std::optional<Timestamp>(parts_.clock.now());
           },
           [this](Timestamp) { return destroy_ended(); }}};
}

// What was due before and is owed still waits for a person, or for a handler that failed: it is looked at again, but
// not at once.
Result<std::optional<Timestamp>> Duties::next_obligation() {
  WEIR_TRY_LET(const auto coming, parts_.usage.next_due(ran_));
  WEIR_TRY_LET(const auto first, parts_.usage.next_due(Timestamp(INT64_MIN)));
  if (!first || *first > ran_) return coming;
  const Timestamp again = after(ran_, kOwedAgain);
  return std::optional(coming ? std::min(*coming, again) : again);
}

Result<> Duties::destroy_ended() {
  std::set<std::string> now;
  {
    const std::scoped_lock lock(mutex_);
    now.swap(ended_);
  }
  for (const std::string& agreement : now) {
    const Result<> destroyed = end(agreement);
    if (destroyed) continue;
    const std::scoped_lock lock(mutex_);
    ended_.insert(agreement);
    return Error(destroyed.error());
  }
  return {};
}

// Nothing of an agreement that lives; of one that ended all copies. When the last is proven to be gone, so is it.
Result<> Duties::end(const std::string& agreement) {
  WEIR_TRY_LET(const auto record, parts_.contracts.get_agreement(agreement));
  using flow::delivery::MessageKind;
  if (record.state == AgreementState::kSuspended) {
    return parts_.delivery.stop_carried(agreement, MessageKind::kSuspension, "the agreement is suspended");
  }
  const bool ended = record.state == AgreementState::kExpired || record.state == AgreementState::kTerminated;
  if (!ended) return {};
  WEIR_TRY(parts_.delivery.stop_carried(agreement, MessageKind::kTermination, "the agreement ended"));
  const std::string actor = "node:" + parts_.self;
  WEIR_TRY(parts_.delivery.destroy(agreement, "the agreement ended", actor));
  WEIR_TRY_LET(const auto gone, parts_.delivery.destroyed(agreement));
  if (gone.empty()) return {};
  return parts_.contracts.mark_destroyed(agreement, gone.back(), actor);
}

Result<> Duties::take_up(const std::function<void(const std::string& pid)>& go_on) {
  WEIR_TRY(parts_.delivery.settle_sending());
  const Timestamp now = parts_.clock.now();
  WEIR_TRY_LET(const auto unfinished, parts_.delivery.unfinished());
  for (const Transfer& transfer : unfinished) go_on(transfer.pid);
  std::string cursor;
  do {
    WEIR_TRY_LET(const auto page, parts_.delivery.list(cursor, limits::kPageSizeMax));
    for (const Transfer& transfer : page.rows) {
      // If the stop came before its meter closed.
      if (is_final(transfer.state) && now < after(transfer.updated, kDay)) parts_.delivery.settle(transfer.pid);
      const bool just_gone = transfer.custody == Custody::kDestroyed && now < after(transfer.updated, kDay);
      if (transfer.custody != Custody::kHeld && transfer.custody != Custody::kReceiving && !just_gone) continue;
      const auto agreement = parts_.contracts.get_agreement(transfer.agreement);
      if (!agreement || check_live(*agreement, now) || agreement->state == AgreementState::kDestroyed) continue;
      if (agreement->state != AgreementState::kSuspended) agreement_ended(transfer.agreement);
    }
    cursor = page.next;
  } while (!cursor.empty());
  return {};
}

bool again_after(flow::delivery::Service& service, const Transfer& transfer, const Error& error) {
  const std::string& pid = transfer.pid;
  // Suspended, terminated or destroyed meanwhile: that is no failure.
  const auto now = service.get(pid);
  if (now && now->state != TransferState::kStarted && now->custody != Custody::kDestroying) return false;
  // The two sides' states differ while a message about it is on its way: a start, a suspension. Soon they do not. A
  // receiver that has put down a push takes it up again with the manifest.
  const bool ahead = error.reason() == "delivery.wrong_state" || error.reason() == "delivery.no_manifest";
  log::warning(ahead ? "transfer.early" : "transfer.failed", {{"transfer", pid}, {"error", error.message()}});
  if (ahead) return true;
  if (const Result<> noted = service.note_error(pid, error); !noted) {
    log::error("transfer.unwritable", {{"transfer", pid}, {"error", noted.error().message()}});
  }
  const bool may_pass = error.code() == Errc::kUnavailable || error.code() == Errc::kExhausted;
  if (may_pass || transfer.custody == Custody::kDestroying) return true;
  if (const Result<> ended = service.terminate(pid, error.message(), "node"); !ended) {
    log::error("transfer.unwritable", {{"transfer", pid}, {"error", ended.error().message()}});
  }
  return false;
}

}  // namespace weir::node
