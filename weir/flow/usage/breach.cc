// SPDX-License-Identifier: Apache-2.0
// A prohibition that was broken outside what a node can prevent: its remedies become owed.
#include <algorithm>
#include <utility>

#include "weir/flow/usage/impl.h"
#include "weir/store/outbox.h"
#include "weir/wire/json.h"

namespace weir::flow::usage {

using wire::Json;

namespace {

constexpr std::size_t kWhatBytes = 2000;
constexpr std::size_t kIdBytes = 400;

}  // namespace

Result<Breach> parse_breach(const Json& json) {
  Breach out{.rule = json.text_or("rule", ""), .what = json.text_or("what", ""), .id = json.text_or("breach", "")};
  const bool good = !out.rule.empty() && out.rule.size() <= kIdBytes && !out.what.empty() &&
                    out.what.size() <= kWhatBytes && out.id.size() <= kIdBytes;
  if (good) return out;
  return Error(Errc::kInvalidArgument, "a breach names the rule that was broken, and what happened")
      .because("usage.bad_breach")
      .advise(R"(for instance {"rule": "…#prohibition-1", "what": "found on a public server"})");
}

// The consumer owes the remedies; the provider's log knows of the breach.
Result<> Service::Impl::note_breach(store::Tx& tx, const Terms& terms, const Breach& breach, std::string_view actor) {
  const Timestamp now = parts.clock.now();
  WEIR_TRY_LET(const auto owed, usage::obligations_of(tx, terms.agreement));
  if (std::any_of(owed.begin(), owed.end(), [&](const auto& each) { return each.use == breach.id; })) return {};
  WEIR_TRY_LET(const policy::Program program, program_of(terms));
  const auto remedies = policy::remedies_of(program, breach.rule);
  if (!remedies || remedies->empty()) {
    return Error(Errc::kNotFound, "the terms have no prohibition '" + cut(breach.rule, 200) + "' with a remedy")
        .because("usage.no_remedy");
  }
  Json ids = Json::array();
  for (policy::Obligation remedy : *remedies) {
    ids.push(remedy.id);
    if (!terms.obliged) continue;
    remedy.when = policy::Timing::kAfter;  // it is owed now, whatever its action
    WEIR_TRY(owe(tx, terms, remedy, breach.id, policy::due_time(remedy, now).value_or(now), now));
  }
  auto broken = entry("usage.breached", terms, actor, now);
  broken.process = breach.id;
  broken.body =
      Json::object({{"rule", breach.rule}, {"what", cut(breach.what, kWhatBytes)}, {"remedies", std::move(ids)}});
  WEIR_TRY(parts.log.append(tx, broken));
  return {};
}

Result<> Service::record_breach(std::string_view agreement, Breach breach, std::string_view actor) {
  breach.id = impl_->parts.random.uuid();
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Terms terms, lock_terms(tx, agreement));
    WEIR_TRY(impl_->note_breach(tx, terms, breach, actor));
    if (terms.obliged || terms.peer_address.empty()) return {};
    store::OutboxMessage message;
    message.lane = "usage:" + terms.agreement;
    message.peer = terms.peer;
    message.address = terms.peer_address;
    message.path = std::string(kBreachPath);
    message.body =
        Json::object(
            {{"contractId", terms.contract}, {"breach", breach.id}, {"rule", breach.rule}, {"what", breach.what}})
            .canonical();
    WEIR_TRY(store::enqueue(tx, message));
    return {};
  });
}

Result<> Service::accept_breach(std::string_view agreement, const Breach& breach, std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Terms terms, lock_terms(tx, agreement));
    if (!terms.obliged) {
      return Error(Errc::kForbidden, "the one who gave the data owes no remedy").because("usage.not_obliged");
    }
    WEIR_TRY(impl_->note_breach(tx, terms, breach, actor));
    return {};
  });
}

}  // namespace weir::flow::usage
