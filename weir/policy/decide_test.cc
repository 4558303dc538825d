// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/decide.h"

#include <gmock/gmock.h>

#include <optional>

#include "weir/policy/test_help.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using test::at;
using test::odrl;
using test::program;
using test::why;
using ::testing::HasSubstr;

Policy with(std::vector<Rule> permissions, std::vector<Rule> prohibitions = {}, std::vector<Rule> obligations = {}) {
  Policy out;
  out.id = "urn:p";
  out.permissions = std::move(permissions);
  out.prohibitions = std::move(prohibitions);
  out.obligations = std::move(obligations);
  return out;
}

Request ask(std::string_view action) {
  Request out;
  out.now = at("2026-06-01T12:00:00Z");
  out.action = action;
  return out;
}

Decision answer(const Policy& policy, const Request& request) { return decide(program(policy), request); }

// --- Default deny, prohibition wins, actions. ---

//= I-3 type=test
//= TC609-6-2025-15#behaviour-check type=test
TEST(Decide, DeniesByDefault) {
  const Program nothing = program(with({}, {rule("sell")}));
  const Request request = ask("read");
  const Decision decision = decide(nothing, request);
  EXPECT_EQ(decision.effect, Effect::kDeny);
  EXPECT_EQ(decision.denied_by, DeniedBy::kDefault);
  EXPECT_THAT(why(nothing, request, decision), HasSubstr("No rule permits that it be read"));
  EXPECT_EQ(decide(Program(), request).denied_by, DeniedBy::kDefault);
}

//= I-4 type=test
TEST(Decide, AllowsWhatIsPermittedAndNamesTheRule) {
  const Program terms = program(with({rule("read")}));
  const Request request = ask("read");
  const Decision decision = decide(terms, request);
  ASSERT_TRUE(decision.allowed());
  EXPECT_EQ(decision.denied_by, DeniedBy::kNothing);
  EXPECT_TRUE(decision.findings.empty());
  const auto said = reasons(terms, request, decision);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].rule, "urn:p#permission-1");
  EXPECT_EQ(said[0].why.zh, "规则 urn:p#permission-1 允许读取。");
}

//= ODRL-2.2#conflict type=test
TEST(Decide, ProhibitionBeatsPermission) {
  const Program terms = program(with({rule("use")}, {rule("distribute")}));
  const Request request = ask("distribute");
  const Decision decision = decide(terms, request);
  EXPECT_EQ(decision.denied_by, DeniedBy::kProhibition);
  EXPECT_THAT(why(terms, request, decision), HasSubstr("Rule urn:p#prohibition-1 forbids it: may not be distributed"));
  EXPECT_TRUE(decide(terms, ask("read")).allowed());
}

//= ODRL-2.2#actions type=test
TEST(Decide, FollowsTheHierarchyOfActions) {
  EXPECT_TRUE(answer(with({rule("use")}), ask("extract")).allowed());       // extract < reproduce < use
  EXPECT_TRUE(answer(with({rule("use")}), ask(actions::kCompute)).allowed());
  EXPECT_FALSE(answer(with({rule("read")}), ask("use")).allowed());         // narrower does not give wider
  EXPECT_FALSE(answer(with({rule("use")}), ask("sell")).allowed());         // sell < transfer
  EXPECT_FALSE(answer(with({rule("extract")}, {rule("use")}), ask("extract")).allowed());
  EXPECT_TRUE(answer(with({rule("use")}), ask("idsc:READ")).allowed());
}

TEST(Decide, APermissionToUseIsNoneToPassOn) {
  for (const std::string_view passing_on : {"distribute", "grantUse", "nextPolicy", "urn:weir:tc609:export"}) {
    EXPECT_EQ(answer(with({rule("use")}), ask(passing_on)).denied_by, DeniedBy::kDefault);
    EXPECT_EQ(answer(with({rule(std::string(passing_on))}, {rule("use")}), ask(passing_on)).denied_by, DeniedBy::kProhibition);
  }
  EXPECT_TRUE(answer(with({rule("distribute")}), ask("distribute")).allowed());
  EXPECT_TRUE(answer(with({rule("distribute")}), ask("urn:weir:tc609:export")).allowed());
}

