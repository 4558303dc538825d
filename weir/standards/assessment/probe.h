// Probe: judges what was seen of a running node. Pure: facts in, an outcome out; the same facts, the same outcome.
//
// A fact is a named JSON value that the rim gathered from the node, or the reason why it could not be; docs/formats/
// assessment.md lists them. Without its facts a probe says nothing: what was not seen is never met.
// Thread-safety: pure functions. Trust: facts are this node's own; what is in them may come from its peers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/standards/clause/clause.h"
#include "weir/wire/json.h"

namespace weir::standards::assessment {

struct Facts {
  std::map<std::string, wire::Json, std::less<>> seen;
  std::map<std::string, std::string, std::less<>> unseen;  // and why
  const wire::Json& operator[](std::string_view name) const;  // null if it was not seen
};

enum class State : std::uint8_t { kMet, kNotMet, kNotTested, kNotApplicable };
std::string_view name_of(State state);  // "met", "not_met", "not_tested", "not_applicable"
Text text_of(State state);

struct Outcome {
  State state = State::kNotTested;
  Text detail;
  std::optional<int> score;           // 0 to 100, of probes that measure
  std::vector<std::string> evidence;  // names of the facts it rests on
};

using Arguments = std::vector<std::string>;

struct Probe {
  std::string_view name;
  Text what;  // what it looks at
  std::vector<std::string_view> facts;
  Outcome (*judge)(const Facts& facts, const Arguments& arguments);
};
std::span<const Probe> probes();
const Probe* find_probe(std::string_view name);  // null if there is none

// Runs the probe that a clause names. Not tested, and why, if there is no such probe or a fact of it was not seen.
Outcome judge(const clause::Check& check, const Facts& facts);

}  // namespace weir::standards::assessment
