// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/explain.h"

#include <algorithm>
#include <utility>

#include "weir/base/cut.h"
#include "weir/base/time.h"
#include "weir/policy/program.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/policy/words.h"

namespace weir::policy {
namespace {

enum class Where : std::uint8_t { kRule, kDuty };

Text joined(const std::vector<Text>& parts, const Text& separator) {
  Text out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out = out + separator;
    out = out + parts[i];
  }
  return out;
}

struct CodeWord {
  Operand operand;
  std::string_view code;
  Text words;
};

const std::vector<CodeWord>& code_words() {
  static const std::vector<CodeWord> words = {
      {Operand::kEnvironment, "01", {"usage control", "使用控制"}},
      {Operand::kEnvironment, "02", {"a data sandbox", "数据沙箱"}},
      {Operand::kEnvironment, "03", {"multi-party computation", "多方安全计算"}},
      {Operand::kEnvironment, "04", {"federated learning", "联邦学习"}},
      {Operand::kEnvironment, "05", {"a trusted execution environment", "可信执行环境"}},
      {Operand::kEnvironment, "06", {"confidential computing", "机密计算"}},
      {Operand::kEncryptMode, "01", {"plain text", "明文"}},
      {Operand::kEncryptMode, "02", {"cipher text", "密文"}},
      {Operand::kDelivery, "01", {"file", "文件"}},
      {Operand::kDelivery, "02", {"stream", "数据流"}},
      {Operand::kDelivery, "03", {"API", "接口"}},
  };
  return words;
}

Text describe_value(const Literal& literal, const OperandTerm* term, std::string_view unit) {
  if (term != nullptr) {
    const std::string_view code = term->operand == Operand::kEnvironment ? environment_code(literal.text) : literal.text;
    for (const CodeWord& word : code_words()) {
      if (word.operand == term->operand && word.code == code) return word.words;
    }
    if (term->type == ValueType::kDuration) return describe_duration(literal.text);
  }
  std::string out = cut(literal.text, 200);
  const std::size_t mark = unit.find_last_of("/#");
  if (!unit.empty()) out.append(" ").append(mark == std::string_view::npos ? unit : unit.substr(mark + 1));
  return both_languages(out);
}

Text describe_values(const Constraint& constraint, const OperandTerm* term) {
  if (!constraint.right_reference.empty()) return both_languages(cut(constraint.right_reference, 200));
  std::vector<Text> values;
  for (const Literal& literal : constraint.right) {
    values.push_back(describe_value(literal, term, constraint.unit));
    if (values.size() == 10 && constraint.right.size() > 10) {
      values.push_back({"and " + std::to_string(constraint.right.size() - 10) + " more",
                        "等 " + std::to_string(constraint.right.size()) + " 项"});
      break;
    }
  }
  return joined(values, {", ", "、"});
}

Text comparison(Operator op) {
  switch (op) {
    case Operator::kEq: return {"is", "为"};
    case Operator::kNeq: return {"is not", "不为"};
    case Operator::kLt: return {"is less than", "小于"};
    case Operator::kLteq: return {"is at most", "不超过"};
    case Operator::kGt: return {"is more than", "大于"};
    case Operator::kGteq: return {"is at least", "不少于"};
    case Operator::kHasPart: return {"contains", "包含"};
    case Operator::kIsA: return {"is", "属于"};
    case Operator::kIsAllOf: return {"has all of", "包含全部"};
    case Operator::kIsAnyOf: return {"is one of", "属于下列之一："};
    case Operator::kIsNoneOf: return {"is none of", "不属于下列任何一项："};
    case Operator::kIsPartOf: return {"is within", "在下列范围内："};
  }
  return {};
}

Text amount(Operator op, const Text& value, const Text& unit) {
  switch (op) {
    case Operator::kLteq: return Text{"at most ", "最多"} + value + unit;
    case Operator::kLt: return Text{"fewer than ", "少于"} + value + unit;
    case Operator::kGteq: return Text{"at least ", "至少"} + value + unit;
    case Operator::kGt: return Text{"more than ", "超过"} + value + unit;
    case Operator::kEq: return Text{"exactly ", "恰好"} + value + unit;
    default: return Text{"a number of times other than ", "次数不等于"} + value;
  }
}

Text describe_count(const Constraint& constraint) {
  if (constraint.right.size() != 1) return {};
  if (const auto rate = parse_rate(constraint.right[0].text)) {
    return amount(constraint.op, both_languages(std::to_string(rate->count)), {" times", "次"}) +
           Text{" every ", "，每"} + describe_duration(rate->window_text);
  }
  const bool once = constraint.right[0].text == "1";
  return amount(constraint.op, both_languages(constraint.right[0].text), {once ? " time" : " times", "次"});
}

Text describe_time(const Constraint& constraint) {
  const Text value = describe_values(constraint, nullptr);
  switch (constraint.op) {
    case Operator::kLt: return Text{"before ", "在"} + value + Text{"", "之前"};
    case Operator::kLteq: return Text{"until ", "截至"} + value;
    case Operator::kGt: return Text{"after ", "在"} + value + Text{"", "之后"};
    case Operator::kGteq: return Text{"from ", "自"} + value + Text{" on", "起"};
    default: return Text{"when the time ", "时间"} + comparison(constraint.op) + both_languages(" ") + value;
  }
}

Text describe_length(const Constraint& constraint, Operand operand, Where where) {
  const Text length = constraint.right.empty() ? Text{} : describe_duration(constraint.right[0].text);
  const bool at_most = constraint.op == Operator::kEq || constraint.op == Operator::kLt || constraint.op == Operator::kLteq;
  if (operand == Operand::kTimeInterval) return Text{"at least ", "两次之间至少间隔"} + length + Text{" apart", ""};
  if (where == Where::kDuty) {
    if (at_most) return Text{"within ", "在"} + length + Text{"", "内"};
    return Text{"after ", "在"} + length + Text{"", "后"};
  }
  if (operand == Operand::kDelayPeriod) {
    return Text{"no earlier than ", "不早于协议生效后"} + length + Text{" after the agreement", ""};
  }
  if (at_most) return Text{"within ", "自首次使用起"} + length + Text{" of the first use", "内"};
  return Text{"later than ", "自首次使用起"} + length + Text{" after the first use", "之后"};
}

Text describe_privacy(const Constraint& constraint) {
  if (constraint.op != Operator::kLteq && constraint.op != Operator::kLt) return {};
  const Text value = Text{"epsilon ", " "} + describe_values(constraint, nullptr);
  return Text{"with noise of differential privacy, ", "结果加入差分隐私噪声，ε 合计"} +
         (constraint.op == Operator::kLt ? Text{"less than ", "小于"} : Text{"at most ", "不超过"}) + value +
         Text{" in all", ""};
}

Text describe_atom(const Constraint& constraint, Where where) {
  const OperandTerm* term = find_operand(constraint.left);
  if (term != nullptr) {
    Text special;
    switch (term->operand) {
      case Operand::kCount:
      case Operand::kFrequency: special = describe_count(constraint); break;
      case Operand::kDateTime: special = describe_time(constraint); break;
      case Operand::kElapsedTime:
      case Operand::kTimeInterval:
      case Operand::kDelayPeriod: special = describe_length(constraint, term->operand, where); break;
      case Operand::kPrivacyBudget: special = describe_privacy(constraint); break;
      case Operand::kDataSize:
        special = amount(constraint.op, describe_values(constraint, term), {" of data", "数据"});
        if (constraint.unit.empty() && constraint.right.size() == 1 && parse_number(constraint.right[0].text)) {
          special = amount(constraint.op, describe_values(constraint, term), {" bytes", "字节"});
        }
        break;
      case Operand::kPayAmount:
        if (constraint.op == Operator::kEq) special = Text{"for ", "金额为"} + describe_values(constraint, term);
        if (const auto period = payment_period(constraint); !special.en.empty() && !period) {
          special = special + Text{" at times that cannot be read", "（支付周期无法识别）"};
        } else if (!special.en.empty() && !period->empty()) {
          special = special + Text{" every ", "，每"} + describe_duration(*period);
        }
        break;
      case Operand::kPurpose:
        if (constraint.op == Operator::kEq) special = Text{"for the purpose ", "用于"} + describe_values(constraint, term);
        break;
      default: break;
    }
    if (!special.en.empty()) return special;
  }
  const Text name = term == nullptr ? both_languages("'" + cut(constraint.left, 200) + "'")
                                    : Text{std::string(term->en), std::string(term->zh)};
  return Text{"if the ", ""} + name + both_languages(" ") + comparison(constraint.op) + both_languages(" ") +
         describe_values(constraint, term);
}

Text describe_in(const Constraint& constraint, Where where) {
  std::vector<Text> parts;
  for (const Constraint& part : constraint.parts) {
    parts.push_back(describe_in(part, where));
    if (parts.size() == 10 && constraint.parts.size() > 10) {
      parts.push_back({"(and " + std::to_string(constraint.parts.size() - 10) + " more)",
                       "（等 " + std::to_string(constraint.parts.size()) + " 项）"});
      break;
    }
  }
  switch (constraint.kind) {
    case ConstraintKind::kAtom: return describe_atom(constraint, where);
    case ConstraintKind::kAnd: return Text{"(", "（"} + joined(parts, {" and ", "且"}) + Text{")", "）"};
    case ConstraintKind::kOr: return Text{"(", "（"} + joined(parts, {" or ", "或"}) + Text{")", "）"};
    case ConstraintKind::kXone: return Text{"exactly one of (", "仅满足其一（"} + joined(parts, {"; ", "；"}) + Text{")", "）"};
    case ConstraintKind::kAndSequence: return Text{"in this order (", "依次（"} + joined(parts, {", ", "，"}) + Text{")", "）"};
  }
  return {};
}

Text describe_list(const std::vector<Constraint>& constraints, Where where) {
  std::vector<Text> parts;
  for (const Constraint& each : constraints) {
    if (where == Where::kDuty && normal_name(each.left) == "event") continue;
    parts.push_back(describe_in(each, where));
  }
  return joined(parts, {", ", "，"});
}

Text refinements_of(const std::vector<Action>& actions, Where where) {
  std::vector<Text> parts;
  for (const Action& action : actions) {
    if (!action.refinements.empty()) parts.push_back(describe_list(action.refinements, where));
  }
  return joined(parts, {", ", "，"});
}

// "urn:x", "any part of urn:x for which …".
Text describe_entity(const Entity& entity) {
  const bool several = entity.is_source || std::any_of(entity.types.begin(), entity.types.end(),
                                                       [](const auto& type) { return type.ends_with("Collection"); });
  const Text name = both_languages(cut(entity.id, 200));
  Text out = several ? Text{"any part of ", "集合 "} + name + Text{"", " 的任一成员"} : name;
  if (entity.refinements.empty()) return out;
  return out + Text{" (only ", "（仅限："} + describe_list(entity.refinements, Where::kRule) + Text{")", "）"};
}

Text describe_entities(const std::vector<Entity>& entities) {
  std::vector<Text> parts;
  for (const Entity& each : entities) parts.push_back(describe_entity(each));
  return joined(parts, {" or ", "或"});
}

// Who else has a part in a duty.
Text describe_functions(const Rule& duty) {
  struct Function {
    std::string_view term;
    std::string_view en;
    std::string_view zh;
  };
  constexpr Function kFunctions[] = {
      {"informedParty", " to ", "，告知 "},       {"informingParty", " by ", "，告知方 "},
      {"compensatedParty", " to ", "，收款方 "},  {"compensatingParty", " by ", "，付款方 "},
      {"payeeParty", " to ", "，收款方 "},        {"consentingParty", " of ", "，同意方 "},
      {"consentedParty", " for ", "，获同意方 "}, {"attributedParty", " to ", "，署名对象 "},
      {"attributingParty", " by ", "，署名方 "},  {"trackingParty", " by ", "，跟踪方 "},
      {"trackedParty", " of ", "，被跟踪方 "},    {"hasPolicy", " (policy ", "（策略 "},
  };
  Text out;
  for (const auto& [term, en, zh] : kFunctions) {
    for (const std::string_view party : terms_in(duty.extra, term)) {
      out = out + Text{std::string(en), std::string(zh)} + both_languages(cut(party, 200));
      if (term == "hasPolicy") out = out + Text{")", "）"};
    }
  }
  return out;
}

Text describe_rule(const Rule& rule, const std::vector<Action>& shared, const Text& verb) {
  const auto& actions = rule.actions.empty() ? shared : rule.actions;
  Text out = verb + describe_actions(actions);
  const Text narrowed = refinements_of(actions, Where::kRule);
  if (!narrowed.en.empty()) out = out + Text{" ", "："} + narrowed;
  const Text limits = describe_list(rule.constraints, Where::kRule);
  if (!limits.en.empty()) out = out + Text{narrowed.en.empty() ? " " : ", ", narrowed.zh.empty() ? "：" : "，"} + limits;
  if (!rule.targets.empty()) out = out + Text{", of ", "，对象为 "} + describe_entities(rule.targets);
  if (!rule.assignees.empty()) out = out + Text{", by ", "，使用方 "} + describe_entities(rule.assignees);
  return out + Text{".", "。"};
}

}  // namespace

