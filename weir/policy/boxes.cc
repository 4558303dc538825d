// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/boxes.h"

#include <utility>

#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

constexpr std::size_t kBoxesMax = 64;

// What is left of the values wanted by both; of values that contain one another, the narrower.
void want(Axis& axis, const std::set<std::string>& values) {
  if (!axis.wanted) {
    axis.wanted = values;
    return;
  }
  std::set<std::string> left;
  for (const std::string& a : *axis.wanted) {
    for (const std::string& b : values) {
      if (a == b || (axis.nests && region_contains(b, a)))
        left.insert(a);
      else if (axis.nests && region_contains(a, b))
        left.insert(b);
    }
  }
  axis.wanted = std::move(left);
}

std::int64_t next(std::int64_t value) { return value == INT64_MAX ? value : value + 1; }

// Where an atom's operand stands on a line, and the two ends of its value there.
std::optional<Interval> place(const Constraint& atom, const OperandTerm& term) {
  if (atom.right.size() != 1) return std::nullopt;
  const std::string& text = atom.right[0].text;
  switch (term.type) {
    case ValueType::kNumber:
      if (const auto number = parse_number(text)) {
        // Counts are whole numbers: between 5 and 6 there is nothing.
        const std::int64_t step = term.operand == Operand::kCount ? kNumberScale : 1;
        return Interval{*number / step, next(*number / step)};
      }
      return std::nullopt;
    case ValueType::kBytes:
      if (const auto bytes = parse_bytes(text, atom.unit)) return Interval{*bytes, next(*bytes)};
      return std::nullopt;
    case ValueType::kTime:
      if (const auto times = parse_times(text)) return Interval{times->low, times->high};
      return std::nullopt;
    case ValueType::kDuration:
      if (const auto length = parse_duration(text); length.ok()) {
        const std::int64_t ms = length->exact.count() + length->months * 30LL * 86400000;
        return Interval{ms, next(ms)};
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

std::optional<Interval> interval_of(const Constraint& atom, const OperandTerm& term) {
  const auto value = place(atom, term);
  if (!value) return std::nullopt;
  Interval out;
  switch (atom.op) {
    case Operator::kLt: out.high = value->low; break;
    case Operator::kLteq: out.high = value->high; break;
    case Operator::kGt: out.low = value->high; break;
    case Operator::kGteq: out.low = value->low; break;
    case Operator::kIsPartOf:
    case Operator::kEq:
      out = *value;
      // A length of time "of" P3M is anything up to three months.
      if (term.type == ValueType::kDuration) out.low = INT64_MIN;
      break;
    default: return std::nullopt;
  }
  // Nothing is counted below what the first use makes it.
  if (term.operand == Operand::kCount) out.low = std::max<std::int64_t>(out.low, 1);
  if (term.operand == Operand::kDataSize || term.operand == Operand::kPrivacyBudget ||
      term.type == ValueType::kDuration)
    out.low = std::max<std::int64_t>(out.low, 0);
  return out;
}

void add_atom(Box& box, const Constraint& atom) {
  const OperandTerm* term = find_operand(atom.left);
  const std::string name = (term == nullptr ? atom.left : std::string(term->name)) + "|" + atom.unit;
  Axis& axis = box.axes[name];
  if (term != nullptr) {
    if (const auto interval = interval_of(atom, *term)) {
      axis.interval = axis.interval.meet(*interval);
      axis.limited = true;
      return;
    }
    // Regions and addresses contain one another: only of two places apart it is sure that nothing is in both.
    axis.nests = term->type == ValueType::kRegion;
    if (axis.nests) box.exact = false;
    if (!axis.nests && term->type != ValueType::kText) {
      box.exact = false;
      return;
    }
  }
  std::set<std::string> values;
  for (const Literal& literal : atom.right) values.insert(literal.text);
  switch (atom.op) {
    case Operator::kIsA:
    case Operator::kIsPartOf:
      if (!axis.nests) break;
      want(axis, values);
      return;
    case Operator::kEq:
    case Operator::kIsAnyOf:
      if (atom.op == Operator::kEq && values.size() != 1) break;
      want(axis, values);
      return;
    case Operator::kNeq:
    case Operator::kIsNoneOf:
      if (!axis.nests) axis.unwanted.merge(values);
      return;
    default: break;
  }
  box.exact = false;
}

std::vector<Box> product(const std::vector<Box>& a, const std::vector<Box>& b) {
  std::vector<Box> out;
  for (const Box& left : a) {
    for (const Box& right : b) {
      if (out.size() == kBoxesMax) {
        out.back().exact = false;
        return out;
      }
      Box both = left;
      both.exact &= right.exact;
      for (const auto& [name, axis] : right.axes) {
        Axis& into = both.axes[name];
        into.interval = into.interval.meet(axis.interval);
        into.limited |= axis.limited;
        into.nests |= axis.nests;
        into.unwanted.insert(axis.unwanted.begin(), axis.unwanted.end());
        if (axis.wanted) want(into, *axis.wanted);
      }
      out.push_back(std::move(both));
    }
  }
  return out;
}

}  // namespace

std::vector<Box> boxes_of(const Constraint& constraint) {
  switch (constraint.kind) {
    case ConstraintKind::kAtom: {
      Box box;
      add_atom(box, constraint);
      return {std::move(box)};
    }
    case ConstraintKind::kAnd:
    case ConstraintKind::kAndSequence: return boxes_of(constraint.parts);
    case ConstraintKind::kOr:
    case ConstraintKind::kXone: {
      std::vector<Box> out;
      for (const Constraint& part : constraint.parts) {
        for (Box& box : boxes_of(part)) {
          if (constraint.kind == ConstraintKind::kXone) box.exact = false;
          if (out.size() < kBoxesMax)
            out.push_back(std::move(box));
          else
            out.back().exact = false;
        }
      }
      return out;
    }
  }
  return {Box{}};
}

std::vector<Box> boxes_of(const std::vector<Constraint>& constraints) {
  std::vector<Box> out = {Box{}};
  for (const Constraint& each : constraints) out = product(out, boxes_of(each));
  return out;
}

std::optional<std::string> emptied(const Box& box) {
  for (const auto& [name, axis] : box.axes) {
    const std::string operand = name.substr(0, name.rfind('|'));
    if (axis.limited && axis.interval.empty()) return operand;
    if (!axis.wanted) continue;
    const auto usable = [&](const std::string& each) { return !axis.unwanted.contains(each); };
    if (std::none_of(axis.wanted->begin(), axis.wanted->end(), usable)) return operand;
  }
  return std::nullopt;
}

bool overlap(const Box& a, const Box& b) {
  const auto both = product({a}, {b});
  return !emptied(both[0]);
}

bool covers(const Box& outer, const Box& inner) {
  if (!outer.exact) return false;
  for (const auto& [name, axis] : outer.axes) {
    const auto found = inner.axes.find(name);
    const Axis* other = found == inner.axes.end() ? nullptr : &found->second;
    if (axis.limited && (other == nullptr || !axis.interval.covers(other->interval))) return false;
    if (axis.wanted) {
      if (other == nullptr || !other->wanted) return false;
      if (!std::includes(axis.wanted->begin(), axis.wanted->end(), other->wanted->begin(), other->wanted->end()))
        return false;
    }
    for (const std::string& value : axis.unwanted) {
      const bool excluded =
          other != nullptr && (other->unwanted.contains(value) || (other->wanted && !other->wanted->contains(value)));
      if (!excluded) return false;
    }
  }
  return true;
}

}  // namespace weir::policy
