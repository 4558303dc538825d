// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/dsp/message.h"

#include <gtest/gtest.h>

namespace weir::adapters::dsp {
namespace {

using wire::Json;

Json read(std::string_view text) {
  auto json = wire::parse_json(text);
  EXPECT_TRUE(json.ok()) << json.error().message();
  return json.ok() ? *std::move(json) : Json();
}

constexpr std::string_view kPlain = R"({
  "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "ContractRequestMessage",
  "consumerPid": "urn:uuid:1", "callbackAddress": "https://c.example/dsp",
  "offer": {"@id": "urn:o", "@type": "Offer", "target": "urn:d",
    "permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq",
        "rightOperand": "3"}]}]}})";

// ── what is understood ──

TEST(DspMessage, KeepsTheProtocolsOwnForm) {
  EXPECT_EQ(compact(read(kPlain))->canonical(), read(kPlain).canonical());
}

//= DSP-2025-1#json-ld type=test
TEST(DspMessage, ReadsPrefixedTermsAndWrappedValuesAsTheSameMessage) {
  const Json prefixed = read(R"({
    "@context": {"dspace": "https://w3id.org/dspace/2025/1/", "odrl": "http://www.w3.org/ns/odrl/2/"},
    "@type": "dspace:ContractRequestMessage",
    "dspace:consumerPid": {"@id": "urn:uuid:1"}, "dspace:callbackAddress": {"@value": "https://c.example/dsp"},
    "dspace:offer": {"@id": "urn:o", "@type": "odrl:Offer", "odrl:target": {"@id": "urn:d"},
      "odrl:permission": {"odrl:action": {"@id": "odrl:use"}, "odrl:constraint": {
        "odrl:leftOperand": {"@id": "odrl:count"}, "odrl:operator": {"@id": "odrl:lteq"},
        "odrl:rightOperand": {"@value": 3, "@type": "xsd:integer"}}}}})");
  EXPECT_EQ(compact(prefixed)->canonical(), read(kPlain).canonical());
}

TEST(DspMessage, ReadsTheExpandedFormAsTheSameMessage) {
  const Json expanded = read(R"([{
    "@type": ["https://w3id.org/dspace/2025/1/ContractRequestMessage"],
    "https://w3id.org/dspace/2025/1/consumerPid": [{"@id": "urn:uuid:1"}],
    "https://w3id.org/dspace/2025/1/callbackAddress": [{"@value": "https://c.example/dsp"}],
    "https://w3id.org/dspace/2025/1/offer": [{"@id": "urn:o", "@type": ["http://www.w3.org/ns/odrl/2/Offer"],
      "http://www.w3.org/ns/odrl/2/target": [{"@id": "urn:d"}],
      "http://www.w3.org/ns/odrl/2/permission": [{
        "http://www.w3.org/ns/odrl/2/action": [{"@id": "http://www.w3.org/ns/odrl/2/use"}],
        "http://www.w3.org/ns/odrl/2/constraint": [{
          "http://www.w3.org/ns/odrl/2/leftOperand": [{"@id": "http://www.w3.org/ns/odrl/2/count"}],
          "http://www.w3.org/ns/odrl/2/operator": [{"@id": "http://www.w3.org/ns/odrl/2/lteq"}],
          "http://www.w3.org/ns/odrl/2/rightOperand": [{"@value": "3"}]}]}]}]}])");
  EXPECT_EQ(compact(expanded)->canonical(), read(kPlain).canonical());
}

TEST(DspMessage, ReadsTheTermsOf20241) {
  const Json old = read(R"({
    "@context": "https://w3id.org/dspace/2024/1/context.json", "@type": "dspace:ContractNegotiationEventMessage",
    "dspace:providerPid": "urn:p", "dspace:consumerPid": "urn:c",
    "dspace:eventType": "https://w3id.org/dspace/2024/1/FINALIZED"})");
  const auto message = compact(old);
  ASSERT_TRUE(message.ok()) << message.error().message();
  EXPECT_EQ((*message)["@type"].as_string(), "ContractNegotiationEventMessage");
  EXPECT_EQ((*message)["eventType"].as_string(), "FINALIZED");
  EXPECT_EQ((*message)["@context"].items().front().as_string(), kContext);
}

TEST(DspMessage, ContextsBesideTheProtocolsCannotChangeItsTerms) {
  const Json with_another = read(R"({
    "@context": ["https://w3id.org/dspace/2025/1/context.jsonld", "https://w3id.org/edc/dspace/v0.0.1"],
    "@type": "TransferCompletionMessage", "providerPid": "urn:p", "consumerPid": "urn:c"})");
  EXPECT_TRUE(compact(with_another).ok());
}