TEST(Decide, KnowsAnActionOutsideTheTablesByItsNameOnly) {
  EXPECT_TRUE(answer(with({rule("ex:frob")}), ask("ex:frob")).allowed());
  EXPECT_FALSE(answer(with({rule("use")}), ask("ex:frob")).allowed());
  EXPECT_EQ(answer(with({rule("ex:frob")}, {rule("use")}), ask("ex:frob")).effect, Effect::kDeny);
}

TEST(Decide, AProhibitionOfAnUnknownActionForbidsEverything) {
  const Program terms = program(with({rule("use")}, {rule("ex:train")}));
  const Request request = ask("read");
  const Decision decision = decide(terms, request);
  EXPECT_EQ(decision.denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why(terms, request, decision), HasSubstr("does not know what it forbids"));
  EXPECT_EQ(decide(terms, ask("ex:train")).denied_by, DeniedBy::kProhibition);
}

//= ODRL-2.2#inheritance type=test
TEST(Decide, APolicyThatInheritsFromOneNotHereDenies) {
  const Program terms = program(odrl(R"({"@id": "urn:p", "inheritFrom": "urn:other", "permission": [{"action": "use"}]})"));
  const Request request = ask("read");
  EXPECT_EQ(decide(terms, request).denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why(terms, request, decide(terms, request)), HasSubstr("inherits from another"));
}

// --- Targets and parties. ---

TEST(Decide, MatchesTargetAndAssignee) {
  Policy terms = with({rule("read")});
  terms = make_agreement(terms, "urn:a", "urn:data", "urn:provider", "urn:consumer");
  Request request = ask("read");
  EXPECT_EQ(answer(terms, request).denied_by, DeniedBy::kUnknown);  // neither is known
  request.product = "urn:data";
  request.participant = "urn:consumer";
  EXPECT_TRUE(answer(terms, request).allowed());
  request.participant = "urn:other";
  EXPECT_EQ(answer(terms, request).denied_by, DeniedBy::kDefault);
  request.participant = "urn:consumer";
  request.product = "urn:other";
  EXPECT_EQ(answer(terms, request).denied_by, DeniedBy::kDefault);
}

TEST(Decide, AProhibitionOfAnUnknownPartyCountsAsApplying) {
  Policy terms = with({rule("read")}, {rule("read")});
  terms.prohibitions[0].assignees = {Entity{.id = "urn:evil", .types = {}, .refinements = {}, .extra = {}}};
  Request request = ask("read");
  EXPECT_EQ(answer(terms, request).denied_by, DeniedBy::kUnknown);
  request.participant = "urn:good";
  EXPECT_TRUE(answer(terms, request).allowed());
  request.participant = "urn:evil";
  EXPECT_EQ(answer(terms, request).denied_by, DeniedBy::kProhibition);
}

// --- One constraint at a time: operator by operand. ---

struct Case {
  std::string_view left;
  Operator op;
  std::vector<std::string> right;
  std::optional<bool> holds;  // nothing: cannot be evaluated
  void (*fill)(Request&);
};

void nothing(Request&) {}

class Constraints : public ::testing::TestWithParam<Case> {};

std::vector<std::int64_t> g_counters;  // what the case put in, for every counter

TEST_P(Constraints, Decide) {
  const Case& given = GetParam();
  Constraint one = constraint(std::string(given.left), given.op, given.right);
  one.right_is_list = given.right.size() != 1;
  for (const RuleKind kind : {RuleKind::kPermission, RuleKind::kProhibition}) {
    const bool prohibits = kind == RuleKind::kProhibition;
    const Program terms =
        program(prohibits ? with({rule("use")}, {rule("use", {one})}) : with({rule("use", {one})}));
    Request request = ask("use");
    g_counters.clear();
    given.fill(request);
    request.counters = g_counters;
    const Decision decision = decide(terms, request);
    const std::string said = why(terms, request, decision);
    if (prohibits) {
      EXPECT_EQ(decision.allowed(), given.holds == false) << said;
    } else {
      EXPECT_EQ(decision.allowed(), given.holds == true) << said;
    }
    if (!given.holds) {
      EXPECT_EQ(decision.denied_by, DeniedBy::kUnknown) << said;
      EXPECT_THAT(said, HasSubstr(std::string(given.left)));  // the reason names the operand
    }
  }
}

