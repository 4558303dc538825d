// Two parties over a bad network: first every order of events in the abstract, then whole services under seeds.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "weir/flow/contract/test_world.h"

namespace weir::flow::contract {
namespace {

using namespace test;  // NOLINT: the test's own helpers
using wire::Json;

// ── the abstract model: two states and two channels that keep their order ──

using Channel = std::vector<MessageKind>;
struct Both {
  State consumer;
  State provider;
  Channel to_consumer;
  Channel to_provider;
  auto operator<=>(const Both&) const = default;
};

// Every pair of states that can be seen at one moment, whatever the parties say and however long messages take.
// What is refused has no effect.
std::set<Both> reachable() {
  std::set<Both> seen;
  std::deque<Both> queue;
  const auto visit = [&](const Both& both) {
    if (both.to_consumer.size() > 3 || both.to_provider.size() > 3) return;
    if (seen.insert(both).second) queue.push_back(both);
  };
  visit({State::kRequested, State::kRequested, {}, {}});
  visit({State::kOffered, State::kOffered, {}, {}});
  while (!queue.empty()) {
    const Both now = queue.front();
    queue.pop_front();
    for (const MessageKind kind : kAllMessageKinds) {
      if (const auto to = next_state(now.consumer, kind, Role::kConsumer)) {
        Both next = now;
        next.consumer = *to;
        next.to_provider.push_back(kind);
        visit(next);
      }
      if (const auto to = next_state(now.provider, kind, Role::kProvider)) {
        Both next = now;
        next.provider = *to;
        next.to_consumer.push_back(kind);
        visit(next);
      }
    }
    if (!now.to_consumer.empty()) {
      Both next = now;
      next.to_consumer.erase(next.to_consumer.begin());
      if (const auto to = next_state(now.consumer, now.to_consumer[0], Role::kProvider)) next.consumer = *to;
      visit(next);
    }
    if (!now.to_provider.empty()) {
      Both next = now;
      next.to_provider.erase(next.to_provider.begin());
      if (const auto to = next_state(now.provider, now.to_provider[0], Role::kConsumer)) next.provider = *to;
      visit(next);
    }
  }
  return seen;
}

TEST(ContractModel, TheTwoSidesNeverDisagreeOnWhetherThereIsAContract) {
  const std::set<Both> all = reachable();
  EXPECT_EQ(all.size(), 49u) << "the table changed: look at the pairs again";
  bool concluded = false;
  for (const Both& both : all) {
    const bool one_concluded = both.consumer == State::kFinalized || both.provider == State::kFinalized;
    const bool one_ended = both.consumer == State::kTerminated || both.provider == State::kTerminated;
    EXPECT_FALSE(one_concluded && one_ended) << name_of(both.consumer) << " " << name_of(both.provider);
    if (both.provider == State::kFinalized) {
      EXPECT_TRUE(both.consumer == State::kVerified || both.consumer == State::kFinalized);
    }
    if (both.consumer == State::kFinalized) {
      EXPECT_EQ(both.provider, State::kFinalized);
    }
    if (both.to_consumer.empty() && both.to_provider.empty()) {
      EXPECT_EQ(both.consumer, both.provider) << "nothing under way: both see the same state";
    }
    concluded = concluded || (both.consumer == State::kFinalized && both.provider == State::kFinalized);
  }
  EXPECT_TRUE(concluded);
}

std::set<std::pair<State, State>> compatible_pairs() {
  std::set<std::pair<State, State>> pairs;
  for (const Both& both : reachable()) pairs.emplace(both.consumer, both.provider);
  return pairs;
}

// ── whole services ──

std::vector<NegotiationRecord> negotiations(Node& node, const ListQuery& query = {.limit = 100}) {
  return node.service->list(query)->items;
}
std::vector<AgreementRecord> agreements_of(Node& node) { return node.service->agreements({.limit = 100})->items; }

class Simulation {
 public:
  Simulation(World& world, std::uint64_t seed) : world_(world), chance_(seed ^ 0x5eed) { world_.reset(seed); }

  void run() {
    set_deciders();
    for (std::uint64_t i = 0, count = 1 + chance_.below(2); i < count; ++i) begin();
    const std::uint64_t steps = 8 + chance_.below(24);
    for (std::uint64_t i = 0; i < steps; ++i) {
      step();
      check_states();
    }
    // The network heals, time passes, everybody decides.
    late_.clear();
    settle();
    check_quiet();
  }

  int concluded = 0;
  int terminated = 0;
  int duplicates = 0;

 private:
  Node& side() { return chance_.below(2) == 0 ? world_.provider : world_.consumer; }
  bool roll(std::uint64_t one_in) { return chance_.below(one_in) == 0; }

