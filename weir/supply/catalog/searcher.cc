// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/searcher.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "weir/supply/catalog/cursor.h"
#include "weir/supply/catalog/store.h"
#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

using Sequences = std::vector<std::int64_t>;

// One `?` a row of a list; lists are padded to this length so that the statement is always the same.
constexpr std::size_t kListLength = 64;

struct Texts {
  std::string hits;
  std::string facets;
  std::string titles;
  std::string listed_newest, listed_oldest;  // in the order of listing, which is that of the sequence
  std::string listed_count;                  // the plus keeps it to the index of listing, which is small
  std::string by_title;
  std::string first_from, last_until;
};

Texts make_texts(Shelf shelf) {
  const std::string from = " FROM " + std::string(shelf_table(shelf));
  std::string list = " WHERE sequence IN (?";
  for (std::size_t i = 1; i < kListLength; ++i) list += ", ?";
  list += ")";
  const std::string listed = "SELECT sequence" + from + " WHERE sequence BETWEEN ? AND ? ORDER BY sequence ";
  return {
      .hits = "SELECT sequence, id, publisher, node, version, status, grade, title_en, title_zh, excerpt_en, excerpt_zh,"
              " updated, facets" + from + list,
      .facets = "SELECT sequence, facets" + from + list,
      .titles = "SELECT sequence, title_en, title_zh, keywords, title_key" + from + list,
      .listed_newest = listed + "DESC LIMIT ?",
      .listed_oldest = listed + "ASC LIMIT ?",
      .listed_count = "SELECT COUNT(*) FROM (SELECT sequence" + from +
                      " WHERE +sequence BETWEEN ? AND ? LIMIT ?) AS few",
      .by_title = "SELECT sequence, title_key" + from +
                  " WHERE (title_key > ? OR (title_key = ? AND sequence > ?)) AND sequence BETWEEN ? AND ?"
                  " ORDER BY title_key, sequence LIMIT ?",
      .first_from = "SELECT sequence" + from + " WHERE listed >= ? ORDER BY listed, sequence LIMIT 1",
      .last_until = "SELECT sequence" + from + " WHERE listed <= ? ORDER BY listed DESC, sequence DESC LIMIT 1",
  };
}

const Texts& texts(Shelf shelf) {
  static const Texts kOfShelf = make_texts(Shelf::kPublished);
  static const Texts kOfDesk = make_texts(Shelf::kDesk);
  return shelf == Shelf::kPublished ? kOfShelf : kOfDesk;
}

// A match that will be ranked, with where it stands.
struct Ranked {
  std::int64_t sequence;
  std::int64_t score = 0;
  std::string key;
};

class Search {
 public:
  Search(store::Tx& tx, const Index& index, const Query& query) : tx_(tx), index_(index), query_(query) {}
  Result<Page> run();

 private:
  Result<> prepare();
  Result<> set_range();
  Result<Sequences> newest_or_oldest(std::size_t limit, bool newest_first, std::int64_t low, std::int64_t high);
  Result<Page> page_by_time();
  Result<Page> page_by_rank();
  Result<Page> page_by_title();
  Result<std::vector<Ranked>> candidates(const Sequences& sequences);
  Result<> for_each_row(std::string_view sql, std::span<const std::int64_t> sequences,
                        const std::function<void(const store::Row&)>& each);
  Result<> fill_hits(Page& page, const Sequences& sequences);
  Result<> count_facets(Page& page, Sequences sequences);
  void note_total(Page& page, std::size_t found);
  bool is_plain() const { return match_.terms.empty() && match_.any_of.empty(); }
  // A listing counts in its index; a search would look up every match.
  std::size_t counted_max() const { return is_plain() ? static_cast<std::size_t>(kTotalMax) : kRankedMax; }
  std::int64_t score_of(const std::string& title, const std::string& keywords) const;

  store::Tx& tx_;
  const Index& index_;
  const Query& query_;
  Match match_;
  Cursor cursor_;
  bool first_page_ = true;
  bool nothing_ = false;      // the text holds no word at all
  std::size_t limit_ = 0;
  std::int64_t low_ = 1;
  std::int64_t high_ = INT64_MAX;
};

