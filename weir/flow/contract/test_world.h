// TestWorld: two nodes in one thread, each with its own database in memory, and a network between them that obeys.
//
// For tests of this room. Everything random comes from a seed; time moves only when told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/flow/contract/service.h"

namespace weir::flow::contract::test {

inline const Timestamp kStart = *parse_iso8601("2026-03-01T08:00:00Z");
inline constexpr std::string_view kProduct = "691350100M000100Y4344031BH95JZY*";

wire::Json simple_terms(std::string_view until = "2027-01-01T00:00:00Z");
Offer published_offer();

// Writes into a table of the node's own database: what is rolled back was never there.
class RecordingLog final : public trust::evidence::Log {
 public:
  static store::Migration migration();
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override;
  static std::vector<trust::evidence::Entry> entries(store::Sql& sql);
};

class FakeDirectory final : public Directory {
 public:
  Result<Party> find(store::Tx&, const PartyId& id) override;
  std::map<std::string, Party> parties;
};

class FakeOffers final : public Offers {
 public:
  Result<Offer> find(store::Tx&, std::string_view offer_id, std::string_view target, const PartyId& peer) override;
  std::vector<Offer> offers;
  std::string hidden_from;
};

class FakeUsage final : public Usage {
 public:
  Result<> check(const wire::Json& terms) override;
  std::optional<Timestamp> end_of(const wire::Json&) const override { return terms_end; }
  Result<> enforce(store::Tx&, const AgreementRecord& agreement) override;
  Result<> change(store::Tx&, const AgreementRecord& agreement) override;
  std::optional<Timestamp> terms_end;
  std::vector<std::string> enforced;
  std::vector<std::pair<std::string, AgreementState>> changes;
};

// The standard one, unless a test says otherwise.
class ScriptedDecider final : public Decider {
 public:
  Result<Verdict> decide(store::Tx& tx, const Situation& situation) override;
  std::function<Verdict(const Situation&)> script;
  StandardDecider standard;
};

struct Node {
  Node(std::string_view subject, std::string address, crypto::SignatureAlgorithm algorithm, const Clock& clock,
       Random& random);
  supply::identifier::NodeId id;
  std::string entity;
  std::string address;
  crypto::PrivateKey key;
  std::unique_ptr<store::Database> db;
  RecordingLog log;
  FakeDirectory directory;
  FakeOffers offers;
  FakeUsage usage;
  ScriptedDecider decider;
  std::unique_ptr<Service> service;
  int wakes = 0;

  PartyId party() const { return PartyId(id.text()); }
  Party as_party() const;
  std::vector<store::OutboxMessage> due();
  std::vector<trust::evidence::Entry> evidence() { return RecordingLog::entries(*db); }
};

class World {
 public:
  explicit World(std::uint64_t seed, crypto::SignatureAlgorithm provider = crypto::SignatureAlgorithm::kEd25519,
                 crypto::SignatureAlgorithm consumer = crypto::SignatureAlgorithm::kEd25519);
  // Empties both databases and starts the clock and the randomness anew.
  void reset(std::uint64_t seed);

  Node& other(const Node& node) { return &node == &provider ? consumer : provider; }
  // Hands a message to the other side; what it answers is told to the sender, as a node's dispatcher does.
  Result<Reply> deliver(Node& from, const store::OutboxMessage& message);
  // Until nothing is left to send.
  void settle();
  std::string request(const Offer& offer = published_offer());

  ManualClock clock{kStart};
  SeededRandom random;
  Node provider;
  Node consumer;
};

// The service under test gets the message as the peer would send it, without an outbox.
Result<Reply> post(Node& to, const PartyId& from, const std::string& path, const wire::Json& body);

}  // namespace weir::flow::contract::test
