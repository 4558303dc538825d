// weir: the command line of a node: `weir serve` and everything a person does with it.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "apps/weir/commands.h"

namespace {

using weir::Language;

Language language_of(const weir::cli::Context& context) {
  for (const char* name : {"WEIR_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (!context.language.empty()) break;
    if (value == nullptr || *value == '\0') continue;
    if (const auto language = weir::parse_language(value)) return *language;
  }
  return weir::parse_language(context.language).value_or(Language::kEnglish);
}

constexpr const char* kFooter =
    "Start here:\n"
    "  weir init --name 'My node' --uscc 91350100M000100Y43 --region 3501\n"
    "  weir join https://regional.example:8443 --authority authority.pem\n"
    "  weir serve\n"
    "Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused, 4 not found, 5 not reachable.";

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Weir: a node of a trusted data space in one program. 可信数据空间节点。", "weir");
  weir::cli::Context context;
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--data", context.data_dir, "The node's data folder")->envname("WEIR_DATA_DIR")->capture_default_str();
  app.add_flag("--json", context.json, "Print one JSON object, for machines");
  app.add_option("--lang", context.language, "en or zh; otherwise as the environment says");
  weir::cli::add_node_commands(app, context);
  weir::cli::add_people_commands(app, context);
  weir::cli::add_catalog_commands(app, context);
  weir::cli::add_contract_commands(app, context);
  weir::cli::add_delivery_commands(app, context);
  weir::cli::add_compute_commands(app, context);
  weir::cli::add_metering_commands(app, context);
  weir::cli::add_evidence_commands(app, context);
  weir::cli::add_policy_commands(app, context);
  weir::cli::add_identifier_commands(app, context);
  weir::cli::add_assess_commands(weir::cli::standards_group(app), context);
  weir::cli::add_standards_commands(weir::cli::standards_group(app), context);
  weir::cli::add_partner_commands(app, context);
  weir::cli::add_plane_commands(app, context);
  weir::cli::add_claims_commands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(weir::cli::Exit::kUsage);
  }
  context.chosen = language_of(context);
  weir::cli::Output output(context.json, context.chosen);
  const auto outcome = context.run(output);
  return outcome ? *outcome : output.fail(outcome.error());
}
