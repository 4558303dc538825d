// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/x509.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"
#include "weir/crypto/pem.h"
#include "weir/crypto/x509_names.h"
#include "weir/crypto/x509_parts.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using X509Pointer = Owned<X509, X509_free>;
using Number = Owned<BIGNUM, BN_free>;

constexpr int kSerialBytesMax = 20;  // RFC 5280, 4.1.2.2

Error malformed(const char* message) {
  return Error(Errc::kInvalidArgument, message).because("certificate.malformed");
}

Error refused(const char* message, const char* reason) {
  return Error(Errc::kUnauthenticated, message).because(reason);
}

// Exactly one certificate in its one encoding; null otherwise.
X509Pointer decode(ByteView der) {
  if (der.size() > kCertificateBytesMax) return nullptr;
  const unsigned char* at = der.data();
  X509Pointer x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (x509 == nullptr || at != der.data() + der.size()) return nullptr;
  const Bytes again = encode_der<X509>(i2d_X509, x509.get());
  return text_of(again) == text_of(der) ? std::move(x509) : nullptr;
}

Result<Timestamp> read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return malformed("a time that cannot be read");
  return Timestamp(static_cast<std::int64_t>(::timegm(&parts)) * 1000);
}

Result<std::string> read_serial(const X509* x509) {
  const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nullptr));
  if (number == nullptr || BN_is_negative(number.get()) || BN_num_bytes(number.get()) > kSerialBytesMax) {
    return malformed("a serial number that is negative or too long");
  }
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return wire::encode_hex(bytes);
}

Result<CertificateInfo> read_info(X509* x509) {
  CertificateInfo info;
  WEIR_TRY_LET(info.subject, read_name(X509_get_subject_name(x509)));
  WEIR_TRY_LET(const CertificateSubject issuer, read_name(X509_get_issuer_name(x509)));
  info.issuer_common_name = issuer.common_name;
  WEIR_TRY_LET(info.serial_hex, read_serial(x509));
  WEIR_TRY_LET(info.not_before, read_time(X509_get0_notBefore(x509)));
  WEIR_TRY_LET(info.not_after, read_time(X509_get0_notAfter(x509)));
  info.is_authority = X509_check_ca(x509) == 1;
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr && critical != -1) return malformed("alternative names that cannot be read");
  WEIR_TRY_LET(info.alternative_names, read_alternative_names(names.get()));
  return info;
}

bool is_signed_by(X509* x509, const PublicKey& key) {
  if (X509_get_signature_nid(x509) != signature_nid_of(key.algorithm())) return false;
  if (key.algorithm() == SignatureAlgorithm::kSm2Sm3) X509_set0_distinguishing_id(x509, new_sm2_id());
  return X509_verify(x509, KeyHandle::of(key)) == 1;
}

Result<> verify_time(const CertificateInfo& info, Timestamp now) {
  if (now < info.not_before) {
    return refused("the certificate is not valid yet", "certificate.not_yet")
        .advise("compare the clocks of both machines; valid from " + format_iso8601(info.not_before));
  }
  if (now > info.not_after) {
    return refused("the certificate has expired", "certificate.expired")
        .advise("request a new certificate; this one ended at " + format_iso8601(info.not_after));
  }
  return {};
}

}  // namespace

int signature_nid_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEd25519: return NID_ED25519;
    case SignatureAlgorithm::kEcdsaP256Sha256: return NID_ecdsa_with_SHA256;
    case SignatureAlgorithm::kSm2Sm3: return NID_SM2_with_SM3;
  }
  return NID_undef;
}

Result<PublicKey> read_public_key(X509_pubkey_st* key) {
  return PublicKey::from_der(encode_der<X509_PUBKEY>(i2d_X509_PUBKEY, key));
}

asn1_string_st* new_sm2_id() {
  ASN1_OCTET_STRING* const id = ASN1_OCTET_STRING_new();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(kSm2DefaultId.data());
  WEIR_CHECK(id != nullptr && ASN1_OCTET_STRING_set(id, bytes, static_cast<int>(kSm2DefaultId.size())) == 1);
  return id;
}

Certificate::Certificate(Bytes der, CertificateInfo info, PublicKey key)
    : der_(std::move(der)), info_(std::move(info)), key_(std::move(key)) {}

Result<Certificate> Certificate::from_der(ByteView der) {
  const QuietErrors quiet;
  const X509Pointer x509 = decode(der);
  if (x509 == nullptr) return malformed("not a certificate in DER");
  if (X509_get_version(x509.get()) != X509_VERSION_3) return malformed("not a certificate of version 3");
  if ((X509_get_extension_flags(x509.get()) & EXFLAG_INVALID) != 0) return malformed("a malformed extension");
  WEIR_TRY_LET(PublicKey key, read_public_key(X509_get_X509_PUBKEY(x509.get())));
  WEIR_TRY_LET(CertificateInfo info, read_info(x509.get()));
  return Certificate(copy_of(der), std::move(info), std::move(key));
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  WEIR_TRY_LET(const std::vector<Bytes> blocks, read_pem(pem, "CERTIFICATE", 1));
  return from_der(blocks[0]);
}

Result<std::vector<Certificate>> Certificate::chain_from_pem(std::string_view pem) {
  WEIR_TRY_LET(const std::vector<Bytes> blocks, read_pem(pem, "CERTIFICATE", kCertificateChainMax));
  std::vector<Certificate> chain;
  for (const Bytes& block : blocks) {
    WEIR_TRY_LET(Certificate certificate, from_der(block));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

std::string Certificate::pem() const { return write_pem("CERTIFICATE", der_); }

std::string Certificate::fingerprint() const { return wire::encode_hex(hash(HashAlgorithm::kSha256, der_)); }

Result<> verify_issued(const Certificate& leaf, const Certificate& authority, Timestamp now) {
  const QuietErrors quiet;
  const X509Pointer leaf_x509 = decode(leaf.der());
  const X509Pointer authority_x509 = decode(authority.der());
  WEIR_CHECK(leaf_x509 != nullptr && authority_x509 != nullptr);
  if (!authority.info().is_authority ||
      X509_NAME_cmp(X509_get_issuer_name(leaf_x509.get()), X509_get_subject_name(authority_x509.get())) != 0) {
    return refused("the certificate was issued by another authority", "certificate.issuer")
        .advise("give the certificate of its authority: " + leaf.info().issuer_common_name);
  }
  if (!is_signed_by(leaf_x509.get(), authority.public_key())) {
    return refused("the certificate is not signed by this authority's key", "certificate.signature");
  }
  for (X509* const x509 : {leaf_x509.get(), authority_x509.get()}) {
    if ((X509_get_extension_flags(x509) & EXFLAG_CRITICAL) == 0) continue;
    return refused("a critical extension that is not understood", "certificate.extension");
  }
  WEIR_TRY(verify_time(leaf.info(), now));
  if (Result<> valid = verify_time(authority.info(), now); !valid) {
    return std::move(valid).error().with("certificate of the authority");
  }
  return {};
}

}  // namespace weir::crypto
