// Search: finding entries by what they are about.
//
// Internal to trust/evidence. Entries of full blocks are found by the rows of their terms, the last 255 or fewer by
// reading them. Thread-safety: pure functions over a Tx. Trust: the cursor is hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/trust/evidence/archive.h"

namespace weir::trust::evidence {

Result<StoredEntry> load_entry(store::Tx& tx, EntryIndex index);
Result<EntryPage> search_entries(store::Tx& tx, const Query& query);
// The number of a cursor, or `otherwise` for none.
Result<std::int64_t> parse_cursor(std::string_view cursor, std::int64_t otherwise);
Result<> check_limit(std::size_t limit);

}  // namespace weir::trust::evidence
