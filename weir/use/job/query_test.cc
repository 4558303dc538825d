// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::use::job {
namespace {

using Function = Item::Function;
using ::testing::HasSubstr;

const std::vector<std::string> kOwn = {"id", "spend", "Age Band"};

Statement read(std::string_view sql) {
  const auto out = parse_statement(sql, kOwn);
  EXPECT_TRUE(out) << sql << ": " << out.error().message();
  return out ? *out : Statement{};
}

std::string refusal(std::string_view sql) {
  const auto out = parse_statement(sql, kOwn);
  EXPECT_FALSE(out) << sql;
  if (out) return {};
  EXPECT_EQ(out.error().reason(), "job.query");
  return std::string(out.error().message());
}

TEST(QueryText, TheWholeSubsetIsRead) {
  const Statement got = read(
      "select channel, count(*), SUM(a.spend), avg(b.age) from a join b using (id, day) group by channel having "
      "count(*) >= 20;");
  const Statement wanted{
      .query = {.items = {{Function::kGroup, {}},
                          {Function::kCount, {}},
                          {Function::kSum, {Role::kConsumer, "spend"}},
                          {Function::kAverage, {Role::kProvider, "age"}}},
                .group = Column{Role::kProvider, "channel"},
                .least = 20},
      .keys = {{"id", "id"}, {"day", "day"}}};
  EXPECT_EQ(got, wanted);
}

TEST(QueryText, AColumnWithoutItsTableIsTheOwnIfTheOwnTableHasIt) {
  const Statement got = read("SELECT SUM(spend), SUM(other) FROM mine JOIN theirs USING (id)");
  EXPECT_EQ(got.query.items[0].column.side, Role::kConsumer);
  EXPECT_EQ(got.query.items[1].column.side, Role::kProvider);
}

TEST(QueryText, TablesAreTheirsInOrderOrByName) {
  const auto side = [](std::string_view from) {
    return read("SELECT SUM(x.v) " + std::string(from)).query.items[0].column.side;
  };
  EXPECT_EQ(side("FROM x JOIN y USING (id)"), Role::kConsumer);
  EXPECT_EQ(side("FROM y JOIN x USING (id)"), Role::kProvider);
  EXPECT_EQ(side("FROM theirs AS x JOIN mine y USING (id)"), Role::kProvider);
  EXPECT_EQ(side("FROM other o INNER JOIN mine x USING (id)"), Role::kConsumer);
  EXPECT_EQ(side("FROM provider y JOIN t x USING (id)"), Role::kConsumer);
}

TEST(QueryText, KeysMayBeCalledDifferently) {
  const Statement got =
      read("SELECT COUNT(*) FROM mine m JOIN theirs t ON t.mobile = m.phone AND m.day = t.\"the day\"");
  const std::vector<std::pair<std::string, std::string>> wanted = {{"phone", "mobile"}, {"day", "the day"}};
  EXPECT_EQ(got.keys, wanted);
}

TEST(QueryText, MoreThanIsOneMore) {
  EXPECT_EQ(read("SELECT COUNT(*) FROM a JOIN b USING (id) HAVING COUNT(*) > 20").query.least, 21);
}

TEST(QueryText, WhatIsWrittenReadsTheSame) {
  for (const char* sql :
       {"SELECT COUNT(*) FROM a JOIN b USING (id)",
        "SELECT \"Age Band\", SUM(\"a \"\"b\"\"\") FROM a JOIN b USING (\"select\") GROUP BY \"Age Band\"",
        "SELECT 渠道, AVG(a.spend) FROM a JOIN b ON a.电话 = b.id GROUP BY 渠道 HAVING COUNT(*) > 3"}) {
    const Statement once = read(sql);
    EXPECT_EQ(read(format(once)), once) << format(once);
  }
  EXPECT_EQ(format(read("select g, sum(spend) from mine join theirs using (id) group by g having count(*) >= 5")),
            "SELECT provider.g, SUM(consumer.spend) FROM consumer JOIN provider ON consumer.id = provider.id"
            " GROUP BY provider.g HAVING COUNT(*) >= 5");
}

TEST(Query, ReadsBackFromItsJson) {
  const Query query = read("SELECT g, COUNT(*), SUM(a.x), AVG(b.y) FROM a JOIN b USING (id) GROUP BY g").query;
  const auto again = parse_query(to_json(query));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, query);
  EXPECT_EQ(summed(query, Role::kConsumer), std::vector<std::string>{"x"});
  EXPECT_EQ(read_of(query, Role::kProvider), (std::vector<std::string>{"y", "g"}));
}

