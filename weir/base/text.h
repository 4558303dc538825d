// Text: a sentence in the languages that Weir speaks, and the small string helpers everybody needs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Language : std::uint8_t { kEnglish, kChinese };

// Reads "en", "en_GB.UTF-8", "zh", "zh-CN", "zh_CN.UTF-8", as in Accept-Language and LANG.
std::optional<Language> parse_language(std::string_view text);

struct Text {
  std::string en;
  std::string zh;
  const std::string& in(Language language) const { return language == Language::kChinese ? zh : en; }
  friend bool operator==(const Text&, const Text&) = default;
};

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower_ascii(std::string_view text);

// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace weir
