// A transfer that is stopped, broken off or crossed by another message: what is metered, and who knows of the end.
// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/service_fixture.h"

namespace weir::flow::delivery {
namespace {

using testing::deliver;

class StopsTest : public testing::ServiceFixture {};

TEST_F(StopsTest, TheMeterOfACompletedTransferClosesOnBothSides) {
  const std::string pid = deliver_whole();
  const std::string theirs = b_.service->get(pid)->peer_pid;
  EXPECT_EQ(b_.neighbours.closed, std::vector<std::string>{pid});
  EXPECT_EQ(a_.neighbours.closed, std::vector<std::string>{theirs});
}

// The completion may overtake the last stream's own count of what it sent: the meter waits for it.
TEST_F(StopsTest, TheProvidersMeterStaysOpenForAStreamThatHasNotTold) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  ASSERT_TRUE(pid.ok());
  settle();
  const Transfer transfer = *b_.service->get(*pid);
  auto first = a_.service->open_data(transfer.peer_pid, b_.node, transfer.token);
  auto second = a_.service->open_data(transfer.peer_pid, b_.node, transfer.token);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(pull(*pid).ok());
  settle();
  ASSERT_EQ(a_.service->get(transfer.peer_pid)->state, TransferState::kCompleted);
  EXPECT_TRUE(a_.neighbours.closed.empty());
  first->stream.reset();
  EXPECT_TRUE(a_.neighbours.closed.empty());
  const auto sending = a_.service->begin_sending(transfer.peer_pid, 1);
  ASSERT_FALSE(sending.ok()) << "it is over";
  second->stream.reset();
  EXPECT_EQ(a_.neighbours.closed, std::vector<std::string>{transfer.peer_pid});
}

TEST_F(StopsTest, ATransferThatIsTerminatedIsNotMeteredAnyMore) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  ASSERT_TRUE(pid.ok());
  settle();
  ASSERT_TRUE(b_.service->terminate(*pid, "no longer wanted", "operator-1").ok());
  EXPECT_EQ(b_.neighbours.closed, std::vector<std::string>{*pid});
  settle();
  EXPECT_EQ(a_.neighbours.closed.size(), 1u);
}

//= DSP-2025-1#T9 type=test
//= DSP-2025-1#T5 type=test
// Found by tests/sim: the consumer had everything, and its completion crossed the provider's stop. The completion was
// refused, so the provider never had the receipt and, suspended, could not end the transfer any more.
TEST_F(StopsTest, AReceiptThatCrossedASuspensionCompletesAndOneThatCrossedATerminationIsKept) {
  for (const bool terminated : {false, true}) {
    const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
    ASSERT_TRUE(pid.ok());
    settle();
    ASSERT_TRUE(pull(*pid).ok());
    const std::string theirs = b_.service->get(*pid)->peer_pid;
    const Result<> stopped =
        terminated ? a_.service->terminate(theirs, "enough", "op") : a_.service->suspend(theirs, "wait", "op");
    ASSERT_TRUE(stopped.ok());
    a_.take_outbox();
    const auto completion = b_.take_outbox();
    ASSERT_EQ(completion.size(), 1u);
    EXPECT_TRUE(deliver(a_, b_.node, completion[0]).ok());
    EXPECT_TRUE(deliver(a_, b_.node, completion[0]).ok()) << "and again";
    const Transfer provider = *a_.service->get(theirs);
    EXPECT_EQ(provider.state, terminated ? TransferState::kTerminated : TransferState::kCompleted);
    EXPECT_EQ(provider.receipt, b_.service->get(*pid)->receipt);
    EXPECT_EQ(a_.log.count(terminated ? "delivery.receipt_taken" : "delivery.completed"), 1);
    ASSERT_TRUE(b_.service->destroy(agreement_, "again", "op").ok());
    settle();
  }
}

// Found by tests/sim: the consumer's meter counted only what came in the last session.
TEST_F(StopsTest, WhatCameInSessionsThatBrokeIsMeteredToo) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const Manifest manifest = a_.contents.open(b_.service->get(*pid)->root)->manifest;
  const auto receive = [&](PullSession& session, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto range = session.take(1);
      ASSERT_TRUE(range.has_value());
      const ChunkIndex at = range->first;
      const ByteView chunk = ByteView(content_).subspan(manifest.offset_of(at), manifest.length_of(at));
      ASSERT_TRUE(session.accept(at, chunk).ok());
    }
  };
  {
    const auto session = *b_.service->open_pull(*pid, manifest);
    receive(*session, 1);
    ASSERT_TRUE(b_.service->record_progress(*pid, *session).ok());
    ASSERT_TRUE(b_.service->record_progress(*pid, *session).ok()) << "nothing came meanwhile";
    receive(*session, 1);
    // The process dies before this chunk is recorded; the disk has it.
  }
  const auto session = *b_.service->open_pull(*pid, manifest);
  receive(*session, 1);
  ASSERT_TRUE(session->complete());
  ASSERT_TRUE(b_.service->record_progress(*pid, *session).ok());
  ASSERT_TRUE(b_.service->complete(*pid).ok());
  EXPECT_EQ(b_.neighbours.metered, content_.size());
}