constexpr auto kTwoUsed = [](Request& r) { g_counters = {2}; r.bytes = 100; };
constexpr auto kNow = +[](Request&) {};
constexpr auto kResearch = [](Request& r) { r.purpose = "research/medical"; };
constexpr auto kXiamen = [](Request& r) { r.region = "350200"; };
constexpr auto kLan = [](Request& r) { r.address = "10.1.2.3"; };
constexpr auto kUsedInMay = [](Request&) { g_counters = {1777593600000}; };  // 2026-05-01
constexpr auto kTee = [](Request& r) { r.environment = "tee"; };
constexpr auto kApp = [](Request& r) { r.application = "app"; r.application_hash = "ab12"; };

INSTANTIATE_TEST_SUITE_P(
    Table, Constraints,
    ::testing::Values(
        // count: this use is counted in
        Case{"count", Operator::kLteq, {"3"}, true, kTwoUsed}, Case{"count", Operator::kLteq, {"2"}, false, kTwoUsed},
        Case{"count", Operator::kLt, {"3"}, false, kTwoUsed}, Case{"count", Operator::kGt, {"2"}, true, kTwoUsed},
        Case{"count", Operator::kIsAnyOf, {"3", "5"}, true, kTwoUsed}, Case{"count", Operator::kLteq, {"3"}, std::nullopt, nothing},
        Case{"count", Operator::kLteq, {"many"}, std::nullopt, kTwoUsed}, Case{"count", Operator::kIsPartOf, {"3"}, std::nullopt, kTwoUsed},
        Case{"count", Operator::kLteq, {"3/day"}, true, kTwoUsed},
        Case{"urn:weir:tc609:frequency", Operator::kLteq, {"2/PT1H"}, false, kTwoUsed},
        Case{"urn:weir:tc609:frequency", Operator::kLteq, {"3"}, std::nullopt, kTwoUsed},
        // volume
        Case{"urn:weir:tc609:dataSize", Operator::kLteq, {"102"}, true, kTwoUsed},
        Case{"urn:weir:tc609:dataSize", Operator::kLteq, {"101"}, false, kTwoUsed},
        Case{"urn:weir:tc609:dataSize", Operator::kLteq, {"1 KiB"}, true, kTwoUsed},
        Case{"urn:weir:tc609:dataSize", Operator::kLteq, {"1 KiB"}, std::nullopt, +[](Request&) { g_counters = {2}; }},
        // time: now is 2026-06-01T12:00Z
        Case{"dateTime", Operator::kLt, {"2026-06-01"}, false, kNow}, Case{"dateTime", Operator::kLteq, {"2026-06-01"}, true, kNow},
        Case{"dateTime", Operator::kGt, {"2026-06-01"}, false, kNow}, Case{"dateTime", Operator::kGteq, {"2026-06-01"}, true, kNow},
        Case{"dateTime", Operator::kEq, {"2026-06-01"}, true, kNow}, Case{"dateTime", Operator::kNeq, {"2026-06-01"}, false, kNow},
        Case{"dateTime", Operator::kLteq, {"2026-06-01T12:00:00Z"}, true, kNow},
        Case{"dateTime", Operator::kLteq, {"2026-06-01T19:59:59+08:00"}, false, kNow},
        Case{"dateTime", Operator::kIsPartOf, {"2026-05-01/2026-06-01"}, true, kNow},
        Case{"dateTime", Operator::kIsPartOf, {"20260501000000", "20260531235959"}, false, kNow},
        Case{"dateTime", Operator::kLt, {"tomorrow"}, std::nullopt, kNow},
        // lengths of time
        Case{"elapsedTime", Operator::kEq, {"P1M"}, false, kUsedInMay}, Case{"elapsedTime", Operator::kLteq, {"P2M"}, true, kUsedInMay},
        Case{"elapsedTime", Operator::kLteq, {"P1D"}, true, +[](Request&) { g_counters = {0}; }},
        Case{"elapsedTime", Operator::kGt, {"P31D"}, true, kUsedInMay}, Case{"elapsedTime", Operator::kNeq, {"P1D"}, std::nullopt, kUsedInMay},
        Case{"timeInterval", Operator::kGteq, {"P1M"}, true, kUsedInMay}, Case{"timeInterval", Operator::kEq, {"P32D"}, false, kUsedInMay},
        Case{"delayPeriod", Operator::kGteq, {"P7D"}, true, +[](Request& r) { r.agreed_at = at("2026-05-01"); }},
        Case{"delayPeriod", Operator::kGteq, {"P7D"}, false, +[](Request& r) { r.agreed_at = at("2026-05-30"); }},
        Case{"delayPeriod", Operator::kGteq, {"P7D"}, std::nullopt, nothing},
        // sets and paths
        Case{"purpose", Operator::kEq, {"research"}, false, kResearch}, Case{"purpose", Operator::kIsA, {"research"}, true, kResearch},
        Case{"purpose", Operator::kIsPartOf, {"marketing", "research"}, true, kResearch},
        Case{"purpose", Operator::kIsAnyOf, {"marketing", "research"}, false, kResearch},
        Case{"purpose", Operator::kIsNoneOf, {"marketing"}, true, kResearch}, Case{"purpose", Operator::kNeq, {"marketing"}, true, kResearch},
        Case{"purpose", Operator::kLt, {"research"}, std::nullopt, kResearch}, Case{"purpose", Operator::kEq, {"research"}, std::nullopt, nothing},
        // regions and addresses
        Case{"spatial", Operator::kEq, {"350000"}, true, kXiamen}, Case{"spatial", Operator::kIsPartOf, {"35"}, true, kXiamen},
        Case{"spatial", Operator::kEq, {"350100"}, false, kXiamen}, Case{"spatial", Operator::kIsNoneOf, {"35"}, false, kXiamen},
        Case{"virtualLocation", Operator::kIsA, {"10.0.0.0/8"}, true, kLan}, Case{"virtualLocation", Operator::kIsAnyOf, {"10.1.2.4", "10.1.2.3"}, true, kLan},
        Case{"virtualLocation", Operator::kEq, {"10.1.2.0/28"}, true, kLan}, Case{"virtualLocation", Operator::kIsNoneOf, {"::/0"}, false, kLan},
        Case{"virtualLocation", Operator::kIsA, {"2001:db8::/32"}, false, kLan}, Case{"virtualLocation", Operator::kIsA, {"host.example"}, std::nullopt, kLan},
        Case{"virtualLocation", Operator::kIsA, {"10.0.0.0/8"}, std::nullopt, +[](Request& r) { r.address = "not an address"; }},
        // environments, applications
        Case{"urn:weir:tc609:executionEnv", Operator::kIsA, {"05"}, true, kTee}, Case{"urn:weir:tc609:executionEnv", Operator::kIsAnyOf, {"sandbox", "mpc"}, false, kTee},
        Case{"urn:weir:tc609:application", Operator::kEq, {"app"}, true, kApp}, Case{"urn:weir:tc609:application", Operator::kEq, {"app@ab12"}, true, kApp},
        Case{"urn:weir:tc609:application", Operator::kEq, {"app@ff00"}, false, kApp},
        // payments: 5.00 received
        Case{"payAmount", Operator::kEq, {"5.00"}, true, +[](Request&) { g_counters = {50000}; }},
        Case{"payAmount", Operator::kGteq, {"5.01"}, false, +[](Request&) { g_counters = {50000}; }},
        // not evaluable here at all
        Case{"ex:moonPhase", Operator::kEq, {"full"}, std::nullopt, nothing}, Case{"urn:weir:tc609:valueExpression", Operator::kEq, {"a>1"}, std::nullopt, nothing},
        Case{"meteredTime", Operator::kLteq, {"PT1H"}, std::nullopt, nothing}));

