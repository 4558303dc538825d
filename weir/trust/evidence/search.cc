// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/search.h"

#include <algorithm>
#include <charconv>

#include "weir/trust/evidence/tables.h"

namespace weir::trust::evidence {
namespace {

constexpr std::size_t kLooksMax = 20'000;  // entries looked at for one page
constexpr std::int64_t kBlocksAtOnce = 64;

bool matches(const Query& query, const Entry& entry) {
  const auto same = [](const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; };
  const bool room = query.kind.ends_with('.');
  return same(query.contract, entry.contract) && same(query.product, entry.product) &&
         same(query.process, entry.process) &&
         (room ? entry.kind.starts_with(query.kind) : same(query.kind, entry.kind)) &&
         (!query.from || entry.time >= *query.from) && (!query.before || entry.time < *query.before) &&
         (query.participant.empty() || std::find(entry.participants.begin(), entry.participants.end(),
                                                 query.participant) != entry.participants.end());
}

// The term that narrows most; empty if the query has none.
std::string driving_term(const Query& query) {
  if (!query.process.empty()) return term('p', query.process);
  if (!query.contract.empty()) return term('c', query.contract);
  if (!query.product.empty()) return term('d', query.product);
  if (!query.participant.empty()) return term('u', query.participant);
  if (query.kind.ends_with('.')) return term('r', std::string_view(query.kind).substr(0, query.kind.find('.')));
  if (!query.kind.empty()) return term('k', query.kind);
  return {};
}

// A text that every match has in its leaf as it stands; empty if nothing can be said. Saves reading JSON that cannot
// match.
std::string_view needle_of(const Query& query) {
  for (const std::string* text : {&query.process, &query.contract, &query.product, &query.participant, &query.kind}) {
    const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
    if (!text->empty() && std::all_of(text->begin(), text->end(), plain)) return *text;
  }
  return {};
}

// One page in the making. `at` is the next index to look at, and becomes the cursor.
struct Search {
  store::Tx& tx;
  const Query& query;
  EntryPage page{};
  std::int64_t at = 0;
  std::int64_t size = 0;
  std::size_t looks = 0;
  std::string_view needle = needle_of(query);

  bool newest_first() const { return query.order == Order::kNewestFirst; }
  bool full() const { return page.entries.size() >= query.limit || looks >= kLooksMax; }
  bool over() const { return at < 0 || at >= size; }
  // Entries from here on are in no full block.
  std::int64_t indexed() const { return size - size % static_cast<std::int64_t>(kBlock); }

  Result<> look(std::int64_t index, const std::string& leaf) {
    ++looks;
    at = newest_first() ? index - 1 : index + 1;
    if (leaf.find(needle) == std::string::npos) return {};
    auto entry = parse_entry(leaf);
    if (!entry) {
      return Error(Errc::kCorrupt,
                   "entry " + std::to_string(index) + " is not one: " + std::string(entry.error().message()))
          .because("evidence.corrupt");
    }
    if (matches(query, *entry)) page.entries.push_back({EntryIndex(index), leaf, *std::move(entry)});
    return {};
  }

  // Reads [low, high) in the order of the query, until full.
  Result<> read_run(std::int64_t low, std::int64_t high) {
    const std::string_view sql =
        newest_first() ? "SELECT idx, leaf FROM evidence_entry WHERE idx >= ? AND idx < ? ORDER BY idx DESC"
                       : "SELECT idx, leaf FROM evidence_entry WHERE idx >= ? AND idx < ? ORDER BY idx";
    Result<> result;
    WEIR_TRY(tx.scan(sql, {low, high}, [&](const store::Row& row) {
      result = look(row[0].integer(), row[1].text());
      return result.ok() && !full();
    }));
    WEIR_TRY(std::move(result));
    if (!full()) at = newest_first() ? low - 1 : high;
    return {};
  }

  Result<> read_tail() {
    return newest_first() ? read_run(indexed(), at + 1) : read_run(std::max(at, indexed()), size);
  }

  // The entries of one block that a term's row names.
  Result<> read_named(std::int64_t block, Bytes offsets) {
    const std::int64_t from = at;
    if (newest_first()) std::reverse(offsets.begin(), offsets.end());
    for (const std::uint8_t offset : offsets) {
      const std::int64_t index = block * static_cast<std::int64_t>(kBlock) + offset;
      if (newest_first() ? index > from : index < from) continue;
      if (full()) return {};
      WEIR_TRY_LET(const store::Row row, tx.one("SELECT leaf FROM evidence_entry WHERE idx = ?", {index}));
      WEIR_TRY(look(index, row[0].text()));
    }
    return {};
  }

