// SPDX-License-Identifier: Apache-2.0
#include "apps/weir/compute_view.h"

namespace weir::cli {

using wire::Json;

namespace {

// "computing, 43 %, 52.1 MiB/s, 12 s left; 6 of 16 parts"
std::string progress_text(const Output& out, const std::string& state, const Json& progress) {
  std::string text = out.pick(phase_of(state, progress));
  if (const std::int64_t total = progress.integer_or("total", 0); total > 0) {
    const bool keys = progress.text_or("phase", "") == "committing";
    const std::int64_t rate = progress.integer_or("perSecond", 0);
    text += ", " + std::to_string(100 * progress.integer_or("done", 0) / total) + " %, ";
    text += keys ? std::to_string(rate) + out.pick({" keys/s", " 键/秒"})
                 : format_bytes(static_cast<std::uint64_t>(rate)) + "/s";
    if (progress.has("millisecondsLeft")) {
      const std::int64_t seconds = (progress.integer_or("millisecondsLeft", 0) + 999) / 1000;
      text += ", " + std::to_string(seconds) + out.pick({" s left", " 秒剩余"});
    }
  }
  if (const std::int64_t buckets = progress.integer_or("buckets", 0); buckets > 1) {
    const auto done = std::to_string(progress.integer_or("bucketsDone", 0)), of = std::to_string(buckets);
    text += out.pick({"; " + done + " of " + of + " parts are done", "；已完成 " + done + "/" + of + " 部分"});
  }
  return text;
}

}  // namespace

Text phase_of(const std::string& state, const Json& progress) {
  const std::string phase = progress.text_or("phase", "");
  if (phase == "committing") return {"sorting the keys and committing to them", "键排序并作承诺"};
  if (phase == "writing") return {"writing the result", "写入结果"};
  if (phase == "reading" || state == "PREPARING" || state == "ACCEPTED") {
    return {"reading the own table", "读取本方数据表"};
  }
  if (state == "PROPOSED") return {"waiting for the other side", "等待对方"};
  return {"computing", "计算中"};
}

std::string text_of(const Output& out, const Json& text) {
  return out.pick(Text{text.text_or("en", ""), text.text_or("zh", "")});
}

// What the answer costs of the privacy that the terms allow.
void add_privacy(std::vector<std::pair<Text, std::string>>& rows, const Json& privacy) {
  if (privacy.has("epsilon")) {
    rows.push_back({{"noise", "噪声"}, "epsilon " + privacy.text_or("epsilon", "") + ", delta " +
                                           privacy.text_or("delta", "")});
  }
  if (privacy.has("spent")) rows.push_back({{"epsilon spent", "已用 ε"}, privacy.text_or("spent", "")});
  if (privacy.has("left")) {
    rows.push_back({{"epsilon left", "剩余 ε"}, privacy.text_or("left", "") + " / " + privacy.text_or("budget", "")});
  }
}

void show_job(Output& out, const Json& job) {
  const Json& work = job["work"];
  std::string keys;
  for (const Json& key : work["keys"].is_array() ? work["keys"].items() : Json::Array{}) {
    keys += (keys.empty() ? "" : ", ") + key.text_or("consumer", "") + " = " + key.text_or("provider", "") + " (" +
            key.text_or("form", "") + ")";
  }
  std::vector<std::pair<Text, std::string>> rows = {
      {{"job", "任务"}, job.text_or("id", "")},
      {{"state", "状态"}, job.text_or("state", "")},
      {{"role", "角色"}, out.pick(job.text_or("role", "") == "consumer" ? Text{"consumer", "使用方"}
                                                                        : Text{"provider", "提供方"})},
      {{"agreement", "协议"}, job.text_or("agreement", "")},
      {{"algorithm", "算法"}, work.text_or("algorithm", "") + "@" + work.text_or("hash", "")},
      {{"key", "键"}, keys},
      {{"purpose", "用途"}, work.text_or("purpose", "")},
      {{"consumer learns", "使用方获知"}, text_of(out, job["consumerLearns"])},
      {{"provider learns", "提供方获知"}, text_of(out, job["providerLearns"])},
      {{"security", "安全性"}, text_of(out, job["security"])}};
  if (job.has("progress")) {
    rows.push_back({{"progress", "进度"}, progress_text(out, job.text_or("state", ""), job["progress"])});
  }
  if (job.has("statement")) rows.push_back({{"query", "查询"}, job.text_or("statement", "")});
  add_privacy(rows, job["privacy"]);
  if (job.has("mine")) rows.push_back({{"own keys", "本方键数"}, std::to_string(job["mine"].integer_or("count", 0))});
  if (job.has("theirs")) {
    rows.push_back({{"other's keys", "对方键数"}, std::to_string(job["theirs"].integer_or("count", 0))});
  }
  if (job.has("outcome")) {
    const Json& outcome = job["outcome"];
    const auto moved = static_cast<std::uint64_t>(outcome.integer_or("sent", 0) + outcome.integer_or("received", 0));
    rows.push_back({{"moved", "传输量"}, format_bytes(moved)});
    rows.push_back({{"took", "耗时"}, std::to_string(outcome.integer_or("milliseconds", 0)) + " ms"});
  }
  if (job.has("estimate")) {
    const Json& estimate = job["estimate"];
    const auto moved = static_cast<std::uint64_t>(estimate.integer_or("sent", 0) + estimate.integer_or("received", 0));
    rows.push_back({{"expected", "预计"}, std::to_string(estimate.integer_or("milliseconds", 0)) + " ms, " +
                                              format_bytes(moved)});
  }
  if (job.has("outcome")) {
    const Json& outcome = job["outcome"];
    if (outcome.has("matches")) {
      rows.push_back({{"shared keys", "共有键数"}, std::to_string(outcome.integer_or("matches", 0))});
    }
    if (outcome.has("rows")) rows.push_back({{"rows", "结果行数"}, std::to_string(outcome.integer_or("rows", 0))});
  }
  std::string phases;
  for (const Json& each : job["phases"].is_array() ? job["phases"].items() : Json::Array{}) {
    const std::int64_t tenths = each.integer_or("microseconds", 0) / 100;
    phases += (phases.empty() ? "" : ", ") + each.text_or("name", "") + " " + std::to_string(tenths / 10) + "." +
              std::to_string(tenths % 10) + " ms";
  }
  if (!phases.empty()) rows.push_back({{"time by phase", "各阶段用时"}, phases});
  if (job.has("error")) rows.push_back({{"why", "原因"}, job.text_or("error", "")});
  out.pairs(rows);
}

void show_done(Output& out, const Json& job) {
  if (job.has("statement")) {
    const auto rows = std::to_string(job["outcome"].integer_or("rows", 0));
    out.good({rows + " rows of figures; nobody saw the other's table", "共 " + rows + " 行统计结果；双方数据互不可见"});
    return;
  }
  const auto matches = std::to_string(job["outcome"].integer_or("matches", 0));
  out.good({matches + " keys are in both tables; nobody saw a row of the other's",
            "双方共有 " + matches + " 个键；对方的任何一行均不可见"});
}

}  // namespace weir::cli