Text operator+(const Text& a, const Text& b) { return {a.en + b.en, a.zh + b.zh}; }

Text both_languages(std::string_view same) { return {std::string(same), std::string(same)}; }

Text describe_duration(std::string_view iso) {
  const auto length = parse_duration(iso);
  if (!length) return both_languages(cut(iso, 100));
  if (length->months == 0 && length->exact.count() == 0) return {"no time", "零时长"};
  struct Unit {
    std::int64_t ms;
    std::string_view en;
    std::string_view zh;
  };
  constexpr Unit kUnits[] = {{86400000, "day", "天"}, {3600000, "hour", "小时"}, {60000, "minute", "分钟"}, {1000, "second", "秒"}};
  std::vector<Text> parts;
  const auto add_part = [&](std::int64_t count, std::string_view en, std::string_view zh) {
    if (count == 0) return;
    const std::string number = std::to_string(count);
    parts.push_back({number + " " + std::string(en) + (count == 1 ? "" : "s"), number + " " + std::string(zh)});
  };
  add_part(length->months / 12, "year", "年");
  add_part(length->months % 12, "month", "个月");
  std::int64_t rest = length->exact.count();
  for (const Unit& unit : kUnits) {
    add_part(rest / unit.ms, unit.en, unit.zh);
    rest %= unit.ms;
  }
  return joined(parts, {" ", " "});
}

