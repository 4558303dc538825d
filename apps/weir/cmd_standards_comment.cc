// Comments on drafts of standards.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

const Json::Array& items(const Json& json) {
  static const Json::Array none;
  return json.is_array() ? json.items() : none;
}

struct CommentOptions {
  std::string standard;
  std::string clause;
  std::string kind = "technical";
  std::string text;
  std::string proposal;
  std::string who;
  std::vector<std::string> infeasible_for;
  std::int64_t decide = 0;
  std::string verdict;
  std::string reason;
  std::string csv;
};

void print_comments(Output& out, const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : items(answer["items"])) {
    rows.push_back({std::to_string(one.integer_or("id", 0)), one.text_or("clause", ""), one.text_or("kind", ""),
                    one.text_or("who", ""), one.text_or("verdict", ""), one.text_or("text", "")});
  }
  out.table({{"id", "编号"},
             {"clause", "条款"},
             {"kind", "类型"},
             {"who", "提出者"},
             {"verdict", "处理"},
             {"comment", "意见"}},
            rows);
  for (const Json& device : items(answer["feasibility"])) {
    std::string clauses;
    for (const Json& one : items(device["infeasible"]))
      clauses += (clauses.empty() ? "" : ", ") + one.text_or("clause", "");
    out.line(Text{"  " + device.text_or("device", "") + " cannot meet: " + clauses,
                  "  " + device.text_or("device", "") + " 无法满足：" + clauses});
  }
  const std::string total = std::to_string(answer["statistics"].integer_or("total", 0));
  out.line(Text{total + " comments", "共 " + total + " 条意见"});
}

Result<int> comment(const Context& context, Output& out, const CommentOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  if (options.decide != 0) {
    WEIR_TRY_LET(const Json made, api.post("/api/v1/standards/decisions", Json::object({{"comment", options.decide},
                                                                                        {"verdict", options.verdict},
                                                                                        {"reason", options.reason}})));
    out.object(made);
    out.good({"decided: " + options.verdict, "已处理：" + options.verdict});
    return kOk;
  }
  if (!options.text.empty()) {
    Json body = Json::object({{"standard", options.standard},
                              {"clause", options.clause},
                              {"kind", options.kind},
                              {"text", options.text},
                              {"proposal", options.proposal},
                              {"who", options.who}});
    if (!options.infeasible_for.empty()) body.set("infeasibleFor", Json::strings(options.infeasible_for));
    WEIR_TRY_LET(const Json made, api.post("/api/v1/standards/comments", body));
    out.object(made);
    out.good(
        {"comment " + std::to_string(made.integer_or("id", 0)), "意见 " + std::to_string(made.integer_or("id", 0))});
    return kOk;
  }
  const std::string path = "/api/v1/standards/comments?standard=" + wire::escape_url(options.standard);
  WEIR_TRY_LET(const Json answer, api.get(path));
  if (!options.csv.empty()) {
    std::string csv;
    WEIR_TRY(
        api.stream(adapters::http::Method::kGet, path + "&format=csv", Json(), [&csv](ByteView piece) -> Result<bool> {
          csv += text_of(piece);
          return true;
        }));
    WEIR_TRY(store::real_files().write_durable(options.csv, view_of(csv)));
  }
  out.object(answer);
  print_comments(out, answer);
  return kOk;
}

}  // namespace

void add_comment_command(CLI::App& group, Context& context) {
  const auto options = std::make_shared<CommentOptions>();
  CLI::App* command = group.add_subcommand(
      "comment",
      "Comments on the clauses of a draft: makes one, decides one, or lists all with what devices cannot meet");
  command->add_option("NUMBER", options->standard, "The draft")->required();
  command->add_option("--clause", options->clause, "Which clause, as 6.2.1");
  command->add_option("--kind", options->kind, "general, technical or editorial")->capture_default_str();
  command->add_option("--text", options->text, "What is wrong");
  command->add_option("--proposal", options->proposal, "How it should read");
  command->add_option("--who", options->who, "Whose comment it is");
  command->add_option("--infeasible-for", options->infeasible_for,
                      "A class of device that cannot meet the clause; may be given again");
  command->add_option("--decide", options->decide, "The number of a comment to decide");
  command->add_option("--verdict", options->verdict, "accepted, partly or rejected");
  command->add_option("--reason", options->reason, "Why; required unless accepted");
  command->add_option("--csv", options->csv, "Writes the table that committees use to this file");
  command->footer(
      "Example: weir standards comment PRJ-TC260-WG5-04 --clause 6.2.1 --text '…' --who 'A maker' --infeasible-for "
      "plc");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return comment(context, out, *options); };
  });
}

}  // namespace weir::cli