TEST(Decide, ReadsOperandsInNoTableFromAttributes) {
  const Program terms = program(with({rule("use", {constraint("ex:moonPhase", Operator::kEq, "full")})}));
  Request request = ask("use");
  const std::pair<std::string_view, std::string_view> full[] = {{"ex:moonPhase", "full"}};
  request.attributes = full;
  EXPECT_TRUE(decide(terms, request).allowed());
}

TEST(Decide, SeveralFieldsAreReadSoThatMoreIsDenied) {
  const std::string_view some[] = {"name", "age"};
  const std::string_view more[] = {"name", "salary"};
  const Constraint listed = constraint("urn:weir:tc609:dataField", Operator::kIsAnyOf, std::vector<std::string>{"name", "age"});
  Request request = ask("read");
  request.fields = some;
  EXPECT_TRUE(answer(with({rule("read", {listed})}), request).allowed());
  request.fields = more;
  EXPECT_FALSE(answer(with({rule("read", {listed})}), request).allowed());                 // salary is not listed
  EXPECT_FALSE(answer(with({rule("read")}, {rule("read", {listed})}), request).allowed()); // name is forbidden
}

TEST(Decide, ARateBesideItsWindowIsOneRate) {
  const Program terms = program(with({rule("use", {constraint("count", Operator::kLteq, "10000/day"),
                                                   constraint("elapsedTime", Operator::kEq, "P1D")})}));
  Request request = ask("use");
  std::vector<std::int64_t> counters(terms.counters().size(), 5);
  request.counters = counters;
  EXPECT_TRUE(decide(terms, request).allowed()) << why(terms, request, decide(terms, request));
  EXPECT_EQ(terms.counters()[0].key(), "uses/P1D");
}

