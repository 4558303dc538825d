// SPDX-License-Identifier: Apache-2.0
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "apps/weir/commands.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

struct Options {
  std::string id;
  std::string reason;
  std::string name;
  std::vector<std::string> scopes;
  std::int64_t days = 90;
  bool password = false;
};

Result<int> list_participants(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/participants?limit=200"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("status", ""), row.text_or("participant", ""),
                    row.text_or("name", ""), row.text_or("running", ""), row.text_or("node", "")});
  }
  out.table({{"application", "申请"},
             {"status", "状态"},
             {"organisation", "组织"},
             {"name", "名称"},
             {"running", "运行"},
             {"node", "节点标识"}},
            rows);
  return kOk;
}

Result<int> list_nodes(Context& context, Output& out, const std::string& running) {
  WEIR_TRY_LET(Api api, context.api());
  const std::string wanted = running.empty() ? "" : "&running=" + running;
  WEIR_TRY_LET(const Json page, api.get("/api/v1/nodes?limit=200" + wanted));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("name", ""), row.text_or("status", ""),
                    row.text_or("running", ""), row.text_or("lastSeen", ""), row.text_or("url", "")});
  }
  out.table({{"node", "节点标识"},
             {"name", "名称"},
             {"status", "状态"},
             {"running", "运行"},
             {"last seen", "最近心跳"},
             {"address", "地址"}},
            rows);
  return kOk;
}

void add_nodes(CLI::App& app, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* group = app.add_subcommand("node", "The nodes that this one knows");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("list", "All of them; on a regional node, whether they are running");
  list->add_option("--running", options->id, "Only those that are running, stopped or unknown")
      ->check(CLI::IsMember({"running", "stopped", "unknown"}));
  list->callback([&context, options] {
    context.run = [&context, options](Output& out) { return list_nodes(context, out, options->id); };
  });
}

// A POST about one thing, with a reason.
void add_act(CLI::App& group, Context& context, const std::shared_ptr<Options>& options, const char* name,
             const char* help, const char* path, const Text& done, bool reason_required) {
  CLI::App* command = group.add_subcommand(name, help);
  command->add_option("ID", options->id, "As the list shows it")->required();
  auto* reason = command->add_option("--reason", options->reason, "Why, for the log and the one concerned");
  if (reason_required) reason->required();
  command->callback([&context, options, path = std::string(path), end = std::string(name), done] {
    context.run = [&context, options, path, end, done](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      WEIR_TRY_LET(const Json answer, api.post(path + wire::escape_url(options->id) + "/" + end,
                                               Json::object({{"reason", options->reason}})));
      out.object(answer);
      out.good(done);
      if (answer.has("node")) out.line("  " + answer.text_or("node", ""));
      return kOk;
    };
  });
}

void add_participants(CLI::App& app, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* group = app.add_subcommand("participant", "Who takes part in this regional node's space");
  group->require_subcommand(1);
  group->add_subcommand("list", "Applications and members")->callback([&context] {
    context.run = [&context](Output& out) { return list_participants(context, out); };
  });
  CLI::App* show = group->add_subcommand("show", "One of them, with all its data");
  show->add_option("ID", options->id, "As the list shows it")->required();
  show->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      WEIR_TRY_LET(const Json found, api.get("/api/v1/participants/" + wire::escape_url(options->id)));
      out.object(found);
      out.line(found.pretty());
      return kOk;
    };
  });
  constexpr const char* kPath = "/api/v1/participants/";
  add_act(*group, context, options, "approve", "Admits an applicant and issues its certificates", kPath,
          {"admitted; it can pick up its certificates now", "已准入；对方现在可以领取证书"}, false);
  add_act(*group, context, options, "reject", "Refuses an applicant", kPath, {"rejected", "已拒绝"}, true);
  add_act(*group, context, options, "suspend", "Stops a member at once; it can be resumed", kPath,
          {"suspended", "已暂停"}, true);
  add_act(*group, context, options, "resume", "Lets a suspended member take part again", kPath, {"active again", "已恢复"},
          false);
  add_act(*group, context, options, "deregister", "Ends a membership for good", kPath, {"deregistered", "已注销"}, true);
}

Result<int> add_operator(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object({{"name", options.name}, {"scopes", Json::strings(options.scopes)}, {"days", options.days}});
  if (options.password) body.set("password", true);
  WEIR_TRY_LET(const Json answer, api.post("/api/v1/operators", body));
  out.object(answer);
  if (options.password) {
    out.good({"operator added; this password is shown once, and must be changed at the first login:",
              "已添加经办人；密码只显示一次，首次登录须修改："});
  } else {
    out.good({"operator added; this token is shown once:", "已添加经办人；令牌只显示一次："});
  }
  out.line("  " + answer.text_or(options.password ? "password" : "token", ""));
  return kOk;
}

Result<int> list_operators(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/operators"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("name", ""), row.text_or("status", "")});
  }
  out.table({{"id", "编号"}, {"name", "姓名"}, {"status", "状态"}}, rows);
  return kOk;
}

