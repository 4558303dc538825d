// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/terms.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "weir/base/cut.h"
#include "weir/base/limits.h"
#include "weir/base/text.h"
#include "weir/policy/templates.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

constexpr std::string_view kHelp =
    "terms are like: count<=3, until=2027-01-01, purpose=research, delete=P7D, log (docs/formats/terms.md)";

Error malformed(std::string_view term, std::string_view what) {
  return Error(Errc::kInvalidArgument, "terms: '" + cut(term, 100) + "' " + std::string(what))
      .because("terms.malformed")
      .advise(std::string(kHelp));
}

struct Term {
  std::string name;
  std::string op;  // "=", "<=", "<" or nothing
  std::vector<std::string> values;
  std::string written;
};

// Splits at `separator` outside of double quotes.
std::vector<std::string_view> split_quoted(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted || separators.find(text[i]) == std::string_view::npos) continue;
    out.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  out.push_back(text.substr(start));
  return out;
}

// "，" and "；" as people type them in Chinese.
std::string with_plain_commas(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    if (three == "，" || three == "；" || three == "、") {
      out += three == "、" ? '|' : ',';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<Term> read_term(std::string_view text) {
  Term out;
  out.written = std::string(text);
  const std::size_t at = text.find_first_of("<=");
  out.name = std::string(trim(text.substr(0, at)));
  if (out.name.empty()) return malformed(text, "has no name");
  if (at == std::string_view::npos) return out;
  out.op = text[at] == '=' ? "=" : text.substr(at, 2) == "<=" ? "<=" : "<";
  const std::string_view right = text.substr(at + out.op.size());
  for (const std::string_view part : split_quoted(right, "|")) {
    std::string_view value = trim(part);
    if (value.starts_with('"')) {
      if (value.size() < 2 || !value.ends_with('"')) return malformed(text, "has an open quotation mark");
      value = value.substr(1, value.size() - 2);
    }
    if (value.empty() || value.find('"') != std::string_view::npos) return malformed(text, "has an empty or broken value");
    out.values.emplace_back(value);
  }
  return out;
}

Result<std::int64_t> whole_number(const Term& term) {
  std::int64_t out = 0;
  const std::string& text = term.values[0];
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || out < 0) {
    return malformed(term.written, "needs a whole number");
  }
  if (term.op == "<") {
    if (out == 0) return malformed(term.written, "can never be met");
    return out - 1;
  }
  return out;
}

Result<std::string> time_text(const Term& term) {
  if (!parse_iso8601(term.values[0])) return malformed(term.written, "needs a date like 2027-01-01");
  return term.values[0];
}

Result<std::string> duration_text(const Term& term) {
  if (!parse_duration(term.values[0])) return malformed(term.written, "needs a length of time like P7D or PT1H");
  return term.values[0];
}

std::string action_name(const std::string& written) {
  const std::string name = action_from_tc609(written);
  return find_action(name) == kUnknownAction && find_action(written) != kUnknownAction ? written : name;
}

Result<std::vector<std::string>> action_names(const Term& term) {
  std::vector<std::string> out;
  for (const std::string& value : term.values) {
    const std::string name = action_name(value);
    if (find_action(name) == kUnknownAction) return malformed(term.written, "names an action that is not known");
    out.push_back(name);
  }
  return out;
}

constexpr std::pair<std::string_view, std::string_view> kDeliveries[] = {
    {"file", "01"}, {"stream", "02"}, {"api", "03"}, {"other", "04"}};

Result<std::vector<std::string>> delivery_codes(const Term& term) {
  std::vector<std::string> out;
  for (const std::string& value : term.values) {
    const auto known = std::find_if(std::begin(kDeliveries), std::end(kDeliveries),
                                    [&](const auto& each) { return value == each.first || value == each.second; });
    if (known == std::end(kDeliveries)) return malformed(term.written, "must be file, stream, api or other");
    out.emplace_back(known->second);
  }
  return out;
}

Result<> set_pay(const Term& term, CommonTerms& out) {
  const std::string_view text = term.values[0];
  const std::size_t space = text.find(' ');
  out.pay = std::string(text.substr(0, space));
  const auto amount = parse_number(out.pay);
  if (!amount || *amount < 0) return malformed(term.written, "needs an amount like 100.00 CNY");
  out.pay_unit = space == std::string_view::npos ? "CNY" : std::string(trim(text.substr(space)));
  if (out.pay_unit.empty() || out.pay_unit.find(' ') != std::string::npos) {
    return malformed(term.written, "needs an amount like 100.00 CNY");
  }
  return {};
}

// Terms without a value.
bool set_flag(const Term& term, CommonTerms& out) {
  if (term.name == "share") return out.share = true;
  if (term.name == "log") return out.log = true;
  if (term.name == "notify") return out.notify = true;
  if (term.name == "anonymize") return out.anonymize_first = true;
  if (term.name == "delete") {
    out.delete_within = "PT0S";
    return true;
  }
  return false;
}

// Terms with a list of values.
Result<bool> set_list(const Term& term, CommonTerms& out) {
  const std::pair<std::string_view, std::vector<std::string>*> lists[] = {
      {"purpose", &out.purposes},         {"region", &out.regions},       {"field", &out.fields},
      {"application", &out.applications}, {"algorithm", &out.algorithms}, {"env", &out.environments},
      {"address", &out.addresses}};
  for (const auto& [name, list] : lists) {
    if (term.name != name) continue;
    if (term.op != "=") return malformed(term.written, "needs '='");
    *list = term.values;
    if (name == "address" && !std::all_of(list->begin(), list->end(), [](const auto& each) { return parse_address(each); })) {
      return malformed(term.written, "needs an IP address or a block like 10.0.0.0/8");
    }
    for (std::string& value : *list) {
      if (name != "env") continue;
      value = std::string(environment_code(value));
      if (value.size() != 2) return malformed(term.written, "must be sandbox, mpc, federated-learning, tee, confidential or other");
    }
    return true;
  }
  return false;
}

Result<> set_value(const Term& term, CommonTerms& out) {
  WEIR_TRY_LET(const bool is_list, set_list(term, out));
  if (is_list) return {};
  if (term.name == "action") {
    WEIR_TRY_LET(out.actions, action_names(term));
    return {};
  }
  if (term.name == "delivery") {
    WEIR_TRY_LET(out.deliveries, delivery_codes(term));
    return {};
  }
  if (term.values.size() != 1) return malformed(term.written, "takes one value");
  if (term.name == "count") {
    WEIR_TRY_LET(out.count_max, whole_number(term));
  } else if (term.name == "rate") {
    if (!parse_rate(term.values[0]) || term.op == "<") return malformed(term.written, "must be like rate<=100/day");
    out.rate = term.values[0];
  } else if (term.name == "volume") {
    const auto bytes = parse_bytes(term.values[0], "");
    if (!bytes || term.op == "<") return malformed(term.written, "must be like volume<=10GB");
    out.bytes_max = *bytes;
  } else if (term.name == "epsilon") {
    const auto number = parse_number(term.values[0]);
    if (!number || *number <= 0 || term.op == "<") return malformed(term.written, "must be like epsilon<=3");
    out.epsilon_max = term.values[0];
  } else if (term.op != "=") {
    return malformed(term.written, "needs '='");
  } else if (term.name == "from") {
    WEIR_TRY_LET(out.from, time_text(term));
  } else if (term.name == "until") {
    WEIR_TRY_LET(out.until, time_text(term));
  } else if (term.name == "within") {
    WEIR_TRY_LET(out.within, duration_text(term));
  } else if (term.name == "delete") {
    WEIR_TRY_LET(out.delete_within, duration_text(term));
  } else if (term.name == "pay") {
    WEIR_TRY(set_pay(term, out));
  } else {
    return malformed(term.written, "is not a term");
  }
  return {};
}

std::string quoted(const std::string& value) {
  const bool plain = value.find_first_of(",;|\n") == std::string::npos && trim(value).size() == value.size();
  return plain ? value : "\"" + value + "\"";
}

class Line {
 public:
  void add(std::string_view name, std::string_view op, const std::string& value) {
    if (!value.empty()) put(std::string(name) + std::string(op) + quoted(value));
  }
  void add(std::string_view name, const std::vector<std::string>& values) {
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : "|") + quoted(value);
    if (!list.empty()) put(std::string(name) + "=" + list);
  }
  void flag(std::string_view name, bool set) {
    if (set) put(std::string(name));
  }
  const std::string& text() const { return text_; }

 private:
  void put(const std::string& term) { text_ += (text_.empty() ? "" : ", ") + term; }
  std::string text_;
};

