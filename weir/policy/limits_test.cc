// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/limits.h"

#include <gtest/gtest.h>

#include "weir/policy/terms.h"

namespace weir::policy {
namespace {

std::vector<std::int64_t> bounds(std::string_view terms) {
  const auto policy = parse_terms(terms);
  EXPECT_TRUE(policy.ok()) << policy.error().message();
  const auto program = compile(*policy);
  EXPECT_TRUE(program.ok());
  std::vector<std::int64_t> out;
  for (const Limit& limit : limits(*program)) {
    EXPECT_LT(limit.counter, program->counters().size());
    out.push_back(limit.most);
  }
  return out;
}

TEST(Limits, ACountIsItsBound) { EXPECT_EQ(bounds("count<=3"), std::vector<std::int64_t>{3}); }

TEST(Limits, LessThanLeavesOneFewer) { EXPECT_EQ(bounds("count<3"), std::vector<std::int64_t>{2}); }

TEST(Limits, TheSmallestOfSeveralBoundsHolds) { EXPECT_EQ(bounds("count<=5, count<=2"), std::vector<std::int64_t>{2}); }

TEST(Limits, TermsWithoutACountHaveNone) { EXPECT_TRUE(bounds("purpose=research, until=2030-01-01").empty()); }

}  // namespace
}  // namespace weir::policy
