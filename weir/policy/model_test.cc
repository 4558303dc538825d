// SPDX-License-Identifier: Apache-2.0
// ODRL's information model, construct by construct: evaluated, or denied with a reason; nothing is left out of account.
#include <gmock/gmock.h>

#include "weir/crypto/suite.h"
#include "weir/policy/explain.h"
#include "weir/policy/inherit.h"
#include "weir/policy/report.h"
#include "weir/policy/test_help.h"
#include "weir/policy/validate.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using test::odrl;
using test::program;
using test::why;
using ::testing::HasSubstr;

using Stated = std::vector<std::pair<std::string_view, std::string_view>>;

Policy permitting(Constraint constraint) {
  Policy out;
  out.permissions.push_back(rule("use", {std::move(constraint)}));
  return out;
}

Decision decide_with(const Program& terms, const Stated& stated, std::string_view action = "use") {
  Request request;
  request.now = test::at("2026-06-01T12:00:00Z");
  request.action = action;
  request.product = "urn:p";
  request.participant = "urn:c";
  request.attributes = stated;
  const std::vector<std::int64_t> counters(terms.counters().size(), 0);
  request.counters = counters;
  return decide(terms, request);
}

std::string why_with(const Program& terms, const Stated& stated, std::string_view action = "use") {
  Request request;
  request.now = test::at("2026-06-01T12:00:00Z");
  request.action = action;
  request.product = "urn:p";
  request.participant = "urn:c";
  request.attributes = stated;
  const std::vector<std::int64_t> counters(terms.counters().size(), 0);
  request.counters = counters;
  return why(terms, request, decide(terms, request));
}

bool has(const std::vector<Problem>& problems, std::string_view slug, Severity severity) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& each) { return each.slug == slug && each.severity == severity; });
}

// --- Left operands ---

struct LeftOperand {
  std::string_view name;
  std::string_view value;  // a right operand of `eq`
  std::string_view other;  // a value that does not meet it; empty: it is no matter of what the request states
};

void PrintTo(const LeftOperand& each, std::ostream* out) { *out << each.name; }

// All 34 of the ODRL 2.2 vocabulary.
constexpr LeftOperand kLeftOperands[] = {
    {"absolutePosition", "10-20", "30"},
    {"absoluteSize", "100", "101"},
    {"absoluteSpatialPosition", "0,0", "1,1"},
    {"absoluteTemporalPosition", "00:10", "00:20"},
    {"count", "1", ""},
    {"dateTime", "2026-06-01", ""},
    {"delayPeriod", "P1D", ""},
    {"deliveryChannel", "03", "01"},
    {"device", "urn:d:1", "urn:d:2"},
    {"elapsedTime", "P1D", ""},
    {"event", "fair", "wake"},
    {"fileFormat", "text/csv", "text/html"},
    {"industry", "health", "finance"},
    {"language", "zh", "en"},
    {"media", "print", "web"},
    {"meteredTime", "PT30M", "PT31M"},
    {"payAmount", "0", ""},
    {"percentage", "10", "11"},
    {"product", "shop", "game"},
    {"purpose", "research", "sale"},
    {"recipient", "urn:r:1", "urn:r:2"},
    {"relativePosition", "50", "51"},
    {"relativeSize", "50", "50.5"},
    {"relativeSpatialPosition", "5,5", "6,6"},
    {"relativeTemporalPosition", "20", "21"},
    {"resolution", "300", "1200"},
    {"spatial", "35", "44"},
    {"spatialCoordinates", "24.4,118.1", "0,0"},
    {"system", "urn:s:1", "urn:s:2"},
    {"systemDevice", "urn:s:1", "urn:s:2"},
    {"timeInterval", "P1D", ""},
    {"unitOfCount", "perUser", "perDevice"},
    {"version", "2", "3"},
    {"virtualLocation", "10.0.0.1", "10.0.0.2"},
};
static_assert(std::size(kLeftOperands) == 34);

class LeftOperands : public ::testing::TestWithParam<LeftOperand> {};

