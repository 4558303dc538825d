// Two services that talk through their outboxes.
// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_log.h"
#include "weir/base/check.h"
#include "weir/use/job/algorithm.h"

namespace weir::use::job {
namespace {

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
    metered += job.outcome.sent + job.outcome.received;
    return {};
  }

  Ruling ruling{.allowed = true, .automatic = true, .words = {}};
  bool live = true;
  int asked = 0;
  std::int64_t metered = 0;

 private:
  Agreed agreed_;
};

struct Party {
  Party(std::uint64_t seed, NodeId self, NodeId other, Role role)
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

NodeId make_node(std::uint64_t seed) {
  SeededRandom random(seed);
  return NodeId::generate(supply::identifier::NodeKind::kConnector,
                          *supply::identifier::SubjectId::parse("91350100M000100Y43"),
                          *supply::identifier::AreaCode::parse("3501"), random);
}

Claim claim_from(int first, int last) {
  mpc::Blocks keys;
  for (int i = first; i < last; ++i) keys.push_back(*key_of({std::to_string(i)}, {Form::kExact}));
  std::sort(keys.begin(), keys.end(), before);
  return claim_of(keys, Bytes(32, 7));
}

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

class JobService : public ::testing::Test {
 protected:
  NodeId bank_ = make_node(1);
  NodeId telecom_ = make_node(2);
  Party a_{11, bank_, telecom_, Role::kConsumer};
  Party b_{12, telecom_, bank_, Role::kProvider};

