// TestSupport: a node as far as delivery goes: services, outbox, data plane and server, on a folder of its own.
//
// Two of them in one process, or in two, deliver to each other over TLS. For tests and benchmarks only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "weir/adapters/http/free_port.h"
#include "weir/adapters/http/test_support.h"
#include "weir/flow/delivery/test_support.h"
#include "weir/node/data_plane.h"
#include "weir/node/dispatcher.h"
#include "weir/node/news.h"
#include "weir/node/transfers.h"

namespace weir::node::testing {

namespace http = adapters::http;
namespace delivery = flow::delivery;
using supply::identifier::NodeId;
using wire::Json;

inline constexpr const char* kAgreement = "urn:uuid:agreement-1";

// Which port is free now.
inline std::uint16_t free_port() {
  SystemRandom random;
  const auto port = http::free_port(random);
  WEIR_CHECK(port.ok());
  return *port;
}

struct TestNode {
  SystemRandom random;
  SystemClock clock;
  NodeId node;
  std::uint16_t port;
  http::TlsIdentity identity;
  std::string authority_pem;
  crypto::PrivateKey key;
  weir::testing::TemporaryFolder folder;
  store::Files& files = store::real_files();
  std::unique_ptr<store::Database> database;
  News news;
  std::atomic<Dispatcher*> dispatcher{nullptr};  // of `work`
  std::atomic<Transfers*> transfers{nullptr};
  WakingSql sql;
  weir::testing::RecordingLog log;
  delivery::testing::FakeNeighbours neighbours;
  crypto::SecretBytes master = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
  delivery::Contents contents;
  delivery::Vault vault;
  delivery::Service service;
  RateLimits limits;
  http::testing::TestAuthenticator authenticator;
  http::Router router;
  DataPlane plane;
  struct Work {
    std::unique_ptr<http::Client> client;
    std::unique_ptr<Transfers> transfers;
    std::unique_ptr<Dispatcher> dispatcher;
  };
  std::vector<Work> work;  // the last one runs; a server thread may still know one that was stopped
  std::unique_ptr<http::Server> server;

  TestNode(std::uint64_t number, const http::testing::TestAuthority& authority, std::uint16_t at)
      : node(delivery::testing::make_node(number)),
        port(at),
        identity(authority.issue({.unit = node.text()})),
        authority_pem(authority.pem()),
        key(key_of(number)),
        database(*store::open_sqlite({.path = folder.path() + "/node.db"})),
        sql(*database,
            [this] {
              news.bump();
              if (Dispatcher* const running = dispatcher) running->notify();
            }),
        contents(files, folder.path() + "/contents", crypto::HashAlgorithm::kSha256, random),
        vault(files, folder.path() + "/vault", crypto::Suite::kInternational, master, random),
        service({.sql = sql,
                 .log = log,
                 .clock = clock,
                 .random = random,
                 .neighbours = neighbours,
                 .contents = contents,
                 .vault = vault,
                 .self = {node, url() + "/dsp", url() + "/data/v1", &key},
                 .wake = [this](const std::string& pid) {
                   plane.wake(pid);
                   if (Transfers* const running = transfers) running->wake(pid);
                 }}),
        router({.authenticator = &authenticator, .random = &random}),
        plane(service, limits, {}) {
    WEIR_CHECK(store::migrate(*database, store::outbox_migration()).ok());
    WEIR_CHECK(store::migrate(*database, delivery::delivery_migration()).ok());
    WEIR_CHECK(files.make_directories(folder.path() + "/contents").ok());
    WEIR_CHECK(files.make_directories(folder.path() + "/vault").ok());
    plane.add_routes(router);
    add_protocol_routes();
  }
  ~TestNode() {
    news.stop();
    stop_work();
    stop_server();
  }

  std::string url() const { return url_of(port); }
  static std::string url_of(std::uint16_t at) { return "https://127.0.0.1:" + std::to_string(at); }
  // Nodes of a number have a key of that number, so that two processes know each other.
  static crypto::PrivateKey key_of(std::uint64_t number) {
    SeededRandom seeded(number);
    return *crypto::PrivateKey::from_seed(crypto::SecretBytes::random(seeded, 32));
  }
  // There is an agreement on a content with that peer.
  void agree(delivery::Role self, std::uint64_t peer, std::uint16_t peer_port, const delivery::ContentRoot& root,
             std::uint64_t size) {
    const NodeId other = delivery::testing::make_node(peer);
    neighbours.agreements.emplace(kAgreement,
                                  delivery::AgreedDelivery{.agreement = kAgreement,
                                                           .contract = "C4",
                                                           .provider = self == delivery::Role::kProvider ? node : other,
                                                           .consumer = self == delivery::Role::kProvider ? other : node,
                                                           .peer_address = url_of(peer_port) + "/dsp",
                                                           .product = "product-1",
                                                           .root = root,
                                                           .size = size});
    neighbours.keys.emplace(other.text(), key_of(peer).public_key());
  }

