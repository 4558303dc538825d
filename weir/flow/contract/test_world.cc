// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/test_world.h"

#include "weir/base/check.h"

namespace weir::flow::contract::test {

using trust::evidence::Entry;
using trust::evidence::EntryIndex;
using wire::Json;

Json simple_terms(std::string_view until) {
  return Json::object(
      {{"permission",
        Json::array({Json::object({{"action", "use"},
                                   {"constraint", Json::array({Json::object({{"leftOperand", "dateTime"},
                                                                             {"operator", "lteq"},
                                                                             {"rightOperand", until}})})}})})}});
}

Offer published_offer() {
  return {.id = "urn:uuid:6bcea82e-c509-443d-ba8c-8eef25984c07",
          .target = std::string(kProduct),
          .terms = simple_terms(),
          .product_version = 2,
          .content_root = "sha256:" + std::string(64, 'a'),
          .period = "P30D"};
}

store::Migration RecordingLog::migration() {
  return {.module = "test_evidence",
          .versions = {"CREATE TABLE test_evidence (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, actor TEXT NOT NULL, "
                       "contract TEXT NOT NULL, product TEXT NOT NULL, process TEXT NOT NULL, body TEXT NOT NULL);"}};
}

Result<EntryIndex> RecordingLog::append(store::Tx& tx, const Entry& entry) {
  WEIR_TRY_LET(const auto rows,
               tx.query("INSERT INTO test_evidence (kind, actor, contract, product, process, body) VALUES (?, ?, ?, ?, ?, "
                        "?) RETURNING id",
                        {entry.kind, entry.actor, entry.contract, entry.product, entry.process, entry.body.canonical()}));
  return EntryIndex(rows[0][0].integer());
}

std::vector<Entry> RecordingLog::entries(store::Sql& sql) {
  std::vector<Entry> out;
  const Result<> read = sql.read([&](store::Tx& tx) {
    return tx.scan("SELECT kind, actor, contract, product, process, body FROM test_evidence ORDER BY id", {},
                   [&](const store::Row& row) {
                     out.push_back({.kind = row[0].text(),
                                    .time = {},
                                    .actor = row[1].text(),
                                    .contract = row[2].text(),
                                    .product = row[3].text(),
                                    .process = row[4].text(),
                                    .participants = {},
                                    .body = *wire::parse_json(row[5].text())});
                     return true;
                   });
  });
  WEIR_CHECK(read.ok());
  return out;
}

Result<Party> FakeDirectory::find(store::Tx&, const PartyId& id) {
  const auto found = parties.find(id.value());
  if (found == parties.end()) return Error(Errc::kNotFound, "nobody has that name");
  return found->second;
}

Result<Offer> FakeOffers::find(store::Tx&, std::string_view offer_id, std::string_view target, const PartyId& peer) {
  if (peer.value() == hidden_from) return Error(Errc::kNotFound, "no such offer");
  for (const Offer& offer : offers) {
    if (offer.id == offer_id) return offer;
  }
  for (const Offer& offer : offers) {
    if (offer.target == target) return offer;
  }
  return Error(Errc::kNotFound, "no such offer");
}

Result<> FakeUsage::check(const Json& terms) {
  if (terms.dump().find("unenforceable") == std::string::npos) return {};
  return Error(Errc::kInvalidArgument, "the terms cannot be enforced here").because("policy.unknown");
}

Result<> FakeUsage::enforce(store::Tx&, const AgreementRecord& agreement) {
  enforced.push_back(agreement.agreement.id);
  return {};
}

Result<> FakeUsage::change(store::Tx&, const AgreementRecord& agreement) {
  // As flow/usage does: a change that is none is an error.
  for (auto last = changes.rbegin(); last != changes.rend(); ++last) {
    if (last->first != agreement.agreement.id) continue;
    if (last->second == agreement.state) return Error(Errc::kConflict, "no change").because("usage.wrong_state");
    break;
  }
  changes.emplace_back(agreement.agreement.id, agreement.state);
  return {};
}

Result<Verdict> ScriptedDecider::decide(store::Tx& tx, const Situation& situation) {
  if (script) return script(situation);
  return standard.decide(tx, situation);
}

namespace {

using supply::identifier::AreaCode;
using supply::identifier::NodeId;
using supply::identifier::SubjectId;

NodeId make_node_id(std::string_view subject, Random& random) {
  return NodeId::generate(supply::identifier::NodeKind::kConnector, *SubjectId::parse(subject), *AreaCode::parse("4403"),
                          random);
}

}  // namespace

Node::Node(std::string_view subject, std::string node_address, crypto::SignatureAlgorithm algorithm, const Clock& clock,
           Random& random)
    : id(make_node_id(subject, random)),
      entity(subject),
      address(std::move(node_address)),
      key(crypto::PrivateKey::generate(algorithm, random)),
      db(*store::open_sqlite({.path = ":memory:"})) {
  for (const auto& migration : {store::outbox_migration(), contract_migration(), RecordingLog::migration()}) {
    const Result<> done = store::migrate(*db, migration);
    WEIR_CHECK(done.ok());
  }
  service = std::make_unique<Service>(
      Service::Deps{.sql = *db,
                    .log = log,
                    .clock = clock,
                    .random = random,
                    .directory = directory,
                    .offers = offers,
                    .usage = usage,
                    .decider = decider,
                    .self = {.node = id, .entity = entity, .protocol_address = address, .key = &key},
                    .wake = [this] { ++wakes; }});
}

Party Node::as_party() const {
  return {.id = party(), .entity = entity, .address = address, .key = key.public_key()};
}

std::vector<store::OutboxMessage> Node::due() {
  const auto messages = store::sql_read<std::vector<store::OutboxMessage>>(
      *db, [](store::Tx& tx) { return store::due(tx, Timestamp(INT64_MAX), 1000); });
  WEIR_CHECK(messages.ok());
  return *messages;
}

World::World(std::uint64_t seed, crypto::SignatureAlgorithm provider_algorithm,
             crypto::SignatureAlgorithm consumer_algorithm)
    : random(seed),
      provider("91350100M000100Y43", "https://provider.example/dsp/2025-1", provider_algorithm, clock, random),
      consumer("91440300708461136T", "https://consumer.example/dsp/2025-1", consumer_algorithm, clock, random) {
  provider.directory.parties[consumer.id.text()] = consumer.as_party();
  consumer.directory.parties[provider.id.text()] = provider.as_party();
  provider.offers.offers.push_back(published_offer());
}

void World::reset(std::uint64_t seed) {
  random = SeededRandom(seed);
  clock.set(kStart);
  for (Node* node : {&provider, &consumer}) {
    const Result<> emptied = node->db->write([](store::Tx& tx) {
      return tx.script("DELETE FROM outbox; DELETE FROM contract_negotiation; DELETE FROM contract_agreement; "
                       "DELETE FROM test_evidence;");
    });
    WEIR_CHECK(emptied.ok());
    node->usage.enforced.clear();
    node->usage.changes.clear();
    node->decider.script = nullptr;
  }
}

Result<Reply> World::deliver(Node& from, const store::OutboxMessage& message) {
  Node& to = other(from);
  WEIR_CHECK(message.peer == to.id.text());
  auto reply = to.service->receive(from.party(), message.path, message.body);
  const Result<> settled = from.db->write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(store::delivered(tx, message.id));
    if (reply) return from.service->answered(tx, message, reply->body.dump());
    return from.service->refused(tx, message, reply.error());
  });
  WEIR_CHECK(settled.ok());
  return reply;
}

void World::settle() {
  for (int round = 0; round < 1000; ++round) {
    bool idle = true;
    for (Node* node : {&provider, &consumer}) {
      for (const auto& message : node->due()) {
        idle = false;
        static_cast<void>(deliver(*node, message).ok());
      }
    }
    if (idle) return;
  }
  constexpr bool kTheyStopTalking = false;
  WEIR_CHECK(kTheyStopTalking);
}

std::string World::request(const Offer& offer) {
  const auto pid = consumer.service->request(provider.party(), offer, "operator-1");
  WEIR_CHECK(pid.ok());
  return *pid;
}

Result<Reply> post(Node& to, const PartyId& from, const std::string& path, const Json& body) {
  return to.service->receive(from, path, body.dump());
}

}  // namespace weir::flow::contract::test
