// TestSupport: a party of a delivery, on a database and a disk in memory, with neighbours that say what they are told.
//
// For tests and benchmarks only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>

#include "tests/support/recording_log.h"
#include "weir/base/check.h"
#include "weir/flow/contract/service.h"
#include "weir/flow/delivery/service.h"
#include "weir/store/memory_files.h"

namespace weir::flow::delivery::testing {

using supply::identifier::AreaCode;
using supply::identifier::NodeId;
using supply::identifier::NodeKind;
using supply::identifier::SubjectId;

class FakeNeighbours final : public Neighbours {
 public:
  std::map<std::string, AgreedDelivery> agreements;
  std::map<std::string, crypto::PublicKey> keys;
  std::string refuse;  // words of the rule that forbids; empty: allowed
  std::string not_live;
  std::atomic<std::uint64_t> metered{0};
  std::vector<std::string> closed;  // transfers whose meter was closed

  Result<AgreedDelivery> agreed(store::Tx&, const std::string& agreement) override {
    const auto found = agreements.find(agreement);
    if (found == agreements.end()) return Error(Errc::kNotFound, "no such agreement").because("agreement.not_found");
    if (!not_live.empty()) return Error(Errc::kForbidden, not_live).because("agreement.not_live");
    return found->second;
  }
  Result<wire::Json> authorize_delivery(store::Tx&, const AgreedDelivery&) override {
    if (refuse.empty()) return wire::Json::object({{"effect", "allow"}});
    return Error(Errc::kForbidden, refuse).because("usage.denied");
  }
  Result<> meter(store::Tx&, const Transfer&, std::uint64_t bytes) override {
    metered += bytes;
    return {};
  }
  Result<> close_meter(store::Tx&, const Transfer& transfer) override {
    closed.push_back(transfer.pid);
    return {};
  }
  Result<crypto::PublicKey> key_of(store::Tx&, const PeerId& node) override {
    const auto found = keys.find(node.text());
    if (found == keys.end()) return Error(Errc::kNotFound, "no key");
    return found->second;
  }
  bool may_call(store::Tx&, const PeerId&, std::string_view known, std::string_view address, Traffic) override {
    return contract::same_origin(address, known);
  }
};

inline NodeId make_node(std::uint64_t seed) {
  SeededRandom random(seed);
  return NodeId::generate(NodeKind::kConnector, *SubjectId::parse("91350100M000100Y43"), *AreaCode::parse("3501"),
                          random);
}

// One party: store, log, contents, vault and service.
struct Party {
  SeededRandom random;
  ManualClock clock{*parse_iso8601("2026-03-01T00:00:00Z")};
  NodeId node;
  std::unique_ptr<store::Database> sql = *store::open_sqlite({.path = ":memory:"});
  std::unique_ptr<store::Files> files = store::make_memory_files();
  crypto::SecretBytes seed = crypto::SecretBytes::random(random, 32);
  crypto::PrivateKey key = *crypto::PrivateKey::from_seed(seed);
  crypto::SecretBytes master = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
  weir::testing::RecordingLog log;
  FakeNeighbours neighbours;
  Contents contents{*files, "/contents", crypto::HashAlgorithm::kSha256, random};
  Vault vault{*files, "/vault", crypto::Suite::kInternational, master, random};
  std::vector<std::string> woken;
  std::unique_ptr<Service> service;

  Party(std::uint64_t number, const std::string& host) : random(number), node(make_node(number)) {
    WEIR_CHECK(store::migrate(*sql, store::outbox_migration()).ok());
    WEIR_CHECK(store::migrate(*sql, delivery_migration()).ok());
    WEIR_CHECK(files->make_directories("/contents").ok());
    WEIR_CHECK(files->make_directories("/vault").ok());
    service = std::make_unique<Service>(Service::Deps{
        .sql = *sql,
        .log = log,
        .clock = clock,
        .random = random,
        .neighbours = neighbours,
        .contents = contents,
        .vault = vault,
        .self = Self{node, "https://" + host + "/dsp/2025-1", "https://" + host + "/data/v1", &key},
        .wake = [this](const std::string& pid) { woken.push_back(pid); }});
  }

  std::vector<store::OutboxMessage> take_outbox() {
    std::vector<store::OutboxMessage> out;
    WEIR_CHECK(sql->write([&](store::Tx& tx) -> Result<> {
                     WEIR_TRY_LET(out, store::due(tx, clock.now(), 100));
                     for (const auto& message : out) WEIR_TRY(store::delivered(tx, message.id));
                     return {};
                   }).ok());
    return out;
  }
};

}  // namespace weir::flow::delivery::testing
