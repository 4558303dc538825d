// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/weir/commands.h"
#include "weir/policy/odrl.h"
#include "weir/policy/report.h"
#include "weir/policy/terms.h"
#include "weir/policy/validate.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {

using adapters::http::Method;
using wire::Json;

Result<Json> read_json(const std::string& file) {
  WEIR_TRY_LET(const Bytes text, store::real_files().read_all(file, limits::kJsonBytesMax));
  return wire::parse_json(text_of(text));
}

Result<Json> read_terms(const std::string& line, const std::string& policy_file) {
  policy::Policy terms;
  if (!policy_file.empty()) {
    WEIR_TRY_LET(const Bytes text, store::real_files().read_all(policy_file, limits::kJsonBytesMax));
    WEIR_TRY_LET(terms, policy::read_policy_text(text_of(text)));
  } else {
    WEIR_TRY_LET(terms, policy::parse_terms(line));
  }
  WEIR_TRY(policy::check(terms));
  return policy::to_odrl(policy::one_action_a_rule(terms));
}

namespace {

struct PublishOptions {
  std::string file;
  std::string title;
  std::string title_zh;
  std::string description;
  std::string description_zh;
  std::vector<std::string> keywords;
  std::string terms;
  std::string policy_file;
  std::string licence;
  std::string region;
  std::string grade = "general";
  int sub_grade = 1;
  std::string media_type;
  bool draft = false;
};

Json bilingual(const std::string& en, const std::string& zh) {
  Json out = Json::object();
  if (!en.empty()) out.set("en", en);
  if (!zh.empty()) out.set("zh", zh);
  return out;
}

std::string media_type_of(const PublishOptions& options) {
  if (!options.media_type.empty()) return options.media_type;
  const auto ends = [&](const char* ending) { return options.file.ends_with(ending); };
  if (ends(".csv")) return "text/csv";
  if (ends(".json")) return "application/json";
  if (ends(".parquet")) return "application/vnd.apache.parquet";
  return "application/octet-stream";
}

Result<int> publish(Context& context, Output& out, const PublishOptions& options) {
  Json terms;  // none: those that follow from the grade
  if (!options.terms.empty() || !options.policy_file.empty()) {
    WEIR_TRY_LET(terms, read_terms(options.terms, options.policy_file));
  }
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(3'600'000);
  Progress progress(out, {"storing", "存储中"});
  WEIR_TRY_LET(const Json content,
               api.upload("/api/v1/contents", options.file,
                          [&](std::uint64_t done, std::uint64_t total) { progress.show(done, total); }));
  Json body = Json::object({{"title", bilingual(options.title, options.title_zh)},
                            {"content", content},
                            {"mediaType", media_type_of(options)},
                            {"grade", Json::object({{"level", options.grade}, {"subGrade", options.sub_grade}})}});
  const Json description = bilingual(options.description.empty() ? options.title : options.description,
                                     options.description_zh.empty() ? options.title_zh : options.description_zh);
  body.set("description", description).set("keywords", Json::strings(options.keywords));
  if (!terms.is_null()) body.set("terms", terms);
  if (options.draft) body.set("draft", true);
  if (!options.licence.empty()) body.set("licence", options.licence);
  if (!options.region.empty()) body.set("region", options.region);
  WEIR_TRY_LET(const Json product, api.post("/api/v1/products", body));
  out.object(product);
  const std::string id = product.text_or("id", "");
  if (options.draft) {
    out.good({"drafted; hand it in with: weir product submit " + id, "已起草；提交审核：weir product submit " + id});
  } else {
    out.good({"published", "已发布"});
  }
  out.pairs({{{"product", "产品"}, id},
             {{"content", "内容"}, content.text_or("root", "")},
             {{"size", "大小"}, format_bytes(static_cast<std::uint64_t>(content.integer_or("bytes", 0)))}});
  return kOk;
}

void add_publish(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Publishes a file with the terms of its use");
  command->add_option("FILE", options->file, "What to publish")->required()->check(CLI::ExistingFile);
  command->add_option("--title", options->title, "What it is, English");
  command->add_option("--title-zh", options->title_zh, "什么数据，中文");
  command->add_option("--description", options->description, "More about it, English");
  command->add_option("--description-zh", options->description_zh, "说明，中文");
  command->add_option("--keyword", options->keywords, "A word to find it by; may be given again");
  auto* terms = command->add_option("--terms", options->terms, "Terms on one line; those of the grade if left out");
  command
      ->add_option("--policy", options->policy_file,
                   "Terms from a file: ODRL in JSON-LD or Turtle, or TC609-6-2025-14 JSON")
      ->excludes(terms);
  command->add_option("--licence", options->licence, "Licence, name or address");
  command->add_option("--region", options->region, "Region it is about, GB/T 2260");
  command->add_option("--grade", options->grade, "core, important or general (GB/T 43697-2024)")->capture_default_str();
  command->add_option("--sub-grade", options->sub_grade, "1 public to 4 sensitive, of general data")
      ->capture_default_str();
  command->add_option("--media-type", options->media_type, "If the file's ending does not say it");
  command->add_flag("--draft", options->draft, "Not yet: it is submitted and reviewed first");
  command->footer("Example: weir publish air.csv --title 'Air quality' --terms 'count<=3, purpose=research'");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      if (options->title.empty() && options->title_zh.empty()) {
        return Error(Errc::kInvalidArgument, "a product needs a title").advise("add --title or --title-zh");
      }
      return publish(context, out, *options);
    };
  });
}

