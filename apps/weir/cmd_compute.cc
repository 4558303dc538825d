// SPDX-License-Identifier: Apache-2.0
// weir compute: private computation under a contract.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "apps/weir/commands.h"
#include "apps/weir/compute_view.h"
#include "weir/store/files.h"
#include "weir/table/table_file.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using adapters::http::Method;
using wire::Json;

constexpr std::chrono::seconds kPatience{30};  // for an answer that a person of the other side may have to give

std::string job_path(const std::string& id, std::string_view end = {}) {
  return "/api/v1/jobs/" + wire::escape_url(id) + std::string(end);
}

bool is_over(const std::string& state) { return state == "DONE" || state == "REJECTED" || state == "FAILED"; }

struct Question {
  std::string agreement;
  std::string query;  // or a key
  std::string file;
  std::string key;
  std::string their_key;
  std::string form = "text";
  std::string algorithm;  // the plan's choice, if left out
  std::string answer;
  std::string action = "compute";
  std::string purpose;
  std::string output;
  std::string format;  // of the output; as its name ends if left out
  std::int64_t theirs = -1;  // keys of the other side, if known
  std::int64_t groups = 0;
  std::int64_t bucket = 0;   // keys; 0 is the usual number
};

Result<int> fetch_result(Context& context, Output& out, const std::string& id, const std::string& output,
                         const std::string& format) {
  const bool parquet = format.empty() ? output.ends_with(".parquet") : format == "parquet";
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(3'600'000);
  const bool to_file = !output.empty();
  const std::string temporary = output + ".part";
  std::FILE* file = to_file ? std::fopen(temporary.c_str(), "wb") : stdout;
  if (file == nullptr) return Error(Errc::kInvalidArgument, "cannot write " + temporary);
  std::uint64_t bytes = 0;
  const std::string path = job_path(id, parquet ? "/result?format=parquet" : "/result");
  const auto answer = api.stream(Method::kGet, path, {}, [&](ByteView piece) -> Result<bool> {
    bytes += piece.size();
    return std::fwrite(piece.data(), 1, piece.size(), file) == piece.size();
  });
  const bool closed = to_file ? std::fclose(file) == 0 : std::fflush(file) == 0;
  if (!answer || !closed) {
    if (to_file) ::unlink(temporary.c_str());
    WEIR_TRY(answer);
    return Error(Errc::kExhausted, "the output could not be written");
  }
  if (!to_file) return kOk;
  WEIR_TRY(store::real_files().rename(temporary, output));
  out.object(Json::object({{"job", id}, {"bytes", static_cast<std::int64_t>(bytes)}, {"file", output}}));
  out.good({"released and logged: " + format_bytes(bytes) + " written to " + output,
            "已取出并记录：" + format_bytes(bytes) + " 写入 " + output});
  return kOk;
}

// Until it is over, or for a while where a person of the other side is to answer; a program of theirs has a table to
// read first, perhaps a longer one than the own.
Result<Json> follow(Api& api, Output& out, Json job) {
  const std::string path = job_path(job.text_or("id", ""));
  using Steady = std::chrono::steady_clock;
  const Steady::time_point begun = Steady::now();
  std::optional<Steady::time_point> proposed;
  std::string state = job.text_or("state", "");
  std::optional<Progress> progress;
  std::string shown;
  while (!is_over(state)) {
    if (state == "PROPOSED") {
      if (!proposed) proposed = Steady::now();
      if (Steady::now() - *proposed > kPatience + 4 * (*proposed - begun)) break;
    }
    const Json& step = job["progress"];
    const Text phase = phase_of(state, step);
    if (phase.en != shown) progress.emplace(out, phase);
    shown = phase.en;
    WEIR_TRY_LET(job, api.await(path, Milliseconds(500),
                                [](const Json& seen) { return is_over(seen.text_or("state", "")); }));
    progress->show(static_cast<std::uint64_t>(job["progress"].integer_or("done", 0)),
                   static_cast<std::uint64_t>(job["progress"].integer_or("total", 0)));
    state = job.text_or("state", "");
  }
  return job;
}

