// Query: every question about standards, answered as JSON: the same on the command line, without a node, and through
// the API.
//
// Thread-safety: pure functions. Trust: parameters are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>

#include "weir/standards/clause/registry.h"
#include "weir/standards/framework/coverage.h"
#include "weir/standards/standard/life_cycle.h"
#include "weir/standards/standard/registry.h"
#include "weir/wire/json.h"

namespace weir::standards::query {

// What is asked: the registers, and the day it is.
struct Library {
  const standard::Registry& registry;
  const framework::Framework& framework;
  const clause::Registry& clauses;
  Timestamp now;
};

using Parameters = std::map<std::string, std::string>;

struct Parameter {
  std::string_view name;
  Text words;
};
struct Question {
  std::string_view name;  // "coverage": the command, and the last word of the path
  Text words;
  std::vector<Parameter> parameters;
};
// find, show, tree, coverage, gap, timeline, due, diff.
std::span<const Question> questions();

// Fails with kNotFound, kInvalidArgument ("standards.parameter") or as what it asks.
Result<wire::Json> answer(const Library& library, std::string_view question, const Parameters& parameters);

struct Document {
  std::string media_type;
  std::string body;
};
// export: the register as CSV or JSON; coverage as CSV or SVG; deadlines as iCalendar; events as Atom.
// Parameter "format": "csv", "json", "svg", "ics", "atom"; "what": "standards", "coverage".
Result<Document> document(const Library& library, const Parameters& parameters);

// What differs between two editions' lists of clauses; each change names the probe that checks it, and "sharedWith":
// the clauses of other documents that the same probe checks.
wire::Json diff(const clause::Checklist& from, const clause::Checklist& to, const clause::Registry& known);

}  // namespace weir::standards::query
