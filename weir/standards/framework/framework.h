// Framework: editions of a standards framework, side by side: parts, groups, directions, targets with their base,
// mappings.
//
// Data: data/framework.json, compiled in; format: docs/formats/standards-framework.md. Thread-safety: read-only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::standards::framework {

struct Direction {
  std::string id;  // "02.1.1"
  Text name;
  Text scope;      // in our own words
  std::vector<Direction> children;
  bool is_leaf() const { return children.empty(); }
};

// A number that a source gives, with what it is counted from.
struct Figure {
  std::string key;  // "standards", "new-standards", "enterprises", "published" …
  std::int64_t value = 0;
  std::string unit;
  int by = 0;  // year; 0: it is no target but a fact of its date
  std::string
      base;  // "total": all in force; "new": published since the edition's date; "stated": the source's own count
  std::string source;
  std::string as_of;
  Text words;
};

struct Edition {
  std::string id;  // "cloud-draft"
  Text name;
  std::string issuer;
  std::string date;    // "" if the text has none
  std::string state;   // "draft", "in force"
  std::string scheme;  // what standards' directions are written in: "cloud", "committee", "ndi"
  std::string source;
  std::string since;   // from when "new" counts
  bool whole = false;  // whether its tree is known to the last direction
  std::vector<Figure> figures;
  std::vector<Direction> parts;
};

enum class Relationship : std::uint8_t { kEqual, kSubset, kIntersects, kNone };
std::string_view name_of(Relationship relationship);  // OSCAL's words: "equal-to", "subset-of" …

struct MapRow {
  std::string from;
  std::string to;
  Relationship relationship = Relationship::kNone;
  std::string note;
};
struct Mapping {
  std::string from;  // edition
  std::string to;
  std::string source;
  std::vector<MapRow> rows;
};

struct Framework {
  std::vector<Edition> editions;
  std::vector<Mapping> mappings;

  // Fails with kNotFound ("framework.unknown_edition"); the advice names those there are.
  Result<const Edition*> edition(std::string_view id) const;
  // null: none, or the edition's own directions are what standards are classified by.
  const Mapping* mapping(std::string_view from, std::string_view to) const;
  // Whether any edition has this direction.
  bool knows(std::string_view direction) const;
};

// The edition that standards are classified by.
inline constexpr std::string_view kClassifyingEdition = "cloud-draft";

// Fails with kInvalidArgument ("framework.bad"): a repeated direction, a mapping of what is not there, wrong counts.
Result<Framework> parse_framework(std::string_view json);
const Framework& shipped();

const Direction* find(const Edition& edition, std::string_view id);
std::size_t leaves(const Direction& direction);
void collect_leaves(const Direction& direction, std::vector<const Direction*>& out);

}  // namespace weir::standards::framework
