// SPDX-License-Identifier: Apache-2.0
// The decision in words: for a lawyer and for a programmer, in English and Chinese.
#include <utility>

#include "weir/base/cut.h"
#include "weir/policy/decide.h"
#include "weir/policy/explain.h"
#include "weir/policy/program.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

using Kind = Finding::Kind;

Text named(std::string_view id) { return Text{"Rule ", "规则 "} + both_languages(id); }

Text counted(const Node& node, const std::string& given) {
  switch (node.operand) {
    case Operand::kCount:
    case Operand::kFrequency: return {"this would be use number " + given, "本次将是第 " + given + " 次使用"};
    case Operand::kDataSize: return {"this would make " + given + " bytes", "本次后累计将达 " + given + " 字节"};
    case Operand::kPrivacyBudget:
      return {"this would make epsilon " + given + " in all", "本次后累计 ε 将达 " + given};
    case Operand::kDateTime: return {"it is " + given, "现在是 " + given};
    case Operand::kElapsedTime: return {"the first use was at " + given, "首次使用时间为 " + given};
    case Operand::kTimeInterval: return {"the last use was at " + given, "上次使用时间为 " + given};
    case Operand::kDelayPeriod: return {"the agreement is of " + given, "协议生效时间为 " + given};
    case Operand::kPayAmount: return {given + " has been paid", "已支付 " + given};
    default: return {"it is " + given, "当前为 " + given};
  }
}

Text unmet(const ProgramData& data, const Finding& finding, const Request& request) {
  const CompiledRule& rule = data.rules[finding.rule];
  if (finding.item == kTooLate) {
    return named(rule.id) + Text{" no longer permits it: the data had to be deleted by now.", " 不再允许：数据此前应已删除。"};
  }
  const Node& node = data.nodes[finding.item];
  Text out = named(rule.id) + Text{" permits it only ", " 仅在以下条件下允许："} + describe(*node.source);
  const std::string given = node.kind == ConstraintKind::kAtom ? given_text(node, request) : std::string();
  if (!given.empty()) out = out + Text{"; ", "；"} + counted(node, given);
  return out + Text{".", "。"};
}

// Why the value of a node is not known.
Text missing(const Node& node) {
  const Constraint& source = *node.source;
  const std::string operand = cut(source.left, 200);
  const std::string in_unit = source.unit.empty() ? "" : " in " + cut(source.unit, 200);
  const std::string in_unit_zh = source.unit.empty() ? "" : "（单位：" + cut(source.unit, 200) + "）";
  if (!source.right_reference.empty()) {
    return {"the value of '" + operand + "' is kept elsewhere, at " + cut(source.right_reference, 200),
            "“" + operand + "”的取值位于别处：" + cut(source.right_reference, 200)};
  }
  if (!node.readable) {
    return {"this node cannot read the constraint on '" + operand + "' (" + std::string(name_of(node.op)) + ")",
            "本节点无法理解对“" + operand + "”的约束（" + std::string(name_of(node.op)) + "）"};
  }
  if (node.operand == Operand::kUnknown) {
    return {"this node has no value for '" + operand + "'", "本节点没有“" + operand + "”的取值"};
  }
  const OperandTerm& term = *find_operand(source.left);
  if (node.operand == Operand::kStated) {
    return {"this node cannot know the " + std::string(term.en) + " ('" + operand +
                "'), and the request does not state it" + in_unit,
            "本节点无法得知" + std::string(term.zh) + "（“" + operand + "”），请求亦未说明" + in_unit_zh};
  }
  return {"the " + std::string(term.en) + " ('" + operand + "') is not known",
          std::string(term.zh) + "（“" + operand + "”）未知"};
}

Text unknown(const ProgramData& data, const Finding& finding) {
  const CompiledRule& rule = data.rules[finding.rule];
  Text why;
  if (rule.source == nullptr) {
    why = {"the policy inherits from another that is not here", "该策略继承自本节点没有的另一策略"};
  } else if (finding.item == kMembership) {
    why = {"whether the product or the party is part of the collection that it names is not known",
           "产品或参与方是否属于其所指集合无法得知"};
  } else if (finding.item < data.nodes.size()) {
    why = missing(data.nodes[finding.item]);
  } else if (rule.kind == RuleKind::kProhibition && !rule.knows_action) {
    why = {"this node does not know what it forbids", "本节点不了解其所禁止的行为"};
  } else {
    why = {"the product, the party or the action of the request is not known to it", "请求的产品、参与方或行为无法判定"};
  }
  const Text verdict = rule.kind == RuleKind::kProhibition ? Text{", so it counts as forbidding.", "，按禁止处理。"}
                                                           : Text{", so it does not permit.", "，因此不予允许。"};
  return named(rule.id) + Text{" cannot be evaluated: ", " 无法判定："} + why + verdict;
}