TEST_P(LeftOperands, AreEvaluatedOrDeniedWithAReasonThatNamesThem) {
  const LeftOperand& given = GetParam();
  const OperandTerm* term = find_operand(given.name);
  ASSERT_NE(term, nullptr);
  EXPECT_EQ(term->name, given.name);
  const Policy policy = permitting(constraint(std::string(given.name), Operator::kEq, std::string(given.value)));
  EXPECT_TRUE(check(policy).ok());
  const Program terms = program(policy);
  Request nothing;
  nothing.action = "use";
  nothing.now = test::at("2026-06-01");
  const Decision blind = decide(terms, nothing);
  if (given.name != "dateTime") {
    EXPECT_EQ(blind.denied_by, DeniedBy::kUnknown);
    EXPECT_THAT(why(terms, nothing, blind), HasSubstr(given.name));
  }
  if (given.other.empty()) {
    EXPECT_TRUE(term->counted || given.name == "dateTime" || given.name == "delayPeriod");
    return;
  }
  EXPECT_TRUE(decide_with(terms, {{given.name, given.value}}).allowed());
  EXPECT_EQ(decide_with(terms, {{given.name, given.other}}).denied_by, DeniedBy::kConstraint);
}

INSTANTIATE_TEST_SUITE_P(All34, LeftOperands, ::testing::ValuesIn(kLeftOperands),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(LeftOperands, ANumberInAnotherUnitIsNotCompared) {
  Constraint dpi = constraint("resolution", Operator::kLteq, "1200", "xsd:integer");
  dpi.unit = "http://dbpedia.org/resource/Dots_per_inch";
  const Program terms = program(permitting(dpi));
  EXPECT_TRUE(decide_with(terms, {{"resolution", "600 Dots_per_inch"}}).allowed());
  EXPECT_TRUE(decide_with(terms, {{"resolution", "600 http://dbpedia.org/resource/Dots_per_inch"}}).allowed());
  EXPECT_EQ(decide_with(terms, {{"resolution", "600"}}).denied_by, DeniedBy::kUnknown);
  EXPECT_EQ(decide_with(terms, {{"resolution", "600 Pixels"}}).denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why_with(terms, {}), HasSubstr("in http://dbpedia.org/resource/Dots_per_inch"));
}

TEST(LeftOperands, SeveralStatedValuesAreReadSoThatMoreIsDenied) {
  const Constraint tame = constraint("industry", Operator::kIsAnyOf, std::vector<std::string>{"health", "sport"});
  const Program terms = program(permitting(tame));
  EXPECT_TRUE(decide_with(terms, {{"industry", "health"}, {"industry", "sport"}}).allowed());
  EXPECT_FALSE(decide_with(terms, {{"industry", "health"}, {"industry", "war"}}).allowed());
  Policy closed = permitting(constraint("industry", Operator::kNeq, "x"));
  closed.prohibitions.push_back(rule("use", {tame}));
  EXPECT_EQ(decide_with(program(closed), {{"industry", "war"}, {"industry", "sport"}}).denied_by,
            DeniedBy::kProhibition);
}

TEST(LeftOperands, AStatusIsNeverLeftOutOfAccount) {
  const Policy policy = odrl(R"({"permission": [{"action": "use", "constraint": [
    {"leftOperand": "count", "operator": "lteq", "rightOperand": "9", "status": "8"}]}]})");
  EXPECT_EQ(decide_with(program(policy), {}).denied_by, DeniedBy::kUnknown);
  EXPECT_TRUE(has(validate(policy), "policy.status", Severity::kWarning));
}

// --- Operators ---

TEST(Operators, HasPartAsksWhetherTheValueOfTheRequestIsTheWhole) {
  const Program path = program(permitting(constraint("purpose", Operator::kHasPart, "research/medical")));
  EXPECT_TRUE(decide_with(path, {{"purpose", "research"}}).allowed());
  EXPECT_FALSE(decide_with(path, {{"purpose", "research/medical/cancer"}}).allowed());
  const Program region = program(permitting(constraint("spatial", Operator::kHasPart, "350200")));
  EXPECT_TRUE(decide_with(region, {{"spatial", "35"}}).allowed());
  EXPECT_FALSE(decide_with(region, {{"spatial", "350203"}}).allowed());
  const Program net = program(permitting(constraint("virtualLocation", Operator::kHasPart, "10.1.0.0/16")));
  EXPECT_TRUE(decide_with(net, {{"virtualLocation", "10.0.0.0/8"}}).allowed());
  EXPECT_FALSE(decide_with(net, {{"virtualLocation", "10.1.2.3"}}).allowed());
}

