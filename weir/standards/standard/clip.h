// Clip: as much of a text as a message quotes of it, never half a character.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace weir::standards::standard {

inline std::string_view clip(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace weir::standards::standard