Result<int> ask(Context& context, Output& out, const Question& options) {
  WEIR_TRY_LET(Api api, context.api());
  api.timeout = Milliseconds(600'000);
  std::string path = "/api/v1/jobs?agreement=" + wire::escape_url(options.agreement) +
                     "&form=" + wire::escape_url(options.form) + "&action=" + wire::escape_url(options.action) +
                     "&purpose=" + wire::escape_url(options.purpose);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) path += "&" + std::string(name) + "=" + wire::escape_url(value);
  };
  std::string query = options.query;  // of several lines, as people write it; an address has one
  for (char& c : query) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  add("query", query);
  add("key", options.key);
  add("theirKey", options.their_key);
  add("algorithm", options.algorithm);
  add("answer", options.answer);
  if (options.bucket > 0) add("bucket", std::to_string(options.bucket));
  Json job;
  {
    Progress progress(out, {"handing the table to the own node", "将数据表交给本方节点"});
    WEIR_TRY_LET(job, api.upload(path, options.file, [&](std::uint64_t done, std::uint64_t total) {
                   progress.show(done, total);
                 }));
  }
  const Json choice = job["choice"];
  if (choice.is_object()) out.line(job["work"].text_or("algorithm", "") + ": " + text_of(out, choice));
  WEIR_TRY_LET(job, follow(api, out, std::move(job)));
  if (choice.is_object()) job.set("choice", choice);
  const std::string state = job.text_or("state", "");
  const std::string id = job.text_or("id", "");
  if (state == "REJECTED" || state == "FAILED") {
    return Error(state == "REJECTED" ? Errc::kForbidden : Errc::kConflict,
                 "the computation did not take place: " + job.text_or("error", ""))
        .because(state == "REJECTED" ? "job.rejected" : "job.failed")
        .advise("weir compute status " + id);
  }
  if (state != "DONE") {
    out.object(job);
    show_job(out, job);
    out.next({"the other side has yet to approve it; look again: weir compute status " + id,
              "对方尚未批准；稍后查看：weir compute status " + id});
    return kOk;
  }
  const bool has_rows = job["outcome"].has("rows");
  if (!options.output.empty() && has_rows) {
    show_done(out, job);
    return fetch_result(context, out, id, options.output, options.format);
  }
  out.object(job);
  show_done(out, job);
  show_job(out, job);
  if (has_rows) out.next({"weir compute result " + id + " -o FILE", "weir compute result " + id + " -o 文件"});
  return kOk;
}

