// JsonFields: reading members of hostile JSON with errors that name the member by its path.
//
// Thread-safety: pure functions. Trust: the values are hostile; errors never quote them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::flow::contract {

// kInvalidArgument "agreement.target must be a text" ("contract.malformed").
Error malformed(std::string_view where, std::string_view what);

struct TextRule {
  std::size_t bytes_max = 512;
  bool required = true;
};

// A member that must be a text; absent is an empty text if it is not required. Required ones must not be empty.
Result<std::string> text_field(const wire::Json& json, std::string_view where, std::string_view name, TextRule rule);
Result<std::int64_t> count_field(const wire::Json& json, std::string_view where, std::string_view name);
Result<std::optional<Timestamp>> time_field(const wire::Json& json, std::string_view where, std::string_view name);
// Checks `name` against a fixed value.
Result<> constant_field(const wire::Json& json, std::string_view where, std::string_view name, std::string_view value);
std::string join_path(std::string_view where, std::string_view name);

}  // namespace weir::flow::contract
