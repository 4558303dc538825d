// Usage store: the tables of terms, counters, obligations and payments.
//
// Tables: docs/formats/policy.md, "Storage". Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/flow/usage/usage.h"
#include "weir/store/sql.h"

namespace weir::flow::usage {

store::Migration migration();

// False if the agreement has terms already.
Result<bool> insert_terms(store::Tx& tx, const Terms& terms);
Result<Terms> load_terms(store::Tx& tx, std::string_view agreement);  // kNotFound ("usage.no_terms")
// Holds the row until the transaction ends, so that two nodes on one database decide one after the other.
Result<Terms> lock_terms(store::Tx& tx, std::string_view agreement);
Result<> save_policy(store::Tx& tx, const Terms& terms, Timestamp now, std::string_view actor);
Result<> save_state(store::Tx& tx, std::string_view agreement, TermsState state);

Result<> insert_derived(store::Tx& tx, std::string_view agreement, std::string_view product, Timestamp now);
Result<bool> is_derived(store::Tx& tx, std::string_view agreement, std::string_view product);

Result<std::vector<CounterState>> load_counters(store::Tx& tx, std::string_view agreement);
Result<> save_counter(store::Tx& tx, std::string_view agreement, const CounterState& counter);

// False if the reference was recorded before.
Result<bool> insert_payment(store::Tx& tx, std::string_view agreement, std::int64_t amount, std::string_view unit,
                            std::string_view reference, Timestamp now);
// What was paid from `since` on.
Result<std::int64_t> paid(store::Tx& tx, std::string_view agreement, std::string_view unit, Timestamp since);

Result<> insert_obligation(store::Tx& tx, const OwedObligation& obligation, bool standing);
Result<OwedObligation> load_obligation(store::Tx& tx, std::string_view id);  // kNotFound ("usage.no_obligation")
Result<std::vector<OwedObligation>> obligations_of(store::Tx& tx, std::string_view agreement);
// The actions of pending obligations that are due.
Result<std::vector<std::string>> due_actions(store::Tx& tx, Timestamp now);
Result<std::vector<OwedObligation>> due_obligations(store::Tx& tx, std::string_view action, Timestamp now,
                                                    std::size_t limit);
Result<std::vector<OwedObligation>> late_obligations(store::Tx& tx, Timestamp due_before, std::size_t limit);
// Of what falls due later than that.
Result<std::optional<Timestamp>> next_due(store::Tx& tx, Timestamp after);
// The pending one of a duty; nothing if there is none.
Result<std::optional<OwedObligation>> pending_obligation(store::Tx& tx, std::string_view agreement,
                                                         std::string_view duty);
Result<> save_obligation(store::Tx& tx, std::string_view id, ObligationState state, Timestamp due,
                         std::string_view proof);
// Ids of preconditions that are done and not used up yet.
Result<std::vector<std::string>> fulfilled_duties(store::Tx& tx, std::string_view agreement);
// A use was allowed: what was done for one use only is used up.
Result<> use_up_duties(store::Tx& tx, std::string_view agreement);

}  // namespace weir::flow::usage