TEST(Operators, AllTwelveDecideAText) {
  const std::tuple<Operator, std::vector<std::string>, std::vector<std::string_view>, bool> kCases[] = {
      {Operator::kEq, {"a"}, {"a"}, true},
      {Operator::kEq, {"a"}, {"b"}, false},
      {Operator::kNeq, {"a"}, {"b"}, true},
      {Operator::kNeq, {"a"}, {"a"}, false},
      {Operator::kIsA, {"a"}, {"a/x"}, true},
      {Operator::kIsA, {"a/x"}, {"a"}, false},
      {Operator::kHasPart, {"a/x"}, {"a"}, true},
      {Operator::kHasPart, {"a"}, {"a/x"}, false},
      {Operator::kIsPartOf, {"a"}, {"a/x"}, true},
      {Operator::kIsPartOf, {"b"}, {"a/x"}, false},
      {Operator::kIsAllOf, {"a", "b"}, {"b", "a"}, true},
      {Operator::kIsAllOf, {"a", "b"}, {"a"}, false},
      {Operator::kIsAnyOf, {"a", "b"}, {"b"}, true},
      {Operator::kIsAnyOf, {"a", "b"}, {"c"}, false},
      {Operator::kIsNoneOf, {"a", "b"}, {"c"}, true},
      {Operator::kIsNoneOf, {"a", "b"}, {"b"}, false},
  };
  for (const auto& [op, right, left, holds] : kCases) {
    const Program terms = program(permitting(constraint("industry", op, right)));
    Stated stated;
    for (const std::string_view each : left) stated.emplace_back("industry", each);
    EXPECT_EQ(decide_with(terms, stated).allowed(), holds) << name_of(op) << " " << right[0] << " " << left[0];
  }
  const std::tuple<Operator, std::string_view, bool> kOrdered[] = {
      {Operator::kLt, "4", true},    {Operator::kLt, "5", false},  {Operator::kLteq, "5", true},
      {Operator::kLteq, "6", false}, {Operator::kGt, "6", true},   {Operator::kGt, "5", false},
      {Operator::kGteq, "5", true},  {Operator::kGteq, "4", false}};
  for (const auto& [op, left, holds] : kOrdered) {
    EXPECT_EQ(decide_with(program(permitting(constraint("percentage", op, "5"))), {{"percentage", left}}).allowed(),
              holds)
        << name_of(op);
  }
}

// --- Logical constraints ---

TEST(LogicalConstraints, ASequenceHoldsInItsOrderOnly) {
  Constraint sequence;
  sequence.kind = ConstraintKind::kAndSequence;
  sequence.parts = {constraint("dateTime", Operator::kGteq, "2026-01-01"),
                    constraint("dateTime", Operator::kGteq, "2026-02-01")};
  EXPECT_TRUE(decide_with(program(permitting(sequence)), {}).allowed());
  std::swap(sequence.parts[0], sequence.parts[1]);
  EXPECT_EQ(decide_with(program(permitting(sequence)), {}).denied_by, DeniedBy::kConstraint);
  sequence.kind = ConstraintKind::kAnd;
  EXPECT_TRUE(decide_with(program(permitting(sequence)), {}).allowed());
}

TEST(LogicalConstraints, ExactlyOneOfSeveral) {
  Constraint one;
  one.kind = ConstraintKind::kXone;
  one.parts = {constraint("media", Operator::kEq, "web"), constraint("language", Operator::kEq, "zh")};
  const Program terms = program(permitting(one));
  EXPECT_TRUE(decide_with(terms, {{"media", "web"}, {"language", "en"}}).allowed());
  EXPECT_EQ(decide_with(terms, {{"media", "web"}, {"language", "zh"}}).denied_by, DeniedBy::kConstraint);
  EXPECT_EQ(decide_with(terms, {{"media", "web"}}).denied_by, DeniedBy::kUnknown);
}

// --- Collections ---

constexpr std::string_view kCollection = R"({"permission": [{"action": "use", "target":
  {"@type": "AssetCollection", "@id": "urn:all", "refinement": [
  {"leftOperand": "language", "operator": "eq", "rightOperand": "zh"}]}}]})";

