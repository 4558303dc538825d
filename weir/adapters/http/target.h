// Target: the request target and the patterns of routes: parsing and matching.
//
// RFC 9112 section 3.2, RFC 3986. Origin form and absolute form are read; dot segments, NUL, non-ASCII bytes,
// fragments and escapes that are not UTF-8 are refused. Thread-safety: pure functions. Trust: hostile input, fuzzed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/result.h"

namespace weir::adapters::http {

struct Target {
  std::string path;                   // still escaped, starts with '/'; "*" of OPTIONS
  std::vector<std::string> segments;  // unescaped
  std::vector<std::pair<std::string, std::string>> query;
};

// Fails with kInvalidArgument ("http.target").
Result<Target> parse_target(std::string_view text);
// "a=1&b=x%20y"; '+' is a space.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text);

// One piece of "/api/v1/products/{id}": a literal, {name}, or a last {name...}.
struct PatternPiece {
  enum class Kind : std::uint8_t { kLiteral, kParameter, kRest };
  Kind kind;
  std::string text;
};
// Requires: a well-formed pattern (checked).
std::vector<PatternPiece> parse_pattern(std::string_view pattern);

using PathParameters = std::map<std::string, std::string, std::less<>>;
std::optional<PathParameters> match_pattern(const std::vector<PatternPiece>& pattern, const Target& target);

}  // namespace weir::adapters::http
