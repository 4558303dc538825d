// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

void show_negotiation(Output& out, const Json& negotiation) {
  out.object(negotiation);
  out.pairs({{{"negotiation", "协商"}, negotiation.text_or("id", "")},
             {{"state", "状态"}, negotiation.text_or("state", "")},
             {{"product", "产品"}, negotiation.text_or("product", "")},
             {{"with", "对方"}, negotiation.text_or("peer", "")},
             {{"agreement", "协议"}, negotiation.text_or("agreementId", "")},
             {{"contract", "合约"}, negotiation.text_or("contractId", "")}});
}

Result<int> negotiate(Context& context, Output& out, const std::string& product, const std::string& offer,
                      int wait_seconds) {
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object({{"product", product}});
  if (!offer.empty()) body.set("offer", offer);
  WEIR_TRY_LET(const Json made, api.post("/api/v1/negotiations", body));
  const std::string id = made.text_or("id", "");
  const auto settled = [](const Json& seen) {
    const std::string reached = seen.text_or("state", "");
    return reached == "FINALIZED" || reached == "TERMINATED" || seen.boolean_or("held", false);
  };
  const Milliseconds longest(1000 * wait_seconds);
  WEIR_TRY_LET(const Json now, api.await("/api/v1/negotiations/" + id, longest, settled));
  show_negotiation(out, now);
  const std::string state = now.text_or("state", "");
  if (state == "FINALIZED") {
    out.good({"agreed; both sides signed the same bytes", "已达成一致；双方签署了相同的字节"});
    out.next({"weir fetch " + now.text_or("agreementId", ""), "weir fetch " + now.text_or("agreementId", "")});
    return kOk;
  }
  if (state == "TERMINATED") {
    out.bad({"the other side ended it: " + now.text_or("error", ""), "对方已终止：" + now.text_or("error", "")});
    return static_cast<int>(Exit::kRefused);
  }
  out.line(Text{"The other side has not decided yet. Look again with: weir contract show " + id,
                "对方尚未决定。稍后查看：weir contract show " + id});
  return kOk;
}

Result<int> list_contracts(Context& context, Output& out, const std::string& what) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/" + what + "?limit=100"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), row.text_or("state", ""), row.text_or("role", ""),
                    row.text_or("product", ""), row.text_or("contractId", "")});
  }
  out.table({{"id", "编号"}, {"state", "状态"}, {"role", "角色"}, {"product", "产品"}, {"contract", "合约"}}, rows);
  return kOk;
}

Result<int> act(Context& context, Output& out, const std::string& path, const Json& body, const Text& done) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json answer, api.post(path, body));
  out.object(answer);
  out.good(done);
  return kOk;
}

void add_contract_group(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("contract", "Negotiations and agreements");
  group->require_subcommand(1);
  struct Options {
    std::string id;
    std::string reason;
    bool agreements = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* list = group->add_subcommand("list", "Negotiations, or agreements with --agreements");
  list->add_flag("--agreements", options->agreements, "The agreements that came of them");
  list->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return list_contracts(context, out, options->agreements ? "agreements" : "negotiations");
    };
  });
  CLI::App* show = group->add_subcommand("show", "One negotiation or agreement");
  show->add_option("ID", options->id, "Negotiation or agreement")->required();
  show->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      const std::string id = wire::escape_url(options->id);
      auto found = api.get("/api/v1/negotiations/" + id);
      if (!found && found.error().code() == Errc::kNotFound) found = api.get("/api/v1/agreements/" + id);
      WEIR_TRY(found);
      out.line(found->pretty());
      out.object(*found);
      return kOk;
    };
  });
  const auto decide = [&](const char* name, const char* help, const char* path, const Text& done, bool reason) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("ID", options->id, "Negotiation or agreement")->required();
    auto* option = command->add_option("--reason", options->reason, "Why, for the other side and the log");
    if (reason) option->required();
    command->callback([&context, options, path = std::string(path), done] {
      context.run = [&context, options, path, done](Output& out) {
        const std::size_t at = path.find("{}");
        const std::string full = path.substr(0, at) + wire::escape_url(options->id) + path.substr(at + 2);
        return act(context, out, full, Json::object({{"reason", options->reason}}), done);
      };
    });
  };
  decide("approve", "Agrees to a negotiation that waits for a person", "/api/v1/negotiations/{}/approve",
         {"approved", "已批准"}, false);
  decide("reject", "Refuses a negotiation that waits for a person", "/api/v1/negotiations/{}/reject",
         {"rejected", "已拒绝"}, true);
  decide("terminate", "Ends an agreement early", "/api/v1/agreements/{}/terminate", {"terminated", "已终止"}, true);
}

}  // namespace

void add_contract_commands(CLI::App& app, Context& context) {
  struct Options {
    std::string product;
    std::string offer;
    int wait_seconds = 20;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("negotiate", "Agrees with a provider on the terms of a product");
  command->add_option("PRODUCT", options->product, "Product identifier, as weir search shows it")->required();
  command->add_option("--offer", options->offer, "Which of its offers; the first if left out");
  command->add_option("--wait", options->wait_seconds, "Seconds to wait for the outcome")->capture_default_str();
  command->footer("Example: weir negotiate 691350100M000100Y4344031BH95JZY*");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return negotiate(context, out, options->product, options->offer, options->wait_seconds);
    };
  });
  add_contract_group(app, context);
}

}  // namespace weir::cli
