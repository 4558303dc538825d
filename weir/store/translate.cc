// SPDX-License-Identifier: Apache-2.0
#include "weir/store/translate.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weir::store {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}
bool equal_words(std::string_view a, std::string_view upper) {
  return std::equal(a.begin(), a.end(), upper.begin(), upper.end(),
                    [](char x, char y) { return (x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x) == y; });
}

enum class Kind : std::uint8_t { kSpace /* and comments */, kQuoted, kWord, kSign /* one character */ };

struct Token {
  Kind kind;
  std::string_view text;
};

// The next token of `rest`, which is not empty. An unclosed quote or comment runs to the end.
Token next_token(std::string_view rest) {
  const auto until = [&](std::size_t end) { return std::min(end, rest.size()); };
  const char first = rest[0];
  if (is_space(first)) {
    std::size_t end = 1;
    while (end < rest.size() && is_space(rest[end])) ++end;
    return {Kind::kSpace, rest.substr(0, end)};
  }
  if (rest.starts_with("--")) return {Kind::kSpace, rest.substr(0, until(rest.find('\n')))};
  if (rest.starts_with("/*")) {
    const std::size_t end = rest.find("*/", 2);
    return {Kind::kSpace, rest.substr(0, end == std::string_view::npos ? end : end + 2)};
  }
  if (first == '\'' || first == '"') {  // a doubled quote reads as two quoted tokens, which is as good
    const std::size_t end = rest.find(first, 1);
    return {Kind::kQuoted, rest.substr(0, end == std::string_view::npos ? end : end + 1)};
  }
  if (is_word(first)) {
    std::size_t end = 1;
    while (end < rest.size() && is_word(rest[end])) ++end;
    return {Kind::kWord, rest.substr(0, end)};
  }
  return {Kind::kSign, rest.substr(0, 1)};
}

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  while (!sql.empty()) {
    tokens.push_back(next_token(sql));
    sql.remove_prefix(tokens.back().text.size());
  }
  return tokens;
}

// A type stands behind the name of its column, or behind AS; a column may be named like a type.
bool is_type_place(const std::vector<Token>& tokens, std::size_t at) {
  while (at > 0 && tokens[at - 1].kind == Kind::kSpace) --at;
  if (at == 0) return false;
  const Token& before = tokens[at - 1];
  if (before.kind == Kind::kQuoted) return true;
  if (before.kind != Kind::kWord) return false;
  constexpr std::array<std::string_view, 6> kNoNames = {"ADD", "COLUMN", "AND", "OR", "NOT", "TO"};
  return std::none_of(kNoNames.begin(), kNoNames.end(), [&](auto word) { return equal_words(before.text, word); });
}

std::string_view postgres_type(std::string_view word) {
  if (equal_words(word, "INTEGER")) return "BIGINT";
  if (equal_words(word, "BLOB")) return "BYTEA";
  if (equal_words(word, "REAL")) return "DOUBLE PRECISION";
  if (equal_words(word, "TEXT")) return "TEXT COLLATE \"C\"";
  return word;
}

}  // namespace

NumberedSql number_placeholders(std::string_view sql) {
  NumberedSql out;
  out.text.reserve(sql.size() + 16);
  for (const Token& token : tokens_of(sql)) {
    if (token.kind == Kind::kSign && token.text == "?") {
      out.text += '$';
      out.text += std::to_string(++out.placeholders);
    } else {
      out.text += token.text;
    }
  }
  return out;
}

std::vector<std::string_view> split_statements(std::string_view script) {
  std::vector<std::string_view> statements;
  std::size_t start = 0;
  std::size_t at = 0;
  bool any = false;
  const auto close = [&] {
    if (any) statements.push_back(script.substr(start, at - start));
    any = false;
  };
  while (at < script.size()) {
    const Token token = next_token(script.substr(at));
    if (token.kind == Kind::kSign && token.text == ";") {
      close();
      start = at + 1;
    } else if (token.kind != Kind::kSpace) {
      any = true;
    }
    at += token.text.size();
  }
  close();
  return statements;
}

std::string postgres_ddl(std::string_view statement) {
  const std::vector<Token> all = tokens_of(statement);
  std::vector<std::size_t> words;  // where the words are
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == Kind::kWord) words.push_back(i);
  }
  const auto word_is = [&](std::size_t nth, std::string_view upper) {
    return nth < words.size() && equal_words(all[words[nth]].text, upper);
  };
  const bool table = (word_is(0, "CREATE") || word_is(0, "ALTER")) && (word_is(1, "TABLE") || word_is(2, "TABLE"));
  if (!table) return std::string(statement);

  std::vector<std::string> out(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) out[i] = all[i].text;
  for (std::size_t nth = 2; nth < words.size(); ++nth) {
    const std::string_view word = all[words[nth]].text;
    const bool plain = word_is(nth - 1, "AS") && equal_words(word, "TEXT");
    if (!plain && is_type_place(all, words[nth])) out[words[nth]] = postgres_type(word);
    if (equal_words(word, "AUTOINCREMENT") && word_is(nth - 1, "KEY") && word_is(nth - 2, "PRIMARY")) {
      out[words[nth - 2]] = "GENERATED BY DEFAULT AS IDENTITY PRIMARY";
      out[words[nth]].clear();
    }
  }
  std::string text;
  for (const std::string& part : out) text += part;
  return text;
}

}  // namespace weir::store