std::string title_of(const Output& out, const Json& row) {
  const std::string zh = row["title"].text_or("zh", "");
  const std::string en = row["title"].text_or("en", "");
  if (out.language() == Language::kChinese) return zh.empty() ? en : zh;
  return en.empty() ? zh : en;
}

struct SearchOptions {
  std::string words;
  std::vector<std::string> filters;
  std::vector<std::string> facets;
  std::string order = "updated";
  std::string cursor;
  std::int64_t limit = 20;
  bool own = false;
};

Result<int> search(Context& context, Output& out, const SearchOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  std::string path = "/api/v1/products?q=" + wire::escape_url(options.words) + "&order=" + options.order +
                     "&limit=" + std::to_string(options.limit) + "&scope=" + (options.own ? "own" : "space");
  for (const std::string& filter : options.filters) path += "&filter=" + wire::escape_url(filter);
  for (const std::string& facet : options.facets) path += "&facet=" + wire::escape_url(facet);
  if (!options.cursor.empty()) path += "&cursor=" + wire::escape_url(options.cursor);
  WEIR_TRY_LET(const Json page, api.get(path));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({row.text_or("id", ""), title_of(out, row), row.text_or("grade", ""),
                    row.text_or("updated", "").substr(0, 10)});
  }
  out.table({{"product", "产品"}, {"title", "名称"}, {"grade", "分级"}, {"updated", "更新"}}, rows);
  const std::string total =
      (page.boolean_or("moreThan", false) ? ">" : "") + std::to_string(page.integer_or("total", 0));
  out.line(Text{total + " found", "共 " + total + " 个"});
  for (const auto& facet : page["facets"].is_object() ? page["facets"].members() : Json::Object{}) {
    std::string line = "  " + facet.first + ": ";
    for (const Json& value : facet.second.items()) {
      line += value.text_or("value", "") + " " + std::to_string(value.integer_or("count", 0)) + "  ";
    }
    out.line(line);
  }
  if (page.has("next"))
    out.line(Text{"more: --cursor " + page.text_or("next", ""), "更多：--cursor " + page.text_or("next", "")});
  return kOk;
}

