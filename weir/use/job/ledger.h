// Ledger: what a counterpart has asked of one product, and whether it may ask once more.
//
// An answer to one question is harmless where the difference of two answers is not: so there is a least size of sets,
// a most number of questions, and two different sets must differ by at least the least size. What a counterpart claims
// of its set binds it (the root is in both logs), but is not proven by the protocol: an auditor proves it, by having
// the set opened. Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/use/job/set.h"

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

}  // namespace weir::use::job