  Result<> read_blocks_by_term(const std::string& name) {
    const auto width = static_cast<std::int64_t>(kBlock);
    while (!full() && !over() && at < indexed()) {
      const std::string_view sql =
          newest_first()
              ? "SELECT block, entries FROM evidence_term WHERE term = ? AND block <= ? ORDER BY block DESC LIMIT ?"
              : "SELECT block, entries FROM evidence_term WHERE term = ? AND block >= ? ORDER BY block LIMIT ?";
      WEIR_TRY_LET(const store::Rows rows, tx.query(sql, {name, at / width, kBlocksAtOnce}));
      for (const store::Row& row : rows) {
        WEIR_TRY(read_named(row[0].integer(), row[1].blob()));
        if (full()) return {};
        const std::int64_t block = row[0].integer();
        at = newest_first() ? block * width - 1 : (block + 1) * width;
      }
      if (static_cast<std::int64_t>(rows.size()) < kBlocksAtOnce) at = newest_first() ? -1 : indexed();
    }
    return {};
  }

  Result<> read_blocks_by_time() {
    const auto width = static_cast<std::int64_t>(kBlock);
    const Timestamp from = query.from.value_or(Timestamp(INT64_MIN));
    const Timestamp before = query.before.value_or(Timestamp(INT64_MAX));
    while (!full() && !over() && at < indexed()) {
      const std::string_view sql =
          newest_first() ? "SELECT block FROM evidence_block WHERE block <= ? AND time_max >= ? AND time_min < ? "
                           "ORDER BY block DESC LIMIT ?"
                         : "SELECT block FROM evidence_block WHERE block >= ? AND time_max >= ? AND time_min < ? "
                           "ORDER BY block LIMIT ?";
      WEIR_TRY_LET(const store::Rows rows, tx.query(sql, {at / width, from, before, kBlocksAtOnce}));
      for (const store::Row& row : rows) {
        const std::int64_t low = row[0].integer() * width;
        WEIR_TRY(newest_first() ? read_run(low, std::min(at + 1, low + width))
                                : read_run(std::max(at, low), low + width));
        if (full()) return {};
      }
      if (static_cast<std::int64_t>(rows.size()) < kBlocksAtOnce) at = newest_first() ? -1 : indexed();
    }
    return {};
  }
};

}  // namespace

Result<StoredEntry> load_entry(store::Tx& tx, EntryIndex index) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT leaf FROM evidence_entry WHERE idx = ?", {index.value()}));
  if (rows.empty()) {
    return Error(Errc::kNotFound, "the log has no entry " + std::to_string(index.value())).because("evidence.no_entry");
  }
  StoredEntry out{.index = index, .leaf = rows[0][0].text(), .entry = {}};
  auto entry = parse_entry(out.leaf);
  if (!entry) return Error(Errc::kCorrupt, std::string(entry.error().message())).because("evidence.corrupt");
  out.entry = *std::move(entry);
  return out;
}

Result<std::int64_t> parse_cursor(std::string_view cursor, std::int64_t otherwise) {
  if (cursor.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), value);
  if (code != std::errc() || end != cursor.data() + cursor.size() || value < 0) {
    return Error(Errc::kInvalidArgument, "not a cursor of this search").because("evidence.cursor");
  }
  return value;
}

Result<> check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= limits::kPageSizeMax) return {};
  return Error(Errc::kInvalidArgument, "a page has 1 to " + std::to_string(limits::kPageSizeMax) + " entries")
      .because("evidence.limit");
}

Result<EntryPage> search_entries(store::Tx& tx, const Query& query) {
  WEIR_TRY(check_limit(query.limit));
  WEIR_TRY_LET(const Head head, load_head(tx));
  Search search{.tx = tx, .query = query};
  search.size = static_cast<std::int64_t>(head.size);
  WEIR_TRY_LET(search.at, parse_cursor(query.cursor, search.newest_first() ? search.size - 1 : 0));
  search.at = std::min(search.at, search.newest_first() ? search.size - 1 : search.size);
  const std::string name = driving_term(query);
  const auto blocks = [&]() { return name.empty() ? search.read_blocks_by_time() : search.read_blocks_by_term(name); };
  if (search.newest_first()) {
    if (search.at >= search.indexed()) WEIR_TRY(search.read_tail());
    if (!search.full()) WEIR_TRY(blocks());
  } else {
    WEIR_TRY(blocks());
    if (!search.full()) WEIR_TRY(search.read_tail());
  }
  if (search.full() && !search.over()) search.page.next_cursor = std::to_string(search.at);
  return std::move(search.page);
}

}  // namespace weir::trust::evidence
