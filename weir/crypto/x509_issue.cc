// SPDX-License-Identifier: Apache-2.0
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>

#include "weir/base/check.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"
#include "weir/crypto/pem.h"
#include "weir/crypto/x509.h"
#include "weir/crypto/x509_names.h"
#include "weir/crypto/x509_parts.h"

namespace weir::crypto {
namespace {

using X509Pointer = Owned<X509, X509_free>;
using Request = Owned<X509_REQ, X509_REQ_free>;
using MdContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_free>;
using OctetString = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using BitString = Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using Constraints = Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using KeyPurposes = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using AuthorityKey = Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using Extensions = Owned<STACK_OF(X509_EXTENSION), free_extensions>;

// The bits of keyUsage, RFC 5280 section 4.2.1.3.
constexpr int kDigitalSignature = 0;
constexpr int kContentCommitment = 1;
constexpr int kKeyCertSign = 5;
constexpr int kCrlSign = 6;

void add_extension(X509* x509, int nid, void* value, bool critical) {
  WEIR_CHECK(X509_add1_ext_i2d(x509, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1);
}

void add_constraints(X509* x509, bool is_authority) {
  const Constraints constraints(BASIC_CONSTRAINTS_new());
  WEIR_CHECK(constraints != nullptr);
  if (is_authority) {
    constraints->ca = 0xff;
    constraints->pathlen = ASN1_INTEGER_new();
    WEIR_CHECK(constraints->pathlen != nullptr && ASN1_INTEGER_set(constraints->pathlen, 0) == 1);
  }
  add_extension(x509, NID_basic_constraints, constraints.get(), true);
}

void add_usage(X509* x509, bool is_authority) {
  const BitString usage(ASN1_BIT_STRING_new());
  WEIR_CHECK(usage != nullptr);
  const std::array bits =
      is_authority ? std::array{kKeyCertSign, kCrlSign} : std::array{kDigitalSignature, kContentCommitment};
  for (const int bit : bits) {
    WEIR_CHECK(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1);
  }
  add_extension(x509, NID_key_usage, usage.get(), true);
  if (is_authority) return;
  const KeyPurposes purposes(EXTENDED_KEY_USAGE_new());
  WEIR_CHECK(purposes != nullptr);
  for (const int nid : {NID_server_auth, NID_client_auth}) {
    WEIR_CHECK(sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(nid)) > 0);
  }
  add_extension(x509, NID_ext_key_usage, purposes.get(), false);
}

// The key identifier of RFC 7093 section 2, method 1: the left 160 bits of the SHA-256 of the raw key.
void add_key_identifiers(X509* x509, const PublicKey& key, const X509* authority) {
  const Digest digest = hash(HashAlgorithm::kSha256, key.raw());
  const OctetString own(ASN1_OCTET_STRING_new());
  WEIR_CHECK(own != nullptr && ASN1_OCTET_STRING_set(own.get(), digest.data(), 20) == 1);
  add_extension(x509, NID_subject_key_identifier, own.get(), false);
  const ASN1_OCTET_STRING* const issuer =
      authority == nullptr ? own.get() : X509_get0_subject_key_id(const_cast<X509*>(authority));
  if (issuer == nullptr) return;
  const AuthorityKey authority_key(AUTHORITY_KEYID_new());
  WEIR_CHECK(authority_key != nullptr);
  authority_key->keyid = ASN1_OCTET_STRING_dup(issuer);
  WEIR_CHECK(authority_key->keyid != nullptr);
  add_extension(x509, NID_authority_key_identifier, authority_key.get(), false);
}

void set_serial(X509* x509, Random& random) {
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x3f) | 0x40);  // positive, and always 16 bytes
  const Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  WEIR_CHECK(number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr);
}

Result<> set_times(X509* x509, const IssueOptions& options) {
  constexpr std::int64_t kYear10000 = 253402300800;
  const std::int64_t from = options.not_before.value() / 1000;
  const std::int64_t to = options.not_after.value() / 1000;
  if (from < 0 || from > to || to >= kYear10000) {
    return Error(Errc::kInvalidArgument, "a certificate cannot be valid between these times")
        .because("certificate.validity");
  }
  WEIR_CHECK(ASN1_TIME_set(X509_getm_notBefore(x509), from) != nullptr);
  WEIR_CHECK(ASN1_TIME_set(X509_getm_notAfter(x509), to) != nullptr);
  return {};
}


// `authority` is null if the certificate is self-signed.
Result<Certificate> make_certificate(const PrivateKey& signing_key, const X509* authority, const PublicKey& subject_key,
                                     const IssueOptions& options, Random& random) {
  const X509Pointer x509(X509_new());
  WEIR_CHECK(x509 != nullptr && X509_set_version(x509.get(), X509_VERSION_3) == 1);
  WEIR_TRY_LET(const Name subject, make_name(options.subject));
  WEIR_TRY_LET(const Names names, make_alternative_names(options.alternative_names));
  WEIR_TRY(set_times(x509.get(), options));
  const X509_NAME* const issuer = authority == nullptr ? subject.get() : X509_get_subject_name(authority);
  WEIR_CHECK(X509_set_subject_name(x509.get(), subject.get()) == 1 && X509_set_issuer_name(x509.get(), issuer) == 1);
  set_serial(x509.get(), random);
  WEIR_CHECK(X509_set_pubkey(x509.get(), KeyHandle::of(subject_key)) == 1);
  add_constraints(x509.get(), options.is_authority);
  add_usage(x509.get(), options.is_authority);
  add_key_identifiers(x509.get(), subject_key, authority);
  if (!options.alternative_names.empty()) add_extension(x509.get(), NID_subject_alt_name, names.get(), false);
  const MdContext context(EVP_MD_CTX_new());
  WEIR_CHECK(context != nullptr);
  start_signing(context.get(), signing_key);
  WEIR_CHECK(X509_sign_ctx(x509.get(), context.get()) > 0);
  return Certificate::from_der(encode_der<X509>(i2d_X509, x509.get()));
}

