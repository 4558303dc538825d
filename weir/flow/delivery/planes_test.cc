// A delivery that is shared with another plane: ordered by a control plane, or carried by a data plane.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "weir/flow/delivery/service_fixture.h"

namespace weir::flow::delivery {
namespace {

using testing::Party;

class FakePlanes final : public Planes {
 public:
  bool registered = true;
  std::string data_plane;  // that carries everything; empty: none
  std::vector<std::string> moved_ones;
  std::vector<std::string> failures;
  std::vector<std::pair<Signal, std::vector<DataAddress>>> told;

  Result<> vouches(store::Tx&, const Transfer&) override {
    if (registered) return {};
    return Error(Errc::kForbidden, "registered no more").because("agreement.not_live");
  }
  Result<> moved(store::Tx&, const Transfer& transfer) override {
    moved_ones.push_back(transfer.pid);
    return {};
  }
  Result<> failed(store::Tx&, const Transfer&, std::string_view why) override {
    failures.emplace_back(why);
    return {};
  }
  Result<std::string> carrier(store::Tx&, std::string_view, std::string_view) override { return data_plane; }
  Result<> tell(store::Tx&, const Transfer&, Signal signal, const std::vector<DataAddress>& address,
                std::string_view) override {
    told.emplace_back(signal, address);
    return {};
  }
};

class PlanesTest : public testing::ServiceFixture {
 protected:
  FakePlanes planes_;
  ContentRoot root_{};
  std::unique_ptr<Service> service_;  // of a_, with planes

  void SetUp() override {
    ServiceFixture::SetUp();
    root_ = a_.neighbours.agreements.at(agreement_).root;
    service_ = std::make_unique<Service>(
        Service::Deps{.sql = *a_.sql,
                      .log = a_.log,
                      .clock = a_.clock,
                      .random = a_.random,
                      .neighbours = a_.neighbours,
                      .contents = a_.contents,
                      .vault = a_.vault,
                      .self = Self{a_.node, "https://a.example/dsp/2025-1", "https://a.example/data/v1", &a_.key},
                      .planes = &planes_});
  }

  Order order(Role role, std::string_view format) const {
    return {.control_plane = "cp",
            .role = role,
            .peer = PeerId("did:web:other.example"),
            .agreement = "urn:uuid:theirs",
            .product = "p",
            .format = format,
            .root = role == Role::kProvider ? root_ : ContentRoot{},
            .size = content_.size()};
  }

  // An ordered transfer whose doors are open, and what the other side is given.
  std::pair<std::string, std::vector<DataAddress>> open(Role role, std::string_view format,
                                                        const std::vector<DataAddress>& address = {}) {
    std::pair<std::string, std::vector<DataAddress>> out;
    const Result<> written = a_.sql->write([&](store::Tx& tx) -> Result<> {
      WEIR_TRY_LET(const Transfer taken, service_->take_order(tx, order(role, format)));
      out.first = taken.pid;
      WEIR_TRY_LET(out.second, service_->open_order(tx, taken.pid, address));
      return {};
    });
    EXPECT_TRUE(written.ok());
    return out;
  }

  Result<> in_write(const std::function<Result<>(store::Tx&)>& work) { return a_.sql->write(work); }