  Result<Job> propose() {
    return a_.service->propose({.agreement = "agreement-1",
                                .algorithm = "psi-rr22",
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
  static void hear(Party& to, Party& from, const store::OutboxMessage& message) {
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
  State at(Party& party, const std::string& id) { return party.service->get(id)->state; }
};

TEST_F(JobService, AWholeJobLeavesTheSameStoryInBothLogs) {
  const std::string id = approved();
  ASSERT_EQ(at(a_, id), State::kApproved);
  ASSERT_EQ(at(b_, id), State::kApproved);
  ASSERT_TRUE(b_.service->open_channel(id, bank_));
  const auto started = a_.service->start(id, claim_from(0, 50));
  ASSERT_TRUE(started) << started.error().message();
  ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  EXPECT_EQ(terms_digest(*a_.service->get(id)), terms_digest(*b_.service->get(id)));
  const Outcome at_a{.matches = 50, .rows = 51, .sent = 100, .received = 200, .milliseconds = 5,
                     .sent_hash = kDigest, .received_hash = kOther, .result_hash = kOther};
  ASSERT_TRUE(a_.service->finish(id, at_a));
  settle();
  EXPECT_EQ(at(b_, id), State::kDone);
  EXPECT_EQ(b_.service->get(id)->outcome.sent_hash, kOther);
  EXPECT_EQ(b_.service->get(id)->outcome.matches, -1) << "what the consumer learned stays with it";
  ASSERT_TRUE(a_.service->release(id, "admin"));
  EXPECT_EQ(a_.log.kinds(), (std::vector<std::string>{"job.asked", "job.proposed", "job.approved", "job.started",
                                                      "job.finished", "job.released"}));
  EXPECT_EQ(b_.log.kinds(), (std::vector<std::string>{"job.proposed", "job.accepted", "job.approved", "job.started",
                                                      "job.finished"}));
  EXPECT_EQ(a_.log.entries[3].body["terms"], b_.log.entries[3].body["terms"]);
  EXPECT_EQ(a_.neighbours.metered, 300);
  EXPECT_EQ(b_.neighbours.metered, 300);
  EXPECT_EQ(a_.neighbours.asked, 1);
  EXPECT_EQ(b_.neighbours.asked, 1);
}

TEST_F(JobService, APersonDecidesWhereTheTermsDoNotNameTheAlgorithm) {
  b_.neighbours.ruling.automatic = false;
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(b_, job->id), State::kProposed);
  ASSERT_TRUE(b_.service->approve(job->id, "li"));
  EXPECT_EQ(at(b_, job->id), State::kAccepted);
  EXPECT_EQ(b_.service->approve(job->id, "li").error().reason(), "job.wrong_state");
  ASSERT_TRUE(b_.service->reject(job->id, "not this one", "li"));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_EQ(a_.service->get(job->id)->error, "not this one");
}

TEST_F(JobService, AnInterruptedRunStartsAgainAndIsCountedOnce) {
  const std::string id = approved();
  for (int times = 0; times < 3; ++times) ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  EXPECT_EQ(a_.neighbours.asked, 1);
  EXPECT_EQ(a_.log.count("job.started"), 1);
}

// ── the privacy budget ──

constexpr std::string_view kNoisy =
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.4) COUNT(*) FROM a JOIN b USING (id)";

TEST_F(JobService, EachRunSpendsItsEpsilonOnBothSidesWhateverBecomesOfIt) {
  a_.neighbours.ruling.budget = b_.neighbours.ruling.budget = 2 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  ASSERT_TRUE(b_.service->fail(id, Error(Errc::kUnavailable, "the line broke")));
  for (Party* party : {&a_, &b_}) {
    const auto privacy = party->service->privacy(*party->service->get(id));
    ASSERT_TRUE(privacy);
    EXPECT_EQ(privacy->spent, 400'000);
    EXPECT_EQ(to_json(*privacy).canonical(),
              R"({"budget":"2","delta":"2^-41","epsilon":"0.4","left":"1.6","spent":"0.4"})");
  }
  EXPECT_EQ(a_.log.entries.back().body["privacy"]["spent"].as_string(), "0.4");
}

// Two draws of the noise tell more than one.
TEST_F(JobService, ANoisyRunThatIsMadeAgainSpendsAgainAndIsAnotherUse) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  for (int times = 0; times < 2; ++times) ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  EXPECT_EQ(b_.neighbours.asked, 2);
  EXPECT_EQ(b_.log.count("job.started"), 2);
  EXPECT_EQ(b_.service->start(id, claim_from(0, 80)).error().reason(), "job.budget_spent");
  EXPECT_EQ(b_.service->privacy(*b_.service->get(id))->spent, 800'000);
}

TEST_F(JobService, WhatIsSpentIsSpentForEveryLaterQuestionOfThisCounterpart) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  for (int times = 0; times < 2; ++times) {
    const std::string id = approved(ask(kNoisy));
    ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
    ASSERT_TRUE(b_.service->fail(id, Error(Errc::kUnavailable, "the line broke")));
    settle();
  }
  const auto job = ask(kNoisy);
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_EQ(a_.service->get(job->id)->error, "0.8 of the privacy budget of 1 is spent, and this question takes 0.4");
}

TEST_F(JobService, WhenTheLogFailsNothingIsSpent) {
  b_.neighbours.ruling.budget = 1 * kEpsilonScale;
  const std::string id = approved(ask(kNoisy));
  b_.log.fail_next = true;
  EXPECT_FALSE(b_.service->start(id, claim_from(0, 80)));
  EXPECT_EQ(b_.service->privacy(*b_.service->get(id))->spent, 0);
}

TEST_F(JobService, WhereTheTermsSetABudgetAnAnswerWithoutNoiseIsNotGiven) {
  a_.neighbours.ruling.budget = 1 * kEpsilonScale;
  EXPECT_EQ(propose().error().reason(), "job.noise_required");
  EXPECT_EQ(ask("SELECT COUNT(*) FROM a JOIN b USING (id)").error().reason(), "job.noise_required");
  EXPECT_TRUE(ask(kNoisy));
}

TEST_F(JobService, AQuestionThatTakesMoreThanIsLeftIsNotEvenAsked) {
  a_.neighbours.ruling.budget = 399'999;
  EXPECT_EQ(ask(kNoisy).error().reason(), "job.budget_spent");
}

TEST_F(JobService, BoundsForMoreNoiseThanCanBeDrawnEndTheJob) {
  const auto job = ask(
      "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.001) SUM(a.x, contribution_bounds_per_group =>"
      " (0, 100000)) FROM a JOIN b USING (id)");
  ASSERT_TRUE(job) << job.error().message();
  Claim claim = claim_from(0, 50);
  claim.columns = {{"x", 9, kDigest}};
  ASSERT_TRUE(a_.service->claim(job->id, claim));
  EXPECT_EQ(at(a_, job->id), State::kFailed);
  EXPECT_THAT(a_.service->get(job->id)->error, ::testing::HasSubstr("more noise than can be drawn"));
}

// ── refusals ──

TEST_F(JobService, WhatTheTermsDenyIsNotAskedAndTheDenialIsDecidedInTheLog) {
  a_.neighbours.ruling = {.allowed = false, .automatic = false, .words = "only for research"};
  EXPECT_EQ(propose().error().reason(), "job.denied");
  EXPECT_EQ(a_.neighbours.asked, 1);
  EXPECT_TRUE(a_.take_outbox().empty());
}

TEST_F(JobService, WhatTheProvidersTermsDenyIsRejected) {
  b_.neighbours.ruling = {.allowed = false, .automatic = false, .words = "spent"};
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_EQ(b_.log.kinds().back(), "job.rejected");
}

TEST_F(JobService, ASetThatIsTooSmallEndsTheJobBeforeItIsProposed) {
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 9)));
  EXPECT_EQ(at(a_, job->id), State::kFailed);
  EXPECT_TRUE(a_.take_outbox().empty());
}