Text describe_action(std::string_view action) {
  const ActionId id = find_action(action);
  if (id == kUnknownAction) return {"be subject to '" + cut(action, 200) + "'", "“" + cut(action, 200) + "”"};
  return {std::string(action_term(id).en), std::string(action_term(id).zh)};
}

Text describe_actions(const std::vector<Action>& actions) {
  std::vector<Text> parts;
  for (const Action& action : actions) parts.push_back(describe_action(action.name));
  return joined(parts, {" or ", "或"});
}

Text describe(const Constraint& constraint) { return describe_in(constraint, Where::kRule); }
Text describe_of_duty(const Constraint& constraint) { return describe_in(constraint, Where::kDuty); }

Text describe_duty(const Rule& duty) {
  Text out = Text{"must ", "必须"} + describe_actions(duty.actions) + describe_functions(duty);
  const Text narrowed = refinements_of(duty.actions, Where::kDuty);
  if (!narrowed.en.empty()) out = out + Text{" ", "："} + narrowed;
  const Text limits = describe_list(duty.constraints, Where::kDuty);
  if (!limits.en.empty()) out = out + Text{" ", "，"} + limits;
  return out;
}

namespace {

// What follows if a duty is not done, and what if that is not done either.
void explain_consequences(const Rule& duty, std::vector<Text>& out) {
  for (const Rule& consequence : duty.consequences) {
    out.push_back(Text{"If that is not done it ", "未履行的，"} + describe_duty(consequence) + Text{".", "。"});
    explain_consequences(consequence, out);
  }
}

// What concerns all the rules together.
void explain_whole(const Policy& policy, std::vector<Text>& out) {
  const auto narrowed = [](const Entity& entity) { return !entity.refinements.empty() || !entity.types.empty(); };
  for (const Entity& each : policy.targets) {
    if (narrowed(each))
      out.push_back(Text{"All of this is about ", "以上均针对 "} + describe_entity(each) + Text{".", "。"});
  }
  for (const Entity& each : policy.assignees) {
    if (narrowed(each))
      out.push_back(Text{"All of this is for ", "以上均适用于 "} + describe_entity(each) + Text{".", "。"});
  }
  for (const std::string_view parent : terms_in(policy.extra, "inheritFrom")) {
    out.push_back(Text{"It inherits the rules of ", "本策略继承 "} + both_languages(cut(parent, 200)) +
                  Text{", which are not here: until they are, everything is denied.",
                       " 的规则，而该策略不在此处；在此之前一律拒绝。"});
  }
  if (policy.conflict == "perm") {
    out.push_back({"Where one rule permits what another forbids, it is permitted.", "许可与禁止冲突时，以许可为准。"});
  }
  if (Text why = why_void(std::span(&policy, 1)); !why.en.empty()) out.push_back(std::move(why));
}

}  // namespace

