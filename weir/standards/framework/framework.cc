// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/framework/framework.h"

#include <array>
#include <set>
#include <span>

#include "weir/base/check.h"
#include "weir/wire/json.h"

namespace weir::standards::framework {

std::span<const std::string_view> embedded_framework();  // data/framework.json, made by the build

namespace {

using wire::Json;

constexpr std::array<std::string_view, 4> kRelationships = {"equal-to", "subset-of", "intersects-with",
                                                            "no-relationship"};
constexpr int kDepthMax = 8;

Error bad(std::string message) { return Error(Errc::kInvalidArgument, std::move(message)).because("framework.bad"); }

const Json::Array& items_of(const Json& json) {
  static const Json::Array none;
  return json.is_array() ? json.items() : none;
}

Result<Direction> read_direction(const Json& json, std::set<std::string>& seen, int depth) {
  Direction out;
  WEIR_TRY_LET(out.id, json.text("id"));
  out.name = {json.text_or("en", ""), json.text_or("zh", "")};
  out.scope = {json.text_or("scope", ""), json.text_or("scopeZh", "")};
  if (depth > kDepthMax) return bad("the tree is too deep at " + out.id);
  if (!seen.insert(out.id).second) return bad("direction " + out.id + " is there twice");
  for (const Json& child : items_of(json["children"])) {
    WEIR_TRY_LET(Direction direction, read_direction(child, seen, depth + 1));
    out.children.push_back(std::move(direction));
  }
  const auto stated = static_cast<std::size_t>(json.integer_or("statedDirections", 0));
  if (stated != 0 && stated != leaves(out))
    return bad("part " + out.id + " has another number of directions than its text states");
  return out;
}

Figure read_figure(const Json& json) {
  return {.key = json.text_or("key", ""),
          .value = json.integer_or("value", 0),
          .unit = json.text_or("unit", ""),
          .by = static_cast<int>(json.integer_or("by", 0)),
          .base = json.text_or("base", ""),
          .source = json.text_or("source", ""),
          .as_of = json.text_or("asOf", ""),
          .words = {json.text_or("en", ""), json.text_or("zh", "")}};
}

Result<Edition> read_edition(const Json& json) {
  Edition out;
  WEIR_TRY_LET(out.id, json.text("id"));
  out.name = {json.text_or("en", ""), json.text_or("zh", "")};
  out.issuer = json.text_or("issuer", "");
  out.date = json.text_or("date", "");
  out.state = json.text_or("state", "");
  out.scheme = json.text_or("scheme", "");
  out.source = json.text_or("source", "");
  out.since = json.text_or("since", "");
  out.whole = json.boolean_or("whole", false);
  for (const Json& figure : items_of(json["figures"])) out.figures.push_back(read_figure(figure));
  std::set<std::string> seen;
  for (const Json& part : items_of(json["parts"])) {
    WEIR_TRY_LET(Direction direction, read_direction(part, seen, 0));
    out.parts.push_back(std::move(direction));
  }
  return out;
}

Result<Mapping> read_mapping(const Json& json, const Framework& framework) {
  Mapping out{
      .from = json.text_or("from", ""), .to = json.text_or("to", ""), .source = json.text_or("source", ""), .rows = {}};
  WEIR_TRY_LET(const Edition* from, framework.edition(out.from));
  WEIR_TRY_LET(const Edition* to, framework.edition(out.to));
  for (const Json& item : items_of(json["rows"])) {
    MapRow row{.from = item.text_or("from", ""),
               .to = item.text_or("to", ""),
               .relationship = Relationship::kNone,
               .note = item.text_or("note", "")};
    bool known = false;
    for (std::size_t i = 0; i < kRelationships.size(); ++i) {
      if (kRelationships[i] != item.text_or("relationship", "")) continue;
      row.relationship = static_cast<Relationship>(i);
      known = true;
    }
    const bool there =
        find(*from, row.from) != nullptr && (row.relationship == Relationship::kNone || find(*to, row.to) != nullptr);
    if (!known || !there)
      return bad("mapping " + out.from + " to " + out.to + ": row " + row.from + " names what is not there");
    out.rows.push_back(std::move(row));
  }
  return out;
}

const Direction* find_in(const std::vector<Direction>& directions, std::string_view id) {
  for (const Direction& direction : directions) {
    if (direction.id == id) return &direction;
    if (const Direction* found = find_in(direction.children, id)) return found;
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(Relationship relationship) { return kRelationships[static_cast<std::size_t>(relationship)]; }

Result<const Edition*> Framework::edition(std::string_view id) const {
  std::string known;
  for (const Edition& edition : editions) {
    if (edition.id == id) return &edition;
    known += (known.empty() ? "" : ", ") + edition.id;
  }
  return Error(Errc::kNotFound, "there is no edition \"" + std::string(id) + "\" of a framework")
      .because("framework.unknown_edition")
      .advise("Editions: " + known);
}

const Mapping* Framework::mapping(std::string_view from, std::string_view to) const {
  for (const Mapping& mapping : mappings) {
    if (mapping.from == from && mapping.to == to) return &mapping;
  }
  return nullptr;
}

bool Framework::knows(std::string_view direction) const {
  for (const Edition& edition : editions) {
    if (find(edition, direction) != nullptr) return true;
  }
  return false;
}

Result<Framework> parse_framework(std::string_view text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text));
  Framework out;
  for (const Json& item : items_of(json["editions"])) {
    WEIR_TRY_LET(Edition edition, read_edition(item));
    out.editions.push_back(std::move(edition));
  }
  for (const Json& item : items_of(json["mappings"])) {
    WEIR_TRY_LET(Mapping mapping, read_mapping(item, out));
    out.mappings.push_back(std::move(mapping));
  }
  return out;
}

const Framework& shipped() {
  static const Framework framework = [] {
    auto parsed = parse_framework(embedded_framework()[0]);
    WEIR_CHECK(parsed.ok());
    return *std::move(parsed);
  }();
  return framework;
}

const Direction* find(const Edition& edition, std::string_view id) { return find_in(edition.parts, id); }

std::size_t leaves(const Direction& direction) {
  if (direction.is_leaf()) return 1;
  std::size_t count = 0;
  for (const Direction& child : direction.children) count += leaves(child);
  return count;
}

void collect_leaves(const Direction& direction, std::vector<const Direction*>& out) {
  if (direction.is_leaf()) out.push_back(&direction);
  for (const Direction& child : direction.children) collect_leaves(child, out);
}

}  // namespace weir::standards::framework
