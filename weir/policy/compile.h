// Compile: policies into a flat program that decides in well under a microsecond.
//
// A Program is immutable: share it among threads. What this node cannot evaluate compiles too, into terms that deny.
// Thread-safety: values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/policy/policy.h"

namespace weir::policy {

enum class CounterKind : std::uint8_t {
  kUses = 1,      // how often the rule was used, ever or in the current window
  kBytes = 2,     // bytes released under the rule, ever or in the current window
  kFirstUse = 3,  // ms since 1970 of the first use; 0 if there was none
  kLastUse = 4,   // ms since 1970 of the last use; 0 if there was none
  kPaid = 5,      // paid under the agreement, in ten-thousandths of the unit
};
std::string_view name_of(CounterKind kind);  // "uses", "bytes", "first_use", "last_use", "paid"

// A durable number that the program needs to be told, by its place in Request::counters.
struct Counter {
  CounterKind kind;
  std::string rule;         // id of the rule it counts for; empty for kPaid
  std::string window_text;  // "P1D"; empty if it counts for ever
  CalendarDuration window;
  std::string unit;         // currency of kPaid
  std::string key() const;  // "uses/P1D": unique within the rule
};

struct ProgramData;

class Program {
 public:
  Program();
  explicit Program(std::shared_ptr<const ProgramData> data);
  std::span<const Counter> counters() const;
  std::size_t rule_count() const;
  const ProgramData& data() const { return *data_; }

 private:
  std::shared_ptr<const ProgramData> data_;
};

// Fails with kExhausted ("policy.too_large") past limits::kPolicyRulesMax rules in all, kConstraintDepthMax, or 16
// duties a rule; with kInvalidArgument ("policy.duplicate_rule") if two rules have one id.
Result<Program> compile(std::span<const Policy> policies);
Result<Program> compile(const Policy& policy);

}  // namespace weir::policy
