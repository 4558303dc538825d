// decision: one decision on a compiled policy of ten rules, beside an empty virtual call.
//
// Budget: at most 500 ns a decision (2 M/s a core). Sketch: the action is found by a binary search over 80 names (50 ns),
// the rules of the action by one table look-up, each constraint is one comparison (5 to 10 ns), and a plain allow
// allocates nothing.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "bench/bench.h"
#include "weir/policy/decide.h"
#include "weir/policy/terms.h"

namespace weir::bench {
namespace {

class Nothing {
 public:
  virtual ~Nothing() = default;
  virtual std::int64_t call(std::int64_t x) const = 0;
};
class Empty final : public Nothing {
 public:
  std::int64_t call(std::int64_t x) const override { return x; }
};

// Eight permissions, two prohibitions: counts, dates, purposes, regions, addresses, environments, columns, duties.
Result<policy::Policy> ten_rules() {
  constexpr std::string_view kLines[] = {
      "action=read, count<=1000000, until=2099-01-01, purpose=research|teaching, log",
      "action=print, count<=3",
      "action=compute, env=tee|mpc, field=a|b|c",
      "action=read, region=35|11, purpose=audit",
      "action=delivery, delivery=api, rate<=100000/day",
      "action=transform, within=P365D",
      "action=access, address=10.0.0.0/8",
      "action=reproduce, volume<=10GB, delete=P7D"};
  policy::Policy out;
  out.id = "urn:bench";
  for (const std::string_view line : kLines) {
    WEIR_TRY_LET(const policy::Policy terms, policy::parse_terms(line));
    out.permissions.insert(out.permissions.end(), terms.permissions.begin(), terms.permissions.end());
  }
  out.prohibitions.push_back(policy::rule("distribute"));
  out.prohibitions.push_back(
      policy::rule("use", {policy::constraint("purpose", policy::Operator::kIsAnyOf, std::vector<std::string>{"marketing", "resale"})}));
  return policy::make_agreement(std::move(out), "urn:bench", "product", "provider", "consumer");
}

struct Scene {
  policy::Program program;
  std::vector<std::int64_t> counters;
  policy::Request request;
};

double decisions_per_second(const Scene& scene, std::int64_t rounds, policy::Effect expected) {
  std::int64_t right = 0;
  const double us = cpu_microseconds_of([&] {
    for (std::int64_t i = 0; i < rounds; ++i) {
      policy::Request request = scene.request;
      request.now = after(request.now, Milliseconds(i & 1023));
      right += policy::decide(scene.program, request).effect == expected;
    }
  });
  return right == rounds ? static_cast<double>(rounds) / us * 1e6 : 0;
}

}  // namespace

Result<Figures> run_decision(const Options& options) {
  const std::int64_t rounds = options.number("rounds", 2'000'000);
  WEIR_TRY_LET(const policy::Policy policy, ten_rules());
  Scene scene;
  WEIR_TRY_LET(scene.program, policy::compile(policy));
  scene.counters.assign(scene.program.counters().size(), 5);
  scene.request.now = Timestamp(1767225600000);
  scene.request.product = "product";
  scene.request.participant = "consumer";
  scene.request.purpose = "research";
  scene.request.address = "10.1.2.3";
  scene.request.environment = "tee";
  scene.request.counters = scene.counters;

  const Empty empty;
  const Nothing* volatile opaque = &empty;
  std::int64_t sum = 0;
  const double empty_us = cpu_microseconds_of([&] {
    for (std::int64_t i = 0; i < rounds * 10; ++i) sum += opaque->call(i);
  });
  const double calls = sum >= 0 ? static_cast<double>(rounds * 10) / empty_us * 1e6 : 0;

  Figures out;
  const auto measure = [&](const char* name, std::string_view action, std::string_view purpose, policy::Effect effect) {
    Scene one = scene;
    one.request.counters = one.counters;
    one.request.action = action;
    one.request.purpose = purpose;
    const double rate = decisions_per_second(one, rounds, effect);
    out.push_back({name, rate, "1/s", "empty_virtual_calls", calls, at_least(2e6)});
  };
  using policy::Effect;
  measure("allow", "read", "research", Effect::kAllow);
  measure("allow_address", policy::actions::kAccess, "research", Effect::kAllow);
  measure("deny_by_default", "sell", "research", Effect::kDeny);
  measure("deny_by_prohibition", "read", "marketing", Effect::kDeny);
  measure("deny_by_constraint", "read", "leisure", Effect::kDeny);
  return out;
}

}  // namespace weir::bench
