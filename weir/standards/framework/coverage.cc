// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/framework/coverage.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace weir::standards::framework {

namespace {

using standard::Degree;
using standard::Field;
using standard::Link;
using standard::Phase;
using standard::Relation;
using standard::Standard;

// Where a standard stands in this edition: its own directions, or what they are mapped to; of a committee, its group.
std::vector<std::string> places_of(const Registry& registry, Index index, const Mapping* mapping,
                                   const Edition& edition) {
  std::vector<std::string> out;
  if (edition.scheme == "committee") {
    const std::string committee(registry.text(index, Field::kCommittee));
    const std::size_t at = committee.rfind('/');
    if (!committee.starts_with("SAC/TC260")) return out;
    const std::string group = at == std::string::npos ? "" : committee.substr(at + 1);
    out.push_back(find(edition, group) != nullptr ? group : "TC260");
    return out;
  }
  for (const std::string_view direction : registry.all(index, Field::kDirection)) {
    if (mapping == nullptr) {
      if (find(edition, direction) != nullptr) out.emplace_back(direction);
      continue;
    }
    for (const MapRow& row : mapping->rows) {
      const bool inside = row.relationship == Relationship::kEqual || row.relationship == Relationship::kSubset;
      if (row.from == direction && inside) out.push_back(row.to);
    }
  }
  return out;
}

void put(const Registry& registry, Index index, Cell& cell) {
  const Standard& it = registry.at(index);
  const Phase phase = phase_of(it.status);
  if (it.number.is_international()) {
    if (phase != Phase::kPublished) return;
    cell.international.push_back(index);
  } else if (phase == Phase::kPublished) {
    const standard::Family family = it.number.family();
    const bool other = family == standard::Family::kGroup || family == standard::Family::kLocal ||
                       family == standard::Family::kEnterprise;
    (other ? cell.other : cell.published).push_back(index);
  } else if (phase == Phase::kDevelopment) {
    cell.development.push_back(index);
  } else {
    (phase == Phase::kPast ? cell.past : cell.unknown).push_back(index);
  }
  if (!it.verified) ++cell.unverified;
}

void lay_out(const Direction& direction, int depth, std::vector<Cell>& out) {
  out.push_back({.direction = &direction,
                 .depth = depth,
                 .published = {},
                 .other = {},
                 .development = {},
                 .past = {},
                 .unknown = {},
                 .international = {}});
  for (const Direction& child : direction.children) lay_out(child, depth + 1, out);
}

bool is_classified_by(const Framework& framework, const Edition& edition) {
  return edition.id == kClassifyingEdition || edition.scheme != "cloud" ||
         framework.mapping(kClassifyingEdition, edition.id) == nullptr;
}

}  // namespace

std::vector<Cell> coverage(const Registry& registry, const Framework& framework, const Edition& edition) {
  std::vector<Cell> cells;
  for (const Direction& part : edition.parts) lay_out(part, 0, cells);
  // A direction counts in itself and in every group above it.
  std::unordered_map<std::string, std::vector<std::size_t>> into;
  std::vector<std::size_t> above;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    above.resize(static_cast<std::size_t>(cells[i].depth));
    above.push_back(i);
    into[cells[i].direction->id] = above;
  }
  const Mapping* mapping =
      is_classified_by(framework, edition) ? nullptr : framework.mapping(kClassifyingEdition, edition.id);
  for (Index index = 0; index < registry.standards().size(); ++index) {
    if (!registry.at(index).listed) continue;
    std::vector<std::size_t> touched;
    for (const std::string& place : places_of(registry, index, mapping, edition)) {
      const auto found = into.find(place);
      if (found != into.end()) touched.insert(touched.end(), found->second.begin(), found->second.end());
    }
    std::ranges::sort(touched);
    const auto repeated = std::ranges::unique(touched);
    touched.erase(repeated.begin(), repeated.end());
    for (const std::size_t cell : touched) put(registry, index, cells[cell]);
  }
  return cells;
}

std::vector<TargetState> targets(const Registry& registry, const Framework& framework, const Edition& edition) {
  const std::vector<Cell> cells = coverage(registry, framework, edition);
  std::vector<Index> all;
  std::vector<Index> coming;
  for (const Cell& cell : cells) {
    if (cell.depth != 0) continue;
    std::ranges::copy_if(cell.published, std::back_inserter(all), [&](Index index) {
      const standard::Family family = registry.at(index).number.family();
      return family == standard::Family::kNational || family == standard::Family::kIndustry;
    });
    coming.insert(coming.end(), cell.development.begin(), cell.development.end());
  }
  for (std::vector<Index>* list : {&all, &coming}) {
    std::ranges::sort(*list);
    const auto repeated = std::ranges::unique(*list);
    list->erase(repeated.begin(), repeated.end());
  }
  const auto since = standard::parse_date(edition.since);
  std::vector<TargetState> out;
  for (const Figure& figure : edition.figures) {
    TargetState state{.figure = figure,
                      .countable = figure.base == "total" || figure.base == "new" || figure.key == "published" ||
                                   figure.key == "development",
                      .counted = {}};
    if (figure.base == "total" || figure.key == "published") state.counted = all;
    if (figure.key == "development") state.counted = coming;
    if (figure.base == "new" && since) {
      for (const Index index : all) {
        const standard::Date& day = registry.at(index).published;
        if (day.known() && first_day(day) >= *since) state.counted.push_back(index);
      }
    }
    state.development = state.countable ? static_cast<std::int64_t>(coming.size()) : 0;
    out.push_back(std::move(state));
  }
  return out;
}

