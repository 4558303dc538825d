// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "weir/base/text.h"

namespace weir::policy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
    {"", 1},
    {"B", 1},
    {"BYTE", 1},
    {"BYTES", 1},
    {"KB", 1000},
    {"MB", 1000 * 1000},
    {"GB", 1000LL * 1000 * 1000},
    {"TB", 1000LL * 1000 * 1000 * 1000},
    {"KIB", 1LL << 10},
    {"MIB", 1LL << 20},
    {"GIB", 1LL << 30},
    {"TIB", 1LL << 40},
};

constexpr std::pair<std::string_view, std::string_view> kWindows[] = {
    {"second", "PT1S"}, {"minute", "PT1M"}, {"hour", "PT1H"}, {"day", "P1D"},
    {"week", "P7D"},    {"month", "P1M"},   {"year", "P1Y"},
};

std::optional<TimeRange> parse_compact(std::string_view text) {
  if (text.size() != 14 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::string iso;
  iso.append(text.substr(0, 4)).append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 2)).append("T");
  iso.append(text.substr(8, 2)).append(":").append(text.substr(10, 2)).append(":").append(text.substr(12, 2));
  const auto time = parse_iso8601(iso);
  if (!time) return std::nullopt;
  return TimeRange{time->value(), time->value() + 1000};
}

std::string_view without_zeros(std::string_view code) {
  if (code.size() % 2 != 0 || !std::all_of(code.begin(), code.end(), is_digit)) return code;
  while (code.size() > 2 && code.ends_with("00")) code.remove_suffix(2);
  return code;
}

bool is_region_code(std::string_view code) {
  return code.size() >= 2 && code.size() <= 12 && std::all_of(code.begin(), code.end(), is_digit);
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  std::string_view fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (whole.empty() || whole.size() > 12 || fraction.size() > 6) return std::nullopt;
  if (!std::all_of(whole.begin(), whole.end(), is_digit)) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  std::int64_t out = *parse_integer(whole) * kNumberScale;
  std::int64_t place = kNumberScale / 10;
  for (const char digit : fraction) {
    out += (digit - '0') * place;
    place /= 10;
  }
  return negative ? -out : out;
}

std::optional<std::int64_t> parse_bytes(std::string_view text, std::string_view unit) {
  text = trim(text);
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  const auto number = parse_number(text.substr(0, end));
  std::string written = to_lower_ascii(trim(end == text.size() ? unit : text.substr(end)));
  for (char& c : written) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (!number) return std::nullopt;
  for (const auto& [name, factor] : kUnits) {
    if (written != name) continue;
    const std::int64_t whole = *number / kNumberScale;
    const std::int64_t rest = *number % kNumberScale;
    std::int64_t out = 0;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(whole, factor, &out) || __builtin_mul_overflow(rest, factor, &part)) return std::nullopt;
    if (part % kNumberScale != 0 || __builtin_add_overflow(out, part / kNumberScale, &out)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_integer(trim(text.substr(0, slash)));
  std::string_view window = trim(text.substr(slash + 1));
  for (const auto& [name, duration] : kWindows) {
    if (window == name) window = duration;
  }
  const auto duration = parse_duration(window);
  if (!count || *count < 0 || !duration || (duration->months == 0 && duration->exact.count() == 0)) return std::nullopt;
  return Rate{*count, *duration, window};
}

std::optional<TimeRange> parse_times(std::string_view text) {
  text = trim(text);
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto from = parse_times(text.substr(0, slash));
    const std::string_view rest = text.substr(slash + 1);
    if (!from || rest.find('/') != std::string_view::npos) return std::nullopt;
    const auto to = parse_times(rest);
    if (!to || to->high < from->low) return std::nullopt;
    return TimeRange{from->low, to->high};
  }
  if (const auto compact = parse_compact(text)) return compact;
  const auto time = parse_iso8601(text);
  if (!time) return std::nullopt;
  const bool whole_day = text.size() == 10;
  return TimeRange{time->value(), time->value() + (whole_day ? 24LL * 3600 * 1000 : 1)};
}

