// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/query/query.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "weir/standards/query/parts.h"

namespace weir::standards::query {

using framework::Cell;
using standard::Date;
using standard::Field;
using standard::Index;
using standard::Relation;
using wire::Json;

std::string parameter(const Parameters& parameters, const std::string& name, std::string_view otherwise) {
  const auto found = parameters.find(name);
  return found == parameters.end() || found->second.empty() ? std::string(otherwise) : found->second;
}

Json text_json(const Text& text) { return Json::object({{"en", text.en}, {"zh", text.zh}}); }

Json brief(const standard::Registry& registry, Index index) {
  const standard::Standard& it = registry.at(index);
  return Json::object({{"number", it.number.text()},
                       {"title", Json::object({{"en", registry.text(index, Field::kTitleEn)},
                                               {"zh", registry.text(index, Field::kTitleZh)}})},
                       {"status", name_of(it.status)},
                       {"published", format(it.published)},
                       {"verified", it.verified}});
}

namespace {

Error bad_parameter(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("standards.parameter");
}

Result<std::int64_t> whole(const Parameters& parameters, const std::string& name, std::int64_t otherwise,
                           std::int64_t most) {
  const std::string text = parameter(parameters, name, std::to_string(otherwise));
  const bool digits = text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const std::int64_t value = digits ? std::stoll(text) : -1;
  if (value < 0 || value > most) return bad_parameter(name + " is a number of 0 to " + std::to_string(most));
  return value;
}

Json source_json(const standard::Registry& registry, standard::SourceId id) {
  const standard::Source& source = registry.source_of(id);
  Json out = Json::object({{"name", source.name}});
  if (source.date.known()) out.set("asOf", format(source.date));
  if (!source.by.empty()) out.set("by", source.by);
  return out;
}

Json claim_json(const standard::Registry& registry, const standard::Claim& claim) {
  return Json::object({{"field", name_of(claim.field)},
                       {"value", claim.value},
                       {"trust", name_of(claim.trust)},
                       {"source", source_json(registry, claim.source)}});
}

// ── find ──

Result<Json> find(const Library& library, const Parameters& parameters) {
  standard::Query query;
  query.words = parameter(parameters, "words", "");
  query.direction = parameter(parameters, "direction", "");
  query.committee = parameter(parameters, "committee", "");
  query.kind = parameter(parameters, "kind", "");
  query.conflicts_only = parameter(parameters, "conflicts", "") == "true";
  if (const std::string status = parameter(parameters, "status", ""); !status.empty()) {
    query.status = standard::parse_status(status);
    if (!query.status) return bad_parameter("there is no status \"" + status + "\"");
  }
  WEIR_TRY_LET(const std::int64_t limit, whole(parameters, "limit", 20, 1000));
  WEIR_TRY_LET(const std::int64_t offset, whole(parameters, "offset", 0, 10'000'000));
  query.limit = static_cast<std::size_t>(limit);
  query.offset = static_cast<std::size_t>(offset);
  const standard::Found found = library.registry.search(query);
  Json items = Json::array();
  for (const Index index : found.standards) items.push(brief(library.registry, index));
  return Json::object({{"total", found.total}, {"items", std::move(items)}});
}

// ── show ──

Json links_json(const standard::Registry& registry, Index index) {
  Json out = Json::array();
  for (const Relation relation : {Relation::kReplaces, Relation::kAdopts, Relation::kCites, Relation::kCommonText}) {
    const auto put = [&](const standard::Link& link, bool from) {
      const Index other = from ? link.to : link.from;
      Json one = Json::object({{"relation", name_of(relation)},
                               {"direction", from ? "to" : "from"},
                               {"number", registry.at(other).number.text()},
                               {"status", name_of(registry.at(other).status)},
                               {"trust", name_of(link.trust)},
                               {"source", source_json(registry, link.source)}});
      if (link.degree != standard::Degree::kUnstated) one.set("degree", name_of(link.degree));
      out.push(std::move(one));
    };
    for (const auto* link : registry.links_from(index, relation)) put(*link, true);
    for (const auto* link : registry.links_to(index, relation)) put(*link, false);
  }
  return out;
}

Result<Json> show(const Library& library, const Parameters& parameters) {
  const standard::Registry& registry = library.registry;
  WEIR_TRY_LET(const Index index, registry.resolve(parameter(parameters, "number", "")));
  const standard::Standard& it = registry.at(index);
  Json out = brief(registry, index);
  out.set("kind", it.number.kind())
      .set("family", name_of(it.number.family()))
      .set("statusWords", text_json(words_for(it.status)));
  for (const auto& [field, name] : {std::pair{Field::kCommittee, "committee"},
                                    {Field::kImplemented, "implemented"},
                                    {Field::kWithdrawn, "withdrawn"},
                                    {Field::kUrl, "url"}}) {
    if (const std::string_view text = registry.text(index, field); !text.empty()) out.set(name, text);
  }
  if (const std::string_view stage = registry.text(index, Field::kStage); !stage.empty()) {
    const auto body = it.number.is_international() ? standard::Body::kIso : standard::Body::kChina;
    out.set("stage", Json::object({{"code", stage}, {"words", text_json(standard::stage_of(stage, body).words)}}));
  }
  Json directions = Json::array();
  for (const std::string_view id : registry.all(index, Field::kDirection)) {
    Json one = Json::object({{"id", id}});
    for (const framework::Edition& edition : library.framework.editions) {
      const auto* direction = edition.id == framework::kClassifyingEdition ? framework::find(edition, id) : nullptr;
      if (direction != nullptr) one.set("name", text_json(direction->name)).set("edition", edition.id);
    }
    directions.push(std::move(one));
  }
  Json claims = Json::array();
  for (const standard::Claim& claim : it.claims) claims.push(claim_json(registry, claim));
  Json conflicts = Json::array();
  for (const standard::Conflict& conflict : registry.conflicts(index)) {
    Json values = Json::array();
    for (const standard::Claim* claim : conflict.claims) values.push(claim_json(registry, *claim));
    conflicts.push(Json::object({{"field", name_of(conflict.field)}, {"values", std::move(values)}}));
  }
  for (const auto& links : registry.link_conflicts(index)) {
    Json values = Json::array();
    for (const standard::Link* link : links) {
      const std::string value = std::string(name_of(link->degree)) + " " + registry.at(link->to).number.text();
      values.push(Json::object({{"field", "adoption"},
                                {"value", value},
                                {"trust", name_of(link->trust)},
                                {"source", source_json(registry, link->source)}}));
    }
    conflicts.push(Json::object({{"field", "adoption"}, {"values", std::move(values)}}));
  }
  Json editions = Json::array();
  for (const Index other : registry.editions(it.number)) editions.push(brief(registry, other));
  const clause::Checklist* checklist = library.clauses.find(it.number.text());
  return out.set("directions", std::move(directions))
      .set("editions", std::move(editions))
      .set("links", links_json(registry, index))
      .set("conflicts", std::move(conflicts))
      .set("claims", std::move(claims))
      .set("clauses", checklist == nullptr ? 0 : checklist->clauses.size());
}

// ── tree, coverage, gap ──

Json tree_json(const framework::Direction& direction) {
  Json out = Json::object({{"id", direction.id},
                           {"name", text_json(direction.name)},
                           {"scope", text_json(direction.scope)},
                           {"directions", framework::leaves(direction)}});
  if (direction.is_leaf()) return out;
  Json children = Json::array();
  for (const framework::Direction& child : direction.children) children.push(tree_json(child));
  return out.set("children", std::move(children));
}

Json edition_json(const framework::Edition& edition) {
  return Json::object({{"id", edition.id},
                       {"name", text_json(edition.name)},
                       {"issuer", edition.issuer},
                       {"date", edition.date},
                       {"state", edition.state},
                       {"whole", edition.whole},
                       {"source", edition.source}});
}

Json figure_json(const framework::Figure& figure) {
  return Json::object({{"key", figure.key},
                       {"value", figure.value},
                       {"unit", figure.unit},
                       {"by", figure.by},
                       {"base", figure.base},
                       {"words", text_json(figure.words)},
                       {"source", figure.source},
                       {"asOf", figure.as_of}});
}

Result<Json> tree(const Library& library, const Parameters& parameters) {
  WEIR_TRY_LET(const framework::Edition* edition,
               library.framework.edition(parameter(parameters, "edition", framework::kClassifyingEdition)));
  Json parts = Json::array();
  std::size_t count = 0;
  const std::string below = parameter(parameters, "direction", "");
  if (!below.empty()) {
    const framework::Direction* only = framework::find(*edition, below);
    if (only == nullptr) return bad_parameter("edition " + edition->id + " has no direction \"" + below + "\"");
    parts.push(tree_json(*only));
    count = framework::leaves(*only);
  } else {
    for (const framework::Direction& part : edition->parts) {
      parts.push(tree_json(part));
      count += framework::leaves(part);
    }
  }
  Json figures = Json::array();
  for (const framework::Figure& figure : edition->figures) figures.push(figure_json(figure));
  Json mappings = Json::array();
  for (const framework::Mapping& mapping : library.framework.mappings) {
    if (mapping.from != edition->id && mapping.to != edition->id) continue;
    Json rows = Json::array();
    for (const framework::MapRow& row : mapping.rows) {
      rows.push(Json::object(
          {{"from", row.from}, {"to", row.to}, {"relationship", name_of(row.relationship)}, {"note", row.note}}));
    }
    mappings.push(Json::object(
        {{"from", mapping.from}, {"to", mapping.to}, {"source", mapping.source}, {"rows", std::move(rows)}}));
  }
  Json editions = Json::array();
  for (const framework::Edition& other : library.framework.editions) editions.push(edition_json(other));
  return edition_json(*edition)
      .set("direction", below)
      .set("directions", count)
      .set("parts", std::move(parts))
      .set("figures", std::move(figures))
      .set("mappings", std::move(mappings))
      .set("editions", std::move(editions));
}

Json numbers(const standard::Registry& registry, const std::vector<Index>& list) {
  Json out = Json::array();
  for (const Index index : list) out.push(registry.at(index).number.text());
  return out;
}

Json share(std::size_t part, std::size_t whole_count) {
  Json out = Json::object({{"count", part}, {"of", whole_count}});
  if (whole_count > 0)
    out.set("percent", std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole_count)) / 10.0);
  return out;
}