TEST(QueryText, NoiseIsAskedForAsInGoogleSql) {
  const std::string sql =
      "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.50) g, COUNT(*), "
      "AVG(a.x, contribution_bounds_per_group => (-5, 1000)) FROM a JOIN b USING (id) GROUP BY g";
  const Query query = read(sql).query;
  EXPECT_EQ(query.epsilon, 500'000);
  EXPECT_EQ(query.items[2].bounds, (Bounds{-5, 1000}));
  EXPECT_EQ(bounds_of(query, {Role::kConsumer, "x"}).most(), 1000);
  EXPECT_EQ(read(format(read(sql))), read(sql)) << format(read(sql));
  EXPECT_THAT(format(read(sql)), HasSubstr("OPTIONS (epsilon = 0.5) provider.g"));
  EXPECT_EQ(*parse_query(to_json(query)), query);
  EXPECT_THAT(shown(query).en, HasSubstr("epsilon 0.5 in all"));
  EXPECT_THAT(shown(query).zh, HasSubstr("ε 合计 0.5"));
}

TEST(Query, EpsilonIsMillionths) {
  EXPECT_EQ(*parse_epsilon("8"), 8'000'000);
  EXPECT_EQ(*parse_epsilon("0.000001"), 1);
  EXPECT_EQ(format_epsilon(1), "0.000001");
  EXPECT_EQ(format_epsilon(1'500'000), "1.5");
  for (const char* bad : {"", "0", "0.0", "8.000001", "1.", ".5", "0.0000001", "1e3", "-1", "+1", "1.2.3", "9999999"}) {
    EXPECT_FALSE(parse_epsilon(bad)) << bad;
  }
}

TEST(Query, SaysWhatTheAskerLearns) {
  const Query query = read("SELECT g, AVG(b.y) FROM a JOIN b USING (id) GROUP BY g HAVING COUNT(*) >= 7").query;
  EXPECT_THAT(shown(query).en, HasSubstr("each value of provider.g that 7 keys"));
  EXPECT_THAT(shown(query).en, HasSubstr("the sum of provider.y"));  // an average shows its sum and the count
}

// ── refused, with the place and what is not supported ──

TEST(QueryText, WhatIsNotSupportedIsSaidWithItsPlace) {
  const std::string join = " FROM a JOIN b USING (id)";
  EXPECT_THAT(refusal("SELECT *" + join), HasSubstr("character 8, '*': rows are not shown"));
  EXPECT_THAT(refusal("SELECT spend" + join), HasSubstr("a single row's value is not shown"));
  EXPECT_THAT(refusal("SELECT DISTINCT spend" + join), HasSubstr("DISTINCT"));
  EXPECT_THAT(refusal("SELECT COUNT(spend)" + join), HasSubstr("COUNT of a column is not"));
  EXPECT_THAT(refusal("SELECT MIN(spend)" + join), HasSubstr("'MIN': COUNT(*), SUM(column) and AVG(column)"));
  EXPECT_THAT(refusal("SELECT SUM(spend * 2)" + join), HasSubstr("character 18, '*'"));
  EXPECT_THAT(refusal("SELECT SUM(spend) + 1" + join), HasSubstr("computing with columns"));
  EXPECT_THAT(refusal("SELECT SUM(spend) AS s" + join), HasSubstr("(AS)"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " WHERE spend > 2"), HasSubstr("conditions are not supported"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " ORDER BY 1"), HasSubstr("ORDER BY is not supported"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " GROUP BY x, y"), HasSubstr("one column to group by"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " HAVING SUM(spend) > 2"), HasSubstr("COUNT is expected"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " HAVING COUNT(*) < 2"), HasSubstr(">= n is supported"));
  EXPECT_THAT(refusal("SELECT COUNT(*)" + join + " JOIN c USING (id)"), HasSubstr("no third"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a LEFT JOIN b USING (id)"), HasSubstr("only an inner JOIN"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a, b"), HasSubstr("JOIN is expected"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a"), HasSubstr("the end: JOIN is expected"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM (SELECT 1) JOIN b USING (id)"), HasSubstr("within a query"));
}

TEST(QueryText, NoiseWithoutBoundsAndBoundsWithoutNoiseAreRefused) {
  const std::string noise = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS ";
  const std::string join = " FROM a JOIN b USING (id)";
  EXPECT_THAT(refusal(noise + "(epsilon = 1) SUM(a.x)" + join), HasSubstr("a sum has bounds"));
  EXPECT_THAT(refusal("SELECT SUM(a.x, contribution_bounds_per_group => (0, 1))" + join), HasSubstr("bounds are for"));
  EXPECT_THAT(refusal(noise + "(epsilon = 9) COUNT(*)" + join), HasSubstr("up to 8"));
  EXPECT_THAT(refusal(noise + "(epsilon = x) COUNT(*)" + join), HasSubstr("a number like 0.5"));
  EXPECT_THAT(refusal(noise + "(delta = 1) COUNT(*)" + join), HasSubstr("epsilon is the only option"));
  EXPECT_THAT(refusal(noise + "(epsilon = 1, delta = 1) COUNT(*)" + join), HasSubstr("no other option"));
  const auto with = [&](const std::string& bounds) {
    return refusal(noise + "(epsilon = 0.000001) SUM(a.x, contribution_bounds_per_group => " + bounds + ")" + join);
  };
  EXPECT_THAT(with("(2, 1)"), HasSubstr("the lower one first"));
  EXPECT_THAT(with("(0, 0)"), HasSubstr("the lower one first"));
  EXPECT_THAT(with("(0, 1.5)"), HasSubstr("a whole number"));
  EXPECT_THAT(with("(0, 1000000000000)"), HasSubstr("more noise than can be drawn"));
  EXPECT_THAT(refusal(noise + "(epsilon = 1) SUM(a.x, contribution_bounds_per_group => (0, 1)), "
                              "AVG(a.x, contribution_bounds_per_group => (0, 2))" + join),
              HasSubstr("the same everywhere"));
  EXPECT_EQ(read("SELECT with, COUNT(*)" + join + " GROUP BY with").query.group->name, "with");
}

TEST(QueryText, NamesThatAreNoneAreRefused) {
  EXPECT_THAT(refusal("SELECT SUM(c.x) FROM a JOIN b USING (id)"), HasSubstr("character 12, 'c': there is no table"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a JOIN a USING (id)"), HasSubstr("one name"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM mine a JOIN mine b USING (id)"), HasSubstr("one name"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a JOIN b ON a.x = a.y"), HasSubstr("of each table"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a JOIN b ON x = b.y"), HasSubstr("name the tables"));
  EXPECT_THAT(refusal("SELECT SUM(\"x) FROM a"), HasSubstr("not closed"));
  EXPECT_THAT(refusal("SELECT SUM(\"\") FROM a"), HasSubstr("a name is missing"));
  EXPECT_THAT(refusal(""), HasSubstr("SELECT is expected"));
  EXPECT_THAT(refusal(std::string("SELECT \xff", 8)), HasSubstr("no text"));
  EXPECT_THAT(refusal("SELECT COUNT(*) FROM a JOIN b USING (id) HAVING COUNT(*) >= 99999999999999999999"),
              HasSubstr("a number of keys"));
}

TEST(Query, JsonOfAnotherMeaningIsRefused) {
  const wire::Json good = to_json(read("SELECT g, SUM(a.x) FROM a JOIN b USING (id) GROUP BY g").query);
  const auto refused = [&](std::string_view name, wire::Json value) {
    wire::Json bad = good;
    bad.set(name, std::move(value));
    const auto read = parse_query(bad);
    return !read && read.error().reason() == "job.malformed";
  };
  EXPECT_TRUE(refused("least", -1));
  EXPECT_TRUE(refused("where", "x"));
  EXPECT_TRUE(refused("items", wire::Json::array()));
  EXPECT_TRUE(refused("items", wire::Json::array({wire::Json::object({{"function", "MIN"}})})));
  EXPECT_TRUE(refused("group", wire::Json::object({{"side", "nobody"}, {"column", "g"}})));
  wire::Json bad = good;
  bad.erase("group");  // the group's column is selected, and there is no group
  EXPECT_FALSE(parse_query(bad));
}

}  // namespace
}  // namespace weir::use::job
