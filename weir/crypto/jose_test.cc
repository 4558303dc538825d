// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/jose.h"

#include <gtest/gtest.h>

#include "weir/crypto/test_support.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using test::load_vectors;
using wire::Json;

PrivateKey key_of(SignatureAlgorithm algorithm, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return PrivateKey::generate(algorithm, random);
}

// A JWS with any header over `payload`, correctly signed.
std::string sign_raw(const PrivateKey& key, std::string_view header, std::string_view payload = "{}") {
  std::string out = wire::encode_base64url(view_of(header)) + "." + wire::encode_base64url(view_of(payload));
  return out + "." + wire::encode_base64url(key.sign(view_of(out)).bytes);
}

class Jose : public testing::TestWithParam<SignatureAlgorithm> {
 protected:
  std::string refusal_of(std::string_view compact) const {
    const Result<Jws> jws = verify_jws(compact, key_.public_key());
    return jws ? "verified" : std::string(jws.error().reason());
  }
  const PrivateKey key_ = key_of(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Jose, testing::ValuesIn(test::kAllSignatureAlgorithms),
                         test::short_name<testing::TestParamInfo<SignatureAlgorithm>>);

TEST_P(Jose, SignsAndVerifies) {
  const std::string compact = sign_jws(key_, Json::object({{"typ", "JWT"}, {"kid", "k1"}}), view_of("payload"));
  const Result<Jws> jws = verify_jws(compact, key_.public_key());
  ASSERT_TRUE(jws.ok()) << jws.error().message();
  EXPECT_EQ(text_of(jws->payload), "payload");
  EXPECT_EQ(jws->header["kid"], Json("k1"));
  EXPECT_EQ(jws->header["alg"], Json(jose_name_of(GetParam())));
  EXPECT_EQ(*unverified_jws_header(compact), jws->header);
  EXPECT_TRUE(verify_jws(sign_jws(key_, Json::object(), {}), key_.public_key()).ok()) << "an empty payload";
}

TEST_P(Jose, KeysComeBackFromTheirJwk) {
  EXPECT_EQ(*parse_jwk(to_jwk(key_.public_key())), key_.public_key());
  Json described = to_jwk(key_.public_key());
  described.set("use", "sig").set("alg", jose_name_of(GetParam())).set("key_ops", Json::strings({"verify"}));
  EXPECT_EQ(*parse_jwk(described), key_.public_key());
  EXPECT_EQ(jwk_thumbprint(key_.public_key()).size(), 43u);
}

//= NDI-TR-2025-03#token type=test
TEST(JoseSm2, TheTokenHasTheNationalHeader) {
  const PrivateKey key = key_of(SignatureAlgorithm::kSm2Sm3);
  const std::string token = sign_jws(key, Json::object({{"typ", "JWT"}}), view_of("{}"));
  EXPECT_EQ(token.substr(0, token.find('.')), wire::encode_base64url(view_of(R"({"typ":"JWT","alg":"SM2"})")));
}

TEST(JoseEd25519, AgreesWithRfc8037) {
  const Json vectors = load_vectors("published.json");
  const Json& vector = vectors["jose"].items()[0];
  const SecretBytes seed(*wire::decode_base64url(vector["seed"].as_string()));
  const Result<PrivateKey> key = PrivateKey::from_seed(seed);
  EXPECT_EQ(to_jwk(key->public_key())["x"], vector["x"]);
  EXPECT_EQ(jwk_thumbprint(key->public_key()), vector["thumbprint"].as_string());
  EXPECT_EQ(sign_jws(*key, Json::object(), view_of(vector["payload"].as_string())), vector["jws"].as_string());
  // The worked example of docs/formats/signatures.md, with the same key.
  EXPECT_EQ(sign_jws(*key, Json::object({{"typ", "JWT"}}), view_of(R"({"sub":"a"})")),
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0."
            "5Rm7ZDaEAsLTEofBXJD4o1-5bqV7z2RNr7ef_-ifJ2dLT4rVj2_4GaMwB0EjiyztoJ4t7EjtPqXhw6NCUasQBQ");
  EXPECT_TRUE(verify_jws(sign_raw(*key, R"({"alg":"Ed25519"})"), key->public_key()).ok()) << "the name of RFC 9864";
}

TEST(JoseEs256, AgreesWithWycheproof) {
  const Json vectors = load_vectors("wycheproof_jws_es256.json");
  std::size_t count = 0;
  for (const Json& group : vectors["testGroups"].items()) {
    const Result<PublicKey> key = parse_jwk(group["public"]);
    for (const Json& vector : group["tests"].items()) {
      const bool valid = vector["result"].as_string() == "valid";
      EXPECT_EQ(key.ok() && verify_jws(vector["jws"].as_string(), *key).ok(), valid) << vector["tcId"].as_integer();
      ++count;
    }
  }
  EXPECT_EQ(count, 41u);
}

// Hostile signatures.

TEST_P(Jose, RefusesAnotherAlgorithmInTheHeader) {
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"RS256"})", R"({"alg":"eddsa"})",
                             R"({})", R"({"alg":null})", R"({"alg":["EdDSA","ES256","SM2"]})"}) {
    EXPECT_EQ(refusal_of(sign_raw(key_, header)), "jws.algorithm") << header;
  }
  for (const SignatureAlgorithm other : test::kAllSignatureAlgorithms) {
    if (other == GetParam()) continue;
    const std::string name(jose_name_of(other));
    EXPECT_EQ(refusal_of(sign_raw(key_, R"({"alg":")" + name + R"("})")), "jws.algorithm");
    EXPECT_EQ(refusal_of(sign_jws(key_of(other), Json::object(), {})), "jws.algorithm");
  }
}