Error malformed_request(const char* message) {
  return Error(Errc::kInvalidArgument, message).because("request.malformed");
}

Request decode_request(ByteView der) {
  if (der.size() > kCertificateBytesMax) return nullptr;
  const unsigned char* at = der.data();
  Request request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (request == nullptr || at != der.data() + der.size()) return nullptr;
  const Bytes again = encode_der<X509_REQ>(i2d_X509_REQ, request.get());
  return text_of(again) == text_of(der) ? std::move(request) : nullptr;
}

bool is_signed_by_itself(X509_REQ* request, const PublicKey& key) {
  if (X509_REQ_get_signature_nid(request) != signature_nid_of(key.algorithm())) return false;
  if (key.algorithm() == SignatureAlgorithm::kSm2Sm3) X509_REQ_set0_distinguishing_id(request, new_sm2_id());
  return X509_REQ_verify(request, KeyHandle::of(key)) == 1;
}

Result<std::vector<std::string>> requested_names(X509_REQ* request) {
  const Extensions extensions(X509_REQ_get_extensions(request));
  int critical = 0;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr && critical != -1) return malformed_request("alternative names that cannot be read");
  return read_alternative_names(names.get());
}

}  // namespace

Result<Certificate> self_sign(const PrivateKey& key, const IssueOptions& options, Random& random) {
  const QuietErrors quiet;
  return make_certificate(key, nullptr, key.public_key(), options, random);
}

Result<Certificate> issue(const PrivateKey& authority_key, const Certificate& authority, const PublicKey& subject_key,
                          const IssueOptions& options, Random& random) {
  const QuietErrors quiet;
  if (!authority.info().is_authority || !(authority.public_key() == authority_key.public_key())) {
    return Error(Errc::kInvalidArgument, "the issuer is no authority, or the key is not its own")
        .because("certificate.authority");
  }
  if (options.is_authority) {
    return Error(Errc::kInvalidArgument, "an authority here has no authorities below it (path length 0)")
        .because("certificate.authority");
  }
  const unsigned char* at = authority.der().data();
  const X509Pointer x509(d2i_X509(nullptr, &at, static_cast<long>(authority.der().size())));
  WEIR_CHECK(x509 != nullptr);
  return make_certificate(authority_key, x509.get(), subject_key, options, random);
}

Result<std::string> make_request_pem(const PrivateKey& key, const CertificateSubject& subject,
                                     const std::vector<std::string>& alternative_names) {
  const QuietErrors quiet;
  const Request request(X509_REQ_new());
  WEIR_CHECK(request != nullptr && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  WEIR_TRY_LET(const Name name, make_name(subject));
  WEIR_TRY_LET(const Names names, make_alternative_names(alternative_names));
  WEIR_CHECK(X509_REQ_set_subject_name(request.get(), name.get()) == 1);
  WEIR_CHECK(X509_REQ_set_pubkey(request.get(), KeyHandle::of(key)) == 1);
  if (!alternative_names.empty()) {
    STACK_OF(X509_EXTENSION)* made = nullptr;
    WEIR_CHECK(X509V3_add1_i2d(&made, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
    const Extensions extensions(made);
    WEIR_CHECK(X509_REQ_add_extensions(request.get(), extensions.get()) == 1);
  }
  const MdContext context(EVP_MD_CTX_new());
  WEIR_CHECK(context != nullptr);
  start_signing(context.get(), key);
  WEIR_CHECK(X509_REQ_sign_ctx(request.get(), context.get()) > 0);
  return write_pem("CERTIFICATE REQUEST", encode_der<X509_REQ>(i2d_X509_REQ, request.get()));
}

Result<CertificateRequest> parse_request(std::string_view pem) {
  const QuietErrors quiet;
  WEIR_TRY_LET(const std::vector<Bytes> blocks, read_pem(pem, "CERTIFICATE REQUEST", 1));
  const Request request = decode_request(blocks[0]);
  if (request == nullptr) return malformed_request("not a certificate request in DER");
  WEIR_TRY_LET(PublicKey key, read_public_key(X509_REQ_get_X509_PUBKEY(request.get())));
  if (!is_signed_by_itself(request.get(), key)) {
    return Error(Errc::kUnauthenticated, "the request is not signed with the key it is for")
        .because("request.signature");
  }
  WEIR_TRY_LET(CertificateSubject subject, read_name(X509_REQ_get_subject_name(request.get())));
  WEIR_TRY_LET(std::vector<std::string> names, requested_names(request.get()));
  return CertificateRequest{std::move(subject), std::move(names), std::move(key)};
}

}  // namespace weir::crypto
