// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/words.h"

#include <algorithm>
#include <map>

namespace weir::adapters::http {

std::string_view words_text();   // words.tsv
std::string_view advice_text();  // advice.tsv

namespace {

using Table = std::map<std::string, std::string, std::less<>>;
constexpr std::string_view kMore = "…";

Table read_table(std::string_view text) {
  Table out;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) out.emplace(line.substr(0, tab), line.substr(tab + 1));
  }
  return out;
}

// Whether it has characters of U+3000 and above, as Chinese words do.
bool is_chinese(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xe3 && byte <= 0xe9;
  });
}

}  // namespace

std::string detail_in(const Error& error, Language language) {
  static const Table words = read_table(words_text());
  const std::string message(error.message());
  if (language != Language::kChinese || is_chinese(message)) return message;
  const auto found = words.find(error.reason());
  if (found == words.end()) return message;
  const std::string& sentence = found->second;
  if (!sentence.ends_with(kMore)) return sentence;
  const std::string_view more = error.chinese().empty() ? error.message() : error.chinese();
  return sentence.substr(0, sentence.size() - kMore.size()) + "（" + std::string(more) + "）";
}

std::string advice_in(const Error& error, Language language) {
  static const Table advice = read_table(advice_text());
  if (language == Language::kChinese) {
    if (const auto found = advice.find(error.hint()); found != advice.end()) return found->second;
  }
  return std::string(error.hint());
}

}  // namespace weir::adapters::http