Text forbids(const CompiledRule& rule) {
  Text out = named(rule.id) + Text{" forbids it: may not ", " 禁止：不得"} + describe_actions(rule.source->actions);
  for (const Constraint& each : rule.source->constraints) out = out + Text{" ", "，"} + describe(each);
  return out + Text{".", "。"};
}

std::string_view slug(Kind kind) {
  switch (kind) {
    case Kind::kPermits: return "permits";
    case Kind::kForbids: return "forbids";
    case Kind::kUnmet: return "unmet";
    case Kind::kUnknown: return "unknown";
    case Kind::kDutyOpen: return "duty_open";
    case Kind::kNone: return "none";
  }
  return "";
}

}  // namespace

Text words_of(std::span<const Reason> reasons) {
  Text out;
  for (const Reason& reason : reasons) {
    if (!out.en.empty()) out.en += ' ';
    out = out + reason.why;
  }
  return out;
}

std::vector<Reason> reasons(const Program& program, const Request& request, const Decision& decision) {
  const ProgramData& data = program.data();
  std::vector<Reason> out;
  const Text action = describe_action(request.action);
  if (!data.is_void.en.empty()) {
    out.push_back({Kind::kNone, "", data.is_void});
  } else if (decision.effect == Effect::kDeny && decision.findings.empty()) {
    out.push_back({Kind::kNone, "",
                   Text{"No rule permits that it ", "没有规则允许"} + action +
                       Text{"; what is not permitted is denied.", "；未经允许即为拒绝。"}});
  }
  if (decision.effect != Effect::kDeny) {
    const CompiledRule& rule = data.rules[decision.permission];
    out.push_back({Kind::kPermits, rule.id, named(rule.id) + Text{" permits that it ", " 允许"} + action + Text{".", "。"}});
  }
  for (const Finding& finding : decision.findings) {
    const CompiledRule& rule = data.rules[finding.rule];
    switch (finding.kind) {
      case Kind::kForbids: out.push_back({finding.kind, rule.id, forbids(rule)}); break;
      case Kind::kUnmet: out.push_back({finding.kind, rule.id, unmet(data, finding, request)}); break;
      case Kind::kUnknown: out.push_back({finding.kind, rule.id, unknown(data, finding)}); break;
      case Kind::kDutyOpen: {
        const CompiledDuty& duty = data.duties[finding.item];
        out.push_back({finding.kind, duty.id,
                       Text{"First it ", "须先："} + describe_duty(*duty.source) +
                           Text{" (duty " + duty.id + ").", "（义务 " + duty.id + "）。"}});
        break;
      }
      case Kind::kPermits:
      case Kind::kNone: break;
    }
  }
  return out;
}

wire::Json to_json(const Program& program, const Request& request, const Decision& decision) {
  wire::Json out = wire::Json::object({{"effect", name_of(decision.effect)}});
  if (decision.effect == Effect::kDeny) out.set("denied_by", name_of(decision.denied_by));
  wire::Json why = wire::Json::array();
  for (const Reason& reason : reasons(program, request, decision)) {
    why.push(wire::Json::object(
        {{"rule", reason.rule}, {"kind", slug(reason.kind)}, {"en", reason.why.en}, {"zh", reason.why.zh}}));
  }
  out.set("reasons", std::move(why));
  wire::Json owed = wire::Json::array();
  for (const Obligation& obligation : obligations(program, decision)) {
    owed.push(wire::Json::object({{"duty", obligation.id},
                                  {"rule", obligation.rule},
                                  {"action", obligation.action},
                                  {"when", name_of(obligation.when)},
                                  {"met", obligation.met}}));
  }
  if (owed.size() > 0) out.set("obligations", std::move(owed));
  return out;
}

}  // namespace weir::policy
