// Files made from the register.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/standards/query/parts.h"

namespace weir::standards::query {

namespace {

using standard::Field;
using standard::Index;
using standard::Relation;
using wire::Json;

std::string quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string joined(const std::vector<std::string_view>& texts) {
  std::string out;
  for (const std::string_view text : texts) out += (out.empty() ? "" : ";") + std::string(text);
  return out;
}

// The best claim of each field; what import reads. The source is that of the title.
std::string standards_csv(const standard::Registry& registry) {
  std::string out =
      "number,title_zh,title_en,status,committee,framework_direction,iso_stage,published,implemented,withdrawn,url,"
      "replaces,adopts,adoption,source,as_of\n";
  for (Index i = 0; i < registry.standards().size(); ++i) {
    const standard::Standard& it = registry.at(i);
    if (!it.listed) continue;
    std::vector<std::string_view> replaces;
    for (const auto* link : registry.links_from(i, Relation::kReplaces))
      replaces.push_back(registry.at(link->to).number.text());
    const auto adopts = registry.links_from(i, Relation::kAdopts);
    const standard::Claim* title = registry.best(i, Field::kTitleZh) != nullptr ? registry.best(i, Field::kTitleZh)
                                                                                : registry.best(i, Field::kTitleEn);
    const standard::Source source = title == nullptr ? standard::Source() : registry.source_of(title->source);
    out += quoted(it.number.text());
    for (const Field field : {Field::kTitleZh, Field::kTitleEn, Field::kStatus, Field::kCommittee})
      out += "," + quoted(registry.text(i, field));
    out += "," + quoted(joined(registry.all(i, Field::kDirection)));
    for (const Field field : {Field::kStage, Field::kPublished, Field::kImplemented, Field::kWithdrawn, Field::kUrl})
      out += "," + quoted(registry.text(i, field));
    out += "," + quoted(joined(replaces)) + "," +
           quoted(adopts.empty() ? "" : registry.at(adopts[0]->to).number.text()) + "," +
           (adopts.empty() ? "" : std::string(name_of(adopts[0]->degree))) + "," + quoted(source.name) + "," +
           format(source.date) + "\n";
  }
  return out;
}

std::string coverage_csv(const std::vector<framework::Cell>& cells) {
  std::string out = "id,name_zh,name_en,published,other,development,past,unknown,international,missing,unverified\n";
  for (const framework::Cell& cell : cells) {
    out += cell.direction->id + "," + quoted(cell.direction->name.zh) + "," + quoted(cell.direction->name.en);
    for (const std::size_t count : {cell.published.size(), cell.other.size(), cell.development.size(), cell.past.size(),
                                    cell.unknown.size(), cell.international.size()}) {
      out += "," + std::to_string(count);
    }
    out += std::string(cell.missing() ? ",yes," : ",no,") + std::to_string(cell.unverified) + "\n";
  }
  return out;
}

}  // namespace

Result<Document> document(const Library& library, const Parameters& parameters) {
  const std::string format_name = parameter(parameters, "format", "csv");
  const std::string what = parameter(parameters, "what", format_name == "svg" ? "coverage" : "standards");
  const Language language = parse_language(parameter(parameters, "lang", "en")).value_or(Language::kEnglish);
  if (format_name == "ics") {
    WEIR_TRY_LET(const auto list, due_list(library, parameters));
    return Document{"text/calendar; charset=utf-8",
                    standard::to_calendar(library.registry, list, language, library.now)};
  }
  if (format_name == "atom") {
    WEIR_TRY_LET(const auto list, event_list(library, parameters));
    return Document{"application/atom+xml", standard::to_atom(library.registry, list, language, library.now)};
  }
  if (what == "coverage") {
    WEIR_TRY_LET(const framework::Edition* edition,
                 library.framework.edition(parameter(parameters, "edition", framework::kClassifyingEdition)));
    const auto cells = framework::coverage(library.registry, library.framework, *edition);
    const std::string today = standard::format(standard::day_in_china(library.now));
    if (format_name == "svg") return Document{"image/svg+xml", framework::picture(*edition, cells, language, today)};
    if (format_name == "csv") return Document{"text/csv; charset=utf-8", coverage_csv(cells)};
  }
  if (what == "standards" && format_name == "csv")
    return Document{"text/csv; charset=utf-8", standards_csv(library.registry)};
  if (what == "standards" && format_name == "json") {
    Parameters all;
    Json items = Json::array();
    for (Index i = 0; i < library.registry.standards().size(); ++i) {
      if (!library.registry.at(i).listed) continue;
      all["number"] = library.registry.at(i).number.text();
      WEIR_TRY_LET(Json one, answer(library, "show", all));
      items.push(std::move(one));
    }
    return Document{"application/json", Json::object({{"standards", std::move(items)}}).dump() + "\n"};
  }
  return Error(Errc::kInvalidArgument, "there is no export of " + what + " as " + format_name)
      .because("standards.parameter")
      .advise("standards as csv or json, coverage as csv or svg, deadlines as ics, events as atom");
}

}  // namespace weir::standards::query
