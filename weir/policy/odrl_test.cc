// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/odrl.h"

#include <gmock/gmock.h>

#include "weir/policy/test_help.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using test::json;
using test::odrl;
using ::testing::HasSubstr;

TEST(Odrl, ReadsAnOfferOfTheDataspaceProtocol) {
  const Policy policy = odrl(test::read_file(test::vectors() + "dsp/contract-offer-message.json"));
  EXPECT_EQ(policy.kind, PolicyKind::kOffer);
  EXPECT_EQ(policy.id, "urn:uuid:6bcea82e-c509-443d-ba8c-8eef25984c07");
  ASSERT_EQ(policy.permissions.size(), 1u);
  EXPECT_EQ(policy.permissions[0].actions[0].name, "use");
  EXPECT_EQ(policy.permissions[0].constraints[0].left, "dateTime");
  EXPECT_EQ(policy.permissions[0].constraints[0].op, Operator::kLteq);
}

TEST(Odrl, WritesWhatTheDataspaceProtocolSent) {
  for (const std::string& path : test::files_in("dsp")) {
    wire::Json given = json(test::read_file(path));
    const auto policy = parse_odrl(given);
    ASSERT_TRUE(policy.ok()) << path;
    EXPECT_EQ(to_odrl(*policy).canonical(), given.canonical()) << path;
  }
}

//= ODRL-2.2#rules type=test
TEST(Odrl, ReadsAllPolicyClassesOfTheIds) {
  std::size_t count = 0;
  for (const std::string& path : test::files_in("ids")) {
    const auto read = parse_odrl(json(test::read_file(path)));
    ASSERT_TRUE(read.ok()) << path << ": " << read.error().message();
    ++count;
    const auto again = parse_odrl(to_odrl(*read));
    ASSERT_TRUE(again.ok()) << path;
    EXPECT_EQ(*again, *read) << path;
    EXPECT_EQ(policy_hash(*again, crypto::HashAlgorithm::kSha256), policy_hash(*read, crypto::HashAlgorithm::kSha256));
    EXPECT_TRUE(compile(*read).ok()) << path;
  }
  EXPECT_GE(count, 33u);
}

TEST(Odrl, RefusesTheIdsExamplesThatArePublishedAsBrokenJson) {
  for (const std::string& path : test::files_in("ids-as-published")) {
    EXPECT_FALSE(wire::parse_json(test::read_file(path)).ok()) << path;
  }
}

//= ODRL-2.2#serialization type=test
TEST(Odrl, ReadsEveryWayOfWritingTheSame) {
  const Policy plain = odrl(R"({"@type": "Offer", "@id": "urn:p", "permission": [{"action": "read",
      "constraint": [{"leftOperand": "count", "operator": "lteq", "rightOperand": {"@value": "3", "@type": "xsd:integer"}}]}]})");
  EXPECT_EQ(plain, odrl(R"({"@type": "odrl:Offer", "uid": "urn:p", "odrl:permission": {"odrl:action": {"@id": "odrl:read"},
      "odrl:constraint": {"odrl:leftOperand": {"@id": "odrl:count"}, "odrl:operator": {"@id": "odrl:lteq"}, "odrl:rightOperand": 3}}})"));
  EXPECT_EQ(plain, odrl(R"({"@context": "x", "@type": ["http://www.w3.org/ns/odrl/2/Offer"], "@id": "urn:p",
      "permission": [{"@type": "Permission", "action": "http://www.w3.org/ns/odrl/2/read", "constraint": {"@list": [{
      "leftOperand": "count", "operator": "11", "rightOperand": {"@value": 3, "@type": "http://www.w3.org/2001/XMLSchema#integer"}}]}}]})"));
}

TEST(Odrl, KeepsWhatItDoesNotUnderstand) {
  const std::string text = R"({"@type": "Set", "@id": "urn:p", "permission": [{"action": [{"rdf:value": {"@id": "ex:frob"},
      "refinement": [{"leftOperand": "ex:a", "operator": "eq", "rightOperand": [{"@value": "x", "@language": "en"}, {"deep": [1]}],
      "ex:more": {"b": null}}]}], "ex:note": [1, 2], "duty": [{"action": "inform", "informedParty": "urn:x"}]}], "dc:creator": "me"})";
  const Policy policy = odrl(text);
  const wire::Json written = to_odrl(policy);
  EXPECT_EQ(written["dc:creator"].as_string(), "me");
  const wire::Json& rule = written["permission"].items()[0];
  EXPECT_EQ(rule["ex:note"].size(), 2u);
  EXPECT_EQ(rule["duty"].items()[0]["informedParty"].as_string(), "urn:x");
  EXPECT_EQ(rule["action"]["refinement"].items()[0]["rightOperand"].items()[1].dump(), R"({"deep":[1]})");
  EXPECT_TRUE(rule["action"]["refinement"].items()[0].has("ex:more"));
  EXPECT_EQ(odrl(written.dump()), policy);
}