TEST(Collections, MembershipIsKnownOrDenies) {
  const Program terms = program(odrl(kCollection));
  EXPECT_EQ(decide_with(terms, {{"language", "zh"}}).denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why_with(terms, {{"language", "zh"}}), HasSubstr("part of the collection"));
  EXPECT_TRUE(decide_with(terms, {{"language", "zh"}, {"partOf", "urn:all"}}).allowed());
  EXPECT_EQ(decide_with(terms, {{"language", "en"}, {"partOf", "urn:all"}}).denied_by, DeniedBy::kConstraint);
}

TEST(Collections, AProhibitionOfACollectionThatTheAssetMayBePartOfForbids) {
  const Policy policy = odrl(R"({"permission": [{"action": "use"}], "prohibition": [{"action": "use",
    "target": {"@type": ["AssetCollection"], "source": "urn:secret"}}]})");
  EXPECT_EQ(decide_with(program(policy), {}).denied_by, DeniedBy::kUnknown);
  EXPECT_EQ(decide_with(program(policy), {{"partOf", "urn:secret"}}).denied_by, DeniedBy::kProhibition);
  EXPECT_TRUE(decide_with(program(odrl(R"({"permission": [{"action": "use"}], "prohibition": [{"action": "use",
    "target": "urn:secret"}]})")),
                          {})
                  .allowed());  // one asset is not another
}

TEST(Collections, WhatThePolicySaysIsPartOfWhatIsKnownThroughAllLevels) {
  const Program terms = program(odrl(R"({"permission": [
    {"action": "use", "assignee": {"@type": "PartyCollection", "@id": "urn:union"}},
    {"action": "print", "target": "urn:q", "assignee": [
      {"@id": "urn:c", "@type": "Party", "odrl:partOf": {"@id": "urn:club"}},
      {"@id": "urn:club", "@type": "PartyCollection", "partOf": ["urn:other", "urn:union"]}]}]})"));
  EXPECT_TRUE(decide_with(terms, {}).allowed()) << why_with(terms, {});
}

// --- Conflict strategies ---

Policy clashing(std::string strategy) {
  Policy out;
  out.permissions.push_back(rule("print", {constraint("purpose", Operator::kEq, "press")}));
  out.prohibitions.push_back(rule("use"));
  out.conflict = std::move(strategy);
  return out;
}

TEST(ConflictStrategies, AProhibitionWinsUnlessThePolicyStatesAnother) {
  for (const std::string strategy : {"", "prohibit"}) {
    EXPECT_EQ(decide_with(program(clashing(strategy)), {{"purpose", "press"}}, "print").denied_by,
              DeniedBy::kProhibition);
  }
  const Program open = program(clashing("perm"));
  EXPECT_TRUE(decide_with(open, {{"purpose", "press"}}, "print").allowed());
  EXPECT_EQ(decide_with(open, {{"purpose", "party"}}, "print").denied_by, DeniedBy::kProhibition);
  EXPECT_EQ(decide_with(open, {}, "read").denied_by, DeniedBy::kProhibition);
  EXPECT_TRUE(check(clashing("perm")).ok());
}

TEST(ConflictStrategies, APolicyThatIsVoidIfItsRulesConflictDecidesNothing) {
  const Program empty = program(clashing("invalid"));
  EXPECT_EQ(decide_with(empty, {{"purpose", "press"}}, "print").denied_by, DeniedBy::kDefault);
  EXPECT_THAT(why_with(empty, {}, "print"), HasSubstr("void"));
  EXPECT_EQ(check(clashing("invalid")).error().reason(), "policy.void");
  Policy calm = clashing("invalid");
  calm.prohibitions[0] = rule("sell");
  EXPECT_TRUE(check(calm).ok());
  EXPECT_TRUE(decide_with(program(calm), {{"purpose", "press"}}, "print").allowed());
}

TEST(ConflictStrategies, AnUnknownStrategyIsRefused) {
  EXPECT_EQ(check(clashing("ex:majority")).error().reason(), "policy.void");
  EXPECT_EQ(decide_with(program(clashing("ex:majority")), {{"purpose", "press"}}, "print").effect, Effect::kDeny);
}

