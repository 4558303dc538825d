// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/weir/commands.h"
#include "weir/standards/query/query.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using standards::query::Parameters;
using wire::Json;

constexpr std::size_t kMegabyte = 1u << 20;

standards::query::Library shipped_library() {
  return {standards::standard::shipped(), standards::framework::shipped(), standards::clause::Registry::embedded(),
          SystemClock().now()};
}

void say_shipped(Output& out) {
  out.next({"the node does not run: this is what the program carries, without what was imported",
            "节点未运行：以下为程序自带数据，不含已导入内容"});
}

std::string query_of(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) out += (out.empty() ? "?" : "&") + name + "=" + wire::escape_url(value);
  }
  return out;
}

// The running node knows what was imported; without one, what the program carries is asked, and that is said.
Result<Json> ask(const Context& context, Output& out, const std::string& question, const Parameters& parameters) {
  if (auto api = context.api()) {
    auto answer = api->get("/api/v1/standards/" + question + query_of(parameters));
    if (answer || answer.error().code() != Errc::kUnavailable) return answer;
    say_shipped(out);
  }
  WEIR_TRY_LET(Json answer, standards::query::answer(shipped_library(), question, parameters));
  return answer.set("register", "shipped");
}

std::string said(const Output& out, const Json& text) {
  const std::string zh = text.text_or("zh", "");
  const std::string en = text.text_or("en", "");
  if (out.language() == Language::kChinese) return zh.empty() ? en : zh;
  return en.empty() ? zh : en;
}

std::string cut(const std::string& text, std::size_t columns) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0) == 0x80) ++length;
    if (display_width(out) + 2 > columns) return out + "…";
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

std::string count(const Json& row, std::string_view name) {
  const std::int64_t value = row.integer_or(name, 0);
  return value == 0 ? "·" : std::to_string(value);
}

std::string share(const Json& json) {
  const std::string of = std::to_string(json.integer_or("count", 0)) + " / " + std::to_string(json.integer_or("of", 0));
  if (!json["percent"].is_number()) return of;
  char percent[32];
  std::snprintf(percent, sizeof percent, " (%.1f %%)", json["percent"].as_double());
  return of + percent;
}

const Json::Array& items(const Json& json) {
  static const Json::Array none;
  return json.is_array() ? json.items() : none;
}

std::string status_words(const Output& out, const std::string& name) {
  const auto status = standards::standard::parse_status(name);
  return status ? out.pick(words_for(*status)) : name;
}

void brief_table(Output& out, const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : items(list)) {
    rows.push_back({one.text_or("number", ""), status_words(out, one.text_or("status", "")),
                    one.text_or("published", ""), one.boolean_or("verified", false) ? "✓" : "?",
                    cut(said(out, one["title"]), 70)});
  }
  out.table({{"number", "编号"}, {"status", "状态"}, {"published", "发布"}, {"sourced", "有来源"}, {"title", "名称"}},
            rows);
}

// ── what each answer looks like to people ──

void print_tree(Output& out, const Json& answer) {
  out.line(said(out, answer["name"]) + "  [" + answer.text_or("id", "") + ", " + answer.text_or("state", "") + " " +
           answer.text_or("date", "") + "]");
  const std::function<void(const Json&, std::size_t)> walk = [&](const Json& direction, std::size_t depth) {
    const std::int64_t below = direction.integer_or("directions", 1);
    const bool leaf = !direction.has("children");
    out.line(std::string(depth * 2, ' ') + direction.text_or("id", "") + "  " + said(out, direction["name"]) +
             (leaf ? "" : "  (" + std::to_string(below) + ")"));
    for (const Json& child : items(direction["children"])) walk(child, depth + 1);
  };
  for (const Json& part : items(answer["parts"])) walk(part, 1);
  const std::string total = std::to_string(answer.integer_or("directions", 0));
  out.line(Text{total + " directions" + (answer.boolean_or("whole", true) ? "" : "; the tree is known in part only"),
                "共 " + total + " 个方向" + (answer.boolean_or("whole", true) ? "" : "；仅掌握部分结构")});
  for (const Json& figure : items(answer["figures"])) {
    out.line(
        "  " +
        (figure.integer_or("by", 0) == 0 ? figure.text_or("asOf", "") : std::to_string(figure.integer_or("by", 0))) +
        "  " + said(out, figure["words"]) + ": " + std::to_string(figure.integer_or("value", 0)) + "  [" +
        figure.text_or("source", "") + "]");
  }
  std::string others;
  for (const Json& edition : items(answer["editions"]))
    others += (others.empty() ? "" : ", ") + edition.text_or("id", "");
  out.line(Text{"Editions: " + others, "版本：" + others});
}

