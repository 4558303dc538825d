// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/flow/contract/test_world.h"

namespace weir::flow::contract {
namespace {

using namespace test;  // NOLINT: the test's own helpers
using crypto::SignatureAlgorithm;
using wire::Json;

std::vector<std::string> kinds_of(Node& node) {
  std::vector<std::string> out;
  for (const auto& entry : node.evidence()) out.push_back(entry.kind);
  return out;
}

NegotiationRecord only(Node& node) {
  const auto page = node.service->list({});
  EXPECT_TRUE(page.ok());
  EXPECT_EQ(page->items.size(), 1u);
  return page->items.at(0);
}

AgreementRecord agreement_of(Node& node) {
  const auto page = node.service->agreements({});
  EXPECT_TRUE(page.ok());
  EXPECT_EQ(page->items.size(), 1u);
  return page->items.at(0);
}

// A world in which the contract is concluded.
std::unique_ptr<World> concluded(SignatureAlgorithm provider = SignatureAlgorithm::kEd25519,
                                 SignatureAlgorithm consumer = SignatureAlgorithm::kEd25519) {
  auto world = std::make_unique<World>(1, provider, consumer);
  world->request();
  world->settle();
  return world;
}

//= DSP-2025-1#N11 type=test
//= DSP-2025-1#N10 type=test
//= DSP-2025-1#N2 type=test
//= NDI-TR-2025-02#contract-negotiate type=test
//= TC609-6-2025-14 type=test
TEST(ContractService, APublishedOfferIsAgreedSignedAndConcludedByBothSides) {
  World world(1);
  world.request();
  world.settle();
  EXPECT_EQ(only(world.consumer).negotiation.state, State::kFinalized);
  EXPECT_EQ(only(world.provider).negotiation.state, State::kFinalized);
  const std::vector<std::string> all = {"contract.requested", "contract.agreed", "contract.verified",
                                        "contract.finalized"};
  EXPECT_EQ(kinds_of(world.consumer), all);
  EXPECT_EQ(kinds_of(world.provider), all);

  const AgreementRecord at_consumer = agreement_of(world.consumer);
  const AgreementRecord at_provider = agreement_of(world.provider);
  EXPECT_EQ(at_consumer.state, AgreementState::kActive);
  EXPECT_EQ(at_consumer.agreement.object.canonical(), at_provider.agreement.object.canonical());
  EXPECT_EQ(at_consumer.hash, at_provider.hash);
  EXPECT_TRUE(supply::identifier::ContractId::parse(at_consumer.agreement.contract_id).ok());
  EXPECT_EQ(at_consumer.agreement.product_version, 2);
  EXPECT_EQ(*at_consumer.agreement.valid_until, after(kStart, std::chrono::days(30)));
  EXPECT_TRUE(world.consumer.service->check_signatures(at_consumer.agreement.id).ok());
  EXPECT_TRUE(world.provider.service->check_signatures(at_consumer.agreement.id).ok());
  EXPECT_EQ(world.consumer.usage.enforced, std::vector<std::string>{at_consumer.agreement.id});
  EXPECT_EQ(world.provider.usage.enforced, std::vector<std::string>{at_consumer.agreement.id});
  EXPECT_EQ(world.consumer.service->get_by_contract(at_consumer.agreement.contract_id)->pid, at_consumer.pid);
}

//= NDI-TR-2025-05#log type=test
TEST(ContractService, TheEvidenceOfBothSidesNamesTheSameMessagesAndTheSameAgreement) {
  const auto world = concluded();
  const auto a = world->consumer.evidence();
  const auto b = world->provider.evidence();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].body["messageDigest"], b[i].body["messageDigest"]);
    EXPECT_EQ(a[i].body["agreementHash"], b[i].body["agreementHash"]);
    EXPECT_EQ(a[i].contract, b[i].contract);
  }
  EXPECT_EQ(a[0].actor, "operator-1");
  EXPECT_EQ(b[0].actor, "peer:" + world->consumer.id.text());
  EXPECT_EQ(b[1].actor, "node:" + world->provider.id.text());
  EXPECT_EQ(a[2].body["signatures"].size(), 2u);
  EXPECT_EQ(a[2].body["contractStatus"].as_string(), "0301");
}

