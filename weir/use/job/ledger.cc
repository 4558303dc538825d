// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/ledger.h"

#include <algorithm>

#include "weir/mpc/noise.h"
#include "weir/use/job/query.h"

namespace weir::use::job {
namespace {

bool column_changed(const Claim& earlier, const Claim& claim) {
  for (const ColumnClaim& a : earlier.columns) {
    for (const ColumnClaim& b : claim.columns) {
      const bool same_column = a.name == b.name && (a.decimals < 0) == (b.decimals < 0);
      if (same_column && a.root != b.root) return true;
    }
  }
  return false;
}

}  // namespace

wire::Json to_json(const Privacy& privacy) {
  wire::Json out = wire::Json::object({{"spent", format_epsilon(privacy.spent)}});
  if (privacy.cost > 0) {
    out.set("epsilon", format_epsilon(privacy.cost)).set("delta", "2^-" + std::to_string(mpc::kNoiseDeltaBits));
  }
  if (privacy.budget) {
    out.set("budget", format_epsilon(*privacy.budget));
    out.set("left", format_epsilon(std::max<std::int64_t>(0, *privacy.budget - privacy.spent)));
  }
  return out;
}

Result<> may_spend(const Privacy& privacy) {
  if (!privacy.budget) return {};
  if (privacy.cost == 0) {
    return Error(Errc::kForbidden, "the terms set a privacy budget: an answer without noise is not given")
        .because("job.noise_required")
        .advise("SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.5) …");
  }
  if (privacy.total() <= *privacy.budget) return {};
  return Error(Errc::kForbidden, format_epsilon(privacy.spent) + " of the privacy budget of " +
                                     format_epsilon(*privacy.budget) + " is spent, and this question takes " +
                                     format_epsilon(privacy.cost))
      .because("job.budget_spent")
      .advise("a smaller epsilon, if any is left, or an agreement with a larger budget");
}

Result<> may_ask(const LedgerRules& rules, std::span<const Claim> earlier, const Claim& claim) {
  if (claim.count < rules.set_least) {
    return Error(Errc::kForbidden, "the set has " + std::to_string(claim.count) + " keys; " +
                                       std::to_string(rules.set_least) + " are the least that may be computed on")
        .because("job.set_too_small")
        .advise("ask about more at once");
  }
  if (static_cast<std::int64_t>(earlier.size()) >= rules.questions_most) {
    return Error(Errc::kForbidden, "all " + std::to_string(rules.questions_most) +
                                       " questions about this product are spent")
        .because("job.questions_spent")
        .advise("the owner of the data may allow more: jobs.questions_max");
  }
  for (const Claim& before : earlier) {
    if (before.root == claim.root && column_changed(before, claim)) {
      return Error(Errc::kForbidden, "the set is an earlier one, but a column of it has changed since")
          .because("job.near_identical")
          .advise("ask with the same table again");
    }
    if (before.root == claim.root) continue;
    if (difference(before, claim) >= static_cast<double>(rules.set_least)) continue;
    const std::string least = std::to_string(rules.set_least);
    return Error(Errc::kForbidden, "the set differs from an earlier one by fewer than " + least +
                                       " keys: the two answers would tell of those few")
        .because("job.near_identical")
        .advise("ask with the same set again, or with one that differs more");
  }
  return {};
}

}  // namespace weir::use::job
