// A connection after an upgrade, over real TLS on loopback.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/line.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "weir/adapters/http/test_support.h"

namespace weir::adapters::http {
namespace {

class LineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.add({.method = Method::kGet, .pattern = "/line", .access = Access::peer(), .operation = "line",
                 .summary = {}, .success_status = 101, .handler = [this](Request&) -> Result<Response> {
                   return Response::switching(
                       "test", [this](std::unique_ptr<Line> line) { given_.set_value(std::move(line)); });
                 }});
    router_.add({.method = Method::kGet, .pattern = "/plain", .access = Access::open(), .operation = "plain",
                 .summary = {}, .handler = [](Request&) -> Result<Response> { return Response::text("plain"); }});
    Result<std::unique_ptr<Server>> server = Server::start(
        {.tls = TlsServerOptions{authority_.issue({.unit = "node-server"}), {authority_.pem()}}}, router_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
    ClientOptions options;
    options.tls.identity = authority_.issue({.unit = "node-7"});
    options.tls.authorities_pem = {authority_.pem()};
    client_ = *Client::open(std::move(options));
  }
  Result<std::unique_ptr<Line>> upgrade(std::string_view path, std::string node = "node-server") {
    return client_->upgrade({.url = server_->url() + std::string(path), .node = std::move(node)}, "test");
  }

  SystemRandom random_;
  testing::TestAuthenticator authenticator_;
  Router router_{RouterOptions{.authenticator = &authenticator_, .random = &random_}};
  testing::TestAuthority authority_{"Weir test authority"};
  std::promise<std::unique_ptr<Line>> given_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(LineTest, CarriesManyBytesBothWaysAndEndsWithEitherSide) {
  auto here = upgrade("/line");
  ASSERT_TRUE(here) << here.error().message();
  std::unique_ptr<Line> there = given_.get_future().get();
  Bytes sent(3'000'000);
  SeededRandom(1).fill(sent);
  std::thread echo([&] {
    Bytes heard(sent.size());
    EXPECT_TRUE(there->read(heard));
    EXPECT_TRUE(there->write(heard));
  });
  EXPECT_TRUE((*here)->write(sent));
  Bytes back(sent.size());
  EXPECT_TRUE((*here)->read(back));
  echo.join();
  EXPECT_EQ(back, sent);
  EXPECT_GT((*here)->bytes_out(), sent.size());
  there.reset();
  Bytes one(1);
  EXPECT_EQ((*here)->read(one).error().reason(), "http.connection_lost");
  server_->stop(Milliseconds(5000));
  EXPECT_EQ(server_->stats().connections_open, 0u);
}

// ── refusals ──

TEST_F(LineTest, ARouteThatIsNoneIsAnErrorAndAPlainAnswerToo) {
  EXPECT_EQ(upgrade("/none").error().code(), Errc::kNotFound);
  EXPECT_EQ(upgrade("/plain").error().reason(), "http.malformed_response");
}

TEST_F(LineTest, AnotherNodeAtTheAddressIsNotSpokenTo) {
  EXPECT_EQ(upgrade("/line", "node-9").error().reason(), "tls.node");
}

TEST_F(LineTest, PatienceEndsAndCutBreaksAReader) {
  auto here = upgrade("/line");
  ASSERT_TRUE(here);
  const std::unique_ptr<Line> there = given_.get_future().get();
  (*here)->set_patience(Milliseconds(1));
  Bytes one(1);
  EXPECT_EQ((*here)->read(one).error().reason(), "http.timeout");
  std::thread reader([&] { EXPECT_FALSE(there->read(one)); });
  there->cut();
  reader.join();
}

}  // namespace
}  // namespace weir::adapters::http
