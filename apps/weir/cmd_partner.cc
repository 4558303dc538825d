// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  std::string id;
  std::string name;
  std::string address;
  std::string data_address;
  std::string authorization_in;
  std::string authorization_out;
  std::string dataset;
  std::string offer;
};

std::string path_of(const Options& options) { return "/api/v1/partners/" + wire::escape_url(options.id); }

Result<int> add_partner(Context& context, Output& out, const Options& options) {
  const bool by_did = options.authorization_in.empty() && options.authorization_out.empty();
  WEIR_TRY_LET(const std::string in, by_did ? Result<std::string>("") : read_secret(options.authorization_in));
  WEIR_TRY_LET(const std::string given, by_did ? Result<std::string>("") : read_secret(options.authorization_out));
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object(
      {{"name", options.name}, {"address", options.address}, {"dataAddress", options.data_address}});
  if (!by_did) body.set("authorizationIn", in).set("authorizationOut", given);
  WEIR_TRY_LET(const Json answer, api.send(adapters::http::Method::kPut, path_of(options), body));
  out.object(answer);
  out.good({"known: " + options.id, "已登记：" + options.id});
  out.next({"weir partner catalog " + options.id, "weir partner catalog " + options.id});
  return kOk;
}

Result<int> list_partners(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/partners"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("name", ""), row.text_or("address", "")});
  }
  out.table({{"id", "标识"}, {"name", "名称"}, {"address", "地址"}}, rows);
  return kOk;
}

Result<int> show_catalog(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json catalog, api.get(path_of(options) + "/catalog"));
  out.object(catalog);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : catalog["dataset"].is_array() ? catalog["dataset"].items() : Json::Array{}) {
    const Json& offers = row["hasPolicy"];
    rows.push_back({row.text_or("@id", ""), offers.size() > 0 ? offers.items().front().text_or("@id", "") : ""});
  }
  out.table({{"dataset", "数据集"}, {"offer", "报价"}}, rows);
  return kOk;
}

Result<int> negotiate(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json asked, api.post(path_of(options) + "/negotiations",
                                          Json::object({{"dataset", options.dataset}, {"offer", options.offer}})));
  const std::string path = "/api/v1/negotiations/" + wire::escape_url(asked.text_or("id", ""));
  WEIR_TRY_LET(const Json seen, api.await(path, Milliseconds(60'000), [](const Json& now) {
                 const std::string state = now.text_or("state", "");
                 return state == "FINALIZED" || state == "TERMINATED" || now.boolean_or("held", false);
               }));
  out.object(seen);
  const std::string state = seen.text_or("state", "");
  if (state != "FINALIZED") {
    out.line(state + " " + seen.text_or("error", seen.text_or("holdReason", "")));
    return kFailed;
  }
  out.good({"agreed", "已达成"});
  out.next({"weir fetch " + seen.text_or("agreementId", ""), "weir fetch " + seen.text_or("agreementId", "")});
  return kOk;
}

}  // namespace

Result<std::string> read_secret(const std::string& reference) {
  if (reference.starts_with("env:")) {
    const char* value = std::getenv(reference.substr(4).c_str());
    if (value != nullptr) return std::string(value);
    return Error(Errc::kInvalidArgument, "the environment has no " + reference.substr(4));
  }
  if (reference.starts_with("file:")) {
    WEIR_TRY_LET(const Bytes bytes, store::real_files().read_all(reference.substr(5), 64u << 10));
    std::string text(text_of(bytes));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
  }
  return Error(Errc::kInvalidArgument, "a secret is given as file:PATH or env:NAME").because("partner.secret");
}

void add_partner_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("partner", "Connectors outside the space: Eclipse EDC and others");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, auto work) {
    CLI::App* made = group->add_subcommand(name, help);
    made->callback([&context, options, work] {
      context.run = [&context, options, work](Output& out) { return work(context, out, *options); };
    });
    return made;
  };
  command("list", "All of them", [](Context& c, Output& out, const Options&) { return list_partners(c, out); });
  CLI::App* add = command("add", "Makes one known, or changes it", add_partner);
  add->add_option("ID", options->id, "Its participant id")->required();
  add->add_option("--address", options->address, "Base URL of its Dataspace Protocol 2025-1 endpoint")->required();
  add->add_option("--data-address", options->data_address, "Where its data lie, if scheme, host or port are others");
  add->add_option("--name", options->name, "For people");
  add->add_option("--authorization-in", options->authorization_in,
                  "The Authorization it sends: file:PATH or env:NAME; left out for a partner that is known by its DID");
  add->add_option("--authorization-out", options->authorization_out,
                  "The Authorization to send to it: file:PATH or env:NAME");
  command("catalog", "What it offers", show_catalog)->add_option("ID", options->id, "Participant id")->required();
  CLI::App* ask = command("negotiate", "Asks it for a dataset, and waits for the agreement", negotiate);
  ask->add_option("ID", options->id, "Participant id")->required();
  ask->add_option("DATASET", options->dataset, "As its catalog names it")->required();
  ask->add_option("--offer", options->offer, "Which offer; the first if left out");
  CLI::App* remove = command("remove", "Forgets it: nothing is taken from it any more",
                             [](Context& c, Output& out, const Options& o) -> Result<int> {
                               WEIR_TRY_LET(Api api, c.api());
                               WEIR_TRY(api.send(adapters::http::Method::kDelete, path_of(o), Json()));
                               out.object(Json::object({{"id", o.id}, {"removed", true}}));
                               out.good({"forgotten", "已删除"});
                               return kOk;
                             });
  remove->add_option("ID", options->id, "Participant id")->required();
}

}  // namespace weir::cli