std::vector<std::string> texts(const Constraint& constraint) {
  std::vector<std::string> out;
  for (const Literal& literal : constraint.right) out.push_back(literal.text);
  return out;
}

// Guesses the common terms a constraint came from; format_terms checks the guess.
void guess_constraint(const Constraint& constraint, CommonTerms& out) {
  const OperandTerm* term = find_operand(constraint.left);
  if (term == nullptr || constraint.right.empty()) return;
  const std::string& first = constraint.right[0].text;
  switch (term->operand) {
    case Operand::kCount:
      if (const auto number = parse_number(first)) out.count_max = *number / kNumberScale;
      return;
    case Operand::kFrequency: out.rate = first; return;
    case Operand::kDataSize: out.bytes_max = parse_bytes(first, constraint.unit); return;
    case Operand::kPrivacyBudget: out.epsilon_max = first; return;
    case Operand::kDateTime: (constraint.op == Operator::kGteq ? out.from : out.until) = first; return;
    case Operand::kElapsedTime: out.within = first; return;
    case Operand::kPurpose: out.purposes = texts(constraint); return;
    case Operand::kSpatial: out.regions = texts(constraint); return;
    case Operand::kNetworkAddress: out.addresses = texts(constraint); return;
    case Operand::kDataField: out.fields = texts(constraint); return;
    case Operand::kApplication: out.applications = texts(constraint); return;
    case Operand::kAlgorithm: out.algorithms = texts(constraint); return;
    case Operand::kEnvironment: out.environments = texts(constraint); return;
    case Operand::kDelivery: out.deliveries = texts(constraint); return;
    default: return;
  }
}

