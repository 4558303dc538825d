// SPDX-License-Identifier: Apache-2.0
// What stands on the right of a constraint, read once; and which operators mean something for it.
#include "weir/policy/program.h"

namespace weir::policy {

ValueType value_type(const OperandTerm* term, const Constraint& constraint) {
  if (term != nullptr) return term->type;
  return constraint.right.empty() ? ValueType::kText : type_of(constraint.right[0]);
}

void fill_value(CompiledValue& value, Node& node, const Literal& literal, std::string_view unit) {
  value.text = literal.text;
  if (!is_readable(literal, node.type, unit)) {
    node.readable = false;
    return;
  }
  switch (node.type) {
    case ValueType::kText: {
      if (node.operand == Operand::kEnvironment) value.text = environment_code(literal.text);
      const std::size_t mark = literal.text.find('@');
      const bool hashed = node.operand == Operand::kApplication || node.operand == Operand::kAlgorithm;
      if (hashed && mark != std::string::npos && mark > 0) {
        value.hash = std::string_view(literal.text).substr(mark + 1);
        value.text = std::string_view(literal.text).substr(0, mark);
      }
      return;
    }
    case ValueType::kRegion: return;
    case ValueType::kNumber:
      if (const auto number = parse_number(literal.text))
        value.low = *number;
      else if (node.operand == Operand::kCount)
        value.low = parse_rate(literal.text)->count * kNumberScale;
      else
        node.readable = false;
      return;
    case ValueType::kTime: {
      const auto times = parse_times(literal.text);
      value.low = times->low;
      value.high = times->high;
      return;
    }
    case ValueType::kDuration: {
      const auto duration = parse_duration(literal.text);
      value.low = duration->exact.count();
      value.months = duration->months;
      return;
    }
    case ValueType::kBytes: value.low = *parse_bytes(literal.text, unit); return;
    case ValueType::kRate: value.low = parse_rate(literal.text)->count; return;
    case ValueType::kAddress: value.block = *parse_address(literal.text); return;
  }
}

// Which operators mean something for a type; the others cannot be evaluated.
bool has_meaning(Operator op, ValueType type, Operand operand) {
  const bool ordered = op == Operator::kEq || op == Operator::kNeq || op == Operator::kLt || op == Operator::kLteq ||
                       op == Operator::kGt || op == Operator::kGteq;
  switch (type) {
    case ValueType::kTime:
      return ordered || op == Operator::kIsPartOf || op == Operator::kIsA || op == Operator::kIsAnyOf ||
             op == Operator::kIsNoneOf;
    case ValueType::kNumber: return ordered || op == Operator::kIsAnyOf || op == Operator::kIsNoneOf;
    case ValueType::kBytes:
    case ValueType::kRate: return ordered;
    case ValueType::kDuration:
      if (op == Operator::kNeq) return false;
      return ordered;
    case ValueType::kText:
    case ValueType::kRegion:
    case ValueType::kAddress: break;
  }
  const bool compares = op == Operator::kLt || op == Operator::kLteq || op == Operator::kGt || op == Operator::kGteq;
  return !compares && operand != Operand::kValueExpression && operand != Operand::kDataRecord;
}

}  // namespace weir::policy
