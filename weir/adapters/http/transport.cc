// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/transport.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"

namespace weir::adapters::http {
namespace {

// OpenSSL's own reading ahead moves what is left to the front of its buffer with each record; this does not.
constexpr std::size_t kAheadBytes = 128u << 10;

// The socket as OpenSSL sees it: send() without SIGPIPE, and counted.
struct Socket {
  int fd = -1;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::unique_ptr<char[]> ahead = {};  // empty: not read ahead
  std::size_t ahead_at = 0;
  std::size_t ahead_end = 0;
};

Socket& socket_of(BIO* bio) { return *static_cast<Socket*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_write(BIO* bio, const char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  Socket& socket = socket_of(bio);
  const ssize_t sent = ::send(socket.fd, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  if (sent > 0) socket.out += static_cast<std::uint64_t>(sent);
  return static_cast<int>(sent);
}

int receive(BIO* bio, Socket& socket, char* bytes, std::size_t count) {
  const ssize_t got = ::recv(socket.fd, bytes, count, 0);
  if (got < 0 && would_block()) BIO_set_retry_read(bio);
  if (got > 0) socket.in += static_cast<std::uint64_t>(got);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int bio_read(BIO* bio, char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  Socket& socket = socket_of(bio);
  const auto wanted = static_cast<std::size_t>(count);
  if (!socket.ahead) return receive(bio, socket, bytes, wanted);
  if (socket.ahead_at == socket.ahead_end) {
    const int got = receive(bio, socket, socket.ahead.get(), kAheadBytes);
    if (got <= 0) return got;
    socket.ahead_at = 0;
    socket.ahead_end = static_cast<std::size_t>(got);
  }
  const std::size_t taken = std::min(wanted, socket.ahead_end - socket.ahead_at);
  std::memcpy(bytes, socket.ahead.get() + socket.ahead_at, taken);
  socket.ahead_at += taken;
  return static_cast<int>(taken);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

Error lost(std::string_view what) {
  return Error(Errc::kUnavailable, std::string(what)).because("http.connection_lost").advise("try again");
}

Error distrust(long verdict) {
  std::string_view reason = "tls.untrusted";
  std::string_view advice = "the peer's certificate must come from an authority that this side believes";
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED) {
    reason = "tls.expired";
    advice = "the peer must renew its certificate, or a clock is wrong";
  } else if (verdict == X509_V_ERR_CERT_NOT_YET_VALID) {
    reason = "tls.not_yet";
    advice = "the certificate is from the future: check both clocks";
  } else if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    reason = "tls.name";
    advice = "use an address that is in the peer's certificate, or have it issued for this one";
  }
  return Error(Errc::kUnauthenticated,
               std::string("the peer's certificate is not believed: ") + X509_verify_cert_error_string(verdict))
      .because(reason)
      .advise(advice);
}

std::string name_entry(X509* certificate, int nid) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out;
}

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string out(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

bool is_address(const std::string& host) {
  unsigned char parsed[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), parsed) == 1 || inet_pton(AF_INET6, host.c_str(), parsed) == 1;
}

}  // namespace

struct Transport::State {
  Socket socket;
  SSL* ssl = nullptr;
  std::shared_ptr<const TlsContext> context;
  ~State() { SSL_free(ssl); }

  void wrap() {
    ssl = SSL_new(context->raw());
    WEIR_CHECK(ssl != nullptr);
    BIO* bio = BIO_new(socket_method());
    WEIR_CHECK(bio != nullptr);
    BIO_set_data(bio, &socket);
    SSL_set_bio(ssl, bio, bio);
  }
};

Transport::Transport(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transport::Transport(Transport&&) noexcept = default;
Transport& Transport::operator=(Transport&&) noexcept = default;
Transport::~Transport() = default;

Transport Transport::accepting(int fd, std::shared_ptr<const TlsContext> context) {
  auto state = std::make_unique<State>();
  state->socket.fd = fd;
  state->context = std::move(context);
  if (state->context) {
    state->wrap();
    SSL_set_accept_state(state->ssl);
  }
  return Transport(std::move(state));
}

Result<Transport> Transport::connecting(int fd, std::shared_ptr<const TlsContext> context, const std::string& host) {
  auto state = std::make_unique<State>();
  state->socket.fd = fd;
  state->context = std::move(context);
  if (state->context) {
    state->wrap();
    SSL_set_connect_state(state->ssl);
    const bool named = is_address(host)
                           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(state->ssl), host.c_str()) == 1
                           : SSL_set1_host(state->ssl, host.c_str()) == 1 &&
                                 SSL_set_tlsext_host_name(state->ssl, host.c_str()) == 1;
    if (!named) return Error(Errc::kInvalidArgument, "the host is neither a name nor an address").because("http.url");
  }
  return Transport(std::move(state));
}

Error Transport::failure(int result, bool shaking) const {
  const int saved = errno;
  const int kind = SSL_get_error(state_->ssl, result);
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  const char* words = ERR_reason_error_string(code);
  ERR_clear_error();
  const long verdict = SSL_get_verify_result(state_->ssl);
  if (shaking && verdict != X509_V_OK) return distrust(verdict);
  if (kind == SSL_ERROR_SYSCALL && code == 0) {
    if (saved == 0) return lost("the connection was closed in the middle");
    return lost(std::string("the connection broke: ") + std::strerror(saved));
  }
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return lost("the connection was closed in the middle");
  }
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return Error(Errc::kUnauthenticated, std::string("the peer refused the TLS connection: ") + (words ? words : ""))
        .because("tls.refused")
        .advise(
            "the peer may not believe this side's certificate: has the regional node issued it, and is it in date?");
  }
  return Error(Errc::kUnavailable, std::string("TLS does not come about: ") + (words ? words : "unknown"))
      .because("tls.protocol")
      .advise("is it TLS that the other side speaks there?");
}

