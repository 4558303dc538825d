// Judging: what probes share, and the groups of them. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/standards/assessment/probe.h"

namespace weir::standards::assessment {

Outcome met(Text detail);
Outcome not_met(Text detail);
Outcome not_tested(Text detail);
// Met if all of them are good, else not met, naming the first bad ones; the share of good ones is the score.
class Tally {
 public:
  void good() { ++good_; }
  void bad(std::string what);
  std::size_t size() const { return good_ + bad_; }
  // `things`: "products", "个产品"; `good`: what all of them are.
  Outcome outcome(const Text& things, const Text& all_good) const;

 private:
  std::size_t good_ = 0;
  std::size_t bad_ = 0;
  std::vector<std::string> names_;
};

// The items of a list in a fact; none if it is no list.
const wire::Json::Array& list(const wire::Json& value);

std::vector<Probe> node_probes();      // who it is, its doors, its settings, what it stores
std::vector<Probe> business_probes();  // catalogue, contracts, deliveries, uses
std::vector<Probe> log_probes();       // evidence, what was done, figures

}  // namespace weir::standards::assessment
