// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/adapters/http/words.h"
#include "weir/adapters/peer/channel.h"
#include "weir/base/log.h"
#include "weir/node/data_plane.h"
#include "weir/node/jobs.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/mpc/join.h"
#include "weir/table/table_file.h"
#include "weir/use/job/algorithm.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using use::job::Job;
using wire::Json;

class FileSource final : public adapters::http::BodySource {
 public:
  FileSource(std::unique_ptr<store::File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t length() const override { return size_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    WEIR_TRY_LET(const std::size_t got, file_->read_at(at_, out));
    at_ += got;
    return got;
  }

 private:
  std::unique_ptr<store::File> file_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

// "id,phone" with "customer,tel" and "text,phone": the last two may be left out.
Result<std::vector<use::job::KeyColumn>> keys_of(const std::string& own, const std::string& others,
                                                 const std::string& form_names) {
  const auto mine = split(own, ',');
  const auto theirs = others.empty() ? mine : split(others, ',');
  const auto forms = split(form_names, ',');
  if (mine.size() != theirs.size() || (forms.size() != 1 && forms.size() != mine.size())) {
    return Error(Errc::kInvalidArgument, "the key has as many columns on both sides, and one form or one for each")
        .because("job.key");
  }
  std::vector<use::job::KeyColumn> out;
  for (std::size_t i = 0; i < mine.size(); ++i) {
    WEIR_TRY_LET(const auto form, use::job::parse_form(forms.size() == 1 ? forms[0] : forms[i]));
    if (mine[i].empty() || theirs[i].empty()) {
      return Error(Errc::kInvalidArgument, "name the columns of the key").because("job.key");
    }
    out.push_back({mine[i], theirs[i], form});
  }
  return out;
}

constexpr std::string_view kJoin = "join-psty19";
constexpr std::int64_t kKeysMax = 1'000'000'000;
constexpr std::int64_t kGroupsUnknown = 8;  // what a query that groups is planned with

Error no_upgrade() {
  return Error(Errc::kInvalidArgument, "this is a channel: ask for the upgrade to it").because("job.no_upgrade");
}

// ── for operators ──

// The keys and the query of a statement; one form for all keys, or one for each.
Result<> take_statement(const std::string& sql, const std::string& form_names, const std::vector<std::string>& own,
                        use::job::Proposal& out) {
  WEIR_TRY_LET(auto statement, use::job::parse_statement(sql, own));
  const auto forms = split(form_names, ',');
  if (forms.size() != 1 && forms.size() != statement.keys.size()) {
    return Error(Errc::kInvalidArgument, "one form for all key columns, or one for each").because("job.key");
  }
  for (std::size_t i = 0; i < statement.keys.size(); ++i) {
    WEIR_TRY_LET(const auto form, use::job::parse_form(forms.size() == 1 ? forms[0] : forms[i]));
    out.keys.push_back({statement.keys[i].first, statement.keys[i].second, form});
  }
  out.query = std::move(statement.query);
  return {};
}

// A job, and how far it is.
Json shown(Node& node, const Job& job) {
  Json out = to_json(job);
  if (is_final(job.state)) return out;
  Json progress = node.job_runner().progress(job.id).value_or(Json::object());
  if (job.state == use::job::State::kRunning && !job.work.query) {
    progress.set("buckets", static_cast<std::int64_t>(use::job::buckets_of(job)))
        .set("bucketsDone", job.progress.now.done);
  }
  if (progress.size() > 0) out.set("progress", std::move(progress));
  return out;
}

// The plan's choice among the algorithms that give the answer and that the terms allow; the line is measured only if
// there is a choice. Nothing to say if none is allowed: the refusal names the first.
Result<Text> choose(Node& node, const table::TableFile& table, use::job::Answer answer, use::job::Proposal& proposal,
                    const std::string& actor) {
  use::job::Sizes sizes{.groups = kGroupsUnknown, .bucket = proposal.bucket};
  WEIR_TRY_LET(const auto own, table.count_rows());
  sizes.consumer = own.rows;
  WEIR_TRY_LET(const auto last, node.jobs().their_last_count(proposal.agreement));
  sizes.provider = last.value_or(sizes.consumer);
  WEIR_TRY_LET(auto plan, node.jobs().plan(proposal, answer, sizes, {}, actor));
  if (std::ranges::count(plan.candidates, true, &use::job::Candidate::allowed) > 1) {
    const Job& draft = plan.drafts.front();
    if (const auto line = node.job_runner().probe(draft.peer_address, draft.peer)) {
      WEIR_TRY_LET(plan, node.jobs().plan(proposal, answer, sizes, *line, actor));
    }
  }
  proposal.algorithm = plan.candidates[plan.chosen.value_or(0)].algorithm->id;
  return plan.why;
}

// The answer that is asked for, or that a named algorithm gives.
Result<use::job::Answer> answer_for(const std::string& name, const std::string& algorithm) {
  WEIR_TRY_LET(const auto answer, use::job::parse_answer(name.empty() ? "rows" : name));
  if (algorithm.empty()) return answer;
  WEIR_TRY_LET(const auto* known, use::job::find_algorithm(algorithm));
  if (name.empty() || known->answer == answer) return known->answer;
  return Error(Errc::kInvalidArgument, algorithm + " gives " + std::string(name_of(known->answer)) + ", not " + name)
      .because("job.answer")
      .advise("name the algorithm or the answer, or see what fits: weir compute algorithms");
}

Result<Response> propose(Node& node, Request& request, const flow::delivery::ContentRoot& input) {
  const bool asks_query = !request.query_or("query", "").empty();
  const std::string named = request.query_or("algorithm", "");
  use::job::Proposal proposal{.agreement = request.query_or("agreement", ""),
                              .algorithm = named,
                              .keys = {},
                              .action = request.query_or("action", "compute"),
                              .purpose = request.query_or("purpose", ""),
                              .input = format(input),
                              .query = {}};
  WEIR_TRY_LET(proposal.bucket, request.query_integer("bucket", use::job::kBucketKeys, use::job::kBucketKeysLeast,
                                                      use::job::kBucketKeysMost));
  WEIR_TRY_LET(const std::string path, node.job_inputs().path_of_data(input));
  WEIR_TRY_LET(const auto table, table::TableFile::open(store::real_files(), path));
  if (asks_query) {
    WEIR_TRY_LET(const auto own, table.columns());
    WEIR_TRY(take_statement(request.query_or("query", ""), request.query_or("form", "text"), own, proposal));
  } else {
    WEIR_TRY_LET(proposal.keys, keys_of(request.query_or("key", ""), request.query_or("theirKey", ""),
                                        request.query_or("form", "text")));
  }
  const std::string& actor = request.principal.actor();
  Text chosen;
  auto answer = use::job::Answer::kFigure;
  if (!asks_query) {
    WEIR_TRY_LET(answer, answer_for(request.query_or("answer", ""), named));
  }
  if (named.empty()) {
    WEIR_TRY_LET(chosen, choose(node, table, answer, proposal, actor));
  }
  WEIR_TRY_LET(const Job job, node.jobs().propose(proposal, actor));
  Json out = to_json(job);
  if (!chosen.en.empty()) out.set("choice", Json::object({{"en", chosen.en}, {"zh", chosen.zh}}));
  return Response::created("/api/v1/jobs/" + job.id, std::move(out));
}

// A table of which no job comes does not stay.
Result<Response> post_job(Node& node, Request& request) {
  const auto& input = static_cast<const ContentSink&>(*request.upload).stored().root;
  Result<Response> out = propose(node, request, input);
  if (out) return out;
  const Result<> dropped = node.job_runner().drop_input(format(input));
  if (!dropped) log::warning("job.input_stays", {{"error", dropped.error().message()}});
  return out;
}

Result<Response> list_jobs(Node& node, Request& request) {
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const auto page, node.jobs().list(request.query_or("cursor", ""), limit));
  Json::Array items;
  for (const Job& job : page.rows) items.push_back(shown(node, job));
  return Response::json(page_json(std::move(items), page.next));
}

// Where there is something to say: terms with a budget, or noise.
void add_privacy(Json& out, const Result<use::job::Privacy>& privacy) {
  if (!privacy || (privacy->cost == 0 && privacy->spent == 0 && !privacy->budget)) return;
  out.set("privacy", to_json(*privacy));
}

Result<Response> get_job(Node& node, Request& request) {
  const std::string& id = request.parameter("id");
  WEIR_TRY_LET(const Milliseconds wait, wait_time(request));
  WEIR_TRY(node.news().wait_until(wait, [&]() -> Result<bool> {
    WEIR_TRY_LET(const Job job, node.jobs().get(id));
    return is_final(job.state);
  }));
  WEIR_TRY_LET(const Job job, node.jobs().get(id));
  Json out = shown(node, job);
  add_privacy(out, node.jobs().privacy(job));
  return Response::json(out);
}

Result<Response> approve_job(Node& node, Request& request) {
  WEIR_TRY_LET(const Job job, node.jobs().approve(request.parameter("id"), request.principal.actor()));
  return Response::json(to_json(job));
}

Result<Response> reject_job(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string reason, body.text("reason"));
  node.job_runner().cut(request.parameter("id"));  // its bytes are metered with the job's end
  WEIR_TRY_LET(const Job job, node.jobs().reject(request.parameter("id"), reason, request.principal.actor()));
  return Response::json(to_json(job));
}

