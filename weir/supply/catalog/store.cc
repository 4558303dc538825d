// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/store.h"

#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kExcerptBytes = 300;
constexpr std::size_t kTitleKeyBytes = 96;

#define WEIR_CATALOG_SHELF(name)                                                          \
  "CREATE TABLE " name " (\n"                                                             \
  "  sequence INTEGER PRIMARY KEY,\n"                                                     \
  "  id TEXT NOT NULL, publisher TEXT NOT NULL, node TEXT NOT NULL,\n"                    \
  "  version INTEGER NOT NULL, status TEXT NOT NULL, grade TEXT NOT NULL,\n"              \
  "  listed INTEGER NOT NULL, updated INTEGER NOT NULL,\n"                                \
  "  title_en TEXT NOT NULL, title_zh TEXT NOT NULL,\n"                                   \
  "  excerpt_en TEXT NOT NULL, excerpt_zh TEXT NOT NULL,\n"                               \
  "  title_key TEXT NOT NULL, keywords TEXT NOT NULL, facets TEXT NOT NULL);\n"           \
  "CREATE INDEX " name "_listed ON " name " (listed, sequence);\n"                        \
  "CREATE INDEX " name "_title ON " name " (title_key, sequence);\n"

#define WEIR_CATALOG_TABLES                                                               \
  "CREATE TABLE catalog_state (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n"            \
  "CREATE TABLE catalog_counter (\n"                                                      \
  "  id INTEGER PRIMARY KEY, value INTEGER NOT NULL, listed INTEGER NOT NULL);\n"         \
  "INSERT INTO catalog_counter (id, value, listed) VALUES (1, 0, 0);\n"                   \
  "CREATE TABLE catalog_product (\n"                                                      \
  "  id TEXT PRIMARY KEY, publisher TEXT NOT NULL, origin TEXT NOT NULL,\n"               \
  "  created INTEGER NOT NULL, latest INTEGER NOT NULL, published INTEGER NOT NULL,\n"    \
  "  deregistered INTEGER NOT NULL, change_sequence INTEGER NOT NULL,\n"                  \
  "  shelf_sequence INTEGER NOT NULL, desk_sequence INTEGER NOT NULL);\n"                 \
  "CREATE INDEX catalog_product_change ON catalog_product (change_sequence);\n"           \
  "CREATE INDEX catalog_product_origin ON catalog_product (origin, change_sequence);\n"   \
  "CREATE TABLE catalog_version (\n"                                                      \
  "  product TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL,\n"            \
  "  updated INTEGER NOT NULL, node TEXT NOT NULL, submitter TEXT NOT NULL,\n"            \
  "  hash TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (product, version));\n"        \
  "CREATE TABLE catalog_history (\n"                                                      \
  "  product TEXT NOT NULL, sequence INTEGER NOT NULL, version INTEGER NOT NULL,\n"       \
  "  time INTEGER NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL,\n"                   \
  "  reason TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (product, sequence));\n"       \
  "CREATE TABLE catalog_source (\n"                                                       \
  "  publisher TEXT NOT NULL, catalog TEXT NOT NULL, source_id TEXT NOT NULL,\n"          \
  "  product TEXT NOT NULL, hash TEXT NOT NULL,\n"                                        \
  "  PRIMARY KEY (publisher, catalog, source_id));\n"                                     \
  "CREATE TABLE catalog_peer (\n"                                                         \
  "  node TEXT PRIMARY KEY, epoch TEXT NOT NULL, after_sequence INTEGER NOT NULL,\n"      \
  "  taken INTEGER NOT NULL);\n" WEIR_CATALOG_SHELF("catalog_shelf") WEIR_CATALOG_SHELF("catalog_desk")

// Contentless: the index holds the words, the shelf the rows. Words come already taken apart (tokens.h), so the
// tokeniser only splits at blanks.
#define WEIR_CATALOG_FTS(name)                                                            \
  "CREATE VIRTUAL TABLE " name " USING fts5(title, keywords, body, extra,\n"              \
  "  content='', columnsize=0, tokenize=\"ascii tokenchars '_'\");\n"
#define WEIR_CATALOG_TSVECTOR(name)                                                       \
  "CREATE TABLE " name " (sequence INTEGER PRIMARY KEY, words TSVECTOR NOT NULL);\n"      \
  "CREATE INDEX " name "_words ON " name " USING GIN (words);\n"

