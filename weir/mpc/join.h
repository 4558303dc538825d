// Join: sums and counts over the join of two tables on a key, by group, without showing who is in it.
//
// Protocol: circuit-based private set intersection with an oblivious programmable random function (Pinkas, Schneider,
// Tkachenko, Yanai, EUROCRYPT 2019, section 4; the function from Raghuraman and Rindal, CCS 2022, section 6): the asker
// puts its keys into a cuckoo table of three thirds; for each place the holder programs a tag, and shares of what
// belongs to its key; equality of tags, and everything after it, is computed on shares (gmw.h), the last sums and their
// comparison with `least` in a garbled circuit, whose rounds do not grow with its depth (garble.h).
// A group of fewer than `least` keys is shown as nothing: not its sums, and not whether it has any.
// With noise (noise.h), each count and sum of each group is blurred before it is compared with `least` and before
// anything is shown; numbers outside their bounds count as the nearest bound. A key is in one group, so that an answer
// is differentially private in the presence of any one key with its row, at the sum of what its figures cost. Each side
// brings its own numbers within the bounds: a side that does not, deviates. Private are the figures alone, not what
// both know below.
// Learns: the asker the counts and sums of the groups that are large enough, and how many keys the holder has; the
// holder how many keys the asker has. Both know the number of groups and of columns.
// Security: 128 bits computational, 40 statistical (tags of 64 bits for up to 2^24 places), semi-honest. Not covered: a
// party that deviates; what several answers tell together (see use/job).
// Messages for n and m keys, B = 1.27 n places, g groups, c columns: OPRF of B; 16 (1 + c/2) * 3.9 m bytes; 21 B
// equalities of four bits; g B ANDs; g B (1 + c) products; g (63 + 127 (1 + c)) garbled ANDs. Rounds: 3 layers of tags,
// one of groups, those of a garbled circuit. Deviations: the three hash functions fall into disjoint thirds; columns
// travel as sums modulo 2^64. Of the bytes, two thirds are transfers; silent ones are for slow lines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "weir/mpc/garble.h"
#include "weir/mpc/noise.h"

namespace weir::mpc {

inline constexpr std::size_t kGroupsMax = 64;
inline constexpr std::uint8_t kNoGroup = 255;  // of a row that counts in none

// One party's table, one row a key.
struct JoinTable {
  Blocks keys;                                     // distinct
  std::vector<std::uint8_t> groups;                // of each row; empty if the other party has the group column
  std::vector<std::vector<std::uint64_t>> columns; // each with a number for each row, to be summed modulo 2^64
};

struct JoinBounds {
  std::int64_t low = 0;
  std::int64_t high = 0;
  friend bool operator==(const JoinBounds&, const JoinBounds&) = default;
};

// What both know.
struct JoinShape {
  std::size_t asker_keys = 0;
  std::size_t holder_keys = 0;
  std::size_t groups = 1;         // 1: no grouping
  bool groups_of_asker = false;   // who has the group column; with one group nobody
  std::size_t asker_columns = 0;
  std::size_t holder_columns = 0;
  std::uint64_t least = 0;        // keys in a group that is shown
  std::vector<DiscreteLaplace> noise;     // none, or of the count, the asker's columns and the holder's
  std::vector<JoinBounds> asker_bounds;   // with noise: of each column
  std::vector<JoinBounds> holder_bounds;
  std::optional<SilentShape> silent;      // transfers of this shape (silent_ot.h), else extended ones
};

struct JoinGroup {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> sums;  // the asker's columns, then the holder's
  friend bool operator==(const JoinGroup&, const JoinGroup&) = default;
};
// One for each group; nothing for one that is too small.
using JoinAnswer = std::vector<std::optional<JoinGroup>>;

// Requires: the tables fit the shape. Fails with kUnavailable ("mpc.cuckoo") with probability below 2^-40: try again.
Result<JoinAnswer> join_ask(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table);
Result<> join_hold(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table);

// What is computed of each group at the end, garbled by the asker, from shares of its figures as sums: the figures, or
// zeros if it has too few keys, and whether it has enough. Inputs: the asker's share of the count less `least`, its
// shares of the figures, the holder's; the sign decides.
Circuit join_circuit(std::size_t figures);

// Places of the asker's keys.
std::size_t join_places(std::size_t keys);

// The ideal functionality but for the noise, for tests.
JoinAnswer ideal_join(const JoinShape& shape, const JoinTable& asker, const JoinTable& holder);

}  // namespace weir::mpc
