// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat_terms.h"

#include <charconv>
#include <vector>

#include "weir/supply/catalog/tokens.h"

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
    if (by_language.has(language)) list.push(Json::object({{"@language", language}, {"@value", by_language[language]}}));
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
  return "POLYGON((" + w + " " + s + "," + e + " " + s + "," + e + " " + n + "," + w + " " + n + "," + w + " " + s + "))";
}

Result<std::array<double, 4>> parse_box(std::string_view text) {
  if (!text.starts_with("POLYGON((") || !text.ends_with("))") || text.size() > 512) return malformed("the box is no polygon");
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

Result<std::int64_t> parse_version(std::string_view text) {
  std::int64_t version = 0;
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || next != text.data() + text.size() || version < 1) return malformed("the version is no number");
  return version;
}

}  // namespace weir::supply::catalog
