// Files of standards: tables and checklists in, registers and pictures out; feeds.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <array>

#include "apps/weir/standards.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {

using standards::query::Parameters;
using wire::Json;

namespace {

constexpr std::size_t kMegabyte = 1u << 20;

}  // namespace

bool names_a_file(const std::string& text) {
  const auto there = store::real_files().exists(text);
  return there && *there;
}

Result<Json> compare_checklists(const std::string& from, const std::string& to) {
  const standards::clause::Registry& known = standards::clause::Registry::embedded();
  std::array<standards::clause::Checklist, 2> lists;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::string& name = i == 0 ? from : to;
    if (names_a_file(name)) {
      WEIR_TRY_LET(const Bytes bytes, store::real_files().read_all(name, 64 * kMegabyte));
      std::string encoding;
      WEIR_TRY_LET(auto read, standards::clause::parse_checklist(standards::standard::to_utf8(bytes, encoding)));
      lists[i] = std::move(read.checklist);
    } else if (const auto* list = known.find(name)) {
      lists[i] = *list;
    } else {
      return Error(Errc::kNotFound, "there is no list of clauses of \"" + name + "\"")
          .because("checklist.unknown")
          .advise("Give a file, or a document that has one.");
    }
  }
  return standards::query::diff(lists[0], lists[1], known);
}

namespace {

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

// A checklist begins with the names of its columns; everything else is a table of standards.
bool is_checklist(ByteView bytes) {
  std::string_view text = text_of(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.starts_with("document,clause,level");
}

Result<int> import_checklist(const Context& context, Output& out, const Bytes& bytes, bool check) {
  Json report;
  if (check) {
    std::string encoding;
    WEIR_TRY_LET(const auto read, standards::clause::parse_checklist(standards::standard::to_utf8(bytes, encoding)));
    Json problems = Json::array();
    for (const auto& problem : read.problems)
      problems.push(Json::object({{"line", problem.line}, {"en", problem.what.en}, {"zh", problem.what.zh}}));
    report = Json::object({{"document", read.checklist.document},
                           {"clauses", read.checklist.clauses.size()},
                           {"problems", std::move(problems)}});
  } else {
    WEIR_TRY_LET(Api api, context.api());
    WEIR_TRY_LET(report, api.post("/api/v1/checklists", Json::object({{"checklist", wire::encode_base64(bytes)}})));
  }
  out.object(report);
  std::vector<std::vector<std::string>> rows;
  for (const Json& problem : items(report["problems"])) {
    const std::string line = problem.has("line") ? std::to_string(problem.integer_or("line", 0)) : "";
    rows.push_back({line, problem.text_or("clause", ""), said(out, problem)});
  }
  if (!rows.empty()) out.table({{"line", "行"}, {"clause", "条款"}, {"problem", "问题"}}, rows);
  const std::string count_of = std::to_string(report.integer_or("clauses", 0));
  out.line(Text{report.text_or("document", "") + ": " + count_of + " clauses",
                report.text_or("document", "") + "：" + count_of + " 条"});
  return report["problems"].size() == 0 ? kOk : kFailed;
}

Result<int> import_file(const Context& context, Output& out, const ImportOptions& options) {
  WEIR_TRY_LET(const Bytes bytes, store::real_files().read_all(options.file, 64 * kMegabyte));
  if (is_checklist(bytes)) return import_checklist(context, out, bytes, options.check);
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

struct SubscribeOptions {
  std::string name;
  Parameters filter;
  std::int64_t end = 0;
};

Result<int> subscribe(const Context& context, Output& out, const SubscribeOptions& options) {
  WEIR_TRY_LET(Api api, context.api());
  if (options.end != 0) {
    const std::string path = "/api/v1/standards/subscriptions/" + std::to_string(options.end);
    WEIR_TRY_LET(const Json ended, api.send(adapters::http::Method::kDelete, path, Json()));
    out.object(ended.is_null() ? Json::object({{"ended", options.end}}) : ended);
    out.good({"ended; its addresses open nothing any more", "已取消，其地址不再有效"});
    return kOk;
  }
  if (options.name.empty()) {
    WEIR_TRY_LET(const Json page, api.get("/api/v1/standards/subscriptions"));
    out.object(page);
    std::vector<std::vector<std::string>> rows;
    for (const Json& one : items(page["items"]))
      rows.push_back({std::to_string(one.integer_or("id", 0)), one.text_or("name", ""), one["filter"].dump()});
    out.table({{"id", "编号"}, {"name", "名称"}, {"of", "范围"}}, rows);
    return kOk;
  }
  Json filter = Json::object();
  for (const auto& [name, value] : options.filter) {
    if (!value.empty()) filter.set(name, value);
  }
  WEIR_TRY_LET(const Json made, api.post("/api/v1/standards/subscriptions",
                                         Json::object({{"name", options.name}, {"filter", std::move(filter)}})));
  out.object(made);
  out.good({"subscribed; these addresses are shown once", "已订阅；以下地址仅显示一次"});
  out.pairs({{{"calendar", "日历"}, made.text_or("calendar", "")}, {{"events", "动态"}, made.text_or("events", "")}});
  return kOk;
}

void add_subscribe(CLI::App& group, Context& context) {
  const auto options = std::make_shared<SubscribeOptions>();
  CLI::App* command = group.add_subcommand(
      "subscribe", "A calendar of deadlines and a feed of events, at addresses of their own; without a name, the list");
  command->add_option("NAME", options->name, "What you call it");
  for (const char* name : {"direction", "committee", "kind", "words", "number"})
    command->add_option("--" + std::string(name), options->filter[name], "As of: weir standards find");
  command->add_option("--end", options->end, "Ends the subscription of this id");
  command->footer("Example: weir standards subscribe 云计算 --direction 02");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return subscribe(context, out, *options); };
  });
}

}  // namespace

void add_file_commands(CLI::App& group, Context& context) {
  const auto import_options = std::make_shared<ImportOptions>();
  CLI::App* import_command = group.add_subcommand(
      "import", "Takes standards from a CSV, XLSX or JSON file, or a checklist, and reports every row that is odd");
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
  add_subscribe(group, context);
}

}  // namespace weir::cli
