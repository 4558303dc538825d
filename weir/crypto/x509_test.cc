// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/x509.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "weir/crypto/pem.h"
#include "weir/crypto/test_support.h"

namespace weir::crypto {
namespace {

constexpr Timestamp kStart(1767225600000);  // 2026-01-01
constexpr Timestamp kNow(1780000000000);    // 2026-05-28, in the validity of what the tests issue
constexpr Timestamp kEnd(1893456000000);    // 2030-01-01
const std::string kNode = "5911100001MPH000011100A1B2C3D4X";

IssueOptions authority_options() {
  return {{"Region 3101", "2911100001MPH00001110000000000X", "91310000MA1FL00001"}, {}, kStart, kEnd, true};
}

IssueOptions leaf_options() {
  return {{"a.example", kNode, "91110000MA0000001X"},
          {"DNS:a.example", "IP:127.0.0.1", "IP:::1", "URI:did:web:a.example"},
          kStart,
          kEnd,
          false};
}

class X509 : public testing::TestWithParam<SignatureAlgorithm> {
 protected:
  Certificate sign_authority(const IssueOptions& options) { return *self_sign(authority_key_, options, random_); }
  Certificate issue_leaf(const IssueOptions& options) {
    Result<Certificate> leaf = issue(authority_key_, authority_, leaf_key_.public_key(), options, random_);
    EXPECT_TRUE(leaf.ok()) << leaf.error().message();
    return *std::move(leaf);
  }
  std::string sm2_option() const {
    return GetParam() == SignatureAlgorithm::kSm2Sm3 ? " -vfyopt distid:1234567812345678" : "";
  }

