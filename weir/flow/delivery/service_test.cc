// Two delivery services that talk through their outboxes: the whole way of a transfer, and every way it may go wrong.
// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/service_fixture.h"

namespace weir::flow::delivery {
namespace {

using supply::identifier::NodeId;
using testing::deliver;
using testing::make_node;
using wire::Json;

class ServiceTest : public testing::ServiceFixture {};

TEST_F(ServiceTest, WhatIsOverIsForgottenWhenNothingOfItIsHeld) {
  const std::string pid = deliver_whole();
  const auto forget = [&](Timestamp before) {
    return *store::sql_write<std::int64_t>(*b_.sql, [&](store::Tx& tx) { return forget_over(tx, before, 10); });
  };
  const Timestamp later = after(b_.clock.now(), Milliseconds(1));
  EXPECT_EQ(forget(later), 0) << "the data are held";
  ASSERT_TRUE(b_.service->destroy(agreement_, "done", "operator-1").ok());
  EXPECT_EQ(forget(b_.clock.now()), 0) << "not yet";
  EXPECT_EQ(forget(later), 1);
  EXPECT_FALSE(b_.service->get(pid).ok());
}

//= DSP-2025-1#T7 type=test
//= DSP-2025-1#T4 type=test
//= NDI-TR-2025-05#delivery-pull type=test
//= NDI-TR-2025-02#transfer type=test
TEST_F(ServiceTest, AWholeDeliveryLeavesDataReceiptAndEvidenceOnBothSides) {
  const std::string pid = deliver_whole();
  const Transfer consumer = *b_.service->get(pid);
  const Transfer provider = *a_.service->get(consumer.peer_pid);
  EXPECT_EQ(consumer.state, TransferState::kCompleted);
  EXPECT_EQ(provider.state, TransferState::kCompleted);
  EXPECT_EQ(consumer.custody, Custody::kHeld);
  EXPECT_FALSE(consumer.receipt.empty());
  EXPECT_EQ(consumer.receipt, provider.receipt);
  EXPECT_EQ(a_.neighbours.metered, content_.size());
  EXPECT_EQ(b_.neighbours.metered, content_.size());
  const std::vector<std::string> story = {"delivery.requested", "delivery.started", "delivery.completed"};
  EXPECT_EQ(a_.log.kinds(), story);
  EXPECT_EQ(b_.log.kinds(), story);
  EXPECT_EQ(b_.woken, std::vector<std::string>{pid});
  const auto item = b_.service->held(agreement_);
  ASSERT_TRUE(item.ok());
  const auto chunk = (*item)->read_chunk(ChunkIndex(0));
  ASSERT_TRUE(chunk.ok());
  EXPECT_TRUE(std::equal(chunk->begin(), chunk->end(), content_.begin()));
}

TEST_F(ServiceTest, AskingAgainGivesTheSameTransfer) {
  const std::string pid = deliver_whole();
  EXPECT_EQ(*b_.service->request(agreement_, kPullFormat, "operator-1"), pid);
  EXPECT_EQ(b_.service->list("", 10)->rows.size(), 1u);
}

//= DSP-2025-1#T2 type=test
TEST_F(ServiceTest, RepeatedMessagesAreAnsweredAndChangeNothing) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  const auto request = b_.take_outbox();
  ASSERT_EQ(request.size(), 1u);
  const auto first = deliver(a_, b_.node, request[0]);
  const auto second = deliver(a_, b_.node, request[0]);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  const auto start = a_.take_outbox();
  ASSERT_EQ(start.size(), 1u);
  EXPECT_TRUE(deliver(b_, a_.node, start[0]).ok());
  EXPECT_TRUE(deliver(b_, a_.node, start[0]).ok());
  EXPECT_EQ(b_.woken.size(), 1u);
  EXPECT_EQ(b_.log.kinds().size(), 2u);
  EXPECT_EQ(a_.log.kinds().size(), 2u);
  EXPECT_TRUE(b_.service->get(*pid).ok());
}

//= TC609-6-2025-14#destruction-proof type=test
TEST_F(ServiceTest, DestructionLeavesNoKeyAndAProofThatTheProviderAccepts) {
  const std::string pid = deliver_whole();
  EXPECT_EQ(*b_.service->destroy(agreement_, "expired", "node"), 1u);
  settle();
  EXPECT_EQ(b_.service->get(pid)->custody, Custody::kDestroyed);
  EXPECT_EQ(b_.service->held(agreement_).error().reason(), "delivery.not_held");
  EXPECT_FALSE(*b_.vault.exists(pid));
  EXPECT_EQ(a_.log.kinds().back(), "delivery.destroyed");
  EXPECT_EQ(b_.log.kinds().back(), "delivery.destroyed");
  EXPECT_EQ(*b_.service->destroy(agreement_, "expired", "node"), 0u);
}

TEST_F(ServiceTest, ADestructionThatWasBegunIsFinishedAfterARestart) {
  const std::string pid = deliver_whole();
  // The crash: the decision is durable, the key is still there.
  ASSERT_TRUE(b_.sql->write([&](store::Tx& tx) -> Result<> {
                    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
                    transfer.custody = Custody::kDestroying;
                    return update(tx, transfer);
                  }).ok());
  ASSERT_EQ(b_.service->unfinished()->size(), 1u);
  EXPECT_FALSE(b_.service->held(agreement_).ok());
  EXPECT_EQ(*b_.service->destroy(agreement_, "finished after a restart", "node"), 1u);
  EXPECT_EQ(b_.service->get(pid)->custody, Custody::kDestroyed);
  EXPECT_TRUE(b_.service->unfinished()->empty());
}

//= DSP-2025-1#T10 type=test
//= DSP-2025-1#T6 type=test
//= NDI-TR-2025-05#stop type=test
TEST_F(ServiceTest, SuspensionStopsTheDataPlaneAndResumptionOpensIt) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const std::string provider = b_.service->get(*pid)->peer_pid;
  ASSERT_TRUE(a_.service->suspend(provider, "maintenance", "operator-2").ok());
  settle();
  EXPECT_EQ(b_.service->get(*pid)->state, TransferState::kSuspended);
  EXPECT_EQ(pull(*pid).error().reason(), "delivery.wrong_state");
  ASSERT_TRUE(a_.service->resume(provider, "operator-2").ok());
  settle();
  EXPECT_TRUE(pull(*pid).ok());
}