  void start_server() {
    http::ServerOptions options;
    options.port = port;
    options.tls.emplace(http::TlsServerOptions{copy(identity), {authority_pem}});
    auto started = http::Server::start(std::move(options), router);
    WEIR_CHECK(started.ok());
    server = *std::move(started);
  }
  void stop_server() {
    if (server) server->stop(Milliseconds(0));
    server.reset();
  }
  void start_work(const TransfersOptions& options = quick()) {
    Work made;
    made.client = *http::Client::open({.tls = {.identity = copy(identity), .authorities_pem = {authority_pem}}});
    made.transfers = std::make_unique<Transfers>(service, contents, *made.client, limits, options);
    transfers = made.transfers.get();
    made.dispatcher = std::make_unique<Dispatcher>(
        sql, clock, *made.client,
        DispatcherOptions{.threads = 2, .retries = {.first = Milliseconds(20), .most = Milliseconds(100)}},
        PostHooks{
            .answered = [](store::Tx&, const store::OutboxMessage&, std::string_view) { return Result<>(); },
            .refused = [](store::Tx&, const store::OutboxMessage&, const Error&) { return Result<>(); }});
    dispatcher = made.dispatcher.get();
    work.push_back(std::move(made));
    work.back().dispatcher->notify();
    const auto unfinished = service.unfinished();
    WEIR_CHECK(unfinished.ok());
    for (const delivery::Transfer& transfer : *unfinished) work.back().transfers->wake(transfer.pid);
  }
  void stop_work() {
    if (work.empty()) return;
    work.back().dispatcher->stop();
    work.back().transfers->stop();
  }
  http::Client& client() { return *work.back().client; }
  static TransfersOptions quick() {
    return {.streams = 2,
            .chunks_per_request = 2,
            .checkpoint_bytes = 2u << 20,
            .retry_first = Milliseconds(20),
            .retry_most = Milliseconds(100)};
  }
  static http::TlsIdentity copy(const http::TlsIdentity& from) {
    return {from.certificate_pem, crypto::SecretBytes(from.key.expose(crypto::SecretAccess("a test's own key")))};
  }

  // Waits until the transfer is as wished; false if it is not after half a minute.
  bool reaches(const std::string& pid, const std::function<bool(const delivery::Transfer&)>& wished) {
    bool reached = false;
    const Result<> waited = news.wait_until(Milliseconds(30'000), [&]() -> Result<bool> {
      const auto transfer = service.get(pid);
      return reached = transfer && wished(*transfer);
    });
    return waited && reached;
  }

 private:
  void add_protocol_routes() {
    using delivery::MessageKind;
    router.add({.method = http::Method::kPost, .pattern = "/dsp/transfers/request", .access = http::Access::peer(),
                .operation = "request", .summary = {}, .handler = [this](http::Request& request) -> Result<http::Response> {
                  WEIR_TRY_LET(const auto peer, peer_of(request));
                  WEIR_TRY_LET(const Json body, wire::parse_json(request.body));
                  WEIR_TRY_LET(const auto message, delivery::parse_message(MessageKind::kRequest, body));
                  WEIR_TRY_LET(const Json answer, service.receive_request(peer, message));
                  return http::Response::json(answer, 201);
                }});
    const std::map<std::string, MessageKind> kinds = {{"start", MessageKind::kStart},
                                                      {"suspension", MessageKind::kSuspension},
                                                      {"completion", MessageKind::kCompletion},
                                                      {"termination", MessageKind::kTermination}};
    for (const auto& [name, kind] : kinds) {
      router.add({.method = http::Method::kPost, .pattern = "/dsp/transfers/{pid}/" + name, .access = http::Access::peer(),
                  .operation = name, .summary = {}, .handler = [this, kind](http::Request& request) -> Result<http::Response> {
                    WEIR_TRY_LET(const auto peer, peer_of(request));
                    WEIR_TRY_LET(const Json body, wire::parse_json(request.body));
                    WEIR_TRY_LET(const auto message, delivery::parse_message(kind, body));
                    WEIR_TRY_LET(const Json answer, service.receive(peer, request.parameter("pid"), message));
                    return http::Response::json(answer);
                  }});
    }
  }
};

}  // namespace weir::node::testing
