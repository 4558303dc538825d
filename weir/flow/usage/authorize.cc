// SPDX-License-Identifier: Apache-2.0
// The one question of usage control: may this be done now. Reads, decides, consumes and writes down in one transaction.
#include <algorithm>
#include <utility>

#include "weir/flow/usage/impl.h"
#include "weir/policy/limits.h"
#include "weir/policy/odrl.h"
#include "weir/policy/value.h"
#include "weir/policy/vocabulary.h"
#include "weir/store/outbox.h"

namespace weir::flow::usage {
namespace {

using policy::Effect;
using policy::Timing;
using wire::Json;

constexpr std::size_t kReasonsInEvidence = 8;
constexpr std::size_t kReasonBytes = 600;
constexpr std::size_t kStatedInEvidence = 32;
constexpr std::size_t kIdBytes = 200;

std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? INT64_MAX : out;
}

// Everything a decision needs, read within its transaction.
struct Situation {
  Terms terms;
  policy::Program program;
  std::vector<std::int64_t> counters;
  std::vector<Timestamp> windows;  // where the window of each counter starts
  std::vector<std::string> fulfilled;
  std::vector<std::string_view> fulfilled_views;
  policy::Request request;
  bool in_force = true;
  Text not_in_force = {};
};

bool is_action(const policy::Obligation& duty, std::string_view name) {
  const policy::ActionId wanted = policy::find_action(name);
  return policy::find_action(duty.action) == wanted;
}

// The evidence entry of the use is the log, unless the duty names another place for it.
bool is_own_log(const policy::Obligation& duty) {
  if (!is_action(duty, policy::actions::kLog)) return false;
  return std::none_of(duty.parameters.begin(), duty.parameters.end(), [](const policy::Constraint& each) {
    return each.left == "systemDevice" || each.left == "recipient";
  });
}

// Whoever else is to be told is told by a program or a person.
bool is_notice_to_peer(const policy::Obligation& duty, const Terms& terms) {
  if (!is_action(duty, policy::actions::kInform) || terms.peer_address.empty()) return false;
  const auto told = policy::terms_in(duty.extra, "informedParty");
  return std::all_of(told.begin(), told.end(),
                     [&](std::string_view party) { return party == terms.provider || party == terms.peer; });
}

//= TC609-6-2025-15#count
Result<> read_counters(store::Tx& tx, Situation& at) {
  WEIR_TRY_LET(const std::vector<CounterState> stored, load_counters(tx, at.terms.agreement));
  for (const policy::Counter& counter : at.program.counters()) {
    const std::string key = counter.key();
    const bool windowed = !counter.window_text.empty();
    const Timestamp start = windowed ? window_start(at.terms.active_from, counter.window, at.request.now) : at.terms.active_from;
    std::int64_t value = 0;
    if (counter.kind == policy::CounterKind::kPaid) {
      WEIR_TRY_LET(value, paid(tx, at.terms.agreement, counter.unit, windowed ? start : Timestamp()));
    } else {
      const auto found = std::find_if(stored.begin(), stored.end(), [&](const CounterState& each) {
        return each.rule == counter.rule && each.counter == key;
      });
      // A window that has passed is forgotten; one that lies ahead means that the clock went back: it still counts.
      if (found != stored.end() && (!windowed || found->window_start >= start)) value = found->value;
    }
    at.counters.push_back(value);
    at.windows.push_back(start);
  }
  return {};
}

// A duty to pay is done when enough has been paid; one to pay every month, in this month.
Result<> add_paid_duties(store::Tx& tx, Situation& at) {
  const auto unpaid = policy::decide(at.program, at.request);
  for (const policy::Obligation& duty : policy::obligations(at.program, unpaid)) {
    if (duty.when != Timing::kBefore || duty.met || !is_action(duty, policy::actions::kCompensate)) continue;
    for (const policy::Constraint& parameter : duty.parameters) {
      if (parameter.left != "payAmount" || parameter.right.size() != 1) continue;
      const auto amount = policy::parse_number(parameter.right[0].text);
      const auto period = policy::payment_period(parameter);
      if (!period) continue;
      Timestamp since;
      if (!period->empty()) {
        WEIR_TRY_LET(const CalendarDuration window, parse_duration(*period));
        since = window_start(at.terms.active_from, window, at.request.now);
      }
      WEIR_TRY_LET(const std::int64_t sum, paid(tx, at.terms.agreement, parameter.unit, since));
      if (amount && sum >= *amount / (policy::kNumberScale / 10000)) at.fulfilled.push_back(duty.id);
    }
  }
  return {};
}

void check_in_force(Situation& at) {
  if (at.terms.state != TermsState::kEnabled) {
    const std::string state(name_of(at.terms.state));
    at.in_force = false;
    at.not_in_force = {"The terms of agreement " + at.terms.agreement + " are " + state + ".",
                       "协议 " + at.terms.agreement + " 的使用条款当前未启用（" + state + "）。"};
  } else if (at.request.now < at.terms.active_from) {
    const std::string from = format_iso8601(at.terms.active_from);
    at.in_force = false;
    at.not_in_force = {"The terms are in force from " + from + " on.", "使用条款自 " + from + " 起生效。"};
  }
}

// What the node itself knows better than the caller goes over what the caller said.
Result<> complete(store::Tx& tx, const policy::Request& given, Timestamp now, Situation& at) {
  at.request = given;
  at.request.now = now;
  at.request.agreed_at = at.terms.active_from;
  if (given.product.empty()) at.request.product = at.terms.product;
  if (!given.product.empty() && given.product != at.terms.product) {
    WEIR_TRY_LET(const bool derived, is_derived(tx, at.terms.agreement, given.product));
    if (derived) at.request.product = at.terms.product;
  }
  WEIR_TRY(read_counters(tx, at));
  at.request.counters = at.counters;
  WEIR_TRY_LET(at.fulfilled, fulfilled_duties(tx, at.terms.agreement));
  for (const std::string_view done : given.fulfilled) at.fulfilled.emplace_back(done);
  const auto show_fulfilled = [&] {
    at.fulfilled_views.assign(at.fulfilled.begin(), at.fulfilled.end());
    at.request.fulfilled = at.fulfilled_views;
  };
  show_fulfilled();
  WEIR_TRY(add_paid_duties(tx, at));
  show_fulfilled();
  check_in_force(at);
  return {};
}

policy::Decision decide(const Situation& at) {
  return at.in_force ? policy::decide(at.program, at.request) : policy::Decision();
}

Authorization answer(const Situation& at, const policy::Decision& decision) {
  Authorization out;
  out.effect = decision.effect;
  out.denied_by = decision.effect == Effect::kDeny ? decision.denied_by : policy::DeniedBy::kNothing;
  out.version = at.terms.version;
  out.policy_hash = at.terms.policy_hash;
  out.privacy_budget = policy::privacy_budget(at.program);
  if (at.in_force) {
    out.reasons = policy::reasons(at.program, at.request, decision);
    out.obligations = policy::obligations(at.program, decision);
  } else {
    out.reasons.push_back({policy::Finding::Kind::kNone, "", at.not_in_force});
  }
  return out;
}

void put(Json& body, std::string_view name, std::string_view value) {
  if (!value.empty()) body.set(name, cut(value, kIdBytes));
}

Json evidence_body(const Situation& at, const Authorization& said, const std::vector<CounterState>& consumed) {
  Json body = Json::object({{"action", cut(at.request.action, kIdBytes)}, {"effect", policy::name_of(said.effect)}});
  if (said.effect == Effect::kDeny) body.set("deniedBy", policy::name_of(said.denied_by));
  body.set("policyVersion", said.version);
  body.set("policyHash", said.policy_hash);
  body.set("use", said.use);
  put(body, "participant", at.request.participant);
  put(body, "operator", at.request.operator_id);
  put(body, "connector", at.request.connector);
  put(body, "purpose", at.request.purpose);
  put(body, "region", at.request.region);
  put(body, "application", at.request.application);
  put(body, "algorithm", at.request.algorithm);
  put(body, "role", at.request.role);
  put(body, "recipient", at.request.recipient);
  put(body, "environment", at.request.environment);
  Json stated = Json::array();
  for (const auto& [name, value] : at.request.attributes) {
    if (stated.size() < kStatedInEvidence) {
      stated.push(Json::object({{"operand", cut(name, kIdBytes)}, {"value", cut(value, kIdBytes)}}));
    }
  }
  if (stated.size() > 0) body.set("stated", std::move(stated));
  if (at.request.uses != 1) body.set("uses", at.request.uses);
  if (at.request.bytes) body.set("bytes", *at.request.bytes);
  Json why = Json::array();
  for (const policy::Reason& reason : said.reasons) {
    if (why.size() == kReasonsInEvidence) break;
    why.push(Json::object({{"rule", cut(reason.rule, kIdBytes)}, {"why", cut(reason.why.en, kReasonBytes)}}));
  }
  body.set("reasons", std::move(why));
  Json counters = Json::array();
  for (const CounterState& counter : consumed) {
    if (counters.size() == 32) break;
    counters.push(Json::object({{"rule", cut(counter.rule, kIdBytes)}, {"counter", counter.counter}, {"value", counter.value}}));
  }
  if (counters.size() > 0) body.set("counters", std::move(counters));
  Json duties = Json::array();
  for (const policy::Obligation& duty : said.obligations) duties.push(cut(duty.id, kIdBytes));
  if (duties.size() > 0) body.set("duties", std::move(duties));
  return body;
}

Result<std::vector<CounterState>> consume(store::Tx& tx, const Situation& at, const policy::Decision& decision) {
  std::vector<CounterState> out;
  for (const policy::Consumption& each : policy::consumption(at.program, at.request, decision)) {
    const policy::Counter& counter = at.program.counters()[each.counter];
    const bool adds = counter.kind == policy::CounterKind::kUses || counter.kind == policy::CounterKind::kBytes;
    CounterState state;
    state.rule = counter.rule;
    state.counter = counter.key();
    state.value = adds ? add_saturated(at.counters[each.counter], each.value) : each.value;
    state.window_start = at.windows[each.counter];
    WEIR_TRY(save_counter(tx, at.terms.agreement, state));
    out.push_back(std::move(state));
  }
  return out;
}

//= TC609-6-2025-15#feedback
// A notice of use to the other side, as an execution feedback.
Result<> send_notice(store::Tx& tx, const Situation& at, const Authorization& said, const std::string& node) {
  Json body = Json::object({{"connectorId", node},
                                  {"contractId", at.terms.contract},
                                  {"strategyId", at.terms.policy_hash.substr(0, 36)},
                                  {"result", "allowed"},
                                  {"timestamp", format_iso8601(at.request.now)},
                                  {"details", Json::object({{"use", said.use}, {"action", at.request.action}})}});
  store::OutboxMessage message;
  message.lane = "usage:" + at.terms.agreement;
  message.peer = at.terms.peer;
  message.address = at.terms.peer_address;
  message.path = std::string(kNoticePath);
  message.body = body.canonical();
  WEIR_TRY(store::enqueue(tx, message));
  return {};
}

}  // namespace

