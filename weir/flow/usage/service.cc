// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/usage/service.h"

#include <algorithm>
#include <utility>

#include "weir/flow/usage/impl.h"
#include "weir/policy/odrl.h"
#include "weir/policy/validate.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/store/outbox.h"
#include "weir/wire/json.h"

namespace weir::flow::usage {
namespace {

using wire::Json;

constexpr std::size_t kTextBytes = 4000;
constexpr std::size_t kUnitBytes = 200;  // "CNY", or an IRI as ODRL writes them

Error wrong_state(const Terms& terms, std::string_view wanted) {
  return Error(Errc::kConflict, "usage: the terms of " + terms.agreement + " are " + std::string(name_of(terms.state)) +
                                    ", they cannot become " + std::string(wanted))
      .because("usage.wrong_state");
}

void set_policy(Terms& terms, const policy::Policy& policy, crypto::HashAlgorithm hash) {
  terms.policy = policy::to_odrl(policy).canonical();
  terms.policy_hash = policy::policy_hash(policy, hash);
}

// "100.0000" of ten-thousandths.
std::string amount_text(std::int64_t amount) {
  const std::string places = std::to_string(10000 + amount % 10000);
  return std::to_string(amount / 10000) + "." + places.substr(1);
}

}  // namespace

Service::Service(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Service::~Service() = default;

Result<policy::Program> Service::Impl::program_of(const Terms& terms) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = programs_.find(terms.policy_hash); found != programs_.end()) return found->second;
  }
  const auto corrupt = [&](const Error& error) {
    return Error(Errc::kCorrupt,
                 "usage: the stored policy of " + terms.agreement + ": " + std::string(error.message()));
  };
  const auto json = wire::parse_json(terms.policy);
  if (!json) return corrupt(json.error());
  const auto policy = policy::parse_odrl(*json);
  if (!policy) return corrupt(policy.error());
  // The hash is what both sides signed: a stored policy that does not have it is not theirs.
  if (policy::policy_hash(*policy, parts.hash) != terms.policy_hash) {
    return corrupt(Error(Errc::kCorrupt, "it is not what was agreed"));
  }
  WEIR_TRY_LET(policy::Program program, policy::compile(*policy));
  const std::lock_guard lock(mutex_);
  if (programs_.size() >= kProgramsMax) programs_.clear();
  programs_.emplace(terms.policy_hash, program);
  return program;
}

std::string Service::Impl::actor_or_node(std::string_view actor) const {
  return actor.empty() ? "node:" + parts.node : std::string(actor);
}

trust::evidence::Entry Service::Impl::entry(std::string_view kind, const Terms& terms, std::string_view actor,
                                            Timestamp now) const {
  trust::evidence::Entry out;
  out.kind = std::string(kind);
  out.time = now;
  out.actor = actor_or_node(actor);
  out.contract = terms.contract;
  out.product = terms.product;
  for (const std::string* party : {&terms.provider, &terms.consumer}) {
    if (!party->empty()) out.participants.push_back(*party);
  }
  return out;
}

Result<Terms> Service::adopt(store::Tx& tx, const NewTerms& given, std::string_view actor) {
  WEIR_TRY(policy::check(given.policy));
  const Timestamp now = impl_->parts.clock.now();
  Terms terms;
  terms.agreement = given.agreement;
  terms.contract = given.contract.empty() ? given.agreement : given.contract;
  terms.product = given.product;
  terms.provider = given.provider;
  terms.consumer = given.consumer;
  terms.peer = given.peer;
  terms.peer_address = given.peer_address;
  terms.obliged = given.obliged;
  terms.active_from = given.active_from.value_or(now);
  set_policy(terms, given.policy, impl_->parts.hash);
  WEIR_TRY_LET(const bool is_new, insert_terms(tx, terms));
  if (!is_new) {
    return Error(Errc::kConflict, "usage: agreement " + terms.agreement + " has terms already").because("usage.exists");
  }
  WEIR_TRY(save_policy(tx, terms, now, impl_->actor_or_node(actor)));
  auto entry = impl_->entry("usage.adopted", terms, actor, now);
  entry.body = Json::object({{"policyHash", terms.policy_hash},
                             {"policyVersion", terms.version},
                             {"activeFrom", format_iso8601(terms.active_from)}});
  WEIR_TRY(impl_->parts.log.append(tx, entry));
  return terms;
}

