// SPDX-License-Identifier: Apache-2.0
#include "apps/weir-verify/command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "weir/tlog/bundle_fixture.h"
#include "weir/tlog/tile.h"

namespace weir::apps {
namespace {

using tlog::BundleFixture;

const BundleFixture& fixture() {
  static const BundleFixture made;
  return made;
}

struct Outcome {
  int exit = 0;
  std::string out;
  std::string err;
};

class VerifyCommand : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(folder_.path()) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static Outcome run(const std::vector<std::string>& arguments, std::string_view language = "") {
    std::ostringstream out;
    std::ostringstream err;
    Outcome outcome;
    outcome.exit = verify_command(arguments, language, out, err);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }
  std::string bundle() { return write("bundle.json", tlog::format(fixture().bundle())); }
  std::string log() {
    return write("log.jsonl", fixture().export_of(fixture().provider, fixture().story_of(fixture().provider, false)));
  }
  std::string anchor() { return write("ca.pem", fixture().authority.certificate.pem()); }

  weir::testing::TemporaryFolder folder_;
};

TEST_F(VerifyCommand, AnHonestBundleExitsWithZeroAndSaysWhatHolds) {
  const Outcome outcome = run({bundle(), "--anchor", anchor()});
  EXPECT_EQ(outcome.exit, kExitOk) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("\xE2\x9C\x93 both parties signed the same agreement"), std::string::npos);
  EXPECT_EQ(outcome.out.find("\xE2\x9C\x97"), std::string::npos);
  EXPECT_EQ(run({"--anchor-fingerprint=" + fixture().anchor(), bundle()}).exit, kExitOk);
}

TEST_F(VerifyCommand, SpeaksChineseAndJson) {
  EXPECT_NE(run({bundle(), "--anchor", anchor()}, "zh_CN.UTF-8").out.find("双方签署了同一份合同"), std::string::npos);
  EXPECT_NE(run({bundle(), "--anchor", anchor(), "--lang", "zh"}).out.find("全部核验通过"), std::string::npos);
  const Outcome outcome = run({bundle(), "--anchor", anchor(), "--json"});
  const auto json = wire::parse_json(outcome.out);
  ASSERT_TRUE(json);
  EXPECT_TRUE((*json)["ok"].as_bool());
}

TEST_F(VerifyCommand, AnHonestLogHolds) {
  const Outcome outcome = run({"log", log(), "--anchor", anchor()});
  EXPECT_EQ(outcome.exit, kExitOk) << outcome.out << outcome.err;
  const auto json = wire::parse_json(run({"log", log(), "--anchor", anchor(), "--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["entries"].as_integer(), 27);
}

// The log of the fixture as static tiles.
void write_tiles(const std::function<void(const std::string&, std::string_view)>& write,
                 std::string_view changed = {}) {
  const std::vector<std::string> lines =
      split(fixture().export_of(fixture().provider, fixture().story_of(fixture().provider, false)), '\n');
  std::vector<Bytes> entries;
  std::string hashes;
  std::string note;
  for (const std::string& line : lines) {
    const auto json = wire::parse_json(line.empty() ? "{}" : line);
    if (json->has("checkpoint")) note = (*json)["checkpoint"].as_string();
    if (!json->has("leaf")) continue;
    std::string leaf = (*json)["leaf"].as_string();
    hashes += text_of(tlog::leaf_hash(crypto::HashAlgorithm::kSha256, view_of(leaf)));
    if (entries.size() == 5 && !changed.empty()) leaf = changed;
    entries.push_back(copy_of(view_of(leaf)));
  }
  const auto width = static_cast<unsigned>(entries.size());
  write("tiles/signers.json", lines[0] + "\n");
  write("tiles/checkpoint", note);
  write("tiles/" + tlog::tile_path({0, 0, width}), hashes);
  write("tiles/" + tlog::entries_path(0, width), text_of(tlog::encode_entries(entries)));
}

TEST_F(VerifyCommand, ALogInAFolderOfTilesIsCheckedToo) {
  const auto put = [&](const std::string& name, std::string_view text) { write(name, text); };
  write_tiles(put);
  const Outcome good = run({"log", folder_.path() + "/tiles", "--anchor", anchor()});
  EXPECT_EQ(good.exit, kExitOk) << good.out << good.err;
  write_tiles(put, R"({"actor":"node:thief","body":{},"kind":"node.noted","time":"2026-01-01T00:00:00Z"})");
  const Outcome bad = run({"log", folder_.path() + "/tiles", "--anchor", anchor()});
  EXPECT_EQ(bad.exit, kExitFailed);
  EXPECT_NE(bad.out.find("entry 5 was rewritten"), std::string::npos) << bad.out;
}

// --- Errors ---

TEST_F(VerifyCommand, ALieExitsWithOne) {
  tlog::Bundle lie = fixture().bundle();
  lie.logs[0].entries.erase(lie.logs[0].entries.begin() + 2);
  const Outcome outcome = run({write("lie.json", tlog::format(lie)), "--anchor", anchor()});
  EXPECT_EQ(outcome.exit, kExitFailed);
  EXPECT_NE(outcome.out.find("\xE2\x9C\x97 everything happened in legal order"), std::string::npos) << outcome.out;
  EXPECT_EQ(run({bundle()}).exit, kExitFailed) << "nobody vouches for the authority";
}

TEST_F(VerifyCommand, ARewrittenEntryIsFoundAndNamed) {
  std::string text = fixture().export_of(fixture().provider, fixture().story_of(fixture().provider, false));
  text.replace(text.find("node:provider"), 13, "node:somebody");
  const Outcome outcome = run({"log", write("log.jsonl", text), "--anchor", anchor()});
  EXPECT_EQ(outcome.exit, kExitFailed);
  EXPECT_NE(outcome.out.find("entry 2 was rewritten"), std::string::npos) << outcome.out;
}

TEST_F(VerifyCommand, WrongArgumentsAndFilesExitWithTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"a", "b"},
                                             {"log"},
                                             {bundle(), "--no-such"},
                                             {bundle(), "--anchor"},
                                             {bundle(), "--anchor", "/nonexistent"},
                                             {bundle(), "--anchor-fingerprint", "xx"},
                                             {bundle(), "--lang", "fr"},
                                             {bundle(), "--json=1"},
                                             {"/nonexistent"},
                                             {anchor()},
                                             {log()},
                                             {"log", bundle()},
                                             {"log", folder_.path()},
                                             {"log", "/nonexistent"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, kExitUsage) << (arguments.empty() ? "" : arguments.back());
    EXPECT_FALSE(outcome.err.empty());
  }
  EXPECT_EQ(run({"--help"}).exit, kExitOk);
}

}  // namespace
}  // namespace weir::apps
