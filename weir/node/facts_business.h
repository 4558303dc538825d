// Facts of the business: catalogue, contracts, deliveries, the vault. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/store/sql.h"
#include "weir/trust/evidence/evidence.h"
#include "weir/wire/json.h"

namespace weir::node {

class Node;

Result<wire::Json> see_products(Node& node);
Result<wire::Json> see_search(Node& node);
Result<wire::Json> see_agreements(Node& node);
Result<wire::Json> see_transfers(Node& node);

// Received contents, and how many of them open as sealed data do.
struct VaultState {
  std::int64_t items = 0;
  std::int64_t sealed = 0;
};
Result<VaultState> see_vault(Node& node);

// Whether an entry's leaf is proven to be under the log's signed checkpoint.
bool is_proven(Node& node, store::Tx& tx, trust::evidence::EntryIndex index);

}  // namespace weir::node