void add_search(CLI::App& app, Context& context) {
  const auto options = std::make_shared<SearchOptions>();
  CLI::App* command = app.add_subcommand("search", "Finds products in the whole space");
  command->add_option("WORDS", options->words, "Words, \"phrases\", -without, field:value; Chinese or English");
  command->add_option("--filter", options->filters, "As grade=general or region=1100; may be given again");
  command->add_option("--facet", options->facets, "Count by: publisher, grade, region, format, …");
  command->add_option("--order", options->order, "updated, updated_asc, title or relevance")->capture_default_str();
  command->add_option("--limit", options->limit, "How many")->capture_default_str();
  command->add_option("--cursor", options->cursor, "Go on after an earlier page");
  command->add_flag("--own", options->own, "Only what this node publishes");
  command->footer("Example: weir search 空气质量 --facet publisher");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return search(context, out, *options); };
  });
  CLI::App* show = app.add_subcommand("show", "One product with its terms in plain words");
  show->add_option("ID", options->words, "Product identifier")->required();
  show->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(Api api, context.api());
      WEIR_TRY_LET(const Json product, api.get("/api/v1/products/" + wire::escape_url(options->words)));
      out.object(product);
      out.line(title_of(out, product["description"]));
      out.pairs({{{"product", "产品"}, product.text_or("id", "")},
                 {{"version", "版本"}, std::to_string(product.integer_or("version", 0))},
                 {{"status", "状态"}, product.text_or("status", "")},
                 {{"node", "节点"}, product.text_or("node", "")}});
      for (const Json& offer : product["offers"].is_array() ? product["offers"].items() : Json::Array{}) {
        out.line("  " + offer.text_or("id", ""));
        out.line("    " + out.pick(Text{offer["words"].text_or("en", ""), offer["words"].text_or("zh", "")}));
      }
      return kOk;
    };
  });
}

struct ProductOptions {
  std::string id;
  std::string reason;
  std::string file;
};

std::string product_path(const ProductOptions& options, std::string_view end) {
  return "/api/v1/products/" + wire::escape_url(options.id) + std::string(end);
}

Result<int> show_changed(Output& out, const Json& product) {
  out.object(product);
  const std::string status = product.text_or("status", "");
  out.good({"version " + std::to_string(product.integer_or("version", 0)) + " is " + status,
            "版本 " + std::to_string(product.integer_or("version", 0)) + "：" + status});
  return kOk;
}

Result<int> product_history(Context& context, Output& out, const ProductOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get(product_path(options, "/history")));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({std::to_string(row.integer_or("version", 0)), row.text_or("time", ""), row.text_or("what", ""),
                    row.text_or("actor", ""), row.text_or("reason", "")});
  }
  out.table({{"version", "版本"}, {"time", "时间"}, {"what", "事件"}, {"who", "执行者"}, {"why", "原因"}}, rows);
  return kOk;
}

void add_product(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ProductOptions>();
  CLI::App* group = app.add_subcommand("product", "The life of a product: versions, review, end");
  group->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("ID", options->id, "Product identifier")->required();
    return command;
  };
  const auto act = [&](const char* name, const char* help, bool reason_required) {
    CLI::App* command = add(name, help);
    auto* reason = command->add_option("--reason", options->reason, "Why, for the history");
    if (reason_required) reason->required();
    command->callback([&context, options, end = "/" + std::string(name)] {
      context.run = [&context, options, end](Output& out) -> Result<int> {
        WEIR_TRY_LET(Api api, context.api());
        WEIR_TRY_LET(const Json product,
                     api.post(product_path(*options, end), Json::object({{"reason", options->reason}})));
        return show_changed(out, product);
      };
    });
  };
  act("submit", "Hands a draft in for review", false);
  act("approve", "Publishes what was handed in", false);
  act("return", "Gives it back to who wrote it", true);
  act("deregister", "Ends a product for good; its history stays", true);
  CLI::App* edit = add("edit", "Changes a draft, or begins the next version");
  edit->add_option("FILE", options->file, "The whole description, JSON: docs/formats/product.md")
      ->required()
      ->check(CLI::ExistingFile);
  edit->add_option("--reason", options->reason, "Why, for the history");
  edit->callback([&context, options] {
    context.run = [&context, options](Output& out) -> Result<int> {
      WEIR_TRY_LET(const Json description, read_json(options->file));
      WEIR_TRY_LET(Api api, context.api());
      const Json body = Json::object({{"description", description}, {"reason", options->reason}});
      WEIR_TRY_LET(const Json product, api.send(Method::kPut, product_path(*options, ""), body));
      return show_changed(out, product);
    };
  });
  add("history", "What became of it, version by version")->callback([&context, options] {
    context.run = [&context, options](Output& out) { return product_history(context, out, *options); };
  });
}