void guess_duty(const Rule& duty, CommonTerms& out) {
  if (duty.actions.size() != 1) return;
  const Action& action = duty.actions[0];
  const std::string first = action.refinements.size() == 1 && action.refinements[0].right.size() == 1
                                ? action.refinements[0].right[0].text
                                : std::string();
  if (action.name == actions::kLog) out.log = true;
  if (action.name == actions::kInform) out.notify = true;
  if (action.name == actions::kAnonymize) out.anonymize_first = true;
  if (action.name == actions::kDelete) out.delete_within = first;
  if (action.name == actions::kCompensate && !first.empty()) {
    out.pay = first;
    out.pay_unit = action.refinements[0].unit;
  }
}

std::string line_of(const CommonTerms& terms) {
  Line line;
  std::vector<std::string> names;
  for (const std::string& action : terms.actions) names.push_back(action_to_tc609(action));
  if (names != std::vector<std::string>{"use"}) line.add("action", names);
  if (terms.count_max) line.add("count", "<=", std::to_string(*terms.count_max));
  line.add("rate", "<=", terms.rate);
  if (terms.bytes_max) line.add("volume", "<=", std::to_string(*terms.bytes_max));
  line.add("epsilon", "<=", terms.epsilon_max);
  line.add("from", "=", terms.from);
  line.add("until", "=", terms.until);
  line.add("within", "=", terms.within);
  line.add("purpose", terms.purposes);
  line.add("region", terms.regions);
  line.add("address", terms.addresses);
  line.add("field", terms.fields);
  line.add("application", terms.applications);
  line.add("algorithm", terms.algorithms);
  line.add("env", terms.environments);
  line.add("delivery", terms.deliveries);
  if (!terms.pay.empty()) line.add("pay", "=", terms.pay + " " + terms.pay_unit);
  line.flag("anonymize", terms.anonymize_first);
  line.flag("log", terms.log);
  line.flag("notify", terms.notify);
  line.add("delete", "=", terms.delete_within);
  line.flag("share", terms.share);
  return line.text().empty() ? "action=use" : line.text();
}

}  // namespace

Result<Policy> parse_terms(std::string_view text) {
  if (text.size() > limits::kTextBytesMax) {
    return Error(Errc::kExhausted, "terms: longer than 64 KiB").because("terms.too_large");
  }
  if (!is_utf8(text)) return malformed("", "is not UTF-8");
  CommonTerms terms;
  std::vector<std::string> seen;
  const std::string plain = with_plain_commas(text);
  for (const std::string_view part : split_quoted(plain, ",;\n")) {
    if (trim(part).empty()) continue;
    WEIR_TRY_LET(const Term term, read_term(trim(part)));
    if (std::find(seen.begin(), seen.end(), term.name) != seen.end()) return malformed(term.written, "is given twice");
    seen.push_back(term.name);
    if (term.op.empty()) {
      if (!set_flag(term, terms)) return malformed(term.written, "is not a term, or needs a value");
    } else {
      WEIR_TRY(set_value(term, terms));
    }
  }
  if (seen.empty()) return malformed(text, "says nothing; write action=use to permit any use");
  const auto passes_on = std::find(terms.actions.begin(), terms.actions.end(), "distribute");
  if (passes_on != terms.actions.end()) {
    terms.share = true;
    if (terms.actions.size() > 1) terms.actions.erase(passes_on);
  }
  return make_terms(terms);
}

Result<std::string> format_terms(const Policy& policy) {
  const auto not_expressible = [] {
    return Error(Errc::kInvalidArgument, "terms: this policy says more than a line of terms can")
        .because("terms.not_expressible")
        .advise("show it as ODRL, or in words");
  };
  if (policy.permissions.empty()) return not_expressible();
  const Rule& permission = policy.permissions[0];
  CommonTerms terms;
  terms.actions.clear();
  for (const Rule& each : policy.permissions) {
    for (const Action& action : each.actions) terms.actions.push_back(action.name);
  }
  for (const Constraint& constraint : permission.constraints) guess_constraint(constraint, terms);
  for (const Rule& duty : permission.duties) guess_duty(duty, terms);
  terms.share = policy.prohibitions.empty();
  if (terms.share && terms.actions.size() > 1) std::erase(terms.actions, "distribute");
  const Policy guessed = make_terms(terms);
  if (guessed.permissions != policy.permissions || guessed.prohibitions != policy.prohibitions ||
      !policy.obligations.empty() || !policy.extra.is_null()) {
    return not_expressible();
  }
  std::string line = line_of(terms);
  const auto again = parse_terms(line);
  if (!again || again->permissions != policy.permissions || again->prohibitions != policy.prohibitions) return not_expressible();
  return line;
}

}  // namespace weir::policy
