// Test help: reading vectors and policies in the tests of this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "weir/policy/decide.h"
#include "weir/policy/odrl.h"
#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy::test {

inline std::string vectors() { return std::string(WEIR_SOURCE_DIR) + "/tests/vectors/policy/"; }

inline std::string read_file(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(vectors() + folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

inline wire::Json json(std::string_view text) {
  auto read = wire::parse_json(text);
  EXPECT_TRUE(read.ok()) << text;
  return read ? *read : wire::Json();
}

inline Policy odrl(std::string_view text) {
  auto read = parse_odrl(json(text));
  EXPECT_TRUE(read.ok()) << (read ? "" : read.error().message());
  return read ? *read : Policy();
}

inline Program program(const Policy& policy) {
  auto compiled = compile(policy);
  EXPECT_TRUE(compiled.ok()) << (compiled ? "" : compiled.error().message());
  return compiled ? *compiled : Program();
}

inline Timestamp at(std::string_view text) {
  const auto time = parse_iso8601(text);
  EXPECT_TRUE(time.ok()) << text;
  return time ? *time : Timestamp();
}

// All the English reasons in one text.
inline std::string why(const Program& compiled, const Request& request, const Decision& decision) {
  std::string out;
  for (const Reason& reason : reasons(compiled, request, decision)) {
    EXPECT_FALSE(reason.why.en.empty());
    EXPECT_FALSE(reason.why.zh.empty());
    out += reason.why.en + "\n";
  }
  return out;
}

}  // namespace weir::policy::test
