// Program: the flat form of policies that decide() walks. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/policy/compile.h"
#include "weir/policy/decide.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {

inline constexpr std::uint16_t kNone = 0xFFFF;

// A run of items in one of the flat vectors.
struct Range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct CompiledValue {
  std::string_view text;  // of the source policy
  std::int64_t low = 0;   // number, bytes, rate, start of a time, exact ms of a duration
  std::int64_t high = 0;  // end of a time
  std::int32_t months = 0;
  std::string_view hash;  // of an application or algorithm: "id@hash"
  AddressBlock block{};
};

struct Node {
  ConstraintKind kind = ConstraintKind::kAtom;
  Operand operand = Operand::kUnknown;
  Operator op = Operator::kEq;
  ValueType type = ValueType::kText;
  bool readable = false;  // false: no value of it can be known, it denies
  bool absorbed = false;  // a time window that says what the rate beside it says: holds
  std::uint16_t counter = kNone;
  Range items;  // values of an atom, nodes of a tree
  std::string_view name;  // of an atom: its operand as the vocabulary names it
  const Constraint* source = nullptr;
};

// "This action", "this target", "this party", each perhaps narrowed.
struct Selector {
  std::string_view text;
  ActionId action = kUnknownAction;
  bool collection = false;  // of assets or parties: others may be part of it
  Range refinements;        // nodes
};

struct CompiledDuty {
  std::string id;
  std::string rule;    // id of the rule it hangs on
  const Rule* source = nullptr;
  Timing timing = Timing::kBefore;
  bool standing = false;
  bool deletes = false;
  Range assignees;     // selectors, of an obligation of the policy; empty: everybody's
  Range conditions;    // nodes that say whether it is owed
  std::int64_t deadline_high = INT64_MAX;  // a fixed date by which the data must be gone
  std::vector<std::string> consequences;
};

struct CompiledRule {
  std::string id;
  RuleKind kind = RuleKind::kPermission;
  Range actions;    // selectors
  Range targets;
  Range assignees;
  Range constraints;  // nodes
  Range duties;       // duties
  bool knows_action = true;        // false: a prohibition of an action that this node does not know
  const Rule* source = nullptr;    // null: the policy inherits from one that is not here
};

// What beats what where a permission and a prohibition both hold. docs/decisions/0044-conflict-strategies.md
enum class Strategy : std::uint8_t { kProhibit, kPermit };

struct ProgramData {
  std::vector<Policy> policies;  // the views and pointers above point into these
  std::vector<CompiledRule> rules;
  std::vector<Selector> selectors;
  std::vector<Node> nodes;
  std::vector<CompiledValue> values;
  std::vector<CompiledDuty> duties;
  std::vector<CompiledDuty> sub_duties;  // remedies and consequences, found by id only
  Range obligations;                     // duties of the policies themselves
  std::vector<Counter> counters;
  std::vector<std::pair<std::string_view, std::string_view>> members;  // what the policies say is part of what
  Strategy strategy = Strategy::kProhibit;
  Text is_void;                              // why nothing is decided by these policies; empty if something is
  std::vector<std::uint16_t> counter_owner;  // rule; kNone: consumed by every allowed use, or never (kPaid)
  // Rules that speak of an action, by ActionId; the last entry is for actions in no table.
  std::array<Range, kActionsMax + 1> permissions_of;
  std::array<Range, kActionsMax + 1> prohibitions_of;
  std::vector<std::uint16_t> rule_lists;
};

enum class Truth : std::uint8_t { kFalse, kUnknown, kTrue };

// Items of findings that are no node.
inline constexpr std::uint16_t kTooLate = kNone - 1;
inline constexpr std::uint16_t kMembership = kNone - 2;

// Whether an asset or a party is known to be part of a collection: the policies say so, or the request does.
Truth is_part_of(const ProgramData& data, std::string_view member, std::string_view collection, const Request& request);

// Evaluates one node. `strict` is the reading that denies more where a request names several values at once:
// a permission must hold for all of them, a prohibition applies if it holds for one.
Truth evaluate(const ProgramData& data, const Node& node, const Request& request, RuleKind strict);

// The type of the value of a constraint; its values, read; whether an operator means something for them.
ValueType value_type(const OperandTerm* term, const Constraint& constraint);
void fill_value(CompiledValue& value, Node& node, const Literal& literal, std::string_view unit);
bool has_meaning(Operator op, ValueType type, Operand operand);

// How the policies together settle conflicts, and why they are void if they are.
Strategy strategy_of(std::span<const Policy> policies);
Text why_void(std::span<const Policy> policies);

// What the request gave for the operand of a node, for people; empty if it gave nothing.
std::string given_text(const Node& node, const Request& request);

}  // namespace weir::policy
