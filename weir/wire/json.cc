// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "weir/base/check.h"
#include "weir/base/limits.h"

namespace weir::wire {
namespace {

const Json kNull;

Error member_error(std::string_view name, std::string_view expected) {
  return Error(Errc::kInvalidArgument, "member '" + std::string(name) + "' must be " + std::string(expected))
      .because("json.wrong_member");
}

// The events of Boost.JSON's parser, built into our value.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Code = boost::system::error_code;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return open(Json::object()); }
  bool on_object_end(std::size_t, Code& code) {
    if (has_duplicates(stack_.back().members())) {
      duplicate_ = true;
      code = boost::json::make_error_code(boost::json::error::syntax);
      return false;
    }
    return close();
  }
  bool on_array_begin(Code&) { return open(Json::array()); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_key_part(std::string_view part, std::size_t, Code&) { return append(part); }
  bool on_key(std::string_view part, std::size_t, Code&) {
    append(part);
    keys_.push_back(std::move(text_));
    text_.clear();
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, Code&) { return append(part); }
  bool on_string(std::string_view part, std::size_t, Code&) {
    append(part);
    Json value(std::move(text_));
    text_.clear();
    return put(std::move(value));
  }
  bool on_number_part(std::string_view part, Code&) {
    number_.append(part);
    return true;
  }
  bool on_int64(std::int64_t value, std::string_view, Code&) {
    number_.clear();
    return put(value);
  }
  bool on_uint64(std::uint64_t value, std::string_view, Code&) {
    number_.clear();
    return put(static_cast<double>(value));
  }
  // Boost.JSON 1.81 does not round correctly, so the digits are read again.
  bool on_double(double, std::string_view part, Code& code) {
    number_.append(part);
    double value = 0;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), value);
    const bool tiny = read.ec == std::errc::result_out_of_range && number_.find("e-") != std::string::npos;
    number_.clear();
    if (read.ec == std::errc() || tiny) return put(value);
    code = boost::json::make_error_code(boost::json::error::exponent_overflow);
    return false;
  }
  bool on_bool(bool value, Code&) { return put(value); }
  bool on_null(Code&) { return put(Json()); }
  bool on_comment_part(std::string_view, Code&) { return true; }
  bool on_comment(std::string_view, Code&) { return true; }

  Json take() { return std::move(root_); }
  bool saw_duplicate() const { return duplicate_; }

 private:
  static bool has_duplicates(const Json::Object& members) {
    if (members.size() < 2) return false;
    if (members.size() <= 8) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        for (std::size_t k = i + 1; k < members.size(); ++k) {
          if (members[i].first == members[k].first) return true;
        }
      }
      return false;
    }
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.push_back(member.first);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }
  bool append(std::string_view part) {
    text_.append(part);
    return true;
  }
  bool open(Json container) {
    stack_.push_back(std::move(container));
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    return put(std::move(done));
  }
  bool put(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().items().push_back(std::move(value));
    } else {
      stack_.back().members().emplace_back(std::move(keys_.back()), std::move(value));
      keys_.pop_back();
    }
    return true;
  }

  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  std::string text_;
  std::string number_;
  Json root_;
  bool duplicate_ = false;
};

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text.substr(plain_from, i - plain_from));
    plain_from = i + 1;
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", byte);
        out += escape;
      }
    }
  }
  out.append(text.substr(plain_from));
  out += '"';
}

// UTF-16 code units order the same as UTF-8 bytes except that U+E000..U+FFFF sort above the
// supplementary planes in bytes' order and below nothing else: compare unit by unit (RFC 8785, 3.2.3).
bool utf16_less(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < common && a[i] == b[i]) ++i;
  if (i == common) return a.size() < b.size();
  const auto x = static_cast<unsigned char>(a[i]);
  const auto y = static_cast<unsigned char>(b[i]);
  const bool x_supplementary = x >= 0xf0;
  const bool y_supplementary = y >= 0xf0;
  if (x_supplementary != y_supplementary) {
    const unsigned char other = x_supplementary ? y : x;
    // A surrogate (d800..dfff) sorts below e000..ffff, whose lead bytes are ee and ef.
    if (other >= 0xee) return x_supplementary;
  }
  return x < y;
}

enum class Layout { kCompact, kPretty, kCanonical };

void append_value(std::string& out, const Json& json, Layout layout, std::size_t depth);

