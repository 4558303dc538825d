// SPDX-License-Identifier: Apache-2.0
#include "weir/node/post.h"

#include <algorithm>

#include "weir/base/log.h"

namespace weir::node {

Milliseconds backoff(std::int64_t attempts, Milliseconds first, Milliseconds most) {
  const std::int64_t doublings = std::clamp<std::int64_t>(attempts, 0, 20);
  return std::min(most, first * (std::int64_t{1} << doublings));
}

bool settle(store::Sql& sql, Timestamp now, const Retries& retries, const PostHooks& hooks,
            const store::OutboxMessage& message, const Result<>& outcome, std::string_view answer) {
  bool set_aside = false;
  const auto try_again = [&](store::Tx& tx, const Error& error) {
    return store::retry_at(tx, message.id, after(now, backoff(message.attempts, retries.first, retries.most)),
                           error.message());
  };
  Result<> written = sql.write([&](store::Tx& tx) -> Result<> {
    if (outcome) {
      WEIR_TRY(hooks.answered(tx, message, answer));
      return store::delivered(tx, message.id);
    }
    const Errc code = outcome.error().code();
    const bool may_pass = code == Errc::kUnavailable || code == Errc::kExhausted;
    set_aside = !may_pass || message.attempts >= retries.attempts_max;
    if (set_aside) {
      WEIR_TRY(hooks.refused(tx, message, outcome.error()));
      return store::delivered(tx, message.id);
    }
    return try_again(tx, outcome.error());
  });
  // This node could not do what the answer asks of it: as if there had been none.
  if (!written && outcome) return settle(sql, now, retries, hooks, message, Result<>(written.error()), "");
  // The room could not take the refusal: it hears of it again.
  if (!written && set_aside) {
    set_aside = false;
    written = sql.write([&, error = Error(written.error())](store::Tx& tx) { return try_again(tx, error); });
  }
  if (!written) {
    log::error("outbox.unwritable", {{"path", message.path}, {"error", written.error().message()}});
    return false;
  }
  if (outcome) return true;
  log::warning(set_aside ? "outbox.refused" : "outbox.retry", {{"peer", message.peer},
                                                               {"path", message.path},
                                                               {"attempts", message.attempts + 1},
                                                               {"error", outcome.error().message()}});
  return true;
}

}  // namespace weir::node
