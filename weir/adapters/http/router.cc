// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/router.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "weir/adapters/http/compress.h"
#include "weir/adapters/http/idempotency.h"
#include "weir/adapters/http/openapi.h"
#include "weir/adapters/http/problem.h"
#include "weir/adapters/http/range.h"
#include "weir/adapters/http/target.h"
#include "weir/base/check.h"
#include "weir/base/log.h"
#include "weir/crypto/hash.h"
#include "weir/wire/encoding.h"

namespace weir::adapters::http {
namespace {

constexpr std::size_t kRequestIdMax = 64;
constexpr std::size_t kIdempotencyKeyMax = 255;
constexpr std::size_t kStoredBodyMax = 1u << 20;

struct Entry {
  const Route* route;
  std::vector<PatternPiece> pattern;
};

// Literal pieces before parameters before the rest: "/a/b" is asked before "/a/{id}".
bool more_exact(const Entry& a, const Entry& b) {
  return std::lexicographical_compare(a.pattern.begin(), a.pattern.end(), b.pattern.begin(), b.pattern.end(),
                                      [](const PatternPiece& x, const PatternPiece& y) { return x.kind < y.kind; });
}

bool same_shape(const std::vector<PatternPiece>& a, const std::vector<PatternPiece>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PatternPiece& x, const PatternPiece& y) {
    return x.kind == y.kind && (x.kind != PatternPiece::Kind::kLiteral || x.text == y.text);
  });
}

std::string request_id(const Headers& headers, Random& random) {
  const std::string_view given = headers.get("X-Request-Id");
  const auto fine = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  };
  if (!given.empty() && given.size() <= kRequestIdMax && std::all_of(given.begin(), given.end(), fine)) {
    return std::string(given);
  }
  return random.uuid();
}

Language language_of(const Headers& headers) {
  for (const std::string& item : split(headers.get("Accept-Language").substr(0, 256), ',')) {
    if (const std::optional<Language> language = parse_language(trim(item))) return *language;
  }
  return Language::kEnglish;
}

std::string_view bearer_token(const Headers& headers) {
  const std::string_view field = headers.get("Authorization");
  if (field.find(' ') == std::string_view::npos) return field;  // a token alone, as clients of CKAN send it
  if (to_lower_ascii(field.substr(0, 7)) != "bearer ") return {};
  return trim(field.substr(7));
}

Response call(const Route& route, Request& request) {
  // Handlers do not throw; what lies beneath them might (an allocation, a third party's parser).
  try {
    Result<Response> response = route.handler(request);
    if (response) return *std::move(response);
    const Error& error = response.error();
    if (status_of(error) >= 500) {
      log::error("http.failed", {{"operation", route.operation}, {"reason", error.reason()},
                                 {"message", error.message()}, {"request", request.id}});
    }
    return problem(error, request.language, request.id);
  } catch (const std::exception& thrown) {
    log::error("http.thrown", {{"operation", route.operation}, {"what", thrown.what()}, {"request", request.id}});
    const Error error = Error(Errc::kUnavailable, "the node failed while it handled this request")
                            .because("http.internal")
                            .advise("tell the operator of the node the request id; the log has more");
    return problem(error, request.language, request.id);
  }
}

Response replay(const StoredResponse& stored) {
  Response response = Response::bytes(stored.content_type, stored.body, stored.status);
  if (stored.content_type.empty()) response.headers.erase("Content-Type");
  if (!stored.location.empty()) response.headers.set("Location", stored.location);
  response.headers.set("Idempotency-Replayed", "true");
  return response;
}

Response call_once(IdempotencyStore& store, const Route& route, Request& request) {
  const std::string_view key_text = request.headers.get("Idempotency-Key");
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (key_text.empty() || key_text.size() > kIdempotencyKeyMax ||
      !std::all_of(key_text.begin(), key_text.end(), visible)) {
    return problem(Error(Errc::kInvalidArgument, "Idempotency-Key must be 1 to 255 visible ASCII characters")
                       .because("idempotency.key")
                       .advise("use a fresh UUID for each new operation"),
                   request.language, request.id);
  }
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256,
                                             {view_of(request.target), view_of("\n"), view_of(request.body)});
  const IdempotencyKey key{request.principal.actor(), std::string(name_of(route.method)) + " " + route.pattern,
                           std::string(key_text), wire::encode_hex(digest)};
  Result<std::optional<StoredResponse>> stored = store.begin(key);
  if (!stored) return problem(stored.error(), request.language, request.id);
  if (stored->has_value()) return replay(**stored);
  Response response = call(route, request);
  const bool keep = response.status < 500 && response.status != 429 && !response.source &&
                    response.body.size() <= kStoredBodyMax;
  const Result<> kept =
      keep ? store.finish(key, {response.status, std::string(response.headers.get("Content-Type")),
                                std::string(response.headers.get("Location")), response.body})
           : store.release(key);
  if (!kept) {
    // The operation itself is done and answered; only its memory is lost.
    log::warning("http.idempotency_not_kept", {{"operation", route.operation}, {"message", kept.error().message()}});
  }
  return response;
}