Result<Terms> Service::adopt(const NewTerms& terms, std::string_view actor) {
  return store::sql_write<Terms>(impl_->parts.sql,
                                 [&](store::Tx& tx) -> Result<Terms> { return adopt(tx, terms, actor); });
}

Result<Terms> Service::change(std::string_view agreement, const policy::Policy& policy, std::string_view actor) {
  WEIR_TRY(policy::check(policy));
  return store::sql_write<Terms>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Terms> {
    const Timestamp now = impl_->parts.clock.now();
    WEIR_TRY_LET(Terms terms, lock_terms(tx, agreement));
    if (terms.state == TermsState::kEnded) return wrong_state(terms, "changed");
    const std::string before = terms.policy_hash;
    terms.version += 1;
    set_policy(terms, policy, impl_->parts.hash);
    WEIR_TRY(save_policy(tx, terms, now, impl_->actor_or_node(actor)));
    auto entry = impl_->entry("usage.changed", terms, actor, now);
    entry.body = Json::object(
        {{"policyHash", terms.policy_hash}, {"policyVersion", terms.version}, {"previousHash", before}});
    WEIR_TRY(impl_->parts.log.append(tx, entry));
    return terms;
  });
}

Result<> Service::set_state(store::Tx& tx, std::string_view agreement, TermsState state, std::string_view why,
                            std::string_view actor) {
  WEIR_TRY_LET(Terms terms, lock_terms(tx, agreement));
  if (!may_change(terms.state, state)) return wrong_state(terms, name_of(state));
  WEIR_TRY(save_state(tx, agreement, state));
  auto entry = impl_->entry("usage.state", terms, actor, impl_->parts.clock.now());
  entry.body = Json::object({{"from", name_of(terms.state)}, {"to", name_of(state)}, {"why", cut(why, kTextBytes)}});
  WEIR_TRY(impl_->parts.log.append(tx, entry));
  return {};
}

//= TC609-6-2025-15#termination
Result<> Service::set_state(std::string_view agreement, TermsState state, std::string_view why,
                            std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) { return set_state(tx, agreement, state, why, actor); });
}

//= TC609-6-2025-15#inheritance
// Derived data inherit the policy of what they were made from.
Result<> Service::inherit(std::string_view agreement, std::string_view derived_product, std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    const Timestamp now = impl_->parts.clock.now();
    WEIR_TRY_LET(const Terms terms, lock_terms(tx, agreement));
    WEIR_TRY(insert_derived(tx, agreement, derived_product, now));
    auto entry = impl_->entry("usage.inherited", terms, actor, now);
    entry.body = Json::object({{"derivedProduct", derived_product}, {"policyHash", terms.policy_hash}});
    WEIR_TRY(impl_->parts.log.append(tx, entry));
    return {};
  });
}

Result<Terms> Service::find(std::string_view agreement) {
  return store::sql_read<Terms>(impl_->parts.sql, [&](store::Tx& tx) { return load_terms(tx, agreement); });
}

Result<std::vector<CounterState>> Service::counters(std::string_view agreement) {
  return store::sql_read<std::vector<CounterState>>(impl_->parts.sql,
                                                    [&](store::Tx& tx) { return load_counters(tx, agreement); });
}