  void set_deciders() {
    for (Node* node : {&world_.provider, &world_.consumer}) {
      node->decider.script = [this](const Situation& situation) {
        const std::uint64_t mood = chance_.below(10);
        if (mood == 0) return Verdict{.kind = Verdict::Kind::kHold, .reasons = {"mood"}};
        if (mood == 1 && may_send(situation.negotiation.state, MessageKind::kTermination, situation.negotiation.role)) {
          return Verdict{.kind = Verdict::Kind::kRefuse, .code = "mood", .reasons = {"no"}};
        }
        const bool may_counter =
            situation.negotiation.state == State::kRequested || situation.negotiation.state == State::kOffered;
        if (mood <= 3 && may_counter && situation.negotiation.rounds < 20) {
          return Verdict{.kind = Verdict::Kind::kCounter, .counter = some_offer()};
        }
        if (mood <= 6) return Verdict{.kind = Verdict::Kind::kProceed};
        return standard_verdict(situation);
      };
    }
  }

  Offer some_offer() {
    Offer offer = published_offer();
    offer.terms = simple_terms("20" + std::to_string(30 + chance_.below(3)) + "-01-01T00:00:00Z");
    return offer;
  }

  void begin() {
    const Offer offer = roll(2) ? published_offer() : some_offer();
    const auto pid = roll(4) ? world_.provider.service->offer(world_.consumer.party(), offer, "op")
                             : world_.consumer.service->request(world_.provider.party(), offer, "op");
    ASSERT_TRUE(pid.ok()) << pid.error().message();
  }

  // One thing happens. What a person tries out of turn is refused, and that is fine.
  void step() {
    world_.clock.advance(Milliseconds(chance_.below(1000)));
    const std::uint64_t what = chance_.below(20);
    if (what < 13) return transmit();
    Node& node = side();
    const auto items = negotiations(node);
    if (items.empty()) return;
    const std::string pid = items[chance_.below(items.size())].negotiation.pid;
    const std::string id = items[chance_.below(items.size())].negotiation.agreement;
    Service& service = *node.service;
    switch (what) {
      case 13: return ignore(service.approve(pid, "person"));
      case 14: return ignore(roll(3) ? service.terminate(pid, "person", {"enough"}, "person") : Result<>());
      case 15: return ignore(service.counter(pid, some_offer(), "person"));
      case 16: return ignore(service.suspend_agreement(id, {}, "person"));
      case 17: return ignore(service.resume_agreement(id, "person"));
      case 18: return ignore(roll(3) ? service.terminate_agreement(id, "x", {}, "person") : Result<>());
      default: break;
    }
    if (roll(6)) world_.clock.advance(std::chrono::days(chance_.below(40)));
    for (Node* each : {&world_.provider, &world_.consumer}) {
      EXPECT_TRUE(each->service->expire(world_.clock.now()).ok());
    }
  }
  static void ignore(const Result<>&) {}

  // Lost on the way there, lost on the way back, delivered twice, delivered again much later.
  void transmit() {
    if (!late_.empty() && roll(3)) {
      const std::size_t which = chance_.below(late_.size());
      const auto [from, message] = late_[which];
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(which));
      ++duplicates;
      static_cast<void>(world_.other(*from).service->receive(from->party(), message.path, message.body).ok());
      return;
    }
    Node& from = side();
    const auto due = from.due();
    if (due.empty()) return;
    const store::OutboxMessage message = due[chance_.below(due.size())];
    const std::uint64_t fate = chance_.below(10);
    if (fate == 0) return;  // lost on the way there
    if (fate == 1) {        // the answer is lost: it will be sent again
      static_cast<void>(world_.other(from).service->receive(from.party(), message.path, message.body).ok());
      return;
    }
    if (fate == 2) late_.emplace_back(&from, message);
    static_cast<void>(world_.deliver(from, message).ok());
  }

  void settle() {
    for (int round = 0; round < 200; ++round) {
      world_.settle();
      bool waiting = false;
      for (Node* node : {&world_.provider, &world_.consumer}) {
        for (const auto& item : negotiations(*node, {.live_only = true})) {
          const Negotiation& n = item.negotiation;
          if (!is_turn_of(n.role, n.state)) continue;
          waiting = true;
          if (item.held && node->service->approve(n.pid, "person").ok()) continue;
          ignore(node->service->terminate(n.pid, "cannot", {}, "person"));
        }
      }
      if (!waiting) return;
    }
    ADD_FAILURE() << "the two never come to an end";
  }

  std::map<std::string, NegotiationRecord> by_consumer_pid(Node& node) {
    std::map<std::string, NegotiationRecord> out;
    for (const auto& item : negotiations(node)) {
      const std::string key = item.negotiation.role == Role::kConsumer ? item.negotiation.pid : item.negotiation.peer_pid;
      const std::string both = key.empty() ? "provider-" + item.negotiation.pid : key;
      out.emplace(both, item);
    }
    return out;
  }

