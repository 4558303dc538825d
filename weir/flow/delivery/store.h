// Delivery store: transfer processes in SQL. Table: docs/formats/delivery.md.
//
// Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/flow/delivery/manifest.h"
#include "weir/flow/delivery/peer.h"
#include "weir/flow/delivery/transfer.h"
#include "weir/store/sql.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::flow::delivery {

// Where the received copy is, on the consumer's side. Stored as numbers, with gaps.
enum class Custody : std::int32_t {
  kNone = 0,         // provider's side, or nothing has come yet
  kReceiving = 100,  // chunks are arriving
  kHeld = 200,       // whole, in the vault
  kDestroying = 300, // the decision is durable, the key may still be there
  kDestroyed = 400,
};
std::string_view name_of(Custody custody);

struct Transfer {
  std::string pid{};       // this node's process id, a UUID
  std::string peer_pid{};  // the other's; empty until it told us
  Role role = Role::kProvider;
  PeerId peer;
  std::string ordered_by{};    // the control plane at whose order this node moves the data; empty: it decides itself
  std::string carried_by{};    // the data plane that moves them for this node; empty: it moves them itself
  std::string peer_address{};  // base URL of the peer's protocol endpoint
  std::string agreement{};
  std::string contract{};
  std::string product{};
  std::string format{};
  TransferState state = TransferState::kRequested;
  ContentRoot root{};
  std::uint64_t size = 0;
  std::string endpoint{};      // where the sender's (pull) or the receiver's (push) data plane is
  std::string token{};         // receiver of a token keeps it to show it
  std::string token_digest{};  // giver of a token keeps only its digest
  std::int64_t rate_bytes_per_second = 0;  // 0: as fast as it goes
  std::uint64_t bytes_moved = 0;
  Bytes progress{};            // bitmap of durable chunks; empty: none
  Custody custody = Custody::kNone;
  std::string receipt{};       // JSON; empty until there is one
  std::string error{};         // why it stopped, for people
  Timestamp created{};
  Timestamp updated{};
  // Whether the other side knows nothing of manifests, certificates and receipts.
  bool foreign() const { return !ordered_by.empty() || !peer.is_node(); }
};

store::Migration delivery_migration();

Result<> insert(store::Tx& tx, const Transfer& transfer);
Result<> update(store::Tx& tx, const Transfer& transfer);
Result<> update_progress(store::Tx& tx, const std::string& pid, const Bytes& progress, std::uint64_t bytes_moved);
// Fails with kNotFound ("delivery.no_process").
Result<Transfer> load(store::Tx& tx, const std::string& pid);
Result<std::optional<Transfer>> find_by_peer(store::Tx& tx, const PeerId& peer,
                                             const std::string& peer_pid);
Result<std::vector<Transfer>> of_agreement(store::Tx& tx, const std::string& agreement);
// Consumers' transfers that are started and not whole, and copies whose destruction was begun: work to go on with.
Result<std::vector<Transfer>> unfinished(store::Tx& tx);
// Bytes that are about to leave: written down before they do, gone when their reading is.
struct Sending {
  std::int64_t id = 0;
  std::string pid{};
  std::uint64_t bytes = 0;
};
Result<std::int64_t> insert_sending(store::Tx& tx, const std::string& pid, std::uint64_t bytes);
// False if it is gone already.
Result<bool> remove_sending(store::Tx& tx, std::int64_t id);
Result<bool> is_sending(store::Tx& tx, const std::string& pid);
Result<std::vector<Sending>> all_sending(store::Tx& tx);
// Whether the message, by its `@id`, was taken before.
Result<bool> is_heard(store::Tx& tx, const std::string& pid, const std::string& message);
Result<> insert_heard(store::Tx& tx, const std::string& pid, const std::string& message);

// Newest first; `before` is the created time and pid of the last row of the page before.
struct Page {
  std::vector<Transfer> rows;
  std::string next;  // cursor; empty at the end
};
Result<Page> list(store::Tx& tx, const std::string& cursor, std::size_t limit);

// Drops transfers that ended before, and of which nothing is held or owed: destroyed, or never begun. What happened
// stays in the evidence log. Returns how many.
Result<std::int64_t> forget_over(store::Tx& tx, Timestamp before, std::size_t limit);
// How many transfers are under way in each state.
Result<std::map<TransferState, std::int64_t>> count_open(store::Tx& tx);

}  // namespace weir::flow::delivery
