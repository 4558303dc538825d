// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/policy/conflict.h"
#include "weir/policy/explain.h"
#include "weir/policy/odrl.h"
#include "weir/policy/tc609.h"
#include "weir/policy/terms.h"
#include "weir/policy/validate.h"
#include "weir/store/files.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  std::string input;
  std::string to = "odrl";
};

// A policy from a file (ODRL or TC609 JSON), or from a line of terms.
Result<policy::Policy> read_policy(const std::string& input) {
  WEIR_TRY_LET(const bool is_file, store::real_files().exists(input));
  if (!is_file) return policy::parse_terms(input);
  WEIR_TRY_LET(const Bytes text, store::real_files().read_all(input, limits::kJsonBytesMax));
  WEIR_TRY_LET(const Json json, wire::parse_json(text_of(text)));
  const bool tc609 = json.has("permissionPolicies") || json.has("prohibitionPolicies") || json.has("obligationPolicies") ||
                     json.has("strategy");
  return tc609 ? policy::parse_tc609(json) : policy::parse_odrl(json);
}

Result<int> check(Output& out, const Options& options) {
  WEIR_TRY_LET(const policy::Policy terms, read_policy(options.input));
  Json problems = Json::array();
  bool wrong = false;
  for (const policy::Problem& problem : policy::validate(terms)) {
    wrong = wrong || problem.severity == policy::Severity::kError;
    problems.push(Json::object(
        {{"slug", problem.slug}, {"path", problem.path}, {"en", problem.what.en}, {"zh", problem.what.zh}}));
    out.bad({problem.path + ": " + problem.what.en, problem.path + "：" + problem.what.zh});
  }
  for (const policy::Conflict& conflict : policy::find_conflicts(std::span(&terms, 1), SystemClock().now())) {
    wrong = wrong || conflict.severity == policy::Severity::kError;
    problems.push(Json::object({{"slug", "conflict." + std::string(policy::name_of(conflict.kind))},
                                {"rules", Json::strings(conflict.rules)},
                                {"en", conflict.what.en},
                                {"zh", conflict.what.zh}}));
    out.bad(conflict.what);
  }
  out.object(Json::object({{"ok", !wrong}, {"problems", problems}}));
  if (problems.size() == 0) out.good({"well made, and nothing speaks against anything", "格式正确，条款之间没有冲突"});
  return wrong ? kFailed : kOk;
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
    std::puts(line.c_str());
    return kOk;
  }
  if (options.to == "tc609") {
    const policy::Converted written = policy::to_tc609(terms);
    std::puts(written.json.pretty().c_str());
    for (const policy::Loss& loss : written.losses) {
      std::fprintf(stderr, "%s: %s\n", loss.path.c_str(), out.pick(loss.what).c_str());
    }
    return kOk;
  }
  std::puts(policy::to_odrl_document(terms).pretty().c_str());
  return kOk;
}

Result<int> check_id(Output& out, const std::string& text) {
  using namespace supply::identifier;
  const auto say = [&](const char* kind, const Text& words) {
    out.object(Json::object({{"id", text}, {"kind", kind}, {"ok", true}}));
    out.good(words);
    return kOk;
  };
  if (SubjectId::parse(text)) return say("subject", {"a well-formed participant identifier", "主体标识格式正确"});
  if (NodeId::parse(text)) return say("node", {"a well-formed platform or connector identifier", "平台或连接器标识格式正确"});
  if (ContractId::parse(text)) return say("contract", {"a well-formed contract identifier", "合约标识格式正确"});
  WEIR_TRY(ProductId::parse(text));
  return say("product", {"a well-formed product or resource identifier", "产品或资源标识格式正确"});
}

}  // namespace

void add_policy_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("policy", "Usage terms: check, explain, convert");
  group->require_subcommand(1);
  group->footer("TERMS is a file (ODRL or TC609-6-2025-14 JSON) or a line: 'count<=3, until=2027-01-01, purpose=research'");
  CLI::App* check_command = group->add_subcommand("check", "Finds mistakes, contradictions, terms that can never be met");
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
  convert_command->callback([&context, options] { context.run = [options](Output& out) { return convert(out, *options); }; });
  CLI::App* id = app.add_subcommand("id", "Checks an identifier of any form");
  id->add_option("ID", options->input, "Identifier")->required();
  id->callback(
      [&context, options] { context.run = [options](Output& out) { return check_id(out, options->input); }; });
}

}  // namespace weir::cli
