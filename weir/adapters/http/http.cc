// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/http.h"

#include <algorithm>
#include <charconv>

#include "weir/base/check.h"
#include "weir/base/rate_limiter.h"

namespace weir::adapters::http {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
           return lower(x) == lower(y);
         });
}

std::string harmless(std::string_view value) {
  std::string out(trim(value));
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = ' ';
  }
  return out;
}

class MemorySource final : public BodySource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t length() const override { return bytes_.size(); }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view name_of(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kPatch: return "PATCH";
    case Method::kDelete: return "DELETE";
    case Method::kOptions: return "OPTIONS";
  }
  return "GET";
}

std::string_view phrase_of(int status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

std::optional<Method> parse_method(std::string_view text) {
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost, Method::kPut, Method::kPatch,
                              Method::kDelete, Method::kOptions}) {
    if (text == name_of(method)) return method;
  }
  return std::nullopt;
}

bool is_safe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions;
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.first, field.second);
}

void Headers::add(std::string_view name, std::string_view value) {
  WEIR_CHECK(!name.empty() && name.find_first_of(" :\t\r\n") == std::string_view::npos);
  fields_.emplace_back(std::string(name), harmless(value));
}

void Headers::set(std::string_view name, std::string_view value) {
  erase(name);
  add(name, value);
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
}

std::string_view Headers::get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name(field.first, name)) return field.second;
  }
  return {};
}

bool Headers::has(std::string_view name) const { return count(name) > 0; }

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [&](const Field& field) { return same_name(field.first, name); }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const Field& field : fields_) {
    if (!same_name(field.first, name)) continue;
    std::string_view rest = field.second;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (same_name(trim(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

std::unique_ptr<BodySource> make_memory_source(std::string bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

bool Principal::may(std::string_view scope) const {
  return std::any_of(scopes.begin(), scopes.end(), [&](std::string_view held) {
    if (held == "*" || held == scope) return true;
    return held.ends_with(":*") && scope.starts_with(held.substr(0, held.size() - 1));
  });
}

Result<Principal> Authenticator::by_authorization(std::string_view) {
  return Error(Errc::kUnauthenticated, "a node's client certificate is needed").because("http.certificate_missing");
}

std::string Principal::actor() const {
  switch (kind) {
    case PrincipalKind::kAnonymous: return "anonymous";
    case PrincipalKind::kOperator: return id;
    case PrincipalKind::kNode:
    case PrincipalKind::kPartner: return "peer:" + id;
  }
  return "anonymous";
}

const std::string& Request::parameter(std::string_view name) const {
  const auto at = parameters.find(name);
  WEIR_CHECK(at != parameters.end());
  return at->second;
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string Request::query_or(std::string_view name, std::string_view otherwise) const {
  return query_value(name).value_or(std::string(otherwise));
}

Result<std::int64_t> Request::query_integer(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                            std::int64_t most) const {
  const std::optional<std::string> text = query_value(name);
  if (!text) return otherwise;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (status != std::errc{} || end != text->data() + text->size() || value < least || value > most) {
    return Error(Errc::kInvalidArgument, "the query parameter '" + std::string(name) + "' must be an integer from " +
                                             std::to_string(least) + " to " + std::to_string(most))
        .because("http.query")
        .advise("correct the parameter and send the request again");
  }
  return value;
}

Result<wire::Json> Request::json() const {
  Result<wire::Json> value = wire::parse_json(body);
  if (!value) return std::move(value).error().with("request body");
  if (!value->is_object()) {
    return Error(Errc::kInvalidArgument, "request body: a JSON object is wanted").because("json.not_an_object");
  }
  return value;
}

Response Response::json(const wire::Json& value, int status) {
  return bytes("application/json", value.dump(), status);
}

Response Response::bytes(std::string content_type, std::string body, int status) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

Response Response::text(std::string body, int status) {
  return bytes("text/plain; charset=utf-8", std::move(body), status);
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Response Response::switching(std::string_view protocol, std::function<void(std::unique_ptr<Line>)> takeover) {
  Response out;
  out.status = 101;
  out.headers.set("Connection", "Upgrade");
  out.headers.set("Upgrade", protocol);
  out.takeover = std::move(takeover);
  return out;
}

Response Response::created(std::string_view location, const wire::Json& value) {
  Response response = json(value, 201);
  response.headers.set("Location", location);
  return response;
}

}  // namespace weir::adapters::http