Result<Json> coverage(const Library& library, const Parameters& parameters) {
  WEIR_TRY_LET(const framework::Edition* edition,
               library.framework.edition(parameter(parameters, "edition", framework::kClassifyingEdition)));
  const bool rows_too = parameter(parameters, "rows", "") == "true";
  const std::vector<Cell> cells = framework::coverage(library.registry, library.framework, *edition);
  Json rows = Json::array();
  std::size_t all = 0;
  std::size_t unverified = 0;
  for (const Cell& cell : cells) {
    const std::size_t count = cell.published.size() + cell.other.size() + cell.development.size() + cell.past.size() +
                              cell.unknown.size() + cell.international.size();
    Json row = Json::object({{"id", cell.direction->id},
                             {"name", text_json(cell.direction->name)},
                             {"depth", cell.depth},
                             {"leaf", cell.direction->is_leaf()},
                             {"published", cell.published.size()},
                             {"development", cell.development.size()},
                             {"other", cell.other.size()},
                             {"past", cell.past.size()},
                             {"unknown", cell.unknown.size()},
                             {"international", cell.international.size()},
                             {"missing", cell.missing()},
                             {"unverified", share(cell.unverified, count)}});
    if (rows_too && cell.direction->is_leaf()) {
      row.set("publishedRows", numbers(library.registry, cell.published))
          .set("developmentRows", numbers(library.registry, cell.development))
          .set("internationalRows", numbers(library.registry, cell.international));
    }
    if (cell.depth == 0) {
      all += count;
      unverified += cell.unverified;
    }
    rows.push(std::move(row));
  }
  Json states = Json::array();
  for (const framework::TargetState& state : framework::targets(library.registry, library.framework, *edition)) {
    Json one = figure_json(state.figure);
    if (state.countable) one.set("counted", state.counted.size()).set("comingUp", state.development);
    if (state.countable && rows_too) one.set("countedRows", numbers(library.registry, state.counted));
    states.push(std::move(one.set("countable", state.countable)));
  }
  return Json::object({{"edition", edition_json(*edition)},
                       {"rows", std::move(rows)},
                       {"figures", std::move(states)},
                       {"unverified", share(unverified, all)}});
}

