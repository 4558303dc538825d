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

std::string agreement_path(const std::string& agreement, std::string_view end) {
  return "/api/v1/agreements/" + wire::escape_url(agreement) + std::string(end);
}

Result<int> fetch(Context& context, Output& out, const std::string& agreement, bool push) {
  WEIR_TRY_LET(Api api, context.api());
  const Json body = Json::object({{"agreement", agreement}, {"format", push ? "HttpData-PUSH" : "HttpData-PULL"}});
  WEIR_TRY_LET(Json transfer, api.post("/api/v1/transfers", body));
  const std::string path = "/api/v1/transfers/" + transfer.text_or("id", "");
  Progress progress(out, {"receiving", "接收中"});
  // Each look waits at the node until something changed, at most half a second, so that the bar moves.
  while (transfer.text_or("state", "") != "COMPLETED" && transfer.text_or("state", "") != "TERMINATED") {
    WEIR_TRY_LET(transfer, api.await(path, Milliseconds(500), [](const Json& seen) {
                   const std::string reached = seen.text_or("state", "");
                   return reached == "COMPLETED" || reached == "TERMINATED";
                 }));
    progress.show(static_cast<std::uint64_t>(transfer.integer_or("bytesDone", 0)),
                  static_cast<std::uint64_t>(transfer.integer_or("size", 0)));
  }
  out.object(transfer);
  if (transfer.text_or("state", "") == "TERMINATED") {
    return Error(Errc::kForbidden, "the delivery was refused: " + transfer.text_or("error", ""));
  }
  const std::string size = format_bytes(static_cast<std::uint64_t>(transfer.integer_or("size", 0)));
  out.good({size + " received, verified against the agreed content root, sealed in the vault, receipt signed",
            "已接收 " + size + "，按约定的内容根校验，密封入库，并签署回执"});
  out.pairs({{{"transfer", "传输"}, transfer.text_or("id", "")},
             {{"content", "内容"}, transfer.text_or("contentRoot", "")}});
  out.next({"weir use " + agreement + " --action read -o FILE", "weir use " + agreement + " --action read -o 文件"});
  return kOk;
}

struct UseOptions {
  std::string agreement;
  std::string action = "read";
  std::string purpose;
  std::string application;
  std::string environment;
  std::string role;
  std::string recipient;
  std::vector<std::string> values;
  std::string output;
  std::string reason;
  bool preview = false;
};

Result<int> preview_use(Context& context, Output& out, const UseOptions& options, const Json& body) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json decision, api.post(agreement_path(options.agreement, "/decisions"), body));
  out.object(decision);
  out.line(decision.text_or("effect", ""));
  for (const Json& reason : decision["reasons"].is_array() ? decision["reasons"].items() : Json::Array{}) {
    out.line("  " + out.pick(Text{reason.text_or("en", ""), reason.text_or("zh", "")}));
  }
  return kOk;
}

// "event=Hannover Messe" and the like; a name that is given again has several values.
Result<Json> stated(const std::vector<std::string>& pairs) {
  Json out = Json::object();
  for (const std::string& pair : pairs) {
    const std::size_t mark = pair.find('=');
    if (mark == std::string::npos || mark == 0) {
      return Error(Errc::kInvalidArgument, "--value takes NAME=VALUE").because("usage.bad_values");
    }
    const std::string name = pair.substr(0, mark);
    Json list = out.has(name) ? out[name] : Json::array();
    out.set(name, std::move(list.push(pair.substr(mark + 1))));
  }
  return out;
}

Result<int> use(Context& context, Output& out, const UseOptions& options) {
  Json body = Json::object({{"action", options.action}});
  if (!options.purpose.empty()) body.set("purpose", options.purpose);
  if (!options.application.empty()) body.set("application", options.application);
  if (!options.environment.empty()) body.set("environment", options.environment);
  if (!options.role.empty()) body.set("role", options.role);
  if (!options.recipient.empty()) body.set("recipient", options.recipient);
  if (!options.values.empty()) {
    WEIR_TRY_LET(Json values, stated(options.values));
    body.set("values", std::move(values));
  }
  if (options.preview) return preview_use(context, out, options, body);
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(3'600'000);
  std::FILE* file = stdout;
  // The answer is written beside its final name and moved there when it is whole.
  const std::string temporary = options.output + ".part";
  if (!options.output.empty()) {
    file = std::fopen(temporary.c_str(), "wb");
    if (file == nullptr) return Error(Errc::kInvalidArgument, "cannot write " + temporary);
  }
  std::uint64_t bytes = 0;
  const auto answer = api.stream(Method::kPost, agreement_path(options.agreement, "/uses"), body,
                                 [&](ByteView piece) -> Result<bool> {
                                   bytes += piece.size();
                                   return std::fwrite(piece.data(), 1, piece.size(), file) == piece.size();
                                 });
  const bool closed = options.output.empty() ? std::fflush(file) == 0 : std::fclose(file) == 0;
  if (!answer || !closed) {
    if (!options.output.empty()) ::unlink(temporary.c_str());
    WEIR_TRY(answer);
    return Error(Errc::kExhausted, "the output could not be written");
  }
  if (options.output.empty()) return kOk;
  WEIR_TRY(store::real_files().rename(temporary, options.output));
  out.object(Json::object({{"bytes", static_cast<std::int64_t>(bytes)}, {"file", options.output}}));
  out.good({"allowed, counted and logged: " + format_bytes(bytes) + " written to " + options.output,
            "已允许、计数并记录：" + format_bytes(bytes) + " 写入 " + options.output});
  return kOk;
}

