// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/tokens.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::supply::catalog {
namespace {

using Words = std::vector<std::string>;

TEST(Tokens, LatinWordsAreFoldedAndSplit) {
  EXPECT_EQ(tokenize("Air-Quality 2024"), (Words{"air", "quality", "2024"}));
  EXPECT_EQ(tokenize("PM2.5, CO₂"), (Words{"pm2", "5", "co"}));
  EXPECT_EQ(tokenize("Ｆｕｌｌ　Ｗｉｄｔｈ"), (Words{"full", "width"}));
  EXPECT_EQ(tokenize("Müller Łódź Крым"), (Words{"muller", "lodz", "крым"}));
}

TEST(Tokens, PluralsAreOneWordWithTheirSingular) {
  EXPECT_EQ(tokenize("queries emissions sites"), (Words{"query", "emission", "site"}));
  EXPECT_EQ(tokenize("class status gas"), (Words{"class", "status", "gas"}));
}

TEST(Tokens, ChineseBecomesOverlappingPairs) {
  EXPECT_EQ(tokenize("空气质量"), (Words{"空气", "气质", "质量"}));
  EXPECT_EQ(tokenize("水"), (Words{"水"}));
  EXPECT_EQ(tokenize("北京PM2.5浓度，小时"), (Words{"北京", "pm2", "5", "浓度", "小时"}));
  EXPECT_EQ(single_characters("水的水"), (Words{"水", "的"}));
}

TEST(Tokens, ScriptDecidesTheLanguage) {
  EXPECT_EQ(by_script("air"), (Text{"air", ""}));
  EXPECT_EQ(by_script("PM2.5 浓度"), (Text{"", "PM2.5 浓度"}));
}

TEST(Tokens, FacetTokensAreWordsOfTheirOwn) {
  EXPECT_EQ(facet_token(Facet::kGrade, "Core"), "_gcore");
  EXPECT_EQ(facet_token(Facet::kFormat, "text/csv"), "_mtext_2fcsv");
  EXPECT_NE(facet_token(Facet::kTheme, "a_2f"), facet_token(Facet::kTheme, "a/"));
}

TEST(Tokens, CuttingKeepsCharactersWhole) {
  EXPECT_EQ(cut_utf8("空气", 4), "空");
  EXPECT_EQ(cut_utf8("空气", 6), "空气");
  EXPECT_EQ(cut_utf8("ab", 1), "a");
}

std::string any_text(SeededRandom& random, std::size_t pieces) {
  static const Words kPieces = {"空", "气", "质", "量", "数", "据", "a", "B", "air", "queries", " ", "-", "。", "1", "é", "\"", "_",
                                "'", "\\", "\xff", "\xe7\xa9", "\xc0\x80", "\xed\xa0\x80", "한", "の", "\x01", "𠀀", "😀"};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) text += kPieces[random.below(kPieces.size())];
  return text;
}

// Laws that hold for every text.
TEST(TokensProperties, AnyBytes) {
  SeededRandom random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = any_text(random, 1 + random.below(40));
    std::string joined;
    for (const std::string& token : tokenize(text)) {
      EXPECT_FALSE(token.empty());
      EXPECT_TRUE(is_utf8(token)) << text;
      EXPECT_LE(token.size(), kTokenBytesMax);
      EXPECT_EQ(token.find_first_of(" \"'_\\\n"), std::string::npos) << text;
      EXPECT_EQ(tokenize(token), Words{token}) << token;  // a token is its own token
      joined += (joined.empty() ? "" : " ") + token;
    }
    EXPECT_EQ(token_text(text), joined);
  }
}

// What makes search work: the tokens of a part of a Chinese run stand next to each other in those of the run.
TEST(TokensProperties, EveryPartOfARunIsFound) {
  static const Words kCharacters = {"空", "气", "质", "量", "数", "据", "北", "京"};
  SeededRandom random(8);
  for (int round = 0; round < 1000; ++round) {
    Words run;
    for (std::size_t i = 0; i < 2 + random.below(12); ++i) run.push_back(kCharacters[random.below(kCharacters.size())]);
    const std::size_t start = random.below(run.size() - 1);
    const std::size_t size = 2 + random.below(run.size() - start - 1);
    std::string whole, part;
    for (std::size_t i = 0; i < run.size(); ++i) whole += run[i];
    for (std::size_t i = start; i < start + size; ++i) part += run[i];
    const Words haystack = tokenize(whole);
    const Words needle = tokenize(part);
    EXPECT_NE(std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()), haystack.end()) << whole << " " << part;
  }
}

// --- Queries ---

TEST(Query, WordsPhrasesAndExclusions) {
  const ParsedQuery query = *parse_query("air \"water quality\" -draft covid-19");
  ASSERT_EQ(query.terms.size(), 4u);
  EXPECT_EQ(query.terms[0].tokens, Words{"air"});
  EXPECT_EQ(query.terms[1].tokens, (Words{"water", "quality"}));
  EXPECT_TRUE(query.terms[2].excluded);
  EXPECT_EQ(query.terms[2].tokens, Words{"draft"});
  EXPECT_EQ(query.terms[3].tokens, (Words{"covid", "19"}));
}

TEST(Query, ChineseQuotesAndBlanks) {
  const ParsedQuery query = *parse_query("空气　“北京 小时”");
  ASSERT_EQ(query.terms.size(), 2u);
  EXPECT_EQ(query.terms[0].tokens, Words{"空气"});
  EXPECT_EQ(query.terms[1].tokens, (Words{"北京", "小时"}));
}

TEST(Query, FiltersAreTakenOut) {
  const ParsedQuery query = *parse_query("grade:core format:csv format:\"text/csv\" -theme:old http://x");
  ASSERT_EQ(query.filters.size(), 2u);
  EXPECT_EQ(query.filters[0].facet, Facet::kGrade);
  EXPECT_EQ(query.filters[1].any_of, (Words{"csv", "text/csv"}));
  ASSERT_EQ(query.terms.size(), 2u);
  EXPECT_TRUE(query.terms[0].excluded);
  EXPECT_EQ(query.terms[1].tokens, (Words{"http", "x"}));
}

TEST(Query, UnclosedQuoteReachesToTheEnd) {
  const ParsedQuery query = *parse_query("\"air quality");
  ASSERT_EQ(query.terms.size(), 1u);
  EXPECT_EQ(query.terms[0].tokens, (Words{"air", "quality"}));
}

//= NDI-TR-2025-05#catalogue-search type=test
TEST(Query, Orders) {
  EXPECT_EQ(*parse_order(""), Order::kUpdatedDescending);
  EXPECT_EQ(*parse_order("dsc"), Order::kUpdatedDescending);
  EXPECT_EQ(*parse_order("asc"), Order::kUpdatedAscending);
  EXPECT_EQ(*parse_order("relevance"), Order::kRelevance);
}

TEST(QueryErrors, TooLongTooManyNotUtf8AndUnknownNames) {
  EXPECT_EQ(parse_query(std::string(1025, 'a')).error().reason(), "catalog.query_too_long");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "a" + std::to_string(i) + " ";
  EXPECT_EQ(parse_query(many).error().code(), Errc::kExhausted);
  EXPECT_EQ(parse_query("\xff").error().reason(), "catalog.query_encoding");
  EXPECT_EQ(parse_facet("colour").error().reason(), "catalog.unknown_facet");
  EXPECT_EQ(parse_order("random").error().reason(), "catalog.unknown_order");
}

}  // namespace
}  // namespace weir::supply::catalog