Result<std::vector<OwedObligation>> Service::Impl::owe(store::Tx& tx, const Terms& terms, const policy::Obligation& duty,
                                                       std::string_view use, Timestamp due, Timestamp now) {
  WEIR_TRY_LET(auto pending, pending_obligation(tx, terms.agreement, duty.id));
  if (pending) {
    if (due < pending->due) {
      WEIR_TRY(save_obligation(tx, pending->id, ObligationState::kPending, due, pending->proof));
      pending->due = due;
    }
    return std::vector<OwedObligation>{*std::move(pending)};
  }
  OwedObligation owed;
  owed.id = parts.random.uuid();
  owed.agreement = terms.agreement;
  owed.product = terms.product;
  owed.use = std::string(use);
  owed.duty = duty.id;
  owed.rule = duty.rule;
  owed.action = duty.action;
  owed.when = duty.when;
  policy::Rule shape = policy::rule(duty.action, duty.parameters);
  shape.extra = duty.extra;
  shape.targets = duty.targets;
  shape.assignees = duty.assignees;
  policy::Policy carrier;
  carrier.obligations.push_back(std::move(shape));
  owed.parameters = policy::to_odrl(carrier)["obligation"].items()[0].canonical();
  owed.created = now;
  owed.due = due;
  WEIR_TRY(insert_obligation(tx, owed, duty.standing));
  return std::vector<OwedObligation>{std::move(owed)};
}

