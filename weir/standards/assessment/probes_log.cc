// Probes of the evidence log, of what was done, and of figures.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/standards/assessment/judging.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

Outcome log(const Facts& facts, const Arguments&) {
  const Json& l = facts["log"];
  const std::string size = std::to_string(l.integer_or("size", 0));
  const std::string checked = std::to_string(l.integer_or("checked", 0));
  if (l.integer_or("size", 0) == 0) return not_tested({"the log is empty", "日志为空"});
  if (!l.boolean_or("ok", false)) {
    return not_met(
        {"the log is not what was signed: " + l.text_or("problem", ""), "日志与签名不符：" + l.text_or("problem", "")});
  }
  return met({checked + " of " + size + " entries recomputed; they are what was signed",
              "重新计算 " + size + " 条中的 " + checked + " 条，与签名一致"});
}

Outcome proofs(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& event : list(facts["events"])) {
    event.boolean_or("proven", false) ? tally.good() : tally.bad(event.text_or("kind", "?"));
  }
  if (tally.size() == 0) return not_tested({"nothing is in the log yet", "日志尚无记录"});
  return tally.outcome({"entries", "条记录"}, {"proven to be in the signed log", "可证明包含于签名日志"});
}

Outcome actors(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& event : list(facts["events"])) {
    event.text_or("actor", "").empty() ? tally.bad(event.text_or("kind", "?")) : tally.good();
  }
  if (tally.size() == 0) return not_tested({"nothing is in the log yet", "日志尚无记录"});
  return tally.outcome({"entries", "条记录"}, {"each says who did it", "均记录执行者"});
}

Outcome decisions(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& event : list(facts["events"])) {
    const std::string kind = event.text_or("kind", "");
    if (kind != "usage.allowed" && kind != "usage.denied" && kind != "usage.conditional") continue;
    const bool explained = event.integer_or("rules", 0) > 0 && event.boolean_or("proven", false);
    explained ? tally.good() : tally.bad(kind);
  }
  if (tally.size() == 0) return not_tested({"this node has not decided on a use yet", "本节点尚未作出使用决定"});
  return tally.outcome({"decisions on uses", "项使用决定"}, {"in the signed log, with the rules that made them",
                                                            "均在签名日志中并附所依规则"});
}

// ── what the node offers, and what it did ──

bool has_operation(const Facts& facts, const std::string& operation) {
  const auto& routes = list(facts["routes"]);
  return std::any_of(routes.begin(), routes.end(),
                     [&](const Json& route) { return route.text_or("operation", "") == operation; });
}

Outcome offers(const Facts& facts, const Arguments& operations) {
  std::vector<std::string> missing;
  for (const std::string& operation : operations) {
    if (!has_operation(facts, operation)) missing.push_back(operation);
  }
  if (!missing.empty() || operations.empty()) {
    const std::string names = join(missing, ", ");
    return not_met({"the node has no operation for it (" + names + ")", "节点未提供相应操作（" + names + "）"});
  }
  const std::string names = join(operations, ", ");
  return met({"offered: " + names, "已提供：" + names});
}

// The first argument is the operation, the others kinds of entries of which one shows that it was done.
Outcome exercise(const Facts& facts, const Arguments& arguments) {
  if (arguments.size() < 2) return not_tested({"the check names no operation and entry", "检查未写明操作与记录"});
  if (!has_operation(facts, arguments.front())) {
    return not_met({"the node has no operation " + arguments.front(), "节点未提供操作 " + arguments.front()});
  }
  for (const Json& event : list(facts["events"])) {
    const std::string kind = event.text_or("kind", "");
    if (std::find(arguments.begin() + 1, arguments.end(), kind) == arguments.end()) continue;
    const std::string where = kind + ", #" + std::to_string(event.integer_or("index", 0));
    if (!event.boolean_or("proven", false)) {
      return not_met({where + " is not in the signed log", where + " 不在签名日志中"});
    }
    return met({"done: " + where + ", " + event.text_or("time", ""), "已执行：" + where + "，" + event.text_or("time", "")});
  }
  return not_tested({"offered, and never done here; do it once and assess again", "已提供但从未执行；执行一次后重新评估"});
}

// ── figures ──

