// Tls: who a node is on the wire and whom it believes, without naming the TLS library.
//
// TLS 1.2 and 1.3 with OpenSSL. Certificates: subject OU is the node's identifier (NDI-TR-2025-03).
// Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/crypto/secret.h"

namespace weir::adapters::http {

struct TlsIdentity {
  std::string certificate_pem;  // own certificate first, then those between it and the authority
  crypto::SecretBytes key;      // PKCS #8, DER: crypto::PrivateKey::der()
};

struct TlsServerOptions {
  TlsIdentity identity;
  // Authorities whose node certificates are taken from clients. A client may come without a certificate; one that
  // cannot be verified ends the handshake. Empty: no certificate is asked for.
  std::vector<std::string> client_authorities_pem;
};

struct TlsClientOptions {
  TlsIdentity identity;                      // empty certificate_pem: come without
  std::vector<std::string> authorities_pem;  // the only ones believed
  bool system_authorities = false;           // and those of the machine
};

}  // namespace weir::adapters::http
