// TestSupport: two services that talk through their outboxes, for tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_log.h"
#include "weir/base/check.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/service.h"

namespace weir::use::job {

using supply::identifier::NodeId;
using wire::Json;

class FakeNeighbours final : public Neighbours {
 public:
  explicit FakeNeighbours(Agreed agreed) : agreed_(std::move(agreed)) {}
  Result<Agreed> agreed(store::Tx&, const std::string& agreement) override {
    if (agreement != "agreement-1") return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
    if (!live) return Error(Errc::kForbidden, "not in force").because("agreement.not_live");
    return agreed_;
  }
  Result<bool> ended(store::Tx&, const std::string&) override { return !live; }
  Result<Ruling> preview(const Job&, const Privacy& privacy) override {
    Ruling out = ruling;
    out.allowed = out.allowed && may_spend({privacy.cost, privacy.spent, ruling.budget});
    return out;
  }
  Result<Ruling> authorize(store::Tx&, const Job& job, const Privacy& privacy, const std::string&) override {
    ++asked;
    return preview(job, privacy);
  }
  Result<> meter(store::Tx&, const Job& job) override {
    metered += moved(job).sent + moved(job).received;
    return {};
  }

  Ruling ruling{.allowed = true, .automatic = true, .words = {}};
  bool live = true;
  int asked = 0;
  std::int64_t metered = 0;

 private:
  Agreed agreed_;
};

struct ServiceParty {
  ServiceParty(std::uint64_t seed, NodeId self, NodeId other, Role role)
      : random(seed),
        node(std::move(self)),
        neighbours({.contract = "C1", .product = "P1", .role = role, .peer = std::move(other),
                    .peer_address = "https://other.example/dsp", .content = "sha256:content"}) {
    WEIR_CHECK(store::migrate(*sql, store::outbox_migration()).ok());
    WEIR_CHECK(store::migrate(*sql, migration()).ok());
    service = std::make_unique<Service>(Service::Deps{.sql = *sql,
                                                      .log = log,
                                                      .clock = clock,
                                                      .random = random,
                                                      .neighbours = neighbours,
                                                      .node = node.text(),
                                                      .rules = {.set_least = 10, .questions_most = 3, .group_least = 5},
                                                      .wake = [this](const std::string& id) { woken.push_back(id); }});
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

  SeededRandom random;
  ManualClock clock{*parse_iso8601("2026-03-01T00:00:00Z")};
  NodeId node;
  std::unique_ptr<store::Database> sql = *store::open_sqlite({.path = ":memory:"});
  weir::testing::RecordingLog log;
  FakeNeighbours neighbours;
  std::vector<std::string> woken;
  std::unique_ptr<Service> service;
};

inline NodeId make_node(std::uint64_t seed) {
  SeededRandom random(seed);
  return NodeId::generate(supply::identifier::NodeKind::kConnector,
                          *supply::identifier::SubjectId::parse("91350100M000100Y43"),
                          *supply::identifier::AreaCode::parse("3501"), random);
}

inline Claim claim_from(int first, int last) {
  mpc::Blocks keys;
  for (int i = first; i < last; ++i) keys.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(keys.begin(), keys.end(), before);
  return claim_of(keys, Bytes(32, 7));
}

inline const std::string kDigest = "sha256:" + std::string(64, 'a');
inline const std::string kOther = "sha256:" + std::string(64, 'b');

class JobService : public ::testing::Test {
 protected:
  NodeId bank_ = make_node(1);
  NodeId telecom_ = make_node(2);
  ServiceParty a_{11, bank_, telecom_, Role::kConsumer};
  ServiceParty b_{12, telecom_, bank_, Role::kProvider};

  Result<Job> propose(const std::string& algorithm = "psi-rr22") {
    return a_.service->propose({.agreement = "agreement-1",
                                .algorithm = algorithm,
                                .keys = {{"id", "customer", Form::kText}},
                                .action = "compute",
                                .purpose = "research",
                                .input = kDigest,
                                .query = {}},
                               "admin");
  }
  Result<Job> ask(std::string_view sql) {
    const auto statement = parse_statement(sql, {});
    EXPECT_TRUE(statement);
    return a_.service->propose({.agreement = "agreement-1",
                                .algorithm = "join-psty19",
                                .keys = {{"id", "id", Form::kText}},
                                .action = "compute",
                                .purpose = "research",
                                .input = kDigest,
                                .query = statement->query},
                               "admin");
  }
  // Both ways until nothing is left; each message is heard twice.
  void settle() {
    for (int round = 0; round < 10; ++round) {
      const auto from_a = a_.take_outbox();
      const auto from_b = b_.take_outbox();
      if (from_a.empty() && from_b.empty()) return;
      for (const auto& message : from_a) hear(b_, a_, message);
      for (const auto& message : from_b) hear(a_, b_, message);
    }
    ADD_FAILURE() << "does not settle";
  }
  static void hear(ServiceParty& to, ServiceParty& from, const store::OutboxMessage& message) {
    const Json body = *wire::parse_json(message.body);
    for (int times = 0; times < 2; ++times) {
      const auto heard = message.path == "/jobs/request"
                             ? to.service->receive_proposal(from.node, body)
                             : to.service->receive_event(from.node, message.path.substr(6), body);
      EXPECT_TRUE(heard) << message.path << ": " << heard.error().message();
    }
  }
  std::string approved(const Claim& mine = claim_from(0, 50), const Claim& theirs = claim_from(0, 80)) {
    return approved(propose(), mine, theirs);
  }
  std::string approved(const Result<Job>& job, const Claim& mine = claim_from(0, 50),
                       const Claim& theirs = claim_from(0, 80)) {
    EXPECT_TRUE(job) << job.error().message();
    EXPECT_TRUE(a_.service->claim(job->id, mine));
    settle();
    EXPECT_TRUE(b_.service->claim(job->id, theirs));
    settle();
    return job->id;
  }
  State at(ServiceParty& party, const std::string& id) { return party.service->get(id)->state; }
};

}  // namespace weir::use::job
