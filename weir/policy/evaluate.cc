// SPDX-License-Identifier: Apache-2.0
// The value of one constraint in one request: true, false, or not known.
#include <algorithm>
#include <array>
#include <optional>

#include "weir/base/text.h"
#include "weir/policy/program.h"

namespace weir::policy {
namespace {

Truth truth(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }

bool compare(std::int64_t left, Operator op, std::int64_t right) {
  switch (op) {
    case Operator::kEq: return left == right;
    case Operator::kNeq: return left != right;
    case Operator::kLt: return left < right;
    case Operator::kLteq: return left <= right;
    case Operator::kGt: return left > right;
    case Operator::kGteq: return left >= right;
    default: return false;
  }
}

std::int64_t counter_of(const Node& node, const Request& request) {
  return node.counter < request.counters.size() ? request.counters[node.counter] : kCounterUnknown;
}

std::span<const CompiledValue> values_of(const ProgramData& data, const Node& node) {
  return std::span(data.values).subspan(node.items.first, node.items.count);
}

// a + b without overflow, at the end of the scale.
std::int64_t saturated(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? INT64_MAX : out;
}

Truth evaluate_number(std::int64_t left, Operator op, std::span<const CompiledValue> right) {
  const auto equal = [&](const CompiledValue& value) { return value.low == left; };
  switch (op) {
    case Operator::kIsAnyOf: return truth(std::any_of(right.begin(), right.end(), equal));
    case Operator::kIsNoneOf: return truth(std::none_of(right.begin(), right.end(), equal));
    default: return right.size() == 1 ? truth(compare(left, op, right[0].low)) : Truth::kUnknown;
  }
}

Truth evaluate_time(std::int64_t now, Operator op, std::span<const CompiledValue> right) {
  const auto inside = [&](const CompiledValue& value) { return value.low <= now && now < value.high; };
  const bool one = right.size() == 1;
  switch (op) {
    case Operator::kEq: return one ? truth(inside(right[0])) : Truth::kUnknown;
    case Operator::kNeq: return one ? truth(!inside(right[0])) : Truth::kUnknown;
    case Operator::kLt: return one ? truth(now < right[0].low) : Truth::kUnknown;
    case Operator::kLteq: return one ? truth(now < right[0].high) : Truth::kUnknown;
    case Operator::kGt: return one ? truth(now >= right[0].high) : Truth::kUnknown;
    case Operator::kGteq: return one ? truth(now >= right[0].low) : Truth::kUnknown;
    case Operator::kIsAnyOf: return truth(std::any_of(right.begin(), right.end(), inside));
    case Operator::kIsNoneOf: return truth(std::none_of(right.begin(), right.end(), inside));
    case Operator::kIsA:
    case Operator::kIsPartOf:
      if (right.size() == 2) return truth(right[0].low <= now && now < right[1].high);  // from, to
      return truth(std::any_of(right.begin(), right.end(), inside));
    default: return Truth::kUnknown;
  }
}

// Whether `length` after `start` lies ahead of, at or behind now. `eq` is the whole length: P3M means three months.
Truth evaluate_length(const Node& node, std::int64_t start, const CompiledValue& value, Timestamp now, bool at_least) {
  CalendarDuration length;
  length.exact = Milliseconds(value.low);
  length.months = value.months;
  const std::int64_t end = add(Timestamp(start), length).value();
  switch (node.op) {
    case Operator::kEq: return truth(at_least ? now.value() >= end : now.value() <= end);
    case Operator::kLt: return truth(now.value() < end);
    case Operator::kLteq: return truth(now.value() <= end);
    case Operator::kGt: return truth(now.value() > end);
    case Operator::kGteq: return truth(now.value() >= end);
    default: return Truth::kUnknown;
  }
}

Truth evaluate_duration(const ProgramData& data, const Node& node, const Request& request) {
  const CompiledValue& value = data.values[node.items.first];
  if (node.operand == Operand::kDelayPeriod) {
    if (!request.agreed_at) return Truth::kUnknown;
    return evaluate_length(node, request.agreed_at->value(), value, request.now, true);
  }
  const std::int64_t mark = counter_of(node, request);
  if (mark == kCounterUnknown) return Truth::kUnknown;
  if (node.operand == Operand::kTimeInterval) {
    return mark == 0 ? Truth::kTrue : evaluate_length(node, mark, value, request.now, true);
  }
  return evaluate_length(node, mark == 0 ? request.now.value() : mark, value, request.now, false);
}

Truth evaluate_counter(const ProgramData& data, const Node& node, const Request& request) {
  const std::int64_t counter = counter_of(node, request);
  if (counter == kCounterUnknown) return Truth::kUnknown;
  const auto right = values_of(data, node);
  switch (node.operand) {
    case Operand::kCount: {
      std::int64_t scaled = 0;
      const std::int64_t uses = saturated(counter, request.uses);
      if (__builtin_mul_overflow(uses, kNumberScale, &scaled)) scaled = INT64_MAX;
      return evaluate_number(scaled, node.op, right);
    }
    case Operand::kFrequency: return evaluate_number(saturated(counter, request.uses), node.op, right);
    case Operand::kDataSize:
      if (!request.bytes) return Truth::kUnknown;
      return evaluate_number(saturated(counter, *request.bytes), node.op, right);
    case Operand::kPayAmount: {
      std::int64_t scaled = 0;
      if (__builtin_mul_overflow(counter, kNumberScale / 10000, &scaled)) scaled = INT64_MAX;
      return evaluate_number(scaled, node.op, right);
    }
    default: return evaluate_duration(data, node, request);
  }
}

// One value of the request against one on the right.
bool same(std::string_view left, std::string_view left_hash, const CompiledValue& right) {
  if (!right.hash.empty() && right.hash != left_hash) return false;
  return left == right.text;
}

bool within(const Node& node, std::string_view left, std::string_view left_hash, const CompiledValue& right) {
  switch (node.type) {
    case ValueType::kRegion: return region_contains(right.text, left);
    default: return same(left, left_hash, right) || (right.hash.empty() && path_contains(right.text, left));
  }
}

// The other way round: the value of the request is the whole.
bool has_part(const Node& node, std::string_view left, std::string_view left_hash, const CompiledValue& right) {
  if (node.type == ValueType::kRegion) return region_contains(left, right.text);
  return same(left, left_hash, right) || (right.hash.empty() && path_contains(left, right.text));
}

// Values of the request against the set on the right. Several values at once (columns) are read so that more is
// denied: a permission must cover all of them, a prohibition is met by any.
template <class Lefts>
Truth evaluate_set(const ProgramData& data, const Node& node, const Lefts& lefts, std::string_view hash,
                   RuleKind strict) {
  const auto right = values_of(data, node);
  const bool whole = node.op == Operator::kIsA || node.op == Operator::kIsPartOf || node.type == ValueType::kRegion;
  const auto listed = [&](std::string_view left) {
    return std::any_of(right.begin(), right.end(), [&](const CompiledValue& value) {
      return whole ? within(node, left, hash, value) : same(left, hash, value);
    });
  };
  const auto covered = [&](const CompiledValue& value) {
    return std::any_of(lefts.begin(), lefts.end(), [&](std::string_view left) {
      if (node.op == Operator::kHasPart) return has_part(node, left, hash, value);
      return whole ? within(node, left, hash, value) : same(left, hash, value);
    });
  };
  const bool all = std::all_of(lefts.begin(), lefts.end(), listed);
  const bool any = all || (lefts.size() > 1 && std::any_of(lefts.begin(), lefts.end(), listed));
  const bool prohibits = strict == RuleKind::kProhibition;
  switch (node.op) {
    case Operator::kEq:
      if (right.size() == 1) return truth(prohibits ? any : all);
      return truth(all && std::all_of(right.begin(), right.end(), covered));
    case Operator::kNeq:
      if (right.size() == 1) return truth(prohibits ? !all : !any);
      return truth(!(all && std::all_of(right.begin(), right.end(), covered)));
    case Operator::kIsA:
    case Operator::kIsAnyOf:
    case Operator::kIsPartOf: return truth(prohibits ? any : all);
    case Operator::kIsNoneOf: return truth(prohibits ? !all : !any);
    case Operator::kIsAllOf:
    case Operator::kHasPart: return truth(std::all_of(right.begin(), right.end(), covered));
    default: return Truth::kUnknown;
  }
}

Truth evaluate_address(const ProgramData& data, const Node& node, std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return Truth::kUnknown;
  const auto right = values_of(data, node);
  const auto holds = [&](const CompiledValue& value) {
    return node.op == Operator::kHasPart ? contains(*address, value.block) : contains(value.block, *address);
  };
  const bool any = std::any_of(right.begin(), right.end(), holds);
  switch (node.op) {
    case Operator::kEq:
    case Operator::kIsAllOf:
    case Operator::kHasPart: return truth(any && std::all_of(right.begin(), right.end(), holds));
    case Operator::kIsA:
    case Operator::kIsAnyOf:
    case Operator::kIsPartOf: return truth(any);
    case Operator::kNeq: return truth(!std::all_of(right.begin(), right.end(), holds));
    case Operator::kIsNoneOf: return truth(!any);
    default: return Truth::kUnknown;
  }
}

struct Given {
  std::string_view text;
  std::string_view hash;
};

// What the request states for an operand that it has no member for, by the name in the policy or in the vocabulary.
struct Stated {
  std::array<std::string_view, 16> values;
  std::size_t count = 0;
  bool too_many = false;
};
Stated stated_for(const Node& node, const Request& request) {
  Stated out;
  for (const auto& [key, value] : request.attributes) {
    if ((key != node.source->left && key != node.name) || value.empty()) continue;
    out.too_many |= out.count == out.values.size();
    if (!out.too_many) out.values[out.count++] = value;
  }
  return out;
}

// "1000 http://dbpedia.org/resource/Dots_per_inch": a number is compared only if it is in the unit of the constraint.
std::optional<std::int64_t> number_in(std::string_view text, std::string_view unit) {
  text = trim(text);
  const std::size_t space = text.find(' ');
  const std::string_view stated = space == std::string_view::npos ? std::string_view() : trim(text.substr(space));
  const std::size_t mark = unit.find_last_of("/#:");
  const std::string_view brief = mark == std::string_view::npos ? unit : unit.substr(mark + 1);
  if (stated != unit && (stated.empty() || stated != brief)) return std::nullopt;
  return parse_number(text.substr(0, space));
}

Given given_for(const Node& node, const Request& request) {
  switch (node.operand) {
    case Operand::kSpatial: return {request.region, {}};
    case Operand::kNetworkAddress: return {request.address, {}};
    case Operand::kPhysicalAddress: return {request.physical_address, {}};
    case Operand::kPurpose: return {request.purpose, {}};
    case Operand::kRecipient: return {request.recipient, {}};
    case Operand::kConnector: return {request.connector, {}};
    case Operand::kSecurityLevel: return {request.security_level, {}};
    case Operand::kRole: return {request.role, {}};
    case Operand::kParticipantRegion: return {request.participant_region, {}};
    case Operand::kApplication: return {request.application, request.application_hash};
    case Operand::kAlgorithm: return {request.algorithm, request.algorithm_hash};
    case Operand::kModel: return {request.model, {}};
    case Operand::kEnvironment: return {environment_code(request.environment), {}};
    case Operand::kEncryptMode: return {request.encrypt_mode, {}};
    case Operand::kDelivery: return {request.delivery, {}};
    default: return {};
  }
}

// The length of a stated time against the one on the right; months only against months.
Truth evaluate_stated_length(const Node& node, std::string_view text, const CompiledValue& value) {
  const auto length = parse_duration(text);
  if (!length || length->months != 0 || value.months != 0) return Truth::kUnknown;
  return truth(compare(length->exact.count(), node.op, value.low));
}

Truth evaluate_stated(const ProgramData& data, const Node& node, const Request& request, RuleKind strict) {
  const Stated stated = stated_for(node, request);
  if (stated.count == 0 || stated.too_many) return Truth::kUnknown;
  const std::span<const std::string_view> values(stated.values.data(), stated.count);
  const bool set = node.type == ValueType::kText || node.type == ValueType::kRegion;
  if (set) return evaluate_set(data, node, values, {}, strict);
  if (stated.count > 1) return Truth::kUnknown;
  switch (node.type) {
    case ValueType::kNumber: {
      const auto number = number_in(values[0], node.source->unit);
      return number ? evaluate_number(*number, node.op, values_of(data, node)) : Truth::kUnknown;
    }
    case ValueType::kTime: {
      const auto times = parse_times(values[0]);
      return times ? evaluate_time(times->low, node.op, values_of(data, node)) : Truth::kUnknown;
    }
    case ValueType::kDuration: return evaluate_stated_length(node, values[0], data.values[node.items.first]);
    case ValueType::kAddress: return evaluate_address(data, node, values[0]);
    default: return Truth::kUnknown;
  }
}

Truth evaluate_atom(const ProgramData& data, const Node& node, const Request& request, RuleKind strict) {
  if (node.absorbed) return Truth::kTrue;
  if (!node.readable) return Truth::kUnknown;
  if (node.operand == Operand::kDateTime) return evaluate_time(request.now.value(), node.op, values_of(data, node));
  if (node.counter != kNone) return evaluate_counter(data, node, request);
  if (node.operand == Operand::kDelayPeriod) return evaluate_duration(data, node, request);
  if (node.operand == Operand::kDataField) {
    return request.fields.empty() ? Truth::kUnknown : evaluate_set(data, node, request.fields, {}, strict);
  }
  const Given given = given_for(node, request);
  if (given.text.empty()) {
    return request.attributes.empty() ? Truth::kUnknown : evaluate_stated(data, node, request, strict);
  }
  if (node.type == ValueType::kAddress) return evaluate_address(data, node, given.text);
  return evaluate_set(data, node, std::array<std::string_view, 1>{given.text}, given.hash, strict);
}

}  // namespace

std::string given_text(const Node& node, const Request& request) {
  const std::int64_t counter = counter_of(node, request);
  switch (node.operand) {
    case Operand::kDateTime: return format_iso8601(request.now);
    case Operand::kCount:
    case Operand::kFrequency: return counter < 0 ? "" : std::to_string(saturated(counter, request.uses));
    case Operand::kDataSize:
      return counter < 0 || !request.bytes ? "" : std::to_string(saturated(counter, *request.bytes));
    case Operand::kPayAmount: return counter < 0 ? "" : wire::format_number(static_cast<double>(counter) / 10000);
    case Operand::kElapsedTime:
    case Operand::kTimeInterval: return counter <= 0 ? "" : format_iso8601(Timestamp(counter));
    case Operand::kDelayPeriod: return request.agreed_at ? format_iso8601(*request.agreed_at) : "";
    case Operand::kDataField: {
      std::string out;
      for (const std::string_view field : request.fields) out.append(out.empty() ? "" : ", ").append(field);
      return out;
    }
    default: break;
  }
  std::string out(given_for(node, request).text);
  if (!out.empty()) return out;
  const Stated stated = stated_for(node, request);
  for (std::size_t i = 0; i < stated.count; ++i) out.append(out.empty() ? "" : ", ").append(stated.values[i]);
  return out;
}

Truth is_part_of(const ProgramData& data, std::string_view member, std::string_view collection,
                 const Request& request) {
  for (const auto& [key, value] : request.attributes) {
    if (key == kPartOf && value == collection) return Truth::kTrue;
  }
  std::vector<std::string_view> known = {member};
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == collection) return Truth::kTrue;
    for (const auto& [part, whole] : data.members) {
      if (part == known[i] && std::find(known.begin(), known.end(), whole) == known.end()) known.push_back(whole);
    }
  }
  return Truth::kUnknown;  // nobody says what is not part of a collection
}

