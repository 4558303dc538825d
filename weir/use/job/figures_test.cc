// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/use/job/job.h"

namespace weir::use::job {
namespace {

using ::testing::HasSubstr;

ByteSource source_of(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](std::span<std::uint8_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), text.size() - at);
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

Query query_of(std::string_view sql) { return (*parse_statement(sql, {})).query; }

const Query kQuery = query_of(
    "SELECT mine.g, COUNT(*), SUM(mine.x), AVG(mine.y) FROM mine JOIN theirs USING (id) GROUP BY mine.g HAVING "
    "COUNT(*) >= 2");

Result<Figures> figures_of(const std::string& table, const Query& query = kQuery) {
  return read_figures(source_of(table), {"id"}, {Form::kText}, query, Role::kConsumer);
}

std::string refusal(const std::string& table) {
  const auto read = figures_of(table);
  EXPECT_FALSE(read) << table;
  return read ? std::string() : std::string(read.error().reason()) + ": " + std::string(read.error().message());
}

std::uint64_t number(const Figures& figures, std::size_t column, const char* key) {
  const auto block = *key_of({key}, {Form::kText});
  const auto found = std::find(figures.set.keys.begin(), figures.set.keys.end(), block);
  return figures.numbers[column][static_cast<std::size_t>(found - figures.set.keys.begin())];
}

TEST(Figures, NumbersStandInTheOrderOfTheKeysWithOneScale) {
  const auto read = figures_of("id,x,g,y\na,1.5,u,-3\nb, 2 ,v,4\nc,-0.25,u,+5\n,9,w,no number\n");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->set.keys.size(), 3u);
  EXPECT_EQ(read->set.keyless, 1u);
  EXPECT_EQ(read->decimals, (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(number(*read, 0, "a"), 150u);
  EXPECT_EQ(number(*read, 0, "b"), 200u);
  EXPECT_EQ(static_cast<std::int64_t>(number(*read, 0, "c")), -25);
  EXPECT_EQ(static_cast<std::int64_t>(number(*read, 1, "a")), -3);
}

TEST(Figures, OnlyValuesThatEnoughKeysHaveAreGroups) {
  const auto read = figures_of("id,x,g,y\na,1,u,1\nb,1,v,1\nc,1,u,1\nd,1,,1\ne,1,,1\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->values, (std::vector<std::string>{"", "u"}));
  const mpc::JoinTable table = table_of(*read, read->set.keys);
  for (std::size_t i = 0; i < table.keys.size(); ++i) {
    const std::string& label = read->labels[read->label_of[i]];
    EXPECT_EQ(table.groups[i], label.empty() ? 0 : label == "u" ? 1 : mpc::kNoGroup);
  }
}

TEST(Figures, TheClaimBindsEachColumnAndTellsNoValueOfTheConsumers) {
  const Bytes salt(32, 1);
  const std::string table = "id,x,g,y\na,1,u,1\nb,2,u,1\nc,3,v,1\n";
  const Claim claim = claim_of(*figures_of(table), Role::kConsumer, salt);
  EXPECT_EQ(claim.groups, 1);
  EXPECT_TRUE(claim.values.empty());
  ASSERT_EQ(claim.columns.size(), 3u);
  const auto changed = [&](const std::string& other) {
    const Claim got = claim_of(*figures_of(other), Role::kConsumer, salt);
    EXPECT_EQ(got.root, claim.root);
    std::string out;
    for (std::size_t i = 0; i < 3; ++i) out += got.columns[i].root == claim.columns[i].root ? '=' : '!';
    return out;
  };
  EXPECT_EQ(changed("id,x,g,y\nc,3,v,1\nb,2,u,1\na,1,u,1\n"), "===");
  EXPECT_EQ(changed("id,x,g,y\na,1,u,1\nb,3,u,1\nc,2,v,1\n"), "!==");
  EXPECT_EQ(changed("id,x,g,y\na,1,u,1\nb,2,v,1\nc,3,u,1\n"), "==!");
  Work work{.algorithm = "join-psty19", .version = {}, .hash = {}, .keys = {}, .purpose = {}, .query = kQuery};
  EXPECT_TRUE(check_claim(work, Role::kConsumer, claim));
  const auto again = parse_claim(to_json(claim));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, claim);
}

TEST(Figures, TheAnswerIsWrittenAsSqlWould) {
  const Query query = query_of(
      "SELECT COUNT(*), g, AVG(mine.x), SUM(theirs.\"a,b\") FROM mine JOIN theirs USING (id) GROUP BY theirs.g");
  mpc::JoinAnswer answer(3);
  answer[0] = {.count = 3, .sums = {static_cast<std::uint64_t>(-1000), 5}};
  answer[2] = {.count = 7, .sums = {14, static_cast<std::uint64_t>(-123456)}};
  std::string text;
  const auto rows =
      write_answer(query, {.values = {"u", "v", "w \"x\""}, .consumer_decimals = {1}, .provider_decimals = {3}}, answer,
                   [&](std::string_view more) -> Result<> {
                     text += more;
                     return {};
                   });
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, 2u);
  EXPECT_EQ(text,
            "COUNT(*),g,AVG(x),\"SUM(a,b)\"\n"
            "3,u,-33.33333,0.005\n"
            "7,\"w \"\"x\"\"\",0.20000,-123.456\n");
}

// ── refused ──

TEST(Figures, WhatIsNoNumberIsRefusedWithItsRow) {
  for (const char* bad : {"", "-", "1e3", "1.", ".5", "1,5", "0x1", "1234567890123456789", "0.1234567891", "１"}) {
    EXPECT_THAT(refusal("id,x,g,y\na,1,u,1\nb,\"" + std::string(bad) + "\",u,1\n"),
                HasSubstr("job.number: row 2 of the table, column 'x'"))
        << bad;
  }
}

TEST(Figures, NumbersWhoseSumMayOverflowAreRefused) {
  std::string table = "id,x,g,y\n";
  for (int i = 0; i < 5; ++i) table += std::to_string(i) + ",999999999999999999,u,1\n";
  EXPECT_THAT(refusal(table), HasSubstr("too large"));
  EXPECT_THAT(refusal("id,x,g,y\na,999999999999999999,u,1\nb,0.1,u,1\n"), HasSubstr("too large"));
}

TEST(Figures, AKeyThatTwoRowsHaveIsRefused) {
  EXPECT_THAT(refusal("id,x,g,y\na,1,u,1\nA ,1,u,1\nb,1,u,1\n"), HasSubstr("job.duplicate_key: 1 rows"));
}

TEST(Figures, TooManyGroupsAreRefused) {
  std::string table = "id,x,g,y\n";
  for (int i = 0; i < 130; ++i) table += std::to_string(i) + ",1," + std::to_string(i / 2) + ",1\n";
  EXPECT_THAT(refusal(table), HasSubstr("job.too_many_groups: column 'g' has 65"));
  EXPECT_THAT(refusal("id,x,g,y\na,1," + std::string(300, 'g') + ",1\n"), HasSubstr("job.too_many_groups"));
}

TEST(Figures, AClaimAboutOtherColumnsIsRefused) {
  Work work{.algorithm = "join-psty19", .version = {}, .hash = {}, .keys = {}, .purpose = {}, .query = kQuery};
  const Claim good = claim_of(*figures_of("id,x,g,y\na,1,u,1\nb,2,u,1\n"), Role::kConsumer, Bytes(32, 1));
  const auto refused = [&](const std::function<void(Claim&)>& change) {
    Claim bad = good;
    change(bad);
    return !check_claim(work, Role::kConsumer, bad);
  };
  EXPECT_FALSE(refused([](Claim&) {}));
  EXPECT_TRUE(refused([](Claim& claim) { claim.columns.pop_back(); }));
  EXPECT_TRUE(refused([](Claim& claim) { claim.columns[0].name = "z"; }));
  EXPECT_TRUE(refused([](Claim& claim) { claim.columns[0].decimals = -1; }));
  EXPECT_TRUE(refused([](Claim& claim) { claim.values = {"u"}; }));
  EXPECT_FALSE(check_claim(work, Role::kProvider, good));
}

// ── noise ──

TEST(FiguresNoise, EpsilonIsDividedAmongTheFiguresAndBoundsAreInTheColumnsLastPlace) {
  const Query query{.items = {{.function = Item::Function::kSum,
                               .column = {Role::kConsumer, "x"},
                               .bounds = Bounds{-5, 3}},
                              {.function = Item::Function::kAverage,
                               .column = {Role::kProvider, "y"},
                               .bounds = Bounds{0, 1000}}},
                    .group = {},
                    .least = 5,
                    .epsilon = 300'000};
  Claim consumer, provider;
  consumer.columns = {{"x", 2, ""}};
  provider.columns = {{"y", 0, ""}};
  const mpc::JoinShape shape = shape_of(**find_algorithm("join-psty19"), query, consumer, provider);
  EXPECT_FALSE(shape.silent);
  EXPECT_TRUE(shape_of(**find_algorithm("join-psty19-silent"), query, consumer, provider).silent);
  ASSERT_EQ(shape.noise.size(), 3u);
  EXPECT_EQ(shape.noise[0], (mpc::DiscreteLaplace{300'000, 3'000'000}));  // of the count: a tenth
  EXPECT_EQ(shape.noise[1], (mpc::DiscreteLaplace{300'000, 3'000'000 * 500}));
  EXPECT_EQ(shape.noise[2], (mpc::DiscreteLaplace{300'000, 3'000'000'000}));
  EXPECT_EQ(shape.asker_bounds, (std::vector<mpc::JoinBounds>{{-500, 300}}));
  EXPECT_EQ(shape.holder_bounds, (std::vector<mpc::JoinBounds>{{0, 1000}}));
}

TEST(FiguresNoise, MoreThanCanBeDrawnIsNone) {
  const Query query{.items = {{.function = Item::Function::kCount, .column = {}}}, .group = {}, .epsilon = 1};
  EXPECT_TRUE(noise_of(query, 1, 0));
  EXPECT_FALSE(noise_of(query, 10'000'000, 0));          // more digits than can be drawn
  EXPECT_FALSE(noise_of(query, 1'000'000'000'000, 9));   // more than 64 bits
}

}  // namespace
}  // namespace weir::use::job
