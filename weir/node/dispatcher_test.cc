// The dispatcher against a real server: order, retries, refusals, and nothing lost.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/dispatcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/temporary_folder.h"
#include "weir/adapters/http/test_support.h"
#include "weir/base/log.h"
#include "weir/node/news.h"

namespace weir::node {
namespace {

namespace http = adapters::http;
using store::OutboxMessage;

// A peer that keeps what it takes, and refuses as it is told to.
class Peer {
 public:
  Peer() : router_({.authenticator = &authenticator_, .random = &random_}) {
    router_.add({.method = http::Method::kPost, .pattern = "/in/{lane}", .access = http::Access::peer(),
                 .operation = "in", .summary = {}, .handler = [this](http::Request& request) { return take(request); }});
  }
  void start() {
    http::ServerOptions options;
    options.port = port_;
    options.tls.emplace(http::TlsServerOptions{authority.issue({.unit = "peer"}), {authority.pem()}});
    server_ = *http::Server::start(std::move(options), router_);
    port_ = server_->port();
  }
  void stop() {
    server_->stop(Milliseconds(1000));
    server_.reset();
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  // The next requests are answered with these.
  void will_refuse(std::deque<Error> with) {
    const std::scoped_lock lock(mutex_);
    refusals_ = std::move(with);
  }
  std::map<std::string, std::vector<std::string>> taken() {
    const std::scoped_lock lock(mutex_);
    return taken_;
  }
  std::size_t asked() {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  http::testing::TestAuthority authority{"authority"};

 private:
  Result<http::Response> take(http::Request& request) {
    const std::scoped_lock lock(mutex_);
    ++asked_;
    if (!refusals_.empty()) {
      const Error error = refusals_.front();
      refusals_.pop_front();
      return Error(error);
    }
    taken_[request.parameter("lane")].push_back(request.body);
    return http::Response::json(wire::Json::object({{"took", request.body}}));
  }

  SystemRandom random_;
  http::testing::TestAuthenticator authenticator_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards all below
  std::deque<Error> refusals_;
  std::map<std::string, std::vector<std::string>> taken_;
  std::size_t asked_ = 0;
};

class DispatcherTest : public ::testing::Test {
 protected:
  weir::testing::TemporaryFolder folder_;
  SystemClock clock_;
  Peer peer_;
  std::unique_ptr<store::Database> database_ = *store::open_sqlite({.path = folder_.path() + "/db"});
  News news_;
  std::atomic<Dispatcher*> told_{nullptr};
  WakingSql sql_{*database_, [this] {
                   news_.bump();
                   if (Dispatcher* const running = told_) running->notify();
                 }};
  std::unique_ptr<http::Client> client_;
  std::mutex mutex_;  // guards refused_
  std::vector<std::string> refused_;
  std::vector<std::string> answers_;
  int answers_that_fail_ = 0;
  int refusals_that_fail_ = 0;
  std::unique_ptr<Dispatcher> dispatcher_;

  void SetUp() override {
    log::set_level(static_cast<log::Level>(9));
    ASSERT_TRUE(store::migrate(*database_, store::outbox_migration()).ok());
    peer_.start();
    client_ = *http::Client::open({.tls = {.identity = peer_.authority.issue({.unit = "me"}),
                                           .authorities_pem = {peer_.authority.pem()}}});
  }
  void TearDown() override {
    if (dispatcher_) dispatcher_->stop();
    log::set_level(log::Level::kInfo);
  }
  static DispatcherOptions quick() {
    return {.threads = 3, .retries = {.first = Milliseconds(5), .most = Milliseconds(20)}};
  }
  void start(DispatcherOptions options = quick()) {
    PostHooks hooks;
    hooks.answered = [this](store::Tx&, const OutboxMessage&, std::string_view answer) -> Result<> {
      if (answers_that_fail_ > 0) {
        --answers_that_fail_;
        return Error(Errc::kUnavailable, "not now");
      }
      answers_.emplace_back(answer);
      return {};
    };
    hooks.refused = [this](store::Tx&, const OutboxMessage& message, const Error&) -> Result<> {
      const std::scoped_lock lock(mutex_);
      refused_.push_back(message.body);
      if (refusals_that_fail_ == 0) return {};
      --refusals_that_fail_;
      return Error(Errc::kConflict, "not now");
    };
    dispatcher_ = std::make_unique<Dispatcher>(sql_, clock_, *client_, options, std::move(hooks));
    told_ = dispatcher_.get();
  }
  void put(const std::string& lane, const std::string& body, const std::string& node = "peer") {
    EXPECT_TRUE(sql_.write([&](store::Tx& tx) -> Result<> {
      OutboxMessage message{.lane = lane, .peer = node, .address = peer_.url(), .path = "/in/" + lane, .body = body};
      WEIR_TRY(store::enqueue(tx, message));
      return {};
    }).ok());
  }
  // Waits until the outbox is empty.
  bool drained() {
    bool empty = false;
    const Result<> waited = news_.wait_until(Milliseconds(60'000), [&]() -> Result<bool> {
      return store::sql_read<bool>(*database_, [&](store::Tx& tx) -> Result<bool> {
        WEIR_TRY_LET(const std::int64_t count, store::waiting(tx));
        return empty = count == 0;
      });
    });
    return waited && empty;
  }
};

TEST_F(DispatcherTest, SendsWhatWasThereBeforeItAndWhatComesLaterInOrder) {
  for (int i = 0; i < 5; ++i) put("a", std::to_string(i));
  start();
  for (int i = 5; i < 10; ++i) put("a", std::to_string(i));
  ASSERT_TRUE(drained());
  EXPECT_EQ(peer_.taken()["a"], (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  dispatcher_->stop();
  EXPECT_EQ(answers_.size(), 10u);
  EXPECT_EQ(answers_.front(), R"({"took":"0"})");
}

TEST_F(DispatcherTest, LosesAndReordersNothingWhenManyPutAtOnce) {
  start();
  constexpr int kWriters = 4;
  constexpr int kEach = 25;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([this, w] {
        for (int i = 0; i < kEach; ++i) put("lane" + std::to_string(w), std::to_string(i));
      });
    }
  }
  ASSERT_TRUE(drained());
  std::vector<std::string> expected;
  for (int i = 0; i < kEach; ++i) expected.push_back(std::to_string(i));
  const auto taken = peer_.taken();
  ASSERT_EQ(taken.size(), static_cast<std::size_t>(kWriters));
  for (const auto& [lane, bodies] : taken) EXPECT_EQ(bodies, expected) << lane;
}

TEST_F(DispatcherTest, TriesAgainWhilePeerIsBusyAndKeepsTheOrder) {
  const Error busy = Error(Errc::kUnavailable, "busy").because("test.busy");
  peer_.will_refuse({busy, busy, busy});
  put("a", "first");
  put("a", "second");
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(peer_.taken()["a"], (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(peer_.asked(), 5u);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(DispatcherTest, WaitsForAPeerThatIsAway) {
  peer_.stop();
  put("a", "1");
  put("a", "2");
  start();
  ASSERT_TRUE(news_.wait_until(Milliseconds(60'000), [&]() -> Result<bool> {
    return store::sql_read<bool>(*database_, [&](store::Tx& tx) -> Result<bool> {
      WEIR_TRY_LET(const store::Row row, tx.one("SELECT MAX(attempts) FROM outbox"));
      return row[0].integer() >= 3;
    });
  }).ok());
  peer_.start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(peer_.taken()["a"], (std::vector<std::string>{"1", "2"}));
}

TEST_F(DispatcherTest, SetsAsideWhatIsRefusedForGoodAndTheLaneGoesOn) {
  peer_.will_refuse({Error(Errc::kInvalidArgument, "no").because("test.no")});
  put("a", "bad");
  put("a", "good");
  start();
  ASSERT_TRUE(drained());
  dispatcher_->stop();
  EXPECT_EQ(peer_.taken()["a"], std::vector<std::string>{"good"});
  EXPECT_EQ(refused_, std::vector<std::string>{"bad"});
}

TEST_F(DispatcherTest, SetsAsideWhatAnotherNodeWouldRead) {
  put("a", "secret", "somebody-else");
  start();
  ASSERT_TRUE(drained());
  dispatcher_->stop();
  EXPECT_TRUE(peer_.taken().empty());
  EXPECT_EQ(refused_, std::vector<std::string>{"secret"});
}

TEST_F(DispatcherTest, GivesUpWhenTheAttemptsAreUsedUp) {
  peer_.stop();
  put("a", "1");
  start({.threads = 1, .retries = {.first = Milliseconds(1), .most = Milliseconds(1), .attempts_max = 3}});
  ASSERT_TRUE(drained());
  dispatcher_->stop();
  EXPECT_EQ(refused_, std::vector<std::string>{"1"});
}

TEST_F(DispatcherTest, AnAnswerThatCannotBeUsedYetIsAskedForAgain) {
  answers_that_fail_ = 2;
  put("a", "1");
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(peer_.taken()["a"], (std::vector<std::string>{"1", "1", "1"}));
}

// What the room makes of a refusal is in the commit that removes the message, or the message is still there.
TEST_F(DispatcherTest, ARefusalThatCannotBeNotedIsHeardAgain) {
  const Error no = Error(Errc::kInvalidArgument, "no").because("test.no");
  peer_.will_refuse({no, no});
  refusals_that_fail_ = 1;
  put("a", "bad");
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(refused_, (std::vector<std::string>{"bad", "bad"}));
}

TEST_F(DispatcherTest, AnEmptyOutboxEndsAtOnce) {
  start();
  dispatcher_->stop();
  dispatcher_->notify();
}

TEST(Backoff, DoublesUpToTheMost) {
  EXPECT_EQ(backoff(0, Milliseconds(10), Milliseconds(1000)), Milliseconds(10));
  EXPECT_EQ(backoff(3, Milliseconds(10), Milliseconds(1000)), Milliseconds(80));
  EXPECT_EQ(backoff(500, Milliseconds(10), Milliseconds(1000)), Milliseconds(1000));
}

}  // namespace
}  // namespace weir::node