  // By the consumer's process id, where both know it.
  static std::map<std::string, State> states_of(Node& node) {
    std::map<std::string, State> out;
    const Result<> read = node.db->read([&](store::Tx& tx) {
      return tx.scan("SELECT CASE WHEN role = 2 THEN pid ELSE peer_pid END, state FROM contract_negotiation", {},
                     [&](const store::Row& row) {
                       if (!row[0].text().empty()) out[row[0].text()] = *parse_state(row[1].integer());
                       return true;
                     });
    });
    EXPECT_TRUE(read.ok());
    return out;
  }

  void check_states() {
    static const auto kPairs = compatible_pairs();
    const auto at_consumer = states_of(world_.consumer);
    const auto at_provider = states_of(world_.provider);
    for (const auto& [pid, state] : at_consumer) {
      const auto found = at_provider.find(pid);
      if (found == at_provider.end()) continue;
      EXPECT_TRUE(kPairs.contains({state, found->second})) << name_of(state) << " and " << name_of(found->second);
    }
  }

  void check() {
    check_states();
    for (Node* node : {&world_.provider, &world_.consumer}) check_evidence(*node);
    check_agreements();
  }

  // One entry a transition: replaying them through the table ends in the state that is stored.
  void check_evidence(Node& node) {
    std::map<std::string, State> replayed;
    std::map<std::string, AgreementState> agreements;
    for (const auto& entry : node.evidence()) {
      const std::string state = entry.body["state"].as_string();
      const auto known = replayed.find(entry.process);
      if (known == replayed.end()) {
        EXPECT_TRUE(state == "REQUESTED" || state == "OFFERED");
        replayed[entry.process] = state == "REQUESTED" ? State::kRequested : State::kOffered;
        continue;
      }
      if (is_final(known->second)) {  // about the agreement
        for (const AgreementState each : kAllAgreementStates) {
          if (state == name_of(each)) agreements[entry.process] = each;
        }
        continue;
      }
      EXPECT_EQ(entry.body["from"].as_string(), name_of(known->second));
      for (const State each : kAllStates) {
        if (state == name_of(each)) replayed[entry.process] = each;
      }
    }
    const auto items = negotiations(node);
    EXPECT_EQ(items.size(), replayed.size());
    for (const auto& item : items) {
      EXPECT_EQ(replayed[item.negotiation.pid], item.negotiation.state);
      const auto ended = agreements.find(item.negotiation.pid);
      if (ended != agreements.end()) {
        EXPECT_EQ(item.agreement_state, ended->second);
      }
    }
  }

  // What both have is the same, and signed by whom it must be.
  void check_agreements() {
    std::map<std::string, AgreementRecord> known;
    for (const auto& record : agreements_of(world_.provider)) {
      known.emplace(record.agreement.id, record);
      EXPECT_FALSE(record.signatures.empty());
    }
    for (const auto& record : agreements_of(world_.consumer)) {
      const auto found = known.find(record.agreement.id);
      ASSERT_NE(found, known.end()) << "the consumer has an agreement that the provider does not know";
      EXPECT_EQ(found->second.hash, record.hash);
      EXPECT_EQ(found->second.agreement.object.canonical(), record.agreement.object.canonical());
    }
  }

  void check_quiet() {
    check();
    const auto at_consumer = by_consumer_pid(world_.consumer);
    const auto at_provider = by_consumer_pid(world_.provider);
    EXPECT_TRUE(world_.provider.due().empty());
    EXPECT_TRUE(world_.consumer.due().empty());
    for (const auto& [key, c] : at_consumer) {
      const auto found = at_provider.find(key);
      if (found == at_provider.end()) continue;
      EXPECT_EQ(c.negotiation.state, found->second.negotiation.state);
      if (c.negotiation.state != State::kFinalized) {
        ++terminated;
        continue;
      }
      ++concluded;
      for (Node* node : {&world_.provider, &world_.consumer}) {
        const auto signed_by_both = node->service->check_signatures(c.negotiation.agreement);
        EXPECT_TRUE(signed_by_both.ok()) << signed_by_both.error().message();
        EXPECT_EQ(std::count(node->usage.enforced.begin(), node->usage.enforced.end(), c.negotiation.agreement), 1);
      }
    }
  }

  World& world_;
  SeededRandom chance_;
  std::vector<std::pair<Node*, store::OutboxMessage>> late_;
};

//= I-9 type=test
TEST(ContractSimulation, AThousandSeeds) {
  World world(1);
  int concluded = 0;
  int terminated = 0;
  int duplicates = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(world, seed);
    simulation.run();
    concluded += simulation.concluded;
    terminated += simulation.terminated;
    duplicates += simulation.duplicates;
    if (HasFailure()) break;
  }
  EXPECT_GT(concluded, 200);
  EXPECT_GT(terminated, 200);
  EXPECT_GT(duplicates, 200);
}

}  // namespace
}  // namespace weir::flow::contract
