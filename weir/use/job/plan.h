// Plan: which algorithm is to answer a question, how long that will take, what it moves, and what it tells.
//
// Bytes are exact (mpc/traffic.h). Time is what computing takes, by the constants of one table, and what the line adds:
// its bytes at its rate, and a round trip for each time that the parties wait for each other.
// Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/use/job/algorithm.h"
#include "weir/use/job/progress.h"
#include "weir/use/job/query.h"
#include "weir/wire/json.h"

namespace weir::use::job {

// The line to the other side, as a probe found it (probe.h).
struct LineSpeed {
  std::int64_t round_trip_us = 0;
  std::int64_t bytes_per_second = 0;
  friend bool operator==(const LineSpeed&, const LineSpeed&) = default;
};

struct Sizes {
  std::int64_t consumer = 0;  // keys
  std::int64_t provider = 0;
  std::int64_t groups = 1;    // of a query that groups
  std::int64_t bucket = kBucketKeys;
  std::int64_t kept = 0;      // of the provider's images, at the consumer
};

struct Estimate {
  std::int64_t milliseconds = 0;
  std::int64_t sent = 0;  // by the consumer, on the channel
  std::int64_t received = 0;
  LineSpeed line;
  friend bool operator==(const Estimate&, const Estimate&) = default;
};
wire::Json to_json(const Estimate& estimate);
// Fails with kInvalidArgument ("job.malformed").
Result<Estimate> parse_estimate(const wire::Json& json);

// Requires: a query if and only if the algorithm answers one.
Estimate estimate(const Algorithm& algorithm, const Sizes& sizes, const std::optional<Query>& query,
                  const LineSpeed& line);

struct Candidate {
  const Algorithm* algorithm = nullptr;
  bool allowed = false;
  Estimate estimate;
  std::optional<Estimate> later;  // if images are kept: of each question after the first
};
// The fastest that is allowed; of those that take at most twice as long or a second, one that withstands a malicious
// side is preferred. Nothing if none is allowed.
std::optional<std::size_t> choose(std::span<const Candidate> candidates);
// Why this one, in a line. Requires: what choose() gave.
Text why(std::span<const Candidate> candidates, std::size_t chosen);

}  // namespace weir::use::job
