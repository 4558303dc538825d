// Store: what operators added to the registers, as rows that are only ever appended.
//
// Table and bodies: docs/formats/standards-register.md. Thread-safety: inside a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/store/sql.h"
#include "weir/wire/json.h"

namespace weir::standards::registering {

store::Migration migration();

struct Stored {
  std::int64_t id = 0;
  Timestamp time;
  std::string actor;
  std::string kind;     // "statement", "comment", "decision", "checklist", "subscription", "unsubscription"
  std::string subject;  // number of the standard, document of the checklist
  wire::Json body;
};
Result<std::int64_t> append(store::Tx& tx, const Stored& row);
// After this id, oldest first.
Result<std::vector<Stored>> since(store::Tx& tx, std::int64_t id);

}  // namespace weir::standards::registering