Result<Authorization> Service::authorize(store::Tx& tx, std::string_view agreement, const policy::Request& request,
                                         const UseOptions& options) {
  const Timestamp now = impl_->parts.clock.now();
  Situation at;
  WEIR_TRY_LET(at.terms, lock_terms(tx, agreement));
  WEIR_TRY_LET(at.program, impl_->program_of(at.terms));
  WEIR_TRY(complete(tx, request, now, at));
  const policy::Decision decision = decide(at);
  Authorization out = answer(at, decision);
  out.use = impl_->parts.random.uuid();

  std::vector<CounterState> consumed;
  if (out.allowed()) {
    WEIR_TRY_LET(consumed, consume(tx, at, decision));
    WEIR_TRY(use_up_duties(tx, at.terms.agreement));
  }
  for (const policy::Obligation& duty : out.obligations) {
    const bool precondition = duty.when == Timing::kBefore;
    const bool wanted = precondition ? !duty.met : out.allowed() && at.terms.obliged;
    if (!wanted || is_own_log(duty)) continue;
    if (is_notice_to_peer(duty, at.terms)) {
      WEIR_TRY(send_notice(tx, at, out, impl_->parts.node));
      continue;
    }
    const Timestamp due = precondition ? now : policy::due_time(duty, now).value_or(now);
    WEIR_TRY_LET(auto owed, impl_->owe(tx, at.terms, duty, out.use, due, now));
    out.owed.insert(out.owed.end(), std::make_move_iterator(owed.begin()), std::make_move_iterator(owed.end()));
  }

  const std::string_view kind = out.allowed()                        ? "usage.allowed"
                                : out.effect == Effect::kAllowIf ? "usage.conditional"
                                                                 : "usage.denied";
  trust::evidence::Entry entry = impl_->entry(kind, at.terms, options.actor, now);
  entry.process = options.process.empty() ? out.use : options.process;
  entry.body = evidence_body(at, out, consumed);
  WEIR_TRY_LET(out.evidence, impl_->parts.log.append(tx, entry));
  return out;
}

