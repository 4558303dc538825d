// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/limits.h"

#include <gtest/gtest.h>

#include "weir/policy/decide.h"
#include "weir/policy/odrl.h"
#include "weir/policy/terms.h"

namespace weir::policy {
namespace {

std::vector<std::int64_t> bounds_of(const Result<Policy>& policy) {
  if (!policy) {
    ADD_FAILURE() << policy.error().message();
    return {};
  }
  const auto program = compile(*policy);
  EXPECT_TRUE(program.ok());
  std::vector<std::int64_t> out;
  for (const Limit& limit : limits(*program)) {
    EXPECT_LT(limit.counter, program->counters().size());
    out.push_back(limit.most);
  }
  return out;
}
std::vector<std::int64_t> bounds(std::string_view terms) { return bounds_of(parse_terms(terms)); }

TEST(Limits, ACountIsItsBound) { EXPECT_EQ(bounds("count<=3"), std::vector<std::int64_t>{3}); }

TEST(Limits, LessThanLeavesOneFewer) { EXPECT_EQ(bounds("count<3"), std::vector<std::int64_t>{2}); }

TEST(Limits, TheSmallestOfSeveralBoundsHolds) {
  const auto json = wire::parse_json(
      R"({"@type":"Offer","@id":"urn:x","permission":[{"action":"use","constraint":[)"
      R"({"leftOperand":"count","operator":"lteq","rightOperand":5},)"
      R"({"leftOperand":"count","operator":"lteq","rightOperand":2}]}]})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(bounds_of(parse_odrl(*json)), std::vector<std::int64_t>{2});
}

TEST(Limits, ThePrivacyBudgetIsItsSmallestBound) {
  const auto budget = [](std::string_view terms) {
    const auto policy = parse_terms(terms);
    EXPECT_TRUE(policy.ok());
    return privacy_budget(*compile(*policy));
  };
  EXPECT_EQ(budget("epsilon<=1.5"), 1'500'000);
  EXPECT_EQ(budget("count<=3"), std::nullopt);
}

TEST(Limits, ThePrivacyBudgetIsDecidedByWhatTheLedgerSays) {
  const auto policy = parse_terms("action=compute, epsilon<=1.5");
  ASSERT_TRUE(policy.ok());
  const auto program = compile(*policy);
  const auto effect = [&](std::vector<std::pair<std::string_view, std::string_view>> stated) {
    Request request{.action = actions::kCompute};
    request.attributes = stated;
    return decide(*program, request).effect;
  };
  constexpr std::string_view kOperand = "urn:weir:tc609:privacyBudget";
  EXPECT_EQ(effect({{kOperand, "1.5"}}), Effect::kAllow);
  EXPECT_EQ(effect({{kOperand, "1.500001"}}), Effect::kDeny);
  EXPECT_EQ(effect({}), Effect::kDeny);  // an answer without noise
}

TEST(Limits, TermsWithoutACountHaveNone) { EXPECT_TRUE(bounds("purpose=research, until=2030-01-01").empty()); }

}  // namespace
}  // namespace weir::policy