Result<Response> get_result(Node& node, Request& request) {
  const std::string& id = request.parameter("id");
  WEIR_TRY(node.jobs().get(id));
  const std::string format = request.query_or("format", "csv");
  if (format != "csv" && format != "parquet") {
    return Error(Errc::kInvalidArgument, "a result is taken as csv or as parquet").because("job.format");
  }
  WEIR_TRY_LET(auto file, node.job_runner().open_result(id, format == "parquet"));
  WEIR_TRY_LET(const std::uint64_t size, file->size());
  WEIR_TRY(node.jobs().release(id, request.principal.actor()));
  Response response = Response::bytes(format == "csv" ? "text/csv" : "application/vnd.apache.parquet", "");
  response.source = std::make_unique<FileSource>(std::move(file), size);
  return response;
}

Result<Response> list_algorithms(Node&, Request&) {
  Json items = Json::array();
  for (const auto& each : use::job::algorithms()) items.push(to_json(each));
  return Response::json(Json::object({{"items", std::move(items)}}));
}

// What is to be planned: {"agreement", "mine", "theirs"?, "query"? and "columns", or "key", "theirKey", "form",
// "answer"}.
Result<use::job::Proposal> read_plan(const Json& body) {
  use::job::Proposal out;
  WEIR_TRY_LET(out.agreement, body.text("agreement"));
  out.action = body.text_or("action", "compute");
  out.purpose = body.text_or("purpose", "");
  if (!body.has("query")) {
    WEIR_TRY_LET(out.keys,
                 keys_of(body.text_or("key", ""), body.text_or("theirKey", ""), body.text_or("form", "text")));
    return out;
  }
  out.algorithm = kJoin;
  std::vector<std::string> own;
  if (body.has("columns")) {
    WEIR_TRY_LET(own, body.texts("columns"));
  }
  WEIR_TRY_LET(const std::string sql, body.text("query"));
  WEIR_TRY(take_statement(sql, body.text_or("form", "text"), own, out));
  return out;
}

