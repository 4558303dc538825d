// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/message.h"

#include <gtest/gtest.h>

#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::reason_of;
using wire::Json;

//= DCP-1.0#scopes type=test
TEST(Scope, IsATypeOrAnId) {
  EXPECT_EQ(*parse_scope("org.eclipse.dspace.dcp.vc.type:Member"), (Scope{Scope::Kind::kType, "Member"}));
  EXPECT_EQ(*parse_scope(scope_of_type("Member")), (Scope{Scope::Kind::kType, "Member"}));
  EXPECT_EQ(*parse_scope("org.eclipse.dspace.dcp.vc.id:urn:uuid:1"), (Scope{Scope::Kind::kId, "urn:uuid:1"}));
  for (const char* bad : {"", "Member", "org.eclipse.dspace.dcp.vc.type:", "org.eclipse.dspace.dcp.vc.type::read",
                          "org.eclipse.dspace.dcp.vc.type:Member:write", "org.eclipse.dspace.dcp.vc.id:"}) {
    EXPECT_EQ(reason_of(parse_scope(bad)), "claims.scope") << bad;
  }
}

//= DCP-1.0#metadata type=test
TEST(Messages, AreReadAsTheyWereWritten) {
  EXPECT_EQ(parse_query(make_query({scope_of_type("Member")}))->front().value, "Member");
  EXPECT_EQ(parse_response(make_response({"a", "b"}))->size(), 2u);
  const Delivered delivered{.issuer_pid = "i", .holder_pid = "h", .issued = true, .credentials = {{"T", "p", "f"}}};
  const auto read = parse_delivered(to_message(delivered));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->issued);
  EXPECT_EQ(read->credentials[0].payload, "p");
  EXPECT_EQ(parse_asked(to_message(Asked{"h", {"a"}}))->credentials, std::vector<std::string>{"a"});
  const Did issuer = *Did::parse("did:web:i.example");
  const auto supported = parse_metadata(make_metadata(issuer, {{"x", "T", Profile::kVc11}}), issuer);
  ASSERT_EQ(supported->size(), 1u);
  EXPECT_EQ(supported->front().profile, Profile::kVc11);
}

// ── refused ──

//= DCP-1.0#presentation-definition type=test
TEST(Messages, AreRefusedUnlessTheyAskForSomethingInOneWay) {
  const Json query = make_query({scope_of_type("Member")});
  const Json both = Json(query).set("presentationDefinition", Json::object({{"id", "x"}}));
  EXPECT_EQ(reason_of(parse_query(both)), "claims.message");
  Json defined = make_message("PresentationQueryMessage");
  EXPECT_EQ(reason_of(parse_query(defined)), "claims.message");
  EXPECT_EQ(reason_of(parse_query(Json(defined).set("scope", Json::array()))), "claims.message");
  EXPECT_EQ(reason_of(parse_query(Json(defined).set("scope", Json::array({7})))), "claims.scope");
  EXPECT_EQ(reason_of(parse_query(Json(defined).set("presentationDefinition", Json::object()))), "claims.message");
  defined.set("presentationDefinition", Json::object({{"id", "x"}}));
  EXPECT_EQ(reason_of(parse_query(defined)), "claims.definition");
}

TEST(Messages, AreRefusedOfAnotherKindOrContext) {
  EXPECT_EQ(reason_of(parse_query(make_response({}))), "claims.message");
  EXPECT_EQ(reason_of(parse_query(make_query({"x"}).set("@context", "https://elsewhere.example"))), "claims.message");
  EXPECT_EQ(reason_of(parse_asked(Json(7))), "claims.message");
}

//= DCP-1.0#offer type=test
TEST(Messages, AreRefusedWithoutWhatTheyMustHave) {
  const Json good = to_message(Delivered{.issuer_pid = "i", .holder_pid = "h", .issued = true,
                                         .credentials = {{"T", "p", "f"}}});
  for (const char* name : {"issuerPid", "holderPid", "status", "credentials", "type", "@context"}) {
    Json bad = good;
    bad.erase(name);
    EXPECT_EQ(reason_of(parse_delivered(bad)), "claims.message") << name;
  }
  EXPECT_EQ(reason_of(parse_delivered(Json(good).set("status", "INVALID_STATUS"))), "claims.message");
  for (const char* name : {"holderPid", "credentials"}) {
    Json bad = to_message(Asked{"h", {"a"}});
    bad.erase(name);
    EXPECT_EQ(reason_of(parse_asked(bad)), "claims.message") << name;
  }
  Json offer = make_message("CredentialOfferMessage").set("credentials", Json::array({Json::object({{"id", "x"}})}));
  EXPECT_EQ(reason_of(parse_offered(offer)), "did.malformed");
  EXPECT_EQ(reason_of(parse_metadata(make_metadata(*Did::parse("did:web:a"), {}), *Did::parse("did:web:b"))),
            "claims.message");
}

}  // namespace
}  // namespace weir::trust::claims
