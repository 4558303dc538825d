// delivery: a file delivered between two processes over TLS on loopback: read, sent, verified, sealed, written, synced,
// metered and received for; beside bare TLS with as many connections, also between two processes.
//
// Sketch: each byte costs AES-GCM twice for TLS, SHA-256 once, AES-GCM once to seal, and five copies (page cache out,
// socket in and out, page cache in, and within TLS). Bare TLS is two of the four passes. Goal: 60 % of it. Memory must
// not grow with the file. Both sides run on this machine and share its cores.
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "bench/bench.h"
#include "weir/base/log.h"
#include "weir/node/test_support.h"

namespace weir::bench {
namespace {

using node::testing::TestNode;
namespace delivery = flow::delivery;
namespace http = adapters::http;

constexpr std::uint64_t kProvider = 11;
constexpr std::uint64_t kConsumer = 12;
constexpr std::size_t kPiece = 256u << 10;
constexpr double kMiB = 1u << 20;

// What a process tells the one that started it.
struct Told {
  delivery::ContentRoot root{};
  double seconds = 0;
  double cpu_seconds = 0;
  double peak_rss_mib = 0;
};

// A process of its own, and a pipe each way.
class Child {
 public:
  template <class Body>
  explicit Child(Body&& body) {
    int down[2];
    int up[2];
    WEIR_CHECK(::pipe(down) == 0 && ::pipe(up) == 0);
    pid_ = ::fork();
    WEIR_CHECK(pid_ >= 0);
    if (pid_ == 0) {
      ::close(down[1]);
      ::close(up[0]);
      read_ = down[0];
      write_ = up[1];
      body(*this);
      ::_exit(0);
    }
    ::close(down[0]);
    ::close(up[1]);
    read_ = up[0];
    write_ = down[1];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::close(write_);
    ::close(read_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }
  // False if the other side is gone.
  template <class T>
  bool tell(const T& value) {
    return ::write(write_, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
  }
  template <class T>
  bool hear(T& value) {
    return ::read(read_, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
  }

 private:
  pid_t pid_ = -1;
  int read_ = -1;
  int write_ = -1;
};

double cpu_seconds_of(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Told usage_of_this_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  Told told;
  told.cpu_seconds = cpu_seconds_of(usage);
  told.peak_rss_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return told;
}

// Of this process and of those that it waited for.
double cpu_seconds_of_all() {
  rusage self{};
  rusage children{};
  ::getrusage(RUSAGE_SELF, &self);
  ::getrusage(RUSAGE_CHILDREN, &children);
  return cpu_seconds_of(self) + cpu_seconds_of(children);
}

struct Plan {
  std::uint64_t bytes = 0;
  std::size_t streams = 2;
  std::uint64_t chunks_per_request = 32;
  std::uint16_t provider_port = 0;
  std::uint16_t consumer_port = 0;
};

void provide(Child& parent, const http::testing::TestAuthority& authority, const Plan& plan) {
  TestNode node(kProvider, authority, plan.provider_port);
  auto writer = *node.contents.begin();
  Bytes piece(1u << 20);
  SeededRandom(1).fill(piece);
  for (std::uint64_t at = 0; at < plan.bytes; at += piece.size()) {
    std::memcpy(piece.data(), &at, sizeof at);  // no two chunks are alike
    WEIR_CHECK(writer->add(ByteView(piece).first(std::min<std::uint64_t>(piece.size(), plan.bytes - at))).ok());
  }
  const auto stored = writer->finish();
  WEIR_CHECK(stored.ok());
  const double cpu_before = usage_of_this_process().cpu_seconds;
  node.agree(delivery::Role::kProvider, kConsumer, plan.consumer_port, stored->root, stored->size);
  node.start_server();
  node.start_work({});
  Told told;
  told.root = stored->root;
  parent.tell(told);
  char end = 0;
  parent.hear(end);
  told = usage_of_this_process();
  told.cpu_seconds -= cpu_before;
  parent.tell(told);
}

void consume(Child& parent, const http::testing::TestAuthority& authority, const Plan& plan) {
  Told told;
  if (!parent.hear(told)) return;
  TestNode node(kConsumer, authority, plan.consumer_port);
  node.agree(delivery::Role::kConsumer, kProvider, plan.provider_port, told.root, plan.bytes);
  node.start_server();
  node.start_work({.streams = plan.streams, .chunks_per_request = plan.chunks_per_request});
  const double cpu_before = usage_of_this_process().cpu_seconds;
  const double microseconds = microseconds_of([&] {
    const auto pid = node.service.request(node::testing::kAgreement, delivery::kPullFormat, "bench");
    WEIR_CHECK(pid.ok());
    WEIR_CHECK(node.news.wait_until(Milliseconds(600'000), [&]() -> Result<bool> {
      return node.service.get(*pid)->custody == delivery::Custody::kHeld;
    }).ok());
  });
  WEIR_CHECK(node.service.held(node::testing::kAgreement).ok());
  WEIR_CHECK(node.neighbours.metered == plan.bytes);
  told = usage_of_this_process();
  told.cpu_seconds -= cpu_before;
  told.seconds = microseconds / 1e6;
  parent.tell(told);
}

struct Delivered {
  Told provider;
  Told consumer;
};

Result<Delivered> deliver(const http::testing::TestAuthority& authority, Plan plan) {
  plan.provider_port = node::testing::free_port();
  plan.consumer_port = node::testing::free_port();
  Child provider([&](Child& parent) { provide(parent, authority, plan); });
  Delivered out;
  if (!provider.hear(out.provider)) return Error(Errc::kUnavailable, "the provider's process ended");
  Child consumer([&](Child& parent) { consume(parent, authority, plan); });
  consumer.tell(out.provider);
  if (!consumer.hear(out.consumer)) return Error(Errc::kUnavailable, "the consumer's process ended");
  provider.tell('q');
  if (!provider.hear(out.provider)) return Error(Errc::kUnavailable, "the provider's process ended");
  return out;
}

// ── the references ──

struct Listener {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  Listener() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    WEIR_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(fd, 16) == 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  }
  ~Listener() { ::close(fd); }
};

// One connection, TLS or plain, blocking.
class Bare {
 public:
  Bare(int fd, SSL_CTX* context, bool server) : fd_(fd) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd);
    WEIR_CHECK((server ? SSL_accept(ssl_) : SSL_connect(ssl_)) == 1);
  }
  ~Bare() {
    SSL_free(ssl_);
    ::close(fd_);
  }
  int send(const char* bytes, std::size_t size) {
    if (ssl_ != nullptr) return SSL_write(ssl_, bytes, static_cast<int>(size));
    return static_cast<int>(::send(fd_, bytes, size, MSG_NOSIGNAL));
  }
  int receive(char* bytes, std::size_t size) {
    if (ssl_ != nullptr) return SSL_read(ssl_, bytes, static_cast<int>(size));
    return static_cast<int>(::recv(fd_, bytes, size, 0));
  }

