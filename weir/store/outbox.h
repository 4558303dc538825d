// Outbox: messages to other nodes, stored in the same transaction as the state that caused them (I-1, I-2),
// delivered in order within a lane, again and again until the peer took them.
//
// Format: docs/formats/store.md. Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/store/sql.h"

namespace weir::store {

struct OutboxMessage {
  std::int64_t id = 0;         // set by enqueue
  std::string lane = {};       // messages of one lane go one after the other: a negotiation's or transfer's id
  std::string peer = {};       // node identifier of the receiver
  std::string address = {};    // base URL of the receiver
  std::string path = {};       // "/dsp/2025-1/negotiations/request"
  std::string body = {};       // JSON
  std::int64_t attempts = 0;   // failed so far
  Timestamp not_before = {};   // 0: at once
  std::string error = {};      // of the last attempt
};

Migration outbox_migration();
Result<std::int64_t> enqueue(Tx& tx, const OutboxMessage& message);
// The first message of each lane that may be sent now, oldest first.
Result<std::vector<OutboxMessage>> due(Tx& tx, Timestamp now, std::size_t limit);
// When the next message becomes due; nothing if the outbox is empty. Of those due later than `later_than` only.
Result<std::optional<Timestamp>> next_due(Tx& tx, Timestamp later_than = Timestamp(INT64_MIN));
// The peer took it, or never will: the message goes, and its lane moves on. Unknown ids are fine (delivered twice).
Result<> delivered(Tx& tx, std::int64_t id);
// The attempt failed: the message stays at the head of its lane and is not due before `not_before`. kNotFound if it
// is gone.
Result<> retry_at(Tx& tx, std::int64_t id, Timestamp not_before, std::string_view error);
// How many messages wait.
Result<std::int64_t> waiting(Tx& tx);

}  // namespace weir::store
