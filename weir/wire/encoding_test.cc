// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/encoding.h"

#include <gtest/gtest.h>

namespace weir::wire {
namespace {

// RFC 4648, section 10.
TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},  {"foob", "Zm9vYg=="},  {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(encode_base64(view_of(plain)), encoded);
    EXPECT_EQ(text_of(*decode_base64(encoded)), plain);
  }
  EXPECT_EQ(encode_base64url(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(*decode_base64url("-_8"), (Bytes{0xfb, 0xff}));
}

TEST(Base64Errors, RejectsWhatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "Zg==Zg==", "Zm 9v", "====", "-_8="}) {
    EXPECT_FALSE(decode_base64(text).ok()) << text;
  }
  for (const char* text : {"A", "Zh", "Zg==", "+/8"}) EXPECT_FALSE(decode_base64url(text).ok()) << text;
}

TEST(Hex, RoundTripsAndRejects) {
  EXPECT_EQ(encode_hex(Bytes{0, 0xab}), "00ab");
  EXPECT_EQ(*decode_hex("00AB"), (Bytes{0, 0xab}));
  EXPECT_FALSE(decode_hex("0").ok());
  EXPECT_FALSE(decode_hex("0g").ok());
}

TEST(Url, EscapesAndUnescapes) {
  EXPECT_EQ(escape_url("a b/中"), "a%20b%2F%E4%B8%AD");
  EXPECT_EQ(*unescape_url("a%20b%2F%E4%B8%AD"), "a b/中");
  EXPECT_FALSE(unescape_url("%").ok());
  EXPECT_FALSE(unescape_url("%2").ok());
  EXPECT_FALSE(unescape_url("%zz").ok());
  EXPECT_EQ(*unescape_url("%41"), "A");
}

}  // namespace
}  // namespace weir::wire
