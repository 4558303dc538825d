// SPDX-License-Identifier: Apache-2.0
#include "weir/node/domain_metrics.h"

#include "weir/base/log.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/delivery/store.h"
#include "weir/store/outbox.h"
#include "weir/supply/catalog/store.h"

namespace weir::node {

using adapters::metrics::Counter;
using adapters::metrics::Registry;
using flow::delivery::TransferState;

namespace {

constexpr const char* kBytes = "weir_delivered_bytes_total";
constexpr const char* kBytesHelp = "Bytes of deliveries, as metered";

// The effect of a decision by the kind of its evidence entry; nothing if the entry is none.
std::string effect_of(std::string_view kind) {
  if (kind == "usage.allowed") return "allow";
  if (kind == "usage.denied") return "deny";
  if (kind == "usage.conditional") return "allow_if";
  return "";
}

Result<> set_flows(store::Tx& tx, Registry& registry) {
  WEIR_TRY_LET(auto negotiations, flow::contract::count_open(tx));
  for (const auto state : flow::contract::kAllStates) {
    if (is_final(state)) continue;
    registry
        .gauge("weir_negotiations", "Negotiations under way", {{"state", std::string(flow::contract::name_of(state))}})
        .set(static_cast<double>(negotiations[state]));
  }
  WEIR_TRY_LET(auto transfers, flow::delivery::count_open(tx));
  for (const auto state : {TransferState::kRequested, TransferState::kStarted, TransferState::kSuspended}) {
    registry.gauge("weir_transfers", "Deliveries under way", {{"state", std::string(name_of(state))}})
        .set(static_cast<double>(transfers[state]));
  }
  return {};
}

Result<> set_stock(store::Tx& tx, Registry& registry, const Measured& measured) {
  WEIR_TRY_LET(const auto size, measured.archive.size(tx));
  registry.gauge("weir_evidence_log_entries", "Entries of the evidence log").set(static_cast<double>(size.value()));
  WEIR_TRY_LET(const std::int64_t waiting, store::waiting(tx));
  registry.gauge("weir_outbox_messages", "Messages to other nodes that were not taken yet")
      .set(static_cast<double>(waiting));
  using supply::catalog::Shelf;
  for (const Shelf shelf : {Shelf::kPublished, Shelf::kDesk}) {
    WEIR_TRY_LET(const std::int64_t count, supply::catalog::count(tx, shelf));
    registry
        .gauge("weir_catalog_products", "Products in the catalogue, those of other nodes included",
               {{"shelf", shelf == Shelf::kPublished ? "published" : "desk"}})
        .set(static_cast<double>(count));
  }
  return {};
}

void set_nodes(Registry& registry, const Measured& measured) {
  if (measured.above_answered) {
    registry.gauge("weir_above_answered", "Whether the node above answered the last heartbeat")
        .set(measured.above_answered() ? 1 : 0);
    return;
  }
  const auto counts = measured.heartbeats.counts();
  constexpr const char* kHelp = "Nodes heard of since the start, by whether their heartbeat is in time";
  registry.gauge("weir_nodes", kHelp, {{"running", "running"}}).set(static_cast<double>(counts.running));
  registry.gauge("weir_nodes", kHelp, {{"running", "stopped"}}).set(static_cast<double>(counts.stopped));
}

}  // namespace

CountedLog::CountedLog(trust::evidence::Log& inner, Registry& registry) : inner_(inner), registry_(registry) {
  // There from the start, so that the first denial is a change and not a new series.
  for (const char* effect : {"allow", "deny", "allow_if"}) {
    registry_.counter("weir_decisions_total", "Decisions about uses", {{"effect", effect}});
  }
}

Result<trust::evidence::EntryIndex> CountedLog::append(store::Tx& tx, const trust::evidence::Entry& entry) {
  WEIR_TRY_LET(const auto index, inner_.append(tx, entry));
  tx.after_commit([this, kind = entry.kind] { count(kind); });
  return index;
}

void CountedLog::count(const std::string& kind) {
  registry_.counter("weir_evidence_entries_total", "Evidence entries written since the start", {{"kind", kind}}).add();
  const std::string effect = effect_of(kind);
  if (!effect.empty()) {
    registry_.counter("weir_decisions_total", "Decisions about uses", {{"effect", effect}}).add();
  }
}

CountedNeighbours::CountedNeighbours(flow::delivery::Neighbours& inner, Registry& registry)
    : inner_(inner),
      out_(registry.counter(kBytes, kBytesHelp, {{"direction", "out"}})),
      in_(registry.counter(kBytes, kBytesHelp, {{"direction", "in"}})) {}

Result<> CountedNeighbours::meter(store::Tx& tx, const flow::delivery::Transfer& transfer, std::uint64_t bytes) {
  WEIR_TRY(inner_.meter(tx, transfer, bytes));
  Counter& counter = transfer.role == flow::delivery::Role::kProvider ? out_ : in_;
  tx.after_commit([&counter, bytes] { counter.add(static_cast<double>(bytes)); });
  return {};
}

void measure(Registry& registry, Measured measured) {
  registry.before_text([&registry, measured] {
    registry.gauge("weir_store_healthy", "Whether the store takes writes").set(measured.health() ? 1 : 0);
    set_nodes(registry, measured);
    const Result<> read = measured.sql.read([&](store::Tx& tx) -> Result<> {
      WEIR_TRY(set_flows(tx, registry));
      return set_stock(tx, registry, measured);
    });
    if (!read) log::warning("metrics.not_read", {{"error", read.error().message()}});
  });
}

}  // namespace weir::node