TEST_P(Jose, RefusesHeadersThatItDoesNotUnderstand) {
  const std::string alg = R"("alg":")" + std::string(jose_name_of(GetParam())) + "\"";
  EXPECT_EQ(refusal_of(sign_raw(key_, "{" + alg + "}")), "verified");
  EXPECT_EQ(refusal_of(sign_raw(key_, "{" + alg + R"(,"crit":["exp"],"exp":1})")), "jws.critical");
  EXPECT_EQ(refusal_of(sign_raw(key_, "{" + alg + R"(,"b64":false})")), "jws.critical");
  EXPECT_EQ(refusal_of(sign_raw(key_, "{" + alg + "," + alg + "}")), "jws.malformed");
  EXPECT_EQ(refusal_of(sign_raw(key_, "[]")), "jws.malformed");
  EXPECT_EQ(refusal_of(sign_raw(key_, "{")), "jws.malformed");
  EXPECT_EQ(refusal_of(sign_raw(key_, "{" + alg + R"(,"x":")" + std::string(20000, 'x') + "\"}")), "jws.malformed");
}

TEST_P(Jose, RefusesAnotherShape) {
  const std::string good = sign_jws(key_, Json::object(), view_of("{}"));
  const std::string header = good.substr(0, good.find('.'));
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("..."), header,
                                 header + ".e30", good + ".e30", "." + good, "=" + good, " " + good}) {
    EXPECT_EQ(refusal_of(bad), "jws.malformed") << bad;
    EXPECT_EQ(unverified_jws_header(bad).ok(), false) << bad;
  }
  EXPECT_EQ(refusal_of(good + "="), "jws.malformed");
  EXPECT_EQ(refusal_of(good + "."), "jws.malformed");
  EXPECT_EQ(refusal_of(good.substr(0, good.rfind('.') + 1)), "signature.invalid");
}

TEST_P(Jose, RefusesAChangedPayloadAndAnotherKey) {
  const std::string good = sign_jws(key_, Json::object(), view_of("{}"));
  std::string bad = good;
  bad.replace(bad.find('.') + 1, 3, wire::encode_base64url(view_of("[]")));
  EXPECT_EQ(refusal_of(bad), "signature.invalid");
  const Result<Jws> other = verify_jws(good, key_of(GetParam(), 2).public_key());
  EXPECT_EQ(other.error().code(), Errc::kUnauthenticated);
}

// Hostile keys.

TEST_P(Jose, RefusesJwksThatAreNotPublicVerifyingKeys) {
  const Json good = to_jwk(key_.public_key());
  const auto refusal_with = [&](std::string_view name, Json value) {
    Json jwk = good;
    jwk.set(name, std::move(value));
    const Result<PublicKey> key = parse_jwk(jwk);
    return key ? "read" : std::string(key.error().reason());
  };
  EXPECT_EQ(refusal_with("d", "AAAA"), "jwk.private");
  EXPECT_EQ(refusal_with("use", "enc"), "jwk.use");
  EXPECT_EQ(refusal_with("alg", "HS256"), "jwk.use");
  EXPECT_EQ(refusal_with("alg", 7), "jwk.use");
  EXPECT_EQ(refusal_with("key_ops", Json::strings({"sign", "encrypt"})), "jwk.use");
  EXPECT_EQ(refusal_with("key_ops", "verify"), "jwk.use");
  EXPECT_EQ(refusal_with("kty", "RSA"), "jwk.malformed");
  EXPECT_EQ(refusal_with("crv", "P-384"), "jwk.malformed");
  EXPECT_EQ(refusal_with("x", 1), "jwk.malformed");
  EXPECT_EQ(refusal_with("x", "AAAA"), "jwk.malformed");
  EXPECT_EQ(refusal_with("x", good["x"].as_string() + "A"), "jwk.malformed");
  const std::string zeros = wire::encode_base64url(Bytes(32));
  EXPECT_EQ(refusal_with("x", zeros), GetParam() == SignatureAlgorithm::kEd25519 ? "key.weak" : "key.malformed");
  EXPECT_EQ(parse_jwk(Json()).error().reason(), "jwk.malformed");
  EXPECT_EQ(parse_jwk(Json::array()).error().reason(), "jwk.malformed");
}

}  // namespace
}  // namespace weir::crypto
