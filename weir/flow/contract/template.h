// Template: terms with places to fill in, kept in a library and checked before anybody uses them.
//
// A place is the object {"parameter": "name"} anywhere in the terms. Format: docs/formats/contract.md.
// Thread-safety: values and pure functions. Trust: parse_template takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::flow::contract {

enum class ParameterType : std::uint8_t { kText = 1, kNumber = 2, kTime = 3, kDuration = 4 };
std::string_view name_of(ParameterType type);  // "text", "number", "time", "duration"

struct Parameter {
  std::string name{};
  ParameterType type = ParameterType::kText;
  Text label{};
  bool required = true;
  wire::Json fallback{};  // used if it is not required and not given
};

//= TC609-6-2025-14#template
// Core fields: name, abstract, terms; the names have the lengths of the data dictionary.
struct Template {
  std::string id{};
  std::int64_t version = 0;  // given by the library, from 1
  std::string name{};        // at most 128 characters
  std::string summary{};     // at most 1024
  wire::Json terms = wire::Json::object();
  std::vector<Parameter> parameters{};
  std::string period{};  // of the agreements made from it; empty: no end
  std::string author{};
  Timestamp created{};
};

wire::Json to_json(const Template& contract_template);
// Reads id, name, summary, terms, parameters and period; the rest is the library's. Fails with kInvalidArgument
// ("contract.malformed"), naming the member.
Result<Template> parse_template(const wire::Json& json);
// Every place has a parameter, every parameter a place, fallbacks have their type, and there is a permission or
// prohibition. Fails with kInvalidArgument ("contract.template").
Result<> validate(const Template& contract_template);
// The terms with the values filled in. Fails with kInvalidArgument ("contract.parameter"), naming the parameter that is
// missing, unknown or of another type.
Result<wire::Json> instantiate(const Template& contract_template, const wire::Json& values);

}  // namespace weir::flow::contract
