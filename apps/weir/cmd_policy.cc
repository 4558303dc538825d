// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/policy/explain.h"
#include "weir/policy/odrl.h"
#include "weir/policy/report.h"
#include "weir/policy/tc609.h"
#include "weir/policy/terms.h"
#include "weir/store/files.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  std::string input;
  std::string to = "odrl";
};

// A policy from a file (ODRL in JSON-LD or Turtle, TC609 JSON), or from a line of terms.
Result<policy::Policy> read_policy(const std::string& input) {
  WEIR_TRY_LET(const bool is_file, store::real_files().exists(input));
  if (!is_file) return policy::parse_terms(input);
  WEIR_TRY_LET(const Bytes text, store::real_files().read_all(input, limits::kJsonBytesMax));
  return policy::read_policy_text(text_of(text));
}

Result<int> check(Output& out, const Options& options) {
  WEIR_TRY_LET(const policy::Policy terms, read_policy(options.input));
  const Json found = policy::report(terms, SystemClock().now());
  out.object(found);
  const Json::Array& problems = found["problems"].items();
  for (const Json& problem : problems) {
    const std::string place = problem.text_or("path", "");
    out.bad({(place.empty() ? "" : place + ": ") + problem.text_or("en", ""),
             (place.empty() ? "" : place + "：") + problem.text_or("zh", "")});
  }
  if (problems.empty()) out.good({"well made, and nothing speaks against anything", "格式正确，条款之间没有冲突"});
  return found.boolean_or("ok", false) ? kOk : kFailed;
}

Result<int> explain(Output& out, const Options& options) {
  WEIR_TRY_LET(const policy::Policy terms, read_policy(options.input));
  const Text text = policy::explain(terms);
  out.object(Json::object({{"en", text.en}, {"zh", text.zh}}));
  for (const Text& sentence : policy::explain_rules(terms)) out.line(sentence);
  return kOk;
}

Result<int> convert(Output& out, const Options& options) {
  WEIR_TRY_LET(const policy::Policy terms, read_policy(options.input));
  if (options.to == "terms") {
    WEIR_TRY_LET(const std::string line, policy::format_terms(terms));
    out.object(Json::object({{"terms", line}}));
    out.line(line);
    return kOk;
  }
  if (options.to == "tc609") {
    const policy::Converted written = policy::to_tc609(terms);
    out.object(written.json);
    out.line(written.json.pretty());
    for (const policy::Loss& loss : written.losses) {
      std::fprintf(stderr, "%s: %s\n", loss.path.c_str(), out.pick(loss.what).c_str());
    }
    return kOk;
  }
  const Json document = policy::to_odrl_document(terms);
  out.object(document);
  out.line(document.pretty());
  return kOk;
}

}  // namespace

void add_policy_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("policy", "Usage terms: check, explain, convert");
  group->require_subcommand(1);
  group->footer(
      "TERMS is a file (ODRL or TC609-6-2025-14 JSON) or a line: 'count<=3, until=2027-01-01, purpose=research'");
  CLI::App* check_command =
      group->add_subcommand("check", "Finds mistakes, contradictions, terms that can never be met");
  check_command->add_option("TERMS", options->input, "File or line")->required();
  check_command->callback(
      [&context, options] { context.run = [options](Output& out) { return check(out, *options); }; });
  CLI::App* explain_command = group->add_subcommand("explain", "Says in plain words what is permitted");
  explain_command->add_option("TERMS", options->input, "File or line")->required();
  explain_command->callback(
      [&context, options] { context.run = [options](Output& out) { return explain(out, *options); }; });
  CLI::App* convert_command = group->add_subcommand("convert", "Writes the terms in another form");
  convert_command->add_option("TERMS", options->input, "File or line")->required();
  convert_command->add_option("--to", options->to, "odrl, tc609 or terms")
      ->check(CLI::IsMember({"odrl", "tc609", "terms"}))
      ->capture_default_str();
  convert_command->callback(
      [&context, options] { context.run = [options](Output& out) { return convert(out, *options); }; });
}

}  // namespace weir::cli
