// Fields: reads the members of a hostile JSON object; the first wrong one is kept as the error.
//
// Thread-safety: belongs to one function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

class Fields {
 public:
  // `what` names the object in messages. A null reads as an object without members.
  Fields(const wire::Json& json, std::string_view what);

  // Missing members read as empty; members of another kind are an error.
  std::string text(std::string_view name);
  std::vector<std::string> texts(std::string_view name);  // an array, or one text
  Text languages(std::string_view name);                  // {"en": …, "zh": …}, or plain text
  std::int64_t integer(std::string_view name);
  std::optional<std::int64_t> maybe_integer(std::string_view name);
  bool boolean(std::string_view name);
  std::optional<Timestamp> time(std::string_view name);
  const wire::Json::Array& items(std::string_view name);
  const wire::Json& member(std::string_view name) const { return json_[name]; }

  template <class T>
  T take(Result<T> result) {
    if (result) return *std::move(result);
    fail(result.error());
    return T{};
  }
  void fail(const Error& error);
  void wrong(std::string_view name, std::string_view wanted);
  bool ok() const { return !error_; }
  // The first error, with the object's name before it.
  Result<> finish() const;

 private:
  const wire::Json& json_;
  std::string what_;
  std::optional<Error> error_;
};

// Sets the member unless the value is empty.
void set_text(wire::Json& json, std::string_view name, const std::string& value);
void set_texts(wire::Json& json, std::string_view name, const std::vector<std::string>& values);
void set_languages(wire::Json& json, std::string_view name, const Text& value);

}  // namespace weir::supply::catalog
