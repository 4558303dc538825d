// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "apps/weir/commands.h"
#include "weir/store/files.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using wire::Json;

constexpr std::array<const char*, 7> kOscal = {
    "catalog", "profile", "component-definition", "ssp", "assessment-plan", "assessment-results", "mapping"};
constexpr std::uint64_t kFileBytesMax = 8u << 20;

struct Options {
  std::vector<std::string> documents;
  std::string device = "server";
  std::string output;
  std::string id = "latest";
  std::string format = "html";
  bool failures = false;
  std::string clause;
  std::string answer = "met";
  std::string statement;
  std::string file;
  std::string until;
  std::int64_t maturity = 0;
};

std::string words_of(const Output& out, const Json& both) {
  return both.text_or(out.language() == Language::kChinese ? "zh" : "en", "");
}

Text state_text(const std::string& state) {
  if (state == "met") return {"✓ met", "✓ 符合"};
  if (state == "not_met") return {"✗ not met", "✗ 不符合"};
  if (state == "not_tested") return {"? not tested", "? 未测试"};
  return {"– not applicable", "– 不适用"};
}

void show_documents(Output& out, const Json& documents) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : documents.is_array() ? documents.items() : Json::Array{}) {
    const Json& counts = one["counts"];
    const auto count = [&](const char* name) { return std::to_string(counts.integer_or(name, 0)); };
    std::string score = std::to_string(one.integer_or("score", 0)) + " " + one.text_or("mark", "");
    if (one.has("maturity")) score += " (" + std::to_string(one["maturity"].integer_or("level", 0)) + ")";
    rows.push_back({one.text_or("document", ""), count("met"), count("notMet"), count("notTested"),
                    count("notApplicable"), one.boolean_or("meetsAllMusts", false) ? "✓" : "", score});
  }
  out.table({{"document", "文件"}, {"met", "符合"}, {"not met", "不符合"}, {"not tested", "未测试"}, {"n/a", "不适用"},
             {"all musts", "强制条款"}, {"score", "得分"}},
            rows);
}

void show_findings(Output& out, const Json& findings, bool failures) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : findings.is_array() ? findings.items() : Json::Array{}) {
    const std::string state = one.text_or("state", "");
    if (state == "not_applicable" || (failures && state == "met")) continue;
    rows.push_back({one.text_or("clause", ""), one.text_or("level", ""), out.pick(state_text(state)),
                    words_of(out, one["detail"])});
  }
  out.table({{"clause", "条款"}, {"level", "级别"}, {"finding", "结论"}, {"what shows it", "依据"}}, rows);
}

Result<> write(const std::string& path, std::string_view text) {
  return store::real_files().write_durable(path, view_of(text));
}

Result<std::string> fetch(Api& api, const std::string& path) {
  std::string text;
  WEIR_TRY(api.stream(adapters::http::Method::kGet, path, {}, [&](ByteView piece) -> Result<bool> {
    text += text_of(piece);
    return true;
  }));
  return text;
}

// The assessment, both reports and the seven OSCAL files.
Result<> write_all(Api& api, const std::string& id, const Json& made, const std::string& folder) {
  WEIR_TRY(store::real_files().make_directories(folder));
  WEIR_TRY(write(folder + "/assessment.json", made.canonical()));
  const std::string base = "/api/v1/assessments/" + wire::escape_url(id);
  for (const char* language : {"en", "zh"}) {
    WEIR_TRY_LET(const std::string html, fetch(api, base + "/report?lang=" + language));
    WEIR_TRY(write(folder + "/report." + language + ".html", html));
  }
  for (const char* model : kOscal) {
    WEIR_TRY_LET(const Json document, api.get(base + "/oscal/" + model));
    WEIR_TRY(write(folder + "/" + model + ".json", document.pretty() + "\n"));
  }
  return {};
}

Result<int> assess(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object({{"device", options.device}});
  if (!options.documents.empty()) body.set("documents", Json::strings(options.documents));
  WEIR_TRY_LET(const Json made, api.post("/api/v1/assessments", body));
  const Json& assessment = made["assessment"];
  const std::string id = assessment.text_or("assessment", "");
  out.object(made);
  if (options.documents.size() == 1) show_findings(out, assessment["findings"], options.failures);
  show_documents(out, assessment["documents"]);
  out.good({"assessed, signed and recorded: " + id, "评估完成，已签名并存证：" + id});
  if (!options.output.empty()) {
    WEIR_TRY(write_all(api, id, made, options.output));
    out.good({"reports and OSCAL files are in " + options.output, "报告与 OSCAL 文件位于 " + options.output});
  } else {
    out.next({"weir standards report -o report.html", "weir standards report -o report.html"});
  }
  const auto& documents = assessment["documents"].items();
  const bool all = std::all_of(documents.begin(), documents.end(),
                               [](const Json& one) { return one["counts"].integer_or("notMet", 0) == 0; });
  return all ? kOk : kFailed;
}

