// ContractStore: negotiations, agreements and templates in SQL. Tables: docs/formats/contract.md.
//
// Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/limits.h"
#include "weir/flow/contract/contract.h"
#include "weir/flow/contract/template.h"
#include "weir/store/sql.h"

namespace weir::flow::contract {

// A negotiation and what this node remembers besides.
struct NegotiationRecord {
  Negotiation negotiation{};
  bool held = false;          // waits for a person of this side
  std::string hold_reason{};  // why
  std::string error{};        // what the other side refused, for people
  bool notice_due = false;    // terminated before the other side's process was known: it is to be told
  Timestamp deadline{};       // when patience ends
  std::optional<AgreementState> agreement_state{};
};

struct AgreementRecord {
  Agreement agreement{};
  std::string pid{};  // of the negotiation it came from
  Role role = Role::kConsumer;
  PartyId peer{};
  std::string peer_address{};
  AgreementState state = AgreementState::kSigning;
  std::string hash{};  // the same on both sides: by the provider's algorithm
  std::vector<PartySignature> signatures{};
  bool suspended_by_provider = false;
  bool suspended_by_consumer = false;
  TerminateType terminate_type = TerminateType::kNone;
  std::string code{};
  std::vector<std::string> reasons{};
  std::vector<std::string> notices{};  // ids of the notices taken, oldest first
  std::string certificate{};  // the signed notice that terminated it, as JSON
  std::optional<Timestamp> until{};  // when it ends by itself: as it says, or when its terms permit nothing any more
  Timestamp created{};
  Timestamp updated{};
  std::optional<Timestamp> ended{};
  bool live() const { return state == AgreementState::kActive; }
};

wire::Json to_json(const NegotiationRecord& record);  // for the API
wire::Json to_json(const AgreementRecord& record);

store::Migration contract_migration();

Result<> insert(store::Tx& tx, const NegotiationRecord& record);
Result<> update(store::Tx& tx, const NegotiationRecord& record);
// Fail with kNotFound ("contract.no_process").
Result<NegotiationRecord> find_negotiation(store::Tx& tx, std::string_view pid);
Result<State> find_state(store::Tx& tx, std::string_view pid);
// By the other side's process id; nothing if there is none.
Result<std::optional<NegotiationRecord>> find_by_peer(store::Tx& tx, const PartyId& peer, std::string_view peer_pid,
                                                       Role own_role);

// Fails with kConflict ("contract.agreement_exists") if the agreement's or the contract's id is taken.
Result<> insert(store::Tx& tx, const AgreementRecord& record);
Result<> update(store::Tx& tx, const AgreementRecord& record);
// Fail with kNotFound ("contract.no_agreement").
Result<AgreementRecord> find_agreement(store::Tx& tx, std::string_view id);
Result<AgreementRecord> find_by_contract(store::Tx& tx, std::string_view contract_id);

// A page, newest first. Filters are off while empty.
struct ListQuery {
  std::string cursor{};
  std::size_t limit = limits::kPageSizeDefault;
  std::string peer{};
  std::string product{};
  std::optional<Role> role{};
  bool held_only = false;  // negotiations
  bool live_only = false;  // agreements: active or suspended; negotiations: not final
};
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  // cursor of the next page; empty at the end
};
// Fail with kInvalidArgument ("contract.cursor").
Result<Page<NegotiationRecord>> list_negotiations(store::Tx& tx, const ListQuery& query);
Result<Page<AgreementRecord>> list_agreements(store::Tx& tx, const ListQuery& query);

// Ids of what ran out at `now` or before.
Result<std::vector<std::string>> expired_agreements(store::Tx& tx, Timestamp now, std::size_t limit);
Result<std::vector<std::string>> overdue_negotiations(store::Tx& tx, Timestamp now, std::size_t limit);
Result<std::optional<Timestamp>> next_deadline(store::Tx& tx);

Result<> insert(store::Tx& tx, const Template& contract_template);
Result<std::vector<Template>> list_templates(store::Tx& tx);
// The latest version if `version` is 0. Fails with kNotFound ("contract.no_template").
Result<Template> find_template(store::Tx& tx, std::string_view id, std::int64_t version);

// How many negotiations are under way in each state.
Result<std::map<State, std::int64_t>> count_open(store::Tx& tx);

}  // namespace weir::flow::contract