void add_use(CLI::App& app, Context& context) {
  const auto options = std::make_shared<UseOptions>();
  CLI::App* command = app.add_subcommand("use", "Uses held data within the terms; every use is decided and counted");
  command->add_option("AGREEMENT", options->agreement, "Agreement")->required();
  command->add_option("--action", options->action, "What is done: read, process, distribute, …")->capture_default_str();
  command->add_option("--purpose", options->purpose, "What for");
  command->add_option("--application", options->application, "With which registered application");
  command->add_option("--environment", options->environment, "Where it runs: sandbox, mpc, tee, …");
  command->add_option("--role", options->role, "Role of who uses it");
  command->add_option("--recipient", options->recipient, "Who receives it, if it is passed on");
  command->add_option("--value", options->values,
                      "NAME=VALUE: what the terms ask for and no node can know; repeatable");
  command->add_option("-o,--output", options->output, "Where to; standard output if left out");
  command->add_flag("--preview", options->preview, "Only ask whether it would be allowed, and why");
  command->footer("Example: weir use AGREEMENT --action read --purpose research -o air.csv");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return use(context, out, *options); };
  });
  CLI::App* destroy = app.add_subcommand("destroy", "Destroys the held data of an agreement and proves it");
  destroy->add_option("AGREEMENT", options->agreement, "Agreement")->required();
  destroy->add_option("--reason", options->reason, "Why")->required();
  destroy->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      WEIR_TRY_LET(const Json answer, api.post(agreement_path(options->agreement, "/destruction"),
                                               Json::object({{"reason", options->reason}})));
      out.object(answer);
      out.good({"key and data destroyed; the signed proof is in both logs", "密钥与数据已销毁；签名证明已写入双方日志"});
      return kOk;
    };
  });
}

Result<int> list_transfers(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/transfers?limit=100"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("state", ""), row.text_or("role", ""),
                    format_bytes(static_cast<std::uint64_t>(row.integer_or("size", 0))), row.text_or("custody", ""),
                    row.text_or("error", "")});
  }
  out.table({{"id", "编号"}, {"state", "状态"}, {"role", "角色"}, {"size", "大小"}, {"held", "保管"}, {"error", "错误"}},
            rows);
  return kOk;
}

void add_transfer_group(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("transfer", "Deliveries under way and done");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them, newest first")->callback([&context] {
    context.run = [&context](Output& out) { return list_transfers(context, out); };
  });
  struct Options {
    std::string id;
    std::string reason = "asked by an operator";
    std::int64_t rate = 0;
  };
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("ID", options->id, "Transfer")->required();
    command->add_option("--reason", options->reason, "Why, for the other side and the log");
    command->callback([&context, options, end = std::string(name)] {
      context.run = [&context, options, end](Output& out) -> Result<int> {
        WEIR_TRY_LET(Api api, context.api());
        WEIR_TRY_LET(const Json answer, api.post("/api/v1/transfers/" + options->id + "/" + end,
                                                 Json::object({{"reason", options->reason}})));
        out.object(answer);
        out.good({"done", "完成"});
        return kOk;
      };
    });
  };
  add("suspend", "Stops the flow of data; it can be resumed");
  add("resume", "Lets data flow again");
  add("terminate", "Ends the delivery");
  CLI::App* rate = group->add_subcommand("rate", "Limits a running delivery");
  rate->add_option("ID", options->id, "Transfer")->required();
  rate->add_option("BYTES_PER_SECOND", options->rate, "0 lifts the limit")->required();
  rate->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      WEIR_TRY_LET(const Json answer, api.send(Method::kPatch, "/api/v1/transfers/" + options->id,
                                               Json::object({{"rateBytesPerSecond", options->rate}})));
      out.object(answer);
      out.good({"the new rate holds now", "新速率已生效"});
      return kOk;
    };
  });
}

}  // namespace

void add_delivery_commands(CLI::App& app, Context& context) {
  struct Options {
    std::string agreement;
    bool push = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("fetch", "Receives the data of an agreement into the vault");
  command->add_option("AGREEMENT", options->agreement, "Agreement, as weir negotiate shows it")->required();
  command->add_flag("--push", options->push, "Let the provider push instead of pulling");
  command->footer("Run it again after an interruption: it goes on where it stopped.");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return fetch(context, out, options->agreement, options->push); };
  });
  add_use(app, context);
  add_transfer_group(app, context);
}

}  // namespace weir::cli
