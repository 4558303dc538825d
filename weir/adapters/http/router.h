// Router: finds the route of a request, lets in who may, runs the handler, and turns every outcome into a response.
//
// handle() is total: it never fails and never throws. Errors become problem+json (docs/formats/errors.md).
// Thread-safety: add routes first; then handle() may run on any number of threads.
// Trust: takes hostile requests. Default deny (I-3): a route without a stated access is for operators.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/adapters/http/http.h"
#include "weir/base/random.h"

namespace weir::adapters::http {

class IdempotencyStore;

// What an exchange was, for metrics and the access log.
struct Exchange {
  Method method = Method::kGet;
  std::string_view route;  // the pattern; "" if none matched
  int status = 0;
  double seconds = 0;
  std::uint64_t bytes_in = 0;   // bodies
  std::uint64_t bytes_out = 0;
};
// Told of every exchange when its response is handed over. Must be thread-safe and quick.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started() = 0;
  virtual void finished(const Exchange& exchange) = 0;
};

struct RouterOptions {
  Authenticator* authenticator = nullptr;  // none: only public routes can be reached
  IdempotencyStore* idempotency = nullptr; // none: Idempotency-Key is not honoured
  Random* random = nullptr;                // required: request ids
  Observer* observer = nullptr;
};

class Router {
 public:
  explicit Router(RouterOptions options);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Requires: method and pattern are not there yet, and neither is the operation (checked).
  void add(Route route);
  // A JSON Schema by the name that routes refer to.
  void add_schema(std::string name, wire::Json schema);
  // Says what a route takes and answers; empty: as it is. Requires: the operation is there (checked).
  void describe(std::string_view operation, std::string request_schema, std::string response_schema,
                std::vector<std::string> response_types);
  // Adds GET `pattern` (public) that serves the OpenAPI document of all routes.
  void add_openapi(std::string pattern, Text title, std::string version);

  const std::vector<std::unique_ptr<Route>>& routes() const;
  const std::vector<std::pair<std::string, wire::Json>>& schemas() const;

  // Match, access, idempotency, handler, conditional requests, compression.
  // Upload routes: `request.upload` must have been opened with open_upload() and fed.
  Response handle(Request& request) const;

  // The same in steps, for a server that reads the body in between.
  // Reads the target and finds the route. Fails with kInvalidArgument ("http.target"), kNotFound ("http.no_route")
  // or kInvalidArgument ("http.method_not_allowed"). The query, parameters and language of `request` are set.
  Result<const Route*> match(Request& request) const;
  // The verbs a path knows, as in Allow: "GET, HEAD, OPTIONS".
  std::string allowed(std::string_view path) const;
  // Sets the principal, or fails with kUnauthenticated or kForbidden.
  Result<> admit(const Route& route, Request& request) const;
  Response run(const Route& route, Request& request) const;  // after admit
  Response failure(const Request& request, const Error& error) const;
  Observer* observer() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::http
