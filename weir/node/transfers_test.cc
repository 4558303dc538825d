// Transfers and data plane together: two nodes that deliver to each other over TLS, in one process.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/transfers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/base/log.h"
#include "weir/node/test_support.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

namespace http = adapters::http;
namespace delivery = flow::delivery;
using delivery::ChunkIndex;
using delivery::Custody;
using delivery::Transfer;
using delivery::TransferState;
using http::Method;
using testing::kAgreement;
using testing::TestNode;

constexpr std::size_t kSize = (9u << 20) + 12'345;

class TransfersTest : public ::testing::Test {
 protected:
  http::testing::TestAuthority authority_{"authority"};
  TestNode provider_{11, authority_, testing::free_port()};
  TestNode consumer_{12, authority_, testing::free_port()};
  Bytes content_ = Bytes(kSize);
  delivery::ContentRoot root_;

  void SetUp() override {
    log::set_level(log::Level::kError);
    SeededRandom(5).fill(content_);
    auto writer = provider_.contents.begin();
    ASSERT_TRUE(writer.ok() && (*writer)->add(content_).ok());
    const auto stored = (*writer)->finish();
    ASSERT_TRUE(stored.ok());
    root_ = stored->root;
    provider_.agree(delivery::Role::kProvider, 12, consumer_.port, stored->root, stored->size);
    consumer_.agree(delivery::Role::kConsumer, 11, provider_.port, stored->root, stored->size);
    provider_.start_server();
    consumer_.start_server();
    provider_.start_work();
    consumer_.start_work();
  }
  void TearDown() override {
    provider_.stop_work();
    consumer_.stop_work();
    log::set_level(log::Level::kInfo);
  }

  std::string request(std::string_view format = delivery::kPullFormat) {
    const auto pid = consumer_.service.request(kAgreement, format, "operator-1");
    EXPECT_TRUE(pid.ok());
    return *pid;
  }
  static bool is_whole(const Transfer& transfer) {
    return transfer.state == TransferState::kCompleted && transfer.custody == Custody::kHeld;
  }
  static bool is_receiving(const Transfer& transfer) { return transfer.custody == Custody::kReceiving; }

  void expect_held() {
    const auto item = consumer_.service.held(kAgreement);
    ASSERT_TRUE(item.ok()) << item.error().message();
    const delivery::Manifest& manifest = (*item)->manifest();
    for (std::uint64_t i = 0; i < manifest.chunk_count(); ++i) {
      const auto chunk = (*item)->read_chunk(ChunkIndex(i));
      ASSERT_TRUE(chunk.ok()) << i;
      ASSERT_TRUE(std::ranges::equal(
          *chunk, ByteView(content_).subspan(manifest.offset_of(ChunkIndex(i)), manifest.length_of(ChunkIndex(i)))));
    }
  }
  // Both sides know that it is over, and hold the same receipt.
  void expect_done(const std::string& pid) {
    const std::string theirs = consumer_.service.get(pid)->peer_pid;
    ASSERT_TRUE(provider_.reaches(theirs, [](const Transfer& t) { return t.state == TransferState::kCompleted; }));
    EXPECT_EQ(provider_.service.get(theirs)->receipt, consumer_.service.get(pid)->receipt);
    EXPECT_TRUE(provider_.news.wait_until(Milliseconds(30'000), [&]() -> Result<bool> {
      return provider_.neighbours.metered >= content_.size();
    }).ok());
    EXPECT_GE(provider_.neighbours.metered, content_.size());
    expect_held();
  }
};

TEST(RateLimitsTest, ADeliveryWithoutARateOfItsOwnHasTheNodes) {
  RateLimits limits(1000);
  EXPECT_EQ(limits.of("a", 0)->rate(), 1000u);
  EXPECT_EQ(limits.of("b", 50)->rate(), 50u);
  limits.set("a", 0);
  EXPECT_EQ(limits.of("a", 0)->rate(), 0u);  // an operator may lift it
}

TEST_F(TransfersTest, PullsWithSeveralStreams) {
  const std::string pid = request();
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
  EXPECT_EQ(consumer_.neighbours.metered, content_.size());
  EXPECT_LT(provider_.neighbours.metered, content_.size() + content_.size() / 20);  // TLS and heads
}

TEST_F(TransfersTest, PushesEveryChunk) {
  const std::string pid = request(delivery::kPushFormat);
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
}

TEST_F(TransfersTest, APullGoesOnWhereTheServerStopped) {
  consumer_.stop_work();
  const std::string pid = request();
  ASSERT_TRUE(consumer_.service.set_rate(pid, 8 << 20, "operator-1").ok());
  consumer_.start_work();
  // A whole range has left: there is something to go on from.
  ASSERT_TRUE(provider_.news.wait_until(Milliseconds(30'000), [&]() -> Result<bool> {
    return provider_.neighbours.metered > 0;
  }).ok());
  provider_.stop_server();
  consumer_.limits.set(pid, 0);
  provider_.start_server();
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
  EXPECT_LT(provider_.neighbours.metered, 2 * content_.size());
}

