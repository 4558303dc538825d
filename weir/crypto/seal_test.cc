// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/seal.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "weir/crypto/hash.h"
#include "weir/crypto/test_support.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using test::hex;
using test::hex_member;

const SecretAccess kLook("test");
const Nonce kNonce = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
const SecretBytes kKey(Bytes(32, 0x42));

class Sealing : public testing::TestWithParam<Suite> {
 protected:
  SealingKey key_{GetParam(), kKey};
  std::size_t overhead_ = SealingKey::overhead(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Sealing, testing::Values(Suite::kInternational, Suite::kShangMi));

TEST_P(Sealing, OpensWhatItSealed) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, 1u << 20}) {
    const Bytes plain(size, 0x33);
    const Bytes sealed = key_.seal(kNonce, view_of("about"), plain);
    EXPECT_EQ(sealed.size(), size + overhead_);
    const Result<Bytes> opened = key_.open(kNonce, view_of("about"), sealed);
    ASSERT_TRUE(opened.ok()) << size;
    EXPECT_EQ(*opened, plain);
  }
}

TEST_P(Sealing, WorksInPlace) {
  const Bytes plain(1000, 0x33);
  Bytes buffer = plain;
  buffer.resize(plain.size() + overhead_);
  key_.seal_into(kNonce, {}, ByteView(buffer).first(plain.size()), buffer);
  EXPECT_EQ(buffer, key_.seal(kNonce, {}, plain));
  ASSERT_TRUE(key_.open_into(kNonce, {}, buffer, std::span(buffer).first(plain.size())).ok());
  buffer.resize(plain.size());
  EXPECT_EQ(buffer, plain);
}

TEST_P(Sealing, NonceAndAssociatedDataCount) {
  const Bytes plain(32, 0x33);
  const Bytes sealed = key_.seal(kNonce, view_of("a"), plain);
  EXPECT_NE(sealed, key_.seal({}, view_of("a"), plain));
  EXPECT_EQ(key_.open({}, view_of("a"), sealed).error().reason(), "seal.broken");
  EXPECT_EQ(key_.open(kNonce, view_of("b"), sealed).error().reason(), "seal.broken");
  EXPECT_EQ(key_.open(kNonce, {}, sealed).error().code(), Errc::kCorrupt);
  const SealingKey other(GetParam(), SecretBytes(Bytes(32, 0x43)));
  EXPECT_FALSE(other.open(kNonce, view_of("a"), sealed).ok());
}