Result<Response> plan_job(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto proposal, read_plan(body));
  use::job::Sizes sizes;
  WEIR_TRY_LET(sizes.consumer, body.integer("mine"));
  const std::string& actor = request.principal.actor();
  WEIR_TRY_LET(const Job draft, node.jobs().draft(proposal, actor));
  WEIR_TRY_LET(const auto last, node.jobs().their_last_count(draft.agreement));
  sizes.provider = body.integer_or("theirs", last.value_or(sizes.consumer));
  sizes.groups = body.integer_or("groups", kGroupsUnknown);
  for (const std::int64_t size : {sizes.consumer, sizes.provider}) {
    if (size < 0 || size > kKeysMax) return Error(Errc::kInvalidArgument, "no number of keys").because("job.key");
  }
  if (sizes.groups < 1 || sizes.groups > static_cast<std::int64_t>(mpc::kGroupsMax)) {
    return Error(Errc::kInvalidArgument, "no number of groups").because("job.too_many_groups");
  }
  auto answer = use::job::Answer::kFigure;
  if (!proposal.query) {
    WEIR_TRY_LET(answer, answer_for(body.text_or("answer", ""), ""));
  }
  WEIR_TRY_LET(const auto line, node.job_runner().probe(draft.peer_address, draft.peer));
  WEIR_TRY_LET(const auto plan, node.jobs().plan(proposal, answer, sizes, line, actor));
  Json items = Json::array();
  for (std::size_t i = 0; i < plan.candidates.size(); ++i) {
    const auto& each = plan.candidates[i];
    const Json job = to_json(plan.drafts[i]);
    Json item = Json::object({{"algorithm", each.algorithm->id},
                              {"allowed", each.allowed},
                              {"chosen", plan.chosen == i},
                              {"estimate", to_json(each.estimate)},
                              {"security", job["security"]},
                              {"consumerLearns", job["consumerLearns"]},
                              {"providerLearns", job["providerLearns"]}});
    if (each.later) item.set("later", to_json(*each.later));
    if (const auto& refusal = plan.refusals[i]) {
      item.set("refusal", Json::object({{"en", adapters::http::detail_in(*refusal, Language::kEnglish)},
                                        {"zh", adapters::http::detail_in(*refusal, Language::kChinese)}}));
    }
    items.push(std::move(item));
  }
  Json out = Json::object({{"mine", sizes.consumer},
                           {"theirs", sizes.provider},
                           {"theirsKnown", body.has("theirs") ? "given" : last ? "earlier job" : "taken as one's own"},
                           {"roundTripMicroseconds", line.round_trip_us},
                           {"bytesPerSecond", line.bytes_per_second},
                           {"items", std::move(items)}});
  if (plan.chosen) out.set("choice", Json::object({{"en", plan.why.en}, {"zh", plan.why.zh}}));
  add_privacy(out, plan.privacy);
  if (draft.work.query) out.set("statement", use::job::statement_of(draft.work)).set("groups", sizes.groups);
  return Response::json(out);
}