Result<Payment> parse_payment(const Json& json) {
  const auto amount = policy::parse_number(json.text_or("amount", ""));
  Payment out{.amount = amount ? *amount / (policy::kNumberScale / 10000) : 0,
              .unit = json.text_or("unit", ""),
              .reference = json.text_or("reference", "")};
  const bool good = out.amount > 0 && !out.unit.empty() && out.unit.size() <= kUnitBytes && !out.reference.empty() &&
                    out.reference.size() <= kTextBytes;
  if (good) return out;
  return Error(Errc::kInvalidArgument, "a payment has an amount above zero, a unit and a reference")
      .because("usage.bad_payment")
      .advise(R"(for instance {"amount": "100.00", "unit": "CNY", "reference": "invoice 17"})");
}

// Whether it is new: told twice, it counts once.
Result<bool> Service::Impl::note_payment(store::Tx& tx, const Terms& terms, const Payment& payment,
                                         std::string_view actor) {
  const Timestamp now = parts.clock.now();
  WEIR_TRY_LET(const bool is_new,
               insert_payment(tx, terms.agreement, payment.amount, payment.unit, payment.reference, now));
  if (!is_new) return false;
  auto paid = entry("usage.paid", terms, actor, now);
  paid.body = Json::object(
      {{"tenThousandths", payment.amount}, {"unit", payment.unit}, {"reference", payment.reference}});
  WEIR_TRY(parts.log.append(tx, paid));
  return true;
}

Result<> Service::record_payment(std::string_view agreement, const Payment& payment, std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Terms terms, lock_terms(tx, agreement));
    if (terms.obliged) {
      return Error(Errc::kForbidden, "only the provider says that it was paid").because("usage.not_payee");
    }
    WEIR_TRY_LET(const bool is_new, impl_->note_payment(tx, terms, payment, actor));
    if (!is_new || terms.peer_address.empty()) return {};
    store::OutboxMessage message;
    message.lane = "usage:" + terms.agreement;
    message.peer = terms.peer;
    message.address = terms.peer_address;
    message.path = std::string(kPaymentPath);
    message.body = Json::object({{"contractId", terms.contract},
                                 {"amount", amount_text(payment.amount)},
                                 {"unit", payment.unit},
                                 {"reference", payment.reference}})
                       .canonical();
    WEIR_TRY(store::enqueue(tx, message));
    return {};
  });
}

Result<> Service::accept_payment(std::string_view agreement, const Payment& payment, std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Terms terms, lock_terms(tx, agreement));
    if (!terms.obliged) {
      return Error(Errc::kForbidden, "nothing is paid to the one who pays").because("usage.not_payer");
    }
    WEIR_TRY(impl_->note_payment(tx, terms, payment, actor));
    return {};
  });
}

Result<std::vector<OwedObligation>> Service::obligations_of(std::string_view agreement) {
  return store::sql_read<std::vector<OwedObligation>>(
      impl_->parts.sql, [&](store::Tx& tx) { return usage::obligations_of(tx, agreement); });
}

Result<std::optional<Timestamp>> Service::next_due(Timestamp after) {
  return store::sql_read<std::optional<Timestamp>>(impl_->parts.sql,
                                                   [&](store::Tx& tx) { return usage::next_due(tx, after); });
}

Result<> Service::fulfil(store::Tx& tx, std::string_view id, std::string_view proof, std::string_view actor) {
  const Timestamp now = impl_->parts.clock.now();
  WEIR_TRY_LET(const OwedObligation first, load_obligation(tx, id));
  WEIR_TRY_LET(const Terms terms, lock_terms(tx, first.agreement));
  WEIR_TRY_LET(const OwedObligation owed, load_obligation(tx, id));  // as it is now that the agreement is ours
  if (owed.state == ObligationState::kFulfilled) return {};
  if (owed.state == ObligationState::kCancelled) {
    return Error(Errc::kConflict, "usage: obligation " + owed.id + " is cancelled").because("usage.wrong_state");
  }
  WEIR_TRY(save_obligation(tx, id, ObligationState::kFulfilled, owed.due, cut(proof, 4 * kTextBytes)));
  auto entry = impl_->entry("usage.fulfilled", terms, actor, now);
  entry.process = owed.use;
  entry.body = Json::object({{"obligation", owed.id},
                             {"duty", owed.duty},
                             {"action", owed.action},
                             {"late", owed.when != policy::Timing::kBefore && now > owed.due},
                             {"proof", cut(proof, kTextBytes)}});
  WEIR_TRY(impl_->parts.log.append(tx, entry));
  return {};
}

