// Index: which products hold which words, newest first, in SQLite's FTS5 or PostgreSQL's tsvector.
//
// Filters are words too ("_g" + grade), so that one index answers words and filters together and stops as soon as it
// has a page. Thread-safety: an Index has no state; its functions run over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/store/sql.h"
#include "weir/supply/catalog/product.h"
#include "weir/supply/catalog/search.h"

namespace weir::supply::catalog {

// The words of one row, separated by blanks; phrases do not reach from one part into another.
struct IndexText {
  std::string title;
  std::string keywords;
  std::string body;
  std::string extra;  // single characters, identifiers, facet tokens
};

struct IndexEntry {
  IndexText text;
  std::string facets;    // for ShelfRow
  std::string keywords;  // for ShelfRow
};
// The same product gives the same entry, so that it can be taken out again.
IndexEntry index_entry(const Product& product);

// Every row holds it.
inline constexpr std::string_view kEverything = "_a";

struct Match {
  std::vector<Term> terms;                        // all must hold, none of the excluded
  std::vector<std::vector<std::string>> any_of;   // facet tokens: one of each
};

struct MatchRange {
  std::int64_t low = 0;   // both ends belong to it
  std::int64_t high = INT64_MAX;
  bool newest_first = true;
  std::size_t limit = 0;
};

class Index {
 public:
  virtual ~Index() = default;
  virtual Result<> add(store::Tx& tx, Shelf shelf, std::int64_t sequence, const IndexText& text) const = 0;
  // Requires: the text that was added.
  virtual Result<> remove(store::Tx& tx, Shelf shelf, std::int64_t sequence, const IndexText& text) const = 0;
  virtual Result<std::vector<std::int64_t>> match(store::Tx& tx, Shelf shelf, const Match& match,
                                                  const MatchRange& range) const = 0;
};
std::unique_ptr<Index> make_index(store::Dialect dialect);

}  // namespace weir::supply::catalog
