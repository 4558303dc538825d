// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/signaling/message.h"

#include <gtest/gtest.h>

namespace weir::adapters::signaling {
namespace {

using wire::Json;

Json parsed(std::string_view text) {
  auto json = wire::parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  return json ? *std::move(json) : Json();
}

Json start() {
  return parsed(R"({"messageId":"m-1","participantId":"did:web:a","counterPartyId":"did:web:b",
    "dataspaceContext":"space","processId":"p-1","agreementId":"a-1","datasetId":"d-1",
    "profile":"https://w3id.org/dspace-sig/profile/http-push","claims":{"membership":"active"},
    "dataAddress":{"@type":"DataAddress","endpointType":"https://w3id.org/dspace-sig/profile/http-push",
      "endpoint":"https://b.example/ingest","endpointProperties":[
        {"name":"authorization","value":"T"},{"name":"authType","value":"bearer"},{"name":"x-own","value":"kept"}]},
    "labels":["gold"],"metadata":{"bucketName":"b"}})");
}

TEST(SignalingMessage, ReadsAStartAndTheAddressInIt) {
  const auto message = parse_flow(start());
  ASSERT_TRUE(message.ok()) << message.error().message();
  EXPECT_EQ(message->participant, "did:web:a");
  EXPECT_EQ(message->counter_party, "did:web:b");
  EXPECT_EQ(message->process, "p-1");
  EXPECT_EQ(message->dataset, "d-1");
  ASSERT_EQ(message->data_address.size(), 1U);
  EXPECT_EQ(message->data_address.front().endpoint, "https://b.example/ingest");
  EXPECT_EQ(message->data_address.front().token, "T");
}

TEST(SignalingMessage, PassesAnAddressOnAsItWasWritten) {
  const auto message = parse_flow(start());
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(to_json(*message)["dataAddress"], start()["dataAddress"]);
}

//= DPS-1.0#messages type=test
TEST(SignalingMessage, WhatIsWrittenIsRead) {
  StatusMessage status{.message_id = "m", .flow = "f", .state = State::kStarted, .error = "none"};
  status.data_address.push_back({.endpoint = "https://a.example/data",
                                 .token = "T",
                                 .refresh_endpoint = "https://a.example/token",
                                 .refresh_token = "R",
                                 .expires_in = 300,
                                 .type = std::string(kHttpPull)});
  const auto read = parse_status(to_json(status));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->flow, "f");
  EXPECT_EQ(read->state, State::kStarted);
  EXPECT_EQ(read->error, "none");
  const DataAddress& address = read->data_address.front();
  EXPECT_EQ(address.type, kHttpPull);
  EXPECT_EQ(address.refresh_token, "R");
  EXPECT_EQ(address.refresh_endpoint, "https://a.example/token");
  EXPECT_EQ(address.expires_in, 300);
  const auto notice = parse_notice(to_json(NoticeMessage{.message_id = "m", .reason = "because"}));
  ASSERT_TRUE(notice.ok());
  EXPECT_EQ(notice->reason, "because");
}

TEST(SignalingMessage, KnowsTheProfilesOfHttpByTheirNames) {
  EXPECT_EQ(format_of(kHttpPull), flow::delivery::kPullFormat);
  EXPECT_EQ(format_of("http-push"), flow::delivery::kPushFormat);
  EXPECT_EQ(format_of("https://w3id.org/dspace-sig/profile/s3-push"), "");
  EXPECT_EQ(profile_of(flow::delivery::kPushFormat), kHttpPush);
  EXPECT_EQ(profile_of("AmazonS3-PUSH"), "AmazonS3-PUSH");
}

TEST(SignalingMessage, ReadsARegistration) {
  const auto plane = parse_registration(Plane::kData, parsed(R"({"dataplaneId":"dp","endpoint":"https://dp.example/s",
    "profiles":["p"],"labels":["l"],"products":["x"],
    "authorization":{"type":"agreed","authorizationIn":"in","authorizationOut":"out"}})"));
  ASSERT_TRUE(plane.ok()) << plane.error().message();
  EXPECT_EQ(plane->id, "dp");
  EXPECT_EQ(plane->profiles, std::vector<std::string>{"p"});
  EXPECT_EQ(plane->products, std::vector<std::string>{"x"});
  EXPECT_EQ(plane->authorization_out, "out");
}

