// Cursor: where a page ended, as an opaque text that fits only the query it came from.
//
// Thread-safety: values and pure functions. Trust: parse_cursor takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/supply/catalog/search.h"

namespace weir::supply::catalog {

struct Cursor {
  std::int64_t sequence = 0;  // of the last hit
  std::int64_t top = 0;       // ranked orders: the newest sequence that belongs to the ranking
  std::int64_t score = 0;     // of the last hit, by relevance
  std::string key;            // of the last hit, by title
  std::int64_t total = 0;     // counted on the first page
  bool more_than = false;
};

std::string format_cursor(const Cursor& cursor, const Query& query);
// Fails with kInvalidArgument ("catalog.bad_cursor").
Result<Cursor> parse_cursor(std::string_view text, const Query& query);

}  // namespace weir::supply::catalog
