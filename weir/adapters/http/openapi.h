// Openapi: the OpenAPI 3.1 document of a route table.
//
// Made from the rows that serve the requests, so it cannot be out of date. Thread-safety: pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/adapters/http/router.h"

namespace weir::adapters::http {

struct OpenApiInfo {
  Text title;
  std::string version;
};
wire::Json openapi(const Router& router, const OpenApiInfo& info, Language language);
// Fails with kNotFound, naming it, if a route refers to a schema that nobody added.
Result<> check_schemas(const Router& router);

}  // namespace weir::adapters::http