Result<> Search::prepare() {
  WEIR_TRY_LET(ParsedQuery parsed, parse_query(query_.text));
  match_.terms = std::move(parsed.terms);
  parsed.filters.insert(parsed.filters.end(), query_.filters.begin(), query_.filters.end());
  for (const Filter& filter : parsed.filters) {
    std::vector<std::string> tokens;
    for (const std::string& value : filter.any_of) tokens.push_back(facet_token(filter.facet, value));
    if (tokens.size() > kQueryTermsMax) return Error(Errc::kExhausted, "more than 32 values of a filter").because("catalog.query_too_long");
    if (!tokens.empty()) match_.any_of.push_back(std::move(tokens));
  }
  nothing_ = is_plain() && !trim(query_.text).empty();
  limit_ = std::clamp<std::size_t>(query_.limit, 1, limits::kPageSizeMax);
  if (!query_.cursor.empty()) {
    WEIR_TRY_LET(cursor_, parse_cursor(query_.cursor, query_));
    first_page_ = false;
  }
  return set_range();
}

// The time of listing rises with the sequence, so a range of times is a range of sequences.
Result<> Search::set_range() {
  if (query_.updated_from) {
    WEIR_TRY_LET(const store::Rows rows, tx_.query(texts(query_.shelf).first_from, {*query_.updated_from}));
    low_ = rows.empty() ? INT64_MAX : rows[0][0].integer();
  }
  if (query_.updated_until) {
    WEIR_TRY_LET(const store::Rows rows, tx_.query(texts(query_.shelf).last_until, {*query_.updated_until}));
    high_ = rows.empty() ? 0 : rows[0][0].integer();
  }
  nothing_ = nothing_ || low_ > high_;
  return {};
}

Result<Sequences> Search::newest_or_oldest(std::size_t limit, bool newest_first, std::int64_t low, std::int64_t high) {
  if (!is_plain()) {
    return index_.match(tx_, query_.shelf, match_, {.low = low, .high = high, .newest_first = newest_first, .limit = limit});
  }
  const Texts& sql = texts(query_.shelf);
  Sequences found;
  WEIR_TRY(tx_.scan(newest_first ? sql.listed_newest : sql.listed_oldest, {low, high, static_cast<std::int64_t>(limit)},
                    [&](const store::Row& row) {
                      found.push_back(row[0].integer());
                      return true;
                    }));
  return found;
}

void Search::note_total(Page& page, std::size_t found) {
  if (first_page_) {
    page.more_than = found > counted_max();
    page.total = static_cast<std::int64_t>(std::min(found, counted_max()));
  } else {
    page.more_than = cursor_.more_than;
    page.total = cursor_.total;
  }
}

Result<Page> Search::page_by_time() {
  const bool newest_first = query_.order == Order::kUpdatedDescending;
  std::int64_t low = low_;
  std::int64_t high = high_;
  if (!first_page_) {
    if (newest_first) {
      high = std::min(high, cursor_.sequence - 1);
    } else {
      low = std::max(low, cursor_.sequence + 1);
    }
  }
  const std::size_t total_max = counted_max() + 1;
  const bool only_counted = is_plain() && query_.facets.empty();
  const std::size_t wanted = first_page_ && !only_counted ? total_max : limit_ + 1;
  WEIR_TRY_LET(Sequences found, newest_or_oldest(wanted, newest_first, low, high));
  std::size_t total = found.size();
  if (first_page_ && only_counted) {
    WEIR_TRY_LET(const store::Row row, tx_.one(texts(query_.shelf).listed_count, {low, high, total_max}));
    total = static_cast<std::size_t>(row[0].integer());
  }
  Page page;
  note_total(page, total);
  if (first_page_) WEIR_TRY(count_facets(page, found));
  const bool more = found.size() > limit_;
  if (more) found.resize(limit_);
  WEIR_TRY(fill_hits(page, found));
  if (more) {
    page.next = format_cursor({.sequence = found.back(), .total = page.total, .more_than = page.more_than}, query_);
  }
  return page;
}