Result<> Service::fulfil(std::string_view id, std::string_view proof, std::string_view actor) {
  return impl_->parts.sql.write([&](store::Tx& tx) { return fulfil(tx, id, proof, actor); });
}

// What was owed and not done: written down, and its consequences become owed.
Result<> Service::Impl::mark_one_overdue(store::Tx& tx, const OwedObligation& owed, Timestamp now) {
  WEIR_TRY_LET(const Terms terms, lock_terms(tx, owed.agreement));
  WEIR_TRY_LET(const OwedObligation current, load_obligation(tx, owed.id));
  if (current.state != ObligationState::kPending) return {};
  WEIR_TRY(save_obligation(tx, owed.id, ObligationState::kOverdue, owed.due, owed.proof));
  Json follow = Json::array();
  WEIR_TRY_LET(const policy::Program program, program_of(terms));
  const auto duty = policy::find_obligation(program, owed.duty);
  for (const std::string& id : duty ? duty->consequences : std::vector<std::string>()) {
    auto consequence = policy::find_obligation(program, id);
    if (!consequence) continue;
    consequence->when = policy::Timing::kAfter;  // it is owed now, whatever its action
    WEIR_TRY(owe(tx, terms, *consequence, owed.use, policy::due_time(*consequence, now).value_or(now), now));
    follow.push(id);
  }
  auto overdue = entry("usage.overdue", terms, "", now);
  overdue.process = owed.use;
  overdue.body = Json::object({{"obligation", owed.id},
                               {"duty", owed.duty},
                               {"due", format_iso8601(owed.due)},
                               {"consequences", std::move(follow)}});
  WEIR_TRY(parts.log.append(tx, overdue));
  return {};
}

Result<std::size_t> Service::mark_overdue(Timestamp now, std::size_t limit) {
  const Timestamp before(now.value() - impl_->parts.grace.count());
  return store::sql_write<std::size_t>(impl_->parts.sql, [&](store::Tx& tx) -> Result<std::size_t> {
    WEIR_TRY_LET(const auto late, late_obligations(tx, before, limit));
    for (const OwedObligation& owed : late) WEIR_TRY(impl_->mark_one_overdue(tx, owed, now));
    return late.size();
  });
}

void Service::add_handler(ObligationHandler& handler) { impl_->handlers.push_back(&handler); }

Result<std::size_t> Service::run_due(std::size_t limit) {
  using Actions = std::vector<std::string>;
  using Owed = std::vector<OwedObligation>;
  const Timestamp now = impl_->parts.clock.now();
  WEIR_TRY_LET(const auto actions, store::sql_read<Actions>(impl_->parts.sql, [&](store::Tx& tx) {
                 return due_actions(tx, now);
               }));
  std::size_t done = 0;
  for (const std::string& action : actions) {
    const auto handler = std::find_if(impl_->handlers.begin(), impl_->handlers.end(),
                                      [&](ObligationHandler* each) { return each->handles(action); });
    if (handler == impl_->handlers.end()) continue;
    WEIR_TRY_LET(const auto due, store::sql_read<Owed>(impl_->parts.sql, [&](store::Tx& tx) {
                   return due_obligations(tx, action, now, limit);
                 }));
    for (const OwedObligation& owed : due) {
      const auto proof = (*handler)->perform(owed);
      if (!proof) break;  // still pending: the next run tries again, and in the end it is overdue
      WEIR_TRY(fulfil(owed.id, *proof, ""));
      ++done;
    }
  }
  return done;
}

}  // namespace weir::flow::usage
