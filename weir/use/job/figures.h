// Figures: what a table gives to a query: for each key its numbers and its group; and the answer as CSV.
//
// A number is a decimal of up to nine places; a column's numbers are scaled by the most that any has. A key that two
// rows have is refused, for the join would count it twice. Of the group's column those values are told that at least
// query.least keys of this side have: no other can have as many in the join.
// Format: docs/formats/jobs.md. Thread-safety: pure. Trust: takes any bytes; errors name the row, never what is in it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "weir/mpc/join.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/query.h"
#include "weir/use/job/set.h"

namespace weir::use::job {

inline constexpr std::int64_t kDecimalsMax = 9;

struct Figures {
  KeySet set;
  std::vector<std::string> summed;                  // columns, as the query orders them
  std::vector<std::vector<std::uint64_t>> numbers;  // of each, one a key, as int64
  std::vector<std::int64_t> decimals;
  std::string group;                                // the group's column, if it is this side's
  std::vector<std::string> labels;                  // its values, all that there are
  std::vector<std::uint32_t> label_of;              // of each key
  std::vector<std::string> values;                  // those that are told, ascending
};

// Fails with kInvalidArgument: "job.csv", "job.column", "job.number", "job.duplicate_key", "job.too_many_groups".
Result<Figures> read_figures(ByteSource source, const std::vector<std::string>& key_columns,
                             const std::vector<Form>& forms, const Query& query, Role side);
Claim claim_of(const Figures& figures, Role side, ByteView salt);

// The noise of one figure, whose part of epsilon is that of every other: it changes by at most `most`, in units of its
// column's last place, with a key. Nothing if that is more noise than can be drawn (mpc/noise.h).
std::optional<mpc::DiscreteLaplace> noise_of(const Query& query, std::int64_t most, std::int64_t decimals);

// What both sides know of the join. Requires: claims that check_claim (job.h) admitted.
mpc::JoinShape shape_of(const Algorithm& algorithm, const Query& query, const Claim& consumer, const Claim& provider);
// The table under other names of its keys. Requires: as many elements as keys.
mpc::JoinTable table_of(const Figures& figures, mpc::Blocks elements);

struct AnswerNames {
  std::vector<std::string> values;              // of the groups
  std::vector<std::int64_t> consumer_decimals;  // of each summed column
  std::vector<std::int64_t> provider_decimals;
};
// Of the answer's columns, as DuckDB calls them.
std::vector<std::string> types_of_answer(const Query& query, const AnswerNames& names);
// The heading, and one record for each group that is shown; returns how many those are.
Result<std::uint64_t> write_answer(const Query& query, const AnswerNames& names, const mpc::JoinAnswer& answer,
                                   const TextSink& sink);

}  // namespace weir::use::job
