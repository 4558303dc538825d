// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/template.h"

#include <algorithm>
#include <set>

#include "weir/base/limits.h"
#include "weir/flow/contract/json_fields.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr std::size_t kParametersMax = 64;
constexpr std::string_view kPlace = "parameter";

Error wrong_template(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("contract.template");
}
Error wrong_parameter(const std::string& name, std::string_view what) {
  return Error(Errc::kInvalidArgument, "parameter '" + name + "' " + std::string(what)).because("contract.parameter");
}

bool is_place(const Json& json) { return json.is_object() && json.size() == 1 && json[kPlace].is_string(); }

void collect_places(const Json& json, std::set<std::string>& places) {
  if (is_place(json)) {
    places.insert(json[kPlace].as_string());
  } else if (json.is_array()) {
    for (const Json& item : json.items()) collect_places(item, places);
  } else if (json.is_object()) {
    for (const auto& member : json.members()) collect_places(member.second, places);
  }
}

bool has_type(const Json& value, ParameterType type) {
  switch (type) {
    case ParameterType::kText: return value.is_string();
    case ParameterType::kNumber: return value.is_number();
    case ParameterType::kTime: return value.is_string() && parse_iso8601(value.as_string()).ok();
    case ParameterType::kDuration: return value.is_string() && parse_duration(value.as_string()).ok();
  }
  return false;
}

// The protocol's right operands are texts: numbers are written as such.
Json operand_of(const Json& value) {
  if (value.is_integer()) return Json(std::to_string(value.as_integer()));
  if (value.is_number()) return Json(wire::format_number(value.as_double()));
  return value;
}

Json filled(const Json& json, const Json& values) {
  if (is_place(json)) return operand_of(values[json[kPlace].as_string()]);
  if (json.is_array()) {
    Json::Array items;
    for (const Json& item : json.items()) items.push_back(filled(item, values));
    return Json::array(std::move(items));
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [name, value] : json.members()) out.members().emplace_back(name, filled(value, values));
  return out;
}

Result<ParameterType> parse_type(const std::string& text, const std::string& where) {
  for (const auto type : {ParameterType::kText, ParameterType::kNumber, ParameterType::kTime,
                          ParameterType::kDuration}) {
    if (text == name_of(type)) return type;
  }
  return malformed(where + ".type", "must be text, number, time or duration");
}

Result<Parameter> parse_parameter(const Json& json, const std::string& where) {
  if (!json.is_object()) return malformed(where, "must be an object");
  Parameter out;
  WEIR_TRY_LET(out.name, text_field(json, where, "name", {.bytes_max = 64}));
  WEIR_TRY_LET(const std::string type, text_field(json, where, "type", {}));
  WEIR_TRY_LET(out.type, parse_type(type, where));
  WEIR_TRY_LET(out.label.en, text_field(json["label"], where + ".label", "en", {.required = false}));
  WEIR_TRY_LET(out.label.zh, text_field(json["label"], where + ".label", "zh", {.required = false}));
  if (json.has("required") && !json["required"].is_bool()) return malformed(where + ".required", "must be true or false");
  out.required = json.boolean_or("required", true);
  out.fallback = json["fallback"];
  return out;
}

}  // namespace

std::string_view name_of(ParameterType type) {
  switch (type) {
    case ParameterType::kText: return "text";
    case ParameterType::kNumber: return "number";
    case ParameterType::kTime: return "time";
    case ParameterType::kDuration: return "duration";
  }
  return "";
}

Json to_json(const Template& contract_template) {
  Json parameters = Json::array();
  for (const Parameter& parameter : contract_template.parameters) {
    Json json = Json::object({{"name", parameter.name},
                              {"type", name_of(parameter.type)},
                              {"label", Json::object({{"en", parameter.label.en}, {"zh", parameter.label.zh}})},
                              {"required", parameter.required}});
    if (!parameter.fallback.is_null()) json.set("fallback", parameter.fallback);
    parameters.push(std::move(json));
  }
  return Json::object({{"id", contract_template.id},
                       {"version", contract_template.version},
                       {"name", contract_template.name},
                       {"summary", contract_template.summary},
                       {"terms", contract_template.terms},
                       {"parameters", std::move(parameters)},
                       {"period", contract_template.period},
                       {"author", contract_template.author},
                       {"created", format_iso8601(contract_template.created)}});
}