TEST(DspMessage, RulesWrittenAloneBecomeLists) {
  const Json one = read(R"({"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "ContractRequestMessage",
    "offer": {"@id": "o", "permission": {"action": "use"}}})");
  EXPECT_TRUE((*compact(one))["offer"]["permission"].is_array());
}

TEST(DspMessage, WhatWeirAddsIsNotSentToOthers) {
  const Json sent = for_foreigners(read(R"({"@type": "ContractAgreementMessage", "signatures": [1],
    "agreement": {"@id": "a", "contractId": "C", "contentRoot": "sha256:00", "target": "urn:d"}})"));
  EXPECT_FALSE(sent.has("signatures"));
  EXPECT_FALSE(sent["agreement"].has("contractId"));
  EXPECT_FALSE(sent["agreement"].has("contentRoot"));
  EXPECT_TRUE(sent["agreement"].has("target"));
}

TEST(DspMessage, WritesTheEndpointWhereEdcLooksForIt) {
  const Json sent = for_foreigners(read(R"({"@type": "TransferStartMessage", "dataAddress": {"@type": "DataAddress",
    "endpoint": "https://a.example/data", "endpointProperties": [{"name": "authorization", "value": "t"}]}})"));
  const Json::Array properties = sent["dataAddress"]["endpointProperties"].items();
  ASSERT_EQ(properties.size(), 2u);
  EXPECT_EQ(properties[1].text_or("name", ""), "endpoint");
  EXPECT_EQ(properties[1].text_or("value", ""), "https://a.example/data");
}

TEST(DspMessage, UnderstandsWhereTheFilterOfEdcBegins) {
  const auto query = parse_catalog_request(read(
      R"({"@context": ["https://w3id.org/dspace/2025/1/context.jsonld", "https://w3id.org/edc/dspace/v0.0.1"],
          "@type": "CatalogRequestMessage",
          "filter": [{"@type": "QuerySpec", "limit": 50, "offset": 100, "sortOrder": "ASC",
                      "filterExpression": []}]})"));
  ASSERT_TRUE(query.ok()) << query.error().message();
  EXPECT_EQ(query->offset, 100u);
  EXPECT_EQ(query->limit, 50u);
}

// ── what is refused ──

TEST(DspMessage, RefusesAFilterThatItWouldHaveToIgnore) {
  for (const std::string_view filter :
       {R"([{"colour": "red"}])", R"(["red"])", R"([{"limit": 1}, {"limit": 2}])", R"([{"limit": -1}])",
        R"([{"offset": 10001}])", R"([{"limit": "all"}])", R"([{"limit": 1, "sortField": "name"}])",
        R"([{"filterExpression": [{"operandLeft": "a", "operator": "=", "operandRight": "b"}]}])"}) {
    const auto query = parse_catalog_request(
        read(R"({"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "CatalogRequestMessage",
                 "filter": )" + std::string(filter) + "}"));
    ASSERT_FALSE(query.ok()) << filter;
    EXPECT_EQ(query.error().reason(), "dsp.filter") << filter;
  }
}

void expect_refused(std::string_view text, std::string_view reason) {
  const auto message = compact(read(text));
  ASSERT_FALSE(message.ok()) << text;
  EXPECT_EQ(message.error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(message.error().reason(), reason) << text;
}

TEST(DspMessage, RefusesAContextThatIsNotShipped) {
  expect_refused(R"({"@context": "https://evil.example/c.jsonld", "@type": "ContractRequestMessage"})", "dsp.unknown_context");
  expect_refused(R"({"@context": ["https://evil.example/c.jsonld"], "@type": "x"})", "dsp.unknown_context");
}

TEST(DspMessage, RefusesWhatHasNoMeaning) {
  expect_refused("[]", "dsp.malformed");
  expect_refused(R"("text")", "dsp.malformed");
  expect_refused("[{}, {}]", "dsp.malformed");
  expect_refused(R"({"@context": [7], "@type": "ContractRequestMessage"})", "dsp.malformed");
  expect_refused(R"({"@type": "ContractRequestMessage"})", "dsp.malformed");
  expect_refused(R"({"@context": {"@vocab": "https://x.example/"}, "@type": "ContractRequestMessage"})", "dsp.malformed");
  expect_refused(R"({"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"]})", "dsp.malformed");
  expect_refused(R"({"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": ["a", "b"]})", "dsp.malformed");
}

}  // namespace
}  // namespace weir::adapters::dsp
