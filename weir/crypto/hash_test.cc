// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/hash.h"

#include <gtest/gtest.h>

#include "weir/crypto/hash_pair.h"
#include "weir/crypto/secret.h"
#include "weir/crypto/test_support.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using test::hex_member;
using test::load_vectors;

const SecretAccess kLook("test");

TEST(Suite, NamesAreReadBack) {
  for (const Suite suite : {Suite::kInternational, Suite::kShangMi}) EXPECT_EQ(*parse_suite(name_of(suite)), suite);
  for (const HashAlgorithm a : test::kAllHashAlgorithms) EXPECT_EQ(*parse_hash_algorithm(name_of(a)), a);
  for (const SignatureAlgorithm a : test::kAllSignatureAlgorithms) EXPECT_EQ(*parse_signature_algorithm(name_of(a)), a);
  EXPECT_EQ(hash_of(Suite::kShangMi), HashAlgorithm::kSm3);
  EXPECT_EQ(signature_of(Suite::kInternational), SignatureAlgorithm::kEd25519);
}

TEST(Suite, UnknownNamesAreRefusedWithTheKnownOnes) {
  EXPECT_EQ(parse_suite("SHANGMI").error().reason(), "suite.unknown");
  EXPECT_EQ(parse_suite("").error().hint(), "use one of: international, shangmi");
  EXPECT_EQ(parse_hash_algorithm("md5").error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(parse_signature_algorithm("none").error().code(), Errc::kInvalidArgument);
}

TEST(Hash, AgreesWithTheStandards) {
  const wire::Json vectors = load_vectors("published.json");
  for (const wire::Json& vector : vectors["hash"].items()) {
    const HashAlgorithm algorithm = *parse_hash_algorithm(vector["algorithm"].as_string());
    const Digest digest = hash(algorithm, hex_member(vector, "message"));
    EXPECT_EQ(wire::encode_hex(digest), vector["digest"].as_string()) << vector["source"].as_string();
  }
}

TEST(Hash, PartsAndPiecesHashAsTheirConcatenation) {
  const Bytes message(300, 0x5a);
  const ByteView all(message);
  for (const HashAlgorithm algorithm : test::kAllHashAlgorithms) {
    const Digest whole = hash(algorithm, all);
    EXPECT_EQ(hash(algorithm, {all.first(1), all.subspan(1, 64), all.subspan(65)}), whole);
    EXPECT_EQ(hash(algorithm, {ByteView{}, all, ByteView{}}), whole);
    Hasher hasher(algorithm);
    for (const std::uint8_t byte : message) hasher.update({&byte, 1});
    EXPECT_EQ(hasher.finish(), whole);
    EXPECT_EQ(hasher.finish(), hash(algorithm, ByteView{})) << "finish starts anew";
  }
}

TEST(Hash, APairHashesAsEachAlone) {
  const Bytes prefix(130, 0x11);
  Bytes first(700);
  Bytes second(700);
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i] = static_cast<std::uint8_t>(i * 7);
    second[i] = static_cast<std::uint8_t>(i * 13 + 1);
  }
  for (const HashAlgorithm algorithm : test::kAllHashAlgorithms) {
    for (const std::size_t before : {0u, 1u, 63u, 64u, 65u, 130u}) {
      for (const std::size_t one : {0u, 1u, 62u, 63u, 64u, 127u, 128u, 500u, 700u}) {
        for (const std::size_t other : {0u, 63u, 64u, 500u, 700u}) {
          const ByteView head = ByteView(prefix).first(before);
          const ByteView a = ByteView(first).first(one);
          const ByteView b = ByteView(second).first(other);
          const auto pair = hash_pair(algorithm, head, a, b);
          EXPECT_EQ(pair[0], hash(algorithm, {head, a})) << before << " " << one << " " << other;
          EXPECT_EQ(pair[1], hash(algorithm, {head, b})) << before << " " << one << " " << other;
        }
      }
    }
  }
}

TEST(Hash, AHasherMovesWithItsState) {
  Hasher first(HashAlgorithm::kSm3);
  first.update(view_of("a"));
  Hasher second(std::move(first));
  second.update(view_of("bc"));
  EXPECT_EQ(second.finish(), hash(HashAlgorithm::kSm3, view_of("abc")));
}

TEST(Hmac, AgreesWithTheStandard) {
  const wire::Json vectors = load_vectors("published.json");
  for (const wire::Json& vector : vectors["hmac"].items()) {
    const Digest tag = hmac(HashAlgorithm::kSha256, hex_member(vector, "key"), hex_member(vector, "message"));
    EXPECT_EQ(wire::encode_hex(tag), vector["tag"].as_string()) << vector["source"].as_string();
  }
}

