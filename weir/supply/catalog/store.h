// Catalog store: the tables of products, versions, history, shelves and peers.
//
// Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/store/sql.h"

namespace weir::supply::catalog {

store::Migration migration();

}  // namespace weir::supply::catalog