Result<Template> parse_template(const Json& json) {
  if (!json.is_object()) return malformed("template", "must be an object");
  Template out;
  WEIR_TRY_LET(out.id, text_field(json, "", "id", {.bytes_max = 64, .required = false}));
  WEIR_TRY_LET(out.name, text_field(json, "", "name", {.bytes_max = 4 * 128}));
  WEIR_TRY_LET(out.summary, text_field(json, "", "summary", {.bytes_max = 4 * 1024, .required = false}));
  WEIR_TRY_LET(out.period, text_field(json, "", "period", {.bytes_max = 64, .required = false}));
  if (!json["terms"].is_object()) return malformed("terms", "must be an object");
  out.terms = json["terms"];
  if (json.has("parameters")) {
    if (!json["parameters"].is_array()) return malformed("parameters", "must be a list");
    const auto& items = json["parameters"].items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      WEIR_TRY_LET(Parameter parameter, parse_parameter(items[i], "parameters[" + std::to_string(i) + "]"));
      out.parameters.push_back(std::move(parameter));
    }
  }
  return out;
}

Result<> validate(const Template& contract_template) {
  if (contract_template.name.empty()) return wrong_template("a template needs a name");
  if (contract_template.terms["permission"].size() + contract_template.terms["prohibition"].size() == 0) {
    return wrong_template("a template needs a permission or a prohibition");
  }
  if (contract_template.terms.dump().size() > limits::kTextBytesMax) return wrong_template("the terms are too long");
  if (!contract_template.period.empty() && !parse_duration(contract_template.period)) {
    return wrong_template("the period must be an ISO 8601 duration");
  }
  if (contract_template.parameters.size() > kParametersMax) return wrong_template("too many parameters");
  std::set<std::string> places;
  collect_places(contract_template.terms, places);
  std::set<std::string> names;
  for (const Parameter& parameter : contract_template.parameters) {
    if (!names.insert(parameter.name).second) {
      return wrong_template("two parameters are called '" + parameter.name + "'");
    }
    if (!places.contains(parameter.name)) {
      return wrong_template("the terms have no place for parameter '" + parameter.name + "'");
    }
    const bool needs_fallback = !parameter.required;
    if ((needs_fallback || !parameter.fallback.is_null()) && !has_type(parameter.fallback, parameter.type)) {
      return wrong_template("the fallback of parameter '" + parameter.name + "' is no " +
                            std::string(name_of(parameter.type)));
    }
  }
  for (const std::string& place : places) {
    if (!names.contains(place)) return wrong_template("the terms have a place '" + place + "' without a parameter");
  }
  return {};
}

Result<Json> instantiate(const Template& contract_template, const Json& values) {
  if (!values.is_object()) return malformed("values", "must be an object");
  Json all = Json::object();
  const auto& known = contract_template.parameters;
  for (const auto& member : values.members()) {
    const auto same_name = [&member](const Parameter& p) { return p.name == member.first; };
    if (std::none_of(known.begin(), known.end(), same_name)) {
      return wrong_parameter(member.first, "is not in the template");
    }
  }
  for (const Parameter& parameter : contract_template.parameters) {
    const bool given = values.has(parameter.name);
    if (!given && parameter.required) return wrong_parameter(parameter.name, "is missing");
    const Json& value = given ? values[parameter.name] : parameter.fallback;
    if (!has_type(value, parameter.type)) {
      return wrong_parameter(parameter.name, "must be a " + std::string(name_of(parameter.type)));
    }
    all.set(parameter.name, value);
  }
  return filled(contract_template.terms, all);
}

}  // namespace weir::flow::contract