Result<Io> Transport::outcome(int result) const {
  switch (SSL_get_error(state_->ssl, result)) {
    case SSL_ERROR_WANT_READ: return Io{.wait = Wait::kRead};
    case SSL_ERROR_WANT_WRITE: return Io{.wait = Wait::kWrite};
    case SSL_ERROR_ZERO_RETURN: return Io{.ended = true};
    default: return failure(result, false);
  }
}

Result<Wait> Transport::handshake() {
  if (state_->ssl == nullptr) return Wait::kNone;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(state_->ssl);
  if (result == 1) return Wait::kNone;
  const int kind = SSL_get_error(state_->ssl, result);
  if (kind == SSL_ERROR_WANT_READ) return Wait::kRead;
  if (kind == SSL_ERROR_WANT_WRITE) return Wait::kWrite;
  return failure(result, true);
}

Result<Io> Transport::read(std::span<std::uint8_t> out) {
  if (state_->ssl == nullptr) {
    const ssize_t got = ::recv(state_->socket.fd, out.data(), out.size(), 0);
    if (got > 0) {
      state_->socket.in += static_cast<std::uint64_t>(got);
      return Io{.bytes = static_cast<std::size_t>(got)};
    }
    if (got == 0) return Io{.ended = true};
    if (would_block()) return Io{.wait = Wait::kRead};
    return lost(std::string("the connection broke: ") + std::strerror(errno));
  }
  ERR_clear_error();
  errno = 0;
  std::size_t got = 0;
  const int result = SSL_read_ex(state_->ssl, out.data(), out.size(), &got);
  if (result == 1) return Io{.bytes = got};
  return outcome(result);
}

Result<Io> Transport::write(ByteView bytes) {
  if (state_->ssl == nullptr) {
    const ssize_t sent = ::send(state_->socket.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      state_->socket.out += static_cast<std::uint64_t>(sent);
      return Io{.bytes = static_cast<std::size_t>(sent)};
    }
    if (would_block()) return Io{.wait = Wait::kWrite};
    return lost(std::string("the connection broke: ") + std::strerror(errno));
  }
  ERR_clear_error();
  errno = 0;
  std::size_t sent = 0;
  const int result = SSL_write_ex(state_->ssl, bytes.data(), bytes.size(), &sent);
  if (result == 1) return Io{.bytes = sent};
  return outcome(result);
}

void Transport::close_write() {
  if (state_->ssl != nullptr && SSL_is_init_finished(state_->ssl) != 0) {
    ERR_clear_error();
    SSL_shutdown(state_->ssl);
    ERR_clear_error();
  }
  ::shutdown(state_->socket.fd, SHUT_WR);
}

void Transport::read_ahead() {
  Socket& socket = state_->socket;
  if (state_->ssl != nullptr && !socket.ahead) socket.ahead = std::make_unique_for_overwrite<char[]>(kAheadBytes);
}

bool Transport::has_pending() const {
  const Socket& socket = state_->socket;
  return socket.ahead_at < socket.ahead_end || (state_->ssl != nullptr && SSL_has_pending(state_->ssl) == 1);
}
int Transport::fd() const { return state_->socket.fd; }
bool Transport::secure() const { return state_->ssl != nullptr; }
std::uint64_t Transport::bytes_in() const { return state_->socket.in; }
std::uint64_t Transport::bytes_out() const { return state_->socket.out; }

std::optional<PeerCertificate> Transport::peer() const {
  if (state_->ssl == nullptr || SSL_get_verify_result(state_->ssl) != X509_V_OK) return std::nullopt;
  X509* certificate = SSL_get0_peer_certificate(state_->ssl);
  if (certificate == nullptr) return std::nullopt;
  unsigned char digest[32];
  X509_digest(certificate, EVP_sha256(), digest, nullptr);
  return PeerCertificate{.common_name = name_entry(certificate, NID_commonName),
                         .unit = name_entry(certificate, NID_organizationalUnitName),
                         .organisation = name_entry(certificate, NID_organizationName),
                         .fingerprint = wire::encode_hex(digest),
                         .pem = pem_of(certificate)};
}

}  // namespace weir::adapters::http