void print_coverage(Output& out, const Json& answer) {
  out.line(said(out, answer["edition"]["name"]));
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : items(answer["rows"])) {
    const std::string indent(static_cast<std::size_t>(row.integer_or("depth", 0)) * 2, ' ');
    rows.push_back(
        {indent + row.text_or("id", "") + " " + cut(said(out, row["name"]), 44), count(row, "published"),
         count(row, "development"), count(row, "international"), count(row, "past"), count(row, "unknown"),
         count(row["unverified"], "count"),
         row.boolean_or("leaf", false) && row.boolean_or("missing", false) ? out.pick({"missing", "缺失"}) : ""});
  }
  out.table({{"direction", "方向"},
             {"in force", "现行"},
             {"coming", "在研"},
             {"intl.", "国际"},
             {"past", "废旧"},
             {"unknown", "未知"},
             {"unsourced", "无来源"},
             {"", ""}},
            rows);
  for (const Json& figure : items(answer["figures"])) {
    std::string line = said(out, figure["words"]) + ": " + std::to_string(figure.integer_or("value", 0));
    if (figure.boolean_or("countable", false)) {
      line += out.pick({"; in this register ", "；本数据中 "}) + std::to_string(figure.integer_or("counted", 0)) +
              out.pick({", under way ", "，在研 "}) + std::to_string(figure.integer_or("comingUp", 0));
    } else {
      line += out.pick({"; a register of standards cannot count this", "；标准数据无法统计此项"});
    }
    out.line(line);
  }
  out.line(
      Text{"No source vouches for " + share(answer["unverified"]) + ". An empty direction means: not in this data.",
           "无来源佐证：" + share(answer["unverified"]) + "。空白方向仅表示本数据中没有。"});
}

void print_gap(Output& out, const Json& answer) {
  out.line(out.pick({"Directions without a national or industry standard in this register: ",
                     "本数据中没有国家或行业标准的方向："}) +
           std::to_string(answer["missing"].size()));
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : items(answer["missing"])) {
    std::string candidates;
    std::size_t shown = 0;
    for (const Json& candidate : items(one["candidates"])) {
      if (++shown <= 3) candidates += (candidates.empty() ? "" : ", ") + candidate.text_or("number", "");
    }
    if (shown > 3) candidates += " +" + std::to_string(shown - 3);
    rows.push_back({one.text_or("id", ""), said(out, one["name"]), candidates});
  }
  out.table({{"direction", "方向"}, {"name", "名称"}, {"international candidates", "可转化的国际标准"}}, rows);
  const Json& adoption = answer["adoption"];
  out.pairs(
      {{{"national standards that adopt (identical, modified)", "采标的国家标准（等同、修改）"},
        share(adoption["nationalAdopting"])},
       {{"international standards that are adopted", "已转化的国际标准"}, share(adoption["internationalAdopted"])},
       {{"of these adoptions no source vouches for", "其中无来源佐证"},
        std::to_string(adoption.integer_or("unverified", 0))}});
  out.line(out.pick({"Drift: they adopt an edition that is no longer: ", "采标漂移（所采用版本已废止）："}) +
           std::to_string(answer["drift"].size()));
  std::vector<std::vector<std::string>> drift;
  for (const Json& one : items(answer["drift"])) {
    std::string newer;
    for (const Json& number : items(one["newer"])) newer += (newer.empty() ? "" : ", ") + number.as_string();
    drift.push_back({one["national"].text_or("number", ""), one.text_or("degree", ""),
                     one["international"].text_or("number", ""), newer,
                     one.text_or("trust", "") == "unverified" ? "?" : "✓"});
  }
  out.table(
      {{"national", "国家标准"}, {"degree", "程度"}, {"adopts", "采用"}, {"now", "现有版本"}, {"sourced", "有来源"}},
      drift);
}

