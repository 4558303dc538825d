// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/json_fields.h"

namespace weir::flow::contract {

using wire::Json;

Error malformed(std::string_view where, std::string_view what) {
  return Error(Errc::kInvalidArgument, std::string(where) + " " + std::string(what)).because("contract.malformed");
}

std::string join_path(std::string_view where, std::string_view name) {
  return where.empty() ? std::string(name) : std::string(where) + "." + std::string(name);
}

Result<std::string> text_field(const Json& json, std::string_view where, std::string_view name, TextRule rule) {
  const Json& member = json[name];
  if (!json.has(name)) {
    if (rule.required) return malformed(join_path(where, name), "is missing");
    return std::string();
  }
  if (!member.is_string()) return malformed(join_path(where, name), "must be a text");
  const std::string& text = member.as_string();
  if (text.size() > rule.bytes_max) {
    return malformed(join_path(where, name), "is longer than " + std::to_string(rule.bytes_max) + " bytes");
  }
  if (rule.required && text.empty()) return malformed(join_path(where, name), "is empty");
  return text;
}

Result<std::int64_t> count_field(const Json& json, std::string_view where, std::string_view name) {
  if (!json.has(name)) return std::int64_t{0};
  const Json& member = json[name];
  if (!member.is_integer() || member.as_integer() < 0) {
    return malformed(join_path(where, name), "must be a whole number that is not negative");
  }
  return member.as_integer();
}

Result<std::optional<Timestamp>> time_field(const Json& json, std::string_view where, std::string_view name) {
  WEIR_TRY_LET(const std::string text, text_field(json, where, name, {.bytes_max = 64, .required = false}));
  if (text.empty()) {
    if (json.has(name)) return malformed(join_path(where, name), "is empty");
    return std::optional<Timestamp>();
  }
  const Result<Timestamp> time = parse_iso8601(text);
  if (!time) return malformed(join_path(where, name), "must be a date and time in ISO 8601");
  return std::optional(*time);
}

Result<> constant_field(const Json& json, std::string_view where, std::string_view name, std::string_view value) {
  WEIR_TRY_LET(const std::string text, text_field(json, where, name, {}));
  if (text != value) return malformed(join_path(where, name), "must be \"" + std::string(value) + "\"");
  return {};
}

}  // namespace weir::flow::contract