  SeededRandom random_{1};
  PrivateKey authority_key_ = PrivateKey::generate(GetParam(), random_);
  PrivateKey leaf_key_ = PrivateKey::generate(GetParam(), random_);
  Certificate authority_ = sign_authority(authority_options());
  Certificate leaf_ = issue_leaf(leaf_options());
};
INSTANTIATE_TEST_SUITE_P(All, X509, testing::ValuesIn(test::kAllSignatureAlgorithms),
                         test::short_name<testing::TestParamInfo<SignatureAlgorithm>>);

//= NDI-TR-2025-03#certificate-subject type=test
TEST_P(X509, ACertificateSaysWhatWasAskedFor) {
  const CertificateInfo& info = leaf_.info();
  EXPECT_EQ(info.subject, leaf_options().subject);
  EXPECT_EQ(info.issuer_common_name, "Region 3101");
  EXPECT_EQ(info.serial_hex.size(), 32u);
  EXPECT_EQ(info.not_before, kStart);
  EXPECT_EQ(info.not_after, kEnd);
  EXPECT_FALSE(info.is_authority);
  EXPECT_EQ(info.alternative_names, leaf_options().alternative_names);
  EXPECT_EQ(leaf_.public_key(), leaf_key_.public_key());
  EXPECT_TRUE(authority_.info().is_authority);
  EXPECT_NE(info.serial_hex, authority_.info().serial_hex);
}

TEST_P(X509, ACertificateComesBackFromItsEncodings) {
  EXPECT_EQ(Certificate::from_der(leaf_.der())->der(), leaf_.der());
  EXPECT_EQ(Certificate::from_pem(leaf_.pem())->fingerprint(), leaf_.fingerprint());
  const Result<std::vector<Certificate>> chain = Certificate::chain_from_pem(leaf_.pem() + authority_.pem());
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ((*chain)[1].der(), authority_.der());
}

TEST_P(X509, AnIssuedCertificateIsVerified) {
  EXPECT_TRUE(verify_issued(leaf_, authority_, kNow).ok());
  EXPECT_TRUE(verify_issued(leaf_, authority_, kStart).ok());
  EXPECT_TRUE(verify_issued(leaf_, authority_, kEnd).ok());
  EXPECT_TRUE(verify_issued(authority_, authority_, kNow).ok()) << "it signed itself";
}

TEST_P(X509, AnAuthorityCertifiesKeysOfEveryAlgorithm) {
  for (const SignatureAlgorithm algorithm : test::kAllSignatureAlgorithms) {
    const PrivateKey key = PrivateKey::generate(algorithm, random_);
    const Result<Certificate> leaf = issue(authority_key_, authority_, key.public_key(), leaf_options(), random_);
    ASSERT_TRUE(leaf.ok());
    EXPECT_EQ(leaf->public_key(), key.public_key());
    EXPECT_TRUE(verify_issued(*leaf, authority_, kNow).ok());
  }
}

TEST_P(X509, NamesMayBeChineseAndTimesFarAway) {
  IssueOptions options = leaf_options();
  options.subject.organisation = "上海数据交易所";
  options.not_after = Timestamp(253402300799000);  // 9999-12-31T23:59:59Z
  const Certificate leaf = issue_leaf(options);
  EXPECT_EQ(leaf.info().subject.organisation, "上海数据交易所");
  EXPECT_EQ(leaf.info().not_after, options.not_after);
}

TEST_P(X509, TheOpensslProgramVerifiesTheChain) {
  const test::TempFolder folder;
  const std::string ca = folder.write("ca", authority_.pem());
  const std::string leaf = folder.write("leaf", leaf_.pem());
  std::string at = " -attime 1780000000 -x509_strict";
  // The program gives the SM2 id to the leaf only, so it cannot check the signature of an SM2 root on itself.
  if (GetParam() != SignatureAlgorithm::kSm2Sm3) at += " -check_ss_sig";
  for (const std::string purpose : {"sslserver", "sslclient"}) {
    const test::Outcome outcome =
        test::openssl("verify -purpose " + purpose + at + sm2_option() + " -CAfile " + ca + " " + leaf);
    EXPECT_EQ(outcome.status, 0) << outcome.output;
  }
  const test::Outcome text = test::openssl("x509 -text -noout -nameopt utf8 -in " + leaf);
  EXPECT_EQ(text.status, 0);
  for (const std::string& line :
       {"Subject: O=91110000MA0000001X, OU=" + kNode + ", CN=a.example", std::string("CA:FALSE"),
        std::string("Digital Signature, Non Repudiation"), std::string("TLS Web Server Authentication, TLS Web Client"),
        std::string("DNS:a.example, IP Address:127.0.0.1"), std::string("X509v3 Authority Key Identifier")}) {
    EXPECT_NE(text.output.find(line), std::string::npos) << line << "\n" << text.output;
  }
  const test::Outcome ca_text = test::openssl("x509 -text -noout -in " + ca);
  EXPECT_NE(ca_text.output.find("CA:TRUE, pathlen:0"), std::string::npos) << ca_text.output;
}

TEST_P(X509, ARequestCarriesItsKeyAndNames) {
  const Result<std::string> pem =
      make_request_pem(leaf_key_, leaf_options().subject, leaf_options().alternative_names);
  ASSERT_TRUE(pem.ok());
  const Result<CertificateRequest> request = parse_request(*pem);
  ASSERT_TRUE(request.ok()) << request.error().message();
  EXPECT_EQ(request->subject, leaf_options().subject);
  EXPECT_EQ(request->alternative_names, leaf_options().alternative_names);
  EXPECT_EQ(request->key, leaf_key_.public_key());
  EXPECT_TRUE(parse_request(*make_request_pem(leaf_key_, {"only a name", "", ""}, {}))->alternative_names.empty());
}

TEST_P(X509, TheOpensslProgramVerifiesOurRequestAndWeVerifyIts) {
  const test::TempFolder folder;
  const std::string pem = *make_request_pem(leaf_key_, leaf_options().subject, {"DNS:a.example"});
  const std::string request = folder.write("csr", pem);
  const test::Outcome outcome = test::openssl("req -verify -noout -in " + request + sm2_option());
  EXPECT_NE(outcome.output.find("verify OK"), std::string::npos) << outcome.output;
  std::string command = "req -new -key " + folder.write("k", test::private_pem(leaf_key_)) +
                        " -subj /O=org/OU=unit/CN=name -addext subjectAltName=DNS:a.example,IP:10.0.0.1 -out " +
                        folder.path("theirs");
  if (GetParam() == SignatureAlgorithm::kSm2Sm3) command += " -sm3 -sigopt distid:1234567812345678";
  ASSERT_EQ(test::openssl(command).status, 0);
  const Result<CertificateRequest> theirs = parse_request(text_of(folder.read("theirs")));
  ASSERT_TRUE(theirs.ok()) << theirs.error().message();
  EXPECT_EQ(theirs->subject, (CertificateSubject{"name", "unit", "org"}));
  EXPECT_EQ(theirs->alternative_names, (std::vector<std::string>{"DNS:a.example", "IP:10.0.0.1"}));
}

TEST_P(X509, WeVerifyACertificateOfTheOpensslProgram) {
  const test::TempFolder folder;
  std::string command = "req -x509 -days 3650 -key " + folder.write("k", test::private_pem(authority_key_)) +
                        " -subj '/CN=Their root' -addext keyUsage=critical,keyCertSign -out " + folder.path("ca");
  if (GetParam() == SignatureAlgorithm::kSm2Sm3) command += " -sm3 -sigopt distid:1234567812345678";
  ASSERT_EQ(test::openssl(command).status, 0);
  const Result<Certificate> root = Certificate::from_pem(text_of(folder.read("ca")));
  ASSERT_TRUE(root.ok()) << root.error().message();
  EXPECT_TRUE(root->info().is_authority);
  EXPECT_TRUE(verify_issued(*root, *root, after(root->info().not_before, Milliseconds(1))).ok());
  const Result<Certificate> leaf = issue(authority_key_, *root, leaf_key_.public_key(), leaf_options(), random_);
  EXPECT_EQ(leaf->info().issuer_common_name, "Their root");
  EXPECT_TRUE(verify_issued(*leaf, *root, after(root->info().not_before, Milliseconds(1))).ok());
}

// What verify_issued refuses.

TEST_P(X509, RefusesBeforeAndAfterItsTime) {
  IssueOptions options = leaf_options();  // a shorter time than the authority's
  options.not_before = Timestamp(kNow.value() - 60'000);
  options.not_after = Timestamp(kNow.value() + 60'000);
  const Certificate leaf = issue_leaf(options);
  EXPECT_TRUE(verify_issued(leaf, authority_, kNow).ok());
  EXPECT_EQ(verify_issued(leaf, authority_, Timestamp(kNow.value() - 60'001)).error().reason(), "certificate.not_yet");
  const Result<> late = verify_issued(leaf, authority_, Timestamp(kNow.value() + 60'001));
  EXPECT_EQ(late.error().reason(), "certificate.expired");
  EXPECT_EQ(late.error().code(), Errc::kUnauthenticated);
}

TEST_P(X509, RefusesWhenTheAuthorityHasExpired) {
  IssueOptions options = authority_options();
  options.not_after = Timestamp(kNow.value() - 60'000);
  const Certificate old = sign_authority(options);
  const Certificate leaf = *issue(authority_key_, old, leaf_key_.public_key(), leaf_options(), random_);
  EXPECT_EQ(verify_issued(leaf, old, kNow).error().reason(), "certificate.expired");
}

TEST_P(X509, RefusesAnotherIssuer) {
  IssueOptions options = authority_options();
  options.subject.common_name = "Region 1101";
  const Certificate other = sign_authority(options);  // the same key under another name
  EXPECT_EQ(verify_issued(leaf_, other, kNow).error().reason(), "certificate.issuer");
  EXPECT_EQ(verify_issued(authority_, leaf_, kNow).error().reason(), "certificate.issuer") << "a leaf is no authority";
}

TEST_P(X509, RefusesAnIssuerThatIsNoAuthority) {
  IssueOptions options = authority_options();
  options.is_authority = false;
  const Certificate plain = sign_authority(options);  // the same name and key
  EXPECT_EQ(verify_issued(leaf_, plain, kNow).error().reason(), "certificate.issuer");
}

TEST_P(X509, RefusesAForgedAuthorityOfTheSameName) {
  const PrivateKey forger = PrivateKey::generate(GetParam(), random_);
  const Certificate forged = *self_sign(forger, authority_options(), random_);
  EXPECT_EQ(verify_issued(leaf_, forged, kNow).error().reason(), "certificate.signature");
  const Certificate theirs = *issue(forger, forged, leaf_key_.public_key(), leaf_options(), random_);
  EXPECT_EQ(verify_issued(theirs, authority_, kNow).error().reason(), "certificate.signature");
}

TEST_P(X509, RefusesAnAuthorityOfAnotherAlgorithm) {
  for (const SignatureAlgorithm algorithm : test::kAllSignatureAlgorithms) {
    if (algorithm == GetParam()) continue;
    const Certificate other = *self_sign(PrivateKey::generate(algorithm, random_), authority_options(), random_);
    EXPECT_EQ(verify_issued(leaf_, other, kNow).error().reason(), "certificate.signature");
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_P(X509, RefusesOneFlippedBitAnywhere) {
  int parsed = 0;
  for (std::size_t at = 0; at < leaf_.der().size(); at += 3) {
    Bytes bad = leaf_.der();
    bad[at] ^= 0x04;
    const Result<Certificate> changed = Certificate::from_der(bad);
    if (!changed) continue;
    ++parsed;
    EXPECT_FALSE(verify_issued(*changed, authority_, kNow).ok()) << at;
  }
  EXPECT_GT(parsed, 20);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(X509Algorithms, RefusesAnotherHashThanThatOfTheKey) {
  const test::TempFolder folder;
  ASSERT_EQ(test::openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha384 -nodes -keyout " +
                          folder.path("k") + " -subj /CN=x -addext keyUsage=critical,keyCertSign -out " +
                          folder.path("c")).status, 0);
  const Result<Certificate> certificate = Certificate::from_pem(text_of(folder.read("c")));
  ASSERT_TRUE(certificate.ok());
  const Timestamp now = certificate->info().not_before;
  EXPECT_EQ(verify_issued(*certificate, *certificate, now).error().reason(), "certificate.signature");
}

TEST(X509Extensions, RefusesACriticalOneThatIsNotUnderstood) {
  const test::TempFolder folder;
  ASSERT_EQ(test::openssl("req -x509 -newkey ed25519 -nodes -keyout " + folder.path("k") +
                          " -subj /CN=x -addext keyUsage=critical,keyCertSign"
                          " -addext 1.2.3.4=critical,ASN1:NULL -out " + folder.path("c")).status, 0);
  const Result<Certificate> certificate = Certificate::from_pem(text_of(folder.read("c")));
  ASSERT_TRUE(certificate.ok());
  const Timestamp now = certificate->info().not_before;
  EXPECT_EQ(verify_issued(*certificate, *certificate, now).error().reason(), "certificate.extension");
}

// What the parsers refuse.

TEST_P(X509, RefusesTruncatedAndExtendedCertificates) {
  const ByteView der = leaf_.der();
  for (std::size_t size = 0; size < der.size(); size += 7) {
    EXPECT_EQ(Certificate::from_der(der.first(size)).error().reason(), "certificate.malformed");
  }
  Bytes longer = leaf_.der();
  longer.push_back(0);
  EXPECT_EQ(Certificate::from_der(longer).error().reason(), "certificate.malformed");
  EXPECT_EQ(Certificate::from_der(Bytes(kCertificateBytesMax + 1)).error().reason(), "certificate.malformed");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_P(X509, RefusesASecondEncodingOfTheSameCertificate) {
  Bytes der = leaf_.der();
  ASSERT_EQ(der[1], 0x82);  // a length in two bytes
  der[1] = 0x83;            // and now in three
  der.insert(der.begin() + 2, 0);
  EXPECT_EQ(Certificate::from_der(der).error().reason(), "certificate.malformed");
  const std::string pem = *make_request_pem(leaf_key_, leaf_options().subject, leaf_options().alternative_names);
  Bytes longer = (*read_pem(pem, "CERTIFICATE REQUEST", 1))[0];
  ASSERT_EQ(longer[1], 0x82);
  longer[1] = 0x83;
  longer.insert(longer.begin() + 2, 0);
  EXPECT_EQ(parse_request(write_pem("CERTIFICATE REQUEST", longer)).error().reason(), "request.malformed");
}

TEST_P(X509, RefusesTooManyAndOtherPemBlocks) {
  std::string many;
  for (std::size_t i = 0; i <= kCertificateChainMax; ++i) many += leaf_.pem();
  EXPECT_EQ(Certificate::chain_from_pem(many).error().reason(), "pem.too_many");
  EXPECT_EQ(Certificate::from_pem(leaf_.pem() + authority_.pem()).error().reason(), "pem.too_many");
  EXPECT_EQ(Certificate::from_pem(leaf_key_.public_key().pem()).error().reason(), "pem.label");
  EXPECT_EQ(Certificate::chain_from_pem("").error().reason(), "pem.missing");
}

TEST(X509Parsing, RefusesOtherKeysAndAmbiguousSubjects) {
  const test::TempFolder folder;
  const auto made_with = [&](const std::string& options) {
    const std::string files = " -keyout " + folder.path("k") + " -out " + folder.path("c") + " ";
    const test::Outcome outcome = test::openssl("req -x509 -nodes" + files + options);
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    const Result<Certificate> certificate = Certificate::from_pem(text_of(folder.read("c")));
    return certificate ? std::string("read") : std::string(certificate.error().reason());
  };
  EXPECT_EQ(made_with("-newkey ed25519 -subj /C=CN/CN=one"), "read");
  EXPECT_EQ(made_with("-newkey rsa:1024 -subj /CN=one"), "key.algorithm");
  EXPECT_EQ(made_with("-newkey ed25519 -subj /CN=one/CN=two"), "certificate.subject");
  EXPECT_EQ(made_with("-newkey ed25519 -subj /CN=one/OU=1/OU=2"), "certificate.subject");
  EXPECT_EQ(made_with("-newkey ed25519 -subj '/CN=a.example\nx'"), "certificate.subject");
  EXPECT_EQ(made_with("-newkey ed25519 -subj /CN=one -addext subjectAltName=email:a@b.c,DNS:a"), "read");
}

TEST_P(X509, RefusesRequestsThatAreChanged) {
  const std::string pem = *make_request_pem(leaf_key_, leaf_options().subject, {"DNS:a.example"});
  const Bytes der = (*read_pem(pem, "CERTIFICATE REQUEST", 1))[0];
  int wrong_signature = 0;
  for (std::size_t at = 0; at < der.size(); at += 3) {
    Bytes bad = der;
    bad[at] ^= 0x04;
    const Result<CertificateRequest> request = parse_request(write_pem("CERTIFICATE REQUEST", bad));
    ASSERT_FALSE(request.ok()) << at;
    wrong_signature += request.error().reason() == "request.signature" ? 1 : 0;
  }
  EXPECT_GT(wrong_signature, 20);
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_EQ(parse_request(write_pem("CERTIFICATE REQUEST", longer)).error().reason(), "request.malformed");
  EXPECT_EQ(parse_request(leaf_.pem()).error().reason(), "pem.label");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

// What issuing refuses.

TEST_P(X509, RefusesSubjectsThatDoNotFit) {
  for (const CertificateSubject& subject :
       {CertificateSubject{"", "u", "o"}, CertificateSubject{std::string(65, 'a'), "", ""},
        CertificateSubject{"a", std::string(65, 'u'), ""}, CertificateSubject{"a\nb", "", ""},
        CertificateSubject{std::string("a\0b", 3), "", ""}, CertificateSubject{"\xff\xfe", "", ""}}) {
    IssueOptions options = leaf_options();
    options.subject = subject;
    const auto leaf = issue(authority_key_, authority_, leaf_key_.public_key(), options, random_);
    ASSERT_FALSE(leaf.ok());
    EXPECT_EQ(leaf.error().reason(), "certificate.subject");
    EXPECT_EQ(make_request_pem(leaf_key_, subject, {}).error().reason(), "certificate.subject");
  }
}

TEST_P(X509, RefusesAlternativeNamesThatDoNotFit) {
  for (const std::string& name : {std::string(), std::string("a.example"), std::string("DNS:"), std::string("DNS:a b"),
                                  "DNS:" + std::string(254, 'a'), std::string("IP:1.2.3"), std::string("IP:example"),
                                  std::string("URI:nothing"), std::string("URI:a:\n"), std::string("email:a@b.c"),
                                  std::string("DNS:a,DNS:b"), std::string("IP:127.0.0.1\0x", 14)}) {
    const Result<std::string> request = make_request_pem(leaf_key_, {"a", "", ""}, {name});
    ASSERT_FALSE(request.ok()) << name;
    EXPECT_EQ(request.error().reason(), "certificate.alternative_name") << name;
  }
  const std::vector<std::string> many(65, "DNS:a");
  EXPECT_EQ(make_request_pem(leaf_key_, {"a", "", ""}, many).error().reason(), "certificate.alternative_name");
}

TEST_P(X509, RefusesTimesInTheWrongOrder) {
  IssueOptions options = leaf_options();
  std::swap(options.not_before, options.not_after);
  EXPECT_EQ(self_sign(leaf_key_, options, random_).error().reason(), "certificate.validity");
  options.not_before = Timestamp(-1000);
  EXPECT_EQ(self_sign(leaf_key_, options, random_).error().reason(), "certificate.validity");
}

TEST_P(X509, RefusesToIssueWithoutAuthority) {
  const PublicKey& key = leaf_key_.public_key();
  EXPECT_EQ(issue(leaf_key_, leaf_, key, leaf_options(), random_).error().reason(), "certificate.authority");
  EXPECT_EQ(issue(leaf_key_, authority_, key, leaf_options(), random_).error().reason(), "certificate.authority");
  const Result<Certificate> below = issue(authority_key_, authority_, key, authority_options(), random_);
  EXPECT_EQ(below.error().reason(), "certificate.authority");
}

}  // namespace
}  // namespace weir::crypto
