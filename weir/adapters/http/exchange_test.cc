// Server and client together over real TLS on loopback: identity, long bodies, reuse, and what breaks.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/range.h"
#include "weir/adapters/http/server.h"
#include "weir/adapters/http/test_support.h"
#include "weir/base/rate_limiter.h"

namespace weir::adapters::http {
namespace {

using testing::CertificateWish;
using testing::TestAuthority;

// A body whose byte at offset i is known, of any size, in no memory.
std::uint8_t byte_at(std::uint64_t offset) { return static_cast<std::uint8_t>((offset * 2654435761u) >> 13); }

struct Ends {
  std::atomic<int> whole{0};
  std::atomic<int> broken{0};
  std::atomic<std::uint64_t> socket_bytes{0};
};

class PatternSource final : public BodySource {
 public:
  PatternSource(ByteRange range, Ends* ends, std::uint64_t fail_after = UINT64_MAX)
      : at_(range.offset), left_(range.length), length_(range.length), fail_after_(fail_after), ends_(ends) {}
  std::uint64_t length() const override { return length_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (length_ - left_ >= fail_after_) return Error(Errc::kCorrupt, "the disk said no");
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    for (std::size_t i = 0; i < count; ++i) out[i] = byte_at(at_ + i);
    at_ += count;
    left_ -= count;
    return count;
  }
  void finished(std::uint64_t socket_bytes, bool complete) override {
    if (ends_ == nullptr) return;
    ends_->socket_bytes += socket_bytes;
    ++(complete ? ends_->whole : ends_->broken);
  }

 private:
  std::uint64_t at_;
  std::uint64_t left_;
  std::uint64_t length_;
  std::uint64_t fail_after_;
  Ends* ends_;
};

struct Uploads {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<int> opened{0};
  std::atomic<int> finished{0};
  std::atomic<int> dropped{0};
};

class CheckingSink final : public BodySink {
 public:
  explicit CheckingSink(Uploads& uploads) : uploads_(uploads) { ++uploads_.opened; }
  ~CheckingSink() override {
    if (!finished_) ++uploads_.dropped;
  }
  Result<> write(ByteView bytes) override {
    for (const std::uint8_t byte : bytes) {
      if (byte != byte_at(at_++)) ++uploads_.wrong;
    }
    uploads_.bytes += bytes.size();
    return {};
  }
  Result<> finish() override {
    finished_ = true;
    ++uploads_.finished;
    return {};
  }

 private:
  Uploads& uploads_;
  std::uint64_t at_ = 0;
  bool finished_ = false;
};

constexpr std::uint64_t kBig = 20u << 20;

class ExchangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.add({.method = Method::kGet, .pattern = "/who", .access = Access::peer(), .operation = "who",
                 .summary = {}, .handler = [](Request& request) -> Result<Response> {
                   return Response::text(request.principal.actor() + " " + request.peer->common_name);
                 }});
    router_.add({.method = Method::kGet, .pattern = "/open", .access = Access::open(), .operation = "open",
                 .summary = {}, .handler = [](Request& request) -> Result<Response> {
                   return Response::text(request.secure ? "secure" : "plain");
                 }});
    router_.add({.method = Method::kGet, .pattern = "/bytes", .access = Access::open(), .operation = "bytes",
                 .summary = {}, .handler = [this](Request& request) -> Result<Response> {
                   Result<Response> response =
                       ranged(request, {.size = kBig, .etag = "\"v1\""}, [this](ByteRange range) {
                         return Result<std::unique_ptr<BodySource>>(
                             std::make_unique<PatternSource>(range, &ends_, fail_after_));
                       });
                   if (response) response->limiter = limiter_;
                   return response;
                 }});
    router_.add({.method = Method::kPut, .pattern = "/upload", .access = Access::with_scope("catalog:write"),
                 .operation = "upload", .summary = {},
                 .handler = [](Request& request) -> Result<Response> {
                   return Response::text(std::to_string(request.body_bytes));
                 },
                 .open_upload = [this](Request&) -> Result<std::unique_ptr<BodySink>> {
                   return std::unique_ptr<BodySink>(std::make_unique<CheckingSink>(uploads_));
                 }});
    start({});
  }