void new_line(std::string& out, Layout layout, std::size_t depth) {
  if (layout != Layout::kPretty) return;
  out += '\n';
  out.append(2 * depth, ' ');
}

void append_object(std::string& out, const Json& json, Layout layout, std::size_t depth) {
  std::vector<const Json::Member*> order;
  order.reserve(json.members().size());
  for (const auto& member : json.members()) order.push_back(&member);
  if (layout == Layout::kCanonical) {
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return utf16_less(a->first, b->first); });
  }
  out += '{';
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0) out += ',';
    new_line(out, layout, depth + 1);
    append_string(out, order[i]->first);
    out += layout == Layout::kPretty ? ": " : ":";
    append_value(out, order[i]->second, layout, depth + 1);
  }
  if (!order.empty()) new_line(out, layout, depth);
  out += '}';
}

void append_value(std::string& out, const Json& json, Layout layout, std::size_t depth) {
  if (json.is_null()) {
    out += "null";
  } else if (json.is_bool()) {
    out += json.as_bool() ? "true" : "false";
  } else if (json.is_integer()) {
    const std::int64_t value = json.as_integer();
    // JCS numbers are IEEE doubles: beyond 2^53 the nearest double is what counts.
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    const bool exact = value <= kExact && value >= -kExact;
    out += layout == Layout::kCanonical && !exact ? format_number(static_cast<double>(value)) : std::to_string(value);
  } else if (json.is_number()) {
    out += format_number(json.as_double());
  } else if (json.is_string()) {
    append_string(out, json.as_string());
  } else if (json.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < json.items().size(); ++i) {
      if (i > 0) out += ',';
      new_line(out, layout, depth + 1);
      append_value(out, json.items()[i], layout, depth + 1);
    }
    if (!json.items().empty()) new_line(out, layout, depth);
    out += ']';
  } else {
    append_object(out, json, layout, depth);
  }
}

}  // namespace

Json Json::object(std::initializer_list<Member> members) {
  Json out;
  out.value_ = Object(members);
  return out;
}
Json Json::array(std::initializer_list<Json> items) {
  Json out;
  out.value_ = Array(items);
  return out;
}
Json Json::array(Array items) {
  Json out;
  out.value_ = std::move(items);
  return out;
}
Json Json::strings(const std::vector<std::string>& texts) {
  Array items;
  items.reserve(texts.size());
  for (const std::string& text : texts) items.emplace_back(text);
  return array(std::move(items));
}

bool Json::as_bool() const {
  WEIR_CHECK(is_bool());
  return std::get<bool>(value_);
}
std::int64_t Json::as_integer() const {
  WEIR_CHECK(is_integer());
  return std::get<std::int64_t>(value_);
}
double Json::as_double() const {
  WEIR_CHECK(is_number());
  return is_integer() ? static_cast<double>(as_integer()) : std::get<double>(value_);
}
const std::string& Json::as_string() const {
  WEIR_CHECK(is_string());
  return std::get<std::string>(value_);
}
const Json::Array& Json::items() const {
  WEIR_CHECK(is_array());
  return std::get<Array>(value_);
}
Json::Array& Json::items() {
  WEIR_CHECK(is_array());
  return std::get<Array>(value_);
}
const Json::Object& Json::members() const {
  WEIR_CHECK(is_object());
  return std::get<Object>(value_);
}
Json::Object& Json::members() {
  WEIR_CHECK(is_object());
  return std::get<Object>(value_);
}

const Json& Json::operator[](std::string_view name) const {
  if (is_object()) {
    for (const auto& member : members()) {
      if (member.first == name) return member.second;
    }
  }
  return kNull;
}

bool Json::has(std::string_view name) const { return &(*this)[name] != &kNull; }

Json& Json::set(std::string_view name, Json value) {
  if (is_null()) value_ = Object();
  for (auto& member : members()) {
    if (member.first == name) {
      member.second = std::move(value);
      return *this;
    }
  }
  members().emplace_back(std::string(name), std::move(value));
  return *this;
}

bool Json::erase(std::string_view name) {
  if (!is_object()) return false;
  return std::erase_if(members(), [&](const Member& member) { return member.first == name; }) > 0;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array();
  items().push_back(std::move(value));
  return *this;
}

std::size_t Json::size() const {
  if (is_array()) return items().size();
  if (is_object()) return members().size();
  return 0;
}

