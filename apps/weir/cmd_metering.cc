// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/weir/commands.h"
#include "weir/adapters/http/client.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using adapters::http::Method;
using wire::Json;

struct Options {
  std::string agreement;
  std::string product;
  std::string peer;
  std::string since;
  std::string until;
  std::string by = "agreement";
  std::string cursor;
  std::int64_t limit = 50;
};

std::string selection(const Options& options) {
  std::string out = "?";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string(name) + "=" + wire::escape_url(value) + "&";
  };
  add("agreement", options.agreement);
  add("product", options.product);
  add("peer", options.peer);
  add("since", options.since);
  add("until", options.until);
  return out;
}

Json::Array items_of(const Json& page) { return page["items"].is_array() ? page["items"].items() : Json::Array{}; }

Result<int> list(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  std::string path = "/api/v1/metering" + selection(options) + "limit=" + std::to_string(options.limit);
  if (!options.cursor.empty()) path += "&cursor=" + wire::escape_url(options.cursor);
  WEIR_TRY_LET(const Json page, api.get(path));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : items_of(page)) {
    rows.push_back({row.text_or("time", ""), row.text_or("direction", ""),
                    std::to_string(row.integer_or("quantity", 0)) + " " + row.text_or("unit", ""),
                    row.text_or("agreement", ""), row.text_or("process", "")});
  }
  out.table({{"time", "时间"}, {"direction", "方向"}, {"quantity", "数量"}, {"agreement", "协议"}, {"transfer", "传输"}}, rows);
  if (page.has("next")) {
    const std::string next = page.text_or("next", "");
    out.line(Text{"more: --cursor " + next, "更多：--cursor " + next});
  }
  return kOk;
}

Result<int> totals(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/metering/totals" + selection(options) + "by=" + options.by));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : items_of(page)) {
    rows.push_back({row.text_or("key", ""), row.text_or("direction", ""),
                    std::to_string(row.integer_or("quantity", 0)) + " " + row.text_or("unit", ""),
                    std::to_string(row.integer_or("readings", 0)), row.text_or("last", "")});
  }
  out.table({{options.by, options.by}, {"direction", "方向"}, {"quantity", "数量"}, {"readings", "读数"}, {"last", "最后"}},
            rows);
  return kOk;
}

// As it comes: for a spreadsheet or a bill.
Result<int> csv(Context& context, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  const auto write = [](ByteView piece) -> Result<bool> {
    return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
  };
  WEIR_TRY(api.stream(Method::kGet, "/api/v1/metering/focus.csv" + selection(options), {}, write));
  return kOk;
}

void add_selection(CLI::App& command, const std::shared_ptr<Options>& options) {
  command.add_option("--agreement", options->agreement, "Only under this agreement");
  command.add_option("--product", options->product, "Only of this product");
  command.add_option("--peer", options->peer, "Only with this node");
  command.add_option("--since", options->since, "From this time on, ISO 8601");
  command.add_option("--until", options->until, "Before this time");
}

Result<int> usage(Context& context, Output& out, const std::string& agreement) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json found, api.get("/api/v1/agreements/" + wire::escape_url(agreement) + "/usage"));
  out.object(found);
  out.pairs({{{"terms", "条款"}, found.text_or("state", "")}});
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : found["limits"].is_array() ? found["limits"].items() : Json::Array{}) {
    rows.push_back({row.text_or("counter", ""), std::to_string(row.integer_or("used", 0)),
                    std::to_string(row.integer_or("left", 0)), std::to_string(row.integer_or("most", 0))});
  }
  if (rows.empty()) {
    out.line(Text{"no limit on how often or how much", "未限制次数与数量"});
  } else {
    out.table({{"limit", "限制"}, {"used", "已用"}, {"left", "剩余"}, {"of", "总量"}}, rows);
  }
  rows.clear();
  for (const Json& row : found["obligations"].is_array() ? found["obligations"].items() : Json::Array{}) {
    rows.push_back(
        {row.text_or("id", ""), row.text_or("action", ""), row.text_or("state", ""), row.text_or("due", "")});
  }
  if (!rows.empty()) out.table({{"obligation", "义务"}, {"duty", "内容"}, {"state", "状态"}, {"due", "期限"}}, rows);
  return kOk;
}

struct Settling {
  std::string agreement;
  std::string obligation;
  std::string proof;
  std::string amount;
  std::string unit = "CNY";
  std::string reference;
  std::string rule;
  std::string what;
};

