// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/report.h"

#include <array>
#include <string_view>
#include <utility>

namespace weir::standards::assessment {
namespace {

using wire::Json;

constexpr std::string_view kStyle = R"css(
:root { --ink: #1c2430; --soft: #5b6675; --line: #d9dfe7; --good: #1a7f4b; --bad: #b42318; --open: #9a6700;
        --off: #7a8594; }
* { box-sizing: border-box; }
body { font: 14px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: var(--ink);
       max-width: 1080px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; } p { margin: .3rem 0; }
.soft { color: var(--soft); } .number { text-align: right; white-space: nowrap; } a { color: inherit; }
code { font-size: .85em; word-break: break-all; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
th { text-align: left; color: var(--soft); font-weight: 600; } th.number { text-align: right; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
.state { white-space: nowrap; font-weight: 600; } .met { color: var(--good); } .not_met { color: var(--bad); }
.not_tested { color: var(--open); } .not_applicable { color: var(--off); font-weight: 400; }
.bar { display: flex; height: .7rem; width: 9rem; border-radius: 3px; overflow: hidden; background: var(--line); }
.bar i { display: block; } .bar .met { background: var(--good); } .bar .not_met { background: var(--bad); }
.bar .not_tested { background: #e3b341; } .bar .not_applicable { background: #c3cad3; }
.facts { columns: 2; font-size: .85em; }
.declaration { border-left: 4px solid var(--open); padding: .4rem .8rem; background: #fffaf0; margin: 1rem 0; }
@media print {
  body { margin: 0; max-width: none; font-size: 10.5px; } h2 { break-after: avoid; } tr { break-inside: avoid; }
  a { text-decoration: none; } @page { margin: 14mm; }
  .bar, .bar i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

struct StateWords {
  std::string_view name;
  std::string_view count;  // member of "counts"
  Text text;
  std::string_view sign;
};
const std::array<StateWords, 4> kStates = {{{"met", "met", {"met", "符合"}, "✓"},
                                            {"not_met", "notMet", {"not met", "不符合"}, "✗"},
                                            {"not_tested", "notTested", {"not tested", "未测试"}, "?"},
                                            {"not_applicable", "notApplicable", {"not applicable", "不适用"}, "–"}}};

// Names of levels, tiers and checks, for people.
Text words_of(std::string_view name) {
  static const std::array<std::pair<std::string_view, Text>, 9> kWords = {{{"must", {"must", "应"}},
                                                                           {"should", {"should", "宜"}},
                                                                           {"may", {"may", "可"}},
                                                                           {"base", {"base", "基本"}},
                                                                           {"extended", {"extended", "扩展"}},
                                                                           {"probe", {"probe", "探针"}},
                                                                           {"document", {"document", "文件"}},
                                                                           {"interview", {"interview", "访谈"}},
                                                                           {"maturity", {"maturity", "等级陈述"}}}};
  for (const auto& [known, text] : kWords) {
    if (known == name) return text;
  }
  return {std::string(name), std::string(name)};
}

class Html {
 public:
  explicit Html(Language language) : language_(language) {}
  Html& raw(std::string_view markup) {
    out_ += markup;
    return *this;
  }
  Html& text(std::string_view plain) {
    for (const char c : plain) {
      switch (c) {
        case '&': out_ += "&amp;"; break;
        case '<': out_ += "&lt;"; break;
        case '>': out_ += "&gt;"; break;
        case '"': out_ += "&quot;"; break;
        default: out_ += c;
      }
    }
    return *this;
  }
  Html& text(const Text& both) { return text(both.in(language_)); }
  Html& words(const Json& both) { return text(both.text_or(language_ == Language::kChinese ? "zh" : "en", "")); }
  Html& number(std::int64_t value) { return text(std::to_string(value)); }
  template <class T>
  Html& element(std::string_view tag, const T& content) {
    raw("<").raw(tag).raw(">").text(content);
    return raw("</").raw(tag.substr(0, tag.find(' '))).raw(">");
  }
  Language language() const { return language_; }
  std::string take() { return std::move(out_); }

 private:
  Language language_;
  std::string out_;
};

void bar(Html& html, const Json& counts) {
  std::int64_t all = 0;
  for (const StateWords& state : kStates) all += counts.integer_or(state.count, 0);
  html.raw("<div class=\"bar\">");
  for (const StateWords& state : kStates) {
    const std::int64_t count = counts.integer_or(state.count, 0);
    if (count == 0 || all == 0) continue;
    html.raw("<i class=\"")
        .raw(state.name)
        .raw("\" style=\"width:")
        .raw(std::to_string(100 * count / all))
        .raw("%\"></i>");
  }
  html.raw("</div>");
}

void head(Html& html, const Json& assessment) {
  const Json& node = assessment["node"];
  const Text title = {"Assessment of a node", "节点符合性评估报告"};
  html.raw("<!doctype html>\n<html lang=\"").raw(html.language() == Language::kChinese ? "zh-CN" : "en");
  html.raw("\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>");
  html.text(title)
      .raw(" ")
      .text(node.text_or("node", ""))
      .raw("</title><style>")
      .raw(kStyle)
      .raw("</style></head>\n<body>\n");
  html.element("h1", title);
  html.raw("<p>").text(node.text_or("name", "")).raw(" · <code>").text(node.text_or("node", "")).raw("</code></p>");
  html.raw("<p class=\"soft\">").text(Text{"Participant ", "参与方 "}).text(node.text_or("participant", "")).raw(" · ");
  html.text(node.text_or("role", ""))
      .raw(" · ")
      .text(node.text_or("suite", ""))
      .raw(" · ")
      .text(assessment.text_or("time", ""));
  html.raw(" · Weir ").text(assessment["program"].text_or("version", "")).raw("</p>\n<p class=\"declaration\">");
  html.text(
      Text{"A first-party declaration: the node assessed itself. It is no certificate. Nothing is called met without "
           "evidence; what could not be seen is called not tested.",
           "本报告为第一方声明：由节点自我评估，不构成认证。没有证据的一律不判为符合；未能获取的判为未测试。"});
  html.raw("</p>\n");
}

void summary(Html& html, const Json& assessment) {
  html.element("h2", Text{"Summary", "概要"});
  html.raw("<table><tr>");
  html.element("th", Text{"document", "文件"}).raw("<th></th>");
  for (const StateWords& state : kStates) html.element("th class=\"number\"", state.text);
  html.element("th class=\"number\"", Text{"musts met", "强制条款"});
  html.element("th class=\"number\"", Text{"score", "得分"}).raw("</tr>\n");
  for (const Json& document : assessment["documents"].items()) {
    const Json& musts = document["musts"];
    const std::int64_t asked =
        musts.integer_or("met", 0) + musts.integer_or("notMet", 0) + musts.integer_or("notTested", 0);
    html.raw("<tr><td><a href=\"#")
        .text(document.text_or("slug", ""))
        .raw("\">")
        .text(document.text_or("document", ""));
    html.raw("</a><br><span class=\"soft\">").words(document["title"]).raw("</span></td><td>");
    bar(html, document["counts"]);
    html.raw("</td>");
    for (const StateWords& state : kStates) {
      html.raw("<td class=\"number\">").number(document["counts"].integer_or(state.count, 0)).raw("</td>");
    }
    html.raw("<td class=\"number ").raw(document.boolean_or("meetsAllMusts", false) ? "met" : "").raw("\">");
    html.number(musts.integer_or("met", 0)).raw(" / ").number(asked).raw("</td><td class=\"number\">");
    html.number(document.integer_or("score", 0)).raw(" ").text(document.text_or("mark", "")).raw("</td></tr>\n");
  }
  html.raw("</table>\n");
}

void scores(Html& html, const Json& document) {
  if (const Json& maturity = document["maturity"]; maturity.is_object()) {
    html.raw("<p>").text(Text{"Maturity (the lowest of its areas): level ", "能力等级（取各域最低）："});
    html.number(maturity.integer_or("level", 0)).raw("<br>");
    for (const Json& area : maturity["areas"].items()) {
      html.raw("<span class=\"soft\">")
          .text(area.text_or("area", ""))
          .raw("</span> ")
          .number(area.integer_or("level", 0))
          .raw("  ");
    }
    html.raw("</p>\n");
    return;
  }
  html.raw("<p class=\"soft\">");
  for (const Json& group : document["groups"].items()) {
    html.text(group.text_or("group", "")).raw(" ").number(group.integer_or("score", 0)).raw(" ");
    html.text(group.text_or("mark", "")).raw(" · ");
  }
  html.text(Text{"score ", "得分 "}).number(document.integer_or("score", 0)).raw("</p>\n");
}

void finding_row(Html& html, const Json& finding) {
  const std::string name = finding.text_or("state", "");
  html.raw("<tr><td>").text(finding.text_or("clause", "")).raw("<br><span class=\"soft\">");
  html.text(words_of(finding.text_or("level", ""))).raw(" ").text(words_of(finding.text_or("tier", "")));
  html.raw("</span></td><td>");
  html.words(finding["requirement"]).raw("</td><td class=\"state ").text(name).raw("\">");
  for (const StateWords& state : kStates) {
    if (state.name == name) html.raw(state.sign).raw(" ").text(state.text);
  }
  html.raw("</td><td>").words(finding["detail"]).raw("<br><span class=\"soft\">");
  html.text(words_of(finding.text_or("check", "")));
  if (const std::string probe = finding.text_or("probe", ""); !probe.empty()) html.raw(" ").text(probe);
  for (const Json& name_of_fact : finding["evidence"].items()) {
    html.raw(" <a href=\"#fact-")
        .text(name_of_fact.as_string())
        .raw("\">↗")
        .text(name_of_fact.as_string().substr(0, 14))
        .raw("</a>");
  }
  html.raw("</span></td></tr>\n");
}

void document_part(Html& html, const Json& assessment, const Json& document) {
  const std::string name = document.text_or("document", "");
  html.raw("<h2 id=\"")
      .text(document.text_or("slug", ""))
      .raw("\">")
      .text(name)
      .raw(" · ")
      .words(document["title"])
      .raw("</h2>\n");
  if (const std::string note = document.text_or("note", ""); !note.empty()) html.element("p class=\"soft\"", note);
  scores(html, document);
  html.raw("<table><tr>").element("th", Text{"clause", "条款"}).element("th", Text{"requirement", "要求"});
  html.element("th", Text{"finding", "结论"}).element("th", Text{"what shows it", "依据"}).raw("</tr>\n");
  for (const Json& finding : assessment["findings"].items()) {
    if (finding.text_or("document", "") == name) finding_row(html, finding);
  }
  html.raw("</table>\n");
}

void evidence(Html& html, const Json& assessment, const std::string& signature) {
  html.element("h2", Text{"Evidence", "证据"});
  html.raw("<p class=\"soft\">")
      .text(Text{"Facts as they were seen; the values are in the assessment's JSON, which the node "
                 "signed and recorded in its log.",
                 "所见事实及其摘要；取值见评估 JSON，已由节点签名并记入存证日志。"});
  html.raw("</p>\n<div class=\"facts\">");
  for (const auto& [name, fact] : assessment["facts"].members()) {
    html.raw("<p id=\"fact-").text(name).raw("\"><b>").text(name).raw("</b> <code>").text(fact.text_or("digest", ""));
    html.raw("</code></p>\n");
  }
  for (const auto& [name, why] : assessment["unseen"].members()) {
    html.raw("<p id=\"fact-").text(name).raw("\"><b>").text(name).raw("</b> <span class=\"not_tested\">");
    html.text(Text{"not seen: ", "未获取："}).text(why.is_string() ? why.as_string() : "").raw("</span></p>\n");
  }
  for (const Json& one : assessment["filed"].items()) {
    html.raw("<p id=\"fact-filed:")
        .text(one.text_or("id", ""))
        .raw("\"><b>")
        .text(one.text_or("document", ""))
        .raw("#");
    html.text(one.text_or("clause", ""))
        .raw("</b> ")
        .text(one.text_or("actor", ""))
        .raw(" ")
        .text(one.text_or("time", ""));
    html.raw(" <code>").text(one["file"].text_or("hash", "")).raw("</code></p>\n");
  }
  html.raw("</div>\n<p>").text(Text{"Assessment ", "评估编号 "}).raw("<code>").text(assessment.text_or("assessment", ""));
  html.raw("</code></p>\n");
  if (!signature.empty())
    html.raw("<p>").text(Text{"Signature ", "签名 "}).raw("<code>").text(signature).raw("</code></p>\n");
}

}  // namespace

std::string html_report(const Json& assessment, const std::string& signature, Language language) {
  Html html(language);
  head(html, assessment);
  summary(html, assessment);
  for (const Json& document : assessment["documents"].items()) document_part(html, assessment, document);
  evidence(html, assessment, signature);
  html.raw("</body>\n</html>\n");
  return html.take();
}

}  // namespace weir::standards::assessment
