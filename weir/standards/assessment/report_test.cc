// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/standards/assessment/assess.h"
#include "weir/standards/assessment/test_support.h"
#include "weir/standards/clause/registry.h"

namespace weir::standards::assessment {
namespace {

using testing::HasSubstr;
using testing::Not;
using wire::Json;

Json assessment_of(Facts facts) {
  Input input{.lists = {clause::Registry::embedded().find("TC609-6-2025-16")},
              .subject = {"connector", "international"},
              .facts = std::move(facts),
              .filed = {},
              .now = Timestamp(1767225600000),
              .hash = crypto::HashAlgorithm::kSha256,
              .version = "0.1.0"};
  return assess(input);
}

TEST(Report, HasEveryClauseItsFindingAndWhatShowsIt) {
  const Json assessment = assessment_of(good_facts());
  const std::string html = html_report(assessment, "ed25519:abc", Language::kEnglish);
  for (const Json& finding : assessment["findings"].items()) {
    EXPECT_THAT(html, HasSubstr("<td>" + finding.text_or("clause", "") + "<br>"));
  }
  EXPECT_THAT(html, HasSubstr("✓ met"));
  EXPECT_THAT(html, HasSubstr("ed25519:abc"));
  EXPECT_THAT(html, HasSubstr("first-party declaration"));
  EXPECT_THAT(html, HasSubstr("lang=\"en\""));
}

TEST(Report, SpeaksChinese) {
  const std::string html = html_report(assessment_of(good_facts()), "", Language::kChinese);
  EXPECT_THAT(html, HasSubstr("lang=\"zh-CN\""));
  EXPECT_THAT(html, HasSubstr("节点符合性评估报告"));
  EXPECT_THAT(html, HasSubstr("✓ 符合"));
  EXPECT_THAT(html, HasSubstr("可信数据空间 技术能力评价"));
  EXPECT_THAT(html, Not(HasSubstr("first-party declaration")));
}

TEST(Report, FetchesNothing) {
  const std::string html = html_report(assessment_of(good_facts()), "", Language::kEnglish);
  for (const char* word : {"src=", "href=\"http", "url(", "<script", "@import"}) EXPECT_THAT(html, Not(HasSubstr(word)));
}

TEST(Report, TheSameAssessmentGivesTheSameBytes) {
  EXPECT_EQ(html_report(assessment_of(good_facts()), "s", Language::kChinese),
            html_report(assessment_of(good_facts()), "s", Language::kChinese));
}

// ── hostile text ──

TEST(Report, WhatOthersWroteCannotBecomeMarkup) {
  Facts facts = good_facts();
  facts.seen["node"].set("name", "<script>alert(1)</script>\"&");
  facts.seen["search"] = Json::object({{"words", "<img onerror=x>"}, {"found", false}});
  const std::string html = html_report(assessment_of(facts), "", Language::kEnglish);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;"));
}

}  // namespace
}  // namespace weir::standards::assessment