// How often and where the words stand: title before keywords before the rest.
std::int64_t Search::score_of(const std::string& title, const std::string& keywords) const {
  const std::string title_words = " " + token_text(title) + " ";
  const std::string keyword_words = " " + token_text(keywords) + " ";
  std::int64_t score = 0;
  for (const Term& term : match_.terms) {
    if (term.excluded) continue;
    std::string words = " ";
    for (const std::string& token : term.tokens) words += token + " ";
    const std::size_t at = title_words.find(words);
    if (at != std::string::npos) score += at == 0 ? 12 : 8;
    if (words.size() == title_words.size() && at == 0) score += 20;
    if (keyword_words.find(words) != std::string::npos) score += 4;
  }
  return score * 1000 - static_cast<std::int64_t>(std::min<std::size_t>(title_words.size(), 999));
}

Result<std::vector<Ranked>> Search::candidates(const Sequences& sequences) {
  std::vector<Ranked> ranked;
  ranked.reserve(sequences.size());
  WEIR_TRY(for_each_row(texts(query_.shelf).titles, sequences, [&](const store::Row& row) {
    Ranked one{.sequence = row[0].integer(), .score = 0, .key = row[4].text()};
    if (query_.order == Order::kRelevance) one.score = score_of(row[1].text() + "\n" + row[2].text(), row[3].text());
    ranked.push_back(std::move(one));
  }));
  return ranked;
}

Result<Page> Search::page_by_rank() {
  std::int64_t high = high_;
  if (!first_page_) high = std::min(high, cursor_.top);
  const std::size_t wanted = first_page_ ? counted_max() + 1 : kRankedMax;
  WEIR_TRY_LET(Sequences found, newest_or_oldest(wanted, true, low_, high));
  Page page;
  note_total(page, found.size());
  if (first_page_) WEIR_TRY(count_facets(page, found));
  if (found.size() > kRankedMax) found.resize(kRankedMax);
  const std::int64_t top = !first_page_ ? cursor_.top : found.empty() ? 0 : found.front();
  WEIR_TRY_LET(std::vector<Ranked> ranked, candidates(found));
  const bool by_title = query_.order == Order::kTitle;
  const auto before = [by_title](const Ranked& a, const Ranked& b) {
    if (by_title) return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
    return a.score != b.score ? a.score > b.score : a.sequence > b.sequence;
  };
  std::sort(ranked.begin(), ranked.end(), before);
  auto start = ranked.begin();
  if (!first_page_) start = std::upper_bound(ranked.begin(), ranked.end(), Ranked{cursor_.sequence, cursor_.score, cursor_.key}, before);
  const auto end = ranked.end() - start > static_cast<std::ptrdiff_t>(limit_) ? start + static_cast<std::ptrdiff_t>(limit_) : ranked.end();
  Sequences chosen;
  for (auto it = start; it != end; ++it) chosen.push_back(it->sequence);
  WEIR_TRY(fill_hits(page, chosen));
  if (end != ranked.end()) {
    const Ranked& last = *(end - 1);
    page.next = format_cursor({.sequence = last.sequence, .top = top, .score = by_title ? 0 : last.score,
                               .key = by_title ? last.key : "", .total = page.total, .more_than = page.more_than},
                              query_);
  }
  return page;
}

// Everything by title: the shelf has an index for it.
Result<Page> Search::page_by_title() {
  Page page;
  if (first_page_) {
    WEIR_TRY_LET(const Sequences newest, newest_or_oldest(counted_max() + 1, true, low_, high_));
    note_total(page, newest.size());
    WEIR_TRY(count_facets(page, newest));
  } else {
    note_total(page, 0);
  }
  Sequences chosen;
  std::string key;
  bool more = false;
  WEIR_TRY(tx_.scan(texts(query_.shelf).by_title,
                    {cursor_.key, cursor_.key, cursor_.sequence, low_, high_, static_cast<std::int64_t>(limit_ + 1)},
                    [&](const store::Row& row) {
                      more = chosen.size() == limit_;
                      if (more) return false;
                      chosen.push_back(row[0].integer());
                      key = row[1].text();
                      return true;
                    }));
  WEIR_TRY(fill_hits(page, chosen));
  if (more) {
    page.next = format_cursor({.sequence = chosen.back(), .key = key, .total = page.total, .more_than = page.more_than}, query_);
  }
  return page;
}

