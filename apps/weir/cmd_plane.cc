// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  bool data = false;  // a data plane, else a control plane
  std::string id;
  std::string endpoint;
  std::vector<std::string> profiles;
  std::vector<std::string> products;
  bool agreements = false;
  std::string authorization_in;
  std::string authorization_out;

  std::string path() const { return data ? "/signaling/v1/dataplanes" : "/signaling/v1/controlplanes"; }
  std::string id_name() const { return data ? "dataplaneId" : "controlplaneId"; }
};

Result<int> add_plane(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(const std::string in, read_secret(options.authorization_in));
  std::string given;
  if (!options.authorization_out.empty()) {
    WEIR_TRY_LET(given, read_secret(options.authorization_out));
  }
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object(
      {{options.id_name(), options.id},
       {"endpoint", options.endpoint},
       {"products", Json::strings(options.products)},
       {"authorization",
        Json::object({{"type", "agreed"}, {"authorizationIn", in}, {"authorizationOut", given}})}});
  if (options.data) body.set("profiles", Json::strings(options.profiles));
  if (!options.data) body.set("agreements", options.agreements);
  WEIR_TRY_LET(const Json answer, api.send(adapters::http::Method::kPut, options.path(), body));
  out.object(answer);
  out.good({"registered: " + options.id, "已登记：" + options.id});
  return kOk;
}

Result<int> list_planes(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get(options.path()));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    const std::size_t products = row["products"].size();
    rows.push_back({row.text_or(options.id_name(), ""), row.text_or("endpoint", ""),
                    products == 0 ? "*" : std::to_string(products)});
  }
  out.table({{"id", "标识"}, {"endpoint", "地址"}, {"products", "产品"}}, rows);
  return kOk;
}

Result<int> remove_plane(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY(api.send(adapters::http::Method::kDelete, options.path() + "/" + wire::escape_url(options.id), Json()));
  out.object(Json::object({{"id", options.id}, {"removed", true}}));
  out.good({"forgotten", "已删除"});
  return kOk;
}

void add_group(CLI::App& app, Context& context, bool data) {
  const auto options = std::make_shared<Options>();
  options->data = data;
  CLI::App* group = data ? app.add_subcommand("dataplane", "Data planes that move data for this node")
                         : app.add_subcommand("controlplane", "Control planes that this node moves data for");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, auto work) {
    CLI::App* made = group->add_subcommand(name, help);
    made->callback([&context, options, work] {
      context.run = [&context, options, work](Output& out) { return work(context, out, *options); };
    });
    return made;
  };
  command("list", "All of them", list_planes);
  CLI::App* add = command("add", "Registers one, or changes it", add_plane);
  add->add_option("ID", options->id, "What it calls itself")->required();
  add->add_option("--endpoint", options->endpoint, "Base URL of its Data Plane Signaling endpoint")->required();
  add->add_option("--product", options->products, "A product that it may move; all of them if left out");
  add->add_option("--authorization-in", options->authorization_in, "The Authorization it sends: file:PATH or env:NAME")
      ->required();
  add->add_option("--authorization-out", options->authorization_out,
                  "The Authorization to send to it: file:PATH or env:NAME");
  if (data) {
    add->add_option("--profile", options->profiles, "A transfer profile that it serves, or a format")->required();
  } else {
    add->add_flag("--agreements", options->agreements, "Read the agreement of each data flow from it, and enforce it");
  }
  command("remove", "Forgets it: nothing is taken from it any more", remove_plane)
      ->add_option("ID", options->id, "What it calls itself")
      ->required();
}

}  // namespace

void add_plane_commands(CLI::App& app, Context& context) {
  add_group(app, context, true);
  add_group(app, context, false);
}

}  // namespace weir::cli
