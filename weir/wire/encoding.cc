// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/encoding.h"

#include <array>

namespace weir::wire {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<int, 256> reverse_of(std::string_view alphabet) {
  std::array<int, 256> out{};
  out.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) out[static_cast<unsigned char>(alphabet[i])] = static_cast<int>(i);
  return out;
}

std::string encode64(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        static_cast<std::uint32_t>(bytes[i] << 16) | static_cast<std::uint32_t>(bytes[i + 1] << 8) | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[(group >> shift) & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 1) {
    out += alphabet[bytes[i] >> 2];
    out += alphabet[(bytes[i] & 3) << 4];
  } else if (left == 2) {
    out += alphabet[bytes[i] >> 2];
    out += alphabet[((bytes[i] & 3) << 4) | (bytes[i + 1] >> 4)];
    out += alphabet[(bytes[i + 1] & 15) << 2];
  }
  return out;
}

Result<Bytes> decode64(std::string_view text, const std::array<int, 256>& reverse) {
  const Error bad(Errc::kInvalidArgument, "not canonical base64");
  if (text.size() % 4 == 1) return bad;
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  std::size_t in_group = 0;
  for (const char c : text) {
    const int value = reverse[static_cast<unsigned char>(c)];
    if (value < 0) return bad;
    group = (group << 6) | static_cast<std::uint32_t>(value);
    if (++in_group == 4) {
      out.push_back(static_cast<std::uint8_t>(group >> 16));
      out.push_back(static_cast<std::uint8_t>(group >> 8));
      out.push_back(static_cast<std::uint8_t>(group));
      group = 0;
      in_group = 0;
    }
  }
  if (in_group == 2) {
    if ((group & 15) != 0) return bad;
    out.push_back(static_cast<std::uint8_t>(group >> 4));
  } else if (in_group == 3) {
    if ((group & 3) != 0) return bad;
    out.push_back(static_cast<std::uint8_t>(group >> 10));
    out.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return out;
}

constexpr auto kReverse64 = reverse_of(kBase64);
constexpr auto kReverse64Url = reverse_of(kBase64Url);

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string encode_hex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

Result<Bytes> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return Error(Errc::kInvalidArgument, "hex of odd length");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return Error(Errc::kInvalidArgument, "not a hex digit at " + std::to_string(i));
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string encode_base64(ByteView bytes) {
  std::string out = encode64(bytes, kBase64);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

Result<Bytes> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return Error(Errc::kInvalidArgument, "base64 without its padding");
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode64(text, kReverse64);
}

std::string encode_base64url(ByteView bytes) { return encode64(bytes, kBase64Url); }

Result<Bytes> decode_base64url(std::string_view text) { return decode64(text, kReverse64Url); }

std::string escape_url(std::string_view text) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kUpper[byte >> 4];
      out += kUpper[byte & 15];
    }
  }
  return out;
}

Result<std::string> unescape_url(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return Error(Errc::kInvalidArgument, "a broken %-escape in the address");
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace weir::wire
