// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "weir/policy/odrl.h"
#include "weir/policy/report.h"

namespace weir::policy {
namespace {

constexpr std::string_view kPrefixes =
    "@prefix odrl: <http://www.w3.org/ns/odrl/2/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix ex: "
    "<https://a.example/> .\n";

Policy turtle(std::string_view text) {
  auto policy = read_policy_text(std::string(kPrefixes) + std::string(text));
  EXPECT_TRUE(policy) << policy.error().message();
  return policy ? *std::move(policy) : Policy();
}

Policy json(std::string_view text) {
  auto policy = read_policy_text(text);
  EXPECT_TRUE(policy) << policy.error().message();
  return policy ? *std::move(policy) : Policy();
}

TEST(PolicyTurtle, SaysTheSameAsJson) {
  const Policy from_turtle = turtle(
      R"(ex:p a odrl:Policy, odrl:Offer ;
      odrl:permission [ a odrl:Permission ; odrl:target ex:data ; odrl:action odrl:use ;
        odrl:constraint [ odrl:leftOperand odrl:count ; odrl:operator odrl:lteq ; odrl:rightOperand 3 ] ] ;
      odrl:prohibition [ odrl:target ex:data ; odrl:action odrl:distribute ] .)");
  const Policy from_json = json(R"({"@type":"Offer","uid":"https://a.example/p",
      "permission":[{"target":"https://a.example/data","action":"use",
        "constraint":[{"leftOperand":"count","operator":"lteq","rightOperand":3}]}],
      "prohibition":[{"target":"https://a.example/data","action":"distribute"}]})");
  EXPECT_EQ(to_odrl(from_turtle), to_odrl(from_json));
}

TEST(PolicyTurtle, RulesAndConstraintsMayHaveNames) {
  const Policy named = turtle(
      R"(ex:p a odrl:Set ; odrl:permission ex:r .
      ex:r odrl:target ex:data ; odrl:action odrl:read ; odrl:constraint ex:c .
      ex:c odrl:or ( ex:c1 [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand "research" ] ) .
      ex:c1 odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;
        odrl:rightOperand "2027-01-01T00:00:00Z"^^xsd:dateTime .)");
  ASSERT_EQ(named.permissions.size(), 1u);
  EXPECT_EQ(named.permissions[0].constraints.size(), 1u);
}

// ── errors ──

TEST(PolicyTurtleErrors, NoPolicyRingsAndMistakes) {
  const auto reason = [](std::string_view text) {
    const auto policy = read_policy_text(std::string(kPrefixes) + std::string(text));
    return policy ? std::string("read") : std::string(policy.error().reason());
  };
  EXPECT_EQ(reason("ex:a ex:b ex:c ."), "policy.malformed");
  EXPECT_EQ(reason("ex:a a odrl:Set ; odrl:permission ex:r ."), "policy.malformed");
  EXPECT_EQ(reason("ex:a a odrl:Set ; odrl:permission ex:r . ex:r odrl:duty ex:r ."), "rdf.too_deep");
  EXPECT_EQ(reason("ex:a a odrl:Set ; odrl:permission ["), "rdf.malformed");
}

}  // namespace
}  // namespace weir::policy
