// Http: requests, responses and routes as plain values, so that a handler is tested without a socket.
//
// Thread-safety: values. Trust: everything in a Request comes from outside, except `peer` (verified by TLS),
// `principal` (verified by the Authenticator) and `id`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/limits.h"
#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir {
class RateLimiter;
}

namespace weir::adapters::http {

class Line;

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
std::string_view name_of(Method method);  // "GET"
std::string_view phrase_of(int status);   // "OK"
std::optional<Method> parse_method(std::string_view text);
// GET, HEAD and OPTIONS change nothing.
bool is_safe(Method method);

// Header fields in the order they came, found without regard to case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  // Control characters in a value become spaces: nobody splits a message through a header.
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void erase(std::string_view name);
  // The first value; empty if there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // Whether the comma-separated list `name` holds `token`, without regard to case.
  bool has_token(std::string_view name, std::string_view token) const;
  const std::vector<Field>& all() const { return fields_; }
  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Field> fields_;
};

// A body that is produced piece by piece, with bounded memory. Used by one thread at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t length() const = 0;
  // Fills some of `out`; 0 means the end. An error, or an end before `length`, breaks the connection, so that the
  // receiver sees that the body is not whole.
  virtual Result<std::size_t> read(std::span<std::uint8_t> out) = 0;
  // Called once, when the last byte was handed to the socket or the transfer broke. `socket_bytes` counts what
  // was written to the network for this response, headers and TLS records included.
  virtual void finished(std::uint64_t socket_bytes, bool complete) {
    static_cast<void>(socket_bytes);
    static_cast<void>(complete);
  }
};

// Where a large request body goes while it arrives. Dropped without finish() if the body did not arrive whole.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Result<> write(ByteView bytes) = 0;
  virtual Result<> finish() = 0;
};

std::unique_ptr<BodySource> make_memory_source(std::string bytes);

// The client certificate of a connection, verified against the authorities of the server.
struct PeerCertificate {
  std::string common_name;
  std::string unit;          // OU: the identifier of the node
  std::string organisation;  // O: USCC of its participant
  std::string fingerprint;   // SHA-256 of the DER form, hex
  std::string pem;
};

enum class PrincipalKind : std::uint8_t { kAnonymous, kOperator, kNode, kPartner };

// Who asks, as far as it was proven.
struct Principal {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  std::string id;           // operator id, node identifier, or the participant id of a partner
  std::string participant;  // USCC, where known
  std::vector<std::string> scopes;
  // "catalog:read" is granted by itself, by "catalog:*" and by "*".
  bool may(std::string_view scope) const;
  // As evidence entries name it: the operator's id, "peer:<node>" or "anonymous".
  std::string actor() const;
};

// Tells who a token or a certificate belongs to. Called on worker threads; must be thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Result<Principal> by_token(std::string_view token) = 0;
  virtual Result<Principal> by_certificate(const PeerCertificate& certificate) = 0;
  // A connector of another world, by what it says in Authorization. Nobody is known by that unless this is overridden.
  virtual Result<Principal> by_authorization(std::string_view authorization);
};

// kConnector: a node by its certificate, or without one a partner by Authorization.
enum class AccessKind : std::uint8_t { kPublic, kOperator, kPeer, kOperatorOrPeer, kConnector };
struct Access {
  AccessKind kind = AccessKind::kOperator;
  std::string scope;  // of operators; empty: any operator
  static Access open() { return {AccessKind::kPublic, {}}; }
  static Access with_scope(std::string scope) { return {AccessKind::kOperator, std::move(scope)}; }
  static Access peer() { return {AccessKind::kPeer, {}}; }
  static Access connector() { return {AccessKind::kConnector, {}}; }
  static Access scope_or_peer(std::string scope) { return {AccessKind::kOperatorOrPeer, std::move(scope)}; }
};

struct Request {
  Method method = Method::kGet;
  std::string target;  // as it was sent
  std::string path;    // of the target, still escaped, without query
  std::map<std::string, std::string, std::less<>> parameters;  // of the pattern, unescaped
  std::vector<std::pair<std::string, std::string>> query;      // unescaped, in order
  Headers headers;
  std::string body;                  // empty on upload routes
  std::unique_ptr<BodySink> upload;  // upload routes: the sink that took the whole body
  std::uint64_t body_bytes = 0;
  std::string remote_address;
  bool secure = false;  // came over TLS
  std::optional<PeerCertificate> peer;
  Principal principal;
  Language language = Language::kEnglish;
  std::string id;  // of this request; in the log, in problems, in X-Request-Id

  // A parameter of the pattern. Requires: the pattern has it (checked).
  const std::string& parameter(std::string_view name) const;
  std::optional<std::string> query_value(std::string_view name) const;
  std::string query_or(std::string_view name, std::string_view otherwise) const;
  // Fails with kInvalidArgument ("http.query") if it is no integer or out of [least, most].
  Result<std::int64_t> query_integer(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most) const;
  // The body as JSON. Fails with kInvalidArgument ("http.media_type" if it is declared as something else).
  Result<wire::Json> json() const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::unique_ptr<BodySource> source;     // instead of body
  std::shared_ptr<RateLimiter> limiter;   // of the source, in bytes a second
  // With status 101: the connection belongs to whoever is called here, on the edge thread, when the head is sent. Must
  // be quick. The line must be let go of before the server is destroyed.
  std::function<void(std::unique_ptr<Line>)> takeover;

  static Response json(const wire::Json& value, int status = 200);
  static Response bytes(std::string content_type, std::string body, int status = 200);
  static Response text(std::string body, int status = 200);
  static Response empty(int status = 204);
  static Response created(std::string_view location, const wire::Json& value);
  // 101: from now on the connection speaks `protocol`.
  static Response switching(std::string_view protocol, std::function<void(std::unique_ptr<Line>)> takeover);
};

using Handler = std::function<Result<Response>(Request&)>;
// Called when the headers of a large body are there and the caller is known, before the body.
using UploadOpener = std::function<Result<std::unique_ptr<BodySink>>(Request&)>;

struct QueryParameter {
  std::string name;
  std::string type = "string";  // of JSON Schema
  Text description;
  bool required = false;
};

struct Route {
  Method method = Method::kGet;
  std::string pattern;    // "/api/v1/products/{id}"; a last "{path...}" takes the rest
  Access access;
  std::string operation;  // "getProduct": unique
  Text summary;
  std::vector<QueryParameter> query = {};
  std::string request_schema = {};   // names of Router::add_schema; empty: none
  std::string response_schema = {};
  int success_status = 200;
  std::string request_type = "application/json";
  std::vector<std::string> response_types = {"application/json"};  // the schema is of JSON
  Handler handler;
  UploadOpener open_upload = {};  // set: the body streams into a sink, unbounded in length
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
  bool hidden = false;  // left out of the OpenAPI document: console files, metrics
};

}  // namespace weir::adapters::http
