// TestSupport: certificates made on the spot, a raw socket, and a router with the routes that tests want.
//
// For tests only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/router.h"
#include "weir/adapters/http/server.h"
#include "weir/base/random.h"

namespace weir::adapters::http::testing {

struct CertificateWish {
  std::string common_name = "localhost";
  std::string unit = "node-1";
  std::string organisation = "91350211M000100Y46";
  std::string alternative_names = "IP:127.0.0.1,DNS:localhost";
  long starts_in = -3600;  // seconds from now
  long ends_in = 3600;
};

// A certificate authority with a P-256 key.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  const std::string& pem() const { return pem_; }
  TlsIdentity issue(const CertificateWish& wish = {}) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string pem_;
};

// A plain TCP connection that says exactly what it is told.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  bool send(std::string_view bytes) const;
  void half_close() const;
  // All until the server closes or `enough` bytes are there; at most ten seconds.
  std::string read(std::size_t enough = SIZE_MAX) const;
  // One response: headers and the body that Content-Length announces.
  std::string read_response();
  bool closed_by_peer() const;

 private:
  int fd_;
  std::string rest_;
};

int status_in(std::string_view response);
std::string reason_in(std::string_view response);  // of a problem: the end of its type

// Tokens "reader" (catalog:read), "writer" (catalog:*); peers: any certificate, by its unit.
class TestAuthenticator final : public Authenticator {
 public:
  Result<Principal> by_token(std::string_view token) override;
  Result<Principal> by_certificate(const PeerCertificate& certificate) override;
};

}  // namespace weir::adapters::http::testing
