// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/password.h"

#include <gtest/gtest.h>

namespace weir::trust::credential {
namespace {

constexpr crypto::StretchCost kCheap{.work = 4, .block = 1, .lanes = 1};

crypto::SecretBytes secret(std::string_view text) { return crypto::SecretBytes(view_of(text)); }
std::string reason(std::string_view password, std::string_view name = "anna") {
  const auto result = check_password(secret(password), name);
  return result ? "" : std::string(result.error().reason());
}

//= NDI-TR-2025-03#passwords type=test
TEST(Password, HasLettersDigitsAndSymbols) {
  EXPECT_EQ(reason("abcd123!"), "");
  EXPECT_EQ(reason("数据可信空间安全1!"), "");
  EXPECT_EQ(reason("with blanks 1 too"), "");
}

TEST(Password, IsKeptAsASaltedHash) {
  SeededRandom random(1);
  const std::string kept = hash_password(secret("correct-horse-1"), kCheap, random);
  EXPECT_TRUE(kept.starts_with("scrypt$4$1$1$"));
  EXPECT_EQ(kept.find("correct"), std::string::npos);
  EXPECT_TRUE(verify_password(secret("correct-horse-1"), kept).ok());
  EXPECT_NE(hash_password(secret("correct-horse-1"), kCheap, random), kept);
  EXPECT_FALSE(needs_rehash(kept, kCheap));
  EXPECT_TRUE(needs_rehash(kept, {.work = 5, .block = 1, .lanes = 1}));
}

// The worked example of docs/formats/credentials.md, computed with Python's hashlib.scrypt.
TEST(Password, KeptTextOfTheFormatPageIsRead) {
  const std::string kept = "scrypt$10$8$1$AAECAwQFBgcICQoLDA0ODw$J1mDb-dAKNsqjJavnrdv_kV1Q6O1a9aPS0mlfM23MIU";
  EXPECT_TRUE(verify_password(secret("tr0ub4dor&3"), kept).ok());
}

// Errors.
TEST(Password, TooSimpleOnesAreRefused) {
  EXPECT_EQ(reason(""), "password.too_short");
  EXPECT_EQ(reason("abc12!x"), "password.too_short");
  EXPECT_EQ(reason("数据1!"), "password.too_short");
  EXPECT_EQ(reason("abcdefgh"), "password.too_simple");
  EXPECT_EQ(reason("abcdefg1"), "password.too_simple");
  EXPECT_EQ(reason("1234567!"), "password.too_simple");
  EXPECT_EQ(reason("abcdefg!"), "password.too_simple");
  EXPECT_EQ(reason(std::string("abcd123!\0", 9)), "password.too_simple");
  EXPECT_EQ(reason("abcd12!\xff"), "password.too_simple");
  EXPECT_EQ(reason(std::string(257, 'a')), "password.too_long");
  EXPECT_EQ(reason("xx-ANNA-2026"), "password.has_name");
}

TEST(Password, WrongOnesAreRefused) {
  SeededRandom random(1);
  const std::string kept = hash_password(secret("correct-horse-1"), kCheap, random);
  const auto refused = verify_password(secret("correct-horse-2"), kept);
  EXPECT_EQ(refused.error().code(), Errc::kUnauthenticated);
  EXPECT_EQ(refused.error().reason(), "password.wrong");
}

TEST(Password, BrokenKeptTextIsCorrupt) {
  for (const char* kept :
       {"", "scrypt", "scrypt$4$1$1$AA$AA", "scrypt$99$1$1$AAAAAAAAAAAAAAAAAAAAAA$AA", "md5$1$1$1$a$b",
        "scrypt$4$1$x$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(verify_password(secret("correct-horse-1"), kept).error().code(), Errc::kCorrupt) << kept;
    EXPECT_TRUE(needs_rehash(kept, kCheap));
  }
}

}  // namespace
}  // namespace weir::trust::credential
