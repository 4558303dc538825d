// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/test_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "weir/base/check.h"

namespace weir::adapters::http::testing {
namespace {

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string out(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

void add_entry(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1,
                             0);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  WEIR_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* make_certificate(const CertificateWish& wish, EVP_PKEY* key) {
  static std::atomic<long> serial{1000};
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.starts_in);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.ends_in);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  add_entry(name, "O", wish.organisation);
  add_entry(name, "OU", wish.unit);
  add_entry(name, "CN", wish.common_name);
  return certificate;
}

}  // namespace

struct TestAuthority::Keys {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = nullptr;
  ~Keys() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

TestAuthority::TestAuthority(const std::string& name) : keys_(std::make_unique<Keys>()) {
  const CertificateWish wish{.common_name = name, .unit = {}, .organisation = {}};
  keys_->certificate = make_certificate(wish, keys_->key);
  X509_set_issuer_name(keys_->certificate, X509_get_subject_name(keys_->certificate));
  add_extension(keys_->certificate, keys_->certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(keys_->certificate, keys_->key, EVP_sha256());
  pem_ = pem_of(keys_->certificate);
}

TestAuthority::~TestAuthority() = default;

TlsIdentity TestAuthority::issue(const CertificateWish& wish) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = make_certificate(wish, key);
  X509_set_issuer_name(certificate, X509_get_subject_name(keys_->certificate));
  if (!wish.alternative_names.empty()) {
    add_extension(certificate, keys_->certificate, NID_subject_alt_name, wish.alternative_names);
  }
  X509_sign(certificate, keys_->key, EVP_sha256());
  unsigned char* der = nullptr;
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  TlsIdentity identity{pem_of(certificate), crypto::SecretBytes(ByteView(der, static_cast<std::size_t>(size)))};
  OPENSSL_free(der);
  PKCS8_PRIV_KEY_INFO_free(info);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() { ::close(fd_); }

bool RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::half_close() const { ::shutdown(fd_, SHUT_WR); }

std::string RawClient::read(std::size_t enough) const {
  std::string out;
  char piece[16384];
  while (out.size() < enough) {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, 10'000) <= 0) break;
    const ssize_t got = ::recv(fd_, piece, std::min(sizeof piece, enough - out.size()), 0);
    if (got <= 0) break;
    out.append(piece, static_cast<std::size_t>(got));
  }
  return out;
}

std::string RawClient::read_response() {
  std::size_t end = std::string::npos;
  while ((end = rest_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = read(1);
    if (more.empty()) return std::exchange(rest_, {});
    rest_ += more;
  }
  const std::string head = to_lower_ascii(rest_.substr(0, end));
  const std::size_t field = head.find("content-length: ");
  const std::size_t length = field == std::string::npos ? 0 : std::stoul(head.substr(field + 16));
  const std::size_t whole = end + 4 + length;
  if (rest_.size() < whole) rest_ += read(whole - rest_.size());
  std::string out = rest_.substr(0, whole);
  rest_.erase(0, whole);
  return out;
}

bool RawClient::closed_by_peer() const {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  char byte = 0;
  return ::poll(&entry, 1, 10'000) > 0 && ::recv(fd_, &byte, 1, 0) <= 0;
}

int status_in(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(std::string(response.substr(9, 3))) : 0;
}

std::string reason_in(std::string_view response) {
  constexpr std::string_view kType = "urn:weir:error:";
  const std::size_t at = response.find(kType);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = response.substr(at + kType.size());
  return std::string(rest.substr(0, rest.find('"')));
}

Result<Principal> TestAuthenticator::by_token(std::string_view token) {
  if (token == "reader") return Principal{PrincipalKind::kOperator, "op-r", {}, {"catalog:read"}};
  if (token == "writer") return Principal{PrincipalKind::kOperator, "op-w", {}, {"catalog:*"}};
  return Error(Errc::kUnauthenticated, "this token is not known").because("operator.token");
}

Result<Principal> TestAuthenticator::by_certificate(const PeerCertificate& certificate) {
  return Principal{PrincipalKind::kNode, certificate.unit, certificate.organisation, {}};
}

}  // namespace weir::adapters::http::testing