//= I-1 type=test
TEST(ContractService, CostsTheConsumerThreeWritesAndTheProviderTwo) {
  World world(1);
  world.request();
  EXPECT_EQ(world.consumer.wakes, 1);
  world.settle();
  EXPECT_EQ(world.consumer.wakes, 3) << "every write of the service ends in one wake";
  EXPECT_EQ(world.provider.wakes, 2);
}

TEST(ContractService, WorksAcrossSuites) {
  for (const auto provider : {SignatureAlgorithm::kSm2Sm3, SignatureAlgorithm::kEcdsaP256Sha256}) {
    const auto world = concluded(provider, SignatureAlgorithm::kEd25519);
    const AgreementRecord record = agreement_of(world->consumer);
    EXPECT_EQ(record.state, AgreementState::kActive);
    EXPECT_EQ(record.hash.starts_with("sm3:"), provider == SignatureAlgorithm::kSm2Sm3);
    EXPECT_EQ(record.hash, agreement_of(world->provider).hash);
    EXPECT_TRUE(world->provider.service->check_signatures(record.agreement.id).ok());
  }
}

//= TC609-6-2025-13#traceable type=test
TEST(ContractService, OtherTermsWaitForAPersonWhoIsNamedInTheEvidence) {
  World world(1);
  Offer wish = published_offer();
  wish.terms = simple_terms("2030-01-01T00:00:00Z");
  world.request(wish);
  world.settle();
  const auto held = world.provider.service->list_held({});
  ASSERT_EQ(held->items.size(), 1u);
  EXPECT_FALSE(held->items[0].hold_reason.empty());
  EXPECT_EQ(only(world.consumer).negotiation.state, State::kRequested);
  ASSERT_TRUE(world.provider.service->approve(held->items[0].negotiation.pid, "operator-7").ok());
  EXPECT_TRUE(world.provider.service->list_held({})->items.empty());
  world.settle();
  EXPECT_EQ(only(world.consumer).negotiation.state, State::kFinalized);
  EXPECT_EQ(agreement_of(world.consumer).agreement.terms.canonical(), wish.terms.canonical());
  EXPECT_EQ(world.provider.evidence()[1].actor, "operator-7");
  EXPECT_EQ(world.provider.service->approve(held->items[0].negotiation.pid, "x").error().reason(), "contract.not_held");
}

TEST(ContractService, APersonMayRejectWhatIsHeld) {
  World world(1);
  Offer wish = published_offer();
  wish.period = "P365D";
  world.request(wish);
  world.settle();
  const std::string pid = only(world.provider).negotiation.pid;
  ASSERT_TRUE(world.provider.service->reject(pid, {"too long"}, "operator-7").ok());
  world.settle();
  const NegotiationRecord at_consumer = only(world.consumer);
  EXPECT_EQ(at_consumer.negotiation.state, State::kTerminated);
  EXPECT_EQ(at_consumer.negotiation.code, "rejected");
  EXPECT_EQ(at_consumer.negotiation.reasons, std::vector<std::string>{"too long"});
}

//= DSP-2025-1#N9 type=test
//= DSP-2025-1#N4 type=test
//= DSP-2025-1#N3 type=test
//= TC609-6-2025-14#rounds type=test
TEST(ContractService, CounterOffersGoBackAndForthUntilOneIsAccepted) {
  World world(1);
  Offer wish = published_offer();
  wish.terms = simple_terms("2030-01-01T00:00:00Z");
  const std::string pid = world.request(wish);
  world.settle();
  Offer middle = published_offer();
  middle.terms = simple_terms("2028-01-01T00:00:00Z");
  ASSERT_TRUE(world.provider.service->counter(only(world.provider).negotiation.pid, middle, "p").ok());
  world.settle();
  ASSERT_TRUE(only(world.consumer).held);
  EXPECT_EQ(to_json(only(world.consumer))["contractStatus"].as_string(), "02");
  Offer last = published_offer();
  last.terms = simple_terms("2029-01-01T00:00:00Z");
  ASSERT_TRUE(world.consumer.service->counter(pid, last, "c").ok());
  world.settle();
  ASSERT_TRUE(world.provider.service->counter(only(world.provider).negotiation.pid, last, "p").ok());
  world.settle();
  EXPECT_EQ(only(world.consumer).negotiation.state, State::kFinalized) << "what was asked for is accepted by itself";
  EXPECT_EQ(only(world.consumer).negotiation.rounds, 4);
  EXPECT_EQ(agreement_of(world.provider).agreement.terms.canonical(), last.terms.canonical());
}