void print_show(Output& out, const Json& answer) {
  out.line(answer.text_or("number", "") + "  " + said(out, answer["title"]));
  std::vector<std::pair<Text, std::string>> pairs = {{{"status", "状态"}, said(out, answer["statusWords"])},
                                                     {{"published", "发布"}, answer.text_or("published", "")}};
  if (answer.has("implemented")) pairs.push_back({{"in force from", "实施"}, answer.text_or("implemented", "")});
  if (answer.has("committee")) pairs.push_back({{"committee", "归口"}, answer.text_or("committee", "")});
  if (answer.has("stage"))
    pairs.push_back(
        {{"stage", "阶段"}, answer["stage"].text_or("code", "") + " " + said(out, answer["stage"]["words"])});
  for (const Json& direction : items(answer["directions"]))
    pairs.push_back({{"direction", "方向"}, direction.text_or("id", "") + " " + said(out, direction["name"])});
  if (answer.has("url")) pairs.push_back({{"read it at", "查阅"}, answer.text_or("url", "")});
  if (answer.integer_or("clauses", 0) > 0)
    pairs.push_back({{"clauses known here", "本系统条款数"}, std::to_string(answer.integer_or("clauses", 0))});
  out.pairs(pairs);
  for (const Json& link : items(answer["links"])) {
    const bool from = link.text_or("direction", "") == "from";
    out.line("  " + std::string(from ? "← " : "→ ") + link.text_or("relation", "") + " " + link.text_or("degree", "") +
             (link.has("degree") ? " " : "") + link.text_or("number", "") + "  " +
             status_words(out, link.text_or("status", "")) + (link.text_or("trust", "") == "unverified" ? "  ?" : ""));
  }
  for (const Json& conflict : items(answer["conflicts"])) {
    out.bad(
        {"sources disagree about " + conflict.text_or("field", ""), "来源不一致：" + conflict.text_or("field", "")});
    for (const Json& value : items(conflict["values"]))
      out.line("    " + value.text_or("value", "") + "  [" + value["source"].text_or("name", "") + "]");
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& claim : items(answer["claims"])) {
    rows.push_back({claim.text_or("field", ""), cut(claim.text_or("value", ""), 44), claim.text_or("trust", ""),
                    claim["source"].text_or("asOf", ""), cut(claim["source"].text_or("name", ""), 60)});
  }
  out.table({{"field", "字段"}, {"value", "取值"}, {"trust", "可信度"}, {"as of", "截至"}, {"source", "来源"}}, rows);
}

void print_timeline(Output& out, const Json& answer) {
  std::vector<std::vector<std::string>> years;
  for (const Json& year : items(answer["years"])) {
    const auto published = static_cast<std::size_t>(year.integer_or("published", 0));
    std::string bar;
    for (std::size_t i = 0; i < std::min<std::size_t>(published, 60); ++i) bar += "▇";
    years.push_back({std::to_string(year.integer_or("year", 0)), std::to_string(published), count(year, "stillInForce"),
                     count(year, "cumulativeInForce"), bar});
  }
  out.table(
      {{"year", "年"}, {"published", "发布"}, {"still in force", "仍有效"}, {"in force, summed", "有效累计"}, {"", ""}},
      years);
  std::vector<std::vector<std::string>> rows;
  for (const Json& event : items(answer["events"])) {
    rows.push_back({event.text_or("day", ""), said(out, event["words"]), event["standard"].text_or("number", ""),
                    cut(said(out, event["standard"]["title"]), 60)});
  }
  out.table({{"day", "日期"}, {"what", "事项"}, {"standard", "标准"}, {"title", "名称"}}, rows);
}

