// Output: how the command line speaks to people and machines: tables, progress, bilingual sentences, JSON.
//
// Results go to stdout, everything else to stderr. Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::cli {

// What the exit code of a command means; docs/operate/command-line.md.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,     // it was tried and did not work out
  kUsage = 2,      // the command line is wrong
  kRefused = 3,    // terms or rights do not allow it
  kNotFound = 4,
  kNotRunning = 5,  // the node, or the other node, cannot be reached
};
Exit exit_of(const Error& error);

class Output {
 public:
  Output(bool json, Language language);
  bool json() const { return json_; }
  Language language() const { return language_; }
  const std::string& pick(const Text& text) const { return text.in(language_); }

  // With --json: the object on stdout. Without: nothing.
  void object(const wire::Json& value);
  // Without --json: a line on stdout. With: nothing.
  void line(std::string_view text);
  void line(const Text& text) { line(pick(text)); }
  // "✓ …", "✗ …", "→ …"
  void good(const Text& text);
  void bad(const Text& text);
  void next(const Text& text);  // what to do now
  void table(const std::vector<Text>& headings, const std::vector<std::vector<std::string>>& rows);
  void pairs(const std::vector<std::pair<Text, std::string>>& rows);
  // On stderr, with the advice; as a JSON problem with --json. Returns the exit code.
  int fail(const Error& error);

 private:
  bool json_;
  Language language_;
  bool colour_;
};

// A line on stderr that redraws itself, only on a terminal and only after a second.
class Progress {
 public:
  Progress(const Output& output, Text what);
  ~Progress();
  void show(std::uint64_t done, std::uint64_t total);

 private:
  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

// Columns on a terminal: a CJK character takes two.
std::size_t display_width(std::string_view text);
std::string format_bytes(std::uint64_t bytes);  // "1.5 MiB"

}  // namespace weir::cli