void add_common_fields(const Request& request, Response& response) {
  Headers& headers = response.headers;
  if (!headers.has("X-Request-Id")) headers.add("X-Request-Id", request.id);
  if (!headers.has("X-Content-Type-Options")) headers.add("X-Content-Type-Options", "nosniff");
  if (!headers.has("Cache-Control")) headers.add("Cache-Control", headers.has("ETag") ? "no-cache" : "no-store");
}

void answer_conditional(const Request& request, Response& response) {
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (!reads || response.status != 200 || !none_match_hits(request, response.headers.get("ETag"))) return;
  response.status = 304;
  response.body.clear();
  response.source.reset();
  response.headers.erase("Content-Type");
}

// What the body is declared to be. Undeclared is taken for what the route wants.
Result<> check_declared(const Route& route, const Headers& headers) {
  if (is_safe(route.method)) return {};
  const std::string encoding = to_lower_ascii(trim(headers.get("Content-Encoding")));
  if (!encoding.empty() && encoding != "identity") {
    return Error(Errc::kInvalidArgument, "compressed bodies are not taken")
        .because("http.media_type")
        .advise("send it without Content-Encoding");
  }
  const std::string_view declared = headers.get("Content-Type");
  const std::string type = to_lower_ascii(trim(declared.substr(0, declared.find(';'))));
  if (type.empty() || type == "application/json" || route.request_type != "application/json") return {};
  if (type.starts_with("application/") && type.ends_with("+json")) return {};
  return Error(Errc::kInvalidArgument, "the body is declared as another type than JSON, which is wanted here")
      .because("http.media_type")
      .advise("send Content-Type: application/json");
}

Error not_allowed(std::string_view message, std::string_view reason, Errc code, std::string_view advice) {
  return Error(code, std::string(message)).because(reason).advise(advice);
}

}  // namespace

struct Router::State {
  RouterOptions options;
  std::vector<std::unique_ptr<Route>> routes;
  std::vector<std::pair<std::string, wire::Json>> schemas;
  std::vector<Entry> entries;  // most exact first

  Result<Principal> by_token(std::string_view token) const {
    if (options.authenticator == nullptr || token.empty()) {
      return not_allowed("an access token is needed", "http.token_missing", Errc::kUnauthenticated,
                         "log in, and send Authorization: Bearer TOKEN");
    }
    return options.authenticator->by_token(token);
  }
  Result<Principal> by_certificate(const Request& request) const {
    if (options.authenticator == nullptr || !request.peer) {
      return not_allowed("a node's client certificate is needed", "http.certificate_missing", Errc::kUnauthenticated,
                         "connect over TLS with the certificate that your regional node issued");
    }
    return options.authenticator->by_certificate(*request.peer);
  }
  Result<Principal> by_authorization(const Request& request) const {
    if (options.authenticator == nullptr) return by_certificate(request);
    return options.authenticator->by_authorization(request.headers.get("Authorization"));
  }
  Result<> identify(const Route& route, Request& request) const {
    const std::string_view token = bearer_token(request.headers);
    const AccessKind kind = route.access.kind;
    if (kind == AccessKind::kPublic) {
      // Somebody known may be shown more; somebody unknown is still welcome.
      if (token.empty()) return {};
      Result<Principal> known = by_token(token);
      if (known) request.principal = *std::move(known);
      return {};
    }
    if (kind == AccessKind::kConnector && !request.peer) {
      WEIR_TRY_LET(request.principal, by_authorization(request));
      return {};
    }
    const bool as_peer =
        kind == AccessKind::kConnector || kind == AccessKind::kPeer ||
        (kind == AccessKind::kOperatorOrPeer && token.empty() && request.peer);
    if (as_peer) {
      WEIR_TRY_LET(request.principal, by_certificate(request));
      return {};
    }
    WEIR_TRY_LET(request.principal, by_token(token));
    if (!route.access.scope.empty() && !request.principal.may(route.access.scope)) {
      return not_allowed("this token does not carry the scope " + route.access.scope, "http.scope", Errc::kForbidden,
                         "ask an administrator for a token with that scope");
    }
    return {};
  }
};

Router::Router(RouterOptions options) : state_(std::make_unique<State>()) {
  WEIR_CHECK(options.random != nullptr);
  state_->options = options;
}
Router::~Router() = default;

void Router::add(Route route) {
  WEIR_CHECK(route.handler != nullptr && !route.operation.empty());
  Entry entry{nullptr, parse_pattern(route.pattern)};
  for (const Entry& other : state_->entries) {
    WEIR_CHECK(other.route->operation != route.operation);
    WEIR_CHECK(other.route->method != route.method || !same_shape(other.pattern, entry.pattern));
  }
  state_->routes.push_back(std::make_unique<Route>(std::move(route)));
  entry.route = state_->routes.back().get();
  const auto at = std::upper_bound(state_->entries.begin(), state_->entries.end(), entry, more_exact);
  state_->entries.insert(at, std::move(entry));
}