Outcome latency(const Facts& facts, const Arguments&) {
  // Milliseconds in 95 of 100 questions: 100 points up to the first, none from the last on.
  constexpr double kBest = 10;
  constexpr double kObjective = 100;
  constexpr double kWorst = 1000;
  const Json& l = facts["latency"];
  const double p95 = static_cast<double>(l.integer_or("p95Micros", 0)) / 1000;
  const std::string text = std::to_string(p95).substr(0, std::to_string(p95).find('.') + 2) + " ms";
  if (l.integer_or("questions", 0) == 0) return not_tested({"nothing was asked", "未测量"});
  Outcome out = p95 > kObjective ? not_met({"95 of 100 questions within " + text + "; the objective is 100 ms",
                                            "95% 查询在 " + text + " 内，目标 100 ms"})
                                 : met({"95 of 100 questions within " + text, "95% 查询在 " + text + " 内"});
  out.score = static_cast<int>(100 * std::clamp((kWorst - p95) / (kWorst - kBest), 0.0, 1.0));
  return out;
}

Outcome errors(const Facts& facts, const Arguments&) {
  constexpr std::int64_t kRequestsMin = 10;
  const Json& m = facts["metrics"];
  const std::int64_t requests = m.integer_or("requests", 0);
  const std::int64_t failed = m.integer_or("failed", 0);
  if (requests < kRequestsMin) return not_tested({"fewer than 10 requests since the start", "启动以来请求不足 10 次"});
  const std::string text = std::to_string(failed) + " / " + std::to_string(requests);
  Outcome out = failed * 100 > requests ? not_met({"failed requests: " + text + "; the objective is 1 %",
                                                   "失败请求 " + text + "，目标 1 %"})
                                        : met({"failed requests: " + text, "失败请求 " + text});
  out.score = static_cast<int>(100 * (requests - failed) / requests);
  return out;
}

Outcome metrics(const Facts& facts, const Arguments&) {
  const std::int64_t series = facts["metrics"].integer_or("series", 0);
  if (series == 0) return not_met({"no figure is measured", "未采集指标"});
  const std::string text = std::to_string(series);
  return met({text + " series of figures at /metrics", "/metrics 提供 " + text + " 个指标序列"});
}

Outcome heartbeats(const Facts& facts, const Arguments&) {
  const Json& h = facts["heartbeats"];
  const std::int64_t nodes = h.integer_or("nodes", 0);
  const std::int64_t unknown = h.integer_or("unknown", 0);
  if (nodes == 0) return not_tested({"there is no connector yet", "尚无接入连接器"});
  if (unknown > 0) {
    return not_met({"of " + std::to_string(unknown) + " of " + std::to_string(nodes) + " nodes nothing was heard",
                    std::to_string(nodes) + " 个节点中有 " + std::to_string(unknown) + " 个未收到心跳"});
  }
  if (h.integer_or("running", 0) == 0) {
    return not_met({"none of " + std::to_string(nodes) + " nodes is heard of", std::to_string(nodes) + " 个节点均无心跳"});
  }
  return met({"running: " + std::to_string(h.integer_or("running", 0)) + " of " + std::to_string(nodes),
              "运行中 " + std::to_string(h.integer_or("running", 0)) + " / " + std::to_string(nodes)});
}

}  // namespace

std::vector<Probe> log_probes() {
  return {
      {"actors", {"who did what, in the log", "日志中的执行者"}, {"events"}, actors},
      {"decisions", {"decisions on uses", "使用决定"}, {"events"}, decisions},
      {"errors", {"requests that failed", "失败请求"}, {"metrics"}, errors},
      {"exercise", {"an operation that was done", "已执行的操作"}, {"routes", "events"}, exercise},
      {"heartbeats", {"connectors that are heard of", "连接器心跳"}, {"heartbeats"}, heartbeats},
      {"latency", {"how fast questions are answered", "查询响应时间"}, {"latency"}, latency},
      {"log", {"the log against its signatures", "日志与签名"}, {"log"}, log},
      {"metrics", {"figures that are measured", "监控指标"}, {"metrics"}, metrics},
      {"offers", {"operations that the node has", "节点提供的操作"}, {"routes"}, offers},
      {"proofs", {"inclusion proofs of entries", "记录的包含证明"}, {"events"}, proofs},
  };
}

}  // namespace weir::standards::assessment