struct LoadOptions {
  std::string file;
  std::string format = "dcat-us";
  std::string catalog;
  std::string mapping_file;
  std::string region;
};

// What became of the records.
void show_load(Output& out, const Json& report) {
  out.object(report);
  const auto number = [&](const char* name) { return std::to_string(report.integer_or(name, 0)); };
  std::vector<std::pair<Text, std::string>> pairs = {
             {{"read", "读取"}, number("read")},
             {{"accepted", "接受"}, number("accepted")},
             {{"accepted with repairs", "修复后接受"}, number("repaired")},
             {{"updated", "更新"}, number("updated")},
             {{"unchanged", "未变"}, number("unchanged")},
             {{"refused", "拒绝"}, number("refused")}};
  if (report.has("removed")) pairs.push_back({{"gone there, deregistered here", "对方已移除，本地注销"}, number("removed")});
  out.pairs(pairs);
  for (const char* group : {"repairs", "refusals"}) {
    for (const auto& member : report[group].is_object() ? report[group].members() : Json::Object{}) {
      out.line("    " + member.first + ": " + std::to_string(member.second.as_integer()));
    }
  }
}

Result<int> load(Context& context, Output& out, const LoadOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(3'600'000);
  std::string path = "/api/v1/catalog/load?format=" + options.format + "&catalog=" +
                     wire::escape_url(options.catalog.empty() ? options.file : options.catalog);
  if (!options.region.empty()) path += "&region=" + options.region;
  if (!options.mapping_file.empty()) {
    WEIR_TRY_LET(const Bytes mapping, store::real_files().read_all(options.mapping_file, 1u << 20));
    path += "&mapping=" + wire::escape_url(text_of(mapping));
  }
  Progress progress(out, {"loading", "载入中"});
  WEIR_TRY_LET(const Json report, api.upload(path, options.file, [&](std::uint64_t done, std::uint64_t total) {
                 progress.show(done, total);
               }));
  show_load(out, report);
  return kOk;
}

// ── catalogues of others, harvested ──

struct HarvestOptions {
  std::string name;
  std::string url;
  std::string kind = "ckan";
  std::string region;
  bool whole = false;
};

std::string harvest_path(const std::string& name) { return "/api/v1/catalog/harvests/" + wire::escape_url(name); }

// The report of a step, added to what the steps before it said.
void add_report(Json& all, const Json& step) {
  for (const auto& [name, value] : step.members()) {
    if (value.is_integer()) all.set(name, all.integer_or(name, 0) + value.as_integer());
    if (!value.is_object()) continue;
    Json group = all[name].is_object() ? all[name] : Json::object();
    for (const auto& [slug, count] : value.members()) group.set(slug, group.integer_or(slug, 0) + count.as_integer());
    all.set(name, std::move(group));
  }
}

