// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/standards.h"

namespace weir::cli {
namespace {

using standards::query::Parameters;
using wire::Json;

// The running node knows what was imported; without one, what the program carries is asked, and that is said.
Result<Json> ask(const Context& context, Output& out, const std::string& question, const Parameters& parameters) {
  const auto given = [&](const char* name) { return parameters.contains(name) ? parameters.at(name) : std::string(); };
  const bool files = question == "diff" && (names_a_file(given("from")) || names_a_file(given("to")));
  if (files) return compare_checklists(given("from"), given("to"));
  if (auto api = context.api()) {
    auto answer = api->get("/api/v1/standards/" + question + query_of(parameters));
    if (answer || answer.error().code() != Errc::kUnavailable) return answer;
    say_shipped(out);
  }
  WEIR_TRY_LET(Json answer, standards::query::answer(shipped_library(), question, parameters));
  return answer.set("register", "shipped");
}

void add_question(CLI::App& group, Context& context, const standards::query::Question& question) {
  const auto parameters = std::make_shared<Parameters>();
  const std::string name(question.name);
  CLI::App* command = group.add_subcommand(name, question.words.en);
  for (const auto& parameter : question.parameters) {
    const std::string option(parameter.name);
    const bool first =
        (name == "find" && option == "words") || (name == "show" && option == "number") || name == "diff";
    const bool flag = option == "rows" || option == "overdue" || option == "conflicts";
    const std::string label = parameter.words.en + "；" + parameter.words.zh;
    if (flag) {
      command->add_flag_callback(
          "--" + option, [parameters, option] { (*parameters)[option] = "true"; }, label);
    } else {
      auto* added = command->add_option(first ? option : "--" + option, (*parameters)[option], label);
      if (name == "show" || name == "diff") added->required(first);
    }
  }
  command->callback([&context, parameters, name] {
    context.run = [&context, parameters, name](Output& out) -> Result<int> {
      WEIR_TRY_LET(const Json answer, ask(context, out, name, *parameters));
      out.object(answer);
      print_answer(out, name, answer);
      return kOk;
    };
  });
}

}  // namespace

void add_standards_commands(CLI::App& group, Context& context) {
  for (const auto& question : standards::query::questions()) add_question(group, context, question);
  add_comment_command(group, context);
  add_file_commands(group, context);
}

}  // namespace weir::cli