  void start(ServerOptions options, const CertificateWish& wish = {.unit = "node-server"}) {
    server_.reset();
    options.tls = TlsServerOptions{authority_.issue(wish), {authority_.pem()}};
    Result<std::unique_ptr<Server>> server = Server::start(std::move(options), router_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
  }
  std::unique_ptr<Client> client_with(TlsIdentity identity, ClientOptions options = {}) {
    options.tls.identity = std::move(identity);
    options.tls.authorities_pem = {authority_.pem()};
    Result<std::unique_ptr<Client>> client = Client::open(std::move(options));
    EXPECT_TRUE(client) << client.error().message();
    return *std::move(client);
  }
  std::unique_ptr<Client> anonymous(ClientOptions options = {}) { return client_with({}, std::move(options)); }
  std::string url(std::string_view path) const { return server_->url() + std::string(path); }

  SystemRandom random_;
  testing::TestAuthenticator authenticator_;
  Router router_{RouterOptions{.authenticator = &authenticator_, .random = &random_}};
  TestAuthority authority_{"Weir test authority"};
  Ends ends_;
  Uploads uploads_;
  std::uint64_t fail_after_ = UINT64_MAX;
  std::shared_ptr<RateLimiter> limiter_;
  std::unique_ptr<Server> server_;
};

//= NDI-TR-2025-03#mutual-authentication type=test
TEST_F(ExchangeTest, ANodeIsKnownByItsCertificate) {
  //= NDI-TR-2025-03 type=test
  const auto client = client_with(authority_.issue({.common_name = "127.0.0.1", .unit = "node-7"}));
  const Result<ClientResponse> response = client->request({.url = url("/who"), .node = "node-server"});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "peer:node-7 127.0.0.1");
  EXPECT_EQ(response->peer_node, "node-server");
  EXPECT_GT(response->bytes_sent, 0u);
  EXPECT_GT(response->bytes_received, response->body.size());
}

TEST_F(ExchangeTest, AConnectionCarriesManyRequests) {
  const auto client = anonymous();
  for (int i = 0; i < 20; ++i) {
    const Result<ClientResponse> response = client->request({.url = url("/open")});
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "secure");
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1u);
}

TEST_F(ExchangeTest, ALongBodyArrivesWholeAndMeteredAtBothEnds) {
  const auto client = anonymous();
  std::uint64_t at = 0;
  std::uint64_t wrong = 0;
  const Result<ClientResponse> response =
      client->download({.url = url("/bytes")}, 0, 0, [&](ByteView piece) -> Result<bool> {
        for (const std::uint8_t byte : piece) wrong += byte != byte_at(at++) ? 1 : 0;
        return true;
      });
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(at, kBig);
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(response->body_bytes, kBig);
  server_->stop(Milliseconds(5000));
  EXPECT_EQ(ends_.whole, 1);
  EXPECT_LE(ends_.socket_bytes, server_->stats().bytes_out);
  EXPECT_LE(ends_.socket_bytes, response->bytes_received);
  EXPECT_GT(ends_.socket_bytes, kBig);
}

TEST_F(ExchangeTest, ALongBodyIsPutWhereItIsWanted) {
  const auto client = anonymous();
  for (int round = 0; round < 2; ++round) {
    Bytes place(kBig);
    std::uint64_t at = 0;
    std::uint64_t copied = 0;
    const Result<ClientResponse> response = client->download(
        {.url = url("/bytes")}, 0, 0,
        [&](ByteView piece) -> Result<bool> {
          if (piece.data() != place.data() + at) {
            std::copy(piece.begin(), piece.end(), place.begin() + static_cast<std::ptrdiff_t>(at));
            copied += piece.size();
          }
          at += piece.size();
          return true;
        },
        [&] { return std::span(place).subspan(at); });
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(at, kBig);
    EXPECT_EQ(response->body_bytes, kBig);
    EXPECT_LT(copied, 64u << 10) << "only what came with the head";
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < kBig; ++i) wrong += place[i] != byte_at(i) ? 1 : 0;
    EXPECT_EQ(wrong, 0u);
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1u);
}