//= TC609-6-2025-11#rate-limit type=test
TEST_F(ServiceTest, TheRateCanBeChangedAndIsEvidence) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  ASSERT_TRUE(b_.service->set_rate(*pid, 1'000'000, "operator-1").ok());
  EXPECT_EQ(b_.service->get(*pid)->rate_bytes_per_second, 1'000'000);
  EXPECT_EQ(b_.log.kinds().back(), "delivery.rate_changed");
  EXPECT_FALSE(b_.service->set_rate(*pid, -1, "operator-1").ok());
}

// Error paths: refusals and hostile peers.
TEST_F(ServiceTest, ARefusedDeliveryIsRememberedAndMovesNothing) {
  a_.neighbours.refuse = "rule 1 does not allow delivery to this region";
  ASSERT_TRUE(b_.service->request(agreement_, kPullFormat, "operator-1").ok());
  const auto request = b_.take_outbox();
  const auto answer = deliver(a_, b_.node, request[0]);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Errc::kForbidden);
  EXPECT_EQ(a_.log.kinds(), (std::vector<std::string>{"delivery.requested", "delivery.terminated"}));
  EXPECT_TRUE(a_.take_outbox().empty());
  EXPECT_EQ(a_.neighbours.metered, 0u);
  // The consumer hears it as the refusal of its message.
  const std::string pid = b_.service->list("", 1)->rows.front().pid;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(b_.sql->write([&](store::Tx& tx) { return b_.service->refused(tx, pid, answer.error()); }).ok());
  }
  EXPECT_EQ(b_.service->get(pid)->state, TransferState::kTerminated);
  EXPECT_EQ(b_.log.kinds(), (std::vector<std::string>{"delivery.requested", "delivery.terminated"}));
}

