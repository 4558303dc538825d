// Usage service: enforces the terms of agreements. One write transaction reads the counters, decides, consumes and
// appends the evidence entry, so that a budget is exact under concurrency and crashes (I-1, I-2, I-5).
//
// Evidence kinds: usage.adopted, usage.changed, usage.state, usage.allowed, usage.conditional, usage.denied,
// usage.paid, usage.breached, usage.fulfilled, usage.overdue, usage.inherited. Thread-safety: all functions may be
// called from any thread; Sql serialises the writes. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/crypto/suite.h"
#include "weir/flow/usage/usage.h"
#include "weir/policy/decide.h"
#include "weir/store/sql.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::flow::usage {

// Where a notice of use goes, below the protocol address of the peer: an executionFeedback of TC609-6-2025-15 as JSON.
inline constexpr std::string_view kNoticePath = "/usage-notices";
inline constexpr std::string_view kPaymentPath = "/payments";
inline constexpr std::string_view kBreachPath = "/usage-breaches";

struct NewTerms {
  std::string agreement;
  std::string contract = {};  // contract identifier; the agreement's id if left out
  std::string product;
  std::string provider;
  std::string consumer;
  std::string peer;
  std::string peer_address;
  bool obliged = true;
  policy::Policy policy;
  std::optional<Timestamp> active_from = {};  // now if not given
};

struct Payment {
  std::int64_t amount = 0;  // in ten-thousandths of the unit
  std::string unit;         // "CNY"
  std::string reference;    // of the transfer, invoice or receipt: what makes it one payment
};
// {"amount": "100.00", "unit": "CNY", "reference": "…"}. Fails with kInvalidArgument ("usage.bad_payment").
Result<Payment> parse_payment(const wire::Json& json);

// A prohibition that was broken all the same, outside what a node can prevent.
struct Breach {
  std::string rule;
  std::string what;
  std::string id = {};  // given by the one who says so first
};
// {"rule": "…", "what": "…"}. Fails with kInvalidArgument ("usage.bad_breach").
Result<Breach> parse_breach(const wire::Json& json);

struct UseOptions {
  std::string actor = {};    // who asks: for the evidence entry
  std::string process = {};  // transfer or job; may be empty
};

// Does what a duty asks for, such as deleting; the operator's own programs are such too.
class ObligationHandler {
 public:
  virtual ~ObligationHandler() = default;
  virtual bool handles(std::string_view action) const = 0;
  // Returns the proof: a short text or JSON. May be called again for the same obligation.
  virtual Result<std::string> perform(const OwedObligation& obligation) = 0;
};

//= I-6
class Service {
 public:
  struct Parts {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
    std::string node = {};  // identifier of this node
    Milliseconds grace{24LL * 3600 * 1000};  // an obligation is overdue this long after it fell due
  };
  explicit Service(Parts parts);
  ~Service();

  // Puts the terms of an agreement in force; also within the transaction that made the agreement. Fails with kConflict
  // ("usage.exists"), kInvalidArgument (the policy does not validate).
  Result<Terms> adopt(const NewTerms& terms, std::string_view actor);
  Result<Terms> adopt(store::Tx& tx, const NewTerms& terms, std::string_view actor);
  // A new version; counters go on for the rules that keep their ids.
  Result<Terms> change(std::string_view agreement, const policy::Policy& policy, std::string_view actor);
  // Fails with kConflict ("usage.wrong_state"). Ending cancels nothing: what is owed stays owed.
  Result<> set_state(std::string_view agreement, TermsState state, std::string_view why, std::string_view actor);
  Result<> set_state(store::Tx& tx, std::string_view agreement, TermsState state, std::string_view why,
                     std::string_view actor);
  // Puts a product made from the agreement's under the same terms (policy inheritance); the counters are shared.
  Result<> inherit(std::string_view agreement, std::string_view derived_product, std::string_view actor);

  Result<Terms> find(std::string_view agreement);
  Result<std::vector<CounterState>> counters(std::string_view agreement);
  // What the terms leave now. It promises nothing: another term may refuse the next use all the same.
  Result<std::vector<Allowance>> allowances(std::string_view agreement);

  // May it be done, now? Counters, time and duties done are filled in here; set the rest of `request`. An allowed use
  // is consumed and written down before this returns. A denial is written down too and is no error. Fails with
  // kNotFound ("usage.no_terms") or kUnavailable; then nothing was consumed and nothing may be done.
  Result<Authorization> authorize(std::string_view agreement, const policy::Request& request,
                                  const UseOptions& options);
  Result<Authorization> authorize(store::Tx& tx, std::string_view agreement, const policy::Request& request,
                                  const UseOptions& options);
  // The same answer without consuming or writing anything.
  Result<Authorization> preview(std::string_view agreement, const policy::Request& request);

  // A payment that the provider received; it tells the consumer, whose uses it opens. Told twice, it counts once. Fails
  // with kForbidden ("usage.not_payee") at the consumer, kInvalidArgument ("usage.bad_payment").
  Result<> record_payment(std::string_view agreement, const Payment& payment, std::string_view actor);
  // The provider says that it was paid. Fails with kForbidden ("usage.not_payer") at the provider.
  Result<> accept_payment(std::string_view agreement, const Payment& payment, std::string_view actor);

  //= ODRL-2.2#rules
  // A prohibition was broken: its remedies become owed by the consumer, whom the provider's node tells. Told twice, it
  // is written down once. Fails with kNotFound ("usage.no_remedy") if the terms have no such prohibition with a remedy.
  Result<> record_breach(std::string_view agreement, Breach breach, std::string_view actor);
  // The provider says so. Fails with kForbidden ("usage.not_obliged") at the provider.
  Result<> accept_breach(std::string_view agreement, const Breach& breach, std::string_view actor);

  //= TC609-6-2025-15#obligations
  Result<std::vector<OwedObligation>> obligations_of(std::string_view agreement);
  // When the next one falls due, later than `after`; nothing if none does. The node sets its timer by it.
  Result<std::optional<Timestamp>> next_due(Timestamp after);
  // It was done. Doing it twice is no error.
  Result<> fulfil(std::string_view obligation, std::string_view proof, std::string_view actor);
  Result<> fulfil(store::Tx& tx, std::string_view obligation, std::string_view proof, std::string_view actor);
  // Marks what is past due by the grace period as overdue; its consequences become owed. Returns how many.
  Result<std::size_t> mark_overdue(Timestamp now, std::size_t limit);

  // Handlers must outlive the service. run_due performs what is due and handled, of each action until one fails; what
  // is left is owed still. Returns how many were done.
  void add_handler(ObligationHandler& handler);
  Result<std::size_t> run_due(std::size_t limit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::flow::usage