Result<Authorization> Service::authorize(std::string_view agreement, const policy::Request& request,
                                         const UseOptions& options) {
  return store::sql_write<Authorization>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Authorization> {
    return authorize(tx, agreement, request, options);
  });
}

Result<Authorization> Service::preview(std::string_view agreement, const policy::Request& request) {
  return store::sql_read<Authorization>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Authorization> {
    Situation at;
    WEIR_TRY_LET(at.terms, load_terms(tx, agreement));
    WEIR_TRY_LET(at.program, impl_->program_of(at.terms));
    WEIR_TRY(complete(tx, request, impl_->parts.clock.now(), at));
    return answer(at, decide(at));
  });
}

Result<std::vector<Allowance>> Service::allowances(std::string_view agreement) {
  using Allowances = std::vector<Allowance>;
  return store::sql_read<Allowances>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Allowances> {
    Situation at;
    WEIR_TRY_LET(at.terms, load_terms(tx, agreement));
    WEIR_TRY_LET(at.program, impl_->program_of(at.terms));
    at.request.now = impl_->parts.clock.now();
    WEIR_TRY(read_counters(tx, at));
    Allowances out;
    for (const policy::Limit& limit : policy::limits(at.program)) {
      const policy::Counter& counter = at.program.counters()[limit.counter];
      out.push_back({counter.rule, counter.key(), limit.most, at.counters[limit.counter]});
    }
    return out;
  });
}

}  // namespace weir::flow::usage
