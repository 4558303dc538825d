// ServiceFixture: two delivery services that talk through their outboxes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/test_support.h"

namespace weir::flow::delivery::testing {

using wire::Json;

// What the router of the receiving node does with a path.
inline Result<Json> deliver(Party& to, const NodeId& from, const store::OutboxMessage& message) {
  const Json body = *wire::parse_json(message.body);
  if (message.path == "/transfers/request") {
    WEIR_TRY_LET(const auto parsed, parse_message(MessageKind::kRequest, body));
    return to.service->receive_request(from, parsed);
  }
  const std::string rest = message.path.substr(std::string("/transfers/").size());
  const std::string pid = rest.substr(0, rest.find('/'));
  const std::string end = rest.substr(rest.find('/') + 1);
  if (end == "destruction") {
    WEIR_TRY(to.service->take_destruction_proof(from, body));
    return Json::object();
  }
  const std::map<std::string, MessageKind> kinds = {{"start", MessageKind::kStart},
                                                    {"suspension", MessageKind::kSuspension},
                                                    {"completion", MessageKind::kCompletion},
                                                    {"termination", MessageKind::kTermination}};
  WEIR_TRY_LET(const auto parsed, parse_message(kinds.at(end), body));
  return to.service->receive(from, pid, parsed);
}

class ServiceFixture : public ::testing::Test {
 protected:
  Party a_{11, "a.example"};  // provider
  Party b_{12, "b.example"};  // consumer
  Bytes content_;
  std::string agreement_ = "urn:uuid:agreement-1";

  void SetUp() override {
    content_.resize(2'500'000);
    SeededRandom(5).fill(content_);
    auto writer = a_.contents.begin();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->add(content_).ok());
    const auto stored = (*writer)->finish();
    ASSERT_TRUE(stored.ok());
    const auto agreed = [&](const std::string& peer_address) {
      return AgreedDelivery{.agreement = agreement_,
                            .contract = "C4",
                            .provider = a_.node,
                            .consumer = b_.node,
                            .peer_address = peer_address,
                            .product = "691350100M000100Y4344031BH95JZY*",
                            .root = stored->root,
                            .size = stored->size};

}  // namespace weir::flow::delivery::testing
