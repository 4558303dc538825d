// Commands: what `weir` can do, one function a group; each adds its subcommands to the command line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "apps/weir/api.h"
#include "apps/weir/output.h"

namespace CLI {
class App;
}

namespace weir::cli {

// What every command has: the common options, and the work that the chosen subcommand left to do.
struct Context {
  std::string data_dir = "weir-data";
  bool json = false;
  std::string language;
  Language chosen = Language::kEnglish;  // by the command line or the environment
  // Set by the chosen subcommand; run after the whole command line was read.
  std::function<Result<int>(Output& out)> run;

  Result<Api> api() const { return Api::of_folder(data_dir, chosen); }
};

// A JSON file; the terms of a line or, if it is named, of a file in either form, as ODRL.
Result<wire::Json> read_json(const std::string& file);
Result<wire::Json> read_terms(const std::string& line, const std::string& policy_file);

void add_node_commands(CLI::App& app, Context& context);      // init, serve, join, config, version
void add_people_commands(CLI::App& app, Context& context);    // participant, node, operator
void add_catalog_commands(CLI::App& app, Context& context);   // publish, search, show, resolve, catalog
void add_contract_commands(CLI::App& app, Context& context);  // negotiate, contract
void add_delivery_commands(CLI::App& app, Context& context);  // fetch, use, destroy, transfer
void add_compute_commands(CLI::App& app, Context& context);   // compute
void add_metering_commands(CLI::App& app, Context& context);  // metering, usage
void add_evidence_commands(CLI::App& app, Context& context);  // evidence, verify
void add_policy_commands(CLI::App& app, Context& context);    // policy
void add_identifier_commands(CLI::App& app, Context& context);  // id
// The group `weir standards`, made when it is first asked for, and what it has.
CLI::App& standards_group(CLI::App& app);
void add_assess_commands(CLI::App& group, Context& context);  // assess, report, checklists, attest
// find, show, tree, coverage, gap, timeline, due, diff, import, export
void add_standards_commands(CLI::App& group, Context& context);
void add_comment_command(CLI::App& group, Context& context);

void add_partner_commands(CLI::App& app, Context& context);   // partner
void add_plane_commands(CLI::App& app, Context& context);     // dataplane, controlplane
// A secret is named, not written: file:PATH or env:NAME.
Result<std::string> read_secret(const std::string& reference);
void add_claims_commands(CLI::App& app, Context& context);    // did, credential

inline constexpr int kOk = static_cast<int>(Exit::kOk);
inline constexpr int kFailed = static_cast<int>(Exit::kFailed);

}  // namespace weir::cli
