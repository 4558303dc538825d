// Catalog store: the tables of products, versions, history, shelves, sources and peers.
//
// A shelf holds what can be searched: one row a product that is published, and another shelf, the desk, one row a
// version that is worked on or was ended. A row's key is the catalog's sequence number at the time of its change, so
// newest first is the order of the key. Format: docs/formats/product.md. Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/store/sql.h"
#include "weir/supply/catalog/product.h"
#include "weir/supply/catalog/search.h"

namespace weir::supply::catalog {

// A change of the index's rules (tokens.h, index.h) or of the shelf's columns needs a new version that rebuilds it.
store::Migration migration();

// A reserved run of sequence numbers, and the time of listing that goes with them.
struct Numbers {
  std::int64_t next = 0;
  Timestamp listed;                // now, or later if the clock was set back: never falls with the sequence
};
// The row this changes orders writers: what is committed later is numbered later, so a reader of the feed misses nothing.
Result<Numbers> take_numbers(store::Tx& tx, std::int64_t count, Timestamp now);

// What is known of a product beside its versions.
struct Head {
  ProductId id;
  SubjectId publisher;
  std::string origin;              // node that told us; empty: ours
  Timestamp created;
  std::int64_t latest = 0;         // highest version
  std::int64_t published = 0;      // 0: none
  bool deregistered = false;
  std::int64_t change_sequence = 0;  // of the last change others see; 0: never public
  std::int64_t shelf_sequence = 0;   // its row on the shelf of published ones; 0: none
  std::int64_t desk_sequence = 0;
};
Result<std::optional<Head>> load_head(store::Tx& tx, std::string_view id);
Result<> save_head(store::Tx& tx, const Head& head);

struct Version {
  std::int64_t number = 1;
  Status status = Status::kDraft;
  Timestamp updated;
  std::string node;
  std::string submitter;           // who submitted it; empty before
  std::string hash;
  std::string record;              // JSON of the description
};
// Fails with kNotFound ("catalog.no_version").
Result<Version> load_version(store::Tx& tx, std::string_view id, std::int64_t number);
Result<> save_version(store::Tx& tx, std::string_view id, const Version& version);
Result<Product> product_of(const Head& head, const Version& version);
// The published version, also of a product that was deregistered since; nothing if there never was one.
Result<std::optional<Product>> load_published(store::Tx& tx, std::string_view id);

// A row of a shelf: what a list shows without reading the record.
struct ShelfRow {
  std::int64_t sequence = 0;
  Timestamp listed;                // when this catalog took the change
  std::string facets;              // lines: the facet's letter, then the value
  std::string keywords;
};
Result<std::int64_t> count(store::Tx& tx, Shelf shelf);
std::string_view shelf_table(Shelf shelf);
std::string_view words_table(Shelf shelf);
Result<> put_on_shelf(store::Tx& tx, Shelf shelf, const Product& product, const ShelfRow& row);
Result<> take_off_shelf(store::Tx& tx, Shelf shelf, std::int64_t sequence);

}  // namespace weir::supply::catalog