TEST_F(JobService, AProvidersTableThatIsTooSmallIsRejected) {
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  ASSERT_TRUE(b_.service->claim(job->id, claim_from(0, 9)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
}

TEST_F(JobService, ASetThatDiffersByAFewIsRejectedByTheProvider) {
  approved(claim_from(0, 50));
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 51)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_THAT(a_.service->get(job->id)->error, ::testing::HasSubstr("differs from an earlier one"));
}

TEST_F(JobService, QuestionsRunOut) {
  for (int times = 0; times < 3; ++times) approved();
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
}

TEST_F(JobService, AFigureOfGroupsThatAreTooSmallIsRejectedByTheOwnerOfTheData) {
  const auto job = ask("SELECT COUNT(*) FROM a JOIN b USING (id) HAVING COUNT(*) >= 4");
  ASSERT_TRUE(job) << job.error().message();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  settle();
  EXPECT_EQ(at(a_, job->id), State::kRejected);
  EXPECT_THAT(a_.service->get(job->id)->error, ::testing::HasSubstr("fewer than 5 keys are not shown"));
  EXPECT_EQ(ask("SELECT COUNT(*) FROM a JOIN b USING (id)")->work.query->least, 5)
      << "the own rule, if nothing is said";
}

TEST_F(JobService, ASetOfWhichOnlyAColumnChangedIsRejected) {
  const auto end_with = [&](const std::string& column, const std::string& root) {
    const auto job = ask("SELECT SUM(a." + column + ") FROM a JOIN b USING (id)");
    EXPECT_TRUE(job);
    Claim claim = claim_from(0, 50);
    claim.columns = {{column, 0, root}};
    EXPECT_TRUE(a_.service->claim(job->id, claim));
    settle();
    return at(a_, job->id);
  };
  EXPECT_EQ(end_with("x", kDigest), State::kProposed);
  EXPECT_EQ(end_with("x", kOther), State::kRejected);
  EXPECT_EQ(end_with("x", kDigest), State::kProposed);
  EXPECT_EQ(end_with("y", kOther), State::kProposed) << "another column of the same set";
}

TEST_F(JobService, AClaimAboutOtherColumnsThanTheQueryReadsIsRefused) {
  const auto job = ask("SELECT SUM(a.x) FROM a JOIN b USING (id)");
  const Json body = Json::object({{"job", job->id}, {"agreement", "agreement-1"}, {"work", to_json(job->work)},
                                  {"set", to_json(claim_from(0, 50))}});
  EXPECT_EQ(b_.service->receive_proposal(bank_, body).error().reason(), "job.malformed");
}

TEST_F(JobService, ASetThatWasSwappedAfterTheClaimDoesNotRun) {
  const std::string id = approved();
  EXPECT_EQ(a_.service->start(id, claim_from(1, 51)).error().reason(), "job.set_swapped");
  EXPECT_EQ(b_.service->start(id, claim_from(1, 81)).error().reason(), "job.set_swapped");
  EXPECT_EQ(a_.neighbours.asked + b_.neighbours.asked, 0);
}

TEST_F(JobService, AnAgreementThatEndedMeanwhileStopsTheStart) {
  const std::string id = approved();
  a_.neighbours.live = false;
  EXPECT_EQ(a_.service->start(id, claim_from(0, 50)).error().reason(), "agreement.not_live");
}

TEST_F(JobService, ForeignersSeeNoJob) {
  const std::string id = approved();
  const NodeId stranger = make_node(3);
  EXPECT_EQ(b_.service->open_channel(id, stranger).error().reason(), "job.not_found");
  const Json event = Json::object({{"event", "failure"}, {"words", "x"}});
  EXPECT_EQ(b_.service->receive_event(stranger, id, event).error().reason(), "job.not_found");
  EXPECT_EQ(a_.service->open_channel(id, telecom_).error().reason(), "job.wrong_state") << "the consumer has no door";
}

TEST_F(JobService, EachSideHearsOnlyWhatIsForIt) {
  const std::string id = approved();
  const Json approval = Json::object({{"event", "approval"}, {"set", to_json(claim_from(0, 50))}});
  EXPECT_EQ(b_.service->receive_event(bank_, id, approval).error().reason(), "job.wrong_state");
  const Json completion = Json::object({{"event", "completion"}, {"outcome", Json::object()}});
  EXPECT_EQ(a_.service->receive_event(telecom_, id, completion).error().reason(), "job.wrong_state");
  EXPECT_EQ(b_.service->receive_event(bank_, id, completion).error().code(), Errc::kInvalidArgument);
  EXPECT_EQ(b_.service->receive_event(bank_, id, Json::object({{"event", "x"}})).error().reason(), "job.malformed");
}

TEST_F(JobService, AProposalOfAnotherAlgorithmOrWithoutSenseIsRefused) {
  const Job job = *propose();
  const Json good = Json::object({{"job", job.id}, {"agreement", "agreement-1"}, {"work", to_json(job.work)},
                                  {"set", to_json(claim_from(0, 50))}});
  const auto reason = [&](std::string_view name, Json value) {
    Json body = good;
    body.set(name, std::move(value));
    return std::string(b_.service->receive_proposal(bank_, body).error().reason());
  };
  Json other = to_json(job.work);
  other.set("hash", std::string(64, '0'));
  EXPECT_EQ(reason("work", other), "job.other_algorithm");
  other = to_json(job.work);
  other.set("more", 1);
  EXPECT_EQ(reason("work", other), "job.malformed");
  EXPECT_EQ(reason("job", "1"), "job.malformed");
  EXPECT_EQ(reason("agreement", "agreement-2"), "contract.no_agreement");
  Json set = to_json(claim_from(0, 50));
  set.set("count", 51);
  EXPECT_EQ(reason("set", set), "job.malformed");
  EXPECT_EQ(b_.service->receive_proposal(make_node(3), good).error().reason(), "contract.no_agreement");
}

TEST_F(JobService, WhenTheLogFailsNothingHappened) {
  a_.log.fail_next = true;
  EXPECT_FALSE(propose());
  EXPECT_TRUE(a_.service->list("", 10)->rows.empty());
  const std::string id = approved();
  a_.log.fail_next = true;
  EXPECT_FALSE(a_.service->start(id, claim_from(0, 50)));
  EXPECT_EQ(at(a_, id), State::kApproved);
}

TEST_F(JobService, WhatThePeerRefusesForGoodEndsTheJob) {
  const auto job = propose();
  ASSERT_TRUE(a_.service->claim(job->id, claim_from(0, 50)));
  ASSERT_TRUE(a_.sql->write([&](store::Tx& tx) {
    return a_.service->refused(tx, job->id, Error(Errc::kNotFound, "no such agreement"));
  }));
  EXPECT_EQ(at(a_, job->id), State::kRejected);
}

TEST_F(JobService, NothingLeavesAFinalState) {
  for (const Role role : {Role::kConsumer, Role::kProvider}) {
    for (const State state : {State::kDone, State::kRejected, State::kFailed}) {
      for (const Event event : {Event::kPropose, Event::kAccept, Event::kApprove, Event::kStart, Event::kFinish,
                                Event::kReject, Event::kFail}) {
        EXPECT_FALSE(next_state(role, state, event));
      }
    }
  }
}

}  // namespace
}  // namespace weir::use::job