TEST_F(TransfersTest, APushGoesOnAfterTheReceiverWasAway) {
  provider_.stop_work();
  const std::string pid = request(delivery::kPushFormat);
  ASSERT_TRUE(provider_.news.wait_until(Milliseconds(30'000), [&]() -> Result<bool> {
    return !provider_.service.list("", 1)->rows.empty();
  }).ok());
  consumer_.stop_server();
  provider_.start_work();
  consumer_.start_server();
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
}

TEST_F(TransfersTest, TheRateIsChangedWhileItRuns) {
  // So slow that no chunk can have come before it is changed.
  consumer_.stop_work();
  const std::string pid = request();
  ASSERT_TRUE(consumer_.service.set_rate(pid, 2'000, "operator-1").ok());
  consumer_.start_work();
  ASSERT_TRUE(consumer_.reaches(pid, is_receiving));
  const auto progress = consumer_.transfers.load()->progress(pid);
  EXPECT_TRUE(!progress || progress->bytes_done == 0);
  EXPECT_EQ(consumer_.service.get(pid)->state, TransferState::kStarted);
  ASSERT_TRUE(consumer_.service.set_rate(pid, 0, "operator-1").ok());
  consumer_.limits.set(pid, 0);
  ASSERT_TRUE(consumer_.reaches(pid, is_whole));
  expect_done(pid);
}

TEST_F(TransfersTest, ASlowTransferDoesNotHoldUpTheEnd) {
  consumer_.stop_work();
  const std::string pid = request();
  ASSERT_TRUE(consumer_.service.set_rate(pid, 1, "operator-1").ok());  // the next piece would take an hour
  consumer_.start_work();
  ASSERT_TRUE(consumer_.reaches(pid, is_receiving));
  consumer_.stop_work();
  EXPECT_EQ(consumer_.service.get(pid)->state, TransferState::kStarted);
}

TEST_F(TransfersTest, SuspendedByEitherSideItStopsAndResumedItEnds) {
  consumer_.stop_work();
  const std::string pid = request();
  ASSERT_TRUE(consumer_.service.set_rate(pid, 100'000, "operator-1").ok());
  consumer_.start_work();
  ASSERT_TRUE(consumer_.reaches(pid, is_receiving));
  const std::string theirs = consumer_.service.get(pid)->peer_pid;
  const auto suspended = [](const Transfer& t) { return t.state == TransferState::kSuspended; };
  const auto started = [](const Transfer& t) { return t.state == TransferState::kStarted; };

  ASSERT_TRUE(consumer_.service.suspend(pid, "the disk is being exchanged", "operator-1").ok());
  ASSERT_TRUE(provider_.reaches(theirs, suspended));
  const Transfer at_rest = *consumer_.service.get(pid);
  const auto opened = provider_.service.open_data(theirs, consumer_.node, at_rest.token);
  EXPECT_EQ(opened.error().reason(), "delivery.wrong_state");
  ASSERT_TRUE(consumer_.service.resume(pid, "operator-1").ok());
  ASSERT_TRUE(provider_.reaches(theirs, started));

  ASSERT_TRUE(provider_.service.suspend(theirs, "maintenance", "operator-2").ok());
  ASSERT_TRUE(consumer_.reaches(pid, suspended));
  EXPECT_EQ(consumer_.service.get(pid)->error, "maintenance");
  ASSERT_TRUE(provider_.service.resume(theirs, "operator-2").ok());
  ASSERT_TRUE(consumer_.reaches(pid, started));
  consumer_.limits.set(pid, 0);
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
}

TEST_F(TransfersTest, APushThatIsSuspendedKeepsWhatCameOfIt) {
  provider_.stop_work();
  const std::string pid = request(delivery::kPushFormat);
  ASSERT_TRUE(provider_.news.wait_until(Milliseconds(30'000), [&]() -> Result<bool> {
    return !provider_.service.list("", 1)->rows.empty();
  }).ok());
  const std::string theirs = provider_.service.list("", 1)->rows.front().pid;
  ASSERT_TRUE(provider_.service.set_rate(theirs, 2'000'000, "operator-1").ok());
  provider_.start_work();
  ASSERT_TRUE(provider_.reaches(theirs, [](const Transfer& t) { return t.bytes_moved > 0; }));
  ASSERT_TRUE(consumer_.service.suspend(pid, "the disk is being exchanged", "operator-1").ok());
  const Transfer at_rest = *consumer_.service.get(pid);
  EXPECT_GT(at_rest.bytes_moved, 0u);
  EXPECT_GE(consumer_.neighbours.metered, at_rest.bytes_moved);
  ASSERT_TRUE(provider_.reaches(theirs, [](const Transfer& t) { return t.state == TransferState::kSuspended; }));
  provider_.limits.set(theirs, 0);
  ASSERT_TRUE(consumer_.service.resume(pid, "operator-1").ok());
  ASSERT_TRUE(consumer_.reaches(pid, is_whole)) << consumer_.service.get(pid)->error;
  expect_done(pid);
  EXPECT_LT(provider_.neighbours.metered, 2 * content_.size());
}

TEST_F(TransfersTest, DestroyedInTheMiddleNothingStays) {
  consumer_.stop_work();
  const std::string pid = request();
  ASSERT_TRUE(consumer_.service.set_rate(pid, 100'000, "operator-1").ok());
  consumer_.start_work();
  ASSERT_TRUE(consumer_.reaches(pid, is_receiving));
  const std::string theirs = consumer_.service.get(pid)->peer_pid;
  ASSERT_TRUE(consumer_.service.destroy(kAgreement, "revoked", "operator-1").ok());
  consumer_.limits.set(pid, 0);
  ASSERT_TRUE(consumer_.reaches(pid, [](const Transfer& t) { return t.custody == Custody::kDestroyed; }));
  ASSERT_TRUE(provider_.reaches(theirs, [](const Transfer& t) { return t.state == TransferState::kTerminated; }));
  consumer_.stop_work();
  EXPECT_FALSE(*consumer_.vault.exists(pid));
  EXPECT_EQ(consumer_.service.get(pid)->custody, Custody::kDestroyed);
}

// Error paths: a provider that sends other bytes, and people who should not be there.

TEST_F(TransfersTest, AChangedChunkIsNotKeptAndBothSidesAreTold) {
  const std::string path = provider_.folder.path() + "/contents/sha256-" + wire::encode_hex(root_.digest) + "/data";
  auto data = store::real_files().open(path, store::OpenMode::kReadWrite);
  ASSERT_TRUE(data.ok());
  const std::size_t place = (5u << 20) + 7;
  ASSERT_TRUE((*data)->write_at(place, Bytes{static_cast<std::uint8_t>(content_[place] ^ 1)}).ok());
  const auto is_over = [](const Transfer& t) { return t.state == TransferState::kTerminated; };
  const std::string pid = request();
  ASSERT_TRUE(consumer_.reaches(pid, is_over));
  const Transfer transfer = *consumer_.service.get(pid);
  EXPECT_EQ(transfer.custody, Custody::kReceiving);
  EXPECT_NE(transfer.error.find("chunk 5"), std::string::npos) << transfer.error;
  ASSERT_TRUE(provider_.reaches(transfer.peer_pid, is_over));
  EXPECT_NE(provider_.service.get(transfer.peer_pid)->error.find("chunk 5"), std::string::npos);
  const auto item = consumer_.vault.open(pid);
  ASSERT_TRUE(item.ok());
  EXPECT_FALSE((*item)->read_chunk(ChunkIndex(5)).ok());
  EXPECT_FALSE(consumer_.service.held(kAgreement).ok());
  // Put right, it is asked for again.
  ASSERT_TRUE((*data)->write_at(place, Bytes{content_[place]}).ok());
  const std::string next = request();
  EXPECT_NE(next, pid);
  ASSERT_TRUE(consumer_.reaches(next, is_whole)) << consumer_.service.get(next)->error;
  expect_done(next);
}

TEST_F(TransfersTest, TheDataPlaneOpensToNobodyElse) {
  consumer_.stop_work();
  const std::string pid = request();
  consumer_.start_work({.jobs = 0});
  ASSERT_TRUE(consumer_.reaches(pid, [](const Transfer& t) { return t.state == TransferState::kStarted; }));
  const Transfer transfer = *consumer_.service.get(pid);
  const auto ask = [&](http::Client& client, const std::string& url, const std::string& token,
                       Method method = Method::kGet) {
    http::ClientRequest request{.method = method, .url = url};
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    const auto response = client.request(request);
    return response ? response->status : -1;
  };
  const auto client_of = [&](http::TlsIdentity identity) {
    return *http::Client::open({.tls = {.identity = std::move(identity), .authorities_pem = {authority_.pem()}}});
  };
  const auto stranger = client_of(authority_.issue({.unit = delivery::testing::make_node(99).text()}));
  const auto nobody = client_of({});
  for (const char* end : {"/manifest", "/content"}) {
    const std::string url = transfer.endpoint + end;
    EXPECT_EQ(ask(consumer_.client(), url, transfer.token), 200) << end;
    EXPECT_EQ(ask(consumer_.client(), url, "guess"), 401) << end;
    EXPECT_EQ(ask(consumer_.client(), url, ""), 401) << end;
    EXPECT_EQ(ask(*stranger, url, transfer.token), 404) << end;
    EXPECT_EQ(ask(*nobody, url, transfer.token), 401) << end;
  }
  EXPECT_EQ(ask(consumer_.client(), provider_.url() + "/data/v1/transfers/none/content", transfer.token), 404);
  // A pull has no inbound, not even for its own provider.
  const std::string inbound = consumer_.url() + "/data/v1/inbound/" + pid;
  EXPECT_EQ(ask(provider_.client(), inbound + "/manifest", transfer.token, Method::kPut), 404);
  EXPECT_EQ(ask(*stranger, inbound + "/chunks/0", transfer.token, Method::kPut), 404);
}

}  // namespace
}  // namespace weir::node
