// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "weir/adapters/http/transport.h"

namespace weir::adapters::http {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

Error bad(std::string_view what, std::string_view reason) {
  ERR_clear_error();
  return Error(Errc::kInvalidArgument, std::string(what))
      .because(reason)
      .advise("check the certificate and key files of this node: weir config check");
}

Result<std::vector<X509Ptr>> read_certificates(std::string_view pem) {
  std::vector<X509Ptr> out;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) out.emplace_back(certificate);
  ERR_clear_error();
  if (out.empty()) return bad("no certificate in PEM form", "tls.certificate");
  return out;
}

Result<> use_identity(SSL_CTX* context, const TlsIdentity& identity) {
  WEIR_TRY_LET(std::vector<X509Ptr> chain, read_certificates(identity.certificate_pem));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return bad("the TLS library does not take this certificate", "tls.certificate");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return bad("a broken chain", "tls.certificate");
  }
  const ByteView der = identity.key.expose(crypto::SecretAccess("the TLS library holds its own copy"));
  const unsigned char* at = der.data();
  const KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  if (!key) return bad("the private key cannot be read", "tls.key");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return bad("the private key does not belong to the certificate", "tls.key");
  }
  return {};
}

//= NDI-TR-2025-03#mutual-authentication
Result<> believe(SSL_CTX* context, const std::vector<std::string>& authorities, bool announce) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  // What is pinned is believed, be it a root or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const std::string& pem : authorities) {
    WEIR_TRY_LET(const std::vector<X509Ptr> certificates, read_certificates(pem));
    for (const X509Ptr& certificate : certificates) {
      if (X509_STORE_add_cert(store, certificate.get()) != 1) return bad("a broken authority", "tls.authority");
      if (announce) SSL_CTX_add_client_CA(context, certificate.get());
    }
  }
  return {};
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

//= TC609-6-2025-13#transport
Result<ContextPtr> make_context(const SSL_METHOD* method) {
  ContextPtr context(SSL_CTX_new(method));
  if (!context) return bad("the TLS library does not start", "tls.library");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // No resumption: a connection's certificate was verified on this very connection.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  return context;
}

}  // namespace

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const TlsServerOptions& options) {
  WEIR_TRY_LET(ContextPtr context, make_context(TLS_server_method()));
  WEIR_TRY(use_identity(context.get(), options.identity));
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  if (!options.client_authorities_pem.empty()) {
    WEIR_TRY(believe(context.get(), options.client_authorities_pem, true));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return std::make_shared<const TlsContext>(context.release());
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const TlsClientOptions& options) {
  WEIR_TRY_LET(ContextPtr context, make_context(TLS_client_method()));
  if (!options.identity.certificate_pem.empty()) WEIR_TRY(use_identity(context.get(), options.identity));
  WEIR_TRY(believe(context.get(), options.authorities_pem, false));
  if (options.system_authorities) SSL_CTX_set_default_verify_paths(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return std::make_shared<const TlsContext>(context.release());
}

}  // namespace weir::adapters::http