TEST(ConflictStrategies, SeveralPoliciesMustAllStateThatAPermissionWins) {
  Policy own = clashing("perm");
  own.id = "urn:1";
  Policy other;
  other.id = "urn:2";
  other.permissions.push_back(rule("use"));
  const Policy both[] = {own, other};
  const auto terms = compile(both);
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(decide_with(*terms, {{"purpose", "press"}}, "print").denied_by, DeniedBy::kProhibition);
}

// --- Inheritance ---

TEST(Inheritance, AChildHasTheRulesOfItsParentsAndTheirs) {
  const auto read = parse_odrl_document(test::json(R"({"@context": "http://www.w3.org/ns/odrl.jsonld", "@graph": [
    {"@type": "Offer", "@id": "urn:child", "inheritFrom": "urn:parent", "permission": [{"action": "print"}]},
    {"@type": "Set", "uid": "urn:parent", "odrl:inheritFrom": {"@id": "urn:grand"}, "assignee": "urn:c",
      "permission": [{"action": "read"}]},
    {"@type": "Set", "uid": "urn:grand", "action": "use", "prohibition": [{"constraint": [
      {"leftOperand": "purpose", "operator": "eq", "rightOperand": "war"}]}]}]})"));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->id, "urn:child");
  EXPECT_EQ(read->permissions.at(1).id, "urn:parent#permission-1");
  EXPECT_EQ(read->permissions.at(1).assignees.at(0).id, "urn:c");
  EXPECT_EQ(read->prohibitions.at(0).actions.at(0).name, "use");
  EXPECT_FALSE(has_term(read->extra, "inheritFrom"));
  EXPECT_TRUE(check(*read).ok());
  const Program terms = program(*read);
  EXPECT_TRUE(decide_with(terms, {{"purpose", "peace"}}, "read").allowed());
  EXPECT_EQ(decide_with(terms, {{"purpose", "war"}}, "print").denied_by, DeniedBy::kProhibition);
  EXPECT_EQ(*parse_odrl(to_odrl(*read)), *read);
}

TEST(Inheritance, AParentThatIsNotHereDeniesAndIsNamed) {
  Policy policy = odrl(
      R"({"@id": "urn:child", "inheritFrom": ["urn:far"], "conflict": "perm", "permission": [{"action": "use"}]})");
  const auto kept = inherit(policy, {});
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(decide_with(program(*kept), {}).denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why_with(program(*kept), {}), HasSubstr("inherits"));
  EXPECT_TRUE(has(validate(*kept), "policy.inherits", Severity::kWarning));
}

TEST(Inheritance, CirclesAndTwoStrategiesAreRefused) {
  const auto reason = [](std::string_view text) {
    const auto read = parse_odrl_document(test::json(text));
    return read ? std::string("read") : std::string(read.error().reason());
  };
  EXPECT_EQ(reason(R"({"@graph": [{"@id": "urn:a", "inheritFrom": "urn:a", "permission": [{"action": "use"}]}]})"),
            "policy.inheritance");
  EXPECT_EQ(reason(R"({"@graph": [{"@id": "urn:a", "inheritFrom": "urn:b", "permission": [{"action": "use"}]},
    {"@id": "urn:b", "inheritFrom": "urn:a", "permission": [{"action": "use"}]}]})"),
            "policy.inheritance");
  EXPECT_EQ(reason(R"({"@graph": [{"@id": "urn:a", "inheritFrom": "urn:b", "permission": [{"action": "use"}]},
    {"@id": "urn:b", "conflict": "perm", "permission": [{"action": "use"}]}]})"),
            "policy.inheritance");
  EXPECT_EQ(reason(R"({"@graph": [{"@id": "urn:a", "permission": [{"action": "use"}]},
    {"@id": "urn:b", "permission": [{"action": "use"}]}]})"),
            "policy.inheritance");
  EXPECT_EQ(reason(R"({"@graph": []})"), "policy.inheritance");
  EXPECT_EQ(reason(R"({"@graph": [7]})"), "policy.malformed");
}

// --- Terms that are not understood ---

