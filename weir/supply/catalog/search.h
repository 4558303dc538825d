// Search: what somebody looks for, and what the catalog answers.
//
// Words are ANDed, "phrases" stay together, -word excludes, field:value filters. Chinese matches anywhere in a run of
// characters. docs/formats/product.md has the grammar. Thread-safety: values and pure functions.
// Trust: the text and the cursor are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/limits.h"
#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/supply/catalog/product.h"

namespace weir::supply::catalog {

// What results can be filtered and counted by. The letter is the one in the index.
enum class Facet : char {
  kPublisher = 'p',
  kNode = 'n',
  kStatus = 'x',
  kGrade = 'g',          // "core", "important", "general", "general-1" …
  kSecurity = 'l',       // 001-005
  kClassification = 'c',
  kTopic = 't',          // also the large and middle class around it
  kTheme = 'h',
  kSource = 'o',
  kForm = 'd',
  kFrequency = 'f',
  kQuality = 'q',
  kService = 's',
  kRegion = 'r',         // also the province and city around it
  kIndustry = 'i',
  kFormat = 'm',
  kPricing = 'z',        // "free", "paid", "none"
  kCatalog = 'k',        // the catalog a record was loaded from
};
std::string_view name_of(Facet facet);  // "publisher", …
Result<Facet> parse_facet(std::string_view name);

struct Filter {
  Facet facet;
  std::vector<std::string> any_of;
};

enum class Order : std::uint8_t { kUpdatedDescending, kUpdatedAscending, kTitle, kRelevance };
Result<Order> parse_order(std::string_view name);  // "updated", "updated_asc", "title", "relevance"; also "dsc", "asc"

// Which versions are looked at: the published ones, or the desk (drafts, submitted, deregistered).
enum class Shelf : std::uint8_t { kPublished, kDesk };

struct Query {
  std::string text;                 // at most kQueryBytesMax
  std::vector<Filter> filters;      // all must hold
  std::optional<Timestamp> updated_from;   // when this catalog took the change
  std::optional<Timestamp> updated_until;
  Order order = Order::kUpdatedDescending;
  std::size_t limit = limits::kPageSizeDefault;
  std::string cursor;               // from the page before; the rest of the query must be the same
  std::vector<Facet> facets;        // to be counted
  Shelf shelf = Shelf::kPublished;
};

inline constexpr std::size_t kQueryBytesMax = 1024;
inline constexpr std::size_t kQueryTermsMax = 32;
inline constexpr std::int64_t kTotalMax = 10'000;      // beyond it: "more than"
inline constexpr std::size_t kRankedMax = 1'000;       // relevance, title order and facets look at this many newest matches

struct Hit {
  ProductId id;
  SubjectId publisher;
  NodeId node;
  std::int64_t version;
  Status status;
  std::string grade;
  Text title;
  Text description;        // cut at kExcerptBytes
  std::vector<std::string> formats;
  Timestamp updated;
  std::int64_t sequence;
};

struct FacetCount {
  std::string value;
  std::int64_t count;
};

struct Page {
  std::vector<Hit> hits;
  std::string next;                 // cursor; empty on the last page
  std::int64_t total = 0;           // exact if not more_than
  bool more_than = false;           // there are more than `total`
  std::vector<std::pair<Facet, std::vector<FacetCount>>> facets;  // most frequent first
  bool facets_partial = false;      // counted over the kRankedMax newest matches only
};

// The text taken apart; filters written into the text are moved to `filters`.
struct Term {
  std::vector<std::string> tokens;  // more than one: next to each other, in this order
  bool excluded = false;
};
struct ParsedQuery {
  std::vector<Term> terms;
  std::vector<Filter> filters;
};
// Fails with kInvalidArgument ("catalog.query_encoding") or kExhausted ("catalog.query_too_long").
Result<ParsedQuery> parse_query(std::string_view text);

}  // namespace weir::supply::catalog