TEST_F(ExchangeTest, APartIsExactlyThatPart) {
  const auto client = anonymous();
  for (const ByteRange part : {ByteRange{0, 1}, ByteRange{12'345, 700'000}, ByteRange{kBig - 1, 1}}) {
    std::uint64_t at = part.offset;
    std::uint64_t wrong = 0;
    const Result<ClientResponse> response =
        client->download({.url = url("/bytes")}, part.offset, part.length, [&](ByteView piece) -> Result<bool> {
          for (const std::uint8_t byte : piece) wrong += byte != byte_at(at++) ? 1 : 0;
          return true;
        });
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->status, 206);
    EXPECT_EQ(at, part.offset + part.length);
    EXPECT_EQ(wrong, 0u);
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1u);
}

TEST_F(ExchangeTest, ARangeBeyondTheEndIsAnsweredAsSuch) {
  const auto client = anonymous();
  const Result<ClientResponse> response =
      client->download({.url = url("/bytes")}, kBig, 10, [](ByteView) -> Result<bool> { return true; });
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 416);
  EXPECT_EQ(response->headers.get("Content-Range"), "bytes */" + std::to_string(kBig));
  EXPECT_EQ(response->ok().error().reason(), "http.range");
}

TEST_F(ExchangeTest, PartsFlowInParallel) {
  const auto client = anonymous();
  constexpr std::uint64_t kParts = 8;
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> total{0};
  std::vector<std::thread> threads;
  for (std::uint64_t part = 0; part < kParts; ++part) {
    threads.emplace_back([&, part] {
      std::uint64_t at = part * (kBig / kParts);
      const auto response =
          client->download({.url = url("/bytes")}, at, kBig / kParts, [&](ByteView piece) -> Result<bool> {
            for (const std::uint8_t byte : piece) wrong += byte != byte_at(at++) ? 1 : 0;
            total += piece.size();
            return true;
          });
      EXPECT_TRUE(response);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kBig);
  EXPECT_EQ(wrong, 0u);
}

TEST_F(ExchangeTest, ALongUploadStreamsThroughASink) {
  const auto client = anonymous();
  PatternSource source({0, kBig}, nullptr);
  const Result<ClientResponse> response = client->upload(
      {.method = Method::kPut, .url = url("/upload"), .headers = {{"Authorization", "Bearer writer"}}}, source);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200) << response->body;
  EXPECT_EQ(response->body, std::to_string(kBig));
  EXPECT_EQ(uploads_.bytes, kBig);
  EXPECT_EQ(uploads_.wrong, 0u);
  EXPECT_EQ(uploads_.finished, 1);
  // And the connection is as good as before.
  EXPECT_EQ(client->request({.url = url("/open")})->body, "secure");
  EXPECT_EQ(server_->stats().connections_accepted, 1u);
}

TEST_F(ExchangeTest, AnUploadMaySlowDownAndGoOn) {
  const auto client = anonymous();
  const auto limiter = std::make_shared<RateLimiter>(2u << 20);
  PatternSource source({0, 600u << 10}, nullptr);
  const Result<ClientResponse> response =
      client->upload({.method = Method::kPut, .url = url("/upload"),
                      .headers = {{"Authorization", "Bearer writer"}}, .limiter = limiter}, source);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(uploads_.bytes, 600u << 10);
  EXPECT_EQ(uploads_.wrong, 0u);
}

TEST_F(ExchangeTest, TheRateOfALongBodyChangesWhileItFlows) {
  limiter_ = std::make_shared<RateLimiter>(64u << 10);  // 20 MiB would take five minutes
  const auto client = anonymous();
  std::uint64_t total = 0;
  const auto response = client->download({.url = url("/bytes")}, 0, 0, [&](ByteView piece) -> Result<bool> {
    total += piece.size();
    limiter_->set_rate(0);
    return true;
  });
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(total, kBig);
}

// ---- Bodies that break.

TEST_F(ExchangeTest, AStoppedDownloadEndsTheTransferAtTheOtherSide) {
  const auto client = anonymous();
  const auto response =
      client->download({.url = url("/bytes")}, 0, 0, [](ByteView) -> Result<bool> { return false; });
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_LT(response->body_bytes, kBig);
  while (ends_.broken == 0) std::this_thread::yield();
  EXPECT_EQ(ends_.whole, 0);
}

TEST_F(ExchangeTest, AnErrorOfTheSinkIsTheErrorOfTheDownload) {
  const auto client = anonymous();
  const auto response = client->download({.url = url("/bytes")}, 0, 0, [](ByteView) -> Result<bool> {
    return Error(Errc::kCorrupt, "not what was promised").because("delivery.chunk");
  });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), "delivery.chunk");
}