void Router::add_schema(std::string name, wire::Json schema) {
  for (const auto& known : state_->schemas) WEIR_CHECK(known.first != name);
  state_->schemas.emplace_back(std::move(name), std::move(schema));
}

void Router::describe(std::string_view operation, std::string request_schema, std::string response_schema,
                      std::vector<std::string> response_types) {
  for (const auto& route : state_->routes) {
    if (route->operation != operation) continue;
    if (!request_schema.empty()) route->request_schema = std::move(request_schema);
    if (!response_schema.empty()) route->response_schema = std::move(response_schema);
    if (!response_types.empty()) route->response_types = std::move(response_types);
    return;
  }
  WEIR_CHECK(false);  // no such operation
}

void Router::add_openapi(std::string pattern, Text title, std::string version) {
  const OpenApiInfo info{std::move(title), std::move(version)};
  add({.method = Method::kGet,
       .pattern = std::move(pattern),
       .access = Access::open(),
       .operation = "getOpenApi",
       .summary = {"This description of the API", "本接口描述文档"},
       .handler = [this, info](Request& request) -> Result<Response> {
         Response response = Response::json(openapi(*this, info, request.language));
         response.headers.set("ETag", etag_of(response.body));
         return response;
       }});
}

const std::vector<std::unique_ptr<Route>>& Router::routes() const { return state_->routes; }
const std::vector<std::pair<std::string, wire::Json>>& Router::schemas() const { return state_->schemas; }
Observer* Router::observer() const { return state_->options.observer; }

Result<const Route*> Router::match(Request& request) const {
  request.id = request_id(request.headers, *state_->options.random);
  request.language = language_of(request.headers);
  WEIR_TRY_LET(Target target, parse_target(request.target));
  request.path = target.path;
  request.query = std::move(target.query);
  bool path_known = target.path == "*";
  for (const Entry& entry : state_->entries) {
    std::optional<PathParameters> parameters = match_pattern(entry.pattern, target);
    if (!parameters) continue;
    path_known = true;
    const bool head_of_get = request.method == Method::kHead && entry.route->method == Method::kGet;
    if (entry.route->method != request.method && !head_of_get) continue;
    request.parameters = std::move(*parameters);
    return entry.route;
  }
  if (path_known) {
    return not_allowed(std::string(name_of(request.method)) + " is not done here", "http.method_not_allowed",
                       Errc::kInvalidArgument, "the Allow field names what is");
  }
  return not_allowed("there is nothing at this address", "http.no_route", Errc::kNotFound,
                     "GET /api/v1/openapi.json lists what there is");
}

std::string Router::allowed(std::string_view path) const {
  std::vector<std::string> verbs;
  const Result<Target> target = parse_target(path);
  const auto add_verb = [&](Method method) {
    if (std::string verb(name_of(method)); std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) {
      verbs.push_back(std::move(verb));
    }
  };
  for (const Entry& entry : state_->entries) {
    if (!target || (target->path != "*" && !match_pattern(entry.pattern, *target))) continue;
    add_verb(entry.route->method);
    if (entry.route->method == Method::kGet) add_verb(Method::kHead);
  }
  add_verb(Method::kOptions);
  return join(verbs, ", ");
}

Result<> Router::admit(const Route& route, Request& request) const {
  WEIR_TRY(state_->identify(route, request));
  return check_declared(route, request.headers);
}

Response Router::run(const Route& route, Request& request) const {
  IdempotencyStore* store = state_->options.idempotency;
  const bool once = store != nullptr && !is_safe(route.method) && !route.open_upload &&
                    request.headers.has("Idempotency-Key");
  Response response = once ? call_once(*store, route, request) : call(route, request);
  answer_conditional(request, response);
  try {
    compress(request, response);
  } catch (const std::exception& thrown) {
    log::warning("http.not_compressed", {{"what", thrown.what()}});
  }
  add_common_fields(request, response);
  return response;
}

Response Router::failure(const Request& request, const Error& error) const {
  Response response;
  if (error.reason() == "http.method_not_allowed") {
    if (request.method == Method::kOptions) {
      response = Response::empty(204);
    } else {
      response = problem(error, request.language, request.id);
    }
    response.headers.set("Allow", allowed(request.path));
  } else {
    response = problem(error, request.language, request.id);
  }
  add_common_fields(request, response);
  return response;
}

Response Router::handle(Request& request) const {
  const auto start = std::chrono::steady_clock::now();
  Observer* watcher = observer();
  if (watcher != nullptr) watcher->started();
  Exchange exchange{.method = request.method, .bytes_in = request.body.size()};
  Response response;
  const Result<const Route*> route = match(request);
  if (!route) {
    response = failure(request, route.error());
  } else {
    exchange.route = (*route)->pattern;
    const Result<> admitted = admit(**route, request);
    response = admitted ? run(**route, request) : failure(request, admitted.error());
  }
  exchange.status = response.status;
  exchange.bytes_out = response.source ? response.source->length() : response.body.size();
  exchange.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (watcher != nullptr) watcher->finished(exchange);
  return response;
}

}  // namespace weir::adapters::http
