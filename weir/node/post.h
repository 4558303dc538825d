// Post: what becomes of a message of the outbox once it was sent: delivered, set aside, or to be sent again.
//
// Thread-safety: pure functions over a Sql.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "weir/base/time.h"
#include "weir/store/outbox.h"

namespace weir::node {

struct Retries {
  Milliseconds first{200};
  Milliseconds most{60'000};
  std::int64_t attempts_max = 10'000;  // about a week at the longest pause
};

struct PostHooks {
  // The peer took the message and answered this; runs in the write that marks it delivered.
  std::function<Result<>(store::Tx& tx, const store::OutboxMessage& message, std::string_view answer)> answered;
  // The peer refused it for good (4xx), or the attempts are used up; runs in the write that sets it aside.
  std::function<Result<>(store::Tx& tx, const store::OutboxMessage& message, const Error& error)> refused;
};

// How long to wait after the nth failure: doubled each time, up to the most.
Milliseconds backoff(std::int64_t attempts, Milliseconds first, Milliseconds most);

// Writes down what the peer said to the message, or that it said nothing. Whether that is durable: if not, the message
// is as it was.
bool settle(store::Sql& sql, Timestamp now, const Retries& retries, const PostHooks& hooks,
            const store::OutboxMessage& message, const Result<>& outcome, std::string_view answer);

}  // namespace weir::node
