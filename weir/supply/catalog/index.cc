// What a product's words are.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/index.h"

#include <algorithm>
#include <set>

#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kBodyBytesMax = 16u << 10;  // of a description; what lies beyond is not searched
constexpr std::size_t kFacetValueBytesMax = 128;
constexpr std::size_t kColumnsIndexed = 256;
constexpr std::size_t kKeywordBytesShown = 512;  // on the shelf, for relevance

using FacetValues = std::set<std::pair<char, std::string>>;

void add(FacetValues& values, Facet facet, std::string_view value) {
  if (value.empty()) return;
  std::string clean = cut_utf8(value, kFacetValueBytesMax);
  std::replace(clean.begin(), clean.end(), '\n', ' ');
  values.emplace(static_cast<char>(facet), std::move(clean));
}

template <class Code>
void add_code(FacetValues& values, Facet facet, const std::optional<Code>& code) {
  if (code) add(values, facet, code_of(*code));
}

// The code and the wider ones around it, cut at the given lengths.
void add_prefixes(FacetValues& values, Facet facet, std::string_view code, std::initializer_list<std::size_t> lengths) {
  for (const std::size_t length : lengths) {
    if (length < code.size()) add(values, facet, code.substr(0, length));
  }
  add(values, facet, code);
}

std::string_view pricing_of(const std::vector<Offer>& offers) {
  if (offers.empty()) return "none";
  const auto free = [](const Offer& offer) { return !offer.price || offer.price->amount == 0; };
  return std::any_of(offers.begin(), offers.end(), free) ? "free" : "paid";
}

void add_grade(FacetValues& values, const grade::Grading& grading) {
  const std::string name(grade::name_of(grading.level));
  add(values, Facet::kGrade, name);
  if (grading.sub_grade > 0) add(values, Facet::kGrade, name + "-" + std::to_string(grading.sub_grade));
  add(values, Facet::kSecurity, grading.security_level);
}

FacetValues facets_of(const Product& p) {
  const Description& d = p.description;
  FacetValues values;
  add(values, Facet::kPublisher, p.publisher.text());
  add(values, Facet::kNode, p.node.text());
  add(values, Facet::kStatus, name_of(p.status));
  if (d.grade) add_grade(values, *d.grade);
  for (const Classification code : d.classifications) add(values, Facet::kClassification, code_of(code));
  for (const std::string& topic : d.topics) {
    add(values, Facet::kTopic, topic);
    add(values, Facet::kTopic, topic.substr(0, 3) + "00");
    add(values, Facet::kTopic, topic.substr(0, 1) + "0000");
  }
  for (const std::string& theme : d.themes) add(values, Facet::kTheme, to_lower_ascii(theme));
  add_code(values, Facet::kSource, d.source);
  add_code(values, Facet::kFrequency, d.frequency);
  add_code(values, Facet::kQuality, d.quality);
  add_code(values, Facet::kService, d.service);
  add_prefixes(values, Facet::kRegion, d.region, {2, 4, 6});
  add_prefixes(values, Facet::kIndustry, d.industry, {1, 3});
  for (const Distribution& item : d.distributions) {
    add(values, Facet::kForm, code_of(item.form));
    add(values, Facet::kFormat, to_lower_ascii(item.format));
    add(values, Facet::kFormat, to_lower_ascii(item.media_type));
  }
  add(values, Facet::kPricing, pricing_of(d.offers));
  if (d.origin) add(values, Facet::kCatalog, d.origin->catalog);
  return values;
}

void append(std::string& out, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out += ' ';
  out += text;
}

}  // namespace

IndexEntry index_entry(const Product& p) {
  const Description& d = p.description;
  IndexEntry entry;
  IndexText& text = entry.text;
  text.title = token_text(d.title.en + "\n" + d.title.zh);
  for (const auto* list : {&d.keywords, &d.themes}) {
    for (const std::string& word : *list) {
      append(text.keywords, token_text(word));
      if (list == &d.keywords && entry.keywords.size() < kKeywordBytesShown) append(entry.keywords, word);
    }
  }
  std::string body = cut_utf8(d.description.en, kBodyBytesMax) + "\n" + cut_utf8(d.description.zh, kBodyBytesMax);
  body += "\n" + d.publisher_name + "\n" + d.spatial.text;
  if (d.origin) body += "\n" + d.origin->publisher;
  for (std::size_t i = 0; i < std::min(d.columns.size(), kColumnsIndexed); ++i) {
    body += "\n" + d.columns[i].name + "\n" + d.columns[i].title.en + "\n" + d.columns[i].title.zh;
  }
  text.body = token_text(body);
  text.extra = kEverything;
  append(text.extra, token_text(p.id.text()));
  if (d.origin) append(text.extra, token_text(d.origin->identifier));
  std::string all = d.title.zh + d.description.zh;
  for (const std::string& word : d.keywords) all += word;
  for (const std::string& character : single_characters(cut_utf8(all, kBodyBytesMax))) append(text.extra, character);
  for (const auto& [letter, value] : facets_of(p)) {
    append(text.extra, facet_token(static_cast<Facet>(letter), value));
    if (!entry.facets.empty()) entry.facets += '\n';
    entry.facets += letter;
    entry.facets += value;
  }
  return entry;
}

}  // namespace weir::supply::catalog