Result<int> list_tokens(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/operators/" + wire::escape_url(options.id) + "/tokens"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("kind", ""), row.text_or("label", ""),
                    row.text_or("expires", ""), row.text_or("revoked", "")});
  }
  out.table({{"token", "令牌"}, {"kind", "类型"}, {"label", "名称"}, {"expires", "到期"}, {"revoked", "吊销"}}, rows);
  return kOk;
}

Result<int> issue_token(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  const Json body = Json::object(
      {{"label", options.name}, {"scopes", Json::strings(options.scopes)}, {"days", options.days}});
  WEIR_TRY_LET(const Json answer, api.post("/api/v1/operators/" + wire::escape_url(options.id) + "/tokens", body));
  out.object(answer);
  out.good({"this token is shown once:", "令牌只显示一次："});
  out.line("  " + answer.text_or("token", ""));
  return kOk;
}

Result<int> reset_password(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json answer,
               api.post("/api/v1/operators/" + wire::escape_url(options.id) + "/password", Json::object()));
  out.object(answer);
  out.good({"this password is shown once, and must be changed at the first login:", "密码只显示一次，首次登录须修改："});
  out.line("  " + answer.text_or("password", ""));
  return kOk;
}

// A line that is not shown while it is typed. From a pipe it is read as it is.
Result<std::string> read_secret(const Output& out, const Text& prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  termios shown{};
  if (terminal && ::tcgetattr(STDIN_FILENO, &shown) == 0) {
    std::fprintf(stderr, "%s: ", out.pick(prompt).c_str());
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
  }
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    std::fputc('\n', stderr);
  }
  if (!got) return Error(Errc::kInvalidArgument, "a password is read from standard input, one a line");
  return line;
}

Result<int> login(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const std::string password, read_secret(out, {"Password", "密码"}));
  WEIR_TRY_LET(const Json answer,
               api.post("/api/v1/login", Json::object({{"name", options.id}, {"password", password}})));
  out.object(answer);
  out.good({"logged in until " + answer.text_or("expires", ""), "已登录，有效期至 " + answer.text_or("expires", "")});
  if (answer.boolean_or("mustChangePassword", false)) {
    out.next({"weir operator password " + options.id, "weir operator password " + options.id});
    return kOk;
  }
  out.next({"export WEIR_TOKEN=" + answer.text_or("token", ""), "export WEIR_TOKEN=" + answer.text_or("token", "")});
  return kOk;
}

Result<int> change_password(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const std::string present, read_secret(out, {"Present password", "现有密码"}));
  WEIR_TRY_LET(const std::string next, read_secret(out, {"New password", "新密码"}));
  WEIR_TRY_LET(const Json answer,
               api.post("/api/v1/password",
                        Json::object({{"name", options.id}, {"password", present}, {"next", next}})));
  out.object(answer);
  out.good({"password changed; all sessions ended", "密码已修改；所有会话已结束"});
  return kOk;
}

void add_operators(CLI::App& app, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* group = app.add_subcommand("operator", "The people and programs that act for this node");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them, with their tokens' ends")->callback([&context] {
    context.run = [&context](Output& out) { return list_operators(context, out); };
  });
  CLI::App* add = group->add_subcommand("add", "A new operator with an API token, or with a password");
  add->add_option("NAME", options->name, "Who")->required();
  add->add_option("--scope", options->scopes, "What it may do: catalog:write, contract:write, …; '*' for all")
      ->required();
  add->add_option("--days", options->days, "Until the token ends")->capture_default_str();
  add->add_flag("--password", options->password, "A password for logging in, instead of a token");
  add->callback([&context, options] {
    context.run = [&context, options](Output& out) { return add_operator(context, out, *options); };
  });
  const auto about = [&](const char* name, const char* help, Result<int> (*act)(Context&, Output&, const Options&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("ID", options->id, "Operator, as the list shows it")->required();
    command->callback([&context, options, act] {
      context.run = [&context, options, act](Output& out) { return act(context, out, *options); };
    });
    return command;
  };
  about("login", "A session; the password is read from standard input", login);
  about("password", "Changes one's own password; reads the present and the new one", change_password);
  about("reset", "A new password for somebody who lost it, shown once", reset_password);
  about("tokens", "Tokens and sessions of an operator", list_tokens);
  CLI::App* token = about("token", "A further API token, shown once", issue_token);
  token->add_option("--scope", options->scopes, "What it may do")->required();
  token->add_option("--label", options->name, "What it is for");
  token->add_option("--days", options->days, "Until it ends")->capture_default_str();
  constexpr const char* kPath = "/api/v1/operators/";
  add_act(*group, context, options, "revoke", "Ends all tokens of an operator at once", kPath, {"revoked", "已撤销"},
          false);
  add_act(*group, context, options, "unlock", "Ends a lock-out early", kPath, {"unlocked", "已解锁"}, false);
  add_act(*group, context, options, "disable", "Lets an operator do nothing any more", kPath, {"disabled", "已停用"},
          true);
  add_act(*group, context, options, "enable", "Lets an operator act again", kPath, {"enabled", "已启用"}, false);
}

}  // namespace

void add_people_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  add_participants(app, context, options);
  add_nodes(app, context, options);
  add_operators(app, context, options);
}

}  // namespace weir::cli
