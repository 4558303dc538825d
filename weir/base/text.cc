// SPDX-License-Identifier: Apache-2.0
#include "weir/base/text.h"

#include <algorithm>
#include <cstring>

#include "weir/base/cut.h"

namespace weir {
namespace {

// How many bytes before the first that is not ASCII, or a few less. Requires: the first is ASCII.
std::size_t ascii_at_start(std::string_view text) {
  std::size_t i = 0;
  std::uint64_t eight = 0;
  while (text.size() - i >= sizeof eight) {
    std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) break;
    i += sizeof eight;
  }
  return std::max<std::size_t>(i, 1);
}

}  // namespace

std::optional<Language> parse_language(std::string_view text) {
  const std::string lower = to_lower_ascii(text.substr(0, 16));
  if (lower.starts_with("zh")) return Language::kChinese;
  if (lower.starts_with("en")) return Language::kEnglish;
  return std::nullopt;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const unsigned char lead = byte(i);
    std::size_t extra = 0;
    std::uint32_t point = 0;
    if (lead < 0x80) {
      i += ascii_at_start(text.substr(i));
      continue;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
      extra = 1;
      point = lead & 0x1fu;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      extra = 2;
      point = lead & 0x0fu;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      extra = 3;
      point = lead & 0x07u;
    } else {
      return false;
    }
    if (text.size() - i <= extra) return false;
    for (std::size_t k = 1; k <= extra; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
      point = (point << 6) | (byte(i + k) & 0x3fu);
    }
    if (extra == 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return false;
    if (extra == 3 && (point < 0x10000 || point > 0x10ffff)) return false;
    i += extra + 1;
  }
  return true;
}

std::string cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return std::string(text.substr(0, bytes_max)) + "…";
}

}  // namespace weir