void print_due(Output& out, const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& item : items(answer["items"])) {
    const std::string mark = item.boolean_or("overdue", false) ? "!" : item.boolean_or("rough", false) ? "~" : "";
    rows.push_back({item.text_or("due", ""), mark, item["standard"].text_or("number", ""), said(out, item["words"]),
                    said(out, item["note"]), cut(said(out, item["standard"]["title"]), 44)});
  }
  out.table({{"due", "期限"}, {"", ""}, {"standard", "标准"}, {"what", "事项"}, {"note", "说明"}, {"title", "名称"}},
            rows);
  const std::string total = std::to_string(answer.integer_or("total", 0));
  out.line(Text{total + " due (! late, ~ only month or year known)", "共 " + total + " 项（! 逾期，~ 仅知年月）"});
}

void print_diff(Output& out, const Json& answer) {
  out.line(answer.text_or("from", "") + " → " + answer.text_or("to", ""));
  for (const auto& [name, sign] : {std::pair{"added", "+ "}, {"removed", "- "}}) {
    for (const Json& clause : items(answer[name])) {
      out.line(sign + clause.text_or("id", "") + "  " + clause.text_or("level", "") + "  " +
               said(out, clause["requirement"]) +
               (clause.text_or("check", "") == "none" ? "" : "  [" + clause.text_or("check", "") + "]"));
    }
  }
  for (const Json& change : items(answer["changed"])) {
    std::string what;
    for (const Json& one : items(change["what"])) what += (what.empty() ? "" : ", ") + one.as_string();
    out.line("~ " + change.text_or("id", "") + "  (" + what + ")  " + said(out, change["to"]["requirement"]));
  }
}

void print(Output& out, const std::string& question, const Json& answer) {
  if (question == "tree") print_tree(out, answer);
  if (question == "coverage") print_coverage(out, answer);
  if (question == "gap") print_gap(out, answer);
  if (question == "show") print_show(out, answer);
  if (question == "timeline") print_timeline(out, answer);
  if (question == "due") print_due(out, answer);
  if (question == "diff") print_diff(out, answer);
  if (question != "find") return;
  brief_table(out, answer["items"]);
  const std::string total = std::to_string(answer.integer_or("total", 0));
  out.line(Text{total + " found", "共 " + total + " 项"});
}

// ── import, export ──

void print_report(Output& out, const Json& report) {
  const auto number = [&](std::string_view name) { return std::to_string(report.integer_or(name, 0)); };
  for (const Json& note : items(report["notes"])) out.line("  " + note.text_or("reason", "") + ": " + said(out, note));
  std::vector<std::vector<std::string>> rows;
  for (const Json& line : items(report["lines"])) {
    std::string changes;
    for (const Json& change : items(line["changes"])) changes += (changes.empty() ? "" : "; ") + change.as_string();
    const std::string row = std::to_string(line.integer_or("row", 0));
    for (const Json& note : items(line["notes"]))
      rows.push_back(
          {row, line.text_or("number", ""), line.text_or("outcome", ""), note.text_or("reason", ""), said(out, note)});
    if (!changes.empty()) rows.push_back({row, line.text_or("number", ""), line.text_or("outcome", ""), "", changes});
  }
  if (!rows.empty())
    out.table({{"row", "行"}, {"number", "编号"}, {"outcome", "结果"}, {"reason", "原因"}, {"what", "说明"}}, rows);
  out.line(Text{number("read") + " rows: " + number("new") + " new, " + number("changed") + " changed, " +
                    number("unchanged") + " unchanged, " + number("refused") + " refused",
                "共 " + number("read") + " 行：新增 " + number("new") + "，变更 " + number("changed") + "，未变 " +
                    number("unchanged") + "，拒绝 " + number("refused")});
}

struct ImportOptions {
  std::string file;
  std::string source;
  std::string as_of;
  bool check = false;
};

Result<int> import_file(const Context& context, Output& out, const ImportOptions& options) {
  WEIR_TRY_LET(const Bytes bytes, store::real_files().read_all(options.file, 64 * kMegabyte));
  Json report;
  if (options.check) {
    WEIR_TRY_LET(const auto table, standards::standard::read_table(bytes));
    standards::standard::Registry registry = standards::standard::shipped();
    standards::standard::Date as_of;
    if (!options.as_of.empty()) {
      WEIR_TRY_LET(as_of, standards::standard::parse_date(options.as_of));
    }
    const auto known = [](std::string_view direction) { return standards::framework::shipped().knows(direction); };
    WEIR_TRY_LET(
        const auto imported,
        import_table(registry, table, {.source = options.source, .as_of = as_of, .by = "", .known_direction = known}));
    report = to_json(imported.report);
  } else {
    WEIR_TRY_LET(Api api, context.api());
    WEIR_TRY_LET(report, api.post("/api/v1/standards/import", Json::object({{"table", wire::encode_base64(bytes)},
                                                                            {"source", options.source},
                                                                            {"asOf", options.as_of}})));
  }
  out.object(report);
  print_report(out, report);
  return report.integer_or("refused", 0) == 0 ? kOk : kFailed;
}