std::vector<Adoption> adoptions(const Registry& registry) {
  std::vector<Adoption> all;
  for (const Link& link : registry.links()) {
    if (link.relation == Relation::kAdopts) all.push_back({link.from, link.to, link.degree, link.trust});
  }
  std::ranges::stable_sort(all, [](const Adoption& a, const Adoption& b) {
    return std::pair(a.national, a.international) < std::pair(b.national, b.international);
  });
  std::vector<Adoption> out;
  for (const Adoption& said : all) {
    const bool known = !out.empty() && out.back().national == said.national &&
                       out.back().international == said.international;
    if (!known) {
      out.push_back(said);
      continue;
    }
    const bool says_more = out.back().degree == Degree::kUnstated && said.degree != Degree::kUnstated;
    if (says_more || (said.degree != Degree::kUnstated && said.trust > out.back().trust)) out.back() = said;
  }
  return out;
}

AdoptionReport adoption_report(const Registry& registry, std::string_view direction) {
  AdoptionReport out;
  const auto concerned = [&](Index index) {
    if (direction.empty()) return true;
    return std::ranges::any_of(registry.all(index, Field::kDirection), [&](std::string_view one) {
      return one.starts_with(direction) && (one.size() == direction.size() || one[direction.size()] == '.');
    });
  };
  for (Index index = 0; index < registry.standards().size(); ++index) {
    const Standard& it = registry.at(index);
    if (!it.listed || phase_of(it.status) != Phase::kPublished || !concerned(index)) continue;
    const bool national = it.number.family() == standard::Family::kNational;
    if (it.number.is_international()) out.international.push_back(index);
    if (national) out.national.push_back(index);
  }
  const auto once = [](std::vector<Index>& list, Index index) {
    if (std::ranges::find(list, index) == list.end()) list.push_back(index);
  };
  const std::unordered_set<Index> national(out.national.begin(), out.national.end());
  std::unordered_set<Index> adopting;
  std::unordered_set<Index> adopted_once;
  for (const Adoption& adoption : adoptions(registry)) {
    if (phase_of(registry.at(adoption.national).status) != Phase::kPublished) continue;
    if (!concerned(adoption.national) && !concerned(adoption.international)) continue;
    if (!counts(adoption.degree)) {
      out.not_counted.push_back(adoption);
      continue;
    }
    if (national.contains(adoption.national)) {
      if (adopting.insert(adoption.national).second) out.adopting.push_back(adoption.national);
      if (adoption.trust == standard::Trust::kUnverified) ++out.unverified;
    }
    const Standard& adopted = registry.at(adoption.international);
    if (phase_of(adopted.status) == Phase::kPublished && adopted_once.insert(adoption.international).second)
      out.adopted.push_back(adoption.international);
    if (phase_of(adopted.status) != Phase::kPast) continue;
    Drift drift{.adoption = adoption, .newer = {}};
    for (const Index edition : registry.editions(adopted.number)) {
      const bool newer =
          registry.at(edition).number.year() > adopted.number.year() && registry.at(edition).number.draft().empty();
      if (newer && registry.at(edition).listed) drift.newer.insert(drift.newer.begin(), edition);
    }
    for (const Link* link : registry.links_to(adoption.international, Relation::kReplaces))
      once(drift.newer, link->from);
    out.drift.push_back(std::move(drift));
  }
  return out;
}

std::vector<TrendYear> trend(const Registry& registry, const std::vector<Index>& standards) {
  std::map<int, TrendYear> years;
  for (const Index index : standards) {
    const Standard& it = registry.at(index);
    const Phase phase = phase_of(it.status);
    if (!it.published.known() || phase == Phase::kDevelopment) continue;
    TrendYear& year = years[it.published.year];
    ++year.published;
    if (phase == Phase::kPublished) ++year.still_in_force;
  }
  std::vector<TrendYear> out;
  std::int64_t cumulative = 0;
  for (auto& [number, year] : years) {
    cumulative += year.still_in_force;
    out.push_back({number, year.published, year.still_in_force, cumulative});
  }
  return out;
}

}  // namespace weir::standards::framework
