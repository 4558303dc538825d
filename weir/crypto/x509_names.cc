// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/x509_names.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "weir/base/check.h"

namespace weir::crypto {
namespace {

using GeneralName = Owned<GENERAL_NAME, GENERAL_NAME_free>;

constexpr std::size_t kAlternativeNamesMax = 64;
constexpr std::size_t kDnsNameBytesMax = 253;
constexpr std::size_t kUriBytesMax = 1024;

Error bad_subject(const std::string& what) {
  return Error(Errc::kInvalidArgument, what)
      .because("certificate.subject")
      .advise("give a common name, a unit and an organisation of at most 64 characters each");
}

Error bad_alternative_name() {
  return Error(Errc::kInvalidArgument, "an alternative name that does not fit a certificate")
      .because("certificate.alternative_name")
      .advise("write DNS:name, IP:address or URI:uri");
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<> add_entry(X509_NAME* name, int nid, const std::string& text) {
  if (text.empty()) return {};
  if (has_control_characters(text)) return bad_subject("a name with control characters");
  // OpenSSL checks UTF-8 and the length in characters.
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0) != 1) {
    return bad_subject("a name that is too long or not UTF-8");
  }
  return {};
}

// The one value of an attribute; empty if it has none.
Result<std::string> read_entry(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return std::string();
  if (X509_NAME_get_index_by_NID(name, nid, at) >= 0) return bad_subject("a subject that has one attribute twice");
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return bad_subject("a name that is no text");
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (has_control_characters(text)) return bad_subject("a name with control characters");
  return text;
}

bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > kDnsNameBytesMax) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '*';
  });
}

bool is_uri(std::string_view text) {
  if (text.empty() || text.size() > kUriBytesMax || text.find(':') == std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void set_text(GENERAL_NAME* name, int kind, std::string_view text) {
  ASN1_IA5STRING* const string = ASN1_IA5STRING_new();
  WEIR_CHECK(string != nullptr && ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1);
  GENERAL_NAME_set0_value(name, kind, string);
}

Result<> set_address(GENERAL_NAME* name, const std::string& text) {
  unsigned char bytes[16];
  int size = 0;
  if (::inet_pton(AF_INET, text.c_str(), bytes) == 1) {
    size = 4;
  } else if (::inet_pton(AF_INET6, text.c_str(), bytes) == 1) {
    size = 16;
  } else {
    return bad_alternative_name();
  }
  ASN1_OCTET_STRING* const string = ASN1_OCTET_STRING_new();
  WEIR_CHECK(string != nullptr && ASN1_OCTET_STRING_set(string, bytes, size) == 1);
  GENERAL_NAME_set0_value(name, GEN_IPADD, string);
  return {};
}

Result<GeneralName> make_alternative_name(const std::string& text) {
  if (text.find('\0') != std::string::npos) return bad_alternative_name();
  GeneralName name(GENERAL_NAME_new());
  WEIR_CHECK(name != nullptr);
  const std::string rest = text.substr(std::min(text.size(), text.find(':') + 1));
  if (text.starts_with("DNS:") && is_dns_name(rest)) {
    set_text(name.get(), GEN_DNS, rest);
  } else if (text.starts_with("URI:") && is_uri(rest)) {
    set_text(name.get(), GEN_URI, rest);
  } else if (text.starts_with("IP:")) {
    WEIR_TRY(set_address(name.get(), rest));
  } else {
    return bad_alternative_name();
  }
  return name;
}

Result<std::string> read_alternative_name(const GENERAL_NAME* name) {
  int kind = 0;
  const auto* const value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &kind));
  if (kind != GEN_DNS && kind != GEN_URI && kind != GEN_IPADD) return std::string();
  const unsigned char* const data = ASN1_STRING_get0_data(value);
  const std::string text(reinterpret_cast<const char*>(data), static_cast<std::size_t>(ASN1_STRING_length(value)));
  if (kind == GEN_DNS && is_dns_name(text)) return "DNS:" + text;
  if (kind == GEN_URI && is_uri(text)) return "URI:" + text;
  if (kind == GEN_IPADD && (text.size() == 4 || text.size() == 16)) {
    char out[INET6_ADDRSTRLEN] = {};
    WEIR_CHECK(::inet_ntop(text.size() == 4 ? AF_INET : AF_INET6, data, out, sizeof out) != nullptr);
    return "IP:" + std::string(out);
  }
  return bad_alternative_name();
}

}  // namespace

void free_name(X509_name_st* name) { X509_NAME_free(name); }
void free_names(stack_st_GENERAL_NAME* names) { GENERAL_NAMES_free(names); }

//= NDI-TR-2025-03#certificate-subject
// The common name is the domain or address, the unit the identifier of the connector or platform.
Result<Name> make_name(const CertificateSubject& subject) {
  if (subject.common_name.empty()) return bad_subject("a subject without a common name");
  Name name(X509_NAME_new());
  WEIR_CHECK(name != nullptr);
  WEIR_TRY(add_entry(name.get(), NID_organizationName, subject.organisation));
  WEIR_TRY(add_entry(name.get(), NID_organizationalUnitName, subject.unit));
  WEIR_TRY(add_entry(name.get(), NID_commonName, subject.common_name));
  return name;
}

Result<CertificateSubject> read_name(const X509_name_st* name) {
  CertificateSubject subject;
  WEIR_TRY_LET(subject.common_name, read_entry(name, NID_commonName));
  WEIR_TRY_LET(subject.unit, read_entry(name, NID_organizationalUnitName));
  WEIR_TRY_LET(subject.organisation, read_entry(name, NID_organizationName));
  return subject;
}

Result<Names> make_alternative_names(const std::vector<std::string>& texts) {
  if (texts.size() > kAlternativeNamesMax) return bad_alternative_name();
  Names names(GENERAL_NAMES_new());
  WEIR_CHECK(names != nullptr);
  for (const std::string& text : texts) {
    WEIR_TRY_LET(GeneralName name, make_alternative_name(text));
    WEIR_CHECK(sk_GENERAL_NAME_push(names.get(), name.release()) > 0);
  }
  return names;
}

Result<std::vector<std::string>> read_alternative_names(const stack_st_GENERAL_NAME* names) {
  std::vector<std::string> out;
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
  if (count > static_cast<int>(kAlternativeNamesMax)) return bad_alternative_name();
  for (int i = 0; i < count; ++i) {
    WEIR_TRY_LET(std::string text, read_alternative_name(sk_GENERAL_NAME_value(names, i)));
    if (!text.empty()) out.push_back(std::move(text));
  }
  return out;
}

}  // namespace weir::crypto
