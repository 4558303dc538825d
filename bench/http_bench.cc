// http: one long body over TLS and small requests, beside bare OpenSSL on the same loopback in the same run.
//
// Sketch: the cost of a long body is AES-GCM on both sides and two passes through the kernel; copies beside those are
// what a server may save. Goal: at least 80 % of bare TLS. Both sides run on this machine and share its cores.
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <thread>

#include "bench/bench.h"
#include "weir/adapters/http/client.h"
#include "weir/adapters/http/range.h"
#include "weir/adapters/http/server.h"
#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/crypto/x509.h"

namespace weir::bench {
namespace {

namespace http = adapters::http;

constexpr std::size_t kPiece = 256u << 10;

struct Identity {
  std::string authority;
  std::string pem;
  crypto::SecretBytes key;
};

Result<Identity> make_identity() {
  SystemRandom random;
  constexpr auto kAlgorithm = crypto::SignatureAlgorithm::kEcdsaP256Sha256;
  const crypto::PrivateKey authority_key = crypto::PrivateKey::generate(kAlgorithm, random);
  const crypto::PrivateKey key = crypto::PrivateKey::generate(kAlgorithm, random);
  const Timestamp now = SystemClock().now();
  crypto::IssueOptions options{.subject = {.common_name = "bench authority", .unit = {}, .organisation = {}},
                               .alternative_names = {},
                               .not_before = Timestamp(now.value() - 1000),
                               .not_after = after(now, Milliseconds(3'600'000)),
                               .is_authority = true};
  WEIR_TRY_LET(const crypto::Certificate authority, crypto::self_sign(authority_key, options, random));
  options.subject = {.common_name = "127.0.0.1", .unit = "bench", .organisation = {}};
  options.alternative_names = {"IP:127.0.0.1"};
  options.is_authority = false;
  WEIR_TRY_LET(const crypto::Certificate leaf,
               crypto::issue(authority_key, authority, key.public_key(), options, random));
  return Identity{authority.pem(), leaf.pem(), key.der(crypto::SecretAccess("bench server"))};
}

// The same piece again and again: the figure is the transport's, not the disk's.
class RepeatSource final : public http::BodySource {
 public:
  explicit RepeatSource(std::uint64_t length) : length_(length), left_(length) {}
  std::uint64_t length() const override { return length_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    std::memset(out.data(), 0x5a, count);
    left_ -= count;
    return count;
  }

 private:
  std::uint64_t length_;
  std::uint64_t left_;
};

// ---- The reference: bare OpenSSL, blocking, one thread a side.

struct Pair {
  int server = -1;
  int client = -1;
};

Pair connect_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener, 1);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  Pair pair;
  pair.client = ::socket(AF_INET, SOCK_STREAM, 0);
  ::connect(pair.client, reinterpret_cast<sockaddr*>(&address), size);
  pair.server = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  const int on = 1;
  for (const int fd : {pair.client, pair.server}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return pair;
}

struct Bare {
  SSL_CTX* server = SSL_CTX_new(TLS_server_method());
  SSL_CTX* client = SSL_CTX_new(TLS_client_method());
  ~Bare() {
    SSL_CTX_free(server);
    SSL_CTX_free(client);
  }
  explicit Bare(const Identity& identity) {
    BIO* bio = BIO_new_mem_buf(identity.pem.data(), static_cast<int>(identity.pem.size()));
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(server, certificate);
    X509_free(certificate);
    BIO_free(bio);
    const ByteView der = identity.key.expose(crypto::SecretAccess("bench reference"));
    SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, server, der.data(), static_cast<long>(der.size()));
  }

