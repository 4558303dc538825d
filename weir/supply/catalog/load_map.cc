// From a record of another catalog to a description: DCAT-US 1.1 and CSV.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/supply/catalog/load.h"
#include "weir/supply/catalog/repair.h"
#include "weir/supply/catalog/tokens.h"
#include "weir/wire/encoding.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

constexpr std::size_t kTitleBytes = 1024;
constexpr std::size_t kDescriptionBytes = 60u << 10;
constexpr std::size_t kIdentifierBytes = 1024;
constexpr std::size_t kUrlBytes = 4096;
constexpr std::size_t kDistributionsMax = 1024;

Error refused(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

// A text, or the first of a list, or nothing.
std::string text_in(const Json& json, std::string_view name) {
  const Json& value = json[name];
  if (value.is_string()) return value.as_string();
  if (value.is_array() && value.size() > 0 && value.items()[0].is_string()) return value.items()[0].as_string();
  return {};
}

// {"en", "zh"}, or a text that goes to the side of its script.
Text text_of(const Json& json, std::string_view name, std::size_t bytes, Repairs& repairs) {
  const Json& value = json[name];
  if (!value.is_object()) return by_script(clean_text(text_in(json, name), bytes, repairs));
  return {clean_text(text_in(value, "en"), bytes, repairs), clean_text(text_in(value, "zh"), bytes, repairs)};
}

std::vector<std::string> list_in(const Json& json, std::string_view name, Repairs& repairs) {
  const Json& value = json[name];
  std::vector<std::string> out;
  if (value.is_string()) {
    repairs.note("text_to_list");
    out.push_back(value.as_string());
  } else if (value.is_array()) {
    for (const Json& item : value.items()) {
      if (item.is_string()) {
        out.push_back(item.as_string());
      } else {
        repairs.note("list_cleaned");
      }
    }
  } else if (!value.is_null()) {
    repairs.note("member_ignored");
  }
  return clean_list(std::move(out), repairs);
}

bool is_address(std::string_view text) {
  const std::string lower = to_lower_ascii(text.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("ftp://");
}

std::string address_in(const Json& json, std::string_view name, Repairs& repairs) {
  std::string text(trim(text_in(json, name)));
  if (text.empty()) return text;
  if (!is_address(text) || text.size() > kUrlBytes || text.find_first_of(" \t\r\n") != std::string::npos) {
    repairs.note("address_dropped");
    return {};
  }
  return text;
}

Distribution distribution_of(const Json& json, Repairs& repairs) {
  Distribution out;
  out.title = by_script(clean_text(text_in(json, "title"), kTitleBytes, repairs));
  out.format = clean_text(text_in(json, "format"), 128, repairs);
  out.media_type = clean_text(text_in(json, "mediaType"), 128, repairs);
  out.download_url = address_in(json, "downloadURL", repairs);
  out.access_url = address_in(json, "accessURL", repairs);
  const bool api = to_lower_ascii(out.format) == "api" || json.has("resourcesAPI");
  out.form = api ? DeliveryForm::kApi : DeliveryForm::kDataset;
  return out;
}

void map_distributions(const Json& json, Description& d, Repairs& repairs) {
  const Json& list = json["distribution"];
  if (list.is_null() || list.size() == 0) {
    repairs.note("no_distribution");
    return;
  }
  const Json::Array alone = list.is_object() ? Json::Array{list} : Json::Array{};
  if (!list.is_array()) repairs.note(list.is_object() ? "text_to_list" : "member_ignored");
  for (const Json& item : list.is_array() ? list.items() : alone) {
    Distribution one = distribution_of(item, repairs);
    if (d.distributions.size() == kDistributionsMax) {
      repairs.note("list_cleaned");
      return;
    }
    if (one.download_url.empty() && one.access_url.empty() && one.media_type.empty() && one.format.empty()) {
      repairs.note("distribution_dropped");
      continue;
    }
    d.distributions.push_back(std::move(one));
  }
}

grade::Grading grade_of_access(std::string_view access, Repairs& repairs) {
  const auto general = [](int sub_grade) { return grade::stated(grade::Level::kGeneral, sub_grade, "accessLevel"); };
  if (access == "public") return general(1);
  if (access == "restricted public") return general(2);
  if (access != "non-public") repairs.note("access_level_unknown");
  return general(3);  // the strictest of them when in doubt
}

// Who publishes, from the innermost to the outermost organisation.
std::string publisher_of(const Json& json, Repairs& repairs) {
  const Json* publisher = &json["publisher"];
  if (publisher->is_string()) return clean_text(publisher->as_string(), kTitleBytes, repairs);
  const std::string name = clean_text(text_in(*publisher, "name"), kTitleBytes, repairs);
  if (name.empty()) repairs.note("no_publisher");
  return name;
}

std::string contact_of(const Json& json) {
  const std::string mail = text_in(json["contactPoint"], "hasEmail");
  return cut_utf8(trim(mail.empty() ? text_in(json["contactPoint"], "fn") : mail), kIdentifierBytes);
}

void map_dates(const Json& json, Description& d, Repairs& repairs) {
  const std::string modified(trim(text_in(json, "modified")));
  d.frequency = read_frequency(text_in(json, "accrualPeriodicity"), repairs);
  if (modified.starts_with("R/")) {
    repairs.note("modified_is_interval");
    if (!d.frequency) d.frequency = read_frequency(modified, repairs);
  } else if (!parse_iso8601(modified)) {
    repairs.note("modified_not_a_date");
  }
  if (json.has("temporal")) d.temporal = read_period(text_in(json, "temporal"), repairs);
}

Origin origin_of(const Json& json, std::string catalog, std::string identifier, Repairs& repairs) {
  return {.catalog = std::move(catalog),
          .identifier = std::move(identifier),
          .publisher = publisher_of(json, repairs),
          .modified = clean_text(text_in(json, "modified"), 64, repairs),
          .landing_page = address_in(json, "landingPage", repairs),
          .contact = contact_of(json)};
}

Description describe(const Json& json, const LoadOptions& options, Repairs& repairs) {
  Description d;
  d.title = text_of(json, "title", kTitleBytes, repairs);
  d.description = text_of(json, "description", kDescriptionBytes, repairs);
  if (d.description == Text{}) {
    repairs.note("description_from_title");
    d.description = d.title;
  }
  d.keywords = list_in(json, "keyword", repairs);
  if (d.keywords.empty()) repairs.note("no_keywords");
  d.themes = list_in(json, "theme", repairs);
  d.languages = read_languages(list_in(json, "language", repairs), repairs);
  d.licence = clean_text(text_in(json, "license"), kUrlBytes, repairs);
  d.rights = clean_text(text_in(json, "rights"), kDescriptionBytes, repairs);
  map_dates(json, d, repairs);
  if (json.has("spatial")) d.spatial = read_place(text_in(json, "spatial"), repairs);
  map_distributions(json, d, repairs);
  const std::string access = text_in(json, "accessLevel");
  const grade::Grading of_access = grade_of_access(access, repairs);
  d.grade = options.grade.value_or(of_access);
  if (access == "public") d.offers = options.offers;
  d.region = options.region;
  return d;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words{""};
  while (!text.empty()) {
    std::size_t separator = 0;
    for (const std::string_view sign : {",", ";", "、", "，", "；"}) {
      if (text.starts_with(sign)) separator = sign.size();
    }
    if (separator > 0) {
      words.emplace_back();
      text.remove_prefix(separator);
    } else {
      words.back() += text[0];
      text.remove_prefix(1);
    }
  }
  std::erase_if(words, [](const std::string& word) { return trim(word).empty(); });
  return words;
}

}  // namespace

Result<LoadedRecord> map_dcat_us(std::string_view line, const LoadOptions& options) {
  auto parsed = wire::parse_json(line);
  if (!parsed) return std::move(parsed).error().because("load.not_json");
  const bool wrapped = (*parsed)["dataset"].is_object() && !parsed->has("title");
  const Json& json = wrapped ? (*parsed)["dataset"] : *parsed;
  if (!json.is_object()) return refused("load.not_an_object", "the line is no JSON object");
  Repairs repairs;
  LoadedRecord record;
  record.source_id = std::string(trim(text_in(json, "identifier")));
  if (record.source_id.empty()) return refused("load.no_identifier", "the record has no identifier");
  if (record.source_id.size() > kIdentifierBytes)
    return refused("load.long_identifier", "the identifier is longer than 1024 bytes");
  record.source_catalog = options.catalog;
  if (const std::string agency = wrapped ? text_in(*parsed, "agency") : ""; !agency.empty()) {
    record.source_catalog += (record.source_catalog.empty() ? "" : "/") + cut_utf8(agency, 64);
  }
  record.description = describe(json, options, repairs);
  if (record.description.title == Text{}) return refused("load.no_title", "the record has no title");
  record.description.origin = origin_of(json, record.source_catalog, record.source_id, repairs);
  record.description.publisher_name = record.description.origin->publisher;
  WEIR_TRY(check(record.description));
  record.repairs = repairs.take();
  return record;
}

Result<LoadedRecord> map_csv(const std::vector<std::string>& header, const std::vector<std::string>& cells,
                             const LoadOptions& options) {
  if (cells.size() > header.size()) return refused("load.too_many_cells", "the record has more cells than the header");
  Repairs repairs;
  if (cells.size() < header.size()) repairs.note("cells_missing");
  std::string all;
  for (const std::string& cell : cells) {
    if (!is_utf8(cell)) return refused("load.not_utf8", "the record is not UTF-8");
    all += cell + '\x1f';
  }
  const auto cell = [&](const std::string& name, std::size_t bytes) -> std::string {
    const auto at = static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
    return name.empty() || at >= cells.size() ? "" : clean_text(cells[at], bytes, repairs);
  };
  const CsvMapping& map = options.mapping;
  LoadedRecord record;
  Description& d = record.description;
  d.title = by_script(cell(map.title, kTitleBytes));
  if (d.title == Text{}) return refused("load.no_title", "the record has no title");
  record.source_catalog = options.catalog;
  record.source_id = cell(map.identifier, kIdentifierBytes);
  if (record.source_id.empty() && !map.identifier.empty())
    return refused("load.no_identifier", "the record has no identifier");
  if (record.source_id.empty()) {
    record.source_id = wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(all))).substr(0, 32);
  }
  std::string description = cell(map.description, kDescriptionBytes);
  for (const std::string& name : map.more_description) {
    const std::string more = cell(name, kDescriptionBytes / 8);
    if (!more.empty()) description += (description.empty() ? "" : "\n") + name + ": " + more;
  }
  if (description.empty()) {
    repairs.note("description_from_title");
    description = d.title.en + d.title.zh;
  }
  d.description = by_script(cut_utf8(description, kDescriptionBytes));
  d.keywords = clean_list(split_words(cell(map.keywords, kDescriptionBytes)), repairs);
  d.themes = clean_list(split_words(cell(map.theme, kTitleBytes)), repairs);
  d.publisher_name = cell(map.publisher, kTitleBytes);
  d.frequency = read_frequency(cell(map.frequency, 128), repairs);
  d.licence = cell(map.licence, kUrlBytes);
  for (const std::string& name : split_words(cell(map.columns, kDescriptionBytes))) {
    d.columns.push_back({.name = cut_utf8(trim(name), 256), .type = "", .title = {}, .description = {}});
  }
  if (const std::string url = cell(map.url, kUrlBytes); !url.empty()) {
    d.distributions.push_back({.format = cell(map.format, 128), .media_type = "", .access_url = url, .download_url = "",
                               .bytes = std::nullopt, .title = {}});
  }
  d.grade =
      options.grade.value_or(grade::stated(grade::Level::kGeneral, 1, "catalog " + cut_utf8(options.catalog, 64)));
  d.offers = options.offers;
  d.region = options.region;
  d.origin = Origin{.catalog = record.source_catalog, .identifier = record.source_id, .publisher = d.publisher_name,
                    .modified = cell(map.modified, 64), .landing_page = "", .contact = ""};
  WEIR_TRY(check(d));
  record.repairs = repairs.take();
  return record;
}

}  // namespace weir::supply::catalog
