// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/export.h"

#include <gtest/gtest.h>

#include "weir/tlog/bundle_fixture.h"

namespace weir::tlog {
namespace {

const BundleFixture& fixture() {
  static const BundleFixture made;
  return made;
}

std::vector<std::string> lines_of_export() {
  const std::string text = fixture().export_of(fixture().provider, fixture().story_of(fixture().provider, false));
  std::vector<std::string> lines = split(text, '\n');
  lines.pop_back();
  return lines;
}

Result<LogReport> verify(const std::vector<std::string>& lines) {
  ExportVerifier verifier({.fingerprints = {fixture().anchor()}});
  for (const std::string& line : lines) WEIR_TRY(verifier.take(line));
  return std::move(verifier).finish();
}

// A line of the log, rewritten; `line` 0 is the header.
std::string replaced(std::string line, std::string_view from, std::string_view to) {
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << line;
  return line.replace(at, from.size(), to);
}

TEST(Export, OfAnHonestLogHolds) {
  const auto report = verify(lines_of_export());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->ok()) << report->problems[0].what.en;
  EXPECT_EQ(report->entries, 27u);
  EXPECT_EQ(report->checkpoints, 9u);
  EXPECT_EQ(report->node, "provider");
  EXPECT_EQ(report->authority, fixture().anchor());
}

// --- Errors ---

TEST(ExportLies, ARewrittenEntryIsNamed) {
  std::vector<std::string> lines = lines_of_export();
  lines[3] = replaced(lines[3], "node:provider", "node:nobody");  // entry 2: after the header and two others
  const auto report = verify(lines);
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->ok());
  EXPECT_EQ(report->problems[0].entry, 2u);
  EXPECT_NE(report->problems[0].what.en.find("entry 2 was rewritten"), std::string::npos);
}

TEST(ExportLies, AnEntryRewrittenTogetherWithItsHashIsFoundBetweenTwoCheckpoints) {
  std::vector<std::string> lines = lines_of_export();
  const auto stolen = Entry{.kind = "node.noted", .time = kFixtureStart, .actor = "node:thief"};
  const std::string leaf = *leaf_of(stolen);
  lines[6] = export_entry(LeafIndex(4), leaf, leaf_hash(HashAlgorithm::kSha256, view_of(leaf)));
  const auto report = verify(lines);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_EQ(report->problems[0].entry, 3u);
  EXPECT_NE(report->problems[0].what.en.find("entry 3 to 5 was rewritten"), std::string::npos)
      << report->problems[0].what.en;
}

TEST(ExportLies, MissingSwappedAndUnsignedEntriesAreNoticed) {
  std::vector<std::string> lines = lines_of_export();
  lines.erase(lines.begin() + 2);
  EXPECT_EQ(verify(lines)->problems[0].entry, 1u);
  lines = lines_of_export();
  std::swap(lines[1], lines[2]);
  EXPECT_FALSE(verify(lines)->ok());
  lines = lines_of_export();
  lines.pop_back();
  EXPECT_FALSE(verify(lines)->ok());
  lines = lines_of_export();
  lines.push_back(lines.back());
  EXPECT_FALSE(verify(lines)->ok());
}

TEST(ExportLies, AnotherNodesSignatureIsNotTheLogs) {
  std::vector<std::string> lines = lines_of_export();
  lines[0] = export_header(HashAlgorithm::kSha256,
                           {{fixture().authority.certificate.pem()}, {fixture().consumer.certificate.pem()}});
  EXPECT_FALSE(verify(lines)->ok());
}

TEST(ExportLies, WithoutAnAnchorOrAfterTheCertificatesEndNobodySigned) {
  ExportVerifier nobody({});
  for (const std::string& line : lines_of_export()) ASSERT_TRUE(nobody.take(line));
  EXPECT_FALSE(std::move(nobody).finish()->ok());
  std::vector<Entry> story = fixture().story_of(fixture().provider, false);
  story.back().time = Timestamp(kFixtureStart.value() + 400LL * 86'400'000);
  std::vector<std::string> lines = split(fixture().export_of(fixture().provider, story), '\n');
  lines.pop_back();
  EXPECT_FALSE(verify(lines)->ok());
}

TEST(ExportLies, NoBytesOfAnyLineCanBeChanged) {
  const std::vector<std::string> lines = lines_of_export();
  for (std::size_t line = 0; line < 5; ++line) {
    for (std::size_t i = 0; i < lines[line].size(); i += 7) {
      std::vector<std::string> changed = lines;
      changed[line][i] = static_cast<char>(changed[line][i] ^ (1 << (i % 7)));
      const auto report = verify(changed);
      ASSERT_FALSE(report && report->ok()) << "line " << line << " byte " << i;
    }
  }
}

TEST(ExportErrors, LinesOfAnotherFormatAreRefused) {
  const std::vector<std::string> good = lines_of_export();
  EXPECT_EQ(verify({}).error().reason(), "export.malformed");
  EXPECT_EQ(verify({"{}"}).error().reason(), "export.malformed");
  EXPECT_EQ(verify({good[1]}).error().reason(), "export.malformed");
  EXPECT_EQ(verify({good[0], "{}"}).error().reason(), "export.malformed");
  EXPECT_EQ(verify({good[0], " " + good[1]}).error().reason(), "export.malformed");
  EXPECT_EQ(verify({good[0], ""}).error().reason(), "export.malformed");
}

}  // namespace
}  // namespace weir::tlog
