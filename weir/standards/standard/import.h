// Import: rows of a table become statements about standards, each with its source; a report says what became of each
// row.
//
// Good rows land, wrong rows and wrong cells are named with their reason, and what the report names it quotes: nothing
// is lost. The same table again changes nothing. Format: docs/formats/standards-table.md.
// Thread-safety: pure functions. Trust: cells are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weir/standards/standard/registry.h"
#include "weir/standards/standard/table.h"
#include "weir/wire/json.h"

namespace weir::standards::standard {

// What one row says, as it is stored: docs/formats/standards-table.md.
struct Statement {
  std::string number;
  Source source;
  struct Said {
    Field field = Field::kNote;
    Trust trust = Trust::kSourced;
    std::string value;
  };
  struct Linked {
    Relation relation = Relation::kCites;
    Degree degree = Degree::kUnstated;
    Trust trust = Trust::kSourced;
    std::string to;
  };
  std::vector<Said> fields;
  std::vector<Linked> links;
  bool lists = true;  // false: only links between standards that others list
};
wire::Json to_json(const Statement& statement);
// Fails with kCorrupt ("standard.bad_statement").
Result<Statement> parse_statement(const wire::Json& json);

enum class Outcome : std::uint8_t { kNew, kChanged, kUnchanged, kRefused };
std::string_view name_of(Outcome outcome);

struct Applied {
  Outcome outcome = Outcome::kUnchanged;
  std::vector<std::string> changes;  // "status: in-force > withdrawn"
  std::vector<Note> notes;           // links that were refused
};
// Adds what the statement says. Fails if its number is none.
Result<Applied> apply(Registry& registry, const Statement& statement);

struct ReportLine {
  std::int64_t row = 0;
  std::string number;  // as it was written
  Outcome outcome = Outcome::kUnchanged;
  std::vector<std::string> changes;
  std::vector<Note> notes;
};
struct Report {
  std::int64_t read = 0;  // always the sum of the next four
  std::int64_t fresh = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t refused = 0;
  std::vector<Note> notes;        // about the file
  std::vector<ReportLine> lines;  // every row but those that were unchanged without a note
};
wire::Json to_json(const Report& report);

struct ImportOptions {
  std::string source;  // for rows without a "source" cell
  Date as_of;          // for rows without an "as_of" cell
  std::string by;      // the operator
  // Whether a direction is in any edition of the framework; all are if this is empty.
  std::function<bool(std::string_view)> known_direction;
};
struct Imported {
  Report report;
  std::vector<Statement> statements;  // of the rows that were new or changed
};
// Fails with kInvalidArgument ("standard.no_number_column", "standard.no_source").
Result<Imported> import_table(Registry& into, const Table& table, const ImportOptions& options);

}  // namespace weir::standards::standard