//= DSP-2025-1#T11 type=test
//= DSP-2025-1#T1 type=test
TEST_F(ServiceTest, AStrangerSeesNoProcessAndNoAgreement) {
  const NodeId stranger = make_node(99);
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  const auto request = b_.take_outbox();
  const auto answer = deliver(a_, stranger, request[0]);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Errc::kNotFound);
  ASSERT_TRUE(deliver(a_, b_.node, request[0]).ok());
  const auto start = a_.take_outbox();
  EXPECT_EQ(deliver(b_, stranger, start[0]).error().code(), Errc::kNotFound);
  EXPECT_EQ(b_.service->status_for(stranger, *pid).error().code(), Errc::kNotFound);
  ASSERT_TRUE(deliver(b_, a_.node, start[0]).ok());
  const Transfer transfer = *b_.service->get(*pid);
  EXPECT_EQ(a_.service->open_content(transfer.peer_pid, stranger, transfer.token).error().code(), Errc::kNotFound);
  EXPECT_EQ(a_.service->open_content(transfer.peer_pid, b_.node, "guess").error().reason(), "delivery.token");
}

//= I-5 type=test
TEST_F(ServiceTest, NoBytesLeaveWithoutALiveAgreement) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  a_.neighbours.not_live = "the agreement expired";
  EXPECT_EQ(pull(*pid).error().reason(), "agreement.not_live");
}

TEST_F(ServiceTest, AManifestOfOtherContentIsRefused) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  ManifestBuilder builder(crypto::HashAlgorithm::kSha256);
  ASSERT_TRUE(builder.add(Bytes(100)).ok());
  EXPECT_EQ(b_.service->open_pull(*pid, std::move(builder).finish()).error().reason(), "delivery.other_content");
}

TEST_F(ServiceTest, AForgedOrMisplacedReceiptIsRefusedAndTheStateStays) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  ASSERT_TRUE(pull(*pid).ok());
  const auto outbox = b_.take_outbox();
  ASSERT_EQ(outbox.size(), 1u);
  const std::string provider = b_.service->get(*pid)->peer_pid;
  for (const char* member : {"agreement", "contentRoot", "bytes", "receiver", "time", "signature", "product"}) {
    Json body = *wire::parse_json(outbox[0].body);
    Json receipt = body["receipt"];
    if (std::string(member) == "bytes") {
      receipt.set(member, 1);
    } else if (std::string(member) == "time") {
      receipt.set(member, "2020-01-01T00:00:00Z");
    } else {
      receipt.set(member, receipt[member].as_string() + "x");
    }
    body.set("receipt", receipt);
    store::OutboxMessage forged = outbox[0];
    forged.body = body.dump();
    EXPECT_FALSE(deliver(a_, b_.node, forged).ok()) << member;
    EXPECT_EQ(a_.service->get(provider)->state, TransferState::kStarted) << member;
  }
  EXPECT_TRUE(deliver(a_, b_.node, outbox[0]).ok());
}

TEST_F(ServiceTest, AForgedDestructionProofIsRefused) {
  const std::string pid = deliver_whole();
  ASSERT_TRUE(b_.service->destroy(agreement_, "expired", "node").ok());
  const auto outbox = b_.take_outbox();
  ASSERT_EQ(outbox.size(), 1u);
  store::OutboxMessage forged = outbox[0];
  Json proof = *wire::parse_json(forged.body);
  proof.set("time", "2020-01-01T00:00:00Z");
  forged.body = proof.dump();
  EXPECT_FALSE(deliver(a_, b_.node, forged).ok());
  EXPECT_NE(a_.log.kinds().back(), "delivery.destroyed");
  EXPECT_TRUE(deliver(a_, b_.node, outbox[0]).ok());
  EXPECT_TRUE(deliver(a_, b_.node, outbox[0]).ok());  // again is fine
  EXPECT_EQ(std::count_if(a_.log.entries.begin(), a_.log.entries.end(),
                          [](const auto& entry) { return entry.kind == "delivery.destroyed"; }),
            1);
}

