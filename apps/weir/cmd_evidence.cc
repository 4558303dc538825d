// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/weir/commands.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using adapters::http::Method;
using wire::Json;

struct Options {
  std::string contract;
  std::string product;
  std::string participant;
  std::string kind;
  std::string since;
  std::string until;
  std::int64_t limit = 50;
  std::string id;
  std::string output;
};

void show_entries(Output& out, const Json& entries) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& entry : entries.is_array() ? entries.items() : Json::Array{}) {
    rows.push_back({std::to_string(entry.integer_or("index", 0)), entry.text_or("time", ""), entry.text_or("kind", ""),
                    entry.text_or("actor", "")});
  }
  out.table({{"#", "#"}, {"time", "时间"}, {"what", "事件"}, {"who", "执行者"}}, rows);
}

Result<int> list(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  std::string path = "/api/v1/evidence?limit=" + std::to_string(options.limit);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += "&" + std::string(name) + "=" + wire::escape_url(value);
  };
  add("contract", options.contract);
  add("product", options.product);
  add("participant", options.participant);
  add("kind", options.kind);
  add("since", options.since);
  add("until", options.until);
  WEIR_TRY_LET(const Json page, api.get(path));
  out.object(page);
  show_entries(out, page["items"]);
  return kOk;
}

Result<int> replay(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json story, api.get("/api/v1/evidence/replay/" + wire::escape_url(options.id)));
  out.object(story);
  show_entries(out, story["items"]);
  for (const Json& gap : story["problems"].is_array() ? story["problems"].items() : Json::Array{}) {
    out.bad({gap.text_or("en", ""), gap.text_or("zh", "")});
  }
  if (story.boolean_or("complete", false)) out.good({"the story is whole and in legal order", "过程完整，顺序合法"});
  return story["problems"].size() == 0 ? kOk : kFailed;
}

// Streams an answer into a file, moved to its name when whole.
Result<int> save(Context& context, Output& out, const std::string& path, const std::string& output, const Text& done) {
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(3'600'000);
  const std::string temporary = output + ".part";
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return Error(Errc::kInvalidArgument, "cannot write " + temporary);
  std::uint64_t bytes = 0;
  const auto answer = api.stream(Method::kGet, path, {}, [&](ByteView piece) -> Result<bool> {
    bytes += piece.size();
    return std::fwrite(piece.data(), 1, piece.size(), file) == piece.size();
  });
  const bool closed = std::fclose(file) == 0;
  if (!answer || !closed) {
    ::unlink(temporary.c_str());
    WEIR_TRY(answer);
    return Error(Errc::kExhausted, "the output could not be written");
  }
  WEIR_TRY(store::real_files().rename(temporary, output));
  out.object(Json::object({{"file", output}, {"bytes", static_cast<std::int64_t>(bytes)}}));
  out.good({done.en + ": " + output + " (" + format_bytes(bytes) + ")", done.zh + "：" + output});
  return kOk;
}

}  // namespace

void add_evidence_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("evidence", "What happened, as this node's transparency log tells it");
  group->require_subcommand(1);
  CLI::App* list_command = group->add_subcommand("list", "Entries, newest first");
  list_command->add_option("--contract", options->contract, "Only of this contract");
  list_command->add_option("--product", options->product, "Only about this product");
  list_command->add_option("--participant", options->participant, "Only with this node or organisation");
  list_command->add_option("--kind", options->kind, "Only of this kind: contract.agreed, usage.denied, …");
  list_command->add_option("--since", options->since, "From this time on, ISO 8601");
  list_command->add_option("--until", options->until, "Up to this time");
  list_command->add_option("--limit", options->limit, "How many")->capture_default_str();
  list_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return list(context, out, *options); };
  });
  CLI::App* replay_command = group->add_subcommand("replay", "The whole story of one contract, from offer to destruction");
  replay_command->add_option("CONTRACT", options->id, "Contract identifier")->required();
  replay_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return replay(context, out, *options); };
  });
  CLI::App* bundle = group->add_subcommand("bundle", "One file that proves a contract's story to anybody, offline");
  bundle->add_option("CONTRACT", options->id, "Contract identifier")->required();
  bundle->add_option("-o,--output", options->output, "Where to")->required();
  bundle->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return save(context, out, "/api/v1/evidence/bundle/" + wire::escape_url(options->id), options->output,
                  {"evidence bundle written; verify it with weir-verify", "证据包已写出；用 weir-verify 校验"});
    };
  });
  CLI::App* log_export = group->add_subcommand("export", "The whole log, for weir-verify log");
  log_export->add_option("-o,--output", options->output, "Where to")->required();
  log_export->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return save(context, out, "/api/v1/evidence/export", options->output, {"log exported", "日志已导出"});
    };
  });
  CLI::App* check = group->add_subcommand("check", "Recomputes the whole log and compares it with its signed checkpoint");
  check->callback([&context] {
    context.run = [&context](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      api.timeout = Milliseconds(3'600'000);
      WEIR_TRY_LET(const Json answer, api.post("/api/v1/evidence/check", Json::object()));
      out.object(answer);
      const std::string size = std::to_string(answer.integer_or("size", 0));
      out.good({size + " entries recomputed; the signed checkpoint is right", size + " 条记录重新计算；签名检查点无误"});
      return kOk;
    };
  });
}

}  // namespace weir::cli
