// The parameters of package_search.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "weir/adapters/ckan/ckan.h"

namespace weir::adapters::ckan {

using supply::catalog::Facet;
using supply::catalog::Order;
using wire::Json;

namespace {

Error bad(std::string_view parameter, std::string_view why) {
  return Error(Errc::kInvalidArgument, std::string(parameter) + ": " + std::string(why)).because("ckan.parameter");
}

struct FacetName {
  std::string_view name;
  Facet facet;
};
constexpr FacetName kFacets[] = {{"organization", Facet::kPublisher}, {"owner_org", Facet::kPublisher},
                                 {"res_format", Facet::kFormat},      {"groups", Facet::kTheme},
                                 {"harvest_source", Facet::kCatalog}, {"grade", Facet::kGrade},
                                 {"region", Facet::kRegion}};

std::optional<Facet> facet_of(std::string_view name) {
  const auto found = std::ranges::find(kFacets, name, &FacetName::name);
  return found == std::end(kFacets) ? std::nullopt : std::optional(found->facet);
}

Result<std::size_t> number(const Json& parameters, std::string_view name, std::size_t otherwise, std::size_t most) {
  const Json& value = parameters[name];
  if (value.is_null()) return otherwise;
  std::int64_t out = -1;
  if (value.is_integer()) out = value.as_integer();
  if (value.is_string()) {
    const std::string& text = value.as_string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) out = -1;
  }
  if (out < 0) return bad(name, "must be a natural number");
  return std::min(static_cast<std::size_t>(out), most);
}

// The terms of a Solr query, as far as clients write them: field:value, field:"value", field:[from TO until], words.
std::vector<std::string> terms_of(std::string_view text) {
  std::vector<std::string> terms;
  std::string term;
  char until = 0;
  for (const char c : text) {
    if (until == 0 && (c == ' ' || c == '\t')) {
      if (!term.empty()) terms.push_back(std::exchange(term, {}));
      continue;
    }
    if (c == until) {
      until = 0;
    } else if (until == 0 && (c == '"' || c == '[' || c == '(')) {
      until = c == '"' ? '"' : c == '[' ? ']' : ')';
    }
    term += c;
  }
  if (!term.empty()) terms.push_back(std::move(term));
  return terms;
}

std::string without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

Result<std::optional<Timestamp>> moment(std::string_view text) {
  if (text == "*" || text == "NOW") return std::optional<Timestamp>();
  std::string whole(text);
  if (whole.find('T') != std::string::npos && !whole.ends_with('Z')) whole += 'Z';
  WEIR_TRY_LET(const Timestamp at, parse_iso8601(whole));
  return std::optional(at);
}

Result<> read_range(Search& out, std::string_view range) {
  const std::size_t to = range.find(" TO ");
  if (range.size() < 6 || range.front() != '[' || range.back() != ']' || to == std::string_view::npos) {
    return bad("fq", "metadata_modified is asked for as [from TO until]");
  }
  const auto from = moment(range.substr(1, to - 1));
  const auto until = moment(range.substr(to + 4, range.size() - to - 5));
  if (!from || !until) return bad("fq", "a time that is none");
  out.query.updated_from = *from;
  out.query.updated_until = *until;
  return {};
}

// Words go to the text, what is known to be true of everything here is let by, the rest is a filter or refused.
Result<> read_filter(Search& out, std::string_view term) {
  if (term.starts_with('+')) term.remove_prefix(1);
  const std::size_t colon = term.find(':');
  if (colon == std::string_view::npos) {
    out.query.text += (out.query.text.empty() ? "" : " ") + std::string(term);
    return {};
  }
  const std::string_view field = term.substr(0, colon);
  const std::string value = without_quotes(term.substr(colon + 1));
  if (field == "*" || value == "*") return {};
  if ((field == "dataset_type" || field == "type") && value == "dataset") return {};
  if ((field == "state" && value == "active") || (field == "capacity" && value == "public")) return {};
  if (field == "metadata_modified") return read_range(out, value);
  if (field == "tags" || field == "title" || field == "notes" || field == "text") {
    out.query.text += (out.query.text.empty() ? "\"" : " \"") + value + "\"";
    return {};
  }
  const auto facet = facet_of(field);
  if (!facet) return bad("fq", std::string(field) + " cannot be searched for here");
  WEIR_TRY_LET(const std::string plain,
               *facet == Facet::kPublisher ? identifier_of(value) : Result<std::string>(value));
  out.query.filters.push_back({*facet, {plain}});
  return {};
}

Result<> read_sort(Search& out, std::string sort) {
  const bool words = !out.query.text.empty();
  if (sort.empty()) sort = words ? "score desc, metadata_modified desc" : "metadata_modified desc";
  const std::string first = sort.substr(0, sort.find(','));
  if (first == "metadata_modified asc" || first == "last_modified asc") {
    out.query.order = Order::kUpdatedAscending;
  } else if (first == "name asc" || first == "title asc" || first == "title_string asc") {
    out.query.order = Order::kTitle;
  } else if (first.starts_with("score") || first.starts_with("relevance")) {
    out.query.order = words ? Order::kRelevance : Order::kUpdatedDescending;
  } else if (first != "metadata_modified desc" && first != "metadata_modified" && first != "last_modified desc") {
    return bad("sort", first + " is no order that is kept here");
  }
  out.sort = std::move(sort);
  return {};
}

// A list, or the JSON text of one.
Result<> read_facets(Search& out, const Json& field) {
  Json list = field;
  if (field.is_string()) {
    auto parsed = wire::parse_json(field.as_string());
    if (!parsed || !parsed->is_array()) return bad("facet.field", "must be a list");
    list = *std::move(parsed);
  }
  for (const Json& name : list.is_array() ? list.items() : Json::Array{}) {
    if (!name.is_string()) return bad("facet.field", "must be a list of names");
    if (const auto facet = facet_of(name.as_string())) out.facets.emplace_back(name.as_string(), *facet);
  }
  for (const auto& [name, facet] : out.facets) out.query.facets.push_back(facet);
  return {};
}

}  // namespace

Result<Search> read_search(const Json& parameters) {
  Search out;
  WEIR_TRY_LET(out.query.limit, number(parameters, "rows", 10, kRowsMax));
  WEIR_TRY_LET(out.start, number(parameters, "start", 0, SIZE_MAX));
  for (const char* name : {"q", "fq"}) {
    const Json& value = parameters[name];
    if (value.is_null()) continue;
    if (!value.is_string()) return bad(name, "must be a text");
    for (const std::string& term : terms_of(value.as_string())) WEIR_TRY(read_filter(out, term));
  }
  if (parameters["fq_list"].is_array()) {
    for (const Json& item : parameters["fq_list"].items()) {
      if (!item.is_string()) return bad("fq_list", "must be a list of texts");
      for (const std::string& term : terms_of(item.as_string())) WEIR_TRY(read_filter(out, term));
    }
  }
  WEIR_TRY(read_sort(out, parameters.text_or("sort", "")));
  WEIR_TRY(read_facets(out, parameters["facet.field"]));
  return out;
}

}  // namespace weir::adapters::ckan