Result<> Search::for_each_row(std::string_view sql, std::span<const std::int64_t> sequences,
                              const std::function<void(const store::Row&)>& each) {
  for (std::size_t start = 0; start < sequences.size(); start += kListLength) {
    store::Params params;
    for (std::size_t i = 0; i < kListLength; ++i) {
      params.emplace_back(sequences[std::min(start + i, sequences.size() - 1)]);
    }
    WEIR_TRY(tx_.scan(sql, params, [&](const store::Row& row) {
      each(row);
      return true;
    }));
  }
  return {};
}

Result<Hit> hit_of(const store::Row& row) {
  WEIR_TRY_LET(ProductId id, ProductId::parse(row[1].text()));
  WEIR_TRY_LET(SubjectId publisher, SubjectId::parse(row[2].text()));
  WEIR_TRY_LET(NodeId node, NodeId::parse(row[3].text()));
  WEIR_TRY_LET(const Status status, parse_status(row[5].text()));
  Hit hit{.id = std::move(id),
          .publisher = std::move(publisher),
          .node = std::move(node),
          .version = row[4].integer(),
          .status = status,
          .grade = row[6].text(),
          .title = {row[7].text(), row[8].text()},
          .description = {row[9].text(), row[10].text()},
          .formats = {},
          .updated = row[11].time(),
          .sequence = row[0].integer()};
  for (const std::string& line : split(row[12].text(), '\n')) {
    if (!line.empty() && line[0] == static_cast<char>(Facet::kFormat)) hit.formats.push_back(line.substr(1));
  }
  return hit;
}

Result<> Search::fill_hits(Page& page, const Sequences& sequences) {
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < sequences.size(); ++i) place[sequences[i]] = i;
  std::vector<std::optional<Hit>> hits(sequences.size());
  Result<> read;
  WEIR_TRY(for_each_row(texts(query_.shelf).hits, sequences, [&](const store::Row& row) {
    auto hit = hit_of(row);
    if (!hit) {
      read = Error(Errc::kCorrupt, "a row of the shelf cannot be read").because("catalog.corrupt");
    } else {
      hits[place[row[0].integer()]] = *std::move(hit);
    }
  }));
  WEIR_TRY(std::move(read));
  for (auto& hit : hits) {
    if (hit) page.hits.push_back(*std::move(hit));
  }
  return {};
}

Result<> Search::count_facets(Page& page, Sequences sequences) {
  if (query_.facets.empty()) return {};
  page.facets_partial = sequences.size() > kRankedMax;
  if (page.facets_partial) sequences.resize(kRankedMax);
  std::map<char, std::map<std::string, std::int64_t, std::less<>>> counts;
  for (const Facet facet : query_.facets) counts[static_cast<char>(facet)];
  WEIR_TRY(for_each_row(texts(query_.shelf).facets, sequences, [&](const store::Row& row) {
    std::string_view rest = row[1].text();
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const auto wanted = line.empty() ? counts.end() : counts.find(line[0]);
      if (wanted != counts.end()) ++wanted->second[std::string(line.substr(1))];
    }
  }));
  for (const Facet facet : query_.facets) {
    std::vector<FacetCount> list;
    for (const auto& [value, count] : counts[static_cast<char>(facet)]) list.push_back({value, count});
    std::stable_sort(list.begin(), list.end(), [](const FacetCount& a, const FacetCount& b) { return a.count > b.count; });
    page.facets.emplace_back(facet, std::move(list));
  }
  return {};
}

Result<Page> Search::run() {
  WEIR_TRY(prepare());
  if (nothing_) {
    Page page;
    WEIR_TRY(count_facets(page, {}));
    return page;
  }
  if (query_.order == Order::kTitle && is_plain()) return page_by_title();
  if (query_.order == Order::kTitle || query_.order == Order::kRelevance) return page_by_rank();
  return page_by_time();
}

}  // namespace

Result<Page> run_search(store::Tx& tx, const Index& index, const Query& query) { return Search(tx, index, query).run(); }

}  // namespace weir::supply::catalog
