// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/conflict.h"

#include <gmock/gmock.h>

#include "weir/policy/terms.h"
#include "weir/policy/test_help.h"
#include "weir/policy/validate.h"

namespace weir::policy {
namespace {

using test::odrl;

std::vector<Conflict> conflicts(std::vector<Rule> permissions, std::vector<Rule> prohibitions = {},
                                std::optional<Timestamp> now = std::nullopt) {
  Policy policy;
  policy.permissions = std::move(permissions);
  policy.prohibitions = std::move(prohibitions);
  return find_conflicts(std::span(&policy, 1), now);
}

bool has(const std::vector<Conflict>& found, ConflictKind kind, Severity severity) {
  return std::any_of(found.begin(), found.end(), [&](const Conflict& each) {
    EXPECT_FALSE(each.rules.empty());
    EXPECT_FALSE(each.what.en.empty());
    EXPECT_FALSE(each.what.zh.empty());
    return each.kind == kind && each.severity == severity;
  });
}

Constraint is(std::string left, Operator op, std::string right) { return constraint(std::move(left), op, std::move(right)); }

//= TC609-6-2025-15#conflicts type=test
TEST(Conflict, FindsContradictions) {
  const Constraint few = is("count", Operator::kLt, "5");
  const Constraint many = is("count", Operator::kGt, "7");
  EXPECT_TRUE(has(conflicts({rule("use", {few, many})}), ConflictKind::kContradiction, Severity::kError));
  EXPECT_TRUE(conflicts({rule("use", {few, is("count", Operator::kGt, "3")})}).empty());
  EXPECT_TRUE(has(conflicts({rule("use", {few, is("count", Operator::kGt, "4")})}), ConflictKind::kContradiction, Severity::kError));
  EXPECT_TRUE(has(conflicts({rule("use", {is("purpose", Operator::kEq, "a"), is("purpose", Operator::kEq, "b")})}),
                  ConflictKind::kContradiction, Severity::kError));
  EXPECT_TRUE(has(conflicts({rule("use", {is("purpose", Operator::kEq, "a"), is("purpose", Operator::kNeq, "a")})}),
                  ConflictKind::kContradiction, Severity::kError));
  EXPECT_TRUE(has(conflicts({rule("use", {is("dateTime", Operator::kGteq, "2027-01-01"), is("dateTime", Operator::kLt, "2026-01-01")})}),
                  ConflictKind::kContradiction, Severity::kError));
  EXPECT_TRUE(conflicts({rule("use", {any_of({few, many})})}).empty());
  EXPECT_TRUE(has(conflicts({rule("use", {few, any_of({many, is("count", Operator::kGt, "9")})})}), ConflictKind::kContradiction,
                  Severity::kError));
}

TEST(Conflict, FindsRangesThatNothingMeets) {
  EXPECT_TRUE(has(conflicts({rule("use", {is("count", Operator::kLt, "1")})}), ConflictKind::kRange, Severity::kError));
  EXPECT_TRUE(has(conflicts({rule("use", {is("elapsedTime", Operator::kLt, "PT0S")})}), ConflictKind::kRange, Severity::kError));
  const Rule past = rule("use", {is("dateTime", Operator::kLteq, "2020-01-01")});
  EXPECT_TRUE(conflicts({past}).empty());
  EXPECT_TRUE(has(conflicts({past}, {}, test::at("2026-01-01")), ConflictKind::kRange, Severity::kWarning));
  EXPECT_TRUE(conflicts({past}, {}, test::at("2019-01-01")).empty());
}

TEST(Conflict, FindsPermissionsThatAProhibitionAlwaysBeats) {
  EXPECT_TRUE(has(conflicts({rule("read")}, {rule("use")}), ConflictKind::kUnreachable, Severity::kError));
  const Constraint research = is("purpose", Operator::kEq, "research");
  EXPECT_TRUE(has(conflicts({rule("read", {research})}, {rule("read")}), ConflictKind::kUnreachable, Severity::kError));
  EXPECT_TRUE(has(conflicts({rule("read", {is("count", Operator::kLteq, "3")})}, {rule("read", {is("count", Operator::kLteq, "5")})}),
                  ConflictKind::kUnreachable, Severity::kError));
}

TEST(Conflict, FindsAuthorisationConflicts) {
  const Constraint three = is("count", Operator::kLteq, "3");
  const Constraint five = is("count", Operator::kLteq, "5");
  EXPECT_TRUE(has(conflicts({rule("read", {five})}, {rule("read", {three})}), ConflictKind::kAuthorisation, Severity::kWarning));
  // A narrow exception from a wide permission is no mistake.
  EXPECT_TRUE(has(conflicts({rule("use")}, {rule("print")}), ConflictKind::kAuthorisation, Severity::kNote));
  EXPECT_TRUE(conflicts({rule("use")}, {rule("distribute")}).empty());
  EXPECT_TRUE(conflicts({rule("read")}, {rule("print")}).empty());
  EXPECT_TRUE(conflicts({rule("read", {is("purpose", Operator::kEq, "a")})}, {rule("read", {is("purpose", Operator::kEq, "b")})}).empty());
  EXPECT_TRUE(conflicts({rule("read", {three})}, {rule("read", {is("count", Operator::kGt, "3")})}).empty());
  const auto in = [](std::string place) { return rule("read", {is("spatial", Operator::kIsPartOf, std::move(place))}); };
  EXPECT_TRUE(conflicts({in("35")}, {in("11")}).empty());
  EXPECT_TRUE(has(conflicts({in("35")}, {in("350200")}), ConflictKind::kAuthorisation, Severity::kWarning));
  // What it cannot compare, it takes to overlap.
  const auto net = [](std::string block) {
    return rule("read", {is("virtualLocation", Operator::kIsPartOf, std::move(block))});
  };
  EXPECT_TRUE(
      has(conflicts({net("10.1.0.0/16")}, {net("10.2.0.0/16")}), ConflictKind::kAuthorisation, Severity::kWarning));
}

TEST(Conflict, LooksAtTargetsAndParties) {
  const Policy policy = odrl(R"({"permission": [{"action": "read", "target": "a", "assignee": "x"}],
      "prohibition": [{"action": "read", "target": "b"}, {"action": "read", "assignee": "y"}]})");
  EXPECT_TRUE(find_conflicts(std::span(&policy, 1)).empty());
}

TEST(Conflict, FindsPermissionsThatGiveNothingNew) {
  EXPECT_TRUE(has(conflicts({rule("read", {is("count", Operator::kLteq, "3")}), rule("use")}), ConflictKind::kRedundant, Severity::kNote));
  const auto same = conflicts({rule("read"), rule("read")});
  EXPECT_EQ(same.size(), 1u);
  EXPECT_TRUE(conflicts({rule("read"), rule("print")}).empty());
}

TEST(Conflict, TermsOfThisProgramHaveNone) {
  const Policy terms = *parse_terms("count<=3, until=2027-01-01, purpose=research|teaching, region=35");
  EXPECT_TRUE(find_conflicts(std::span(&terms, 1), test::at("2026-01-01")).empty());
}

// --- Validation. ---

struct Case {
  std::string_view rule;  // of a permission
  Severity severity;
  std::string_view slug;
  std::string_view path;
};
class Validate : public ::testing::TestWithParam<Case> {};
TEST_P(Validate, Finds) {
  const Policy policy = odrl("{\"@id\": \"p\", \"permission\": [" + std::string(GetParam().rule) + "]}");
  const auto problems = validate(policy);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].slug, GetParam().slug);
  EXPECT_EQ(problems[0].severity, GetParam().severity);
  EXPECT_EQ(problems[0].path, GetParam().path);
  EXPECT_FALSE(problems[0].what.zh.empty());
  EXPECT_EQ(check(policy).ok(), GetParam().severity != Severity::kError);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Validate,
    ::testing::Values(
        Case{R"({"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq", "rightOperand": "three"}]})", Severity::kError,
             "policy.bad_value", "permission[0].constraint[0].rightOperand[0]"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "dateTime", "operator": "lt", "rightOperand": "someday"}]})", Severity::kError,
             "policy.bad_value", "permission[0].constraint[0].rightOperand[0]"},
        Case{R"({"action": "use", "constraint": [{"or": [{"leftOperand": "elapsedTime", "operator": "lt", "rightOperand": "7 days"}]}]})",
             Severity::kError, "policy.bad_value", "permission[0].constraint[0][0].rightOperand[0]"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "purpose", "operator": "lt", "rightOperand": "a"}]})", Severity::kError,
             "policy.bad_operator", "permission[0].constraint[0].operator"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "count", "operator": "lt", "rightOperand": [1, 2]}]})", Severity::kError,
             "policy.bad_value", "permission[0].constraint[0].rightOperand"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "virtualLocation", "operator": "isA", "rightOperand": "home"}]})",
             Severity::kError, "policy.bad_value", "permission[0].constraint[0].rightOperand[0]"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "ex:a", "operator": "eq", "rightOperand": "b"}]})", Severity::kWarning,
             "policy.unknown_operand", "permission[0].constraint[0].leftOperand"},
        Case{R"({"action": "use", "constraint": [{"leftOperand": "purpose", "operator": "eq", "rightOperandReference": "urn:x"}]})",
             Severity::kWarning, "policy.reference", "permission[0].constraint[0].rightOperandReference"},
        Case{R"({"action": "ex:frob"})", Severity::kWarning, "policy.unknown_action", "permission[0].action[0]"},
        Case{R"({"action": "use", "duty": [{"action": "ex:dance"}]})", Severity::kWarning, "policy.unknown_action",
             "permission[0].duty[0].action[0]"},
        Case{R"({"action": "use", "duty": [{}]})", Severity::kError, "policy.no_action", "permission[0].duty[0]"},
        Case{R"({"action": "use", "remedy": [{"action": "inform"}]})", Severity::kWarning, "policy.misplaced_duty", "permission[0].remedy"},
        Case{R"({"action": "use", "@id": "r"}, {"action": "read", "@id": "r"})", Severity::kError, "policy.duplicate_rule", "permission[1]"},
        Case{R"({"action": "use", "constraint": [{"andSequence": [{"leftOperand": "count", "operator": "lt", "rightOperand": 1}]}]})",
             Severity::kNote, "policy.sequence", "permission[0].constraint[0]"}));

TEST(Validate, SpeaksOfTheWholePolicy) {
  EXPECT_EQ(validate(Policy())[0].slug, "policy.empty");
  EXPECT_EQ(validate(odrl(R"({"conflict": "perm", "permission": [{"action": "use"}]})"))[0].slug, "policy.conflict_strategy");
  EXPECT_EQ(validate(odrl(R"({"@type": "Agreement", "permission": [{"action": "use"}]})"))[0].slug, "policy.no_parties");
  EXPECT_EQ(validate(odrl(R"({"inheritFrom": "urn:x", "permission": [{"action": "use"}]})"))[0].slug, "policy.inherits");
  EXPECT_EQ(validate(odrl(R"({"prohibition": [{"action": "use"}]})"))[0].slug, "policy.permits_nothing");
  EXPECT_TRUE(validate(*parse_terms("count<=3, log, delete=P7D")).empty());
}

}  // namespace
}  // namespace weir::policy