 private:
  int fd_;
  SSL* ssl_ = nullptr;
};

SSL_CTX* server_context(const http::TlsIdentity& identity) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* bio = BIO_new_mem_buf(identity.certificate_pem.data(), static_cast<int>(identity.certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  X509_free(certificate);
  BIO_free(bio);
  const ByteView der = identity.key.expose(crypto::SecretAccess("bench reference"));
  const unsigned char* at = der.data();
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  return context;
}

void serve_bare(const Listener& listener, SSL_CTX* context, std::uint64_t bytes, std::size_t connections) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    const int fd = ::accept(listener.fd, nullptr, nullptr);
    threads.emplace_back([=] {
      Bare peer(fd, context, true);
      const std::string piece(kPiece, 'x');
      for (std::uint64_t sent = 0; sent < bytes / connections;) {
        const int count = peer.send(piece.data(), piece.size());
        if (count <= 0) return;
        sent += static_cast<std::uint64_t>(count);
      }
    });
  }
}

// MiB/s between two processes that do nothing with the bytes.
double bare_rate(const http::testing::TestAuthority& authority, bool tls, std::uint64_t bytes, std::size_t connections) {
  const Listener listener;
  const http::TlsIdentity identity = authority.issue();
  Child server([&](Child&) { serve_bare(listener, tls ? server_context(identity) : nullptr, bytes, connections); });
  SSL_CTX* context = tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  std::atomic<std::uint64_t> received{0};
  const double microseconds = microseconds_of([&] {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < connections; ++i) {
      threads.emplace_back([&] {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        WEIR_CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&listener.address), sizeof listener.address) == 0);
        Bare peer(fd, context, false);
        std::string buffer(kPiece, '\0');
        for (int got = 1; got > 0;) {
          got = peer.receive(buffer.data(), buffer.size());
          if (got > 0) received += static_cast<std::uint64_t>(got);
        }
      });
    }
  });
  SSL_CTX_free(context);
  return static_cast<double>(received) / microseconds * 1e6 / kMiB;
}

