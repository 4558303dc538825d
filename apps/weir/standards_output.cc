// What answers about standards look like to people.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "apps/weir/standards.h"
#include "weir/standards/standard/shipped.h"
#include "weir/wire/encoding.h"

namespace weir::cli {

using standards::query::Parameters;
using wire::Json;

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

std::string said(const Output& out, const Json& text) {
  const std::string zh = text.text_or("zh", "");
  const std::string en = text.text_or("en", "");
  if (out.language() == Language::kChinese) return zh.empty() ? en : zh;
  return en.empty() ? zh : en;
}

const Json::Array& items(const Json& json) {
  static const Json::Array none;
  return json.is_array() ? json.items() : none;
}

namespace {

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
    if (!answer.text_or("direction", "").empty())
      out.line(std::string(depth * 2 + 4, ' ') + said(out, direction["scope"]));
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
        "  " + said(out, figure["words"]) +
        (figure.integer_or("value", 0) == 0 ? "" : ": " + std::to_string(figure.integer_or("value", 0))) + "  [" +
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
    std::string line = said(out, figure["words"]);
    if (figure.integer_or("value", 0) != 0) line += ": " + std::to_string(figure.integer_or("value", 0));
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

// What a change of the clause touches: its check, other clauses by the same probe, what was filed and found here.
void print_touched(Output& out, const Json& clause) {
  std::string line;
  const auto add = [&](const std::string& text) { line += (line.empty() ? "" : "; ") + text; };
  if (clause.has("probe")) {
    add(out.pick({"probe ", "探针 "}) + clause.text_or("probe", ""));
  } else if (!clause.text_or("check", "").empty()) {
    add(out.pick({"check: ", "检查方式："}) + clause.text_or("check", ""));
  }
  if (clause["sharedWith"].size() > 0) {
    add(out.pick({"the same probe checks ", "同一探针检查 "}) + clause["sharedWith"].items()[0].as_string() +
        (clause["sharedWith"].size() > 1 ? " +" + std::to_string(clause["sharedWith"].size() - 1) : ""));
  }
  if (clause["filed"].size() > 0) {
    add(std::to_string(clause["filed"].size()) + out.pick({" statements filed", " 份已提交材料"}));
  }
  if (clause.has("lastFinding")) add(out.pick({"last found: ", "上次结论："}) + clause.text_or("lastFinding", ""));
  if (!line.empty()) out.line("      " + line);
}

void print_diff(Output& out, const Json& answer) {
  out.line(answer.text_or("from", "") + " → " + answer.text_or("to", ""));
  for (const auto& [name, sign] : {std::pair{"added", "+ "}, {"removed", "- "}}) {
    for (const Json& clause : items(answer[name])) {
      out.line(sign + clause.text_or("id", "") + "  " + clause.text_or("level", "") + "  " +
               said(out, clause["requirement"]));
      print_touched(out, clause);
    }
  }
  for (const Json& change : items(answer["changed"])) {
    std::string what;
    for (const Json& one : items(change["what"])) what += (what.empty() ? "" : ", ") + one.as_string();
    out.line("~ " + change.text_or("id", "") + "  (" + what + ")  " + said(out, change["to"]["requirement"]));
    print_touched(out, change["from"]);
  }
  if (answer["contracts"].size() > 0) {
    const std::string live = std::to_string(answer["contracts"].size());
    out.line(Text{live + " contracts in force here rest on what these checks look at",
                  "本节点 " + live + " 份有效合约依赖上述检查"});
  }
}

}  // namespace

void print_answer(Output& out, const std::string& question, const Json& answer) {
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

}  // namespace weir::cli