TEST_P(Sealing, ManyThreadsShareAKey) {
  const Bytes plain(5000, 0x11);
  const Bytes expected = key_.seal(kNonce, view_of("a"), plain);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        good += key_.seal(kNonce, view_of("a"), plain) == expected && key_.open(kNonce, view_of("a"), expected).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST(SealingAes, AgreesWithThePaper) {
  const wire::Json vectors = test::load_vectors("published.json");
  for (const wire::Json& vector : vectors["aes-256-gcm"].items()) {
    const SealingKey key(Suite::kInternational, SecretBytes(hex_member(vector, "key")));
    Nonce nonce;
    std::ranges::copy(hex_member(vector, "nonce"), nonce.begin());
    const Bytes sealed = key.seal(nonce, hex_member(vector, "associated"), hex_member(vector, "plain"));
    EXPECT_EQ(wire::encode_hex(sealed), vector["sealed"].as_string()) << vector["source"].as_string();
  }
}

// The worked example of docs/formats/sealed.md.
TEST(SealedBytes, AreAsDocumented) {
  const auto sealed_in = [](Suite suite) {
    return wire::encode_hex(SealingKey(suite, kKey).seal(kNonce, view_of("about"), view_of("some plain text")));
  };
  EXPECT_EQ(sealed_in(Suite::kInternational), "76b1fcb8915c9e6af4686467b4a52ff27484e8bf0aa3f57a19967290e906b8");
  EXPECT_EQ(sealed_in(Suite::kShangMi),
            "530c06a41aca5c4e51b15a6964dae89ce0ca770a5596f20bae055faf09b4818ba347ecd3be73b049d38c00eb904471");
}

// The same, step by step with the openssl program.
TEST(SealingSm4, AgreesWithTheOpensslProgram) {
  const test::TempFolder folder;
  const std::string key_hex = wire::encode_hex(kKey.expose(kLook));
  const test::Outcome derived =
      test::openssl("kdf -keylen 48 -kdfopt digest:SM3 -kdfopt hexkey:" + key_hex +
                    " -kdfopt info:'weir sealed sm4-ctr hmac-sm3' HKDF");
  ASSERT_EQ(derived.status, 0) << derived.output;
  std::string keys = derived.output;
  std::erase_if(keys, [](char c) { return c == ':' || c == '\n'; });
  const std::string plain = folder.write("plain", "some plain text");
  ASSERT_EQ(test::openssl("enc -sm4-ctr -K " + keys.substr(0, 32) + " -iv 000102030405060708090a0b00000000 -in " +
                          plain + " -out " + folder.path("cipher"))
                .status,
            0);
  const Bytes cipher = folder.read("cipher");
  Bytes covered = hex("0000000000000005");
  for (const ByteView part : {view_of("about"), ByteView(kNonce), ByteView(cipher)}) {
    covered.insert(covered.end(), part.begin(), part.end());
  }
  const test::Outcome tag = test::openssl("dgst -sm3 -mac HMAC -macopt hexkey:" + keys.substr(32) + " -r " +
                                          folder.write("covered", covered));
  const SealingKey key(Suite::kShangMi, kKey);
  EXPECT_EQ(wire::encode_hex(key.seal(kNonce, view_of("about"), view_of("some plain text"))),
            wire::encode_hex(cipher) + tag.output.substr(0, 64));
}

TEST(SealingSm4, TheCipherUnderneathAgreesWithTheStandard) {
  const test::TempFolder folder;
  const wire::Json vectors = test::load_vectors("published.json");
  const wire::Json& vector = vectors["sm4"].items()[0];
  const std::string plain = folder.write("plain", hex_member(vector, "plain"));
  ASSERT_EQ(test::openssl("enc -sm4-ecb -nopad -K " + vector["key"].as_string() + " -in " + plain + " -out " +
                          folder.path("cipher"))
                .status,
            0);
  EXPECT_EQ(folder.read("cipher"), hex_member(vector, "cipher"));
}

// Hostile input.

TEST_P(Sealing, EveryFlippedBitIsFound) {
  const Bytes sealed = key_.seal(kNonce, view_of("a"), view_of("plain"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes bad = sealed;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    Bytes out(5, 0xee);
    EXPECT_EQ(key_.open_into(kNonce, view_of("a"), bad, out).error().reason(), "seal.broken");
    EXPECT_EQ(out, Bytes(5, 0)) << "nothing of the plain text is given out";
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_P(Sealing, EveryTruncationIsFound) {
  Bytes sealed = key_.seal(kNonce, {}, view_of("plain"));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(key_.open(kNonce, {}, ByteView(sealed).first(size)).error().code(), Errc::kCorrupt);
  }
  sealed.push_back(0);
  EXPECT_FALSE(key_.open(kNonce, {}, sealed).ok());
}

// Key files.

TEST_P(Sealing, KeyFileOpensWithItsPassphraseOnly) {
  SeededRandom random(1);
  const SecretBytes secret(view_of("the private key"));
  const Bytes file = seal_key_file(GetParam(), secret, SecretBytes(view_of("correct horse")), random, kUnstretched);
  EXPECT_EQ(*open_key_file(file, SecretBytes(view_of("correct horse"))), secret);
  const Result<SecretBytes> wrong = open_key_file(file, SecretBytes(view_of("correct horsf")));
  EXPECT_EQ(wrong.error().reason(), "key_file.passphrase");
  EXPECT_EQ(wrong.error().code(), Errc::kUnauthenticated);
  EXPECT_EQ(open_key_file(file, SecretBytes()).error().reason(), "key_file.passphrase");
}

// The worked example of docs/formats/key-file.md.
TEST(KeyFile, BytesAreAsDocumented) {
  SeededRandom random(1);
  const Bytes file = seal_key_file(Suite::kInternational, SecretBytes(view_of("secret")),
                                   SecretBytes(view_of("passphrase")), random);
  EXPECT_EQ(wire::encode_hex(file),
            "574549524b455931010f0801c15c0289ec2d0a9167ec8e65a18debbe"
            "5e5532fbeea293f80bc942ee0cc8ddfa8693e65edf67af996fce896d221f5d258229");
}

TEST_P(Sealing, AChangedKeyFileDoesNotOpen) {
  SeededRandom random(1);
  const SecretBytes passphrase(view_of("p"));
  const Bytes file = seal_key_file(GetParam(), SecretBytes(view_of("k")), passphrase, random, kUnstretched);
  for (std::size_t at = 0; at < file.size(); at += 3) {
    Bytes bad = file;
    bad[at] ^= 0x01;
    const Result<SecretBytes> opened = open_key_file(bad, passphrase);
    ASSERT_FALSE(opened.ok()) << at;
    if (at >= 8 && at < 12) continue;  // suite and cost: another legal value, or none
    EXPECT_EQ(opened.error().reason(), at < 8 ? "key_file.malformed" : "key_file.passphrase");
  }
}

TEST(KeyFile, RefusesMalformedFilesWithoutStretching) {
  SeededRandom random(1);
  const SecretBytes passphrase(view_of("p"));
  const Bytes file = seal_key_file(Suite::kInternational, SecretBytes(view_of("k")), passphrase, random, kUnstretched);
  for (std::size_t size = 0; size < 56; ++size) {
    EXPECT_EQ(open_key_file(ByteView(file).first(size), passphrase).error().reason(), "key_file.malformed");
  }
  Bytes large = file;
  large.resize(8192);
  EXPECT_EQ(open_key_file(large, passphrase).error().code(), Errc::kCorrupt);
  Bytes costly = file;
  costly[9] = 30;  // N = 2^30 would take a terabyte
  EXPECT_EQ(open_key_file(costly, passphrase).error().reason(), "key_file.malformed");
  Bytes cheap = file;
  cheap[9] = 13;  // neither none nor enough
  EXPECT_EQ(open_key_file(cheap, passphrase).error().reason(), "key_file.malformed");
  Bytes unknown_suite = file;
  unknown_suite[8] = 3;
  EXPECT_EQ(open_key_file(unknown_suite, passphrase).error().reason(), "key_file.malformed");
}

// Programmer's errors.

TEST(SealingKeyDeathTest, StopsAtAKeyOfTheWrongLength) {
  EXPECT_DEATH(SealingKey(Suite::kInternational, SecretBytes(Bytes(16))), "check failed");
}

}  // namespace
}  // namespace weir::crypto