Result<int> harvest(Context& context, Output& out, const HarvestOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(600'000);
  if (!options.url.empty()) {
    const Json body = Json::object({{"kind", options.kind}, {"url", options.url}, {"region", options.region}});
    WEIR_TRY(api.send(Method::kPut, harvest_path(options.name), body));
  }
  Progress progress(out, {"harvesting", "采集中"});
  Json report = Json::object();
  Json step;
  bool whole = options.whole;
  do {
    WEIR_TRY_LET(step, api.send(Method::kPost, harvest_path(options.name) + "/step", Json::object({{"whole", whole}})));
    whole = false;
    add_report(report, step["report"]);
    add_report(report, Json::object({{"removed", step.integer_or("removed", 0)}}));
    progress.show(static_cast<std::uint64_t>(step["harvest"].integer_or("records", 0)),
                  static_cast<std::uint64_t>(step.integer_or("total", 0)));
  } while (!step.boolean_or("done", true));
  show_load(out, report);
  return kOk;
}

Result<int> list_harvests(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/catalog/harvests"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : page["items"].items()) {
    const bool never = one.integer_or("rounds", 0) == 0;
    const Text state = one.boolean_or("underWay", false) ? Text{"broke off; go on", "中断，可继续"}
                       : never                           ? Text{"not read yet", "尚未读取"}
                                                         : Text{"complete", "已完成"};
    rows.push_back({one.text_or("name", ""), one.text_or("kind", ""), std::to_string(one.integer_or("records", 0)),
                    out.pick(state), one.text_or("updated", ""), one.text_or("url", "")});
  }
  out.table({{"name", "名称"},
             {"kind", "类型"},
             {"read last time", "上次读取"},
             {"state", "状态"},
             {"last step", "最近一步"},
             {"address", "地址"}},
            rows);
  if (rows.empty()) {
    out.next({"weir catalog harvest NAME --url https://…", "weir catalog harvest 名称 --url https://…"});
  }
  return kOk;
}

Result<int> forget_harvest(Context& context, Output& out, const HarvestOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY(api.send(Method::kDelete, harvest_path(options.name), Json::object()));
  out.object(Json::object({{"name", options.name}, {"removed", true}}));
  out.good({options.name + " is harvested no more; what was loaded stays", "不再采集 " + options.name + "；已载入的产品保留"});
  return kOk;
}

void add_harvest(CLI::App& group, Context& context) {
  const auto options = std::make_shared<HarvestOptions>();
  CLI::App* harvest_command = group.add_subcommand("harvest", "Reads another catalogue; again, only what changed");
  harvest_command->add_option("NAME", options->name, "What it is called here")->required();
  harvest_command->add_option("--url", options->url, "Its address; needed the first time");
  harvest_command
      ->add_option("--kind", options->kind, "ckan (address of the site), dcat (Turtle or JSON-LD) or data.json")
      ->check(CLI::IsMember({"ckan", "dcat", "data.json"}))
      ->capture_default_str();
  harvest_command->add_option("--region", options->region, "GB/T 2260 code for all records");
  harvest_command->add_flag("--whole", options->whole,
                            "Reads all again; what was gone twice in a row is deregistered here");
  harvest_command->footer("Example:\n  weir catalog harvest berlin --url https://datenregister.berlin.de --kind ckan");
  harvest_command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return harvest(context, out, *options); };
  });
  group.add_subcommand("harvests", "Which catalogues are harvested")->callback([&context] {
    context.run = [&context](Output& out) { return list_harvests(context, out); };
  });
  CLI::App* forget = group.add_subcommand("forget", "Harvests a catalogue no more; what was loaded stays");
  forget->add_option("NAME", options->name, "What it is called here")->required();
  forget->callback([&context, options] {
    context.run = [&context, options](Output& out) { return forget_harvest(context, out, *options); };
  });
}

}  // namespace

void add_catalog_commands(CLI::App& app, Context& context) {
  add_product(app, context);
  add_publish(app, context);
  add_search(app, context);
  CLI::App* group = app.add_subcommand("catalog", "Whole catalogues of others");
  group->require_subcommand(1);
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* command = group->add_subcommand("load", "Loads a catalogue, with a report of what was wrong and why");
  command->add_option("FILE", options->file, "DCAT-US 1.1 lines or CSV; .gz is fine")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--format", options->format, "dcat-us or csv")
      ->check(CLI::IsMember({"dcat-us", "csv"}))
      ->capture_default_str();
  command->add_option("--catalog", options->catalog, "Name of the source; loading it again updates");
  command->add_option("--mapping", options->mapping_file, "CSV: JSON file that says which column is what");
  command->add_option("--region", options->region, "GB/T 2260 code for all records");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return load(context, out, *options); };
  });
  add_harvest(*group, context);
}

}  // namespace weir::cli
