// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/sign.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "weir/crypto/test_support.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using test::hex;
using test::hex_member;
using test::load_vectors;

const SecretAccess kLook("test");
constexpr std::string_view kSm2Id = "1234567812345678";

PrivateKey key_of(SignatureAlgorithm algorithm, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return PrivateKey::generate(algorithm, random);
}

class Signing : public testing::TestWithParam<SignatureAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(All, Signing, testing::ValuesIn(test::kAllSignatureAlgorithms),
                         test::short_name<testing::TestParamInfo<SignatureAlgorithm>>);

TEST_P(Signing, ASignatureFitsItsMessageAndKeyOnly) {
  const PrivateKey key = key_of(GetParam());
  for (const std::string_view message : {std::string_view(), std::string_view("m"), std::string_view("a longer one")}) {
    const Signature signature = key.sign(view_of(message));
    EXPECT_EQ(signature.algorithm, GetParam());
    EXPECT_EQ(signature.bytes.size(), 64u);
    EXPECT_TRUE(key.public_key().verify(view_of(message), signature).ok());
    const Result<> other_message = key.public_key().verify(view_of("another"), signature);
    EXPECT_EQ(other_message.error().reason(), "signature.invalid");
    EXPECT_EQ(other_message.error().code(), Errc::kUnauthenticated);
    EXPECT_FALSE(key_of(GetParam(), 2).public_key().verify(view_of(message), signature).ok());
  }
}

TEST_P(Signing, EveryFlippedBitBreaksASignature) {
  const PrivateKey key = key_of(GetParam());
  const Signature good = key.sign(view_of("m"));
  for (std::size_t bit = 0; bit < good.bytes.size() * 8; bit += 3) {
    Signature bad = good;
    bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(key.public_key().verify(view_of("m"), bad).ok()) << bit;
  }
}

TEST_P(Signing, KeysComeBackFromEveryEncoding) {
  const PrivateKey key = key_of(GetParam());
  const PublicKey& public_key = key.public_key();
  EXPECT_EQ(*PublicKey::from_der(public_key.der()), public_key);
  EXPECT_EQ(*PublicKey::from_pem(public_key.pem()), public_key);
  EXPECT_EQ(*PublicKey::from_raw(GetParam(), public_key.raw()), public_key);
  EXPECT_FALSE(public_key == key_of(GetParam(), 2).public_key());
  const Result<PrivateKey> again = PrivateKey::from_der(key.der(kLook));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->public_key(), public_key);
  EXPECT_TRUE(public_key.verify(view_of("m"), again->sign(view_of("m"))).ok());
  EXPECT_EQ(public_key.fingerprint(), wire::encode_hex(hash(HashAlgorithm::kSha256, public_key.der())));
}

TEST_P(Signing, TheSameRandomnessMakesTheSameKey) {
  EXPECT_EQ(key_of(GetParam(), 9).public_key(), key_of(GetParam(), 9).public_key());
}

TEST_P(Signing, TextFormComesBack) {
  const Signature signature = key_of(GetParam()).sign(view_of("m"));
  EXPECT_EQ(*parse_signature(format(signature)), signature);
  EXPECT_TRUE(format(signature).starts_with(name_of(GetParam())));
}

