// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/limits.h"

#include <algorithm>
#include <map>

#include "weir/policy/program.h"

namespace weir::policy {

std::vector<Limit> limits(const Program& program) {
  const ProgramData& data = program.data();
  std::map<std::uint16_t, std::int64_t> least;
  for (const Node& node : data.nodes) {
    if (node.counter == kNone || node.items.count != 1) continue;
    if (node.op != Operator::kLteq && node.op != Operator::kLt) continue;
    const CounterKind kind = data.counters[node.counter].kind;
    if (kind != CounterKind::kUses && kind != CounterKind::kBytes) continue;
    const std::uint16_t owner = data.counter_owner[node.counter];
    if (owner == kNone || data.rules[owner].kind != RuleKind::kPermission) continue;
    std::int64_t most = data.values[node.items.first].low;
    const bool below = node.op == Operator::kLt;
    if (node.operand == Operand::kCount) {
      most = (most - (below ? 1 : 0)) / kNumberScale;
    } else if (below) {
      --most;
    }
    const auto [at, fresh] = least.try_emplace(node.counter, most);
    if (!fresh) at->second = std::min(at->second, most);
  }
  std::vector<Limit> out;
  for (const auto& [counter, most] : least) out.push_back({counter, most});
  return out;
}

std::optional<std::int64_t> privacy_budget(const Program& program) {
  const ProgramData& data = program.data();
  std::optional<std::int64_t> out;
  for (const Node& node : data.nodes) {
    if (node.operand != Operand::kPrivacyBudget || !node.readable || node.items.count != 1) continue;
    if (node.op != Operator::kLteq && node.op != Operator::kLt) continue;
    const std::int64_t most = data.values[node.items.first].low - (node.op == Operator::kLt ? 1 : 0);
    out = std::min(out.value_or(most), most);
  }
  return out;
}

}  // namespace weir::policy
