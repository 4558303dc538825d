// Comments on drafts of standards.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/standards.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

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

// What a class of device cannot meet: of each clause its level, where the draft's clauses are known here.
void print_feasibility(Output& out, const Json& device) {
  const std::string name = device.text_or("device", "");
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : items(device["infeasible"])) {
    const Json& said_of = items(one["comments"]).back();
    rows.push_back({one.text_or("clause", ""), one.text_or("level", ""), said(out, one["requirement"]),
                    said_of.text_or("text", ""), said_of.text_or("verdict", "")});
  }
  out.line(Text{"A " + name + " cannot meet:", name + " 类设备无法满足："});
  out.table({{"clause", "条款"}, {"level", "级别"}, {"requirement", "要求"}, {"why", "理由"}, {"verdict", "处理"}}, rows);
  if (!device.has("profile")) return;
  const auto count = [&](const char* of) { return std::to_string(device["profile"].integer_or(of, 0)); };
  out.line(Text{"  of " + count("musts") + " musts that concern it, " + count("infeasibleMusts") + " are out of reach",
                "  与其相关的强制条款 " + count("musts") + " 条，其中 " + count("infeasibleMusts") + " 条无法满足"});
}

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
  for (const Json& device : items(answer["feasibility"])) print_feasibility(out, device);
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
