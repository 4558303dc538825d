// Query: a joint figure as a value: what is counted and summed over the join of both tables, and by which group.
//
//   SELECT channel, COUNT(*), SUM(a.spend) FROM a JOIN b USING (id) GROUP BY channel HAVING COUNT(*) >= 20
//   SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.5) COUNT(*), SUM(spend, contribution_bounds_per_group =>
//     (0, 1000)) FROM a JOIN b USING (id)
//
// The first table is the asker's own, unless the names `mine` and `theirs` (or `consumer` and `provider`) say
// otherwise. COUNT(*) counts keys that are in both tables. Text and JSON: docs/formats/jobs.md. Thread-safety: values
// and pure functions. Trust: parse functions take hostile text and JSON. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::use::job {

enum class Role : std::int32_t { kProvider = 1, kConsumer = 2 };
std::string_view name_of(Role role);  // "provider"

struct Column {
  Role side = Role::kConsumer;
  std::string name;
  friend bool operator==(const Column&, const Column&) = default;
};

// With noise: a number outside counts as the nearest of the two.
struct Bounds {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::int64_t most() const { return high > -low ? high : -low; }  // that a key changes a sum by
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Item {
  enum class Function : std::uint8_t { kGroup, kCount, kSum, kAverage };
  Function function = Function::kCount;
  Column column;  // of a sum or an average; else empty
  std::optional<Bounds> bounds = {};  // of its numbers, if the answer has noise
  friend bool operator==(const Item&, const Item&) = default;
};

struct Query {
  std::vector<Item> items;      // in the order of the answer's columns
  std::optional<Column> group;
  std::int64_t least = 0;       // keys in a group that is shown; 0: not said
  std::int64_t epsilon = 0;     // of all figures together, in millionths; 0: without noise
  friend bool operator==(const Query&, const Query&) = default;
};

// A query with the key columns of its join: the consumer's, then the provider's.
struct Statement {
  Query query;
  std::vector<std::pair<std::string, std::string>> keys;
  friend bool operator==(const Statement&, const Statement&) = default;
};

inline constexpr std::size_t kQueryColumnsMax = 16;  // sums of either side
inline constexpr std::int64_t kEpsilonScale = 1'000'000;
inline constexpr std::int64_t kEpsilonMax = 8 * kEpsilonScale;  // of one answer; keeps delta small (mpc/noise.h)
inline constexpr std::int64_t kBoundMax = 1'000'000'000'000;

// "0.5", in millionths and back. Fails with kInvalidArgument ("job.query") for what is not above zero.
Result<std::int64_t> parse_epsilon(std::string_view text);
std::string format_epsilon(std::int64_t millionths);

// A column without its table is the asker's if `own` has one of that name, else the other side's.
// Fails with kInvalidArgument ("job.query"): where, and what is not supported.
Result<Statement> parse_statement(std::string_view sql, std::span<const std::string> own);
// With the tables `consumer` and `provider`, and every column under its table: parse_statement(format(s)) == s.
std::string format(const Statement& statement);

wire::Json to_json(const Query& query);
// Fails with kInvalidArgument ("job.malformed").
Result<Query> parse_query(const wire::Json& json);

// The columns whose sums a side gives, each once, in the order of the items.
std::vector<std::string> summed(const Query& query, Role side);
// All columns of a side that a query reads, keys aside.
std::vector<std::string> read_of(const Query& query, Role side);
// Of a summed column. Requires: the query has noise and sums the column.
Bounds bounds_of(const Query& query, const Column& column);
// What is wrong with a query's noise and bounds; nothing if they are sound.
std::string_view fault_of_noise(const Query& query);
// What the answer shows to the asker.
Text shown(const Query& query);

}  // namespace weir::use::job
