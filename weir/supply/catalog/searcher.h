// Searcher: answers a query from the index and a shelf.
//
// Newest first and oldest first are the index's own orders, so a page costs what it shows. Relevance and title order
// rank the kRankedMax newest matches. Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/store/sql.h"
#include "weir/supply/catalog/index.h"
#include "weir/supply/catalog/search.h"

namespace weir::supply::catalog {

Result<Page> run_search(store::Tx& tx, const Index& index, const Query& query);

}  // namespace weir::supply::catalog
