// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/openapi.h"

#include "weir/adapters/http/target.h"

namespace weir::adapters::http {
namespace {

using wire::Json;

Json reference(std::string_view schema) {
  return Json::object({{"$ref", "#/components/schemas/" + std::string(schema)}});
}

Json content(const std::vector<std::string>& types, std::string_view schema) {
  Json out = Json::object();
  for (const std::string& type : types) {
    Json media = Json::object();
    if (!schema.empty() && type.ends_with("json")) media.set("schema", reference(schema));
    out.set(type, std::move(media));
  }
  return out;
}

Json parameters_of(const Route& route, Language language) {
  Json out = Json::array();
  for (const PatternPiece& piece : parse_pattern(route.pattern)) {
    if (piece.kind == PatternPiece::Kind::kLiteral) continue;
    out.push(Json::object({{"name", piece.text},
                           {"in", "path"},
                           {"required", true},
                           {"schema", Json::object({{"type", "string"}})}}));
  }
  for (const QueryParameter& parameter : route.query) {
    out.push(Json::object({{"name", parameter.name},
                           {"in", "query"},
                           {"required", parameter.required},
                           {"description", parameter.description.in(language)},
                           {"schema", Json::object({{"type", parameter.type}})}}));
  }
  if (!is_safe(route.method) && !route.open_upload) {
    out.push(Json::object({{"$ref", "#/components/parameters/IdempotencyKey"}}));
  }
  return out;
}

Json security_of(const Access& access) {
  const auto bearer = [&] {
    return Json::object({{"operatorToken", access.scope.empty() ? Json::array() : Json::array({access.scope})}});
  };
  const auto certificate = [] { return Json::object({{"nodeCertificate", Json::array()}}); };
  switch (access.kind) {
    case AccessKind::kPublic: return Json::array();
    case AccessKind::kOperator: return Json::array({bearer()});
    case AccessKind::kPeer: return Json::array({certificate()});
    case AccessKind::kConnector: return Json::array({certificate()});
    case AccessKind::kOperatorOrPeer: return Json::array({bearer(), certificate()});
  }
  return Json::array({bearer()});
}

// The first word after /api/v1, or the first at all.
std::string tag_of(const Route& route) {
  const std::vector<std::string> parts = split(route.pattern, '/');
  const std::size_t at = route.pattern.starts_with("/api/v1/") ? 3 : 1;
  return parts.size() > at ? parts[at] : "node";
}

Json operation_of(const Route& route, Language language) {
  Json out = Json::object({{"operationId", route.operation},
                           {"summary", route.summary.in(language)},
                           {"tags", Json::array({tag_of(route)})},
                           {"security", security_of(route.access)}});
  const Json parameters = parameters_of(route, language);
  if (parameters.size() > 0) out.set("parameters", parameters);
  if (!route.request_schema.empty() || route.open_upload) {
    out.set("requestBody",
            Json::object({{"required", true}, {"content", content({route.request_type}, route.request_schema)}}));
  }
  Json success = Json::object({{"description", route.summary.in(language)}});
  const bool answers = route.success_status != 202 && route.success_status != 204;
  if (answers) success.set("content", content(route.response_types, route.response_schema));
  out.set("responses",
          Json::object({{std::to_string(route.success_status), std::move(success)},
                        {"default", Json::object({{"$ref", "#/components/responses/Problem"}})}}));
  return out;
}

// "{path...}" is our own way to write it.
std::string openapi_path(const std::string& pattern) {
  std::string out = pattern;
  if (const std::size_t dots = out.find("...}"); dots != std::string::npos) out.erase(dots, 3);
  return out;
}

Json problem_schema() {
  const auto text = [](std::string_view description) {
    return Json::object({{"type", "string"}, {"description", description}});
  };
  return Json::object(
      {{"type", "object"},
       {"required", Json::strings({"type", "title", "status"})},
       {"properties", Json::object({{"type", text("urn:weir:error:<reason>")},
                                    {"title", text("the kind of failure, in the language asked for")},
                                    {"status", Json::object({{"type", "integer"}})},
                                    {"detail", text("what happened")},
                                    {"advice", text("what to do next")},
                                    {"code", text("one of eight codes, as in the log and on the command line")},
                                    {"instance", text("urn:weir:request:<id>")}})}});
}

Json components_of(const Router& router) {
  Json schemas = Json::object();
  for (const auto& [name, schema] : router.schemas()) schemas.set(name, schema);
  schemas.set("Problem", problem_schema());
  const Json key_parameter = Json::object(
      {{"name", "Idempotency-Key"},
       {"in", "header"},
       {"required", false},
       {"description", "A write that is sent again with the same key is answered again, not done again."},
       {"schema", Json::object({{"type", "string"}, {"maxLength", 255}})}});
  const Json problem_response = Json::object(
      {{"description", "RFC 9457 problem"}, {"content", content({"application/problem+json"}, "Problem")}});
  return Json::object(
      {{"schemas", std::move(schemas)},
       {"parameters", Json::object({{"IdempotencyKey", key_parameter}})},
       {"responses", Json::object({{"Problem", problem_response}})},
       {"securitySchemes",
        Json::object({{"operatorToken", Json::object({{"type", "http"}, {"scheme", "bearer"}})},
                      {"nodeCertificate", Json::object({{"type", "mutualTLS"}})}})}});
}

}  // namespace

wire::Json openapi(const Router& router, const OpenApiInfo& info, Language language) {
  Json paths = Json::object();
  for (const auto& route : router.routes()) {
    if (route->hidden) continue;
    const std::string path = openapi_path(route->pattern);
    Json item = paths.has(path) ? paths[path] : Json::object();
    item.set(to_lower_ascii(name_of(route->method)), operation_of(*route, language));
    paths.set(path, std::move(item));
  }
  return Json::object({{"openapi", "3.1.0"},
                       {"info", Json::object({{"title", info.title.in(language)},
                                              {"version", info.version},
                                              {"license", Json::object({{"name", "Apache-2.0"},
                                                                        {"identifier", "Apache-2.0"}})}})},
                       {"paths", std::move(paths)},
                       {"components", components_of(router)}});
}

Result<> check_schemas(const Router& router) {
  const auto known = [&](const std::string& name) {
    if (name.empty() || name == "Problem") return true;
    for (const auto& schema : router.schemas()) {
      if (schema.first == name) return true;
    }
    return false;
  };
  for (const auto& route : router.routes()) {
    for (const std::string& name : {route->request_schema, route->response_schema}) {
      if (!known(name)) {
        return Error(Errc::kNotFound, "operation " + route->operation + " refers to the schema " + name +
                                          ", which nobody added")
            .because("openapi.schema");
      }
    }
  }
  return {};
}

}  // namespace weir::adapters::http
