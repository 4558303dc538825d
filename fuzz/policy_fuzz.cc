// Policies: both forms. What is read is written so that it reads back the same; every policy can be validated, searched
// for conflicts, explained, compiled, and decides without an answer that opens what a prohibition closes.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/policy/conflict.h"
#include "weir/policy/decide.h"
#include "weir/policy/explain.h"
#include "weir/policy/inherit.h"
#include "weir/policy/odrl.h"
#include "weir/policy/tc609.h"
#include "weir/policy/terms.h"
#include "weir/policy/validate.h"

namespace {

using namespace weir::policy;

void decide_all(const Policy& policy) {
  const auto program = compile(policy);
  if (!program) return;
  const std::vector<std::int64_t> counters(program->counters().size(), 2);
  const std::string_view fields[] = {"a", "b"};
  for (const std::string_view action : {"use", "read", "distribute", "ex:other"}) {
    Request request;
    request.now = weir::Timestamp(1767225600000);
    request.action = action;
    request.product = policy.targets.empty() ? std::string_view("p") : std::string_view(policy.targets[0].id);
    request.participant = "b";
    request.purpose = "research";
    request.region = "350200";
    request.address = "10.0.0.1";
    request.environment = "tee";
    request.fields = fields;
    request.bytes = 10;
    request.counters = counters;
    const Decision decision = decide(*program, request);
    WEIR_CHECK(!reasons(*program, request, decision).empty());
    for (const Obligation& owed : obligations(*program, decision)) (void)due_time(owed, request.now);
    (void)consumption(*program, request, decision);
    Policy closed = policy;
    closed.prohibitions.push_back(rule(std::string(action)));
    closed.prohibitions.back().id = "urn:fuzz:closed";
    closed.conflict.clear();
    if (const auto shut = compile(closed)) WEIR_CHECK(decide(*shut, request).effect == Effect::kDeny);
  }
}

void check_policy(const Policy& policy) {
  const auto again = parse_odrl(to_odrl(policy));
  WEIR_CHECK(again.ok() && *again == policy);
  (void)validate(policy);
  (void)find_conflicts(std::span(&policy, 1), weir::Timestamp(1767225600000));
  (void)explain(policy);
  (void)format_terms(policy);
  (void)one_action_a_rule(policy);
  decide_all(policy);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = weir::wire::parse_json(text);
  if (!json) return 0;
  if (const auto policy = parse_odrl_document(*json)) check_policy(*policy);
  if (const auto policy = parse_odrl(*json)) {
    check_policy(*policy);
    (void)to_tc609(*policy);
  }
  if (const auto policy = parse_tc609(*json)) {
    const Converted written = to_tc609(*policy);
    for (const Loss& loss : written.losses) WEIR_CHECK(loss.kind == LossKind::kExtension);
    const auto again = parse_tc609(written.json);
    WEIR_CHECK(again.ok() && *again == *policy);
    decide_all(*policy);
  }
  return 0;
}
