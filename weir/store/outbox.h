// Outbox: messages to other nodes, stored in the same transaction as the state that caused them (I-1, I-2),
// delivered in order within a lane, again and again until the peer took them.
//
// Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/store/sql.h"

namespace weir::store {

struct OutboxMessage {
  std::int64_t id = 0;        // set by enqueue
  std::string lane;           // messages of one lane go one after the other: a negotiation's or transfer's id
  std::string peer;           // node identifier of the receiver
  std::string address;        // base URL of the receiver
  std::string path;           // "/dsp/2025-1/negotiations/request"
  std::string body;           // JSON
  std::int64_t attempts = 0;
  Timestamp not_before;
};

Migration outbox_migration();
Result<std::int64_t> enqueue(Tx& tx, const OutboxMessage& message);
// The first message of each lane that may be sent now, oldest first.
Result<std::vector<OutboxMessage>> due(Tx& tx, Timestamp now, std::size_t limit);
// When the next message becomes due; nothing if the outbox is empty.
Result<std::vector<Timestamp>> next_due(Tx& tx);
Result<> delivered(Tx& tx, std::int64_t id);
Result<> retry_at(Tx& tx, std::int64_t id, Timestamp not_before, std::string_view error);

}  // namespace weir::store
