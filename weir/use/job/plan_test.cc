// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/plan.h"

#include <gtest/gtest.h>

#include "weir/mpc/two_parties.h"
#include "weir/use/job/probe.h"

namespace weir::use::job {
namespace {

constexpr LineSpeed kHere{.round_trip_us = 100, .bytes_per_second = 1'000'000'000};
constexpr LineSpeed kSlow{.round_trip_us = 30'000, .bytes_per_second = 20'000};

Estimate of(std::string_view id, std::int64_t consumer, std::int64_t provider, const LineSpeed& line) {
  return estimate(**find_algorithm(id), {.consumer = consumer, .provider = provider}, std::nullopt, line);
}

std::string chosen(std::int64_t consumer, std::int64_t provider, const LineSpeed& line,
                   const std::string& denied = "", Answer answer = Answer::kRows) {
  std::vector<Candidate> all;
  for (const Algorithm& each : algorithms()) {
    if (each.answer != answer) continue;
    all.push_back({&each, each.id != denied, of(each.id, consumer, provider, line)});
  }
  const auto choice = choose(all);
  return choice ? all[*choice].algorithm->id : "";
}

TEST(Plan, WithAGoodLineTheMaliciousAndFastOneIsChosen) {
  EXPECT_EQ(chosen(1 << 20, 1 << 20, kHere), "psi-rr22");
  EXPECT_EQ(chosen(1000, 1'000'000, kHere), "psi-rr22");
}

TEST(Plan, FewKeysOnASlowLineAreLeftToDiffieHellman) { EXPECT_EQ(chosen(100, 200, kSlow), "psi-ecdh-x25519"); }

TEST(Plan, AmongThoseThatGiveTheSizeTheFasterCurveIsChosen) {
  EXPECT_EQ(chosen(1000, 2000, kHere, "", Answer::kSize), "psi-size-x25519");
  EXPECT_EQ(chosen(1000, 2000, kHere, "psi-size-x25519", Answer::kSize), "psi-size-sm2");
  EXPECT_EQ(chosen(1000, 2000, kHere, "", Answer::kBoth), "psi-both-rr22");
}

TEST(Plan, SaysWhyInALine) {
  const Algorithm& safe = **find_algorithm("psi-rr22");
  const Algorithm& quick = **find_algorithm("psi-ecdh-x25519");
  const auto said = [&](std::int64_t safe_ms, std::int64_t quick_ms, bool quick_allowed) {
    const Candidate both[] = {{&safe, true, {.milliseconds = safe_ms}},
                              {&quick, quick_allowed, {.milliseconds = quick_ms}}};
    return why(both, *choose(both)).en;
  };
  EXPECT_EQ(said(50, 10, false), "the only one that the terms allow");
  EXPECT_EQ(said(50, 10, true), "withstands a side that deviates, in about 50 ms; psi-ecdh-x25519 takes 10 ms");
  EXPECT_EQ(said(9000, 10, true), "the fastest that the terms allow, in about 10 ms; psi-rr22 takes 9000 ms");
}

TEST(Plan, WhatIsNotAllowedIsNotChosen) {
  EXPECT_EQ(chosen(1 << 20, 1 << 20, kHere, "psi-rr22"), "psi-ecdh-x25519");
  EXPECT_FALSE(choose({}));
}

TEST(Plan, TimeGrowsWithSizesAndWithASlowerLine) {
  EXPECT_LT(of("psi-rr22", 1000, 1000, kHere).milliseconds, of("psi-rr22", 1'000'000, 1000, kHere).milliseconds);
  EXPECT_LT(of("psi-rr22", 1000, 1000, kHere).milliseconds, of("psi-rr22", 1000, 1'000'000, kHere).milliseconds);
  EXPECT_LT(of("psi-rr22", 1000, 1000, kHere).milliseconds, of("psi-rr22", 1000, 1000, kSlow).milliseconds);
}

TEST(Plan, AQueryCostsByItsGroupsAndColumns) {
  const Algorithm& join = **find_algorithm("join-psty19");
  const auto moved = [&](const char* sql, std::int64_t groups) {
    const auto statement = parse_statement(sql, {});
    const Estimate out =
        estimate(join, {.consumer = 1000, .provider = 1000, .groups = groups}, statement->query, kHere);
    return out.sent + out.received;
  };
  const auto plain = moved("SELECT COUNT(*) FROM a JOIN b USING (id)", 1);
  EXPECT_LT(plain, moved("SELECT COUNT(*), SUM(a.x) FROM a JOIN b USING (id)", 1));
  EXPECT_LT(moved("SELECT COUNT(*) FROM a JOIN b USING (id) GROUP BY a.g", 4),
            moved("SELECT COUNT(*) FROM a JOIN b USING (id) GROUP BY a.g", 40));
}

TEST(Plan, AFigureOnASlowLineHasSilentTransfersUnlessItsKeysAreFew) {
  constexpr LineSpeed slow{.round_trip_us = 30'000, .bytes_per_second = 12'500'000};
  const auto statement = parse_statement("SELECT COUNT(*), SUM(a.x) FROM a JOIN b USING (id)", {});
  const auto chosen = [&](std::int64_t keys, const LineSpeed& line) {
    std::vector<Candidate> all;
    for (const Algorithm& each : algorithms()) {
      if (!each.answers_query()) continue;
      all.push_back({&each, true, estimate(each, {.consumer = keys, .provider = keys}, statement->query, line)});
    }
    return all[*choose(all)].algorithm->id;
  };
  EXPECT_EQ(chosen(1 << 20, slow), "join-psty19-silent");
  EXPECT_EQ(chosen(1 << 20, kHere), "join-psty19");
  EXPECT_EQ(chosen(1000, slow), "join-psty19");
}

TEST(Plan, EveryAlgorithmHasItsCosts) {
  const auto statement = parse_statement("SELECT COUNT(*) FROM a JOIN b USING (id)", {});
  for (const Algorithm& each : algorithms()) {
    const auto query = each.answers_query() ? std::optional(statement->query) : std::nullopt;
    const Estimate got = estimate(each, {.consumer = 1000, .provider = 1000}, query, kHere);
    EXPECT_GT(got.milliseconds, 0) << each.id;
    const auto again = parse_estimate(to_json(got));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, got);
  }
}

TEST(Probe, FindsTheLinesSpeedByTheAskersClock) {
  // A clock that goes one microsecond a look: every trip takes one.
  std::int64_t time = 0;
  const auto [line, ended] =
      mpc::both([&](mpc::Channel& channel, Random&) { return probe(channel, [&] { return time += 1000; }); },
                [](mpc::Channel& channel, Random&) { return answer_probe(channel); });
  ASSERT_TRUE(line) << line.error().message();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(line->round_trip_us, 1);
  EXPECT_GT(line->bytes_per_second, 1'000'000'000);
}

// ── a party that deviates ──

TEST(Probe, WhoAsksForTooMuchOrTooOftenIsLeft) {
  const auto refuse = [](const Bytes& head, int times) {
    const auto [asked, ended] = mpc::both(
        [&](mpc::Channel& channel, Random&) -> Result<> {
          for (int i = 0; i < times; ++i) {
            Bytes answer(head[7]);
            WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(head)));
            WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(answer)));
          }
          return {};
        },
        [](mpc::Channel& channel, Random&) { return answer_probe(channel); });
    return ended ? std::string() : std::string(ended.error().reason());
  };
  EXPECT_EQ(refuse({0, 0, 0, 0, 0xff, 0, 0, 0}, 1), "mpc.message");
  EXPECT_EQ(refuse({0, 0, 0, 0, 0, 0, 0, 1}, kProbesMax), "mpc.message");
}

}  // namespace
}  // namespace weir::use::job