//= DSP-2025-1#N8 type=test
TEST(ContractService, TheProviderMayBegin) {
  World world(1);
  const auto pid = world.provider.service->offer(world.consumer.party(), published_offer(), "p");
  ASSERT_TRUE(pid.ok());
  world.settle();
  const NegotiationRecord held = only(world.consumer);
  ASSERT_TRUE(held.held);
  ASSERT_TRUE(world.consumer.service->approve(held.negotiation.pid, "c").ok());
  world.settle();
  EXPECT_EQ(only(world.provider).negotiation.state, State::kFinalized);
  EXPECT_EQ(kinds_of(world.provider),
            (std::vector<std::string>{"contract.offered", "contract.accepted", "contract.agreed", "contract.verified",
                                      "contract.finalized"}));
}

//= DSP-2025-1#N12 type=test
//= DSP-2025-1#N6 type=test
TEST(ContractService, AnEarlyTerminationIsToldOnceTheOtherProcessIsKnown) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  const std::string pid = world.request();
  ASSERT_TRUE(world.consumer.service->terminate(pid, "changed_mind", {"no longer needed"}, "c").ok());
  EXPECT_EQ(world.consumer.due().size(), 1u) << "the request only";
  world.settle();
  EXPECT_EQ(only(world.provider).negotiation.state, State::kTerminated);
  EXPECT_EQ(only(world.provider).negotiation.code, "changed_mind");
}

// Once the other process was learned from its first message only: who broke off while the other side thought it over
// was never heard.
TEST(ContractService, ATerminationWhileTheOtherSideThinksItOverIsTold) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  const std::string pid = world.request();
  world.settle();
  ASSERT_TRUE(world.consumer.service->terminate(pid, "changed_mind", {"no longer needed"}, "c").ok());
  world.settle();
  EXPECT_EQ(only(world.provider).negotiation.state, State::kTerminated);
}

TEST(ContractService, AMessageThatIsRefusedForGoodEndsTheNegotiation) {
  World world(1);
  world.provider.offers.offers.clear();
  world.request();
  world.settle();
  const NegotiationRecord record = only(world.consumer);
  EXPECT_EQ(record.negotiation.state, State::kTerminated);
  EXPECT_EQ(record.negotiation.code, "refused_by_peer");
  EXPECT_EQ(record.error, "there is no such offer");
  EXPECT_TRUE(world.provider.service->list({})->items.empty());
}

// ── agreements in force ──

TEST(ContractAgreements, EndWithTheTermsTheyWereMadeUnder) {
  World world(1);
  const Timestamp end = after(kStart, std::chrono::hours(5));
  world.provider.usage.terms_end = end;
  world.consumer.usage.terms_end = end;
  world.request();
  world.settle();
  for (Node* node : {&world.provider, &world.consumer}) {
    EXPECT_EQ(*node->service->next_expiry(), std::optional(end));
    world.clock.set(end);
    EXPECT_EQ(*node->service->expire(end), 1u);
    EXPECT_EQ(agreement_of(*node).state, AgreementState::kExpired);
  }
}

TEST(ContractAgreements, ExpireOnBothSidesWhenTheirTimeIsUp) {
  const auto world = concluded();
  const Timestamp end = after(kStart, std::chrono::days(30));
  for (Node* node : {&world->provider, &world->consumer}) {
    EXPECT_EQ(*node->service->next_expiry(), std::optional(end));
    EXPECT_EQ(*node->service->expire(after(end, Milliseconds(-1))), 0u);
    world->clock.set(end);
    EXPECT_EQ(*node->service->expire(end), 1u);
    EXPECT_EQ(*node->service->expire(end), 0u);
    const AgreementRecord record = agreement_of(*node);
    EXPECT_EQ(record.state, AgreementState::kExpired);
    EXPECT_EQ(record.terminate_type, TerminateType::kExpiry);
    EXPECT_EQ(kinds_of(*node).back(), "contract.expired");
    EXPECT_EQ(node->usage.changes.back().second, AgreementState::kExpired);
    EXPECT_EQ(*node->service->next_expiry(), std::nullopt);
    ASSERT_TRUE(node->service->mark_destroyed(record.agreement.id, "t-1", "").ok());
    ASSERT_TRUE(node->service->mark_destroyed(record.agreement.id, "t-1", "").ok());
    EXPECT_EQ(agreement_of(*node).state, AgreementState::kDestroyed);
    EXPECT_EQ(kinds_of(*node).back(), "contract.destroyed");
  }
}

