// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/node/data_plane.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/trust/credential/service.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using trust::credential::Actor;
using trust::credential::OperatorId;
using trust::credential::Scopes;
using wire::Json;

Result<Actor> actor_of(const Request& request) { return Actor::parse(request.principal.actor()); }

Result<crypto::SecretBytes> secret(const Json& body, std::string_view member) {
  WEIR_TRY_LET(const std::string text, body.text(member));
  return crypto::SecretBytes(view_of(text));
}

// Nobody gives, or takes over, rights that they do not have: else operator:write would be every right.
Result<> covers(const Request& request, const Scopes& wanted) {
  WEIR_TRY_LET(const Scopes own, Scopes::parse(request.principal.scopes));
  if (own.covers(wanted)) return {};
  return Error(Errc::kForbidden, "this would give rights that you do not have yourself")
      .because("scope.beyond_operator");
}

// The operator in the path, who may do no more than the caller.
Result<OperatorId> subject_of(Node& node, const Request& request) {
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse(request.parameter("id")));
  WEIR_TRY_LET(const auto found, node.credentials().find(id));
  WEIR_TRY(covers(request, found.scopes));
  return id;
}

Result<Response> answer(Node& node, const OperatorId& id) {
  WEIR_TRY_LET(const auto found, node.credentials().find(id));
  return Response::json(trust::credential::to_json(found, node.clock().now()));
}

constexpr std::int64_t kTokenDaysMost = 366;

Result<Milliseconds> days_of(const Json& body) {
  const std::int64_t days = body.integer_or("days", 90);
  if (days < 1 || days > kTokenDaysMost) {
    return Error(Errc::kInvalidArgument, "a token is good for 1 to " + std::to_string(kTokenDaysMost) + " days")
        .because("operator.days");
  }
  return Milliseconds(days * 24 * 3600 * 1000);
}

Result<Response> create(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string name, body.text("name"));
  WEIR_TRY_LET(const auto scope_names, body.texts("scopes"));
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse(body.text_or("id", name)));
  WEIR_TRY_LET(const Scopes scopes, Scopes::parse(scope_names));
  WEIR_TRY(covers(request, scopes));
  WEIR_TRY_LET(const Milliseconds length, days_of(body));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY_LET(const auto added, node.credentials().add({id, name, scopes}, actor));
  Json out = trust::credential::to_json(added, node.clock().now());
  if (body.boolean_or("password", false)) {
    WEIR_TRY_LET(const std::string password, node.credentials().reset_password(id, actor));
    out.set("password", password);
  } else {
    WEIR_TRY_LET(const auto token, node.credentials().issue_token(id, "first", scopes, length, actor));
    out.set("token", token.text);
  }
  return Response::created("/api/v1/operators/" + id.text(), out);
}

Result<Response> list(Node& node, Request&) {
  WEIR_TRY_LET(const auto all, node.credentials().list());
  Json::Array items;
  for (const auto& one : all) items.push_back(trust::credential::to_json(one, node.clock().now()));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> revoke_all(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const OperatorId id, subject_of(node, request));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY_LET(const std::int64_t count, node.credentials().revoke_all(id, body.text_or("reason", ""), actor));
  return Response::json(Json::object({{"id", id.text()}, {"revoked", count}}));
}

Result<Response> reset_password(Node& node, Request& request) {
  WEIR_TRY_LET(const OperatorId id, subject_of(node, request));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY_LET(const std::string password, node.credentials().reset_password(id, actor));
  return Response::json(Json::object({{"id", id.text()}, {"password", password}}));
}

Result<Response> unlock(Node& node, Request& request) {
  WEIR_TRY_LET(const OperatorId id, subject_of(node, request));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY(node.credentials().unlock(id, actor));
  return answer(node, id);
}

Result<Response> disable(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const OperatorId id, subject_of(node, request));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY(node.credentials().disable(id, body.text_or("reason", ""), actor));
  return answer(node, id);
}

Result<Response> enable(Node& node, Request& request) {
  WEIR_TRY_LET(const OperatorId id, subject_of(node, request));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY(node.credentials().enable(id, actor));
  return answer(node, id);
}

// ── tokens ──