// The moment from which on a constraint on time holds; nothing for every other.
std::optional<std::int64_t> holds_since(const ProgramData& data, const Node& node, const Request& request) {
  const bool later = node.op == Operator::kGt || node.op == Operator::kGteq;
  if (node.kind != ConstraintKind::kAtom || !later || !node.readable) return std::nullopt;
  const CompiledValue& value = data.values[node.items.first];
  if (node.operand == Operand::kDateTime) return node.op == Operator::kGt ? value.high : value.low;
  if (node.operand != Operand::kDelayPeriod || !request.agreed_at) return std::nullopt;
  CalendarDuration length;
  length.exact = Milliseconds(value.low);
  length.months = value.months;
  return add(*request.agreed_at, length).value();
}

// Whether the parts of a sequence came true in an order that cannot be the one asked for.
// docs/decisions/0045-sequences.md
bool came_in_wrong_order(const ProgramData& data, const Node& node, const Request& request) {
  std::int64_t last = INT64_MIN;
  for (std::uint32_t i = 0; i < node.items.count; ++i) {
    const auto since = holds_since(data, data.nodes[node.items.first + i], request);
    if (since && *since < last) return true;
    last = since.value_or(last);
  }
  return false;
}

Truth evaluate(const ProgramData& data, const Node& node, const Request& request, RuleKind strict) {
  if (node.kind == ConstraintKind::kAtom) return evaluate_atom(data, node, request, strict);
  std::uint32_t holds = 0;
  std::uint32_t fails = 0;
  for (std::uint32_t i = 0; i < node.items.count; ++i) {
    const Truth part = evaluate(data, data.nodes[node.items.first + i], request, strict);
    holds += part == Truth::kTrue;
    fails += part == Truth::kFalse;
  }
  const bool all_known = holds + fails == node.items.count;
  switch (node.kind) {
    case ConstraintKind::kAnd:
    case ConstraintKind::kAndSequence:
      if (fails > 0) return Truth::kFalse;
      if (node.kind == ConstraintKind::kAndSequence && came_in_wrong_order(data, node, request)) return Truth::kFalse;
      return all_known ? Truth::kTrue : Truth::kUnknown;
    case ConstraintKind::kOr:
      if (holds > 0) return Truth::kTrue;
      return all_known ? Truth::kFalse : Truth::kUnknown;
    case ConstraintKind::kXone:
      if (holds > 1) return Truth::kFalse;
      return all_known ? truth(holds == 1) : Truth::kUnknown;
    case ConstraintKind::kAtom: break;
  }
  return Truth::kUnknown;
}

}  // namespace weir::policy
