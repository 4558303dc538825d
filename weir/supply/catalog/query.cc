// The query text: words, "phrases", -exclusions, field:value.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/supply/catalog/search.h"
#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

struct FacetName {
  Facet facet;
  std::string_view name;
};
constexpr FacetName kFacets[] = {
    {Facet::kPublisher, "publisher"}, {Facet::kNode, "node"},
    {Facet::kStatus, "status"},       {Facet::kGrade, "grade"},
    {Facet::kSecurity, "security"},   {Facet::kClassification, "classification"},
    {Facet::kTopic, "topic"},         {Facet::kTheme, "theme"},
    {Facet::kSource, "source"},       {Facet::kForm, "form"},
    {Facet::kFrequency, "frequency"}, {Facet::kQuality, "quality"},
    {Facet::kService, "service"},     {Facet::kRegion, "region"},
    {Facet::kIndustry, "industry"},   {Facet::kFormat, "format"},
    {Facet::kPricing, "pricing"},     {Facet::kCatalog, "catalog"},
};

constexpr std::string_view kBlanks[] = {" ", "\t", "\n", "\r", "\xE3\x80\x80"};  // the last: U+3000
constexpr std::string_view kQuotes[] = {"\"", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE3\x80\x8C", "\xE3\x80\x8D"};  // " “ ” 「 」

template <std::size_t N>
std::size_t starts_with_any(std::string_view text, const std::string_view (&choices)[N]) {
  for (const std::string_view choice : choices) {
    if (text.starts_with(choice)) return choice.size();
  }
  return 0;
}

// Takes the text apart at blanks; quotes keep blanks inside. Unclosed quotes reach to the end.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  struct Piece {
    bool excluded = false;
    std::string field;  // before the colon, if it is the name of a facet
    std::string text;
  };
  bool next(Piece& piece) {
    while (const std::size_t blank = starts_with_any(rest_, kBlanks)) rest_.remove_prefix(blank);
    if (rest_.empty()) return false;
    piece = {};
    if (rest_.size() > 1 && rest_[0] == '-' && starts_with_any(rest_.substr(1), kBlanks) == 0) {
      piece.excluded = true;
      rest_.remove_prefix(1);
    }
    while (!rest_.empty() && starts_with_any(rest_, kBlanks) == 0) take_some(piece);
    return true;
  }

 private:
  void take_some(Piece& piece) {
    if (const std::size_t quote = starts_with_any(rest_, kQuotes)) {
      rest_.remove_prefix(quote);
      std::size_t end = 0;
      while (end < rest_.size() && starts_with_any(rest_.substr(end), kQuotes) == 0) ++end;
      piece.text += ' ';
      piece.text += rest_.substr(0, end);
      piece.text += ' ';
      rest_.remove_prefix(end);
      rest_.remove_prefix(starts_with_any(rest_, kQuotes));
      return;
    }
    if (rest_[0] == ':' && piece.field.empty() && parse_facet(piece.text)) {
      piece.field = std::exchange(piece.text, {});
      rest_.remove_prefix(1);
      return;
    }
    piece.text += rest_[0];
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

void add_filter(std::vector<Filter>& filters, Facet facet, std::string value) {
  const auto found = std::find_if(filters.begin(), filters.end(), [&](const Filter& f) { return f.facet == facet; });
  Filter& filter = found != filters.end() ? *found : filters.emplace_back(Filter{facet, {}});
  filter.any_of.push_back(std::move(value));
}

Error too_long() {
  return Error(Errc::kExhausted, "the query is longer than 1024 bytes or 32 words")
      .because("catalog.query_too_long")
      .advise("Search for fewer words.");
}

}  // namespace

std::string_view name_of(Facet facet) {
  for (const auto& [known, name] : kFacets) {
    if (known == facet) return name;
  }
  return "";
}

Result<Facet> parse_facet(std::string_view name) {
  for (const auto& [facet, known] : kFacets) {
    if (known == name) return facet;
  }
  return Error(Errc::kInvalidArgument, "no such filter").because("catalog.unknown_facet");
}

//= NDI-TR-2025-05#catalogue-search
// "dsc" by time of update is the default; "asc" the other way round.
Result<Order> parse_order(std::string_view name) {
  if (name.empty() || name == "updated" || name == "dsc" || name == "desc") return Order::kUpdatedDescending;
  if (name == "updated_asc" || name == "asc") return Order::kUpdatedAscending;
  if (name == "title") return Order::kTitle;
  if (name == "relevance") return Order::kRelevance;
  return Error(Errc::kInvalidArgument, "the order is updated, updated_asc, title or relevance").because("catalog.unknown_order");
}

Result<ParsedQuery> parse_query(std::string_view text) {
  if (text.size() > kQueryBytesMax) return too_long();
  if (!is_utf8(text)) return Error(Errc::kInvalidArgument, "the query is not UTF-8").because("catalog.query_encoding");
  ParsedQuery query;
  Splitter splitter(text);
  std::size_t tokens = 0;
  for (Splitter::Piece piece; splitter.next(piece);) {
    if (!piece.field.empty()) {
      const std::string value(trim(piece.text));
      if (piece.excluded) {
        query.terms.push_back({{facet_token(*parse_facet(piece.field), value)}, true});
      } else if (!value.empty()) {
        add_filter(query.filters, *parse_facet(piece.field), value);
      }
      if (++tokens > kQueryTermsMax) return too_long();
      continue;
    }
    Term term{tokenize(piece.text), piece.excluded};
    tokens += term.tokens.size();
    if (tokens > kQueryTermsMax) return too_long();
    if (!term.tokens.empty()) query.terms.push_back(std::move(term));
  }
  return query;
}

}  // namespace weir::supply::catalog
