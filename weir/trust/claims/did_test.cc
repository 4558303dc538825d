// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/did.h"

#include <gtest/gtest.h>

#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::reason_of;
using wire::Json;

TEST(Did, SaysWhereItsDocumentLies) {
  EXPECT_EQ(Did::parse("did:web:example.com")->place(), "example.com/.well-known/did.json");
  EXPECT_EQ(Did::parse("did:web:example.com%3A8443")->place(), "example.com:8443/.well-known/did.json");
  EXPECT_EQ(Did::parse("did:web:example.com:user:alice")->place(), "example.com/user/alice/did.json");
  EXPECT_EQ(Did::parse("did:web:example.com%3A3000:user")->place(), "example.com:3000/user/did.json");
}

TEST(Did, IsMadeOfAnAddress) {
  EXPECT_EQ(Did::of_url("https://A.example:8443")->text(), "did:web:a.example%3A8443");
  EXPECT_EQ(Did::of_url("https://a.example:443/")->text(), "did:web:a.example");
  EXPECT_EQ(Did::of_url("https://a.example/x/y")->text(), "did:web:a.example:x:y");
}

// ── refused ──

TEST(Did, RefusesWhatIsNoDidWeb) {
  for (const char* bad :
       {"", "did:web:", "did:key:z6Mk", "did:web:a b", "did:web:a.example:", "did:web:a.example::x", "did:web:a/../b",
        "did:web:a.example:..:x", "did:web:.a", "did:web:a..b", "did:web:a.example%3A", "did:web:a.example%3A0",
        "did:web:a.example%3A99999", "did:web:a.example%3A12x", "did:web:a.example%2Fx", "did:web:a.example:x%2Fy",
        "did:web:A.example", "did:web:user@a.example", "did:web:a.example#key", "did:web:a.example?x", "did:web:[::1]",
        "did:web:a.example:x?y"}) {
    EXPECT_EQ(reason_of(Did::parse(bad)), "did.malformed") << bad;
  }
  EXPECT_EQ(reason_of(Did::parse("did:web:" + std::string(600, 'a'))), "did.malformed");
}

struct DocumentTest : ::testing::Test {
  test::Cast cast;
  Json json = cast.holder.json();
  std::string id = cast.holder.kid();
};

//= DCP-1.0#did type=test
TEST_F(DocumentTest, NamesItsKeysAndServices) {
  const Document document = cast.holder.document();
  EXPECT_EQ(*document.key(Relation::kInvocation, id), cast.holder.key.public_key());
  EXPECT_EQ(*document.key(Relation::kAssertion, id.substr(id.find('#'))), cast.holder.key.public_key());
  EXPECT_EQ(*document.key(Relation::kAuthentication, ""), cast.holder.key.public_key());
  EXPECT_EQ(*document.endpoint("CredentialService"), "https://h.example/cs");
  EXPECT_EQ(reason_of(document.endpoint("IssuerService")), "did.no_service");
}

TEST_F(DocumentTest, TakesAKeyWrittenIntoTheRelation) {
  const Json method = json["verificationMethod"].items().front();
  json.set("verificationMethod", Json::array());
  json.set("capabilityInvocation", Json::array({method}));
  json.erase("assertionMethod");
  const auto document = parse_document(json, cast.holder.did);
  ASSERT_TRUE(document.ok());
  EXPECT_TRUE(document->key(Relation::kInvocation, id).ok());
  EXPECT_FALSE(document->key(Relation::kAssertion, id).ok());
}

// ── refused ──

TEST_F(DocumentTest, IsRefusedIfItIsAnothers) {
  EXPECT_EQ(reason_of(parse_document(json, cast.other.did)), "did.document");
  EXPECT_EQ(reason_of(parse_document(Json(), cast.holder.did)), "did.document");
}

TEST_F(DocumentTest, GivesNoKeyForAUseThatItDoesNotName) {
  for (const auto& [relation, name] : {std::pair(Relation::kAuthentication, "authentication"),
                                       std::pair(Relation::kAssertion, "assertionMethod"),
                                       std::pair(Relation::kInvocation, "capabilityInvocation")}) {
    Json without = json;
    without.erase(name);
    const auto document = parse_document(without, cast.holder.did);
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(reason_of(document->key(relation, id)), "did.no_key") << name;
    EXPECT_EQ(reason_of(document->key(relation, "")), "did.no_key") << name;
  }
}

TEST_F(DocumentTest, GivesNoKeyByAnotherName) {
  const Document document = cast.holder.document();
  EXPECT_EQ(reason_of(document.key(Relation::kAssertion, id + "x")), "did.no_key");
  const std::string elsewhere = cast.other.did.text() + id.substr(id.find('#'));
  EXPECT_EQ(reason_of(document.key(Relation::kAssertion, elsewhere)), "did.no_key");
}

TEST_F(DocumentTest, NeedsANameWhereThereAreTwoKeys) {
  Json methods = json["verificationMethod"];
  methods.push(cast.other.json()["verificationMethod"].items().front());
  methods.items()[1].set("id", "#second");
  methods.items()[1].set("controller", cast.holder.did.text());
  json.set("verificationMethod", methods);
  const auto document = parse_document(json, cast.holder.did);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->methods.size(), 2u);
  EXPECT_EQ(reason_of(document->key(Relation::kAssertion, "")), "did.no_key");
}

TEST_F(DocumentTest, PassesOverKeysOfOthersAndOfOtherKinds) {
  Json methods = Json::array({cast.other.json()["verificationMethod"].items().front()});
  methods.push(Json::object({{"id", "#rsa"}, {"publicKeyJwk", Json::object({{"kty", "RSA"}, {"n", "AQAB"}})}}));
  methods.push(Json::object({{"id", "#multibase"}, {"publicKeyMultibase", "z6Mk"}}));
  json.set("verificationMethod", methods);
  EXPECT_TRUE(parse_document(json, cast.holder.did)->methods.empty());
}

TEST_F(DocumentTest, IsRefusedIfItDisclosesAPrivateKeyOrNamesOneTwice) {
  Json methods = json["verificationMethod"];
  methods.push(methods.items().front());
  EXPECT_EQ(reason_of(parse_document(Json(json).set("verificationMethod", methods), cast.holder.did)), "did.document");
  Json jwk = methods.items()[0]["publicKeyJwk"];
  methods.items().pop_back();
  methods.items()[0].set("publicKeyJwk", jwk.set("d", "AAAA"));
  EXPECT_EQ(reason_of(parse_document(Json(json).set("verificationMethod", methods), cast.holder.did)), "did.document");
}

}  // namespace
}  // namespace weir::trust::claims