std::vector<Text> explain_rules(const Policy& policy) {
  std::vector<Text> out;
  const auto duties = [&](const std::vector<Rule>& list) {
    for (const Rule& duty : list) {
      const Timing timing = timing_of(duty);
      const Text when = timing == Timing::kBefore   ? Text{"Before each use it ", "每次使用前，"}
                        : timing == Timing::kDuring ? Text{"While it is used it ", "使用时，"}
                                                    : Text{"After use it ", "使用后，"};
      out.push_back(when + describe_duty(duty) + Text{".", "。"});
      explain_consequences(duty, out);
    }
  };
  for (const Rule& rule : policy.permissions) {
    out.push_back(describe_rule(rule, policy.actions, {"May ", "可"}));
    duties(rule.duties);
  }
  for (const Rule& rule : policy.prohibitions) {
    out.push_back(describe_rule(rule, policy.actions, {"May not ", "不得"}));
    for (const Rule& remedy : rule.remedies) {
      out.push_back(Text{"If that happens it ", "违反的，"} + describe_duty(remedy) + Text{".", "。"});
      explain_consequences(remedy, out);
    }
  }
  duties(policy.obligations);
  explain_whole(policy, out);
  return out;
}

Text explain(const Policy& policy) {
  const auto sentences = explain_rules(policy);
  if (sentences.empty()) return {"Nothing is permitted.", "未授予任何许可。"};
  Text out = joined(sentences, {" ", ""});
  if (policy.permissions.empty()) out = Text{"Nothing is permitted. ", "未授予任何许可。"} + out;
  return out;
}

}  // namespace weir::policy