// --- Trees: what is not known spreads unless the rest settles it. ---

//= ODRL-2.2#constraints type=test
TEST(Decide, TreesFollowThreeValuedLogic) {
  const Constraint yes = constraint("dateTime", Operator::kGt, "2020-01-01");
  const Constraint no = constraint("dateTime", Operator::kLt, "2020-01-01");
  const Constraint unknown = constraint("ex:x", Operator::kEq, "1");
  const auto tree = [](ConstraintKind kind, std::vector<Constraint> parts) {
    Constraint out;
    out.kind = kind;
    out.parts = std::move(parts);
    return out;
  };
  const auto by = [&](const Constraint& one) { return answer(with({rule("use", {one})}), ask("use")); };
  EXPECT_TRUE(by(tree(ConstraintKind::kAnd, {yes, yes})).allowed());
  EXPECT_EQ(by(tree(ConstraintKind::kAnd, {yes, no})).denied_by, DeniedBy::kConstraint);
  EXPECT_EQ(by(tree(ConstraintKind::kAnd, {yes, unknown})).denied_by, DeniedBy::kUnknown);
  EXPECT_TRUE(by(tree(ConstraintKind::kOr, {unknown, yes})).allowed());
  EXPECT_EQ(by(tree(ConstraintKind::kOr, {unknown, no})).denied_by, DeniedBy::kUnknown);
  EXPECT_TRUE(by(tree(ConstraintKind::kXone, {no, yes})).allowed());
  EXPECT_FALSE(by(tree(ConstraintKind::kXone, {yes, yes})).allowed());
  EXPECT_EQ(by(tree(ConstraintKind::kXone, {yes, unknown})).denied_by, DeniedBy::kUnknown);
  EXPECT_TRUE(by(tree(ConstraintKind::kAndSequence, {yes, yes})).allowed());
  EXPECT_TRUE(by(all_of({any_of({no, yes}), yes})).allowed());
}

TEST(Decide, AProhibitionThatCannotBeEvaluatedCountsAsApplying) {
  const Program terms = program(with({rule("use")}, {rule("use", {constraint("ex:x", Operator::kEq, "1")})}));
  const Request request = ask("use");
  const Decision decision = decide(terms, request);
  EXPECT_EQ(decision.denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why(terms, request, decision), HasSubstr("'ex:x', so it counts as forbidding"));
}

TEST(Decide, SaysHowFarAwayAPermissionIs) {
  const Program terms = program(with({rule("use", {constraint("count", Operator::kLteq, "3"),
                                                   constraint("purpose", Operator::kEq, "research")})}));
  Request request = ask("use");
  const std::int64_t used[] = {3};
  request.counters = used;
  request.purpose = "marketing";
  const Decision decision = decide(terms, request);
  EXPECT_EQ(decision.denied_by, DeniedBy::kConstraint);
  EXPECT_EQ(why(terms, request, decision),
            "Rule urn:p#permission-1 permits it only at most 3 times; this would be use number 4.\n"
            "Rule urn:p#permission-1 permits it only for the purpose research; it is marketing.\n");
}

