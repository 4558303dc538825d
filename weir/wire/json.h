// Json: a JSON value that keeps the order of its members; reading, writing, canonical form.
//
// Format: RFC 8259 restricted to I-JSON (RFC 7493): UTF-8, no duplicate names, bounded depth and size.
// Thread-safety: values. Trust: parse_json takes hostile input; its errors name the place, never the data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weir/base/result.h"

namespace weir::wire {

class Json {
 public:
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  template <class B>
    requires std::is_same_v<B, bool>
  Json(B value) : value_(value) {}
  template <class I>
    requires(std::is_integral_v<I> && !std::is_same_v<I, bool>)
  Json(I value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}

  // Json::object({{"a", 1}, {"b", "x"}}); names must differ.
  static Json object(std::initializer_list<Member> members = {});
  static Json array(std::initializer_list<Json> items = {});
  static Json array(Array items);
  static Json strings(const std::vector<std::string>& texts);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Requires the kind named (checked).
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_double() const;  // any number
  const std::string& as_string() const;
  const Array& items() const;
  Array& items();
  const Object& members() const;
  Object& members();

  // A member by name; a shared null if this is no object or has no such member.
  const Json& operator[](std::string_view name) const;
  bool has(std::string_view name) const;
  // Sets or replaces a member. Requires: object or null (which becomes an object).
  Json& set(std::string_view name, Json value);
  bool erase(std::string_view name);
  // Appends an item. Requires: array or null (which becomes an array).
  Json& push(Json value);
  std::size_t size() const;  // items, members or 0

  // Reading members of hostile objects: fails with kInvalidArgument that names the member.
  Result<std::string> text(std::string_view name) const;
  Result<std::int64_t> integer(std::string_view name) const;
  Result<bool> boolean(std::string_view name) const;
  Result<std::vector<std::string>> texts(std::string_view name) const;  // array of strings
  std::string text_or(std::string_view name, std::string_view otherwise) const;
  std::int64_t integer_or(std::string_view name, std::int64_t otherwise) const;
  bool boolean_or(std::string_view name, bool otherwise) const;

  // Compact, members in their own order.
  std::string dump() const;
  // Two spaces a level.
  std::string pretty() const;
  // RFC 8785 (JCS): the bytes that are hashed and signed.
  std::string canonical() const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t bytes_max;
  std::size_t depth_max;
};

// Reads exactly one value. Fails with kInvalidArgument (reason "json.malformed", "json.duplicate_name",
// "json.too_deep") or kExhausted ("json.too_large"). Integers outside int64 become doubles.
Result<Json> parse_json(std::string_view text);
Result<Json> parse_json(std::string_view text, JsonLimits limits);

// The text of a number as RFC 8785 section 3.2.2.3 wants it (ECMAScript). Requires: finite.
std::string format_number(double value);

}  // namespace weir::wire
