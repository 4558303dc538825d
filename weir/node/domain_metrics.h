// DomainMetrics: what the node does, as metrics: negotiations, deliveries, decisions, evidence, and what waits.
//
// Counters are taken where things happen, after their commit; gauges are read when the text for Prometheus is made.
// Names: docs/operate/metrics.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "weir/adapters/metrics/metrics.h"
#include "weir/flow/delivery/service.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/participant/heartbeat.h"

namespace weir::node {

// The log as services see it: every entry is counted by its kind once it is durable.
class CountedLog final : public trust::evidence::Log {
 public:
  CountedLog(trust::evidence::Log& inner, adapters::metrics::Registry& registry);
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override;

 private:
  void count(const std::string& kind);
  trust::evidence::Log& inner_;
  adapters::metrics::Registry& registry_;
};

// What delivery sees of its neighbours: bytes that were metered are counted too.
class CountedNeighbours final : public flow::delivery::Neighbours {
 public:
  CountedNeighbours(flow::delivery::Neighbours& inner, adapters::metrics::Registry& registry);
  Result<flow::delivery::AgreedDelivery> agreed(store::Tx& tx, const std::string& agreement) override {
    return inner_.agreed(tx, agreement);
  }
  Result<wire::Json> authorize_delivery(store::Tx& tx, const flow::delivery::AgreedDelivery& agreed) override {
    return inner_.authorize_delivery(tx, agreed);
  }
  Result<> meter(store::Tx& tx, const flow::delivery::Transfer& transfer, std::uint64_t bytes) override;
  Result<> close_meter(store::Tx& tx, const flow::delivery::Transfer& transfer) override {
    return inner_.close_meter(tx, transfer);
  }
  Result<crypto::PublicKey> key_of(store::Tx& tx, const flow::delivery::PeerId& node) override {
    return inner_.key_of(tx, node);
  }
  bool may_call(store::Tx& tx, const flow::delivery::PeerId& peer, std::string_view known,
                std::string_view address, flow::delivery::Traffic traffic) override {
    return inner_.may_call(tx, peer, known, address, traffic);
  }

 private:
  flow::delivery::Neighbours& inner_;
  adapters::metrics::Counter& out_;
  adapters::metrics::Counter& in_;
};

struct Measured {
  store::Sql& sql;
  const trust::evidence::Archive& archive;
  const trust::participant::Heartbeats& heartbeats;
  std::function<Result<>()> health;         // of the store
  std::function<bool()> above_answered;  // empty if there is none
};
// Sets the gauges whenever the registry makes its text. Requires: all that is measured outlives the registry's use.
void measure(adapters::metrics::Registry& registry, Measured measured);

}  // namespace weir::node