Result<int> report(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  const std::string base = "/api/v1/assessments/" + wire::escape_url(options.id);
  WEIR_TRY_LET(const Json made, api.get(base));
  if (options.format == "all") {
    if (options.output.empty()) return Error(Errc::kInvalidArgument, "--format all needs a folder: -o FOLDER");
    WEIR_TRY(write_all(api, options.id, made, options.output));
  } else if (!options.output.empty()) {
    const bool html = options.format == "html";
    const std::string language = out.language() == Language::kChinese ? "zh" : "en";
    const std::string path =
        html ? base + "/report?lang=" + language : base + "/oscal/" + wire::escape_url(options.format);
    WEIR_TRY_LET(const std::string text, fetch(api, path));
    WEIR_TRY(write(options.output, text));
  }
  out.object(made);
  if (options.output.empty()) {
    show_findings(out, made["assessment"]["findings"], options.failures);
    show_documents(out, made["assessment"]["documents"]);
  } else {
    out.good({"written: " + options.output, "已写出：" + options.output});
  }
  return kOk;
}

Result<int> checklists(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  if (!options.clause.empty()) {
    WEIR_TRY_LET(const Json list, api.get("/api/v1/checklists/" + wire::escape_url(options.clause)));
    out.object(list);
    std::vector<std::vector<std::string>> rows;
    for (const Json& one : list["clauses"].items()) {
      const std::string check = one.text_or("check", "") + " " + one.text_or("probe", "");
      rows.push_back({one.text_or("clause", ""), one.text_or("level", ""), check, words_of(out, one["requirement"])});
    }
    out.table({{"clause", "条款"}, {"level", "级别"}, {"check", "检查"}, {"requirement", "要求"}}, rows);
    return kOk;
  }
  WEIR_TRY_LET(const Json page, api.get("/api/v1/checklists"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : page["items"].items()) {
    rows.push_back({one.text_or("slug", ""), std::to_string(one.integer_or("clauses", 0)),
                    one.boolean_or("assessable", false) ? "✓" : "", words_of(out, one["title"])});
  }
  out.table({{"document", "文件"}, {"clauses", "条款"}, {"assessable", "可评估"}, {"title", "名称"}}, rows);
  return kOk;
}

Result<int> attest(Context& context, Output& out, const Options& options) {
  WEIR_TRY_LET(Api api, context.api());
  Json body = Json::object({{"clause", options.clause}, {"answer", options.answer}, {"statement", options.statement}});
  if (options.maturity != 0) body.set("maturity", options.maturity);
  if (!options.until.empty()) body.set("validUntil", options.until);
  if (!options.file.empty()) {
    WEIR_TRY_LET(const Bytes bytes, store::real_files().read_all(options.file, kFileBytesMax));
    body.set("fileName", options.file.substr(options.file.rfind('/') + 1));
    body.set("file", wire::encode_base64(bytes));
  }
  WEIR_TRY_LET(const Json filed, api.post("/api/v1/attestations", body));
  out.object(filed);
  out.good({"filed and signed: " + filed.text_or("id", ""), "已提交并签名：" + filed.text_or("id", "")});
  return kOk;
}

void add_attest(CLI::App& group, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* command = group.add_subcommand("attest", "Files a document or a statement that shows a clause");
  command->add_option("CLAUSE", options->clause, "DOCUMENT#clause, as in TC609-6-2025-13#drill")->required();
  command->add_option("--statement", options->statement, "What it rests on, in your words")->required();
  command->add_option("--file", options->file, "The document; its hash and contents are kept");
  command->add_option("--answer", options->answer, "met, not_met or not_applicable")->capture_default_str();
  command->add_option("--maturity", options->maturity, "Level 1 to 5, for clauses of maturity");
  command->add_option("--until", options->until, "Valid until, ISO 8601");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return attest(context, out, *options); };
  });
}

}  // namespace

CLI::App& standards_group(CLI::App& app) {
  for (CLI::App* known : app.get_subcommands({})) {
    if (known->get_name() == "standards") return *known;
  }
  CLI::App* group = app.add_subcommand("standards", "Standards, their clauses, and whether this node meets them");
  group->require_subcommand(1);
  return *group;
}

void add_assess_commands(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* run = group.add_subcommand("assess", "Holds the running node against checklists, with evidence");
  run->add_option("DOCUMENT", options->documents, "TC609-6-2025-16, … ; all checklists if left out");
  run->add_option("--device", options->device, "Class of device: server, gateway, constrained")->capture_default_str();
  run->add_option("-o,--output", options->output, "Folder for the reports and the OSCAL files");
  run->add_flag("--failures", options->failures, "Show only what is not met or not tested");
  run->footer("Example:\n  weir standards assess TC609-6-2025-16 -o assessment/\nExit code 1 if a clause is not met.");
  run->callback([&context, options] {
    context.run = [&context, options](Output& out) { return assess(context, out, *options); };
  });
  CLI::App* show =
      group.add_subcommand("report", "An assessment that was made: for people as HTML, for machines as OSCAL");
  show->add_option("ASSESSMENT", options->id, "Its number; the last one if left out")->capture_default_str();
  show->add_option("--format", options->format, "html, all, or a model of OSCAL: catalog, assessment-results, …")
      ->capture_default_str();
  show->add_option("-o,--output", options->output, "Where to; without it, a table");
  show->add_flag("--failures", options->failures, "Show only what is not met or not tested");
  show->footer("Example:\n  weir standards report -o report.html --lang zh");
  show->callback([&context, options] {
    context.run = [&context, options](Output& out) { return report(context, out, *options); };
  });
  CLI::App* lists = group.add_subcommand("checklists", "The checklists there are, or the clauses of one");
  lists->add_option("DOCUMENT", options->clause, "As in tc609-6-2025-16");
  lists->callback([&context, options] {
    context.run = [&context, options](Output& out) { return checklists(context, out, *options); };
  });
  add_attest(group, context, options);
}

}  // namespace weir::cli