Result<standards::query::Document> file_of(const Context& context, Output& out, const Parameters& parameters) {
  if (auto api = context.api()) {
    standards::query::Document document;
    const std::string path = "/api/v1/standards/export" + query_of(parameters);
    auto answer =
        api->stream(adapters::http::Method::kGet, path, Json(), [&document](ByteView piece) -> Result<bool> {
          document.body += text_of(piece);
          return true;
        });
    if (answer) {
      document.media_type = answer->headers.get("content-type");
      return document;
    }
    if (answer.error().code() != Errc::kUnavailable) return std::move(answer).error();
    say_shipped(out);
  }
  return standards::query::document(shipped_library(), parameters);
}

Result<int> export_file(const Context& context, Output& out, Parameters parameters, const std::string& file) {
  parameters["lang"] = out.language() == Language::kChinese ? "zh" : "en";
  WEIR_TRY_LET(const auto document, file_of(context, out, parameters));
  WEIR_TRY(store::real_files().write_durable(file, view_of(document.body)));
  out.object(Json::object({{"file", file}, {"bytes", document.body.size()}, {"mediaType", document.media_type}}));
  out.good({"written to " + file + ", " + format_bytes(document.body.size()),
            "已写入 " + file + "，" + format_bytes(document.body.size())});
  return kOk;
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
      print(out, name, answer);
      return kOk;
    };
  });
}

}  // namespace

void add_standards_commands(CLI::App& group, Context& context) {
  for (const auto& question : standards::query::questions()) add_question(group, context, question);
  const auto import_options = std::make_shared<ImportOptions>();
  CLI::App* import_command = group.add_subcommand(
      "import", "Takes standards from a CSV, XLSX or JSON file, and reports every row that is odd");
  import_command->add_option("FILE", import_options->file, "CSV (UTF-8 or GBK), XLSX or JSON")
      ->required()
      ->check(CLI::ExistingFile);
  import_command->add_option("--source", import_options->source, "Where the rows come from, if they do not say");
  import_command->add_option("--as-of", import_options->as_of, "Of which day they are, if they do not say");
  import_command->add_flag("--check", import_options->check,
                           "Only reports, against what the program carries; no node is needed");
  import_command->footer(
      "Example: weir standards import 标准清单.xlsx --source 'openstd.samr.gov.cn' --as-of 2026-11-01 --check");
  import_command->callback([&context, import_options] {
    context.run = [&context, import_options](Output& out) { return import_file(context, out, *import_options); };
  });
  add_comment_command(group, context);
  const auto parameters = std::make_shared<Parameters>();
  const auto file = std::make_shared<std::string>();
  CLI::App* export_command = group.add_subcommand(
      "export", "Writes the register, the coverage and its picture, deadlines or events to a file");
  export_command->add_option("-o,--output", *file, "Where to write")->required();
  export_command
      ->add_option("--format", (*parameters)["format"], "csv, json, svg (coverage), ics (deadlines), atom (events)")
      ->capture_default_str();
  export_command->add_option("--what", (*parameters)["what"], "standards or coverage");
  export_command->add_option("--edition", (*parameters)["edition"], "Edition of the framework");
  export_command->add_option("--until", (*parameters)["until"], "Last day of deadlines");
  export_command->add_option("--direction", (*parameters)["direction"],
                             "Of deadlines and events: that direction and below");
  export_command->footer("Example: weir standards export --format svg -o coverage.svg");
  export_command->callback([&context, parameters, file] {
    context.run = [&context, parameters, file](Output& out) { return export_file(context, out, *parameters, *file); };
  });
}

}  // namespace weir::cli