TEST_F(ExchangeTest, ASourceThatFailsBreaksTheConnectionSoThatNobodyTakesItForWhole) {
  fail_after_ = 1u << 20;
  const auto client = anonymous();
  const auto take = [](ByteView) -> Result<bool> { return true; };
  Bytes place(256u << 10);
  for (const PieceRoom& room : {PieceRoom(), PieceRoom([&] { return std::span(place); })}) {
    const auto response = client->download({.url = url("/bytes")}, 0, 0, take, room);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().reason(), "http.connection_lost");
  }
  while (ends_.broken < 2) std::this_thread::yield();
}

TEST_F(ExchangeTest, AnUploadThatBreaksIsDroppedNotFinished) {
  const auto client = anonymous();
  PatternSource source({0, kBig}, nullptr, 1u << 20);
  const auto response = client->upload(
      {.method = Method::kPut, .url = url("/upload"), .headers = {{"Authorization", "Bearer writer"}}}, source);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "the disk said no");
  while (uploads_.dropped == 0) std::this_thread::yield();
  EXPECT_EQ(uploads_.finished, 0);
}

TEST_F(ExchangeTest, AnUploadOfSomebodyUnknownIsTurnedAwayBeforeItIsOpened) {
  const auto client = anonymous();
  PatternSource source({0, kBig}, nullptr);
  const auto response = client->upload({.method = Method::kPut, .url = url("/upload")}, source);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(uploads_.opened, 0);
  PatternSource again({0, 1000}, nullptr);
  const auto forbidden = client->upload(
      {.method = Method::kPut, .url = url("/upload"), .headers = {{"Authorization", "Bearer reader"}}}, again);
  ASSERT_TRUE(forbidden) << forbidden.error().message();
  EXPECT_EQ(forbidden->status, 403);
}

TEST_F(ExchangeTest, AStopCutsALongBody) {
  limiter_ = std::make_shared<RateLimiter>(64u << 10);
  const auto client = anonymous();
  std::atomic<bool> flowing{false};
  std::thread reader([&] {
    const auto response = client->download({.url = url("/bytes")}, 0, 0, [&](ByteView) -> Result<bool> {
      flowing = true;
      return true;
    });
    EXPECT_FALSE(response);
  });
  while (!flowing) std::this_thread::yield();
  server_->stop(Milliseconds(20));
  reader.join();
  EXPECT_EQ(ends_.broken, 1);
}

// ---- Identities that are not believed.

TEST_F(ExchangeTest, AClientWithoutCertificateIsNoNode) {
  const auto response = anonymous()->request({.url = url("/who")});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->ok().error().reason(), "http.certificate_missing");
}

//= TC609-6-2025-13#transport type=test
TEST_F(ExchangeTest, AClientOfAnotherAuthorityIsRefusedInTheHandshake) {
  const TestAuthority other("another authority");
  const auto response = client_with(other.issue({}))->request({.url = url("/open")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), "tls.refused") << response.error().message();
  while (server_->stats().handshakes_failed == 0) std::this_thread::yield();
}