// ── for other nodes ──

Result<Response> open_probe(Node& node, Request& request) {
  WEIR_TRY(peer_of(request));
  if (!request.headers.has_token("Upgrade", adapters::peer::kProtocol)) return no_upgrade();
  return Response::switching(adapters::peer::kProtocol, [&node](std::unique_ptr<adapters::http::Line> line) {
    node.job_runner().take_probe(std::move(line));
  });
}

Result<Response> take_proposal(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const Job job, node.jobs().receive_proposal(peer, body));
  return Response::json(Json::object({{"job", job.id}, {"state", name_of(job.state)}}), 201);
}

Result<Response> take_event(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const Job job, node.jobs().receive_event(peer, request.parameter("id"), body));
  return Response::json(Json::object({{"job", job.id}, {"state", name_of(job.state)}}));
}

Result<Response> open_channel(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Job job, node.jobs().open_channel(request.parameter("id"), peer));
  if (!request.headers.has_token("Upgrade", adapters::peer::kProtocol)) return no_upgrade();
  return Response::switching(adapters::peer::kProtocol, [&node, id = job.id](std::unique_ptr<adapters::http::Line> line) {
    node.job_runner().take(id, std::move(line));
  });
}

void add_operator_routes(Router& router, Node& node) {
  constexpr const char* kRead = "delivery:read";
  constexpr const char* kWrite = "delivery:write";
  router.add({.method = Method::kPost,
              .pattern = "/api/v1/jobs",
              .access = Access::with_scope(kWrite),
              .operation = "createJob",
              .summary = {"Proposes a private computation with one's own table", "以本方数据表发起一次隐私计算"},
              .query = {{"agreement", "string", {"Agreement", "协议"}, true},
                        {"key", "string", {"Columns of the key in the own table, with commas", "本方表的键列，逗号分隔"}},
                        {"query", "string", {"A joint figure, in SQL, instead of a key", "联合统计的 SQL（代替键列）"}},
                        {"theirKey", "string", {"The same in the other side's table", "对方表的键列"}},
                        {"form", "string", {"Form of the keys: exact, text, phone, id-card", "键的规范形式"}},
                        {"answer", "string", {"Of an intersection: rows, size or both", "求交的结果：rows、size 或 both"}},
                        {"algorithm", "string", {"Algorithm; else the plan's choice", "算法；缺省时按计划选择"}},
                        {"action", "string", {"Action: compute or jointDevelop", "行为：compute 或 jointDevelop"}},
                        {"purpose", "string", {"What for", "用途"}},
                        {"bucket", "integer", {"About how many keys are computed on at once", "每次计算的键数（约）"}}},
              .success_status = 201,
              .request_type = "application/octet-stream",
              .handler = [&node](Request& request) { return post_job(node, request); },
              .open_upload = [&node](Request&) -> Result<std::unique_ptr<adapters::http::BodySink>> {
                auto held = node.job_runner().hold_inputs();
                WEIR_TRY_LET(auto writer, node.job_inputs().begin());
                return std::make_unique<ContentSink>(std::move(writer), std::move(held));
              }});
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, const char* scope,
                       auto handler) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kPost, "/api/v1/jobs/plan", "planJob",
      {"What a computation would take, move and tell, by each algorithm", "预估各算法的耗时、传输量与披露内容"}, kWrite, plan_job);
  add(Method::kGet, "/api/v1/jobs", "listJobs", {"Private computations, newest first", "隐私计算任务，最新在前"}, kRead,
      list_jobs);
  add(Method::kGet, "/api/v1/jobs/{id}", "getJob",
      {"One computation; with wait, answers when it is over or the time is up", "单个任务；带 wait 时等到结束或超时"}, kRead,
      get_job);
  add(Method::kPost, "/api/v1/jobs/{id}/approve", "approveJob", {"Lets it run", "批准"}, kWrite, approve_job);
  add(Method::kPost, "/api/v1/jobs/{id}/reject", "rejectJob", {"Refuses it, or takes it back", "拒绝或撤回"}, kWrite,
      reject_job);
  router.add({.method = Method::kGet,
              .pattern = "/api/v1/jobs/{id}/result",
              .access = Access::with_scope(kWrite),
              .operation = "getJobResult",
              .summary = {"What it found; written down first", "结果；取出前先记录"},
              .query = {{"format", "string", {"csv, or parquet, whose columns have types", "csv，或带列类型的 parquet"}}},
              .response_types = {"text/csv", "application/vnd.apache.parquet"},
              .handler = [&node](Request& request) { return get_result(node, request); }});
  add(Method::kGet, "/api/v1/algorithms", "listAlgorithms",
      {"What may be computed, with version and hash", "可用算法及其版本与摘要"}, kRead, list_algorithms);
}

}  // namespace

void add_job_routes(Router& router, Node& node) {
  add_operator_routes(router, node);
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, int status,
                       auto handler) {
    router.add({.method = method,
                .pattern = std::string(kProtocolPath) + std::string(use::job::kJobsPath) + std::move(pattern),
                .access = Access::peer(),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kPost, "/request", "jobRequest", {"Another node proposes a computation", "对方发起隐私计算"}, 201,
      take_proposal);
  add(Method::kPost, "/{id}", "jobEvent", {"What became of a computation", "任务状态通知"}, 200, take_event);
  add(Method::kGet, "/probe", "jobProbe", {"How fast the line is, by upgrade", "测量链路速度（协议升级）"}, 101, open_probe);
  add(Method::kGet, "/{id}/channel", "jobChannel", {"The channel of a computation, by upgrade", "计算通道（协议升级）"}, 101,
      open_channel);
}

}  // namespace weir::node