Result<Response> list_tokens(Node& node, Request& request) {
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse(request.parameter("id")));
  WEIR_TRY(node.credentials().find(id));
  WEIR_TRY_LET(const auto tokens, node.credentials().tokens(id));
  Json::Array items;
  for (const auto& token : tokens) items.push_back(trust::credential::to_json(token));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> issue_token(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto scope_names, body.texts("scopes"));
  WEIR_TRY_LET(const Scopes scopes, Scopes::parse(scope_names));
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse(request.parameter("id")));
  WEIR_TRY(covers(request, scopes));
  WEIR_TRY_LET(const Milliseconds length, days_of(body));
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY_LET(const auto token,
               node.credentials().issue_token(id, body.text_or("label", "token"), scopes, length, actor));
  Json out = trust::credential::to_json(token.info);
  out.set("token", token.text);
  return Response::json(out, 201);
}

Result<Response> revoke_token(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const Actor actor, actor_of(request));
  WEIR_TRY(node.credentials().revoke_token(request.parameter("id"), body.text_or("reason", ""), actor));
  return Response::json(Json::object({{"id", request.parameter("id")}}));
}

// ── sessions: anybody who knows the password ──

Result<Response> login(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string name, body.text("name"));
  WEIR_TRY_LET(const crypto::SecretBytes password, secret(body, "password"));
  WEIR_TRY_LET(const auto session, node.credentials().login(name, password));
  WEIR_TRY_LET(const auto known, node.credentials().authenticate(session.text));
  return Response::json(Json::object({{"token", session.text},
                                      {"expires", format_iso8601(session.info.expires)},
                                      {"mustChangePassword", known.must_change_password}}));
}

// A token that somebody was given for a program does not end by accident: it is revoked.
Result<Response> logout(Node& node, Request& request) {
  const std::string token = bearer_of(request);
  WEIR_TRY_LET(const auto known, node.credentials().authenticate(token));
  WEIR_TRY_LET(const auto tokens, node.credentials().tokens(known.id));
  const bool session = std::any_of(tokens.begin(), tokens.end(), [&](const auto& each) {
    return each.id == known.token && each.kind == trust::credential::TokenKind::kSession;
  });
  if (!session) return Error(Errc::kConflict, "an API token is revoked, not logged out").because("login.no_session");
  WEIR_TRY(node.credentials().logout(token));
  return Response::empty();
}

Result<Response> change_password(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string name, body.text("name"));
  WEIR_TRY_LET(const crypto::SecretBytes present, secret(body, "password"));
  WEIR_TRY_LET(const crypto::SecretBytes next, secret(body, "next"));
  const auto id = OperatorId::parse(name);
  if (!id) return Error(Errc::kUnauthenticated, "name or password is wrong").because("login.refused");
  WEIR_TRY(node.credentials().change_password(*id, present, next));
  return Response::empty();
}

}  // namespace

void add_credential_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = "/api/v1" + std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const Access write = Access::with_scope("operator:write");
  add(Method::kPost, "/login", Access::open(), "login", {"A session for an operator", "经办人登录"}, login);
  add(Method::kPost, "/logout", Access::with_scope(""), "logout", {"Ends the session", "退出登录"}, logout, 204);
  add(Method::kPost, "/password", Access::open(), "changePassword",
      {"Changes one's own password, with the present one", "凭现有密码修改本人密码"}, change_password, 204);
  add(Method::kPost, "/operators", write, "createOperator",
      {"A new operator with a token or a password", "新增经办人及令牌或密码"}, create, 201);
  add(Method::kGet, "/operators", write, "listOperators", {"All operators", "经办人列表"}, list);
  add(Method::kPost, "/operators/{id}/revoke", write, "revokeOperator",
      {"Ends all tokens of an operator", "吊销经办人全部令牌"}, revoke_all);
  add(Method::kPost, "/operators/{id}/password", write, "resetPassword",
      {"A new password, shown once, to be changed at the first login", "重置密码；仅显示一次，首次登录须修改"}, reset_password);
  add(Method::kPost, "/operators/{id}/unlock", write, "unlockOperator", {"Ends a lock-out early", "提前解除锁定"}, unlock);
  add(Method::kPost, "/operators/{id}/disable", write, "disableOperator", {"Lets an operator do nothing", "停用经办人"},
      disable);
  add(Method::kPost, "/operators/{id}/enable", write, "enableOperator", {"Lets an operator act again", "启用经办人"},
      enable);
  add(Method::kGet, "/operators/{id}/tokens", write, "listTokens",
      {"Tokens and sessions of an operator", "经办人的令牌与会话"}, list_tokens);
  add(Method::kPost, "/operators/{id}/tokens", write, "issueToken", {"A token; shown once", "签发令牌；仅显示一次"},
      issue_token, 201);
  add(Method::kPost, "/tokens/{id}/revoke", write, "revokeToken", {"Ends one token", "吊销单个令牌"}, revoke_token);
}

}  // namespace weir::node
