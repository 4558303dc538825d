// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/standards/assessment/test_support.h"
#include "weir/standards/clause/registry.h"

namespace weir::standards::assessment {
namespace {

using clause::CheckKind;
using testing::HasSubstr;
using wire::Json;

const Timestamp kNow(1767225600000);

clause::Checklist small_list() {
  auto read = clause::parse_checklist(
      "document,clause,level,tier,check,applies,status,requirement_en,requirement_zh,note\n"
      "GB/T 1,,,,,,,A title,标题,\n"
      "GB/T 1,log,must,base,probe log,,assessed,Keep a log,保存日志,\n"
      "GB/T 1,plan,must,base,document,,assessed,Have a plan,有方案,\n"
      "GB/T 1,drill,should,base,interview,,assessed,Drill it,演练,\n"
      "GB/T 1,space,may,extended,probe offers createSpace,,assessed,Spaces,空间,\n"
      "GB/T 1,regional,must,base,probe log,regional,assessed,For regional nodes,区域,\n"
      "GB/T 1,shown,must,base,,,implemented,Shown by tests,由测试证明,\n");
  EXPECT_TRUE(read && read->problems.empty());
  return std::move(read->checklist);
}

Attestation statement(std::string clause, CheckKind kind, State answer) {
  Attestation out;
  out.id = "11111111-1111-4111-8111-111111111111";
  out.document = "GB/T 1";
  out.clause = std::move(clause);
  out.kind = kind;
  out.answer = answer;
  out.statement = "We did";
  out.actor = "anna";
  out.time = Timestamp(kNow.value() - 1000);
  out.signature = "ed25519:x";
  if (kind == CheckKind::kDocument) {
    out.file_name = "plan.pdf";
    out.file_hash = "sha256:00112233445566778899";
    out.file_bytes = 10;
  }
  return out;
}

struct Assessed {
  clause::Checklist list = small_list();
  Input input{.lists = {}, .subject = {"connector", "international"}, .facts = good_facts(), .filed = {}, .now = kNow,
              .hash = crypto::HashAlgorithm::kSha256, .version = "1"};
  Json run() {
    input.lists = {&list};
    return assess(input);
  }
  Outcome of(std::string_view clause) { return find(list, *list.find(clause), input); }
};

TEST(Assess, GivesEachClauseThatIsCheckedOneFinding) {
  Assessed node;
  const Json made = node.run();
  ASSERT_EQ(made["findings"].size(), 5u);  // not the one that tests show
  const Json& document = made["documents"].items().front();
  EXPECT_EQ(document["counts"], Json::object({{"met", 1}, {"notMet", 1}, {"notTested", 2}, {"notApplicable", 1}}));
  EXPECT_EQ(document["musts"], Json::object({{"met", 1}, {"notMet", 0}, {"notTested", 1}, {"notApplicable", 1}}));
  EXPECT_FALSE(document.boolean_or("meetsAllMusts", true));
  EXPECT_EQ(document.integer_or("score", 0), 33);  // 3 of 3+3+2+1
}

TEST(Assess, TheSameInputGivesTheSameBytes) {
  Assessed one;
  Assessed other;
  EXPECT_EQ(one.run().canonical(), other.run().canonical());
  other.input.now = Timestamp(kNow.value() + 1000);
  EXPECT_NE(one.run().text_or("assessment", "a"), other.run().text_or("assessment", "b"));
}

TEST(Assess, KeepsWhatItSawWithItsDigest) {
  Assessed node;
  const Json made = node.run();
  EXPECT_EQ(made["facts"]["log"]["value"], node.input.facts["log"]);
  EXPECT_THAT(made["facts"]["log"].text_or("digest", ""), testing::StartsWith("sha256:"));
  EXPECT_EQ(made["findings"].items().front()["evidence"], Json::array({"log"}));
}

TEST(Assess, TakesADocumentAndAStatementAsEvidence) {
  Assessed node;
  node.input.filed = {statement("plan", CheckKind::kDocument, State::kMet),
                      statement("drill", CheckKind::kInterview, State::kMet)};
  const Json made = node.run();
  EXPECT_TRUE(made["documents"].items().front().boolean_or("meetsAllMusts", false));
  EXPECT_EQ(made["filed"].size(), 2u);
  EXPECT_THAT(node.of("plan").detail.en, HasSubstr("plan.pdf, sha256:001122334455"));
}

TEST(Assess, TheLastWordAboutAClauseCounts) {
  Assessed node;
  node.input.filed = {statement("drill", CheckKind::kInterview, State::kMet),
                      statement("drill", CheckKind::kInterview, State::kNotMet)};
  node.input.filed[1].time = Timestamp(kNow.value() - 500);
  EXPECT_EQ(node.of("drill").state, State::kNotMet);
  node.input.filed[1].time = Timestamp(kNow.value() - 5000);
  EXPECT_EQ(node.of("drill").state, State::kMet);
}

TEST(Assess, GivesAnAreaOfMaturityTheLowestOfItsDimensionsAndTheWholeTheLowestOfItsAreas) {
  const clause::Checklist& list = *clause::Registry::embedded().find("GB/T 37988-2019");
  Assessed node;
  for (const clause::Clause& clause : list.clauses) {
    Attestation one = statement(clause.id, CheckKind::kMaturity, State::kMet);
    one.document = list.document;
    one.maturity = clause.id == "PA05.people" ? 2 : clause.id.starts_with("PA05") ? 4 : 3;
    node.input.filed.push_back(one);
  }
  node.input.lists = {&list};
  const Json made = assess(node.input);
  const Json& maturity = made["documents"].items().front()["maturity"];
  EXPECT_EQ(maturity.integer_or("level", 0), 2);
  ASSERT_EQ(maturity["areas"].size(), 30u);
  EXPECT_EQ(maturity["areas"].items()[4], Json::object({{"area", "PA05"}, {"level", 2}}));
  EXPECT_EQ(maturity["areas"].items()[5], Json::object({{"area", "PA06"}, {"level", 3}}));
}

TEST(Assess, ScoresQualityByCharacteristic) {
  const clause::Checklist& list = *clause::Registry::embedded().find("Cloud quality evaluation");
  Assessed node;
  node.input.lists = {&list};
  Json made = assess(node.input);
  const auto score = [&](const char* group) {
    for (const Json& row : made["documents"].items().front()["groups"].items()) {
      if (row.text_or("group", "") == group) return row.integer_or("score", -1);
    }
    return std::int64_t{-1};
  };
  EXPECT_EQ(score("security"), 100);
  EXPECT_EQ(score("functionality"), 98);  // of 100 and 97
  EXPECT_EQ(score("usability"), 0);       // nobody filed a document
  node.input.facts.seen["latency"].set("p95Micros", 505'000);
  made = assess(node.input);
  EXPECT_EQ(score("performance"), 50);
  EXPECT_EQ(mark_of(90), "A");
  EXPECT_EQ(mark_of(89), "B");
  EXPECT_EQ(mark_of(60), "C");
  EXPECT_EQ(mark_of(59), "D");
}

// ── what is not evidence ──

TEST(NotEvidence, NobodysWordOverridesAProbe) {
  Assessed node;
  node.input.facts.seen["log"].set("ok", false);
  node.input.filed = {statement("log", CheckKind::kInterview, State::kMet)};
  EXPECT_EQ(node.of("log").state, State::kNotMet);
}

TEST(NotEvidence, AStatementWhereADocumentIsAskedFor) {
  Assessed node;
  node.input.filed = {statement("plan", CheckKind::kInterview, State::kMet)};
  EXPECT_EQ(node.of("plan").state, State::kNotTested);
}

TEST(NotEvidence, ADocumentWithoutAHash) {
  Assessed node;
  node.input.filed = {statement("plan", CheckKind::kDocument, State::kMet)};
  node.input.filed[0].file_hash.clear();
  EXPECT_EQ(node.of("plan").state, State::kNotTested);
}

TEST(NotEvidence, AStatementThatNobodySigned) {
  Assessed node;
  node.input.filed = {statement("drill", CheckKind::kInterview, State::kMet)};
  node.input.filed[0].signature.clear();
  EXPECT_EQ(node.of("drill").state, State::kNotTested);
}

TEST(NotEvidence, WhatIsNoLongerValid) {
  Assessed node;
  node.input.filed = {statement("drill", CheckKind::kInterview, State::kMet)};
  node.input.filed[0].valid_until = kNow;
  EXPECT_EQ(node.of("drill").state, State::kNotTested);
  node.input.filed[0].valid_until = Timestamp(kNow.value() + 1);
  EXPECT_EQ(node.of("drill").state, State::kMet);
}

TEST(NotEvidence, NoWordAtAll) {
  Assessed node;
  EXPECT_EQ(node.of("plan").state, State::kNotTested);
  EXPECT_EQ(node.of("drill").state, State::kNotTested);
  EXPECT_TRUE(node.of("plan").evidence.empty());
}

// ── attestations ──

TEST(Attestation, ReadsWhatItWrites) {
  for (const CheckKind kind : {CheckKind::kDocument, CheckKind::kInterview, CheckKind::kMaturity}) {
    Attestation one = statement("x", kind, State::kNotApplicable);
    if (kind == CheckKind::kMaturity) one.maturity = 3;
    one.valid_until = Timestamp(kNow.value() + 1);
    const auto again = parse_attestation(to_json(one));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again, one);
  }
}

TEST(AttestationRefuses, WhatIsMalformed) {
  const Json good = to_json(statement("x", CheckKind::kInterview, State::kMet));
  for (const auto& [member, value] : std::vector<std::pair<const char*, Json>>{
           {"kind", "rumour"}, {"answer", "maybe"}, {"time", "yesterday"}, {"kind", "maturity"}, {"clause", 7}}) {
    Json bad = good;
    bad.set(member, value);
    EXPECT_FALSE(parse_attestation(bad)) << member;
  }
}

}  // namespace
}  // namespace weir::standards::assessment