std::string format_rate(std::int64_t bytes_per_second) {
  return format_bytes(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
}

std::string format_time(std::int64_t milliseconds) {
  if (milliseconds < 10'000) return std::to_string(milliseconds) + " ms";
  return std::to_string((milliseconds + 500) / 1000) + " s";
}

Text known_from(const std::string& source) {
  if (source == "given") return {"as given", "按所给"};
  if (source == "earlier job") return {"as in an earlier job", "据此前任务"};
  return {"not known: taken as one's own", "未知，按本方键数估计"};
}

// How long and how much.
std::pair<std::string, std::string> costs(const Json& estimate) {
  const auto moved = estimate.integer_or("sent", 0) + estimate.integer_or("received", 0);
  return {format_time(estimate.integer_or("milliseconds", 0)), format_bytes(static_cast<std::uint64_t>(moved))};
}

Result<int> plan(Context& context, Output& out, const Question& options) {
  WEIR_TRY_LET(const auto table, table::TableFile::open(store::real_files(), options.file));
  WEIR_TRY_LET(const auto count, table.count_rows());
  Json body = Json::object({{"agreement", options.agreement},
                            {"mine", count.rows},
                            {"form", options.form},
                            {"action", options.action},
                            {"purpose", options.purpose}});
  if (options.theirs >= 0) body.set("theirs", options.theirs);
  if (options.groups > 0) body.set("groups", options.groups);
  if (options.query.empty()) {
    body.set("key", options.key).set("theirKey", options.their_key).set("answer", options.answer);
  } else {
    WEIR_TRY_LET(const auto columns, table.columns());
    body.set("query", options.query).set("columns", Json::strings(columns));
  }
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json plan, api.post("/api/v1/jobs/plan", body));
  out.object(plan);
  const std::string about = count.exact ? "" : out.pick({"about ", "约 "});
  out.pairs({{{"own keys", "本方键数"}, about + std::to_string(count.rows)},
             {{"other's keys", "对方键数"}, std::to_string(plan.integer_or("theirs", 0)) + " (" +
                                                out.pick(known_from(plan.text_or("theirsKnown", ""))) + ")"},
             {{"line", "链路"}, std::to_string(plan.integer_or("roundTripMicroseconds", 0)) + " µs, " +
                                    format_rate(plan.integer_or("bytesPerSecond", 0))}});
  std::vector<std::vector<std::string>> rows;
  const Json* chosen = nullptr;
  for (const Json& each : plan["items"].items()) {
    const auto [time, moved] = costs(each["estimate"]);
    const auto [later_time, later_moved] = costs(each["later"]);
    rows.push_back({each.text_or("algorithm", ""), time, moved,
                    each.has("later") ? later_time + ", " + later_moved : "", each.has("refusal") ? "✗" : "",
                    each.boolean_or("chosen", false) ? "✓" : ""});
    if (each.boolean_or("chosen", false)) chosen = &each;
  }
  std::vector<Text> heads = {{"algorithm", "算法"}, {"takes", "耗时"}, {"moves", "传输量"},
                             {"each time after", "之后每次"}, {"refused", "不允许"}, {"best", "推荐"}};
  if (std::ranges::all_of(rows, [](const auto& row) { return row[3].empty(); })) {
    heads.erase(heads.begin() + 3);
    for (auto& row : rows) row.erase(row.begin() + 3);
  }
  out.table(heads, rows);
  std::vector<std::pair<Text, std::string>> budget;
  add_privacy(budget, plan["privacy"]);
  out.pairs(budget);
  if (chosen == nullptr) {
    out.line(text_of(out, plan["items"].items()[0]["refusal"]));
    return kOk;
  }
  out.line(chosen->text_or("algorithm", "") + ": " + text_of(out, plan["choice"]));
  std::vector<std::pair<Text, std::string>> told = {
      {{"consumer learns", "使用方获知"}, text_of(out, (*chosen)["consumerLearns"])},
      {{"provider learns", "提供方获知"}, text_of(out, (*chosen)["providerLearns"])},
      {{"security", "安全性"}, text_of(out, (*chosen)["security"])}};
  if (plan.has("statement")) told.push_back({{"query", "查询"}, plan.text_or("statement", "")});
  out.pairs(told);
  return kOk;
}

Result<int> status(Context& context, Output& out, const std::string& id) {
  WEIR_TRY_LET(Api api, context.api());
  if (!id.empty()) {
    WEIR_TRY_LET(const Json job, api.get(job_path(id)));
    out.object(job);
    show_job(out, job);
    return kOk;
  }
  WEIR_TRY_LET(const Json page, api.get("/api/v1/jobs?limit=100"));
  out.object(page);
  std::vector<std::vector<std::string>> rows;
  for (const Json& job : page["items"].is_array() ? page["items"].items() : Json::Array{}) {
    rows.push_back({job.text_or("id", ""), job.text_or("state", ""), job.text_or("role", ""),
                    job["work"].text_or("algorithm", ""), job.text_or("agreement", ""), job.text_or("error", "")});
  }
  out.table({{"job", "任务"}, {"state", "状态"}, {"role", "角色"}, {"algorithm", "算法"}, {"agreement", "协议"},
             {"why", "原因"}},
            rows);
  return kOk;
}

Result<int> decide(Context& context, Output& out, const std::string& id, const std::string& reason, bool yes) {
  WEIR_TRY_LET(Api api, context.api());
  const Json body = yes ? Json::object() : Json::object({{"reason", reason}});
  WEIR_TRY_LET(const Json job, api.post(job_path(id, yes ? "/approve" : "/reject"), body));
  out.object(job);
  if (yes) {
    out.good({"approved; it runs when the own table is read", "已批准；读取本方数据表后运行"});
  } else {
    out.good({"refused; the other side is told", "已拒绝，并告知对方"});
  }
  return kOk;
}

Result<int> list_algorithms(Context& context, Output& out) {
  WEIR_TRY_LET(Api api, context.api());
  WEIR_TRY_LET(const Json page, api.get("/api/v1/algorithms"));
  out.object(page);
  bool first = true;
  for (const Json& each : page["items"].items()) {
    if (!std::exchange(first, false)) out.line("");
    out.pairs({{{"algorithm", "算法"}, each.text_or("id", "") + "@" + each.text_or("hash", "")},
               {{"gives", "结果"}, text_of(out, each["what"])},
               {{"consumer learns", "使用方获知"}, text_of(out, each["consumerLearns"])},
               {{"provider learns", "提供方获知"}, text_of(out, each["providerLearns"])},
               {{"security", "安全性"}, text_of(out, each["security"])}});
  }
  return kOk;
}

// What an intersection and a joint figure have in common; `positional` adds what comes after the agreement.
CLI::App* add_question(CLI::App& group, Context& context, const char* name, const char* what,
                       const std::shared_ptr<Question>& options,
                       const std::function<void(CLI::App&)>& positional) {
  CLI::App* command = group.add_subcommand(name, what);
  command->add_option("AGREEMENT", options->agreement, "Agreement over the other side's table")->required();
  positional(*command);
  command->add_option("--mine", options->file, "Own table, CSV with a heading, or Parquet; it stays on the own node")
      ->required();
  command->add_option("--form", options->form, "exact, text, phone or id-card; one, or one for each key column")
      ->capture_default_str();
  command->add_option("--purpose", options->purpose, "What for");
  command->add_option("--action", options->action, "compute or jointDevelop")->capture_default_str();
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return ask(context, out, *options); };
  });
  return command;
}