Json adoption_json(const standard::Registry& registry, const framework::Adoption& adoption) {
  return Json::object({{"national", brief(registry, adoption.national)},
                       {"international", brief(registry, adoption.international)},
                       {"degree", name_of(adoption.degree)},
                       {"trust", name_of(adoption.trust)}});
}

Result<Json> gap(const Library& library, const Parameters& parameters) {
  const standard::Registry& registry = library.registry;
  WEIR_TRY_LET(const framework::Edition* edition,
               library.framework.edition(parameter(parameters, "edition", framework::kClassifyingEdition)));
  const std::string direction = parameter(parameters, "direction", "");
  Json missing = Json::array();
  for (const Cell& cell : framework::coverage(registry, library.framework, *edition)) {
    const bool below = direction.empty() || cell.direction->id.starts_with(direction);
    if (!cell.direction->is_leaf() || !cell.missing() || !below) continue;
    Json candidates = Json::array();
    for (const Index index : cell.international) candidates.push(brief(registry, index));
    missing.push(Json::object({{"id", cell.direction->id},
                               {"name", text_json(cell.direction->name)},
                               {"candidates", std::move(candidates)}}));
  }
  const framework::AdoptionReport report = framework::adoption_report(registry, direction);
  Json drift = Json::array();
  for (const framework::Drift& one : report.drift)
    drift.push(adoption_json(registry, one.adoption).set("newer", numbers(registry, one.newer)));
  const auto left = [&](const std::vector<Index>& from, const std::vector<Index>& without) {
    const std::unordered_set<Index> gone(without.begin(), without.end());
    Json out = Json::array();
    for (const Index index : from) {
      if (!gone.contains(index)) out.push(registry.at(index).number.text());
    }
    return out;
  };
  Json not_counted = Json::array();
  for (const framework::Adoption& adoption : report.not_counted) not_counted.push(adoption_json(registry, adoption));
  return Json::object(
      {{"edition", edition_json(*edition)},
       {"missing", std::move(missing)},
       {"adoption", Json::object({{"nationalAdopting", share(report.adopting.size(), report.national.size())},
                                  {"internationalAdopted", share(report.adopted.size(), report.international.size())},
                                  {"unverified", report.unverified},
                                  {"notCounted", std::move(not_counted)}})},
       {"withoutCounterpart", Json::object({{"international", left(report.international, report.adopted)},
                                            {"national", left(report.national, report.adopting)}})},
       {"drift", std::move(drift)}});
}

