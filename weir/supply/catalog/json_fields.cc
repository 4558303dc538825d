// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/json_fields.h"

#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

using wire::Json;

Fields::Fields(const Json& json, std::string_view what) : json_(json), what_(what) {
  if (!json.is_object() && !json.is_null()) {
    error_ = Error(Errc::kInvalidArgument, "not an object").because("catalog.malformed");
  }
}

void Fields::fail(const Error& error) {
  if (!error_) error_ = error;
}

void Fields::wrong(std::string_view name, std::string_view wanted) {
  fail(Error(Errc::kInvalidArgument, std::string(name) + " is not " + std::string(wanted)).because("catalog.malformed"));
}

Result<> Fields::finish() const {
  if (!error_) return {};
  return Error(*error_).with(what_);
}

std::string Fields::text(std::string_view name) {
  const Json& value = json_[name];
  if (value.is_string()) return value.as_string();
  if (!value.is_null()) wrong(name, "a text");
  return {};
}

std::vector<std::string> Fields::texts(std::string_view name) {
  const Json& value = json_[name];
  if (value.is_string()) return {value.as_string()};
  std::vector<std::string> out;
  if (value.is_null()) return out;
  if (!value.is_array()) {
    wrong(name, "an array of texts");
    return out;
  }
  for (const Json& item : value.items()) {
    if (item.is_string()) {
      out.push_back(item.as_string());
    } else {
      wrong(name, "an array of texts");
    }
  }
  return out;
}

Text Fields::languages(std::string_view name) {
  const Json& value = json_[name];
  if (value.is_string()) return by_script(value.as_string());
  if (value.is_null()) return {};
  Fields inner(value, name);
  const Text out{inner.text("en"), inner.text("zh")};
  if (auto done = inner.finish(); !done) fail(done.error());
  return out;
}

std::int64_t Fields::integer(std::string_view name) {
  const auto value = maybe_integer(name);
  if (!value) wrong(name, "an integer");
  return value.value_or(0);
}

std::optional<std::int64_t> Fields::maybe_integer(std::string_view name) {
  const Json& value = json_[name];
  if (value.is_null()) return std::nullopt;
  if (value.is_integer()) return value.as_integer();
  wrong(name, "an integer");
  return std::nullopt;
}

bool Fields::boolean(std::string_view name) {
  const Json& value = json_[name];
  if (value.is_bool()) return value.as_bool();
  if (!value.is_null()) wrong(name, "true or false");
  return false;
}

std::optional<Timestamp> Fields::time(std::string_view name) {
  const std::string value = text(name);
  if (value.empty()) return std::nullopt;
  auto time = parse_iso8601(value);
  if (!time) {
    wrong(name, "a time");
    return std::nullopt;
  }
  return *time;
}

const Json::Array& Fields::items(std::string_view name) {
  static const Json::Array kNone;
  const Json& value = json_[name];
  if (value.is_array()) return value.items();
  if (!value.is_null()) wrong(name, "an array");
  return kNone;
}

void set_text(Json& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.set(name, value);
}
void set_texts(Json& json, std::string_view name, const std::vector<std::string>& values) {
  if (!values.empty()) json.set(name, Json::strings(values));
}
void set_languages(Json& json, std::string_view name, const Text& value) {
  Json out = Json::object();
  set_text(out, "en", value.en);
  set_text(out, "zh", value.zh);
  if (out.size() > 0) json.set(name, std::move(out));
}

}  // namespace weir::supply::catalog
