// SPDX-License-Identifier: Apache-2.0
#include "weir/node/hooks.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include "weir/wire/json.h"

namespace weir::node {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    path = (fs::temp_directory_path() / "weir-hooks-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
  }
  ~Folder() { fs::remove_all(path); }
  void put(const std::string& name, const std::string& script, bool executable = true) const {
    std::ofstream(path + "/" + name) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(path + "/" + name, executable ? fs::perms::owner_all : fs::perms::owner_read);
  }
  std::string path;
};

flow::usage::OwedObligation obligation(const std::string& action) {
  flow::usage::OwedObligation out;
  out.id = "o-1";
  out.agreement = "urn:a";
  out.action = action;
  out.parameters = R"({"action":"anonymize"})";
  return out;
}

TEST(Hooks, TheProgramReadsTheObligationAndWhatItWritesIsTheProof) {
  const Folder folder;
  folder.put("anonymize", "cat");
  Hooks hooks(folder.path);
  ASSERT_TRUE(hooks.handles("anonymize"));
  const auto read = wire::parse_json(*hooks.perform(obligation("anonymize")));
  EXPECT_EQ(read->text_or("obligation", ""), "o-1");
  EXPECT_EQ(read->text_or("agreement", ""), "urn:a");
  EXPECT_EQ((*read)["duty"].text_or("action", ""), "anonymize");
}

TEST(Hooks, AProgramThatReadsNothingAndWritesMuchIsFineToo) {
  const Folder folder;
  folder.put("inform", "head -c 300000 /dev/zero | tr '\\0' x");
  Hooks hooks(folder.path);
  EXPECT_EQ(hooks.perform(obligation("inform"))->size(), 4000u);
}

// ── what is no hook, or fails ──

TEST(Hooks, OnlyExecutablesOfAPlainNameAreHooks) {
  const Folder folder;
  folder.put("anonymize", "exit 0", false);
  folder.put("pay-now", "exit 0");
  const Hooks hooks(folder.path);
  for (const char* action : {"anonymize", "missing", "", ".", "..", "../sh", "pay-now", "a/b"}) {
    EXPECT_FALSE(hooks.handles(action)) << action;
  }
}

TEST(Hooks, WhatEndsBadlyOrCannotRunFulfilsNothing) {
  const Folder folder;
  folder.put("anonymize", "echo done; exit 3");
  folder.put("inform", "kill -9 $$");
  Hooks hooks(folder.path);
  EXPECT_EQ(hooks.perform(obligation("anonymize")).error().reason(), "hook.failed");
  EXPECT_EQ(hooks.perform(obligation("inform")).error().reason(), "hook.failed");
  EXPECT_EQ(hooks.perform(obligation("missing")).error().reason(), "hook.failed");
}

TEST(Hooks, WhatDoesNotEndIsEndedWithAllItStarted) {
  const Folder folder;
  folder.put("anonymize", "sleep 600 & echo $!; sleep 600");
  Hooks hooks(folder.path, Milliseconds(200));
  EXPECT_EQ(hooks.perform(obligation("anonymize")).error().reason(), "hook.failed");
}

}  // namespace
}  // namespace weir::node