template <class Call>
double rate_of(std::size_t bytes_each, Call&& call) {
  constexpr int kTimes = 256;
  const double microseconds = microseconds_of([&] {
    for (int i = 0; i < kTimes; ++i) call(i);
  });
  return static_cast<double>(bytes_each) * kTimes / microseconds * 1e6 / kMiB;
}

double sha_rate() {
  const Bytes chunk(delivery::kChunkBytes, 7);
  std::uint8_t seen = 0;
  return rate_of(chunk.size(), [&](int) { seen ^= delivery::chunk_digest(crypto::HashAlgorithm::kSha256, chunk)[0]; }) +
         seen * 1e-12;
}

double seal_rate() {
  SystemRandom random;
  const crypto::SealingKey key(crypto::Suite::kInternational,
                               crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes));
  const Bytes chunk(delivery::kChunkBytes, 7);
  Bytes sealed(chunk.size() + crypto::SealingKey::overhead(crypto::Suite::kInternational));
  return rate_of(chunk.size(), [&](int i) {
    crypto::Nonce nonce{};
    nonce[0] = static_cast<std::uint8_t>(i);
    key.seal_into(nonce, {}, chunk, sealed);
  });
}

// Writing and syncing as much into the same folder.
double disk_rate(std::uint64_t bytes) {
  const weir::testing::TemporaryFolder folder;
  auto file = *store::real_files().open(folder.path() + "/file", store::OpenMode::kCreate);
  const Bytes chunk(delivery::kChunkBytes, 7);
  const double microseconds = microseconds_of([&] {
    for (std::uint64_t at = 0; at < bytes; at += chunk.size()) WEIR_CHECK(file->write_at(at, chunk).ok());
    WEIR_CHECK(file->sync().ok());
  });
  return static_cast<double>(bytes) / microseconds * 1e6 / kMiB;
}

}  // namespace

Result<Figures> run_delivery(const Options& options) {
  log::set_level(log::Level::kError);
  Plan plan;
  plan.bytes = static_cast<std::uint64_t>(options.number("bytes", 1 << 30));
  plan.streams = static_cast<std::size_t>(options.number("streams", 2));
  plan.chunks_per_request = static_cast<std::uint64_t>(options.number("chunks", 32));
  const int times = static_cast<int>(options.number("times", 3));
  const http::testing::TestAuthority authority("bench");

  double best = 0;
  double tls = 0;
  double tls_cpu = 0;
  double tcp = 0;
  double disk = 0;
  Delivered large;
  for (int i = 0; i < times; ++i) {
    WEIR_TRY_LET(const Delivered run, deliver(authority, plan));
    const double rate = static_cast<double>(plan.bytes) / run.consumer.seconds / kMiB;
    if (rate > best) {
      best = rate;
      large = run;
    }
    const double before = cpu_seconds_of_all();
    tls = std::max(tls, bare_rate(authority, true, plan.bytes, plan.streams));
    tls_cpu = cpu_seconds_of_all() - before;
    tcp = std::max(tcp, bare_rate(authority, false, plan.bytes, plan.streams));
    disk = std::max(disk, disk_rate(plan.bytes));
  }
  Plan small = plan;
  small.bytes = plan.bytes / 4;
  WEIR_TRY_LET(const Delivered quarter, deliver(authority, small));
  const auto& [provider, consumer] = large;
  const Goal flat = ratio_at_most(1.25);
  const std::string quarter_size = "at_a_quarter_of_the_size";
  const double gib = static_cast<double>(plan.bytes) / (kMiB * 1024);
  return Figures{
      {"delivery", best, "MiB/s", "bare_tls", tls, ratio_at_least(0.6)},
      {"delivery_beside_plain_tcp", best, "MiB/s", "plain_tcp", tcp},
      {"delivery_beside_sha256", best, "MiB/s", "sha256_one_core", sha_rate()},
      {"delivery_beside_aes_256_gcm", best, "MiB/s", "aes_256_gcm_one_core", seal_rate()},
      {"delivery_beside_write_and_sync", best, "MiB/s", "write_and_sync", disk},
      {"cpu_per_gib", (provider.cpu_seconds + consumer.cpu_seconds) / gib, "s", "bare_tls_cpu_per_gib", tls_cpu / gib},
      {"provider_cpu_per_gib", provider.cpu_seconds / gib, "s", "consumer_cpu_per_gib", consumer.cpu_seconds / gib},
      {"provider_peak_rss", provider.peak_rss_mib, "MiB", quarter_size, quarter.provider.peak_rss_mib, flat},
      {"consumer_peak_rss", consumer.peak_rss_mib, "MiB", quarter_size, quarter.consumer.peak_rss_mib, flat},
  };
}

}  // namespace weir::bench