constexpr std::string_view kSqlite =
    WEIR_CATALOG_TABLES WEIR_CATALOG_FTS("catalog_shelf_words") WEIR_CATALOG_FTS("catalog_desk_words");
constexpr std::string_view kPostgres =
    WEIR_CATALOG_TABLES WEIR_CATALOG_TSVECTOR("catalog_shelf_words") WEIR_CATALOG_TSVECTOR("catalog_desk_words");

std::string title_key(const Text& title) {
  std::string key = token_text(title.en.empty() ? title.zh : title.en);
  return cut_utf8(key, kTitleKeyBytes);
}

// Statements differ by the shelf only; the texts live as long as the program, so that each is prepared once.
struct ShelfStatements {
  std::string insert;
  std::string erase;
};
const ShelfStatements& statements(Shelf shelf) {
  const auto make = [](std::string_view table) {
    return ShelfStatements{
        "INSERT INTO " + std::string(table) +
            " (sequence, id, publisher, node, version, status, grade, listed, updated, title_en, title_zh, excerpt_en,"
            " excerpt_zh, title_key, keywords, facets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "DELETE FROM " + std::string(table) + " WHERE sequence = ?"};
  };
  static const ShelfStatements kOfShelf = make(shelf_table(Shelf::kPublished));
  static const ShelfStatements kOfDesk = make(shelf_table(Shelf::kDesk));
  return shelf == Shelf::kPublished ? kOfShelf : kOfDesk;
}

}  // namespace

constexpr std::string_view kRounds = "ALTER TABLE catalog_source ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;";

store::Migration migration() {
  return {.module = "catalog", .versions = {kSqlite, kRounds}, .postgres_versions = {kPostgres, kRounds}};
}

Result<Numbers> take_numbers(store::Tx& tx, std::int64_t count, Timestamp now) {
  WEIR_TRY_LET(
      const store::Row row,
      tx.one("UPDATE catalog_counter SET value = value + ?, listed = CASE WHEN listed > ? THEN listed ELSE ? END"
             " WHERE id = 1 RETURNING value, listed",
             {count, now, now}));
  return Numbers{.next = row[0].integer() - count + 1, .listed = row[1].time()};
}

#define WEIR_CATALOG_HEAD                                                                               \
  "p.id, p.publisher, p.origin, p.created, p.latest, p.published, p.deregistered, p.change_sequence,"  \
  " p.shelf_sequence, p.desk_sequence"
#define WEIR_CATALOG_VERSION "v.version, v.status, v.updated, v.node, v.submitter, v.hash, v.record"

namespace {

constexpr std::size_t kHeadColumns = 10;

Result<Head> head_of(const store::Row& row) {
  WEIR_TRY_LET(ProductId product, ProductId::parse(row[0].text()));
  WEIR_TRY_LET(SubjectId publisher, SubjectId::parse(row[1].text()));
  return Head{.id = std::move(product),
              .publisher = std::move(publisher),
              .origin = row[2].text(),
              .created = row[3].time(),
              .latest = row[4].integer(),
              .published = row[5].integer(),
              .deregistered = row[6].integer() != 0,
              .change_sequence = row[7].integer(),
              .shelf_sequence = row[8].integer(),
              .desk_sequence = row[9].integer()};
}

Result<Version> version_of(const store::Row& row, std::size_t first) {
  WEIR_TRY_LET(const Status status, parse_status(row[first + 1].text()));
  return Version{.number = row[first].integer(),
                 .status = status,
                 .updated = row[first + 2].time(),
                 .node = row[first + 3].text(),
                 .submitter = row[first + 4].text(),
                 .hash = row[first + 5].text(),
                 .record = row[first + 6].text()};
}

}  // namespace

Result<std::optional<Head>> load_head(store::Tx& tx, std::string_view id) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT " WEIR_CATALOG_HEAD " FROM catalog_product p WHERE p.id = ?", {id}));
  if (rows.empty()) return std::optional<Head>();
  WEIR_TRY_LET(Head head, head_of(rows[0]));
  return std::optional<Head>(std::move(head));
}

