// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/supply/identifier/assign.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  std::string id;
  std::string kind;
  std::string subject;
  std::string area;
  std::string extension;
};

Result<int> check(Output& out, const Options& options) {
  WEIR_TRY_LET(const Json parts, supply::identifier::describe_identifier(options.id));
  out.object(parts);
  const std::string kind = parts.text_or("kind", "");
  const std::string form = parts.text_or("form", "");
  out.good({"well formed: " + form + ", " + kind, "格式正确：" + form + "，" + kind});
  if (!parts.has("area")) return kOk;
  const Json& name = parts["areaName"];
  const std::string area = parts.text_or("area", "") + " " + out.pick({name.text_or("en", ""), name.text_or("zh", "")});
  out.pairs({{{"participant", "主体"}, parts.text_or("subject", "")}, {{"area", "区域"}, area}});
  return kOk;
}

Result<int> generate(Output& out, const Options& options) {
  SystemRandom random;
  Json wanted = Json::object({{"kind", options.kind}, {"subject", options.subject}, {"area", options.area}});
  if (!options.extension.empty()) wanted.set("extension", options.extension);
  WEIR_TRY_LET(const std::string id, supply::identifier::generate(wanted, SystemClock().now(), random));
  out.object(Json::object({{"id", id}}));
  out.line(id);
  return kOk;
}

Result<int> resolve(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json record, api.get("/api/v1/identifiers/" + wire::escape_url(options.id)));
  out.object(record);
  out.pairs({{{"location", "位置"}, record.text_or("location", "")},
             {{"status", "状态"}, record.text_or("status", "")},
             {{"owner", "主体"}, record.text_or("owner", "")}});
  return kOk;
}

// An identifier's IPv6 address, or the identifier at an address.
Result<int> address(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  const std::string escaped = wire::escape_url(options.id);
  const bool is_address = options.id.find(':') != std::string::npos;
  WEIR_TRY_LET(const Json answer, is_address ? api.get("/api/v1/addresses/" + escaped)
                                             : api.post("/api/v1/identifiers/" + escaped + "/address", Json::object()));
  out.object(answer);
  out.line(answer.text_or(is_address ? "id" : "address", ""));
  return kOk;
}

}  // namespace

void add_identifier_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("id", "Identifiers: check, generate, resolve");
  group->require_subcommand(1);
  CLI::App* check_command = group->add_subcommand("check", "Whether it is one, of which form, and what it says");
  check_command->add_option("ID", options->id, "Identifier of any form")->required();
  check_command->callback(
      [&context, options] { context.run = [options](Output& out) { return check(out, *options); }; });
  CLI::App* generate_command = group->add_subcommand("generate", "A new identifier; it is not entered anywhere");
  generate_command
      ->add_option("KIND", options->kind,
                   "global, regional, sector, business, connector, product, resource or contract")
      ->required();
  generate_command->add_option("--subject", options->subject, "Participant: a unified social credit code")->required();
  generate_command->add_option("--area", options->area, "Four digits: GB/T 2260, or 00 and an industry")->required();
  generate_command->add_option("--extension", options->extension, "A legacy code to keep, of products and resources");
  generate_command->callback(
      [&context, options] { context.run = [options](Output& out) { return generate(out, *options); }; });
  CLI::App* resolve_command = group->add_subcommand("resolve", "Where what it names is found, and its status");
  resolve_command->add_option("ID", options->id, "Identifier of a node, product, resource or contract")->required();
  resolve_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return resolve(context, out, *options); };
  });
  CLI::App* address_command = group->add_subcommand("address", "Its IPv6 address; or, of an address, the identifier");
  address_command->add_option("ID", options->id, "Identifier or IPv6 address")->required();
  address_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return address(context, out, *options); };
  });
}

}  // namespace weir::cli
