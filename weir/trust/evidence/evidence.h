// Evidence: what happened, as entries of this node's transparency log.
//
// One entry a state transition, appended in the transaction of the transition (I-1). The leaf of the Merkle tree is
// the canonical JSON (RFC 8785) of the entry; at most 65535 bytes, so entries carry hashes of payloads, not payloads.
// Format: docs/formats/evidence-entry.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/base/time.h"
#include "weir/store/sql.h"
#include "weir/wire/json.h"

namespace weir::trust::evidence {

using EntryIndex = Strong<std::int64_t, struct EntryIndexTag>;

struct Entry {
  std::string kind;    // "contract.agreed": room, dot, what happened
  Timestamp time;
  std::string actor;   // who did it: an operator's id, "node:<id>" for the node itself, "peer:<id>" for another node
  // What it is about; empty where it does not apply. Indexed for search.
  std::string contract;
  std::string product;
  std::string process;  // negotiation, transfer or use
  std::vector<std::string> participants;  // USCCs or node identifiers
  wire::Json body = wire::Json::object();
};

wire::Json to_json(const Entry& entry);
Result<Entry> parse_entry(std::string_view leaf);

// Where services put their entries. The node's log is one; tests use a recording one.
class Log {
 public:
  virtual ~Log() = default;
  // Durable and signed when the transaction's commit returns.
  virtual Result<EntryIndex> append(store::Tx& tx, const Entry& entry) = 0;
};

}  // namespace weir::trust::evidence
