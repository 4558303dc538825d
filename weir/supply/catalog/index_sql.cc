// The index in both databases.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/index.h"
#include "weir/supply/catalog/store.h"

namespace weir::supply::catalog {

namespace {

// Texts of statements by shelf; they live as long as the index, so that each is prepared once.
struct Statements {
  std::string add;
  std::string remove;
  std::string newest;
  std::string oldest;
};

// --- SQLite: FTS5 ---

Statements fts5_statements(Shelf shelf) {
  const std::string table(words_table(shelf));
  const std::string match = "SELECT rowid FROM " + table + " WHERE " + table + " MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ";
  return {.add = "INSERT INTO " + table + " (rowid, title, keywords, body, extra) VALUES (?, ?, ?, ?, ?)",
          .remove = "INSERT INTO " + table + " (" + table + ", rowid, title, keywords, body, extra) VALUES ('delete', ?, ?, ?, ?, ?)",
          .newest = match + "DESC LIMIT ?",
          .oldest = match + "ASC LIMIT ?"};
}

// Tokens hold no quote and no blank, so quoting them is enough.
std::string fts5_phrase(const std::vector<std::string>& tokens) {
  std::string out = "\"";
  for (const std::string& token : tokens) {
    if (out.size() > 1) out += ' ';
    out += token;
  }
  return out + "\"";
}

std::string fts5_query(const Match& match) {
  std::string wanted;
  std::string unwanted;
  const auto both = [&](const std::string& part) { wanted += (wanted.empty() ? "" : " AND ") + part; };
  for (const Term& term : match.terms) {
    if (term.excluded) {
      unwanted += (unwanted.empty() ? "" : " OR ") + fts5_phrase(term.tokens);
    } else {
      both(fts5_phrase(term.tokens));
    }
  }
  for (const auto& tokens : match.any_of) {
    std::string any;
    for (const std::string& token : tokens) any += (any.empty() ? "\"" : " OR \"") + token + "\"";
    both(tokens.size() == 1 ? any : "(" + any + ")");
  }
  if (wanted.empty()) wanted = "\"" + std::string(kEverything) + "\"";
  return unwanted.empty() ? wanted : "(" + wanted + ") NOT (" + unwanted + ")";
}

// --- PostgreSQL: tsvector ---

Statements tsvector_statements(Shelf shelf) {
  const std::string table(words_table(shelf));
  const std::string match =
      "SELECT sequence FROM " + table + " WHERE words @@ CAST(? AS tsquery) AND sequence BETWEEN ? AND ? ORDER BY sequence ";
  return {.add = "INSERT INTO " + table + " (sequence, words) VALUES (?, CAST(? AS tsvector))",
          .remove = "DELETE FROM " + table + " WHERE sequence = ?",
          .newest = match + "DESC LIMIT ?",
          .oldest = match + "ASC LIMIT ?"};
}

constexpr std::size_t kPositionMax = 16'383;  // of a word in a tsvector; words beyond lose their place

// 'word':1 'word':2 …; the parts are set apart so that no phrase reaches from one into the next.
std::string tsvector_text(const IndexText& text) {
  std::string out;
  std::size_t position = 0;
  for (const std::string* part : {&text.title, &text.keywords, &text.body, &text.extra}) {
    std::size_t start = 0;
    position += 2;
    while (start < part->size()) {
      const std::size_t end = std::min(part->find(' ', start), part->size());
      out += " '" + part->substr(start, end - start) + "'";
      if (++position <= kPositionMax) out += ":" + std::to_string(position);
      start = end + 1;
    }
  }
  return out;
}

std::string tsquery_phrase(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& token : tokens) out += (out.empty() ? "'" : " <-> '") + token + "'";
  return "(" + out + ")";
}

std::string tsquery_text(const Match& match) {
  std::string out = "'" + std::string(kEverything) + "'";
  for (const Term& term : match.terms) out += (term.excluded ? " & !" : " & ") + tsquery_phrase(term.tokens);
  for (const auto& tokens : match.any_of) {
    std::string any;
    for (const std::string& token : tokens) any += (any.empty() ? "'" : " | '") + token + "'";
    out += " & (" + any + ")";
  }
  return out;
}

class SqlIndex final : public Index {
 public:
  explicit SqlIndex(store::Dialect dialect) : sqlite_(dialect == store::Dialect::kSqlite) {
    for (const Shelf shelf : {Shelf::kPublished, Shelf::kDesk}) {
      of_[static_cast<std::size_t>(shelf)] = sqlite_ ? fts5_statements(shelf) : tsvector_statements(shelf);
    }
  }

  Result<> add(store::Tx& tx, Shelf shelf, std::int64_t sequence, const IndexText& t) const override {
    if (sqlite_) {
      WEIR_TRY(tx.execute(of(shelf).add, {sequence, t.title, t.keywords, t.body, t.extra}));
    } else {
      WEIR_TRY(tx.execute(of(shelf).add, {sequence, tsvector_text(t)}));
    }
    return {};
  }

  Result<> remove(store::Tx& tx, Shelf shelf, std::int64_t sequence, const IndexText& t) const override {
    if (sqlite_) {
      WEIR_TRY(tx.execute(of(shelf).remove, {sequence, t.title, t.keywords, t.body, t.extra}));
    } else {
      WEIR_TRY(tx.execute(of(shelf).remove, {sequence}));
    }
    return {};
  }

  Result<std::vector<std::int64_t>> match(store::Tx& tx, Shelf shelf, const Match& match,
                                          const MatchRange& range) const override {
    std::vector<std::int64_t> found;
    const std::string query = sqlite_ ? fts5_query(match) : tsquery_text(match);
    WEIR_TRY(tx.scan(range.newest_first ? of(shelf).newest : of(shelf).oldest,
                     {query, range.low, range.high, static_cast<std::int64_t>(range.limit)}, [&](const store::Row& row) {
                       found.push_back(row[0].integer());
                       return true;
                     }));
    return found;
  }

 private:
  const Statements& of(Shelf shelf) const { return of_[static_cast<std::size_t>(shelf)]; }

  const bool sqlite_;
  Statements of_[2];
};

}  // namespace

std::unique_ptr<Index> make_index(store::Dialect dialect) { return std::make_unique<SqlIndex>(dialect); }

}  // namespace weir::supply::catalog