Result<std::string> Json::text(std::string_view name) const {
  const Json& member = (*this)[name];
  if (!member.is_string()) return member_error(name, "a string");
  return member.as_string();
}
Result<std::int64_t> Json::integer(std::string_view name) const {
  const Json& member = (*this)[name];
  if (!member.is_integer()) return member_error(name, "an integer");
  return member.as_integer();
}
Result<bool> Json::boolean(std::string_view name) const {
  const Json& member = (*this)[name];
  if (!member.is_bool()) return member_error(name, "true or false");
  return member.as_bool();
}
Result<std::vector<std::string>> Json::texts(std::string_view name) const {
  const Json& member = (*this)[name];
  if (!member.is_array()) return member_error(name, "an array of strings");
  std::vector<std::string> out;
  for (const Json& item : member.items()) {
    if (!item.is_string()) return member_error(name, "an array of strings");
    out.push_back(item.as_string());
  }
  return out;
}
std::string Json::text_or(std::string_view name, std::string_view otherwise) const {
  const Json& member = (*this)[name];
  return member.is_string() ? member.as_string() : std::string(otherwise);
}
std::int64_t Json::integer_or(std::string_view name, std::int64_t otherwise) const {
  const Json& member = (*this)[name];
  return member.is_integer() ? member.as_integer() : otherwise;
}
bool Json::boolean_or(std::string_view name, bool otherwise) const {
  const Json& member = (*this)[name];
  return member.is_bool() ? member.as_bool() : otherwise;
}

std::string Json::dump() const {
  std::string out;
  append_value(out, *this, Layout::kCompact, 0);
  return out;
}
std::string Json::pretty() const {
  std::string out;
  append_value(out, *this, Layout::kPretty, 0);
  return out;
}
//= RFC8785#3.2
std::string Json::canonical() const {
  std::string out;
  append_value(out, *this, Layout::kCanonical, 0);
  return out;
}

Result<Json> parse_json(std::string_view text) {
  return parse_json(text, {limits::kJsonBytesMax, limits::kJsonDepthMax});
}

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) {
    return Error(Errc::kExhausted, "JSON of " + std::to_string(text.size()) + " bytes; at most " +
                                       std::to_string(limits.bytes_max) + " are taken")
        .because("json.too_large");
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::json::basic_parser<Builder> parser(options);
  boost::system::error_code code;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), code);
  if (!code && used < text.size()) code = boost::json::make_error_code(boost::json::error::extra_data);
  if (code) {
    const std::string place = " at byte " + std::to_string(used);
    if (parser.handler().saw_duplicate()) {
      return Error(Errc::kInvalidArgument, "JSON object with a duplicate member name" + place)
          .because("json.duplicate_name");
    }
    const bool deep = code == boost::json::error::too_deep;
    return Error(Errc::kInvalidArgument, "JSON: " + code.message() + place)
        .because(deep ? "json.too_deep" : "json.malformed");
  }
  return parser.handler().take();
}

std::string format_number(double value) {
  WEIR_CHECK(std::isfinite(value));
  if (value == 0) return "0";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::fabs(value), std::chars_format::scientific);
  std::string mantissa;
  int exponent = 0;
  const std::string_view scientific(digits, static_cast<std::size_t>(end.ptr - digits));
  const std::size_t e = scientific.find('e');
  for (const char c : scientific.substr(0, e)) {
    if (c != '.') mantissa += c;
  }
  const char* exponent_from = digits + e + 1;
  if (*exponent_from == '+') ++exponent_from;
  std::from_chars(exponent_from, end.ptr, exponent);
  const int count = static_cast<int>(mantissa.size());
  const int point = exponent + 1;  // digits before the decimal point
  std::string out = value < 0 ? "-" : "";
  if (count <= point && point <= 21) {
    out += mantissa + std::string(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out += mantissa.substr(0, static_cast<std::size_t>(point)) + "." + mantissa.substr(static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out += "0." + std::string(static_cast<std::size_t>(-point), '0') + mantissa;
  } else {
    out += mantissa.substr(0, 1);
    if (count > 1) out += "." + mantissa.substr(1);
    out += exponent > 0 ? "e+" : "e-";
    out += std::to_string(std::abs(exponent));
  }
  return out;
}

}  // namespace weir::wire