Result<int> fulfil(Context& context, Output& out, const Settling& options) {
  WEIR_TRY_LET(Api api, context.api());
  const std::string path = "/api/v1/agreements/" + wire::escape_url(options.agreement) + "/obligations/" +
                           wire::escape_url(options.obligation) + "/fulfilment";
  WEIR_TRY_LET(const Json now, api.post(path, Json::object({{"proof", options.proof}})));
  out.object(now);
  out.good({"fulfilled, and logged with its proof", "义务已履行，证明已记录"});
  return kOk;
}

Result<int> paid(Context& context, Output& out, const Settling& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json now, api.post("/api/v1/agreements/" + wire::escape_url(options.agreement) + "/payments",
                                        Json::object({{"amount", options.amount},
                                                      {"unit", options.unit},
                                                      {"reference", options.reference}})));
  out.object(now);
  out.good({"recorded; the consumer is told", "收款已登记，并告知使用方"});
  return kOk;
}

Result<int> breach(Context& context, Output& out, const Settling& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json now, api.post("/api/v1/agreements/" + wire::escape_url(options.agreement) + "/breaches",
                                        Json::object({{"rule", options.rule}, {"what", options.what}})));
  out.object(now);
  out.good({"recorded; its remedies are owed by the consumer", "违约已登记；使用方须履行补救义务"});
  return kOk;
}

void add_settling(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Settling>();
  CLI::App* fulfil_command = app.add_subcommand("fulfil", "Says that an obligation was fulfilled: see weir usage");
  fulfil_command->add_option("AGREEMENT", options->agreement, "Its id")->required();
  fulfil_command->add_option("OBLIGATION", options->obligation, "Its id")->required();
  fulfil_command->add_option("--proof", options->proof, "What shows it: a sentence, or a file's hash")->required();
  fulfil_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return fulfil(context, out, *options); };
  });
  CLI::App* paid_command = app.add_subcommand("paid", "Records at the provider that an agreement was paid for");
  paid_command->add_option("AGREEMENT", options->agreement, "Its id")->required();
  paid_command->add_option("--amount", options->amount, "For instance 100.00")->required();
  paid_command->add_option("--unit", options->unit, "Currency")->capture_default_str();
  paid_command->add_option("--reference", options->reference, "Of the invoice or bank transfer")->required();
  paid_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return paid(context, out, *options); };
  });
  CLI::App* breach_command =
      app.add_subcommand("breach", "Records that a prohibition was broken: its remedies are owed");
  breach_command->add_option("AGREEMENT", options->agreement, "Its id")->required();
  breach_command->add_option("--rule", options->rule, "The prohibition, as the terms or a refusal name it")->required();
  breach_command->add_option("--what", options->what, "What happened")->required();
  breach_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return breach(context, out, *options); };
  });
}

}  // namespace

void add_metering_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("metering", "How much moved, under which agreement, between whom");
  group->require_subcommand(1);
  CLI::App* list_command = group->add_subcommand("list", "Readings, oldest first");
  add_selection(*list_command, options);
  list_command->add_option("--limit", options->limit, "How many")->capture_default_str();
  list_command->add_option("--cursor", options->cursor, "Go on after an earlier page");
  list_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return list(context, out, *options); };
  });
  CLI::App* totals_command = group->add_subcommand("totals", "Sums of readings");
  add_selection(*totals_command, options);
  totals_command->add_option("--by", options->by, "agreement, product, peer, process or participant")
      ->check(CLI::IsMember({"agreement", "product", "peer", "process", "participant"}))
      ->capture_default_str();
  totals_command->footer("Example: weir metering totals --by participant --since 2026-01-01");
  totals_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return totals(context, out, *options); };
  });
  CLI::App* csv_command = group->add_subcommand("csv", "Billing rows, FinOps FOCUS 1.0, on stdout");
  add_selection(*csv_command, options);
  csv_command->callback([&context, options] {
    context.run = [&context, options](Output&) { return csv(context, *options); };
  });
  add_settling(app, context);
  CLI::App* usage_command = app.add_subcommand("usage", "What was used under an agreement, what is left, what is owed");
  usage_command->add_option("AGREEMENT", options->agreement, "Its id")->required();
  usage_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return usage(context, out, options->agreement); };
  });
}

}  // namespace weir::cli