// ── timeline, due, diff ──

Result<std::vector<Index>> chosen(const Library& library, const Parameters& parameters) {
  if (const std::string number = parameter(parameters, "number", ""); !number.empty()) {
    WEIR_TRY_LET(const Index index, library.registry.resolve(number));
    return library.registry.editions(library.registry.at(index).number);
  }
  standard::Query query;
  query.direction = parameter(parameters, "direction", "");
  query.committee = parameter(parameters, "committee", "");
  query.kind = parameter(parameters, "kind", "");
  query.words = parameter(parameters, "words", "");
  query.limit = library.registry.standards().size();
  query.by_number = false;
  return library.registry.search(query).standards;
}

Result<Json> timeline(const Library& library, const Parameters& parameters) {
  WEIR_TRY_LET(const std::vector<Index> list, chosen(library, parameters));
  WEIR_TRY_LET(const std::int64_t limit, whole(parameters, "limit", 30, 1000));
  WEIR_TRY_LET(const Date first, standard::parse_date(parameter(parameters, "from", "1850")));
  WEIR_TRY_LET(const Date last, standard::parse_date(parameter(parameters, "until", "2199")));
  Json events = Json::array();
  for (const standard::Event& event : standard::timeline(library.registry, list)) {
    if (events.size() == static_cast<std::size_t>(limit)) break;
    if (standard::last_day(event.day) < first_day(first) || standard::first_day(event.day) > last_day(last)) continue;
    events.push(Json::object({{"day", format(event.day)},
                              {"what", event.what},
                              {"value", event.value},
                              {"words", text_json(words_for(event))},
                              {"standard", brief(library.registry, event.standard)}}));
  }
  Json years = Json::array();
  for (const framework::TrendYear& year : framework::trend(library.registry, list)) {
    years.push(Json::object({{"year", year.year},
                             {"published", year.published},
                             {"stillInForce", year.still_in_force},
                             {"cumulativeInForce", year.cumulative}}));
  }
  return Json::object({{"standards", list.size()}, {"years", std::move(years)}, {"events", std::move(events)}});
}