  // A transfer of this node's own agreement that a data plane carries: the consumer asked for it.
  std::string asked() {
    planes_.data_plane = "dp";
    const TransferMessage request{.consumer_pid = "urn:their-pid",
                                  .agreement = agreement_,
                                  .format = "AmazonS3-PUSH",
                                  .callback_address = "https://b.example/dsp/2025-1"};
    const auto answer = service_->receive_request(b_.node, request);
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    return answer ? answer->text_or("providerPid", "") : "";
  }
};

TEST_F(PlanesTest, AnOrderedPullOpensToItsTokenAndTellsTheOtherSideNothing) {
  const auto [pid, given] = open(Role::kProvider, kPullFormat);
  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given.front().endpoint, "https://a.example/data/v1/pull/" + pid);
  EXPECT_FALSE(given.front().refresh_token.empty());
  EXPECT_TRUE(service_->open_for_bearer(pid, given.front().token).ok());
  EXPECT_TRUE(a_.take_outbox().empty());
  ASSERT_TRUE(service_->finish(pid, "node").ok());
  EXPECT_EQ(planes_.moved_ones, std::vector<std::string>{pid});
  EXPECT_TRUE(a_.take_outbox().empty());
}

TEST_F(PlanesTest, AnOrderedReceiverGivesOneAddressThatLastsThroughASuspension) {
  const auto [pid, given] = open(Role::kConsumer, kPushFormat);
  ASSERT_EQ(given.size(), 1U);
  EXPECT_TRUE(service_->open_push(pid, given.front().token).ok());
  ASSERT_TRUE(in_write([&](store::Tx& tx) {
                return service_->close_order(tx, pid, MessageKind::kSuspension, "");
              }).ok());
  EXPECT_EQ(service_->open_push(pid, given.front().token).error().reason(), "delivery.wrong_state");
  ASSERT_TRUE(in_write([&](store::Tx& tx) -> Result<> {
                WEIR_TRY_LET(const auto again, service_->open_order(tx, pid, {}));
                EXPECT_TRUE(again.empty());
                return {};
              }).ok());
  EXPECT_TRUE(service_->open_push(pid, given.front().token).ok());
}

TEST_F(PlanesTest, WhatADataPlaneCarriesStartsWhenItSaysSoWithItsAddress) {
  const std::string pid = asked();
  ASSERT_EQ(planes_.told.size(), 1U);
  EXPECT_EQ(planes_.told.front().first, Signal::kStart);
  EXPECT_TRUE(a_.take_outbox().empty());
  const DataAddress address{.as_written = R"({"@type":"DataAddress","endpointType":"AmazonS3"})"};
  ASSERT_TRUE(in_write([&](store::Tx& tx) { return service_->carried(tx, pid, Signal::kStart, {address}); }).ok());
  const auto sent = a_.take_outbox();
  ASSERT_EQ(sent.size(), 1U);
  const wire::Json start = *wire::parse_json(sent.front().body);
  EXPECT_EQ(start["dataAddress"].dump(), address.as_written);
  EXPECT_EQ(service_->get(pid)->state, TransferState::kStarted);
}

TEST_F(PlanesTest, AnAgreementThatIsSuspendedStopsTheDataPlaneToo) {
  const std::string pid = asked();
  ASSERT_TRUE(in_write([&](store::Tx& tx) { return service_->carried(tx, pid, Signal::kStart, {}); }).ok());
  ASSERT_TRUE(service_->stop_carried(agreement_, MessageKind::kSuspension, "suspended").ok());
  EXPECT_EQ(planes_.told.back().first, Signal::kSuspend);
  EXPECT_EQ(service_->get(pid)->state, TransferState::kSuspended);
  // It goes on only when the data plane does.
  ASSERT_TRUE(service_->resume(pid, "operator").ok());
  EXPECT_EQ(planes_.told.back().first, Signal::kResume);
  EXPECT_EQ(service_->get(pid)->state, TransferState::kSuspended);
  ASSERT_TRUE(in_write([&](store::Tx& tx) { return service_->carried(tx, pid, Signal::kResume, {}); }).ok());
  EXPECT_EQ(service_->get(pid)->state, TransferState::kStarted);
}

// ── what is refused ──

TEST_F(PlanesTest, RefusesAnOrderUnderAnAgreementThatIsAnothers) {
  const std::string own = asked();
  ASSERT_FALSE(own.empty());
  Order theirs = order(Role::kProvider, kPullFormat);
  theirs.agreement = agreement_;
  const Result<> refused = in_write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(service_->take_order(tx, theirs));
    return {};
  });
  EXPECT_EQ(refused.error().reason(), "signaling.agreement");
}

TEST_F(PlanesTest, OpensNothingWhenTheControlPlaneIsRegisteredNoMore) {
  const auto [pid, given] = open(Role::kProvider, kPullFormat);
  planes_.registered = false;
  EXPECT_EQ(service_->open_for_bearer(pid, given.front().token).error().reason(), "agreement.not_live");
  EXPECT_EQ(service_->begin_sending(pid, 1).error().reason(), "agreement.not_live");
  EXPECT_EQ(service_->renew(given.front().refresh_token).error().reason(), "delivery.refresh");
}

TEST_F(PlanesTest, OrderedTransfersAreUnknownToTheOtherSide) {
  const auto [pid, given] = open(Role::kProvider, kPullFormat);
  const PeerId peer("did:web:other.example");
  EXPECT_EQ(service_->status_for(peer, pid).error().reason(), "delivery.no_process");
  const TransferMessage end{.kind = MessageKind::kTermination, .provider_pid = pid, .consumer_pid = "x"};
  EXPECT_EQ(service_->receive(peer, pid, end).error().reason(), "delivery.no_process");
}

TEST_F(PlanesTest, ADataPlaneThatRefusesEndsTheTransferAndIsNotQuoted) {
  const std::string pid = asked();
  ASSERT_TRUE(in_write([&](store::Tx& tx) { return service_->not_carried(tx, pid, "words from inside"); }).ok());
  EXPECT_EQ(service_->get(pid)->state, TransferState::kTerminated);
  EXPECT_EQ(service_->get(pid)->error, "words from inside");
  const auto sent = a_.take_outbox();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent.front().body.find("words from inside"), std::string::npos);
}

TEST_F(PlanesTest, WhatADataPlaneSaysOutOfOrderChangesNothing) {
  const std::string pid = asked();
  const auto says = [&](Signal signal) {
    return in_write([&](store::Tx& tx) { return service_->carried(tx, pid, signal, {}); });
  };
  EXPECT_EQ(says(Signal::kCompleted).error().reason(), "delivery.wrong_state");
  ASSERT_TRUE(says(Signal::kStart).ok());
  EXPECT_EQ(says(Signal::kStart).error().reason(), "delivery.wrong_state");
  ASSERT_TRUE(says(Signal::kCompleted).ok());
  ASSERT_TRUE(says(Signal::kCompleted).ok());  // over: nothing more is heard
  EXPECT_EQ(service_->get(pid)->state, TransferState::kCompleted);
}

TEST_F(PlanesTest, RefusesAFormThatNobodyServes) {
  EXPECT_EQ(b_.service->request(agreement_, "AmazonS3-PUSH", "operator").error().reason(), "delivery.format");
}

}  // namespace
}  // namespace weir::flow::delivery