// Its answer was lost, so it comes again, when the other side has gone on already.
TEST_F(StopsTest, ASuspensionThatComesAgainAfterTheProcessWentOnChangesNothing) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const std::string theirs = b_.service->get(*pid)->peer_pid;
  ASSERT_TRUE(b_.service->suspend(*pid, "wait", "operator-1").ok());
  const auto suspension = b_.take_outbox();
  ASSERT_TRUE(deliver(a_, b_.node, suspension[0]).ok());
  ASSERT_TRUE(a_.service->resume(theirs, "operator-2").ok());
  settle();
  ASSERT_TRUE(deliver(a_, b_.node, suspension[0]).ok());
  EXPECT_EQ(a_.service->get(theirs)->state, TransferState::kStarted);
  ASSERT_TRUE(b_.service->suspend(*pid, "wait", "operator-1").ok());
  settle();
  EXPECT_EQ(a_.service->get(theirs)->state, TransferState::kSuspended) << "the same words, another message";
}

// Found by tests/sim: the provider was never told, and its process never ended.
TEST_F(StopsTest, ATransferThatEndsBeforeItIsAcceptedEndsOnBothSides) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  ASSERT_TRUE(b_.service->terminate(*pid, "no longer wanted", "operator-1").ok());
  settle();
  EXPECT_EQ(b_.service->get(*pid)->state, TransferState::kTerminated);
  EXPECT_EQ(a_.service->list("", 1)->rows.front().state, TransferState::kTerminated);
}

// What left could not be written down: the meter waits for the next start, which counts it and closes.
TEST_F(StopsTest, TheMeterStaysOpenForWhatWasNotWrittenDown) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const std::string theirs = b_.service->get(*pid)->peer_pid;
  ASSERT_TRUE(a_.service->begin_sending(theirs, 10).ok());
  ASSERT_TRUE(a_.service->terminate(theirs, "over", "operator-1").ok());
  EXPECT_TRUE(a_.neighbours.closed.empty());
  ASSERT_TRUE(a_.service->settle_sending().ok());
  a_.service->settle(theirs);
  EXPECT_EQ(a_.neighbours.metered, 10u);
  EXPECT_EQ(a_.neighbours.closed, std::vector<std::string>{theirs});
}

// The transfer ends while a stream still draws: what came is metered, and then the meter closes.
TEST_F(StopsTest, TheConsumersMeterWaitsForTheSessionThatReceives) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const Transfer transfer = *b_.service->get(*pid);
  const auto opened = a_.service->open_content(transfer.peer_pid, b_.node, transfer.token);
  auto session = *b_.service->open_pull(*pid, opened->content.manifest);
  Bytes chunk(opened->content.manifest.length_of(ChunkIndex(0)));
  ASSERT_TRUE(opened->content.data->read_at(0, chunk).ok());
  ASSERT_TRUE(session->accept(ChunkIndex(0), chunk).ok());
  ASSERT_TRUE(b_.service->terminate(*pid, "no longer wanted", "operator-1").ok());
  EXPECT_TRUE(b_.neighbours.closed.empty());
  ASSERT_TRUE(b_.service->record_progress(*pid, *session).ok());
  session.reset();
  EXPECT_EQ(b_.neighbours.metered, chunk.size());
  EXPECT_EQ(b_.neighbours.closed, std::vector<std::string>{*pid});
}

// Found by tests/sim: bytes left, and the process died, or its disk failed, before the meter was read (I-5).
//= I-5 type=test
TEST_F(StopsTest, WhatWasBeginningToLeaveWhenTheProcessDiedIsMeteredAtTheNextStart) {
  const auto pid = b_.service->request(agreement_, kPullFormat, "operator-1");
  settle();
  const std::string theirs = b_.service->get(*pid)->peer_pid;
  const auto first = a_.service->begin_sending(theirs, 1000);
  const auto second = a_.service->begin_sending(theirs, 500);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(a_.service->record_sent(theirs, *first, 1010).ok());
  EXPECT_EQ(a_.neighbours.metered, 1010u);
  ASSERT_TRUE(a_.service->settle_sending().ok());
  ASSERT_TRUE(a_.service->settle_sending().ok());
  ASSERT_TRUE(a_.service->record_sent(theirs, *second, 500).ok()) << "it is settled already";
  EXPECT_EQ(a_.neighbours.metered, 1510u);
}

// Found by tests/sim: a push went on after the provider had suspended the agreement.
//= I-5 type=test
TEST_F(StopsTest, NothingBeginsToLeaveWhileTheTransferIsStoppedOrTheAgreementIsNotLive) {
  const auto pid = b_.service->request(agreement_, kPushFormat, "operator-1");
  settle();
  const std::string theirs = b_.service->get(*pid)->peer_pid;
  ASSERT_TRUE(a_.service->begin_sending(theirs, 10).ok());
  a_.neighbours.not_live = "suspended";
  EXPECT_EQ(a_.service->begin_sending(theirs, 10).error().reason(), "agreement.not_live");
  a_.neighbours.not_live.clear();
  ASSERT_TRUE(a_.service->suspend(theirs, "wait", "op").ok());
  EXPECT_EQ(a_.service->begin_sending(theirs, 10).error().reason(), "delivery.wrong_state");
}

}  // namespace
}  // namespace weir::flow::delivery
