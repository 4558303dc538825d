// Ledger: what a counterpart has asked of one product and spent of its privacy, and whether it may ask once more.
//
// An answer to one question is harmless where the difference of two answers is not: so there is a least size of sets,
// a most number of questions, and two different sets must differ by at least the least size. What a counterpart claims
// of its set binds it (the root is in both logs), but is not proven by the protocol: an auditor proves it, by having
// the set opened. Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "weir/use/job/set.h"
#include "weir/wire/json.h"

namespace weir::use::job {

struct LedgerRules {
  std::int64_t set_least = 100;
  std::int64_t questions_most = 1000;
  std::int64_t group_least = 10;  // keys in a group whose figures are shown
};

// `earlier` are the claims of the counterpart's questions so far that were not refused.
// Fails with kForbidden: "job.set_too_small", "job.questions_spent", "job.near_identical" (also of a set that is the
// same, if a column of it has changed: a sum over few would be the difference of two).
Result<> may_ask(const LedgerRules& rules, std::span<const Claim> earlier, const Claim& claim);

// What the noise of answers to one counterpart about one product leaves, in millionths of epsilon (mpc/noise.h).
struct Privacy {
  std::int64_t cost = 0;               // of the question; 0: its answer has no noise
  std::int64_t spent = 0;              // by all runs that began
  std::optional<std::int64_t> budget;  // that the terms set
  std::int64_t total() const { return spent + cost; }
};
// {"epsilon", "delta", "spent", "budget", "left"}, epsilons as decimals; what is not there is left out.
wire::Json to_json(const Privacy& privacy);
// Fails with kForbidden: "job.noise_required", "job.budget_spent".
Result<> may_spend(const Privacy& privacy);

}  // namespace weir::use::job
