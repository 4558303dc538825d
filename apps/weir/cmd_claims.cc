// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using adapters::http::Method;
using wire::Json;

struct Options {
  std::string id;
  std::string reason;
  std::string profile = "vc20-bssl/jwt";
  std::vector<std::string> types;
};

std::vector<Json> items_of(const Json& page, std::string_view name = "items") {
  return page[name].is_array() ? page[name].items() : Json::Array{};
}

// ── did ──

Result<int> show_did(Context& context, Output& out, const std::string& id) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json document, api.get("/api/v1/dids/" + wire::escape_url(id)));
  out.object(document);
  out.line(document.text_or("id", ""));
  std::vector<std::vector<std::string>> rows;
  for (const Json& key : items_of(document, "keys")) {
    std::string uses;
    for (const Json& use : items_of(key, "uses")) uses += (uses.empty() ? "" : ", ") + use.as_string();
    rows.push_back({key.text_or("id", ""), uses});
  }
  out.table({{"key", "密钥"}, {"uses", "用途"}}, rows);
  rows.clear();
  for (const Json& one : items_of(document, "services")) {
    rows.push_back({one.text_or("type", ""), one.text_or("endpoint", "")});
  }
  out.table({{"service", "服务"}, {"address", "地址"}}, rows);
  return kOk;
}

// ── credentials ──

Result<int> list_credentials(Context& context, Output& out, const Options&) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/credentials"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : items_of(page)) {
    rows.push_back({row.text_or("type", ""), row.text_or("issuer", ""), row.text_or("validUntil", ""),
                    row.text_or("id", "")});
  }
  out.table({{"type", "类型"}, {"issuer", "签发方"}, {"valid until", "有效期至"}, {"id", "标识"}}, rows);
  rows.clear();
  for (const Json& row : items_of(page, "requests")) {
    rows.push_back({row.text_or("pid", ""), row.text_or("issuer", ""), row.text_or("state", ""),
                    row.text_or("reason", "")});
  }
  out.table({{"request", "申请"}, {"issuer", "签发方"}, {"state", "状态"}, {"reason", "原因"}}, rows);
  return kOk;
}

Result<int> request_credentials(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object({{"issuer", options.id}, {"profile", options.profile}});
  if (!options.types.empty()) body.set("types", Json::strings(options.types));
  WEIR_TRY_LET(const Json asked, api.post("/api/v1/credentials/requests", body));
  const std::string pid = asked.text_or("pid", "");
  Json mine;
  WEIR_TRY_LET(const Json seen, api.await("/api/v1/credentials", Milliseconds(60'000), [&](const Json& page) {
                 for (const Json& one : items_of(page, "requests")) {
                   if (one.text_or("pid", "") == pid) mine = one;
                 }
                 return mine.text_or("state", "") != "REQUESTED";
               }));
  out.object(mine);
  if (mine.text_or("state", "") != "ISSUED") {
    out.line(mine.text_or("state", "") + " " + mine.text_or("reason", ""));
    return kFailed;
  }
  out.good({"issued", "已签发"});
  out.next({"weir credential list", "weir credential list"});
  return kOk;
}

Result<int> list_issued(Context& context, Output& out, const Options&) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/credentials/issued?limit=1000"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : items_of(page)) {
    rows.push_back({row.text_or("id", ""), row.text_or("type", ""), row.text_or("holder", ""),
                    row.text_or("expires", ""), row.text_or("revoked", "")});
  }
  out.table({{"id", "标识"}, {"type", "类型"}, {"holder", "持有方"}, {"expires", "有效期至"}, {"revoked", "吊销时间"}}, rows);
  return kOk;
}

Result<int> revoke(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json done, api.post("/api/v1/credentials/issued/" + wire::escape_url(options.id) + "/revoke",
                                         Json::object({{"reason", options.reason}})));
  out.object(done);
  out.good({"revoked", "已吊销"});
  return kOk;
}

Result<int> forget(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY(api.send(Method::kDelete, "/api/v1/credentials/" + wire::escape_url(options.id), Json()));
  out.object(Json::object({{"id", options.id}, {"forgotten", true}}));
  out.good({"forgotten", "已删除"});
  return kOk;
}

void add_did_commands(CLI::App& app, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* group = app.add_subcommand("did", "Decentralized identifiers: this node's, and others'");
  group->require_subcommand(1);
  const auto run = [&context, options](bool own) {
    context.run = [&context, options, own](Output& out) { return show_did(context, out, own ? "self" : options->id); };
  };
  group->add_subcommand("show", "This node's")->callback([run] { run(true); });
  CLI::App* resolve = group->add_subcommand("resolve", "What the document of another says");
  resolve->callback([run] { run(false); });
  resolve->add_option("DID", options->id, "did:web:HOST or did:web:HOST%3APORT")->required();
}

}  // namespace

void add_claims_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  add_did_commands(app, context, options);
  CLI::App* group = app.add_subcommand("credential", "Verifiable credentials: held, asked for, issued");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, auto work) {
    CLI::App* made = group->add_subcommand(name, help);
    made->callback([&context, options, work] {
      context.run = [&context, options, work](Output& out) { return work(context, out, *options); };
    });
    return made;
  };
  command("list", "What this node holds, and what it asked for", list_credentials);
  CLI::App* ask = command("request", "Asks an issuer, and waits for the credentials", request_credentials);
  ask->add_option("ISSUER", options->id, "Its DID")->required();
  ask->add_option("--type", options->types, "MembershipCredential if left out; may be given several times");
  ask->add_option("--profile", options->profile, "vc20-bssl/jwt or vc11-sl2021/jwt");
  CLI::App* drop = command("forget", "Shows a credential to nobody any more", forget);
  drop->add_option("ID", options->id, "As list names it")->required();
  command("issued", "What this node issued", list_issued);
  CLI::App* end = command("revoke", "Revokes a credential that this node issued, for good", revoke);
  end->add_option("ID", options->id, "As issued names it")->required();
  end->add_option("--reason", options->reason, "Why")->required();
}

}  // namespace weir::cli