//= TC609-6-2025-14#termination type=test
TEST(ContractAgreements, EitherSideMayTerminateEarlyWithASignedCertificate) {
  for (const bool by_provider : {true, false}) {
    const auto world = concluded();
    Node& from = by_provider ? world->provider : world->consumer;
    const std::string id = agreement_of(from).agreement.id;
    ASSERT_TRUE(from.service->terminate_agreement(id, "breach", {"paid too late"}, "op").ok());
    world->settle();
    for (Node* node : {&world->provider, &world->consumer}) {
      const AgreementRecord record = agreement_of(*node);
      EXPECT_EQ(record.state, AgreementState::kTerminated);
      EXPECT_EQ(record.terminate_type, TerminateType::kEarly);
      const auto certificate = parse_notice(*wire::parse_json(record.certificate));
      ASSERT_TRUE(certificate.ok());
      EXPECT_TRUE(verify(*certificate, from.key.public_key()).ok());
      EXPECT_EQ(certificate->reasons, std::vector<std::string>{"paid too late"});
      EXPECT_EQ(to_json(record)["terminateType"].as_string(), "01");
      EXPECT_EQ(kinds_of(*node).back(), "contract.terminated");
      EXPECT_EQ(node->usage.changes.back().second, AgreementState::kTerminated);
    }
  }
}

TEST(ContractAgreements, WhoSuspendedResumes) {
  const auto world = concluded();
  const std::string id = agreement_of(world->provider).agreement.id;
  ASSERT_TRUE(world->provider.service->suspend_agreement(id, {"audit"}, "op").ok());
  world->settle();
  EXPECT_EQ(agreement_of(world->consumer).state, AgreementState::kSuspended);
  EXPECT_EQ(world->consumer.service->resume_agreement(id, "op").error().reason(), "contract.suspended_by_peer");
  EXPECT_EQ(world->provider.service->suspend_agreement(id, {}, "op").error().reason(), "contract.agreement_state");
  ASSERT_TRUE(world->consumer.service->suspend_agreement(id, {"too"}, "op").ok());
  world->settle();
  ASSERT_TRUE(world->provider.service->resume_agreement(id, "op").ok());
  world->settle();
  EXPECT_EQ(agreement_of(world->provider).state, AgreementState::kSuspended) << "the consumer still suspends";
  ASSERT_TRUE(world->consumer.service->resume_agreement(id, "op").ok());
  world->settle();
  EXPECT_EQ(agreement_of(world->provider).state, AgreementState::kActive);
  EXPECT_EQ(agreement_of(world->consumer).state, AgreementState::kActive);
}

TEST(ContractAgreements, NegotiationsThatNobodyGoesOnWithAreGivenUp) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  world.request();
  world.settle();
  const Timestamp deadline = **world.provider.service->next_expiry();
  EXPECT_EQ(deadline, after(kStart, std::chrono::days(14)));
  world.clock.set(deadline);
  EXPECT_EQ(*world.provider.service->expire(deadline), 1u);
  world.settle();
  EXPECT_EQ(only(world.provider).negotiation.state, State::kTerminated);
  EXPECT_EQ(only(world.consumer).negotiation.code, "timeout");
}

// ── paging and templates ──

