// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/tokens.h"

#include <algorithm>

namespace weir::supply::catalog {

namespace {

enum class Script : std::uint8_t { kNone, kWord, kCjk };

struct Letter {
  char32_t code = 0;      // folded
  std::size_t bytes = 1;  // of the original
  Script script = Script::kNone;
};

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_cjk(char32_t c) {
  return in(c, 0x3400, 0x4DBF) || in(c, 0x4E00, 0x9FFF) || in(c, 0xF900, 0xFAFF) || in(c, 0x20000, 0x3FFFF) ||
         in(c, 0x3040, 0x30FF) || in(c, 0x31F0, 0x31FF) || in(c, 0xAC00, 0xD7AF) || in(c, 0x1100, 0x11FF) || c == 0x3005 ||
         c == 0x3007;
}

// Signs that separate although they lie beyond ASCII.
bool is_separator(char32_t c) {
  return in(c, 0x80, 0xBF) || c == 0xD7 || c == 0xF7 || in(c, 0x2000, 0x2BFF) || in(c, 0x3000, 0x303F) ||
         in(c, 0xFE30, 0xFE6F) || in(c, 0xFF00, 0xFF0F) || in(c, 0xFF1A, 0xFF20) || in(c, 0xFF3B, 0xFF40) ||
         in(c, 0xFF5B, 0xFF65) || in(c, 0xE000, 0xF8FF) || in(c, 0xFFF0, 0xFFFF) || c >= 0xE0000 ||
         in(c, 0x1F000, 0x1FAFF) || in(c, 0x0300, 0x036F);
}

// Latin letters with marks become their base letter.
constexpr std::string_view kLatin1 =  // U+00C0 to U+00FF
    "aaaaaaaceeeeiiiidnoooooxouuuuypsaaaaaaaceeeeiiiidnoooooxouuuuypy";
static_assert(kLatin1.size() == 64);
constexpr std::string_view kLatinA =  // U+0100 to U+017F
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatinA.size() == 128);

char32_t fold(char32_t c) {
  if (in(c, 'A', 'Z')) return c + 32;
  if (in(c, 0xFF10, 0xFF19)) return c - 0xFF10 + '0';  // full width
  if (in(c, 0xFF21, 0xFF3A)) return c - 0xFF21 + 'a';
  if (in(c, 0xFF41, 0xFF5A)) return c - 0xFF41 + 'a';
  if (in(c, 0xC0, 0xFF) && c != 0xD7 && c != 0xF7) return static_cast<char32_t>(kLatin1[c - 0xC0]);
  if (in(c, 0x100, 0x17F)) return static_cast<char32_t>(kLatinA[c - 0x100]);
  if (in(c, 0x391, 0x3A9)) return c + 32;   // Greek
  if (in(c, 0x410, 0x42F)) return c + 32;   // Cyrillic
  if (in(c, 0x400, 0x40F)) return c + 80;
  return c;
}

// One character, or one bad byte, at the start of `text`. Requires: text is not empty.
Letter next_letter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  Letter letter;
  char32_t code = byte(0);
  if (code < 0x80) {
    const bool word = (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z');
    return {fold(code), 1, word ? Script::kWord : Script::kNone};
  }
  const std::size_t size = code >= 0xF0 ? 4 : code >= 0xE0 ? 3 : 2;
  if (code < 0xC2 || code > 0xF4 || text.size() < size) return letter;
  code &= 0xFFu >> (size + 1);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return letter;
    code = (code << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || in(code, 0xD800, 0xDFFF)) return letter;
  letter.bytes = size;
  letter.script = is_cjk(code) ? Script::kCjk : is_separator(code) ? Script::kNone : Script::kWord;
  letter.code = fold(code);
  return letter;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Harman's S-stemmer: queries -> query, sites -> site, emissions -> emission; bus, class, news stay as near as they can.
void drop_plural(std::string& word) {
  if (word.size() < 4 || word.back() != 's') return;
  const auto ends = [&](std::string_view end) { return std::string_view(word).ends_with(end); };
  if (ends("ies")) {
    if (!ends("eies") && !ends("aies")) word.replace(word.size() - 3, 3, "y");
    return;
  }
  if (ends("us") || ends("ss")) return;
  word.pop_back();
}

bool is_ascii(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Calls `word(token)` for each token, and `cjk(character)` for each CJK character.
template <class OnToken, class OnCharacter>
void walk(std::string_view text, OnToken&& on_token, OnCharacter&& on_character) {
  std::string word;
  std::string last;           // the CJK character before
  bool last_was_used = false; // in a pair
  const auto end_word = [&] {
    if (word.empty()) return;
    if (is_ascii(word)) drop_plural(word);
    on_token(word);
    word.clear();
  };
  const auto end_cjk = [&] {
    if (!last.empty() && !last_was_used) on_token(last);
    last.clear();
    last_was_used = false;
  };
  while (!text.empty()) {
    const Letter letter = next_letter(text);
    text.remove_prefix(letter.bytes);
    if (letter.script != Script::kCjk) end_cjk();
    if (letter.script != Script::kWord) end_word();
    if (letter.script == Script::kWord && letter.code != 0 && word.size() + 4 <= kTokenBytesMax) append_utf8(word, letter.code);
    if (letter.script != Script::kCjk) continue;
    std::string character;
    append_utf8(character, letter.code);
    on_character(character);
    if (!last.empty()) on_token(last + character);
    last_was_used = !last.empty();
    last = std::move(character);
  }
  end_word();
  end_cjk();
}

}  // namespace

std::vector<std::string> tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  walk(text, [&](const std::string& token) { tokens.push_back(token); }, [](const std::string&) {});
  return tokens;
}

std::string token_text(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  const auto add = [&](const std::string& token) {
    if (!out.empty()) out += ' ';
    out += token;
  };
  walk(text, add, [](const std::string&) {});
  return out;
}

std::vector<std::string> single_characters(std::string_view text) {
  std::vector<std::string> characters;
  walk(text, [](const std::string&) {}, [&](const std::string& character) { characters.push_back(character); });
  std::sort(characters.begin(), characters.end());
  characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
  return characters;
}

bool has_cjk(std::string_view text) {
  while (!text.empty()) {
    const Letter letter = next_letter(text);
    if (letter.script == Script::kCjk) return true;
    text.remove_prefix(letter.bytes);
  }
  return false;
}

std::string facet_token(Facet facet, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string token = {'_', static_cast<char>(facet)};
  for (const char c : value) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
      token += lower;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      token += {'_', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return token;
}

Text by_script(std::string text) {
  Text out;
  (has_cjk(text) ? out.zh : out.en) = std::move(text);
  return out;
}

std::string cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

}  // namespace weir::supply::catalog