// --- Duties. ---

TEST(Decide, AnOpenPreconditionMakesTheAnswerConditional) {
  Policy terms = with({rule("use")});
  terms.permissions[0].duties = {rule("compensate", {constraint("payAmount", Operator::kEq, "5.00", "xsd:decimal")}),
                                 rule("delete", {constraint("elapsedTime", Operator::kLteq, "P7D")})};
  const Program compiled = program(terms);
  Request request = ask("use");
  const Decision first = decide(compiled, request);
  EXPECT_EQ(first.effect, Effect::kAllowIf);
  EXPECT_TRUE(consumption(compiled, request, first).empty());
  const auto owed = obligations(compiled, first);
  ASSERT_EQ(owed.size(), 2u);
  EXPECT_EQ(owed[0].id, "urn:p#permission-1/duty-1");
  EXPECT_EQ(owed[0].when, Timing::kBefore);
  EXPECT_FALSE(owed[0].met);
  EXPECT_EQ(owed[1].when, Timing::kAfter);
  EXPECT_EQ(due_time(owed[1], request.now), at("2026-06-08T12:00:00Z"));
  EXPECT_THAT(why(compiled, request, first), HasSubstr("First it must be paid for for 5.00"));

  const std::string_view done[] = {"urn:p#permission-1/duty-1"};
  request.fulfilled = done;
  const Decision second = decide(compiled, request);
  EXPECT_TRUE(second.allowed());
  EXPECT_TRUE(obligations(compiled, second)[0].met);
}

TEST(Decide, APermissionWithoutPreconditionsIsPreferred) {
  Policy terms = with({rule("use"), rule("read")});
  terms.permissions[0].duties = {rule("compensate")};
  const Decision decision = answer(terms, ask("read"));
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.permission, 1);
}

TEST(Decide, AnUnknownDutyStopsTheUse) {
  Policy terms = with({rule("use")});
  terms.permissions[0].duties = {rule("ex:dance")};
  EXPECT_EQ(answer(terms, ask("use")).effect, Effect::kAllowIf);
}

TEST(Decide, ObligationsOfThePolicyGoWithEveryAllowedUse) {
  const Program terms = program(with({rule("use")}, {}, {rule(std::string(actions::kLog)), rule("inform")}));
  const Decision decision = decide(terms, ask("read"));
  ASSERT_TRUE(decision.allowed());
  const auto owed = obligations(terms, decision);
  ASSERT_EQ(owed.size(), 2u);
  EXPECT_EQ(owed[0].id, "urn:p#obligation-1");
  EXPECT_EQ(owed[0].when, Timing::kDuring);
}

TEST(Decide, DataThatHadToBeDeletedCannotBeUsed) {
  const Policy terms = odrl(test::read_file(test::vectors() + "ids/pc12-odrl-delete-data-example2.json"));
  Request request = ask("use");
  request.product = "http://example.com/ids/data/789";
  request.participant = "http://example.com/ids/party/456";
  request.now = at("2023-09-30");
  EXPECT_TRUE(answer(terms, request).allowed());
  request.now = at("2023-10-02");
  const Decision late = answer(terms, request);
  EXPECT_EQ(late.denied_by, DeniedBy::kConstraint);
  EXPECT_THAT(why(program(terms), request, late), HasSubstr("had to be deleted"));
}

TEST(Decide, FindsConsequencesAndRemediesById) {
  Policy terms = with({rule("use")}, {rule("distribute")});
  terms.permissions[0].duties = {rule("delete")};
  terms.permissions[0].duties[0].consequences = {rule("compensate")};
  terms.prohibitions[0].remedies = {rule("inform")};
  const Program compiled = program(terms);
  const auto duty = find_obligation(compiled, "urn:p#permission-1/duty-1");
  ASSERT_TRUE(duty.has_value());
  ASSERT_EQ(duty->consequences.size(), 1u);
  EXPECT_EQ(find_obligation(compiled, duty->consequences[0])->action, "compensate");
  EXPECT_EQ(find_obligation(compiled, "urn:p#prohibition-1/remedy-1")->action, "inform");
  EXPECT_FALSE(find_obligation(compiled, "urn:none").has_value());
}

