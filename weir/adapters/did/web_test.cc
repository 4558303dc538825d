// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/did/web.h"

#include <gtest/gtest.h>

#include <atomic>

#include "weir/adapters/http/router.h"
#include "weir/adapters/http/server.h"
#include "weir/adapters/http/test_support.h"

namespace weir::adapters::did {
namespace {

using http::Access;
using http::Method;
using http::Request;
using http::Response;
using trust::claims::Did;
using wire::Json;

// A host that serves one document, over TLS or not.
struct Host {
  explicit Host(bool tls) {
    router.add({.method = Method::kGet,
                .pattern = "/.well-known/did.json",
                .access = Access::open(),
                .operation = "did",
                .summary = {"", ""},
                .handler = [this](Request&) -> Result<Response> {
                  ++asked;
                  return Response::bytes("application/json", body);
                }});
    router.add({.method = Method::kGet,
                .pattern = "/list",
                .access = Access::open(),
                .operation = "list",
                .summary = {"", ""},
                .handler = [this](Request&) -> Result<Response> {
                  ++asked;
                  return Response::text("a.b.c\n");
                }});
    http::ServerOptions options;
    options.address = "127.0.0.1";
    if (tls) options.tls = http::TlsServerOptions{.identity = authority.issue(), .client_authorities_pem = {}};
    server = *http::Server::start(std::move(options), router);
    id = "did:web:127.0.0.1%3A" + std::to_string(server->port());
    const auto key = crypto::PrivateKey::generate(crypto::SignatureAlgorithm::kEcdsaP256Sha256, random);
    body = make_document(*Did::parse(id), key.public_key(), {}).dump();
    client = *http::Client::open({.tls = {.identity = {}, .authorities_pem = {authority.pem()}}});
  }
  std::string resolve(Web& web) {
    const auto document = web.resolve(*Did::parse(id));
    return document ? "" : std::string(document.error().reason());
  }
  std::string list_url(const char* scheme) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(server->port()) + "/list";
  }

  SystemRandom random;
  ManualClock clock{Timestamp(1780000000000)};
  http::testing::TestAuthority authority{"A"};
  http::Router router{{.random = &random}};
  std::string body;
  std::string id;
  std::atomic<int> asked{0};
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Client> client;
};

TEST(Web, ResolvesOverHttpsAndRemembersForAWhile) {
  Host host(true);
  Web web(*host.client, host.clock, {});
  EXPECT_EQ(host.resolve(web), "");
  EXPECT_EQ(host.resolve(web), "");
  EXPECT_EQ(host.asked, 1);
  host.clock.advance(Milliseconds(60'000));
  EXPECT_EQ(host.resolve(web), "");
  EXPECT_EQ(host.asked, 2);
  EXPECT_EQ(*web.status_list(host.list_url("https")), "a.b.c");
}

TEST(Web, KnowsItselfWithoutAsking) {
  Host host(true);
  Web web(*host.client, host.clock, {});
  web.keep(*parse_document(*wire::parse_json(host.body), *Did::parse(host.id)));
  EXPECT_EQ(host.resolve(web), "");
  EXPECT_EQ(host.asked, 0);
}

// ── refused ──

TEST(Web, UsesPlainHttpOnlyWhereItMayAndOnlyToThisMachine) {
  Host host(false);
  Web strict(*host.client, host.clock, {});
  EXPECT_EQ(host.resolve(strict), "did.unresolved");
  EXPECT_FALSE(strict.status_list(host.list_url("http")).ok());
  EXPECT_EQ(host.asked, 0);
  Web lenient(*host.client, host.clock, {.plain_on_loopback = true});
  EXPECT_EQ(host.resolve(lenient), "");
  EXPECT_TRUE(lenient.status_list(host.list_url("http")).ok());
  EXPECT_FALSE(lenient.may_call("http://example.com/"));
  EXPECT_FALSE(lenient.may_call("file:///etc/passwd"));
  EXPECT_EQ(lenient.url_of(*Did::parse("did:web:example.com")), "https://example.com/.well-known/did.json");
}

TEST(Web, RefusesWhatIsNoDocumentOrAnothers) {
  Host host(true);
  Web web(*host.client, host.clock, {});
  host.body = "<html>";
  EXPECT_EQ(host.resolve(web), "did.unresolved");
  host.body = "{\"id\": \"did:web:other.example\"}";
  EXPECT_EQ(host.resolve(web), "did.document");
  host.body = "{\"a\": \"" + std::string(200'000, 'x') + "\"}";
  EXPECT_EQ(host.resolve(web), "did.unresolved");
  host.body = std::string(3u << 20, ' ');
  EXPECT_EQ(host.resolve(web), "did.unresolved");
}

TEST(Web, RefusesAHostWhoseCertificateNobodyKnows) {
  Host host(true);
  const http::testing::TestAuthority stranger("B");
  const auto other = *http::Client::open({.tls = {.identity = {}, .authorities_pem = {stranger.pem()}}});
  Web web(*other, host.clock, {});
  EXPECT_EQ(host.resolve(web), "did.unresolved");
  EXPECT_EQ(host.asked, 0);
}

}  // namespace
}  // namespace weir::adapters::did
