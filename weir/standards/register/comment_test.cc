// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/comment.h"

#include <gtest/gtest.h>

namespace weir::standards::registering {
namespace {

using wire::Json;

Json example() {
  return Json::object({{"standard", "PRJ-TC260-WG5-04"},
                       {"clause", "6.2.1"},
                       {"text", "Memory isolation by hardware is out of reach of data collectors."},
                       {"proposal", "Should, for devices with less than 1 MiB of memory."},
                       {"who", "Siemens (China)"},
                       {"infeasibleFor", Json::strings({"collector", "plc"})}});
}
std::string reason(const Json& json) {
  const auto read = parse_comment(json);
  return read ? "ok" : std::string(read.error().message());
}

// The case of the report on TC260: exact clauses that constrained devices cannot meet.
TEST(Comment, SaysWhichClausesAClassOfDeviceCannotMeet) {
  Comment first = *parse_comment(example());
  first.id = 1;
  Comment second = *parse_comment(example().set("clause", "6.3").set("infeasibleFor", Json::strings({"collector"})));
  second.id = 2;
  const Json report = feasibility({first, second});
  ASSERT_EQ(report.size(), 2u);
  EXPECT_EQ(report.items()[0].text_or("device", ""), "collector");
  EXPECT_EQ(report.items()[0]["infeasible"].size(), 2u);
  EXPECT_EQ(report.items()[1]["infeasible"].size(), 1u);
}

TEST(Comment, WithTheDraftsClausesSaysHowManyMustsAreOutOfReach) {
  const clause::Checklist draft{
      .document = "OS 1",
      .clauses = {{.id = "6.2.1", .level = clause::Level::kMust, .requirement = {"Memory is isolated", "内存隔离"}},
                  {.id = "6.3", .level = clause::Level::kShould},
                  {.id = "6.4", .level = clause::Level::kMust},
                  {.id = "6.5", .level = clause::Level::kMust, .applies = {"device:plc"}}}};
  const Json report = feasibility({*parse_comment(example()), *parse_comment(example().set("clause", "6.3"))}, &draft);
  const Json& collector = report.items()[0];
  EXPECT_EQ(collector["profile"].integer_or("clauses", 0), 3);  // 6.5 concerns another class
  EXPECT_EQ(collector["profile"].integer_or("musts", 0), 2);
  EXPECT_EQ(collector["profile"].integer_or("infeasibleMusts", 0), 1);
  EXPECT_EQ(collector["infeasible"].items()[0].text_or("level", ""), "must");
  EXPECT_EQ(report.items()[1]["profile"].integer_or("musts", 0), 3);
}

TEST(Comment, TheSummaryTableIsSafeInASpreadsheet) {
  Comment comment = *parse_comment(example().set("text", "=1+1, \"quoted\""));
  comment.verdict = Verdict::kRejected;
  comment.reason = "已有规定";
  const std::string table = summary_table({comment});
  EXPECT_NE(table.find("1,\"6.2.1\",\"'=1+1, \"\"quoted\"\"\""), std::string::npos);
  EXPECT_NE(table.find("\"不采纳\",\"已有规定\""), std::string::npos);
}

TEST(Comment, StatisticsCountByVerdictKindClauseAndPerson) {
  const Comment comment = *parse_comment(example());
  const Json counts = statistics({comment, comment});
  EXPECT_EQ(counts.integer_or("total", 0), 2);
  EXPECT_EQ(counts["byVerdict"].integer_or("open", 0), 2);
  EXPECT_EQ(counts["byClause"].integer_or("6.2.1", 0), 2);
}

// ── what is refused, and why ──

TEST(Comment, RefusesWhatIsIncomplete) {
  EXPECT_EQ(reason(Json::array()), "a comment is an object");
  EXPECT_EQ(reason(example().set("standard", "")), "a comment names the standard");
  EXPECT_EQ(reason(example().set("text", "")), "a comment has a text of at most 20,000 bytes");
  EXPECT_EQ(reason(example().set("who", "")), "a comment says who makes it");
  EXPECT_EQ(reason(example().set("kind", "angry")), "the kind is general, technical or editorial");
  EXPECT_EQ(reason(example().set("clause", "")), "what a class of device cannot meet is an exact clause");
  EXPECT_EQ(parse_decision(Json::object({{"comment", 1}, {"verdict", "rejected"}})).error().message(),
            "what is not accepted, or in part, needs a reason");
  EXPECT_EQ(parse_decision(Json::object({{"comment", 1}, {"verdict", "open"}})).error().reason(), "comment.bad");
  EXPECT_TRUE(parse_decision(Json::object({{"comment", 1}, {"verdict", "accepted"}})).ok());
}

}  // namespace
}  // namespace weir::standards::registering