// --- Counters. ---

TEST(Decide, ConsumesTheCountersOfTheRuleThatAllowed) {
  const Program terms = program(with({rule("read", {constraint("count", Operator::kLteq, "1")}),
                                      rule("read", {constraint("count", Operator::kLteq, "5"),
                                                    constraint("elapsedTime", Operator::kLteq, "P1D")})}));
  ASSERT_EQ(terms.counters().size(), 3u);
  Request request = ask("read");
  const std::int64_t used[] = {1, 0, 0};
  request.counters = used;
  const Decision decision = decide(terms, request);
  ASSERT_TRUE(decision.allowed());
  const auto spent = consumption(terms, request, decision);
  ASSERT_EQ(spent.size(), 2u);
  EXPECT_EQ(spent[0].counter, 1);
  EXPECT_EQ(spent[0].value, 1);
  EXPECT_EQ(spent[1].counter, 2);
  EXPECT_EQ(spent[1].value, request.now.value());
}

TEST(Decide, AProhibitionCountsTheUsesItWatches) {
  const Program terms = program(with({rule("read")}, {rule("read", {constraint("count", Operator::kGt, "2")})}));
  Request request = ask("read");
  const std::int64_t used[] = {1};
  request.counters = used;
  const Decision decision = decide(terms, request);
  ASSERT_TRUE(decision.allowed());
  EXPECT_EQ(consumption(terms, request, decision).size(), 1u);
  const std::int64_t spent[] = {2};
  request.counters = spent;
  EXPECT_EQ(decide(terms, request).denied_by, DeniedBy::kProhibition);
}

TEST(Decide, NegativeAmountsAreDenied) {
  Request request = ask("read");
  request.uses = -1;
  EXPECT_FALSE(answer(with({rule("read")}), request).allowed());
  request.uses = 1;
  request.bytes = -1;
  EXPECT_FALSE(answer(with({rule("read")}), request).allowed());
}

// --- Compiling: limits and mistakes. ---

TEST(Compile, RefusesTwoRulesOfOneId) {
  Policy terms = with({rule("read"), rule("use")});
  terms.permissions[0].id = terms.permissions[1].id = "urn:r";
  const auto compiled = compile(terms);
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.error().reason(), "policy.duplicate_rule");
}

TEST(Compile, RefusesMoreThanItsLimits) {
  EXPECT_EQ(compile(with(std::vector<Rule>(257, rule("read")))).error().reason(), "policy.too_large");
  Policy dutiful = with({rule("read")});
  dutiful.permissions[0].duties = std::vector<Rule>(17, rule("delete"));
  EXPECT_EQ(compile(dutiful).error().reason(), "policy.too_large");
  EXPECT_EQ(compile(with({rule("read")}, {}, std::vector<Rule>(33, rule("delete")))).error().reason(), "policy.too_large");
  Constraint deep = constraint("count", Operator::kEq, "1");
  for (int i = 0; i < 17; ++i) deep = all_of({deep});
  EXPECT_EQ(compile(with({rule("read", {deep})})).error().reason(), "policy.too_large");
}

TEST(Compile, SeveralPoliciesDecideTogether) {
  Policy other = with({}, {rule("distribute")});
  other.id = "urn:law";
  const Policy both[] = {with({rule("use")}), other};
  const auto compiled = compile(both);
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(decide(*compiled, ask("distribute")).denied_by, DeniedBy::kProhibition);
}

//= TC609-6-2025-15#evidence type=test
TEST(Decide, WritesItselfAsJsonForEvidence) {
  const Program terms = program(with({rule("use")}, {rule("distribute")}));
  const Request request = ask("distribute");
  const wire::Json said = to_json(terms, request, decide(terms, request));
  EXPECT_EQ(said["effect"].as_string(), "deny");
  EXPECT_EQ(said["denied_by"].as_string(), "prohibition");
  EXPECT_EQ(said["reasons"].items()[0]["rule"].as_string(), "urn:p#prohibition-1");
}

}  // namespace
}  // namespace weir::policy
