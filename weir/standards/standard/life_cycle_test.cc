// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/life_cycle.h"
#include "weir/standards/standard/xml.h"

#include <gtest/gtest.h>

#include "weir/standards/standard/import.h"

namespace weir::standards::standard {
namespace {

Registry registry_of(const std::string& csv) {
  Registry out;
  const auto table = read_csv(view_of(csv));
  EXPECT_TRUE(table.ok());
  EXPECT_TRUE(import_table(out, *table, {.source = "a list", .as_of = {2026, 9, 1}}).ok());
  out.settle();
  return out;
}

TEST(LifeCycle, TheSameCodeMeansOtherThingsInChinaAndIso) {
  EXPECT_EQ(stage_of("30", Body::kChina).words.en, "public comment");
  EXPECT_EQ(stage_of("30", Body::kIso).words.en, "committee");
  EXPECT_EQ(stage_of("40.20", Body::kIso).words.en, "enquiry, main action begins");
  EXPECT_EQ(status_of_stage("40.20", Body::kIso), Status::kComment);
  EXPECT_EQ(status_of_stage("40", Body::kChina), Status::kReview);
  EXPECT_EQ(status_of_stage("90.93", Body::kIso), Status::kInForce);
  EXPECT_FALSE(status_of_stage("77", Body::kIso));
}

TEST(LifeCycle, PublicCommentClosesOnTheSixtiethDay) {
  const Registry registry = registry_of(
      "number,status,comment_from,comment_until\nGB/T "
      "1-2026,comment,2026-10-01,\nTC609-6-2025-17,comment,2026-10-01,\nGB/T "
      "2-2026,comment,2026-10-01,2026-10-31\nGB/T 3-2026,drafting,2026-10-01,\n");
  const auto due = deadlines(registry, {2026, 10, 20}, {2026, 10, 1}, {2026, 12, 31}, true);
  ASSERT_EQ(due.size(), 3u);
  EXPECT_EQ(format(due[0].due), "2026-10-15");  // a technical document: fourteen days
  EXPECT_TRUE(due[0].overdue);
  EXPECT_TRUE(due[1].stated);
  EXPECT_EQ(due[1].note.en, "the period of 30 days is shorter than 60");
  EXPECT_EQ(format(due[2].due), "2026-11-30");
  EXPECT_FALSE(due[2].overdue);
}

TEST(LifeCycle, ReviewIsDueAfterFiveYearsUnlessASuccessorIsThere) {
  const Registry registry = registry_of(
      "number,status,published,replaces\nGB/T 1-2021,in-force,2021-12-15,\nGB/T 2-2020,in-force,2020-03-01,\nGB/T "
      "3-2021,in-force,2021-12-15,\nGB/T 3-2026,in-force,2026-01-01,GB/T 3-2021\nGB/T 4-2021,in-force,,\n");
  const auto next = deadlines(registry, {2026, 11, 21}, {2026, 12, 1}, {2026, 12, 31}, false);
  ASSERT_EQ(next.size(), 2u);
  EXPECT_EQ(format(next[0].due), "2026-12-15");
  EXPECT_TRUE(next[1].rough);  // only its year is known: the last day it can be
  EXPECT_EQ(deadlines(registry, {2026, 11, 21}, {2026, 12, 1}, {2026, 12, 31}, true).size(), 3u);
}

TEST(LifeCycle, EntryIntoForceNamesTheEditionThatEnds) {
  const Registry registry = registry_of(
      "number,status,published,implemented,replaces\nGB/T 22080-2025,published,2025-06-30,2026-01-01,GB/T "
      "22080-2016\n");
  const auto due = deadlines(registry, {2025, 12, 1}, {2025, 12, 1}, {2026, 1, 31}, false);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].rule, "force");
  EXPECT_EQ(due[0].note.en, "from then GB/T 22080-2016 no longer counts");
}

TEST(LifeCycle, ANewInternationalEditionShouldBeAdoptedWithinAYear) {
  const Registry registry = registry_of(
      "number,status,published,adopts,adoption\nGB/T 1-2016,under-review,2016-08-29,ISO/IEC 27001:2013,IDT\nISO/IEC "
      "27001:2013,withdrawn,2013-10,,\nISO/IEC 27001:2022,in-force,2022-10,,\n");
  const auto due = deadlines(registry, {2026, 1, 1}, {2026, 1, 1}, {2026, 1, 31}, true);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(format(due[0].due), "2023-10-31");
  EXPECT_TRUE(due[0].overdue);
}

TEST(LifeCycle, ATitleCannotWriteLinesOfItsOwnIntoAFeed) {
  const Registry registry =
      registry_of("number,title_en,status,published\nGB/T 1-2021,\"A\nBEGIN:VALARM\x01\",in-force,2021-12-15\n");
  const auto due = deadlines(registry, {2026, 11, 21}, {2026, 12, 1}, {2026, 12, 31}, false);
  const std::string calendar = to_calendar(registry, due, Language::kEnglish, Timestamp(0));
  EXPECT_EQ(calendar.find("\nBEGIN:VALARM"), std::string::npos);
  EXPECT_NE(calendar.find("A\\nBEGIN:VALARM"), std::string::npos);
  EXPECT_EQ(to_atom(registry, timeline(registry, {0}), Language::kEnglish, Timestamp(0)).find('\x01'),
            std::string::npos);
}

TEST(LifeCycle, TwoSourcesThatSayTheSameMakeOneEvent) {
  const Registry registry = registry_of(
      "number,published,source\nGB/T 1-2021,2021-12-15,one\nGB/T 1-2021,2021-12-15,two\n"
      "GB/T 1-2021,2021-12-16,three\n");
  EXPECT_EQ(timeline(registry, {0}).size(), 2u);
}

TEST(LifeCycle, FeedsAreWellFormed) {
  const Registry registry = registry_of(
      "number,title_zh,title_en,status,published\nGB/T "
      "1-2021,很长的中文标题很长的中文标题很长的中文标题很长的中文标题，带逗号; 与分号,\"A, B; "
      "<C>\",in-force,2021-12-15\n");
  const auto due = deadlines(registry, {2026, 11, 21}, {2026, 12, 1}, {2026, 12, 31}, false);
  const std::string calendar = to_calendar(registry, due, Language::kChinese, Timestamp(0));
  EXPECT_NE(calendar.find("DTSTART;VALUE=DATE:20261215\r\n"), std::string::npos);
  EXPECT_NE(calendar.find("DTSTAMP:19700101T000000Z\r\n"), std::string::npos);
  for (const std::string& line : split(calendar, '\n')) {
    EXPECT_LE(line.size(), 76u);
    EXPECT_TRUE(is_utf8(line));
  }
  const std::string atom = to_atom(registry, timeline(registry, {0}), Language::kEnglish, Timestamp(0));
  EXPECT_NE(atom.find("A, B; &lt;C&gt;"), std::string::npos);
  EXPECT_NE(atom.find("2021-12-15T00:00:00+08:00"), std::string::npos);
}

TEST(Xml, TextsStandInElementsAndAttributes) {
  EXPECT_EQ(escape_xml("云 <a> & \"b\"\x01\n"), "云 &lt;a&gt; &amp; &quot;b&quot;  ");
}

}  // namespace
}  // namespace weir::standards::standard
