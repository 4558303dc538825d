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

struct NegotiateOptions {
  std::string product;
  std::string offer;
  std::string terms;
  std::string policy_file;
  int wait_seconds = 20;
};

Result<int> negotiate(Context& context, Output& out, const NegotiateOptions& options) {
  Json body = Json::object({{"product", options.product}});
  if (!options.offer.empty()) body.set("offer", options.offer);
  if (!options.terms.empty() || !options.policy_file.empty()) {
    WEIR_TRY_LET(const Json terms, read_terms(options.terms, options.policy_file));
    body.set("terms", terms);
  }
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json made, api.post("/api/v1/negotiations", body));
  const std::string id = made.text_or("id", "");
  const auto settled = [](const Json& seen) {
    const std::string reached = seen.text_or("state", "");
    return reached == "FINALIZED" || reached == "TERMINATED" || seen.boolean_or("held", false);
  };
  const Milliseconds longest(1000 * options.wait_seconds);
  WEIR_TRY_LET(const Json now, api.await("/api/v1/negotiations/" + id, longest, settled));
  show_negotiation(out, now);
  const std::string state = now.text_or("state", "");
  if (state == "FINALIZED") {
    out.good({"agreed; both sides signed the same bytes", "已达成一致；双方签署了相同的字节"});
    out.next({"weir fetch " + now.text_or("agreementId", ""), "weir fetch " + now.text_or("agreementId", "")});
    return kOk;
  }
  if (state == "TERMINATED") {
    const Json reasons = now["reasons"];
    const std::string why = now.text_or("error", reasons.size() > 0 ? reasons.items()[0].as_string() : std::string());
    out.bad({"the other side ended it: " + why, "对方已终止：" + why});
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

struct TemplateOptions {
  std::string id;
  std::string file;
  std::string product;
  std::vector<std::string> values;
};

Result<int> list_templates(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/contract-templates"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), std::to_string(row.integer_or("version", 0)), row.text_or("name", "")});
  }
  out.table({{"id", "编号"}, {"version", "版本"}, {"name", "名称"}}, rows);
  return kOk;
}

// "days=30": a number if it reads as one and the template says so; the node checks.
Result<int> fill_template(Context& context, Output& out, const TemplateOptions& options) {
  Json values = Json::object();
  for (const std::string& each : options.values) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) {
      return Error(Errc::kInvalidArgument, "a value is written name=value").because("contract.parameter");
    }
    const std::string text = each.substr(equals + 1);
    const auto number = wire::parse_json(text);
    values.set(each.substr(0, equals), number && number->is_number() ? *number : Json(text));
  }
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json filled, api.post("/api/v1/contract-templates/" + wire::escape_url(options.id) + "/fill",
                                           Json::object({{"values", values}})));
  out.object(filled["terms"]);
  out.line(filled["terms"].pretty());
  return kOk;
}

void add_templates(CLI::App& contract, Context& context) {
  const auto options = std::make_shared<TemplateOptions>();
  CLI::App* group = contract.add_subcommand("template", "Terms with places to fill in");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them, each with its latest version")->callback([&context] {
    context.run = [&context](Output& out) { return list_templates(context, out); };
  });
  CLI::App* add = group->add_subcommand("add", "A new template, or the next version of one");
  add->add_option("FILE", options->file, "JSON: docs/formats/contract.md")->required()->check(CLI::ExistingFile);
  add->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(const Json json, read_json(options->file));
      return act(context, out, "/api/v1/contract-templates", json, {"kept", "已保存"});
    };
  });
  CLI::App* fill = group->add_subcommand("fill", "The terms of a template with its places filled in, as ODRL");
  fill->add_option("ID", options->id, "Template")->required();
  fill->add_option("--value", options->values, "name=value; may be given again");
  fill->callback([&context, options] {
    context.run = [&context, options](Output& out) { return fill_template(context, out, *options); };
  });
}

struct OfferOptions {
  std::string product;
  std::string to;
  std::string terms;
  std::string policy_file;
};

Result<int> offer(Context& context, Output& out, const OfferOptions& options) {
  Json body = Json::object({{"product", options.product}, {"consumer", options.to}});
  if (!options.terms.empty() || !options.policy_file.empty()) {
    WEIR_TRY_LET(const Json terms, read_terms(options.terms, options.policy_file));
    body.set("terms", terms);
  }
  return act(context, out, "/api/v1/offers", body, {"offered; the other side decides now", "已报价，等待对方决定"});
}

void add_offer(CLI::App& app, Context& context) {
  const auto options = std::make_shared<OfferOptions>();
  CLI::App* command = app.add_subcommand("offer", "Offers an own product to one participant, on terms of its own");
  command->add_option("PRODUCT", options->product, "Product identifier")->required();
  command->add_option("--to", options->to, "Node of the participant")->required();
  auto* line = command->add_option("--terms", options->terms, "Terms on one line; those published if left out");
  command->add_option("--policy", options->policy_file, "Terms from a file")->excludes(line);
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return offer(context, out, *options); };
  });
}

void add_contract_group(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("contract", "Negotiations and agreements");
  group->require_subcommand(1);
  struct Options {
    std::string id;
    std::string reason;
    std::string terms;
    std::string policy_file;
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
  decide("break", "Breaks a negotiation off", "/api/v1/negotiations/{}/terminate", {"broken off", "已终止协商"}, true);
  decide("suspend", "Suspends an agreement", "/api/v1/agreements/{}/suspend", {"suspended", "已暂停"}, true);
  decide("resume", "Resumes a suspended agreement", "/api/v1/agreements/{}/resume", {"resumed", "已恢复"}, false);
  decide("check", "Verifies both signatures of an agreement again", "/api/v1/agreements/{}/check",
         {"both signatures are right", "双方签名有效"}, false);
  CLI::App* counter = group->add_subcommand("counter", "Answers a negotiation with other terms");
  counter->add_option("ID", options->id, "Negotiation")->required();
  auto* line = counter->add_option("--terms", options->terms, "Terms on one line");
  counter->add_option("--policy", options->policy_file, "Terms from a file")->excludes(line);
  counter->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(const Json terms, read_terms(options->terms, options->policy_file));
      return act(context, out, "/api/v1/negotiations/" + wire::escape_url(options->id) + "/counter",
                 Json::object({{"terms", terms}}), {"sent", "已发送"});
    };
  });
  add_templates(*group, context);
}

}  // namespace

void add_contract_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<NegotiateOptions>();
  CLI::App* command = app.add_subcommand("negotiate", "Agrees with a provider on the terms of a product");
  command->add_option("PRODUCT", options->product, "Product identifier, as weir search shows it")->required();
  command->add_option("--offer", options->offer, "Which of its offers; the first if left out");
  auto* line = command->add_option("--terms", options->terms, "Ask for other terms than those offered, on one line");
  command->add_option("--policy", options->policy_file, "The same, from a file")->excludes(line);
  command->add_option("--wait", options->wait_seconds, "Seconds to wait for the outcome")->capture_default_str();
  command->footer("Example: weir negotiate 691350100M000100Y4344031BH95JZY*");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return negotiate(context, out, *options);
    };
  });
  add_offer(app, context);
  add_contract_group(app, context);
}

}  // namespace weir::cli
