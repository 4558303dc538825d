// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/test_support.h"

namespace weir::use::job {
namespace {

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

TEST_F(JobService, AProviderThatLearnsIsDoneWhenItHasWrittenItsRows) {
  const std::string id = approved(propose("psi-both-rr22"));
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  const Outcome at_a{.matches = 50, .rows = 51, .sent = 100, .received = 200, .milliseconds = 5,
                     .sent_hash = kDigest, .received_hash = kOther, .result_hash = kOther};
  ASSERT_TRUE(b_.service->note(id, {.now = {.done = 1, .matches = 50}, .begun = 1}));
  ASSERT_TRUE(a_.service->finish(id, at_a));
  b_.woken.clear();
  settle();
  EXPECT_EQ(at(b_, id), State::kRunning);
  EXPECT_THAT(b_.woken, ::testing::Contains(id));
  EXPECT_FALSE(b_.service->release(id, "admin"));
  Outcome at_b = b_.service->get(id)->outcome;
  EXPECT_EQ(at_b.sent_hash, kOther);
  at_b.matches = at_b.rows = 50;
  ASSERT_TRUE(b_.service->finish(id, at_b));
  EXPECT_EQ(at(b_, id), State::kDone);
  EXPECT_TRUE(b_.service->release(id, "admin"));
  EXPECT_EQ(b_.neighbours.metered, 300);
}

TEST_F(JobService, WhatLinesMovedThatBrokeIsMeteredAlsoOfAJobThatFails) {
  const std::string id = approved();
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  const Checkpoint before{.done = 1, .sent = 40, .received = 50};
  ASSERT_TRUE(a_.service->note(id, {.now = before, .begun = 1}));
  Checkpoint later = before;
  later.sent += 10;
  ASSERT_TRUE(a_.service->note(id, {.now = later, .begun = 2}));
  ASSERT_TRUE(a_.service->broke(id, {.sent = 13, .received = 4}, before));
  EXPECT_EQ(a_.service->get(id)->broken.sent, 3);
  EXPECT_EQ(to_json(*a_.service->get(id))["broken"].canonical(), R"({"received":4,"sent":3})");
  ASSERT_TRUE(a_.service->fail(id, Error(Errc::kUnavailable, "the line broke")));
  EXPECT_EQ(a_.neighbours.metered, 50 + 3 + 50 + 4);
  ASSERT_TRUE(a_.service->broke(id, {.sent = 100}, before));
  EXPECT_EQ(a_.service->get(id)->broken.sent, 3) << "the meter is closed";
}

TEST_F(JobService, OfASizeThereAreNoRowsToRelease) {
  const std::string id = approved(propose("psi-size-x25519"));
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  ASSERT_TRUE(a_.service->finish(id, {.matches = 5, .sent_hash = kDigest, .received_hash = kOther}));
  EXPECT_EQ(a_.service->release(id, "admin").error().reason(), "job.no_result");
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

TEST_F(JobService, WhatRunsIsTakenBackByEitherSideAndItsBytesAreMetered) {
  for (ServiceParty* side : {&a_, &b_}) {
    const std::string id = approved(propose(), claim_from(0, 50), claim_from(0, 80));
    ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
    const auto started = b_.service->start(id, claim_from(0, 80));
    ASSERT_TRUE(started);
    const std::int64_t before = side->neighbours.metered;
    ASSERT_TRUE(side->service->broke(id, {.sent = 3, .received = 4}, started->progress.now));
    ASSERT_TRUE(side->service->reject(id, "nobody answers", "li"));
    EXPECT_EQ(side->neighbours.metered - before, 7);
    settle();
    for (ServiceParty* each : {&a_, &b_}) {
      EXPECT_EQ(at(*each, id), State::kFailed);
      EXPECT_EQ(each->service->get(id)->error, "nobody answers");
      EXPECT_EQ(each->log.kinds().back(), "job.failed");
      EXPECT_EQ(each->service->reject(id, "twice", "li").error().reason(), "job.wrong_state");
    }
    const auto door = b_.service->open_channel(id, bank_);
    EXPECT_EQ(door.error().message(), "the job is FAILED: nobody answers") << "who comes too late hears why";
  }
}

TEST_F(JobService, AnInterruptedRunStartsAgainAndIsCountedOnce) {
  const std::string id = approved();
  for (int times = 0; times < 3; ++times) ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  EXPECT_EQ(a_.neighbours.asked, 1);
  EXPECT_EQ(a_.log.count("job.started"), 1);
}

// ── what is kept from one question to the next ──

TEST_F(JobService, WhatBelongsToImagesIsKeptFromAStartOnForTheSameTable) {
  const std::string first = approved(propose("psi-kept-x25519"));
  EXPECT_FALSE(*b_.service->kept_claim(*b_.service->get(first)));
  ASSERT_TRUE(b_.service->start(first, claim_from(0, 80)));
  const Job job = *b_.service->get(first);
  const auto secret = b_.service->image_secret(job, mpc::DhCurve::kX25519);
  ASSERT_TRUE(secret);
  EXPECT_EQ(*b_.service->kept_claim(job), claim_from(0, 80));
  const std::string second = approved(propose("psi-kept-x25519"), claim_from(100, 150));
  ASSERT_TRUE(b_.service->start(second, claim_from(0, 80)));
  const auto again = b_.service->image_secret(*b_.service->get(second), mpc::DhCurve::kX25519);
  EXPECT_EQ(again->bytes(), secret->bytes());
  Job other = job;
  other.input = kOther;
  EXPECT_FALSE(*b_.service->kept_claim(other)) << "of another content nothing is known";
  other = job;
  other.work.keys[0].provider = "phone";
  EXPECT_FALSE(*b_.service->kept_claim(other)) << "nor of another column";
}

TEST_F(JobService, AConsumerKnowsThatItHasAllImagesOnceTheyAreThere) {
  const std::string id = approved(propose("psi-kept-x25519"));
  ASSERT_TRUE(a_.service->start(id, claim_from(0, 50)));
  const auto kept = [&] { return *a_.service->images_kept(*a_.service->get(id)); };
  EXPECT_EQ(kept(), 0);
  Progress progress;
  progress.now.done = 1;
  ASSERT_TRUE(a_.service->note(id, progress));
  EXPECT_EQ(kept(), 80);
  Job other = *a_.service->get(id);
  other.theirs = claim_from(0, 81);
  EXPECT_EQ(*a_.service->images_kept(other), 0);
}

TEST_F(JobService, WhatIsKeptIsGoneWithItsAgreement) {
  const std::string id = approved(propose("psi-kept-x25519"));
  for (ServiceParty* party : {&a_, &b_}) {
    ASSERT_TRUE(party->service->start(id, party == &a_ ? claim_from(0, 50) : claim_from(0, 80)));
    EXPECT_TRUE(party->service->images_of_ended()->empty());
    party->neighbours.live = false;
    const auto names = party->service->images_of_ended();
    ASSERT_EQ(names->size(), 1u);
    ASSERT_TRUE(party->service->drop_images(names->front()));
    EXPECT_TRUE(party->service->images_of_ended()->empty());
  }
  EXPECT_EQ(b_.service->image_secret(*b_.service->get(id), mpc::DhCurve::kX25519).error().reason(), "mpc.images");
}

// ── refusals ──

TEST_F(JobService, AConsumerThatSaysItIsDoneBeforeTheProviderHasAllIsNotBelieved) {
  const std::string id = approved(propose("psi-both-rr22"));
  ASSERT_TRUE(b_.service->start(id, claim_from(0, 80)));
  const Json told = Json::object({{"event", "completion"},
                                  {"outcome", to_json(Outcome{.sent_hash = kDigest, .received_hash = kOther})}});
  EXPECT_EQ(b_.service->receive_event(bank_, id, told).error().reason(), "job.wrong_state");
  EXPECT_TRUE(b_.service->get(id)->outcome.sent_hash.empty());
}

TEST_F(JobService, ASetThatIsTooLargeForAnAlgorithmWithoutBucketsEndsTheJob) {
  Claim large = claim_from(0, 600);
  large.count = kWholeKeysMax + 1;
  for (const auto& [algorithm, state] :
       {std::pair{"psi-size-x25519", State::kFailed}, std::pair{"psi-kept-sm2", State::kFailed},
        std::pair{"psi-rr22", State::kProposed}}) {
    const auto job = propose(algorithm);
    ASSERT_TRUE(a_.service->claim(job->id, large));
    EXPECT_EQ(at(a_, job->id), state) << algorithm;
  }
}

TEST_F(JobService, WhatTheTermsDenyIsNotAskedAndTheDenialIsDecidedInTheLog) {
  a_.neighbours.ruling = {.allowed = false, .automatic = false, .words = {"only for research", "仅限研究"}};
  EXPECT_EQ(propose().error().reason(), "job.denied");
  EXPECT_EQ(a_.neighbours.asked, 1);
  EXPECT_TRUE(a_.take_outbox().empty());
}

TEST_F(JobService, WhatTheProvidersTermsDenyIsRejected) {
  b_.neighbours.ruling = {.allowed = false, .automatic = false, .words = {"spent", "已用尽"}};
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
