// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat_terms.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "weir/base/check.h"
#include "weir/supply/catalog/tokens.h"
#include "weir/wire/encoding.h"

namespace weir::supply::catalog {

using wire::Json;

namespace {

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("catalog.malformed");
}

}  // namespace

Json language_list(const Json& by_language) {
  Json list = Json::array();
  for (const std::string_view language : {"en", "zh"}) {
    if (by_language.has(language))
      list.push(Json::object({{"@language", language}, {"@value", by_language[language]}}));
  }
  return list;
}

Json language_object(const Json& json) {
  Json out = Json::object();
  for (const Json& item : as_list(json)) {
    const Json value = plain_value(item);
    if (!value.is_string()) continue;
    const std::string language = item.text_or("@language", has_cjk(value.as_string()) ? "zh" : "en");
    const std::string_view side = language.starts_with("zh") ? "zh" : "en";
    if (!out.has(side)) out.set(side, value);
  }
  return out;
}

Json plain_value(const Json& json) { return json.is_object() && json.has("@value") ? json["@value"] : json; }

Json::Array as_list(const Json& json) {
  if (json.is_array()) return json.items();
  if (json.is_null()) return {};
  return {json};
}

std::string box_text(const std::array<double, 4>& box) {
  const std::string w = wire::format_number(box[0]);
  const std::string s = wire::format_number(box[1]);
  const std::string e = wire::format_number(box[2]);
  const std::string n = wire::format_number(box[3]);
  return "POLYGON((" + w + " " + s + "," + e + " " + s + "," + e + " " + n + "," + w + " " + n + "," + w + " " + s +
         "))";
}

Result<std::array<double, 4>> parse_box(std::string_view text) {
  if (!text.starts_with("POLYGON((") || !text.ends_with("))") || text.size() > 512)
    return malformed("the box is no polygon");
  text = text.substr(9, text.size() - 11);
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) return malformed("the box has no numbers");
    numbers.push_back(value);
    at = next < end ? next + 1 : next;
  }
  if (numbers.size() != 10) return malformed("the box is not of five points");
  return std::array<double, 4>{numbers[0], numbers[1], numbers[4], numbers[5]};
}

namespace {

struct FrequencyRow {
  Frequency frequency;
  std::string_view code;
};
// The first of a frequency is the one that is written.
constexpr FrequencyRow kFrequencies[] = {
    {Frequency::kRealTime, "CONT"},     {Frequency::kRealTime, "UPDATE_CONT"}, {Frequency::kRealTime, "HOURLY"},
    {Frequency::kDaily, "DAILY"},       {Frequency::kDaily, "DAILY_2"},        {Frequency::kWeekly, "WEEKLY"},
    {Frequency::kWeekly, "WEEKLY_2"},   {Frequency::kMonthly, "MONTHLY"},      {Frequency::kMonthly, "BIWEEKLY"},
    {Frequency::kMonthly, "MONTHLY_2"}, {Frequency::kQuarterly, "QUARTERLY"},  {Frequency::kHalfYearly, "ANNUAL_2"},
    {Frequency::kYearly, "ANNUAL"},     {Frequency::kIrregular, "IRREG"},      {Frequency::kIrregular, "AS_NEEDED"},
    {Frequency::kHistorical, "NEVER"},  {Frequency::kHistorical, "NOT_PLANNED"},
};

struct LanguageRow {
  std::string_view tag;
  std::string_view code;
};
constexpr LanguageRow kLanguages[] = {{"zh", "ZHO"}, {"en", "ENG"}, {"de", "DEU"}, {"fr", "FRA"}, {"es", "SPA"},
                                      {"it", "ITA"}, {"pt", "POR"}, {"nl", "NLD"}, {"ja", "JPN"}, {"ko", "KOR"},
                                      {"ru", "RUS"}, {"ar", "ARA"}, {"pl", "POL"}, {"sv", "SWE"}, {"fi", "FIN"},
                                      {"da", "DAN"}, {"cs", "CES"}, {"el", "ELL"}};
constexpr std::string_view kIsoLanguage = "http://id.loc.gov/vocabulary/iso639-1/";

}  // namespace

std::string_view eu_frequency(Frequency frequency) {
  const auto found = std::ranges::find(kFrequencies, frequency, &FrequencyRow::frequency);
  WEIR_CHECK(found != std::end(kFrequencies));
  return found->code;
}

std::optional<Frequency> parse_eu_frequency(std::string_view code) {
  const auto found = std::ranges::find(kFrequencies, code, &FrequencyRow::code);
  return found == std::end(kFrequencies) ? std::nullopt : std::optional(found->frequency);
}

std::string language_iri(std::string_view bcp47) {
  const std::string_view tag = bcp47.substr(0, bcp47.find('-'));
  const auto found = std::ranges::find(kLanguages, tag, &LanguageRow::tag);
  if (found != std::end(kLanguages)) return std::string(dcat_iris::kEuLanguage) + std::string(found->code);
  return std::string(kIsoLanguage) + wire::escape_url(tag);
}

std::string language_of(std::string_view text) {
  if (text.starts_with(kIsoLanguage)) return std::string(text.substr(kIsoLanguage.size()));
  if (!text.starts_with(dcat_iris::kEuLanguage)) return std::string(text);
  text.remove_prefix(dcat_iris::kEuLanguage.size());
  const auto found = std::ranges::find(kLanguages, text, &LanguageRow::code);
  return std::string(found == std::end(kLanguages) ? text : found->tag);
}

bool is_iri(std::string_view text) {
  const auto bad = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || std::string_view("<>\"{}|\\^`").find(c) != std::string_view::npos;
  };
  if (std::ranges::any_of(text, bad)) return false;
  return std::ranges::any_of(
      std::array{"http://", "https://", "ftp://", "mailto:", "urn:"},
      [&](std::string_view scheme) { return text.starts_with(scheme) && text.size() > scheme.size(); });
}

}  // namespace weir::supply::catalog
