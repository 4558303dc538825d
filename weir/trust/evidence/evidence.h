// Evidence: what happened, as entries of this node's transparency log.
//
// One entry a state transition, appended in the transaction of the transition (I-1). The leaf of the Merkle tree is
// the canonical JSON (RFC 8785) of the entry; at most 65535 bytes, so entries carry hashes of payloads, not payloads.
// Format: docs/formats/evidence-entry.md; the entry itself is in weir/tlog/entry.h, where an auditor finds it too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/store/sql.h"
#include "weir/tlog/entry.h"

namespace weir::trust::evidence {

using EntryIndex = Strong<std::int64_t, struct EntryIndexTag>;

using tlog::Entry;  // kind, time, actor, contract, product, process, participants, body
using tlog::parse_entry;
using tlog::to_json;

// Where services put their entries. The node's log is one; tests use a recording one.
class Log {
 public:
  virtual ~Log() = default;
  // Durable and signed when the transaction's commit returns.
  virtual Result<EntryIndex> append(store::Tx& tx, const Entry& entry) = 0;
};

}  // namespace weir::trust::evidence
