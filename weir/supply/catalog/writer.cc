// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/writer.h"

#include "weir/base/check.h"

namespace weir::supply::catalog {

namespace {

// What the index held is computed again from the stored version, as it was when the row was put there.
Result<IndexEntry> entry_of_row(store::Tx& tx, const Head& head, Shelf shelf, std::int64_t sequence) {
  static const std::string kOfShelf = "SELECT version, status FROM catalog_shelf WHERE sequence = ?";
  static const std::string kOfDesk = "SELECT version, status FROM catalog_desk WHERE sequence = ?";
  WEIR_TRY_LET(const store::Row row, tx.one(shelf == Shelf::kPublished ? kOfShelf : kOfDesk, {sequence}));
  WEIR_TRY_LET(Version version, load_version(tx, head.id.text(), row[0].integer()));
  WEIR_TRY_LET(version.status, parse_status(row[1].text()));
  WEIR_TRY_LET(const Product product, product_of(head, version));
  return index_entry(product);
}

}  // namespace

Result<> Writer::take_off(Head& head, Shelf shelf) {
  std::int64_t& sequence = shelf == Shelf::kPublished ? head.shelf_sequence : head.desk_sequence;
  if (sequence == 0) return {};
  WEIR_TRY_LET(const IndexEntry entry, entry_of_row(parts_.tx, head, shelf, sequence));
  WEIR_TRY(parts_.index.remove(parts_.tx, shelf, sequence, entry.text));
  WEIR_TRY(take_off_shelf(parts_.tx, shelf, sequence));
  sequence = 0;
  return {};
}

Result<> Writer::put_on(Head& head, Shelf shelf, const Product& product, std::int64_t sequence) {
  const IndexEntry entry = index_entry(product);
  const ShelfRow row{.sequence = sequence, .listed = parts_.numbers.listed, .facets = entry.facets, .keywords = entry.keywords};
  WEIR_TRY(put_on_shelf(parts_.tx, shelf, product, row));
  WEIR_TRY(parts_.index.add(parts_.tx, shelf, sequence, entry.text));
  (shelf == Shelf::kPublished ? head.shelf_sequence : head.desk_sequence) = sequence;
  return {};
}

Result<> Writer::record(const Product& product, const std::string& hash, std::int64_t sequence, const Note& note) {
  WEIR_TRY(parts_.tx.execute("INSERT INTO catalog_history (product, sequence, version, time, actor, what, reason, hash)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                             {product.id.text(), sequence, product.version, parts_.now, parts_.actor, note.what, note.reason, hash}));
  trust::evidence::Entry entry;
  entry.kind = "catalog." + std::string(note.what);
  entry.time = parts_.now;
  entry.actor = parts_.actor;
  entry.product = product.id.text();
  entry.participants = {product.publisher.text()};
  entry.body = note.more;
  entry.body.set("version", product.version);
  entry.body.set("hash", hash);
  if (!note.reason.empty()) entry.body.set("reason", note.reason);
  WEIR_TRY(parts_.log.append(parts_.tx, entry));
  return {};
}

Result<Product> Writer::put_on_desk(Head& head, Version version, const Description& description, const Note& note) {
  WEIR_CHECK(version.status == Status::kDraft || version.status == Status::kSubmitted);
  WEIR_TRY(take_off(head, Shelf::kDesk));
  version.record = to_json(description).dump();
  version.hash = content_hash(description);
  version.updated = parts_.now;
  head.latest = version.number;
  WEIR_TRY(save_version(parts_.tx, head.id.text(), version));
  WEIR_TRY_LET(Product product, product_of(head, version));
  const std::int64_t sequence = next_sequence();
  WEIR_TRY(put_on(head, Shelf::kDesk, product, sequence));
  WEIR_TRY(save_head(parts_.tx, head));
  WEIR_TRY(record(product, version.hash, sequence, note));
  return product;
}

Result<Product> Writer::publish(Head& head, Version version, const Description& description, const Note& note) {
  WEIR_CHECK(!head.deregistered && version.number >= head.latest);
  WEIR_TRY(take_off(head, Shelf::kDesk));
  WEIR_TRY(take_off(head, Shelf::kPublished));
  if (head.published != 0) {
    WEIR_TRY(parts_.tx.execute("UPDATE catalog_version SET status = ? WHERE product = ? AND version = ?",
                               {name_of(Status::kSuperseded), head.id.text(), head.published}));
  }
  version.status = Status::kPublished;
  if (version.record.empty()) version.record = to_json(description).dump();
  if (version.hash.empty()) version.hash = content_hash(description);
  WEIR_TRY(save_version(parts_.tx, head.id.text(), version));
  WEIR_TRY_LET(NodeId node, NodeId::parse(version.node));
  Product product{.id = head.id,
                  .publisher = head.publisher,
                  .node = std::move(node),
                  .version = version.number,
                  .status = Status::kPublished,
                  .created = head.created,
                  .updated = version.updated,
                  .description = description};
  const std::int64_t sequence = next_sequence();
  WEIR_TRY(put_on(head, Shelf::kPublished, product, sequence));
  if (head.published == 0 && head.origin.empty()) announced_.push_back({head.id, head.publisher, false});
  head.latest = version.number;
  head.published = version.number;
  head.change_sequence = sequence;
  WEIR_TRY(save_head(parts_.tx, head));
  WEIR_TRY(record(product, version.hash, sequence, note));
  return product;
}

Result<Product> Writer::deregister(Head& head, const Note& note) {
  WEIR_CHECK(!head.deregistered);
  WEIR_TRY(take_off(head, Shelf::kDesk));
  WEIR_TRY(take_off(head, Shelf::kPublished));
  const bool was_public = head.published != 0;
  WEIR_TRY_LET(Version version, load_version(parts_.tx, head.id.text(), was_public ? head.published : head.latest));
  version.status = Status::kDeregistered;
  version.updated = parts_.now;
  WEIR_TRY(save_version(parts_.tx, head.id.text(), version));
  WEIR_TRY_LET(Product product, product_of(head, version));
  const std::int64_t sequence = next_sequence();
  WEIR_TRY(put_on(head, Shelf::kDesk, product, sequence));
  head.deregistered = true;
  if (was_public) head.change_sequence = sequence;
  if (was_public && head.origin.empty()) announced_.push_back({head.id, head.publisher, true});
  WEIR_TRY(save_head(parts_.tx, head));
  WEIR_TRY(record(product, version.hash, sequence, note));
  return product;
}

}  // namespace weir::supply::catalog