Result<Json> due(const Library& library, const Parameters& parameters) {
  WEIR_TRY_LET(const std::vector<standard::Deadline> list, due_list(library, parameters));
  WEIR_TRY_LET(const std::int64_t limit, whole(parameters, "limit", 100, 10'000));
  Json items = Json::array();
  for (const standard::Deadline& deadline : list) {
    if (items.size() == static_cast<std::size_t>(limit)) break;
    const auto rule =
        std::ranges::find_if(standard::rules(), [&](const standard::Rule& one) { return one.id == deadline.rule; });
    items.push(Json::object({{"due", format(deadline.due)},
                             {"rule", deadline.rule},
                             {"words", text_json(rule->words)},
                             {"standard", brief(library.registry, deadline.standard)},
                             {"from", format(deadline.from)},
                             {"stated", deadline.stated},
                             {"rough", deadline.rough},
                             {"overdue", deadline.overdue},
                             {"note", text_json(deadline.note)},
                             {"ruleSource", rule->source}}));
  }
  return Json::object(
      {{"today", format(standard::day_in_china(library.now))}, {"total", list.size()}, {"items", std::move(items)}});
}

Result<Json> difference(const Library& library, const Parameters& parameters) {
  const auto list = [&](const std::string& name) -> Result<const clause::Checklist*> {
    const std::string document = parameter(parameters, name, "");
    if (const clause::Checklist* found = library.clauses.find(document)) return found;
    return Error(Errc::kNotFound, "there is no list of clauses of \"" + document + "\"")
        .because("checklist.unknown")
        .advise("Give a file, or a document that has one.");
  };
  WEIR_TRY_LET(const clause::Checklist* from, list("from"));
  WEIR_TRY_LET(const clause::Checklist* to, list("to"));
  return diff(*from, *to, library.clauses);
}

}  // namespace

Result<std::vector<standard::Deadline>> due_list(const Library& library, const Parameters& parameters) {
  const Date today = standard::day_in_china(library.now);
  WEIR_TRY_LET(const Date from, standard::parse_date(parameter(parameters, "from", format(today))));
  const Date next_month = standard::add_months({today.year, today.month, 1}, 1);
  WEIR_TRY_LET(const Date until, standard::parse_date(parameter(parameters, "until",
                                                                format(Date{next_month.year, next_month.month, 0}))));
  const bool overdue = parameter(parameters, "overdue", "") == "true";
  std::vector<standard::Deadline> list =
      standard::deadlines(library.registry, today, first_day(from), last_day(until), overdue);
  WEIR_TRY_LET(std::vector<Index> wanted, chosen(library, parameters));
  std::ranges::sort(wanted);
  std::erase_if(
      list, [&](const standard::Deadline& deadline) { return !std::ranges::binary_search(wanted, deadline.standard); });
  return list;
}

Result<std::vector<standard::Event>> event_list(const Library& library, const Parameters& parameters) {
  WEIR_TRY_LET(const std::vector<Index> list, chosen(library, parameters));
  std::vector<standard::Event> events = standard::timeline(library.registry, list);
  if (events.size() > 200) events.resize(200);
  return events;
}

Result<Json> answer(const Library& library, std::string_view question, const Parameters& parameters) {
  if (question == "find") return find(library, parameters);
  if (question == "show") return show(library, parameters);
  if (question == "tree") return tree(library, parameters);
  if (question == "coverage") return coverage(library, parameters);
  if (question == "gap") return gap(library, parameters);
  if (question == "timeline") return timeline(library, parameters);
  if (question == "due") return due(library, parameters);
  if (question == "diff") return difference(library, parameters);
  return Error(Errc::kNotFound, "there is no question \"" + std::string(question) + "\" about standards")
      .because("standards.question");
}

}  // namespace weir::standards::query
