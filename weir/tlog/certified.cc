// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/certified.h"

#include <algorithm>

#include "weir/tlog/checkpoint.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Result<crypto::Certificate> read_pem(const std::string& pem) {
  WEIR_TRY_LET(crypto::Certificate certificate, crypto::Certificate::from_pem(pem));
  if (certificate.pem() != pem) {
    return Error(Errc::kInvalidArgument, "a certificate is not in the plain PEM form").because("certificate.malformed");
  }
  return certificate;
}

}  // namespace

Result<std::string> parse_fingerprint(std::string_view text) {
  std::string hex;
  for (const char c : text) {
    if (c != ':') hex += c;
  }
  const auto bytes = wire::decode_hex(hex);
  if (!bytes || bytes->size() != crypto::kDigestBytes) {
    return Error(Errc::kInvalidArgument, "a fingerprint is the SHA-256 of a certificate: 64 hex digits")
        .because("anchor.malformed")
        .advise("openssl x509 -in ca.pem -noout -fingerprint -sha256");
  }
  return wire::encode_hex(*bytes);
}

std::vector<NoteKey> Certified::log_keys(std::string_view node) const {
  std::vector<NoteKey> out;
  for (const CertifiedNode& certified : nodes) {
    if (certified.node != node) continue;
    auto key = NoteKey::make(evidence_origin(node), certified.certificate.public_key());
    if (key) out.push_back(*std::move(key));
  }
  return out;
}

bool Certified::knows(std::string_view node) const {
  return std::any_of(nodes.begin(), nodes.end(), [&](const CertifiedNode& n) { return n.node == node; });
}

bool Certified::valid_at(std::string_view node, Timestamp time) const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const CertifiedNode& n) { return n.node == node && n.valid_at(time); });
}

Result<> Certified::verify(std::string_view node, Timestamp time, ByteView message, std::string_view signature) const {
  WEIR_TRY_LET(const crypto::Signature parsed, crypto::parse_signature(signature));
  const std::string name(node);
  if (!knows(node)) {
    return Error(Errc::kUnauthenticated, "no certificate of node " + name + " is in the bundle")
        .because("certified.unknown");
  }
  if (!valid_at(node, time)) {
    return Error(Errc::kUnauthenticated,
                 "node " + name + " has no certificate of a trusted authority at " + format_iso8601(time))
        .because("certified.validity");
  }
  for (const CertifiedNode& certified : nodes) {
    if (certified.node != node || !certified.valid_at(time)) continue;
    if (certified.certificate.public_key().verify(message, parsed)) return {};
  }
  return Error(Errc::kUnauthenticated, "the signature is not that of node " + name).because("signature.invalid");
}

Result<Certified> certify(const std::vector<std::string>& authorities_pem, const std::vector<std::string>& nodes_pem,
                          const TrustAnchors& anchors) {
  Certified out;
  std::vector<crypto::Certificate> authorities;
  for (const std::string& pem : authorities_pem) {
    WEIR_TRY_LET(crypto::Certificate authority, read_pem(pem));
    out.authorities.push_back(authority.fingerprint());
    if (!contains(anchors.fingerprints, out.authorities.back()))
      out.unknown_authorities.push_back(out.authorities.back());
    authorities.push_back(std::move(authority));
  }
  for (const std::string& pem : nodes_pem) {
    WEIR_TRY_LET(crypto::Certificate certificate, read_pem(pem));
    CertifiedNode node{.node = certificate.info().subject.unit, .certificate = std::move(certificate)};
    for (const crypto::Certificate& authority : authorities) {
      const Timestamp from = std::max(node.certificate.info().not_before, authority.info().not_before);
      const Timestamp until = std::min(node.certificate.info().not_after, authority.info().not_after);
      if (until < from || !crypto::verify_issued(node.certificate, authority, from)) continue;
      node.authority = authority.fingerprint();
      node.anchored = contains(anchors.fingerprints, node.authority);
      node.from = from;
      node.until = until;
      if (node.anchored) break;
    }
    out.nodes.push_back(std::move(node));
  }
  return out;
}

}  // namespace weir::tlog