TEST(UnknownTerms, AreRefusedAndNamed) {
  const std::string_view kDocuments[] = {
      R"({"permission": [{"action": "use", "constraints": [{"leftOperand": "count", "operator": "lteq",
        "rightOperand": "1"}]}]})",
      R"({"permission": [{"action": "use"}], "prohibitions": [{"action": "print"}]})",
      R"({"permission": [{"action": "use", "odrl:limit": 3}]})",
      R"({"permission": [{"action": {"rdf:value": {"@id": "use"}, "refinements": []}}]})",
      R"({"permission": [{"action": "use", "target": {"@id": "urn:p", "refine": []}}]})",
      R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq",
        "rightOperand": "1", "units": "x"}]}]})",
      R"({"permission": [{"action": "use", "duty": [{"action": "inform", "http://www.w3.org/ns/odrl/2/nosuch": "x"}]}]})",
  };
  for (const std::string_view document : kDocuments) {
    const Policy policy = odrl(document);
    EXPECT_TRUE(has(validate(policy), "policy.unknown_term", Severity::kError)) << document;
    EXPECT_EQ(*parse_odrl(to_odrl(policy)), policy);  // kept all the same: a stored one reads as it was signed
  }
}

TEST(UnknownTerms, RemarksAndPartyFunctionsAreNone) {
  const Policy policy =
      odrl(R"({"dc:creator": "me", "description": "ours", "timestamp": "2026-01-01T00:00:00Z", "permission": [
    {"action": "use", "ex:ref": 7, "duty": [{"action": "inform", "informedParty": "urn:x",
      "odrl:compensatedParty": "urn:y"}]}]})");
  EXPECT_FALSE(has(validate(policy), "policy.unknown_term", Severity::kError));
  for (const std::string folder : {"ids", "w3c", "dsp"}) {
    for (const std::string& file : test::files_in(folder)) {
      const auto read = parse_odrl(test::json(test::read_file(file)));
      if (!read) continue;
      EXPECT_TRUE(check(*read).ok()) << file;
    }
  }
}

// --- What is to be paid again and again ---

TEST(Payments, APeriodIsReadOrDenies) {
  const auto terms = [](std::string_view frequency) {
    return program(
        odrl(R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "payAmount", "operator": "eq",
      "rightOperand": "5.00", "unit": "EUR", "dc:frequency": )" +
             std::string(frequency) + "}]}]}"));
  };
  const Program rent = terms(R"({"@id": "freq:annual"})");
  ASSERT_EQ(rent.counters().size(), 1u);
  EXPECT_EQ(rent.counters()[0].window_text, "P1Y");
  EXPECT_EQ(terms(R"("http://purl.org/cld/freq/monthly")").counters()[0].window_text, "P1M");
  EXPECT_EQ(decide_with(terms(R"("now and then")"), {}).denied_by, DeniedBy::kUnknown);
}

// --- What was signed stays what it is ---

TEST(CanonicalHash, OfStoredPoliciesDoesNotChange) {
  const std::pair<std::string, std::string_view> kHashes[] = {
      {"ids/pc4-odrl-restrict-user-role-example2", "9a524eb095dcff41c282c9d0936f55e483b51962728fa7604b593e3bb25eaa8b"},
      {"ids/pc20-odrl-restrict-payment-rent-example2",
       "f9c13b12ec09bce50ad7c3d104b32b2c6d4489b93d2f2bc4b6219d84819fc13c"},
      {"ids/pc24-odrl-restrict-data-classification-example",
       "5f8e1c988e1c729e6ab0822a2975eb5ac3c1754c4d3397ad097474c6b893e610"},
      {"w3c/policyB1", "bef7f227d27b25703356b8ae168bd927805b37bfa7525e173cc27ba51acd3784"},
      {"w3c/policyC2", "bfe4c9a53b2969784dbe26763b1ab519bddee043b84f08dd3240608072deccd9"},
      {"dsp/contract-agreement-message-full", "0ff9e290d92f807d49da82b3f58fa018940e468c425b5a8c8d1b322a2270353e"},
  };
  for (const auto& [file, hash] : kHashes) {
    EXPECT_EQ(policy_hash(odrl(test::read_file(test::vectors() + file + ".json")), crypto::HashAlgorithm::kSha256),
              hash)
        << file;
  }
}

}  // namespace
}  // namespace weir::policy
