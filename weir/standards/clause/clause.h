// Clause: one requirement of a standard in our own words, whom it concerns, and how it is checked.
//
// A checklist is the clauses of one document. Format: docs/formats/checklist.md. Thread-safety: values.
// Trust: parse_checklist takes hostile text; a row that is wrong is left out and named, the others load.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::standards::clause {

enum class Level : std::uint8_t { kMust, kShould, kMay };
enum class Tier : std::uint8_t { kNone, kBase, kExtended };
enum class CheckKind : std::uint8_t {
  kNone,       // not about a running node: the tests of the project show it
  kProbe,      // a probe runs against the node
  kDocument,   // a file shows it
  kInterview,  // an operator says so
  kMaturity,   // an operator states a level of 1 to 5
};
std::string_view name_of(Level level);
std::string_view name_of(Tier tier);  // "" for none
std::string_view name_of(CheckKind kind);
Text text_of(Level level);
Text text_of(CheckKind kind);

struct Check {
  CheckKind kind = CheckKind::kNone;
  std::string probe = {};
  std::vector<std::string> arguments = {};
  friend bool operator==(const Check&, const Check&) = default;
};

// What is assessed: a node's role ("connector", "regional"), suite ("international", "shangmi") and class of device
// ("server", "gateway", "constrained", or one that a checklist names: "plc" of "device:plc").
struct Subject {
  std::string role;
  std::string suite;
  std::string device = "server";
};

struct Clause {
  std::string id;
  Level level = Level::kMust;
  Tier tier = Tier::kNone;
  Check check;
  std::vector<std::string> applies;  // names of roles, suites and devices; empty: to all
  std::string status;  // what the project claims: "implemented", "partly", "profile", "not here", "assessed"
  Text requirement;
  std::string note;
  friend bool operator==(const Clause&, const Clause&) = default;
};
// Of each of the three, one that is named must be the subject's; one of which nothing is named does not matter.
bool applies_to(const Clause& clause, const Subject& subject);
// The same of the class of device alone.
bool concerns_device(const Clause& clause, std::string_view device);

struct Checklist {
  std::string document;  // "TC609-6-2025-16"
  Text title;
  std::string note;      // what was read of it
  std::vector<Clause> clauses;
  const Clause* find(std::string_view id) const;  // null if there is none
  // Whether any clause says how a running node is checked.
  bool assessable() const;
  friend bool operator==(const Checklist&, const Checklist&) = default;
};

struct Problem {
  std::int64_t line = 0;  // from 1
  Text what;
};
struct ReadChecklist {
  Checklist checklist;
  std::vector<Problem> problems;
};

inline constexpr std::size_t kChecklistBytesMax = 64u << 20;
inline constexpr std::size_t kRequirementBytesMax = 2000;

// Fails with kInvalidArgument ("checklist.columns", "checklist.no_document", "checklist.encoding") or kExhausted
// ("checklist.too_large") if nothing can be read.
Result<ReadChecklist> parse_checklist(std::string_view text);
// For every checklist that parse_checklist returns without problems: parse_checklist(format_checklist(c)) == c.
std::string format_checklist(const Checklist& checklist);

// "tc609-6-2025-16": the name of a document's file, and of it in addresses and OSCAL.
std::string slug_of(std::string_view document);

}  // namespace weir::standards::clause
