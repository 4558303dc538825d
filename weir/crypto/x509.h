// X509: certificates of nodes and the authority of a regional node (NDI-TR-2025-03: subject CN = domain or
// address, OU = identifier of the connector or platform).
//
// Format: docs/formats/certificates.md. Thread-safety: values. Trust: parsing and verification take hostile input.
// Checked against `openssl`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/crypto/sign.h"

namespace weir::crypto {

// Each at most 64 characters (RFC 5280), without control characters. Other attributes of a foreign certificate are
// left out; one that has two of these is refused, because nobody could say whom it names.
struct CertificateSubject {
  std::string common_name;   // domain or address
  std::string unit;          // OU: the node's identifier
  std::string organisation;  // O: USCC of the participant; may be empty
  friend bool operator==(const CertificateSubject&, const CertificateSubject&) = default;
};

struct CertificateInfo {
  CertificateSubject subject;
  std::string issuer_common_name;
  std::string serial_hex;
  Timestamp not_before;
  Timestamp not_after;
  bool is_authority = false;
  std::vector<std::string> alternative_names;  // "DNS:a", "IP:127.0.0.1", "IP:::1", "URI:did:web:a"
};

inline constexpr std::size_t kCertificateBytesMax = 64u << 10;
inline constexpr std::size_t kCertificateChainMax = 16;

class Certificate {
 public:
  // Fails with kInvalidArgument ("certificate.malformed", "key.algorithm"). For all that is read, der() is the input.
  static Result<Certificate> from_der(ByteView der);
  static Result<Certificate> from_pem(std::string_view pem);  // exactly one certificate
  static Result<std::vector<Certificate>> chain_from_pem(std::string_view pem);
  std::string pem() const;
  const Bytes& der() const { return der_; }
  const CertificateInfo& info() const { return info_; }
  const PublicKey& public_key() const { return key_; }
  // SHA-256 of the DER bytes, in hex.
  std::string fingerprint() const;

 private:
  Certificate(Bytes der, CertificateInfo info, PublicKey key);
  Bytes der_;
  CertificateInfo info_;
  PublicKey key_;
};

// A certificate request (PKCS #10) signed by the key it is for. Fails with kInvalidArgument ("certificate.subject",
// "certificate.alternative_name") if a name does not fit a certificate; so do self_sign and issue.
Result<std::string> make_request_pem(const PrivateKey& key, const CertificateSubject& subject,
                                     const std::vector<std::string>& alternative_names);
struct CertificateRequest {
  CertificateSubject subject;
  std::vector<std::string> alternative_names;
  PublicKey key;
};
// Verifies the request's own signature. Fails with kInvalidArgument ("request.malformed", "key.algorithm") or
// kUnauthenticated ("request.signature").
Result<CertificateRequest> parse_request(std::string_view pem);

struct IssueOptions {
  CertificateSubject subject;
  std::vector<std::string> alternative_names;
  Timestamp not_before;
  Timestamp not_after;
  bool is_authority = false;
};
// Fails also with kInvalidArgument ("certificate.validity") if the times are in the wrong order.
Result<Certificate> self_sign(const PrivateKey& key, const IssueOptions& options, Random& random);
// The authority must be one, the key its own, and the new certificate no authority: else kInvalidArgument
// ("certificate.authority").
Result<Certificate> issue(const PrivateKey& authority_key, const Certificate& authority, const PublicKey& subject_key,
                          const IssueOptions& options, Random& random);
// Whether `leaf` was issued by `authority` and both are valid at `now`.
// Fails with kUnauthenticated: "certificate.expired", "certificate.not_yet", "certificate.issuer" (another issuer, or
// one that is no authority), "certificate.signature", "certificate.extension" (a critical one that is not understood).
Result<> verify_issued(const Certificate& leaf, const Certificate& authority, Timestamp now);

}  // namespace weir::crypto