TEST(Hmac, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(wire::encode_hex(hmac(HashAlgorithm::kSha256, {}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, Sm3AgreesWithTheOpensslProgram) {
  const test::TempFolder folder;
  const std::string file = folder.write("m", "some message");
  const test::Outcome outcome = test::openssl("dgst -sm3 -mac HMAC -macopt hexkey:00112233445566778899 -r " + file);
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  const Digest tag = hmac(HashAlgorithm::kSm3, test::hex("00112233445566778899"), view_of("some message"));
  EXPECT_EQ(outcome.output.substr(0, 64), wire::encode_hex(tag));
}

TEST(EqualConstantTime, ComparesLengthAndContents) {
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_TRUE(equal_constant_time(view_of("same"), view_of("same")));
  EXPECT_FALSE(equal_constant_time(view_of("same"), view_of("sane")));
  EXPECT_FALSE(equal_constant_time(view_of("same"), view_of("sam")));
}

TEST(SecretBytes, MovesLeaveNothingBehind) {
  SecretBytes first(view_of("secret"));
  SecretBytes second(std::move(first));
  EXPECT_EQ(first.size(), 0u);  // NOLINT: the state after a move is what is tested
  EXPECT_EQ(second, SecretBytes(view_of("secret")));
  SecretBytes third(view_of("other"));
  third = std::move(second);
  EXPECT_EQ(text_of(third.expose(kLook)), "secret");
  EXPECT_EQ(third.clone(kLook), third);
  EXPECT_FALSE(third == SecretBytes(view_of("secreT")));
}

TEST(SecretBytes, AreDrawnFromTheRandomnessGiven) {
  SeededRandom one(7);
  SeededRandom same(7);
  EXPECT_EQ(SecretBytes::random(one, 48), SecretBytes::random(same, 48));
  EXPECT_FALSE(SecretBytes::random(one, 48) == SecretBytes(Bytes(48)));
}

TEST(Derive, AgreesWithWycheproof) {
  const wire::Json vectors = load_vectors("wycheproof_hkdf_sha256.json");
  std::size_t count = 0;
  for (const wire::Json& group : vectors["testGroups"].items()) {
    for (const wire::Json& vector : group["tests"].items()) {
      if (vector["result"].as_string() != "valid") continue;  // sizes beyond the limit: a precondition here
      const SecretBytes secret(hex_member(vector, "ikm"));
      const SecretBytes key = derive(HashAlgorithm::kSha256, secret, hex_member(vector, "salt"),
                                     hex_member(vector, "info"), static_cast<std::size_t>(vector["size"].as_integer()));
      EXPECT_EQ(wire::encode_hex(key.expose(kLook)), vector["okm"].as_string()) << vector["tcId"].as_integer();
      ++count;
    }
  }
  EXPECT_GT(count, 70u);
}

TEST(Derive, Sm3AgreesWithTheOpensslProgram) {
  const test::Outcome outcome = test::openssl(
      "kdf -keylen 48 -kdfopt digest:SM3 -kdfopt hexkey:0001020304 -kdfopt hexsalt:0a0b -kdfopt hexinfo:0c0d HKDF");
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  std::string expected;
  for (const char c : outcome.output) {
    if (c != ':' && c != '\n') expected += c;
  }
  const SecretBytes key =
      derive(HashAlgorithm::kSm3, SecretBytes(test::hex("0001020304")), test::hex("0a0b"), test::hex("0c0d"), 48);
  EXPECT_EQ(key, SecretBytes(test::hex(expected)));
}

TEST(Stretch, AgreesWithTheStandard) {
  const wire::Json vectors = load_vectors("published.json");
  for (const wire::Json& vector : vectors["scrypt"].items()) {
    const StretchCost cost{static_cast<std::uint8_t>(vector["work"].as_integer()),
                           static_cast<std::uint8_t>(vector["block"].as_integer()),
                           static_cast<std::uint8_t>(vector["lanes"].as_integer())};
    const SecretBytes key = stretch(SecretBytes(view_of(vector["password"].as_string())),
                                    view_of(vector["salt"].as_string()), 64, cost);
    EXPECT_EQ(wire::encode_hex(key.expose(kLook)), vector["key"].as_string());
  }
}

TEST(Stretch, CostsFromFilesAreBounded) {
  EXPECT_TRUE(is_acceptable({}));
  EXPECT_TRUE(is_acceptable({18, 8, 1}));
  EXPECT_FALSE(is_acceptable({13, 8, 1})) << "too cheap";
  EXPECT_FALSE(is_acceptable({15, 1, 1})) << "too cheap";
  EXPECT_FALSE(is_acceptable({20, 8, 1})) << "1 GiB";
  EXPECT_FALSE(is_acceptable({18, 8, 2})) << "too long";
  EXPECT_FALSE(is_acceptable({255, 8, 1}));
  EXPECT_FALSE(is_acceptable({15, 8, 0}));
}

// Programmer's errors.

TEST(DeriveDeathTest, StopsAtMoreThanHkdfCanGive) {
  EXPECT_DEATH((void)derive(HashAlgorithm::kSha256, SecretBytes(view_of("k")), {}, {}, 255 * 32 + 1), "check failed");
}

TEST(StretchDeathTest, StopsAtCostsOutOfRange) {
  EXPECT_DEATH((void)stretch(SecretBytes(view_of("p")), {}, 32, {21, 8, 1}), "check failed");
}

}  // namespace
}  // namespace weir::crypto