void add_format(CLI::App& app, std::string& format) {
  app.add_option("--format", format, "csv or parquet; as the output's name ends if left out")
      ->check(CLI::IsMember({"csv", "parquet"}));
}

void add_psi(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Question>();
  add_question(
      group, context, "psi", "Finds the own rows whose key the other side has too", options,
      [&](CLI::App& app) {
        app.add_option("--key", options->key, "Columns of the key in the own table, with commas between")->required();
        app.add_option("--their-key", options->their_key, "The same in the other table, if they are called otherwise");
        app.add_option("-o,--output", options->output, "Where the rows go; a name that ends with .parquet is Parquet");
        add_format(app, options->format);
        app.add_option("--answer", options->answer, "rows (one's own), size, or both (to each side its rows)");
        app.add_option("--algorithm", options->algorithm, "weir compute algorithms lists them; else the plan's choice");
        app.add_option("--bucket", options->bucket, "About how many keys are computed on at once");
      })
      ->footer("Example: weir compute psi AGREEMENT --mine customers.csv --key phone --form phone -o shared.csv");
}

void add_plan(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Question>();
  CLI::App* command =
      add_question(group, context, "plan", "What a computation would take, move and tell; nothing is asked", options,
                   [&](CLI::App& app) {
                     app.add_option("SQL", options->query, "The figure, if it is one");
                     app.add_option("--key", options->key, "Columns of the key, of an intersection");
                     app.add_option("--their-key", options->their_key, "The same in the other table");
                     app.add_option("--answer", options->answer, "rows, size or both; rows if left out");
                     app.add_option("--theirs", options->theirs, "How many keys the other side has, if known");
                     app.add_option("--groups", options->groups, "How many groups there will be; 8 if left out");
                   });
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return plan(context, out, *options); };
  });
  command->footer("Example: weir compute plan AGREEMENT --mine customers.csv --key phone");
}

void add_query(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Question>();
  add_question(
      group, context, "query", "Counts, sums and averages over both tables, by group", options,
      [&](CLI::App& app) {
        app.add_option("-o,--output", options->output, "Where the figures go; .parquet is Parquet");
        add_format(app, options->format);
        app.add_option("--algorithm", options->algorithm, "weir compute algorithms lists them; else the plan's choice");
        app.add_option("SQL", options->query, "The figure; `mine` is the own table, `theirs` the other")->required();
      })
      ->footer(
          "Example: weir compute query AGREEMENT 'SELECT channel, COUNT(*), SUM(mine.spend) FROM mine JOIN theirs "
          "USING (id) GROUP BY channel' --mine customers.csv -o figures.csv");
}

}  // namespace

void add_compute_commands(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("compute", "Private computation under a contract: nobody sees the other's rows");
  group->require_subcommand(1);
  add_psi(*group, context);
  add_query(*group, context);
  add_plan(*group, context);
  struct Options {
    std::string id;
    std::string reason;
    std::string output;
    std::string format;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* look = group->add_subcommand("status", "Where a computation stands; all of them without an id");
  look->add_option("JOB", options->id, "Computation");
  look->callback([&context, options] {
    context.run = [&context, options](Output& out) { return status(context, out, options->id); };
  });
  CLI::App* yes = group->add_subcommand("approve", "Lets a computation on the own data run");
  yes->add_option("JOB", options->id, "Computation")->required();
  yes->callback([&context, options] {
    context.run = [&context, options](Output& out) { return decide(context, out, options->id, "", true); };
  });
  CLI::App* no = group->add_subcommand("reject", "Refuses one, or takes back what was asked or approved");
  no->add_option("JOB", options->id, "Computation")->required();
  no->add_option("--reason", options->reason, "Why, for the other side and the log")->required();
  no->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return decide(context, out, options->id, options->reason, false);
    };
  });
  CLI::App* result = group->add_subcommand("result", "Takes out what a computation found; this is logged");
  result->add_option("JOB", options->id, "Computation")->required();
  result->add_option("-o,--output", options->output, "Where to; standard output if left out");
  add_format(*result, options->format);
  result->callback([&context, options] {
    context.run = [&context, options](Output& out) {
      return fetch_result(context, out, options->id, options->output, options->format);
    };
  });
  CLI::App* known = group->add_subcommand("algorithms", "What may be computed, with the hash that a contract names");
  known->callback([&context] {
    context.run = [&context](Output& out) { return list_algorithms(context, out); };
  });
}

}  // namespace weir::cli