TEST(Odrl, SplitsRulesForTheSchemaOfTheDataspaceProtocol) {
  const Policy policy = odrl(R"({"@id": "urn:p", "permission": [{"action": ["read", "print"]}, {"action": "use"}]})");
  const Policy split = one_action_a_rule(policy);
  ASSERT_EQ(split.permissions.size(), 3u);
  EXPECT_EQ(split.permissions[0].id, "urn:p#permission-1/1");
  EXPECT_EQ(split.permissions[1].actions[0].name, "print");
  EXPECT_EQ(split.permissions[2].id, "");
}

TEST(Odrl, HashesTheSameWhicheverWayItWasWritten) {
  const Policy a = odrl(R"({"@id": "urn:p", "@type": "Set", "permission": [{"action": "read"}]})");
  const Policy b = odrl(R"({"odrl:permission": {"action": "odrl:read"}, "uid": "urn:p"})");
  EXPECT_EQ(policy_hash(a, crypto::HashAlgorithm::kSha256), policy_hash(b, crypto::HashAlgorithm::kSha256));
  EXPECT_NE(policy_hash(a, crypto::HashAlgorithm::kSm3), policy_hash(a, crypto::HashAlgorithm::kSha256));
  EXPECT_EQ(policy_hash(a, crypto::HashAlgorithm::kSha256).size(), 64u);
}

// --- Malformed input: the error names the place. ---

struct Malformed {
  std::string_view json;
  std::string_view message;
};

class OdrlMalformed : public ::testing::TestWithParam<Malformed> {};

TEST_P(OdrlMalformed, IsRefusedWithThePlace) {
  const auto read = parse_odrl(json(GetParam().json));
  ASSERT_FALSE(read.ok()) << GetParam().json;
  EXPECT_EQ(read.error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(read.error().reason(), "policy.malformed");
  EXPECT_THAT(std::string(read.error().message()), HasSubstr(std::string(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, OdrlMalformed,
    ::testing::Values(
        Malformed{R"([])", "must be an object"},
        Malformed{R"({})", "has no permission"},
        Malformed{R"({"permission": []})", "has no permission"},
        Malformed{R"({"@type": "Ticket", "permission": [{"action": "use"}]})", "@type must be"},
        Malformed{R"({"@id": 7, "permission": [{"action": "use"}]})", "@id must be text"},
        Malformed{R"({"permission": ["use"]})", "permission[0] must be an object"},
        Malformed{R"({"permission": [{}]})", "has no action"},
        Malformed{R"({"permission": [{"action": 3}]})", "permission[0].action must name an action"},
        Malformed{R"({"permission": [{"action": ["read", ""]}]})", "permission[0].action[1] must name"},
        Malformed{R"({"permission": [{"action": {"refinement": []}}]})", "must name an action"},
        Malformed{R"({"permission": [{"action": "use", "@type": "Banana"}]})", "permission[0].@type"},
        Malformed{R"({"permission": [{"action": "use", "target": {}}]})", "target must have an identifier"},
        Malformed{R"({"permission": [{"action": "use", "constraint": ["x"]}]})", "constraint[0] must be an object"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{}]}]})", "constraint[0].leftOperand is missing"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count"}]}]})", "operator must be one"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "13", "rightOperand": 1}]}]})",
                  "constraint[0].operator must be one"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "eq"}]}]})",
                  "rightOperand is missing"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "eq", "rightOperand": []}]}]})",
                  "rightOperand must not be empty"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "eq", "rightOperand": [[1]]}]}]})",
                  "rightOperand must be a value"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"and": []}]}]})", "and must not be empty"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"and": [{"leftOperand": "count", "operator": "eq", "rightOperand": 1}], "or": []}]}]})",
                  "has two logical operators"},
        Malformed{R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "count", "and": [{"leftOperand": "count", "operator": "eq", "rightOperand": 1}]}]}]})",
                  "is both a constraint and a logical operator"},
        Malformed{R"({"permission": [{"action": "use"}], "odrl:permission": [{"action": "read"}]})", "is given twice"},
        Malformed{R"({"permission": [{"action": "use"}], "prohibition": [{"action": "sell"}], "odrl:prohibition": []})",
                  "is given twice"},
        Malformed{R"({"permission": [{"action": "use", "duty": [{"action": []}, 4]}]})", "duty[1] must be an object"}));

// --- Limits. ---

TEST(Odrl, RefusesMoreRulesThanTheLimit) {
  wire::Json rules = wire::Json::array();
  for (int i = 0; i < 257; ++i) rules.push(wire::Json::object({{"action", "use"}}));
  const auto read = parse_odrl(wire::Json::object({{"permission", rules}}));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), Errc::kExhausted);
  EXPECT_EQ(read.error().reason(), "policy.too_large");
}

TEST(Odrl, RefusesConstraintsNestedTooDeeply) {
  wire::Json tree = json(R"({"leftOperand": "count", "operator": "eq", "rightOperand": 1})");
  for (int i = 0; i < 17; ++i) tree = wire::Json::object({{"and", wire::Json::array({tree})}});
  const auto read = parse_odrl(wire::Json::object(
      {{"permission", wire::Json::array({wire::Json::object({{"action", "use"}, {"constraint", wire::Json::array({tree})}})})}}));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), Errc::kExhausted);
}

}  // namespace
}  // namespace weir::policy
