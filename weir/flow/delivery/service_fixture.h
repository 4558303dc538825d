// ServiceFixture: two delivery services that talk through their outboxes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/test_support.h"

namespace weir::flow::delivery::testing {

using supply::identifier::NodeId;
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
    };
    a_.neighbours.agreements.emplace(agreement_, agreed("https://b.example/dsp/2025-1"));
    b_.neighbours.agreements.emplace(agreement_, agreed("https://a.example/dsp/2025-1"));
    a_.neighbours.keys.emplace(b_.node.text(), b_.key.public_key());
    b_.neighbours.keys.emplace(a_.node.text(), a_.key.public_key());
  }

  // Exchanges messages until both outboxes are empty.
  void settle() {
    for (int round = 0; round < 20; ++round) {
      const auto from_b = b_.take_outbox();
      const auto from_a = a_.take_outbox();
      if (from_a.empty() && from_b.empty()) return;
      for (const auto& message : from_b) EXPECT_TRUE(deliver(a_, b_.node, message).ok()) << message.path;
      for (const auto& message : from_a) EXPECT_TRUE(deliver(b_, a_.node, message).ok()) << message.path;
    }
    ADD_FAILURE() << "does not settle";
  }

  // Pulls as the node's worker does, through open_content on the provider's side.
  Result<> pull(const std::string& pid) {
    WEIR_TRY_LET(const Transfer transfer, b_.service->get(pid));
    const std::string provider = transfer.endpoint.substr(transfer.endpoint.rfind('/') + 1);
    WEIR_TRY_LET(auto opened, a_.service->open_content(provider, b_.node, transfer.token));
    WEIR_TRY_LET(auto session, b_.service->open_pull(pid, opened.content.manifest));
    while (const auto range = session->take(2)) {
      for (std::uint64_t i = range->first.value(); i < range->first.value() + range->count; ++i) {
        Bytes chunk(opened.content.manifest.length_of(ChunkIndex(i)));
        WEIR_TRY(opened.content.data->read_at(opened.content.manifest.offset_of(ChunkIndex(i)), chunk));
        WEIR_TRY_LET(const std::int64_t sending, a_.service->begin_sending(provider, chunk.size()));
        WEIR_TRY(session->accept(ChunkIndex(i), chunk));
        WEIR_TRY(a_.service->record_sent(provider, sending, chunk.size()));
      }
    }
    WEIR_TRY(b_.service->record_progress(pid, *session));
    WEIR_TRY(b_.service->complete(pid));
    return {};
  }

  std::string deliver_whole() {
    const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
    EXPECT_TRUE(pid.ok()) << pid.error().message();
    settle();
    const Result<> pulled = pull(*pid);
    EXPECT_TRUE(pulled.ok()) << pulled.error().message();
    settle();
    return *pid;
  }
};

}  // namespace weir::flow::delivery::testing
