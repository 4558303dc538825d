// Coverage: what of a framework's edition is covered by standards, what is missing, and what national standards adopt.
//
// Every number names its base and opens to its rows; the share that no source vouches for is beside it.
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/standards/framework/framework.h"
#include "weir/standards/standard/registry.h"

namespace weir::standards::framework {

using standard::Index;
using standard::Registry;

struct Cell {
  const Direction* direction = nullptr;
  int depth = 0;
  std::vector<Index> published;  // in force, or published and not yet in force; national, industry, of committees
  std::vector<Index> other;      // the same of groups, regions and enterprises: they fill no gap
  std::vector<Index> development;
  std::vector<Index> past;           // superseded, withdrawn
  std::vector<Index> unknown;        // whose status no source says
  std::vector<Index> international;  // of ISO, IEC and ITU, in force
  std::size_t unverified = 0;        // of all of these
  bool missing() const { return published.empty() && development.empty(); }
};

// One line a direction of the edition, depth first; groups count what is in and below them.
std::vector<Cell> coverage(const Registry& registry, const Framework& framework, const Edition& edition);

struct TargetState {
  Figure figure;
  bool countable = false;  // whether this register can say anything about it
  std::vector<Index> counted;
  std::int64_t development = 0;  // what is under way to it
};
std::vector<TargetState> targets(const Registry& registry, const Framework& framework, const Edition& edition);

struct Adoption {
  Index national = 0;
  Index international = 0;
  standard::Degree degree = standard::Degree::kUnstated;
  standard::Trust trust = standard::Trust::kSourced;
};
// The best word of each pair.
std::vector<Adoption> adoptions(const Registry& registry);

struct Drift {
  Adoption adoption;
  std::vector<Index> newer;  // editions that came after the adopted one, newest first
};
struct AdoptionReport {
  // Of national standards in force, those that adopt (identical or modified); and of international ones those adopted.
  std::vector<Index> national;
  std::vector<Index> adopting;
  std::vector<Index> international;
  std::vector<Index> adopted;
  std::vector<Adoption> not_counted;  // not equivalent, or of unstated degree
  std::vector<Drift> drift;           // national in force, adopted edition no longer
  std::size_t unverified = 0;         // adoptions of the numerator that nobody vouches for
};
// Over standards of these directions; of all if `direction` is empty.
AdoptionReport adoption_report(const Registry& registry, std::string_view direction);

struct TrendYear {
  int year = 0;
  std::int64_t published = 0;       // in that year
  std::int64_t still_in_force = 0;  // of these, today
  std::int64_t cumulative = 0;      // of those in force today, published until then
};
std::vector<TrendYear> trend(const Registry& registry, const std::vector<Index>& standards);

// A treemap: area by direction, colour by what there is. Self-contained SVG.
std::string picture(const Edition& edition, const std::vector<Cell>& cells, Language language, std::string_view as_of);

}  // namespace weir::standards::framework