TEST_F(ServiceTest, WhatComesWithADestructionProofBeyondItsMembersIsNotKept) {
  const std::string pid = deliver_whole();
  ASSERT_TRUE(b_.service->destroy(agreement_, "enough", "operator-1").ok());
  wire::Json proof = *wire::parse_json(b_.take_outbox().at(0).body);
  proof.set("more", "not signed");
  ASSERT_TRUE(a_.service->take_destruction_proof(b_.node, proof).ok());
  EXPECT_EQ(a_.log.entries.back().body["proof"].has("more"), false);
  EXPECT_TRUE(a_.log.entries.back().body["proof"].has("signature"));
}

TEST_F(ServiceTest, NobodyElseIsCalledBack) {
  ASSERT_TRUE(b_.service->request(agreement_, kPullFormat, "operator-1"));
  store::OutboxMessage request = b_.take_outbox().at(0);
  wire::Json body = *wire::parse_json(request.body);
  body.set("callbackAddress", "https://c.example/dsp/2025-1");
  request.body = body.dump();
  EXPECT_EQ(deliver(a_, b_.node, request).error().reason(), "delivery.callback");
}

TEST_F(ServiceTest, ALongReasonIsCutBetweenCharacters) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  ASSERT_TRUE(b_.service->suspend(*pid, std::string(499, 'x') + "é", "operator-1").ok());
  settle();
  const auto transfer = a_.service->get(b_.service->get(*pid)->peer_pid);
  EXPECT_EQ(transfer->error, std::string(499, 'x') + "…");
}

TEST_F(ServiceTest, OnlyTheConsumerMayAskAndOnlyInAKnownFormat) {
  EXPECT_EQ(a_.service->request(agreement_, kPullFormat, "operator").error().reason(), "delivery.not_consumer");
  EXPECT_EQ(b_.service->request(agreement_, "carrier-pigeon", "operator").error().reason(), "delivery.format");
  EXPECT_EQ(b_.service->request("urn:uuid:none", kPullFormat, "operator").error().code(), Errc::kNotFound);
}

//= I-1 type=test
TEST_F(ServiceTest, AFailedCommitLeavesNeitherStateNorEvidenceNorMessage) {
  a_.sql->before_commit([](store::Tx&) -> Result<> { return Error(Errc::kUnavailable, "disk"); });
  ASSERT_TRUE(b_.service->request(agreement_, kPullFormat, "operator-1").ok());
  const auto request = b_.take_outbox();
  EXPECT_FALSE(deliver(a_, b_.node, request[0]).ok());
  EXPECT_TRUE(a_.log.entries.empty());
  EXPECT_TRUE(a_.service->list("", 10)->rows.empty());
}

//= NDI-TR-2025-05#delivery-push type=test
TEST_F(ServiceTest, PushOpensTheInboundToTheProviderOnly) {
  const auto pid = b_.service->request(agreement_, kPushFormat, "operator-1");
  ASSERT_TRUE(pid.ok());
  settle();
  ASSERT_EQ(a_.woken.size(), 1u);
  const Transfer provider = *a_.service->get(a_.woken[0]);
  EXPECT_EQ(provider.endpoint, "https://b.example/data/v1/inbound/" + *pid);
  EXPECT_TRUE(b_.service->open_inbound(*pid, a_.node, provider.token).ok());
  EXPECT_EQ(b_.service->open_inbound(*pid, a_.node, "guess").error().reason(), "delivery.token");
  EXPECT_EQ(b_.service->open_inbound(*pid, make_node(99), provider.token).error().code(), Errc::kNotFound);
}

TEST_F(ServiceTest, ListsPageByPage) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "urn:uuid:agreement-" + std::to_string(10 + i);
    AgreedDelivery agreed = b_.neighbours.agreements.at(agreement_);
    agreed.agreement = name;
    b_.neighbours.agreements.emplace(name, agreed);
    ASSERT_TRUE(b_.service->request(name, kPullFormat, "operator-1").ok());
  }
  std::size_t seen = 0;
  std::string cursor;
  do {
    const auto page = b_.service->list(cursor, 2);
    ASSERT_TRUE(page.ok());
    seen += page->rows.size();
    cursor = page->next;
  } while (!cursor.empty());
  EXPECT_EQ(seen, 5u);
  EXPECT_FALSE(b_.service->list("nonsense", 2).ok());
}

}  // namespace
}  // namespace weir::flow::delivery
