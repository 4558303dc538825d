// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/validity.h"

#include <gtest/gtest.h>

#include "weir/policy/terms.h"

namespace weir::policy {
namespace {

std::optional<Timestamp> end_of_terms(std::string_view terms) { return end_of(*parse_terms(terms)); }

TEST(Validity, TermsEndWithTheWholeDayTheyName) {
  EXPECT_EQ(end_of_terms("until=2026-12-31, count<=3"), *parse_iso8601("2027-01-01T00:00:00Z"));
}

TEST(Validity, AMomentEndsThemRightAfterIt) {
  EXPECT_EQ(end_of_terms("until=2026-12-31T12:00:00Z")->value(), parse_iso8601("2026-12-31T12:00:00Z")->value() + 1);
}

TEST(Validity, TermsWithoutAnEndHaveNone) { EXPECT_EQ(end_of_terms("count<=3"), std::nullopt); }

TEST(Validity, OnePermissionWithoutAnEndKeepsThePolicyAlive) {
  Policy policy = *parse_terms("until=2026-12-31");
  policy.permissions.push_back(rule("read"));
  EXPECT_EQ(end_of(policy), std::nullopt);
}

TEST(Validity, TheLaterOfTwoPermissionsCounts) {
  Policy policy = *parse_terms("until=2026-12-31");
  policy.permissions.push_back(rule("read", {constraint("dateTime", Operator::kLt, "2028-01-01", "xsd:date")}));
  EXPECT_EQ(end_of(policy), *parse_iso8601("2028-01-01T00:00:00Z"));
}

TEST(Validity, WhatHoldsOnlyTogetherEndsWithTheFirst) {
  Policy policy;
  const Constraint later = constraint("dateTime", Operator::kLt, "2028-01-01", "xsd:date");
  const Constraint sooner = constraint("dateTime", Operator::kLt, "2027-01-01", "xsd:date");
  policy.permissions.push_back(rule("read", {all_of({later, sooner})}));
  EXPECT_EQ(end_of(policy), *parse_iso8601("2027-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace weir::policy
