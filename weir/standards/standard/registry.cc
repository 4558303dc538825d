// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/registry.h"

#include <algorithm>
#include <map>

#include "weir/standards/standard/life_cycle.h"

namespace weir::standards::standard {

namespace {

// What two sources must agree in: spaces, dashes and the width of signs do not matter.
std::string essence(Field field, std::string_view value) {
  if (field != Field::kTitleZh && field != Field::kTitleEn) return std::string(value);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string_view rest = value.substr(i);
    bool skipped = false;
    for (const std::string_view sign : {"　", "—", "–", "－", "：", "，", "、", "（", "）"}) {
      if (!rest.starts_with(sign)) continue;
      i += sign.size() - 1;
      skipped = true;
    }
    const char c = value[i];
    if (skipped || c == ' ' || c == '-' || c == ':' || c == ',' || c == '(' || c == ')' || c == '.') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

bool is_below(std::string_view direction, std::string_view of) {
  return direction.starts_with(of) && (direction.size() == of.size() || direction[of.size()] == '.');
}

}  // namespace

SourceId Registry::source(const Source& source) {
  const std::string key = source.name + '\n' + format(source.date) + '\n' + source.by;
  const auto [found, fresh] = by_source_.try_emplace(key, static_cast<SourceId>(sources_.size()));
  if (fresh) sources_.push_back(source);
  return found->second;
}

Index Registry::intern(const StandardNumber& number) {
  const auto [found, fresh] = by_number_.try_emplace(number.text(), static_cast<Index>(standards_.size()));
  if (!fresh) return found->second;
  standards_.push_back({.number = number});
  standards_.back().words = to_lower_ascii(number.text());
  by_work_[number.undated()].push_back(found->second);
  return found->second;
}

bool Registry::add(Index standard, Claim claim) {
  Standard& it = standards_[standard];
  for (const Claim& known : it.claims) {
    if (known.field == claim.field && known.source == claim.source && known.value == claim.value) return false;
  }
  it.claims.push_back(std::move(claim));
  return true;
}

// The way from `from` to `to` along what replaces what, as "a > b > c"; empty if there is none.
std::string Registry::cycle(Index from, Index to) const {
  std::unordered_map<Index, Index> came_from{{from, from}};
  std::vector<Index> open{from};
  while (!open.empty()) {
    const Index here = open.back();
    open.pop_back();
    if (here == to) {
      std::string way = at(to).number.text();
      for (Index step = to; step != from; step = came_from[step]) way = at(came_from[step]).number.text() + " > " + way;
      return way;
    }
    for (const Link* link : links_from(here, Relation::kReplaces)) {
      if (came_from.try_emplace(link->to, here).second) open.push_back(link->to);
    }
  }
  return {};
}

Result<bool> Registry::add(const Link& link) {
  if (link.from == link.to) {
    return Error(Errc::kConflict, at(link.from).number.text() + " cannot refer to itself").because("standard.itself");
  }
  for (const std::uint32_t id : standards_[link.from].links) {
    const Link& known = links_[id];
    const bool same = known.from == link.from && known.to == link.to && known.relation == link.relation;
    const bool says_no_more = known.degree == link.degree || link.degree == Degree::kUnstated;
    if (same && says_no_more && (known.source == link.source || link.trust <= known.trust)) return false;
  }
  if (link.relation == Relation::kReplaces) {
    if (const std::string way = cycle(link.to, link.from); !way.empty()) {
      return Error(Errc::kConflict,
                   at(link.from).number.text() + " would replace itself: " + at(link.from).number.text() + " > " + way)
          .because("standard.cycle");
    }
  }
  const auto id = static_cast<std::uint32_t>(links_.size());
  links_.push_back(link);
  standards_[link.from].links.push_back(id);
  standards_[link.to].links.push_back(id);
  return true;
}

void Registry::settle() {
  for (Index i = 0; i < standards_.size(); ++i) settle(i);
}

void Registry::settle(Index standard) {
  Standard& it = standards_[standard];
  const Claim* status = best(standard, Field::kStatus);
  const Claim* title = best(standard, Field::kTitleZh);
  if (title == nullptr) title = best(standard, Field::kTitleEn);
  it.status = status == nullptr ? Status::kUnknown : parse_status(status->value).value_or(Status::kUnknown);
  if (status == nullptr) {  // a register that gives only the stage's code
    const Claim* stage = best(standard, Field::kStage);
    const Body body = it.number.is_international() ? Body::kIso : Body::kChina;
    if (stage != nullptr) it.status = status_of_stage(stage->value, body).value_or(Status::kUnknown);
    status = stage;
  }
  it.published = date(standard, Field::kPublished);
  const bool project = it.number.family() == Family::kPlan || it.number.family() == Family::kPlaceholder;
  if (!it.published.known() && phase_of(it.status) != Phase::kDevelopment && !project)
    it.published = {it.number.year(), 0, 0};
  it.verified =
      status != nullptr && status->trust == Trust::kSourced && (title == nullptr || title->trust == Trust::kSourced);
  it.words = to_lower_ascii(it.number.text());
  for (const Claim& claim : it.claims) {
    if (claim.field != Field::kTitleZh && claim.field != Field::kTitleEn && claim.field != Field::kCommittee) continue;
    it.words += '\n';
    it.words += to_lower_ascii(claim.value);
  }
}

std::size_t Registry::listed() const {
  return static_cast<std::size_t>(std::ranges::count_if(standards_, [](const Standard& it) { return it.listed; }));
}

std::optional<Index> Registry::find(const StandardNumber& number) const {
  const auto found = by_number_.find(number.text());
  if (found == by_number_.end()) return std::nullopt;
  return found->second;
}

std::vector<Index> Registry::editions(const StandardNumber& number) const {
  const auto found = by_work_.find(number.undated());
  if (found == by_work_.end()) return {};
  std::vector<Index> out = found->second;
  std::ranges::sort(out, [&](Index a, Index b) { return before(at(a).number, at(b).number); });
  return out;
}

Result<Index> Registry::resolve(std::string_view text) const {
  WEIR_TRY_LET(const StandardNumber number, StandardNumber::parse(text));
  if (const auto exact = find(number); exact && (at(*exact).listed || number.year() != 0)) return *exact;
  const std::vector<Index> all = editions(number);
  if (number.year() == 0) {
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
      if (phase_of(at(*it).status) == Phase::kPublished) return *it;
    }
    if (!all.empty()) return all.back();
  }
  std::string alike;
  for (const Index other : all) alike += (alike.empty() ? "" : ", ") + at(other).number.text();
  return Error(Errc::kNotFound, number.text() + " is not in this register")
      .because("standard.unknown")
      .advise(alike.empty() ? "Search by words: weir standards find WORDS" : "There are other editions: " + alike);
}

Found Registry::search(const Query& query) const {
  std::vector<std::string> words;
  for (const std::string& word : split(to_lower_ascii(trim(query.words)), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  // A number as people write it is looked for as it is kept.
  const auto number = StandardNumber::parse(query.words);
  if (number) words = {to_lower_ascii(number->year() == 0 ? number->undated() : number->text())};
  std::vector<Index> hits;
  for (Index i = 0; i < standards_.size(); ++i) {
    const Standard& it = standards_[i];
    if (!it.listed || (query.status && it.status != *query.status) ||
        (query.phase && phase_of(it.status) != *query.phase))
      continue;
    if (!query.kind.empty() && it.number.kind() != query.kind) continue;
    if (!std::ranges::all_of(words, [&](const std::string& word) { return it.words.find(word) != std::string::npos; }))
      continue;
    if (!query.committee.empty() && !text(i, Field::kCommittee).starts_with(query.committee)) continue;
    if (!query.direction.empty() && std::ranges::none_of(all(i, Field::kDirection), [&](std::string_view one) {
          return is_below(one, query.direction);
        })) {
      continue;
    }
    if (query.conflicts_only && conflicts(i).empty() && link_conflicts(i).empty()) continue;
    hits.push_back(i);
  }
  const auto rank = [&](Index i) { return phase_of(at(i).status) == Phase::kPast ? 1 : 0; };
  if (query.by_number) {
    std::ranges::sort(hits, [&](Index a, Index b) {
      if (rank(a) != rank(b)) return rank(a) < rank(b);
      return before(at(a).number, at(b).number);
    });
  }
  Found found{.standards = {}, .total = hits.size()};
  for (std::size_t i = query.offset; i < hits.size() && found.standards.size() < query.limit; ++i) {
    found.standards.push_back(hits[i]);
  }
  return found;
}

const Claim* Registry::best(Index standard, Field field) const {
  const Claim* found = nullptr;
  for (const Claim& claim : standards_[standard].claims) {
    if (claim.field != field) continue;
    const bool better = found == nullptr || claim.trust > found->trust ||
                        (claim.trust == found->trust && source_of(claim.source).date >= source_of(found->source).date);
    if (better) found = &claim;
  }
  return found;
}

std::string_view Registry::text(Index standard, Field field) const {
  const Claim* claim = best(standard, field);
  return claim == nullptr ? std::string_view() : claim->value;
}

std::vector<std::string_view> Registry::all(Index standard, Field field) const {
  std::vector<std::string_view> out;
  for (const Claim& claim : standards_[standard].claims) {
    if (claim.field == field && std::ranges::find(out, claim.value) == out.end()) out.push_back(claim.value);
  }
  return out;
}

Date Registry::date(Index standard, Field field) const {
  const auto date = parse_date(text(standard, field));
  return date ? *date : Date();
}

std::vector<Conflict> Registry::conflicts(Index standard) const {
  std::vector<Conflict> out;
  for (int i = 0; i < kFieldCount; ++i) {
    const auto field = static_cast<Field>(i);
    if (is_many(field) || field == Field::kUrl) continue;
    // The last word of each source; a status of another day is history, not a contradiction.
    std::map<std::string, const Claim*> last;
    for (const Claim& claim : standards_[standard].claims) {
      if (claim.field == field) last[source_of(claim.source).name] = &claim;
    }
    Conflict conflict{.field = field, .claims = {}};
    std::vector<std::string> seen;
    Date newest;
    for (const auto& [name, claim] : last) newest = std::max(newest, source_of(claim->source).date);
    for (const auto& [name, claim] : last) {
      const Date& day = source_of(claim->source).date;
      const bool changes = field == Field::kStatus || field == Field::kStage;
      if (changes && day.known() && day < newest) continue;
      const std::string value = essence(field, claim->value);
      // "2024" and "2024-03" say less than "2024-03-15", not something else.
      const bool said = std::ranges::any_of(seen, [&](const std::string& other) {
        const bool dates = field == Field::kPublished || field == Field::kImplemented || field == Field::kWithdrawn;
        return other == value || (dates && (other.starts_with(value) || value.starts_with(other)));
      });
      if (said) continue;
      seen.push_back(value);
      conflict.claims.push_back(claim);
    }
    if (conflict.claims.size() > 1) out.push_back(std::move(conflict));
  }
  return out;
}

std::vector<std::vector<const Link*>> Registry::link_conflicts(Index standard) const {
  std::map<Index, std::vector<const Link*>> of;
  for (const Link* link : links_from(standard, Relation::kAdopts)) {
    std::vector<const Link*>& said = of[link->to];
    const bool known = std::ranges::any_of(said, [&](const Link* other) { return other->degree == link->degree; });
    if (link->degree != Degree::kUnstated && !known) said.push_back(link);
  }
  std::vector<std::vector<const Link*>> out;
  for (auto& [to, said] : of) {
    if (said.size() > 1) out.push_back(std::move(said));
  }
  return out;
}

std::vector<const Link*> Registry::links_from(Index standard, Relation relation) const {
  std::vector<const Link*> out;
  for (const std::uint32_t id : standards_[standard].links) {
    if (links_[id].from == standard && links_[id].relation == relation) out.push_back(&links_[id]);
  }
  return out;
}

std::vector<const Link*> Registry::links_to(Index standard, Relation relation) const {
  std::vector<const Link*> out;
  for (const std::uint32_t id : standards_[standard].links) {
    if (links_[id].to == standard && links_[id].relation == relation) out.push_back(&links_[id]);
  }
  return out;
}

std::string_view Registry::title(Index standard, Language language) const {
  const bool chinese = language == Language::kChinese;
  const std::string_view first = text(standard, chinese ? Field::kTitleZh : Field::kTitleEn);
  return first.empty() ? text(standard, chinese ? Field::kTitleEn : Field::kTitleZh) : first;
}

}  // namespace weir::standards::standard