TEST(ContractLists, PagesMeetEveryItemOnce) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  for (int i = 0; i < 7; ++i) {
    if (i % 2 == 1) world.clock.advance(Milliseconds(1));
    world.request();
  }
  std::vector<std::string> seen;
  ListQuery query{.limit = 3};
  while (true) {
    const auto page = world.consumer.service->list(query);
    ASSERT_TRUE(page.ok());
    for (const auto& item : page->items) seen.push_back(item.negotiation.pid);
    if (page->next.empty()) break;
    query.cursor = page->next;
  }
  EXPECT_EQ(seen.size(), 7u);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(world.consumer.service->list({.product = "other"})->items.size(), 0u);
  EXPECT_EQ(world.consumer.service->list({.peer = world.provider.id.text(), .role = Role::kConsumer})->items.size(), 7u);
  EXPECT_EQ(world.consumer.service->list({.role = Role::kProvider})->items.size(), 0u);
  for (const std::string cursor : {"x", ":", "12x:y", "99999999999999999999:z"}) {
    EXPECT_EQ(world.consumer.service->list({.cursor = cursor}).error().reason(), "contract.cursor");
  }
}

Template counted_template() {
  Template out{.name = "Counted use", .terms = simple_terms(), .period = "P30D"};
  out.terms.members()[0].second.items()[0].set(
      "constraint", Json::array({Json::object({{"leftOperand", "count"},
                                               {"operator", "lteq"},
                                               {"rightOperand", Json::object({{"parameter", "uses"}})}})}));
  out.parameters.push_back({.name = "uses", .type = ParameterType::kNumber, .label = {"uses", "次数"}});
  return out;
}

//= TC609-6-2025-14#template type=test
TEST(ContractTemplates, MakeOffersFromValues) {
  World world(1);
  const auto created = world.provider.service->create_template(counted_template(), "op");
  ASSERT_TRUE(created.ok()) << created.error().message();
  EXPECT_EQ(created->version, 1);
  Template next = *created;
  next.name = "Counted use, revised";
  EXPECT_EQ(world.provider.service->create_template(next, "op")->version, 2);
  EXPECT_EQ(world.provider.service->templates()->size(), 1u);
  EXPECT_EQ(world.provider.service->templates()->at(0).name, "Counted use, revised");
  const auto offer = world.provider.service->offer_from_template(created->id, 1, "product",
                                                                 Json::object({{"uses", 5}}));
  ASSERT_TRUE(offer.ok()) << offer.error().message();
  EXPECT_EQ(offer->period, "P30D");
  EXPECT_EQ(offer->terms["permission"].items()[0]["constraint"].items()[0]["rightOperand"].as_string(), "5");
}

TEST(ContractTemplates, RefuseWhatDoesNotFit) {
  World world(1);
  const auto created = world.provider.service->create_template(counted_template(), "op");
  const auto reason = [&](Json values) {
    return std::string(
        world.provider.service->offer_from_template(created->id, 0, "p", values).error().reason());
  };
  EXPECT_EQ(reason(Json::object()), "contract.parameter");
  EXPECT_EQ(reason(Json::object({{"uses", "five"}})), "contract.parameter");
  EXPECT_EQ(reason(Json::object({{"uses", 5}, {"other", 1}})), "contract.parameter");
  EXPECT_EQ(world.provider.service->offer_from_template("none", 0, "p", Json::object()).error().reason(),
            "contract.no_template");
  const auto refused = [&](auto change) {
    Template changed = counted_template();
    change(changed);
    return std::string(world.provider.service->create_template(changed, "op").error().reason());
  };
  EXPECT_EQ(refused([](Template& t) { t.name.clear(); }), "contract.template");
  EXPECT_EQ(refused([](Template& t) { t.parameters.clear(); }), "contract.template");
  EXPECT_EQ(refused([](Template& t) { t.parameters.push_back({.name = "unused"}); }), "contract.template");
  EXPECT_EQ(refused([](Template& t) { t.parameters[0].required = false; }), "contract.template");
  EXPECT_EQ(refused([](Template& t) { t.period = "long"; }), "contract.template");
  EXPECT_EQ(refused([](Template& t) { t.terms = Json::object(); }), "contract.template");
  const Json json = to_json(*created);
  EXPECT_EQ(to_json(*parse_template(json))["terms"], json["terms"]);
  EXPECT_EQ(parse_template(Json::object({{"name", 1}})).error().message(), "name must be a text");
}

}  // namespace
}  // namespace weir::flow::contract