TEST_P(Signing, TheOpensslProgramVerifiesOurs) {
  const test::TempFolder folder;
  const PrivateKey key = key_of(GetParam());
  Bytes signature = key.sign(view_of("message")).bytes;
  if (GetParam() != SignatureAlgorithm::kEd25519) {
    // r||s as the DER that the program reads: no leading zeros, but one where the top bit is set.
    Bytes der;
    for (const std::size_t at : {0u, 32u}) {
      std::size_t first = at;
      while (signature[first] == 0) ++first;
      const std::size_t zero = signature[first] & 0x80 ? 1 : 0;
      der.push_back(2);
      der.push_back(static_cast<std::uint8_t>(at + 32 - first + zero));
      der.insert(der.end(), zero, 0);
      der.insert(der.end(), signature.begin() + first, signature.begin() + at + 32);
    }
    der.insert(der.begin(), {0x30, static_cast<std::uint8_t>(der.size())});
    signature = der;
  }
  std::string command = "pkeyutl -verify -pubin -inkey " + folder.write("k", key.public_key().pem()) + " -rawin -in " +
                        folder.write("m", "message") + " -sigfile " + folder.write("s", signature);
  if (GetParam() == SignatureAlgorithm::kEcdsaP256Sha256) command += " -digest sha256";
  if (GetParam() == SignatureAlgorithm::kSm2Sm3) command += " -digest sm3 -pkeyopt distid:" + std::string(kSm2Id);
  const test::Outcome outcome = test::openssl(command);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

// r||s of a DER ECDSA-Sig-Value.
Bytes raw_of_der(const Bytes& der) {
  Bytes out;
  std::size_t at = 2;
  for (int i = 0; i < 2; ++i) {
    const std::size_t size = der.at(at + 1);
    Bytes number = copy_of(ByteView(der).subspan(at + 2, size));
    if (number.size() == 33) number.erase(number.begin());
    number.insert(number.begin(), 32 - number.size(), 0);
    out.insert(out.end(), number.begin(), number.end());
    at += 2 + size;
  }
  return out;
}

TEST_P(Signing, WeVerifyTheOpensslPrograms) {
  const test::TempFolder folder;
  const PrivateKey key = key_of(GetParam());
  std::string command = "pkeyutl -sign -inkey " + folder.write("k", test::private_pem(key)) + " -rawin -in " +
                        folder.write("m", "message") + " -out " + folder.path("s");
  if (GetParam() == SignatureAlgorithm::kEcdsaP256Sha256) command += " -digest sha256";
  if (GetParam() == SignatureAlgorithm::kSm2Sm3) command += " -digest sm3 -pkeyopt distid:" + std::string(kSm2Id);
  const test::Outcome outcome = test::openssl(command);
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  Bytes signature = folder.read("s");
  if (GetParam() != SignatureAlgorithm::kEd25519) signature = raw_of_der(signature);
  EXPECT_TRUE(key.public_key().verify(view_of("message"), {GetParam(), signature}).ok());
}

TEST_P(Signing, TheOpensslProgramReadsOurPrivateKeyAndWeReadIts) {
  const test::TempFolder folder;
  const PrivateKey key = key_of(GetParam());
  const std::string file = folder.write("k", test::private_pem(key));
  const test::Outcome printed = test::openssl("pkey -pubout -in " + file);
  EXPECT_EQ(printed.output, key.public_key().pem());
  ASSERT_EQ(test::openssl("pkcs8 -topk8 -nocrypt -outform DER -in " + file + " -out " + folder.path("d")).status, 0);
  EXPECT_EQ(PrivateKey::from_der(SecretBytes(folder.read("d")))->public_key(), key.public_key());
}

void check_wycheproof(std::string_view file, SignatureAlgorithm algorithm, std::size_t least) {
  const wire::Json vectors = load_vectors(file);
  std::size_t count = 0;
  for (const wire::Json& group : vectors["testGroups"].items()) {
    const Result<PublicKey> key = PublicKey::from_der(hex_member(group, "publicKeyDer"));
    ASSERT_TRUE(key.ok()) << key.error().message();
    for (const wire::Json& vector : group["tests"].items()) {
      const bool valid = vector["result"].as_string() == "valid";
      const Result<> result = key->verify(hex_member(vector, "msg"), {algorithm, hex_member(vector, "sig")});
      EXPECT_EQ(result.ok(), valid) << vector["tcId"].as_integer() << " " << vector["comment"].as_string();
      ++count;
    }
  }
  EXPECT_GE(count, least);
}

TEST(Ed25519, AgreesWithWycheproof) { check_wycheproof("wycheproof_ed25519.json", SignatureAlgorithm::kEd25519, 151); }

TEST(EcdsaP256, AgreesWithWycheproof) {
  check_wycheproof("wycheproof_ecdsa_p256_p1363.json", SignatureAlgorithm::kEcdsaP256Sha256, 262);
}

TEST(Ed25519, AgreesWithRfc8032) {
  const wire::Json vectors = load_vectors("published.json");
  const wire::Json& vector = vectors["ed25519"].items()[0];
  const Result<PrivateKey> key = PrivateKey::from_seed(SecretBytes(hex_member(vector, "seed")));
  EXPECT_EQ(key->public_key().raw(), hex_member(vector, "public"));
  EXPECT_EQ(key->sign(hex_member(vector, "message")).bytes, hex_member(vector, "signature"));
}

// The worked example of docs/formats/signatures.md.
TEST(Ed25519, TextAndFingerprintAreAsDocumented) {
  const Result<PrivateKey> key = PrivateKey::from_seed(
      SecretBytes(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
  EXPECT_EQ(format(key->sign(view_of("weir"))),
            "ed25519:_3OfDlm4BU5sMY2xF8LRx6O3u4OYc_1hhpGCkIfUvMmV1JeVtzzWJs01EL2h25z_8DnAD3gA9i9ZiGXFz13dCA");
  EXPECT_EQ(key->public_key().fingerprint(), "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9");
}

//= NDI-TR-2025-03#signature type=test
TEST(Sm2, AgreesWithTheExampleOfTheStandard) {
  const wire::Json vectors = load_vectors("published.json");
  const wire::Json& vector = vectors["sm2"].items()[0];
  const Result<PrivateKey> key =
      PrivateKey::from_raw(SignatureAlgorithm::kSm2Sm3, SecretBytes(hex_member(vector, "private")));
  EXPECT_EQ(key->public_key().raw(), hex_member(vector, "public"));
  const Signature signature{SignatureAlgorithm::kSm2Sm3, hex_member(vector, "signature")};
  EXPECT_TRUE(key->public_key().verify(hex_member(vector, "message"), signature).ok());
}

// Hostile signatures.

TEST_P(Signing, RefusesSignaturesOfTheWrongShape) {
  const PrivateKey key = key_of(GetParam());
  const Signature good = key.sign(view_of("m"));
  for (const std::size_t size : {0u, 1u, 63u, 65u, 128u}) {
    Signature bad = good;
    bad.bytes.resize(size);
    EXPECT_EQ(key.public_key().verify(view_of("m"), bad).error().reason(), "signature.invalid");
  }
  for (const std::uint8_t fill : {std::uint8_t{0x00}, std::uint8_t{0xff}}) {
    EXPECT_FALSE(key.public_key().verify(view_of("m"), {GetParam(), Bytes(64, fill)}).ok());
  }
  EXPECT_EQ(ERR_peek_error(), 0u) << "OpenSSL's queue is left clean";
}

TEST_P(Signing, RefusesASignatureThatNamesAnotherAlgorithm) {
  const PrivateKey key = key_of(GetParam());
  for (const SignatureAlgorithm other : test::kAllSignatureAlgorithms) {
    Signature signature = key.sign(view_of("m"));
    signature.algorithm = other;
    EXPECT_EQ(key.public_key().verify(view_of("m"), signature).ok(), other == GetParam());
  }
}

TEST(ParseSignature, RefusesWhatIsNotTheOneTextForm) {
  const std::string good = format(key_of(SignatureAlgorithm::kEd25519).sign(view_of("m")));
  for (const std::string& bad : {std::string(), std::string("ed25519"), std::string("ed25519:"),
                                 "rsa:" + good.substr(8), "ED25519" + good.substr(7), good + "A", good + "=",
                                 good + "\n", " " + good, good.substr(0, good.size() - 1), std::string(1000, 'a')}) {
    const Result<Signature> parsed = parse_signature(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code(), Errc::kInvalidArgument);
  }
}

// Hostile keys.

TEST_P(Signing, RefusesMalformedPublicKeys) {
  const Bytes der = key_of(GetParam()).public_key().der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(PublicKey::from_der(ByteView(der).first(size)).ok()) << size;
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_EQ(PublicKey::from_der(longer).error().reason(), "key.malformed");
  EXPECT_EQ(PublicKey::from_raw(GetParam(), {}).error().reason(), "key.malformed");
}

TEST(PublicKey, RefusesPointsOffTheCurve) {
  for (const SignatureAlgorithm algorithm : {SignatureAlgorithm::kEcdsaP256Sha256, SignatureAlgorithm::kSm2Sm3}) {
    Bytes raw = key_of(algorithm).public_key().raw();
    raw[64] ^= 1;
    EXPECT_EQ(PublicKey::from_raw(algorithm, raw).error().reason(), "key.malformed");
    raw[64] ^= 1;
    for (const std::uint8_t hybrid : {std::uint8_t{6}, std::uint8_t{7}}) {  // one of them names the same point
      raw[0] = hybrid;
      EXPECT_FALSE(PublicKey::from_raw(algorithm, raw).ok());
    }
    EXPECT_FALSE(PublicKey::from_raw(algorithm, Bytes(65, 0xff)).ok());
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(PublicKey, RefusesEd25519PointsOfSmallOrder) {
  for (const char* y : {"00", "01", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"}) {
    Bytes raw = hex(y);
    raw.resize(32);
    EXPECT_EQ(PublicKey::from_raw(SignatureAlgorithm::kEd25519, raw).error().reason(), "key.weak") << y;
  }
}

TEST(PublicKey, RefusesOtherAlgorithmsAndEncodings) {
  const test::TempFolder folder;
  for (const char* options : {"-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "-algorithm X25519",
                              "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                              "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"}) {
    const std::string file = folder.path("k");
    ASSERT_EQ(test::openssl(std::string("genpkey -out ") + file + " " + options).status, 0) << options;
    ASSERT_EQ(test::openssl("pkey -in " + file + " -pubout -out " + folder.path("p")).status, 0);
    ASSERT_EQ(test::openssl("pkcs8 -topk8 -nocrypt -outform DER -in " + file + " -out " + folder.path("d")).status, 0);
    EXPECT_EQ(PublicKey::from_pem(text_of(folder.read("p"))).error().reason(), "key.algorithm") << options;
    if (std::string_view(options).ends_with("explicit")) continue;  // a private key is re-encoded in its named form
    EXPECT_EQ(PrivateKey::from_der(SecretBytes(folder.read("d"))).error().reason(), "key.algorithm") << options;
  }
}

TEST(PublicKey, RefusesMalformedPem) {
  const std::string good = key_of(SignatureAlgorithm::kEd25519).public_key().pem();
  EXPECT_TRUE(PublicKey::from_pem("a comment before\n" + good).ok());
  EXPECT_EQ(PublicKey::from_pem("").error().reason(), "pem.missing");
  EXPECT_EQ(PublicKey::from_pem(std::string_view()).error().reason(),
            "pem.missing");  // a null pointer, found by fuzzing
  EXPECT_EQ(PublicKey::from_pem("no block").error().reason(), "pem.missing");
  EXPECT_EQ(PublicKey::from_pem(good + good).error().reason(), "pem.too_many");
  EXPECT_EQ(PublicKey::from_pem(good.substr(0, 60)).error().reason(), "pem.malformed");
  EXPECT_EQ(PublicKey::from_pem(std::string(300 << 10, 'x')).error().reason(), "pem.too_large");
  EXPECT_EQ(PublicKey::from_pem(test::private_pem(key_of(SignatureAlgorithm::kEd25519))).error().reason(), "pem.label");
  std::string encrypted = good;
  encrypted.insert(encrypted.find('\n') + 1,
                   "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  EXPECT_EQ(PublicKey::from_pem(encrypted).error().reason(), "pem.malformed");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_P(Signing, RefusesMalformedPrivateKeys) {
  const SecretBytes der = key_of(GetParam()).der(kLook);
  const ByteView bytes = der.expose(kLook);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(PrivateKey::from_der(SecretBytes(bytes.first(size))).ok()) << size;
  }
  Bytes longer = copy_of(bytes);
  longer.push_back(0);
  EXPECT_EQ(PrivateKey::from_der(SecretBytes(longer)).error().reason(), "key.malformed");
  EXPECT_EQ(PrivateKey::from_raw(GetParam(), SecretBytes(Bytes(31, 1))).error().reason(), "key.malformed");
}

TEST(PrivateKey, RefusesScalarsOutOfRange) {
  for (const SignatureAlgorithm algorithm : {SignatureAlgorithm::kEcdsaP256Sha256, SignatureAlgorithm::kSm2Sm3}) {
    EXPECT_FALSE(PrivateKey::from_raw(algorithm, SecretBytes(Bytes(32, 0x00))).ok());
    EXPECT_FALSE(PrivateKey::from_raw(algorithm, SecretBytes(Bytes(32, 0xff))).ok());
  }
  const char* const order_less_one = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
  EXPECT_FALSE(PrivateKey::from_raw(SignatureAlgorithm::kSm2Sm3, SecretBytes(hex(order_less_one))).ok());
}

}  // namespace
}  // namespace weir::crypto
