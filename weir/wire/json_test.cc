// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/json.h"

#include <gtest/gtest.h>

namespace weir::wire {
namespace {

TEST(Json, KeepsOrderAndRoundTrips) {
  const std::string text = R"({"b":1,"a":[true,null,-2,"x\n"],"中":{"d":1.5}})";
  EXPECT_EQ(parse_json(text)->dump(), text);
  EXPECT_EQ(*parse_json(parse_json(text)->pretty()), *parse_json(text));
}

TEST(Json, ReadsMembersAndNamesTheWrongOne) {
  const Json json = *parse_json(R"({"name":"n","count":3,"yes":true,"list":["a","b"]})");
  EXPECT_EQ(*json.text("name"), "n");
  EXPECT_EQ(*json.integer("count"), 3);
  EXPECT_EQ(json.texts("list")->size(), 2u);
  EXPECT_EQ(json.text("count").error().message(), "member 'count' must be a string");
  EXPECT_EQ(json.integer_or("none", 9), 9);
  EXPECT_TRUE(json["none"]["deeper"].is_null());
}

TEST(Json, SetPushAndErase) {
  Json json;
  json.set("a", 1).set("b", Json().push(1).push("x"));
  json.set("a", 2);
  EXPECT_EQ(json.dump(), R"({"a":2,"b":[1,"x"]})");
  EXPECT_TRUE(json.erase("a"));
  EXPECT_FALSE(json.erase("a"));
}

//= RFC8785#3.2 type=test
// RFC 8785, sections 3.2.2 and 3.2.3 and appendix B.
TEST(JsonCanonical, MatchesTheExamplesOfRfc8785) {
  const Json numbers = *parse_json(
      R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})");
  EXPECT_EQ(numbers.canonical(),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$"
            "\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  const Json keys = *parse_json(
      R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"})");
  std::string order;
  const Json sorted = *parse_json(keys.canonical());
  for (const auto& member : sorted.members()) order += member.second.as_string().substr(0, 3) + " ";
  EXPECT_EQ(order, "Car One Con Lat Eur Emo Heb ");
}

TEST(JsonCanonical, FormatsNumbersAsEcmaScriptDoes) {
  EXPECT_EQ(format_number(0.0), "0");
  EXPECT_EQ(format_number(-0.0), "0");
  EXPECT_EQ(format_number(5e-324), "5e-324");
  EXPECT_EQ(format_number(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(format_number(9007199254740992), "9007199254740992");
  EXPECT_EQ(format_number(295147905179352830000.0), "295147905179352830000");
  EXPECT_EQ(format_number(1e21), "1e+21");
  EXPECT_EQ(format_number(1e-6), "0.000001");
  EXPECT_EQ(format_number(1e-7), "1e-7");
  EXPECT_EQ(format_number(333333333.33333325), "333333333.33333325");
}

// Error paths.
TEST(JsonErrors, RejectsMalformedInput) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "nul", "01", "1 2", "\"\\x\"", "\"\xc0\x80\"",
                           "\"\\ud800\"", "{\"a\":1}}", "NaN", "'a'", "/**/1", "1e999", "\"\n\""}) {
    const auto result = parse_json(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), Errc::kInvalidArgument) << text;
  }
}

TEST(JsonErrors, RejectsDuplicateNames) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":2,"a":3})").error().reason(), "json.duplicate_name");
  std::string many = "{";
  for (int i = 0; i < 20; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(parse_json(many + "\"k7\":0}").error().reason(), "json.duplicate_name");
}

TEST(JsonErrors, LimitsSizeAndDepth) {
  EXPECT_EQ(parse_json("[1,2,3]", {4, 9}).error().reason(), "json.too_large");
  EXPECT_TRUE(parse_json("[[[1]]]", {99, 3}).ok());
  EXPECT_EQ(parse_json("[[[[1]]]]", {99, 3}).error().reason(), "json.too_deep");
}

}  // namespace
}  // namespace weir::wire