TEST(SignalingMessage, TakesAnAddressThatFitsItsProfile) {
  DataAddress pull{.endpoint = "https://a/x", .token = "T", .refresh_token = "R", .expires_in = 300};
  pull.type = kHttpPull;
  EXPECT_TRUE(check_address(kHttpPull, pull, true).ok());
  EXPECT_TRUE(check_address("http-pull", DataAddress{.endpoint = "http://127.0.0.1:1/x"}, true).ok());
}

// ── what is refused ──

TEST(SignalingMessage, RefusesAStartThatLacksAMemberOrHasItInAnotherForm) {
  for (const char* name : {"messageId", "participantId", "counterPartyId", "dataspaceContext", "processId",
                           "agreementId", "datasetId", "profile", "claims"}) {
    Json without = start();
    without.erase(name);
    const auto refused = parse_flow(without);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().reason(), "signaling.malformed") << name;
    EXPECT_NE(refused.error().message().find(name), std::string::npos) << name;
    Json wrong = start();
    wrong.set(name, 7);
    EXPECT_FALSE(parse_flow(wrong).ok()) << name;
  }
  for (const auto& [name, value] : {std::pair<const char*, Json>{"metadata", Json("x")},
                                    {"labels", Json("x")},
                                    {"labels", parsed("[1]")},
                                    {"dataAddress", Json("x")},
                                    {"dataAddress", parsed(R"({"endpoint":"https://x"})")},
                                    {"processId", Json("")},
                                    {"processId", Json(std::string(513, 'x'))}}) {
    Json wrong = start();
    wrong.set(name, value);
    EXPECT_FALSE(parse_flow(wrong).ok()) << name;
  }
  EXPECT_FALSE(parse_flow(Json()).ok());
  EXPECT_FALSE(parse_flow(parsed("[]")).ok());
}

TEST(SignalingMessage, RefusesAStatusOfNoStateAndANoticeWithoutId) {
  EXPECT_FALSE(parse_status(parsed(R"({"dataFlowId":"f"})")).ok());
  EXPECT_FALSE(parse_status(parsed(R"({"dataFlowId":"f","state":"DONE"})")).ok());
  EXPECT_FALSE(parse_status(parsed(R"({"dataFlowId":7,"state":"STARTED"})")).ok());
  EXPECT_FALSE(parse_notice(parsed("{}")).ok());
  EXPECT_FALSE(parse_notice(parsed(R"({"messageId":"m","reason":7})")).ok());
}

TEST(SignalingMessage, RefusesARegistrationWithAnotherProofThanIsKnown) {
  for (const char* text :
       {R"({"endpoint":"https://x","authorization":{"type":"agreed","authorizationIn":"in"}})",
        R"({"controlplaneId":"c","authorization":{"type":"agreed","authorizationIn":"in"}})",
        R"({"controlplaneId":"c","endpoint":"https://x"})",
        R"({"controlplaneId":"c","endpoint":"https://x","authorization":{"type":"agreed"}})"}) {
    EXPECT_EQ(parse_registration(Plane::kControl, parsed(text)).error().reason(), "signaling.malformed") << text;
  }
  const auto other = parse_registration(Plane::kControl, parsed(R"({"controlplaneId":"c","endpoint":"https://x",
    "authorization":{"type":"oauth2_client_credentials"}})"));
  EXPECT_EQ(other.error().reason(), "signaling.authorization");
  const auto idle = parse_registration(Plane::kData, parsed(R"({"dataplaneId":"c","endpoint":"https://x",
    "authorization":{"type":"agreed","authorizationIn":"in"}})"));
  EXPECT_EQ(idle.error().reason(), "signaling.malformed");
}

TEST(SignalingMessage, RefusesAnAddressThatCannotBeCalledOrRenewed) {
  DataAddress pull{.endpoint = "https://a/x", .token = "T", .refresh_token = "R", .expires_in = 300};
  pull.type = kHttpPull;
  EXPECT_EQ(check_address("http-pull", pull, false).error().reason(), "signaling.address");
  EXPECT_FALSE(check_address(kHttpPush, pull, true).ok());  // another profile's
  for (DataAddress lacking : {pull, pull, pull}) {
    static int which = 0;
    if (which == 0) lacking.token.clear();
    if (which == 1) lacking.refresh_token.clear();
    if (which == 2) lacking.expires_in = 0;
    EXPECT_FALSE(check_address(kHttpPull, lacking, true).ok()) << which;
    ++which;
  }
}

}  // namespace
}  // namespace weir::adapters::signaling