  // MiB/s of `bytes` from one side to the other; or requests a second of `rounds` tiny ones to and fro.
  double run(std::uint64_t bytes, int rounds) const {
    const Pair pair = connect_pair();
    std::thread peer([&] {
      SSL* ssl = SSL_new(server);
      SSL_set_fd(ssl, pair.server);
      SSL_accept(ssl);
      const std::string piece(kPiece, 'x');
      for (std::uint64_t sent = 0; sent < bytes; sent += kPiece) SSL_write(ssl, piece.data(), kPiece);
      char ask[128];
      for (int i = 0; i < rounds && SSL_read(ssl, ask, sizeof ask) > 0; ++i) SSL_write(ssl, piece.data(), 200);
      SSL_free(ssl);
    });
    SSL* ssl = SSL_new(client);
    SSL_set_fd(ssl, pair.client);
    SSL_connect(ssl);
    std::string buffer(kPiece, '\0');
    const double microseconds = microseconds_of([&] {
      std::uint64_t received = 0;
      while (received < bytes) {
        const int got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
        if (got <= 0) break;
        received += static_cast<std::uint64_t>(got);
      }
      for (int i = 0; i < rounds; ++i) {
        SSL_write(ssl, buffer.data(), 120);
        SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
      }
    });
    peer.join();
    SSL_free(ssl);
    ::close(pair.client);
    ::close(pair.server);
    return rounds > 0 ? rounds * 1e6 / microseconds : static_cast<double>(bytes) / microseconds * 1e6 / (1u << 20);
  }
};

struct Best {
  double weir = 0;
  double bare = 0;
};

}  // namespace

Result<Figures> run_http(const Options& options) {
  const auto mebibytes = static_cast<std::uint64_t>(options.number("mebibytes", 512));
  const int rounds = static_cast<int>(options.number("requests", 5000));
  const int times = static_cast<int>(options.number("times", 5));
  WEIR_TRY_LET(Identity identity, make_identity());
  const Bare bare(identity);

  SystemRandom random;
  http::Router router({.random = &random});
  const std::uint64_t size = mebibytes << 20;
  router.add({.method = http::Method::kGet, .pattern = "/bytes", .access = http::Access::open(), .operation = "bytes",
              .summary = {}, .handler = [size](http::Request& request) {
                return http::ranged(request, {.size = size}, [](http::ByteRange range) {
                  return Result<std::unique_ptr<http::BodySource>>(std::make_unique<RepeatSource>(range.length));
                });
              }});
  router.add({.method = http::Method::kGet, .pattern = "/small", .access = http::Access::open(), .operation = "small",
              .summary = {}, .handler = [](http::Request&) -> Result<http::Response> {
                return http::Response::text("ok");
              }});
  const std::string authority = identity.authority;
  WEIR_TRY_LET(const std::unique_ptr<http::Server> server,
               http::Server::start({.tls = http::TlsServerOptions{{identity.pem, std::move(identity.key)}, {}}}, router));
  WEIR_TRY_LET(const std::unique_ptr<http::Client> client,
               http::Client::open({.tls = {.identity = {}, .authorities_pem = {authority}}}));

  Best bulk;
  Best small;
  for (int i = 0; i < times; ++i) {
    bulk.bare = std::max(bulk.bare, bare.run(size, 0));
    Result<http::ClientResponse> got = Error(Errc::kUnavailable, "not run");
    const double bulk_us = microseconds_of([&] {
      got = client->download({.url = server->url() + "/bytes"}, 0, 0, [](ByteView) -> Result<bool> { return true; });
    });
    WEIR_TRY_LET(const http::ClientResponse response, std::move(got));
    if (response.body_bytes != size) return Error(Errc::kCorrupt, "the body did not arrive whole");
    bulk.weir = std::max(bulk.weir, static_cast<double>(size) / bulk_us * 1e6 / (1u << 20));

    small.bare = std::max(small.bare, bare.run(0, rounds));
    Result<> asked;
    const double small_us = microseconds_of([&] {
      for (int k = 0; k < rounds && asked; ++k) {
        const Result<http::ClientResponse> answer = client->request({.url = server->url() + "/small"});
        if (!answer) asked = answer.error();
      }
    });
    WEIR_TRY(asked);
    small.weir = std::max(small.weir, rounds * 1e6 / small_us);
  }
  return Figures{{"one_long_body", bulk.weir, "MiB/s", "bare_openssl", bulk.bare, ratio_at_least(0.8)},
                 {"small_requests_one_client", small.weir, "1/s", "bare_openssl_round_trips", small.bare}};
}

}  // namespace weir::bench