TEST_F(ExchangeTest, AnExpiredClientIsRefusedInTheHandshake) {
  const auto response =
      client_with(authority_.issue({.starts_in = -7200, .ends_in = -3600}))->request({.url = url("/open")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), "tls.refused") << response.error().message();
}

TEST_F(ExchangeTest, AServerOfAnotherAuthorityIsNotBelieved) {
  const TestAuthority other("another authority");
  auto client = Client::open({.tls = {.identity = {}, .authorities_pem = {other.pem()}}});
  const auto response = (*client)->request({.url = url("/open")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::kUnauthenticated);
  EXPECT_EQ(response.error().reason(), "tls.untrusted");
}

TEST_F(ExchangeTest, AnExpiredServerIsNotBelieved) {
  start({}, {.starts_in = -7200, .ends_in = -3600});
  EXPECT_EQ(anonymous()->request({.url = url("/open")}).error().reason(), "tls.expired");
}

TEST_F(ExchangeTest, AServerFromTheFutureIsNotBelieved) {
  start({}, {.starts_in = 3600, .ends_in = 7200});
  EXPECT_EQ(anonymous()->request({.url = url("/open")}).error().reason(), "tls.not_yet");
}

TEST_F(ExchangeTest, AServerOfAnotherNameIsNotBelieved) {
  start({}, {.common_name = "elsewhere", .alternative_names = "DNS:elsewhere,IP:127.0.0.9"});
  EXPECT_EQ(anonymous()->request({.url = url("/open")}).error().reason(), "tls.name");
  const std::string by_name = "https://localhost:" + std::to_string(server_->port()) + "/open";
  EXPECT_EQ(anonymous()->request({.url = by_name}).error().reason(), "tls.name");
}

TEST_F(ExchangeTest, AnotherNodeAtTheAddressIsNotSpokenTo) {
  const auto response = anonymous()->request({.url = url("/open"), .node = "node-expected"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), "tls.node");
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(ExchangeTest, NewCertificatesHoldForNewConnections) {
  const auto client = anonymous();
  EXPECT_EQ(client->request({.url = url("/open")})->peer_node, "node-server");
  ASSERT_TRUE(server_->replace_tls({authority_.issue({.unit = "node-renewed"}), {authority_.pem()}}));
  EXPECT_EQ(client->request({.url = url("/open")})->peer_node, "node-server");
  EXPECT_EQ(anonymous()->request({.url = url("/open")})->peer_node, "node-renewed");
}

TEST_F(ExchangeTest, AKeyOfAnotherCertificateDoesNotStart) {
  TlsServerOptions tls{authority_.issue(), {}};
  tls.identity.key = authority_.issue().key;
  const auto server = Server::start({.tls = std::move(tls)}, router_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason(), "tls.key");
}

// ---- Connections that do not come about.

TEST_F(ExchangeTest, ARefusedConnectionIsSaidSo) {
  const std::string dead = url("/open");
  server_->stop(Milliseconds(0));
  const auto response = anonymous()->request({.url = dead});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::kUnavailable);
  EXPECT_EQ(response.error().reason(), "http.connect_refused");
  EXPECT_FALSE(response.error().hint().empty());
}

TEST_F(ExchangeTest, AKeptConnectionThatWasClosedIsReplaced) {
  start({.idle_timeout = Milliseconds(1)});
  const auto client = anonymous();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client->request({.url = url("/open")}));
    while (server_->stats().connections_open > 0) std::this_thread::yield();
  }
  EXPECT_EQ(server_->stats().connections_accepted, 3u);
}

TEST_F(ExchangeTest, PlainHttpToATlsPortIsNotAnswered) {
  const auto response = anonymous()->request({.url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/"});
  EXPECT_FALSE(response);
}

TEST_F(ExchangeTest, AnAnswerThatIsTooLongIsNotTaken) {
  const auto response = anonymous()->request({.url = url("/bytes"), .body_bytes_max = 1000});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), "http.response_too_large");
}

}  // namespace
}  // namespace weir::adapters::http