std::optional<AddressBlock> parse_address(std::string_view text) {
  text = trim(text);
  const std::size_t slash = text.find('/');
  const std::string_view written = text.substr(0, slash);
  std::array<char, 46> host{};  // the longest address and its end
  if (written.size() >= host.size() || written.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(written.begin(), written.end(), host.begin());
  AddressBlock out{};
  std::int64_t bits_max = 128;
  in_addr v4{};
  if (inet_pton(AF_INET, host.data(), &v4) == 1) {
    bits_max = 32;
    out.bytes[10] = out.bytes[11] = 0xFF;
    std::memcpy(out.bytes.data() + 12, &v4, 4);
  } else if (inet_pton(AF_INET6, host.data(), out.bytes.data()) != 1) {
    return std::nullopt;
  }
  std::int64_t bits = bits_max;
  if (slash != std::string_view::npos) {
    const auto read = parse_integer(text.substr(slash + 1));
    if (!read || *read < 0 || *read > bits_max) return std::nullopt;
    bits = *read;
  }
  out.bits = static_cast<std::uint8_t>(bits + 128 - bits_max);
  return out;
}

bool contains(const AddressBlock& block, const AddressBlock& address) {
  if (address.bits < block.bits) return false;
  const std::size_t whole = block.bits / 8;
  if (!std::equal(block.bytes.begin(), block.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin())) {
    return false;
  }
  const unsigned rest = block.bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFu << (8 - rest) & 0xFFu;
  return (block.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

bool region_contains(std::string_view outer, std::string_view inner) {
  if (outer == inner) return true;
  if (!is_region_code(outer) || !is_region_code(inner)) return false;
  return without_zeros(inner).starts_with(without_zeros(outer));
}

bool path_contains(std::string_view whole, std::string_view part) {
  if (whole.empty() || !part.starts_with(whole)) return false;
  return part.size() == whole.size() || whole.back() == '/' || part[whole.size()] == '/';
}

std::optional<std::string_view> payment_period(const Constraint& constraint) {
  constexpr std::pair<std::string_view, std::string_view> kPeriods[] = {
      {"triennial", "P3Y"},       {"biennial", "P2Y"},  {"annual", "P1Y"},    {"semiannual", "P6M"},
      {"threeTimesAYear", "P4M"}, {"quarterly", "P3M"}, {"bimonthly", "P2M"}, {"monthly", "P1M"},
      {"biweekly", "P14D"},       {"weekly", "P7D"},    {"daily", "P1D"},
  };
  if (!constraint.extra.is_object()) return std::string_view();
  for (const auto& [name, value] : constraint.extra.members()) {
    const std::size_t mark = name.find_last_of(":/#");
    const std::string_view local =
        mark == std::string::npos ? std::string_view(name) : std::string_view(name).substr(mark + 1);
    if (local != "frequency" && local != "accrualPeriodicity") continue;
    const wire::Json& written = value["@id"].is_string() ? value["@id"] : value;
    if (!written.is_string()) return std::nullopt;
    const std::string& text = written.as_string();
    const std::string_view brief = std::string_view(text).substr(text.find_last_of(":/#") + 1);
    for (const auto& [word, period] : kPeriods) {
      if (brief == word) return period;
    }
    return std::nullopt;
  }
  return std::string_view();
}

ValueType type_of(const Literal& literal) {
  const std::string_view type = literal.type;
  if (type == "xsd:integer" || type == "xsd:decimal" || type == "xsd:double" || type == "xsd:float" ||
      type == "xsd:int" || type == "xsd:long" || type == "xsd:nonNegativeInteger" || type == "xsd:positiveInteger") {
    return ValueType::kNumber;
  }
  if (type == "xsd:date" || type == "xsd:dateTime" || type == "xsd:dateTimeStamp") return ValueType::kTime;
  return ValueType::kText;
}

bool is_readable(const Literal& literal, ValueType type, std::string_view unit) {
  if (literal.type == "@json" || literal.text.empty()) return false;
  switch (type) {
    case ValueType::kText:
    case ValueType::kRegion: return true;
    case ValueType::kNumber: return parse_number(literal.text).has_value() || parse_rate(literal.text).has_value();
    case ValueType::kTime: return parse_times(literal.text).has_value();
    case ValueType::kDuration: return parse_duration(literal.text).ok();
    case ValueType::kBytes: return parse_bytes(literal.text, unit).has_value();
    case ValueType::kRate: return parse_rate(literal.text).has_value();
    case ValueType::kAddress: return parse_address(literal.text).has_value();
  }
  return false;
}

}  // namespace weir::policy