Result<std::optional<Product>> load_published(store::Tx& tx, std::string_view id) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT " WEIR_CATALOG_HEAD ", " WEIR_CATALOG_VERSION
                        " FROM catalog_product p JOIN catalog_version v ON v.product = p.id AND v.version = p.published"
                        " WHERE p.id = ?",
                        {id}));
  if (rows.empty()) return std::optional<Product>();
  WEIR_TRY_LET(const Head head, head_of(rows[0]));
  WEIR_TRY_LET(const Version version, version_of(rows[0], kHeadColumns));
  WEIR_TRY_LET(Product product, product_of(head, version));
  return std::optional<Product>(std::move(product));
}

Result<> save_head(store::Tx& tx, const Head& h) {
  WEIR_TRY(
      tx.execute("INSERT INTO catalog_product (id, publisher, origin, created, latest, published, deregistered,"
                 " change_sequence, shelf_sequence, desk_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                 " ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, latest = excluded.latest,"
                 " published = excluded.published, deregistered = excluded.deregistered,"
                 " change_sequence = excluded.change_sequence, shelf_sequence = excluded.shelf_sequence,"
                 " desk_sequence = excluded.desk_sequence",
                 {h.id.text(), h.publisher.text(), h.origin, h.created, h.latest, h.published, h.deregistered ? 1 : 0,
                  h.change_sequence, h.shelf_sequence, h.desk_sequence}));
  return {};
}

Result<Version> load_version(store::Tx& tx, std::string_view id, std::int64_t number) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT " WEIR_CATALOG_VERSION " FROM catalog_version v WHERE v.product = ? AND v.version = ?",
                        {id, number}));
  if (rows.empty()) return Error(Errc::kNotFound, "the product has no such version").because("catalog.no_version");
  return version_of(rows[0], 0);
}

// The record of a version changes only while it is a draft; the service sees to it.
Result<> save_version(store::Tx& tx, std::string_view id, const Version& v) {
  WEIR_TRY(tx.execute("INSERT INTO catalog_version (product, version, status, updated, node, submitter, hash, record)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (product, version) DO UPDATE SET"
                      " status = excluded.status, updated = excluded.updated, node = excluded.node,"
                      " submitter = excluded.submitter, hash = excluded.hash, record = excluded.record",
                      {id, v.number, name_of(v.status), v.updated, v.node, v.submitter, v.hash, v.record}));
  return {};
}

Result<Product> product_of(const Head& head, const Version& version) {
  WEIR_TRY_LET(const wire::Json record, wire::parse_json(version.record));
  WEIR_TRY_LET(Description description, parse_description(record));
  WEIR_TRY_LET(NodeId node, NodeId::parse(version.node));
  return Product{.id = head.id,
                 .publisher = head.publisher,
                 .node = std::move(node),
                 .version = version.number,
                 .status = version.status,
                 .created = head.created,
                 .updated = version.updated,
                 .description = std::move(description)};
}

Result<std::int64_t> count(store::Tx& tx, Shelf shelf) {
  WEIR_TRY_LET(const store::Row row, tx.one("SELECT COUNT(*) FROM " + std::string(shelf_table(shelf))));
  return row[0].integer();
}

std::string_view shelf_table(Shelf shelf) { return shelf == Shelf::kPublished ? "catalog_shelf" : "catalog_desk"; }
std::string_view words_table(Shelf shelf) {
  return shelf == Shelf::kPublished ? "catalog_shelf_words" : "catalog_desk_words";
}

Result<> put_on_shelf(store::Tx& tx, Shelf shelf, const Product& p, const ShelfRow& row) {
  const Description& d = p.description;
  const std::string excerpt_en = cut_utf8(d.description.en, kExcerptBytes);
  const std::string excerpt_zh = cut_utf8(d.description.zh, kExcerptBytes);
  const std::string_view grade = d.grade ? grade::name_of(d.grade->level) : "";
  WEIR_TRY(tx.execute(
      statements(shelf).insert,
      {row.sequence, p.id.text(), p.publisher.text(), p.node.text(), p.version, name_of(p.status), grade, row.listed,
       p.updated, d.title.en, d.title.zh, excerpt_en, excerpt_zh, title_key(d.title), row.keywords, row.facets}));
  return {};
}

Result<> take_off_shelf(store::Tx& tx, Shelf shelf, std::int64_t sequence) {
  WEIR_TRY(tx.execute(statements(shelf).erase, {sequence}));
  return {};
}

}  // namespace weir::supply::catalog
