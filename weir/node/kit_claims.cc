// What the test kit of the Decentralized Claims Protocol finds: itself as a partner, as an issuer that was asked, and
// as a member of the space. Its DIDs are those of the issuer that did.issuers names, with another last part.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"
#include "weir/base/text.h"
#include "weir/node/claims.h"
#include "weir/node/kit.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/wire/encoding.h"

namespace weir::node::kit {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using trust::claims::Did;
using wire::Json;

constexpr std::string_view kIssuerPart = ":issuer";
constexpr std::string_view kCorrelation = "weir-kit";  // under which its issuer was asked
constexpr std::string_view kClient = "weir-kit";
constexpr std::string_view kTokenPath = "/tck/sts";

// "did:web:localhost%3A8083", without the last part.
Result<std::string> kit_of(const config::Config& config) {
  if (!config.did_issuers.ends_with(kIssuerPart)) {
    return Error(Errc::kInvalidArgument, "profile dcp-tck needs did.issuers: did:web:HOST%3APORT:issuer")
        .because("kit.issuer");
  }
  return config.did_issuers.substr(0, config.did_issuers.size() - kIssuerPart.size());
}

Result<> write(Node& node, std::string_view role, const Json& special) {
  const std::string base = node.url();
  Json all = Json::object({{"dataspacetck.did." + std::string(role), node.claims().did().text()},
                           {"dataspacetck.credentials.correlation.id", kCorrelation}});
  for (const auto& [name, value] : special.members()) all.set(name, value);
  std::string text = "# Written by weir serve --profile dcp-tck, to run the official kit against this node.\n";
  for (const auto& [name, value] : all.members()) text += name + "=" + value.as_string() + "\n";
  return node.files().write_durable(node.folder().file("dcp-" + std::string(role) + ".properties"), view_of(text));
}

std::string form_value(const std::string& body, std::string_view name) {
  for (std::string pair : split(body, '&')) {
    if (!pair.starts_with(std::string(name) + "=")) continue;
    std::string text = pair.substr(name.size() + 1);
    for (char& c : text) c = c == '+' ? ' ' : c;
    const auto value = wire::unescape_url(text);
    return value ? *value : "";
  }
  return "";
}

Result<Response> post_token(Node& node, Request& request) {
  if (form_value(request.body, "client_id") != kClient || form_value(request.body, "client_secret") != kClient) {
    return Error(Errc::kUnauthenticated, "not the kit").because("claims.access");
  }
  WEIR_TRY_LET(const Did audience, Did::parse(form_value(request.body, "audience")));
  Claims& claims = node.claims();
  const auto scopes = split(form_value(request.body, "bearer_access_scope"), ' ');
  const std::string access = claims.holder().grant(audience, scopes);
  const std::string shown = claims.authorization_with(audience, access);
  return Response::json(Json::object({{"access_token", shown.substr(std::string_view("Bearer ").size())},
                                      {"token_type", "Bearer"},
                                      {"expires_in", 300}}));
}

}  // namespace

std::optional<trust::claims::Member> member(const config::Config& config, const Did& did, const std::string& node) {
  if (!is_on_for_claims(config)) return std::nullopt;
  const auto kit = kit_of(config);
  if (!kit || did.text() != *kit + ":holder") return std::nullopt;
  return trust::claims::Member{node, "12110000MB0000019M", "test kit"};
}

Result<> prepare_claims(Node& node) {
  log::warning("kit.on", {{"profile", kClaimsProfile}, {"what", "for tests only: plain HTTP"}, {"url", node.url()}});
  WEIR_TRY_LET(const std::string kit, kit_of(node.config()));
  WEIR_TRY_LET(const Did issuer, Did::parse(kit + std::string(kIssuerPart)));
  WEIR_TRY_LET(const Did holder, Did::parse(kit + ":holder"));
  WEIR_TRY(node.partners().put({.id = holder.text(), .name = "test kit", .address = "http://" + holder.authority()}, ""));
  WEIR_TRY(node.claims().holder().begin_request(issuer, std::string(kCorrelation), "node:" + node.id().text()));
  const std::string base = node.url();
  WEIR_TRY(write(node, "holder", Json::object({{"dataspacetck.sts.url", base + std::string(kTokenPath)},
                                               {"dataspacetck.sts.client.id", kClient},
                                               {"dataspacetck.sts.client.secret", kClient}})));
  WEIR_TRY(write(node, "issuer", Json::object()));
  const std::string trigger = base + std::string(kProtocolPath) + "/catalog/request";
  return write(node, "verifier", Json::object({{"dataspacetck.vpp.trigger.endpoint", trigger}}));
}

void add_claims_routes(adapters::http::Router& router, Node& node) {
  router.add({.method = Method::kPost,
              .pattern = std::string(kTokenPath) + "/token",
              .access = Access::open(),
              .operation = "kitToken",
              .summary = {"A token service for the test kit", "测试套件的令牌服务"},
              .request_type = "application/x-www-form-urlencoded",
              .handler = [&node](Request& request) { return post_token(node, request); },
              .hidden = true});
}

}  // namespace weir::node::kit
