// SPDX-License-Identifier: Apache-2.0
// What is owed for a use: done by handlers, people and payments; watched, overdue, told.
#include "weir/flow/usage/test_support.h"

namespace weir::flow::usage {
namespace {

using policy::Effect;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(Usage, DeletionIsOwedOnceByTheEarliestDate) {
  Fixture f;
  f.adopt("delete=P7D");
  const Authorization first = f.use();
  ASSERT_EQ(first.owed.size(), 1u);
  EXPECT_EQ(first.owed[0].action, "delete");
  EXPECT_EQ(first.owed[0].due, at("2026-06-08"));
  f.clock.set(at("2026-06-03"));
  f.use();
  EXPECT_EQ(f.service->obligations_of(kAgreement)->size(), 1u);
  EXPECT_EQ(**f.service->next_due(at("2026-06-07")), at("2026-06-08"));
  EXPECT_FALSE(f.service->next_due(at("2026-06-08"))->has_value());
  ASSERT_TRUE(f.service->fulfil(first.owed[0].id, "wiped", "vault").ok());
  ASSERT_TRUE(f.service->fulfil(first.owed[0].id, "wiped", "vault").ok());  // twice is no error
  EXPECT_FALSE(f.service->next_due(at("2026-06-07"))->has_value());
  EXPECT_THAT(f.kinds(), Contains("usage.fulfilled").Times(1));
}

TEST(Usage, TheProviderWatchesDutiesWithoutOwingThem) {
  Fixture f;
  f.adopt("delete=P7D", /*obliged=*/false);
  const Authorization first = f.use();
  EXPECT_TRUE(first.allowed());
  EXPECT_EQ(first.obligations.size(), 1u);
  EXPECT_TRUE(first.owed.empty());
}

//= TC609-6-2025-15#obligations type=test
TEST(Usage, APreconditionIsDoneFirstAndForOneUse) {
  Fixture f;
  f.adopt("anonymize, count<=5");
  const Authorization first = f.use();
  EXPECT_EQ(first.effect, Effect::kAllowIf);
  ASSERT_EQ(first.owed.size(), 1u);
  EXPECT_EQ(f.counter("uses"), 0);
  EXPECT_EQ(f.use().owed[0].id, first.owed[0].id);  // asked again, owed once
  ASSERT_TRUE(f.service->fulfil(first.owed[0].id, "k=5", "job").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);  // the next use needs it again
  EXPECT_EQ(f.counter("uses"), 1);
}

TEST(Usage, ThePipelineCanSayThatItDoesThePreconditionItself) {
  Fixture f;
  f.adopt("anonymize");
  policy::Request request;
  request.action = "read";
  request.participant = "B";
  const std::string_view done[] = {"urn:agreement#permission-1/duty-1"};
  request.fulfilled = done;
  EXPECT_TRUE(f.service->authorize(kAgreement, request, {})->allowed());
}

TEST(Usage, APaymentOpensAllUsesOnceEnoughIsPaid) {
  Fixture f;
  f.adopt("pay=100.00 CNY");
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {999999, "CNY", "r1"}, "bank").ok());
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {999999, "CNY", "r1"}, "bank").ok());  // the same, told twice
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {1000000, "EUR", "r2"}, "bank").ok());
  EXPECT_EQ(f.use().effect, Effect::kAllowIf);
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {1, "CNY", "r3"}, "bank").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_EQ(f.service->record_payment(kAgreement, {1, "CNY", "r4"}, "me").error().reason(), "usage.not_payee");
}

TEST(Usage, TheProviderTellsTheConsumerOnceThatItWasPaid) {
  Fixture f;
  f.adopt("pay=100.00 CNY", /*obliged=*/false, "https://peer.example");
  const Payment payment{1000000, "CNY", "invoice 17"};
  ASSERT_TRUE(f.service->record_payment(kAgreement, payment, "anna").ok());
  ASSERT_TRUE(f.service->record_payment(kAgreement, payment, "anna").ok());
  const auto messages = f.outbox();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].path, kPaymentPath);
  const Payment told = *parse_payment(*wire::parse_json(messages[0].body));
  EXPECT_EQ(told.amount, payment.amount);
  EXPECT_EQ(told.unit, payment.unit);
  EXPECT_EQ(told.reference, payment.reference);
  EXPECT_EQ(f.service->accept_payment(kAgreement, payment, "peer").error().reason(), "usage.not_payer");
}

TEST(Usage, APaymentIsAnAmountAboveZeroAUnitAndAReference) {
  const wire::Json good = wire::Json::object({{"amount", "0.0001"}, {"unit", "CNY"}, {"reference", "r"}});
  EXPECT_EQ(parse_payment(good)->amount, 1);
  for (const auto& [member, value] : {std::pair("amount", "0"), std::pair("amount", "-1"), std::pair("amount", "much"),
                                      std::pair("unit", ""), std::pair("reference", "")}) {
    wire::Json bad = good;
    bad.set(member, value);
    EXPECT_EQ(parse_payment(bad).error().reason(), "usage.bad_payment") << member << " " << value;
  }
}

//= TC609-6-2025-15#feedback type=test
TEST(Usage, NotifyingPutsANoticeIntoTheOutbox) {
  Fixture f;
  f.adopt("notify", true, "https://peer.example");
  EXPECT_TRUE(f.use().owed.empty());
  ASSERT_TRUE(f.database->read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto messages, store::due(tx, f.clock.now(), 10));
    EXPECT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].path, kNoticePath);
    EXPECT_EQ(messages[0].peer, "peer");
    EXPECT_THAT(messages[0].body, HasSubstr("\"result\":\"allowed\""));
    return {};
  }).ok());
}

class Vault final : public ObligationHandler {
 public:
  bool handles(std::string_view action) const override { return action == "delete"; }
  Result<std::string> perform(const OwedObligation& obligation) override {
    ++calls;
    if (broken) return Error(Errc::kUnavailable, "busy");
    return "destroyed for " + obligation.agreement;
  }
  int calls = 0;
  bool broken = false;
};

TEST(Usage, HandlersDoWhatIsDue) {
  Fixture f;
  Vault vault;
  f.service->add_handler(vault);
  f.adopt("delete, log");
  f.use();
  vault.broken = true;
  EXPECT_EQ(*f.service->run_due(10), 0u);
  vault.broken = false;
  EXPECT_EQ(*f.service->run_due(10), 1u);
  EXPECT_EQ(*f.service->run_due(10), 0u);
  EXPECT_EQ(vault.calls, 2);
  EXPECT_THAT(f.last_leaf(), HasSubstr("destroyed for"));
}

TEST(Usage, DutiesThatNobodyHandlesDoNotHoldUpOthers) {
  Fixture f;
  Vault vault;
  f.service->add_handler(vault);
  f.adopt("anonymize, delete");
  policy::Request request;
  request.action = "read";
  request.participant = "B";
  const std::string_view done[] = {"urn:agreement#permission-1/duty-1"};
  f.use();  // owes the anonymising
  request.fulfilled = done;
  ASSERT_TRUE(f.service->authorize(kAgreement, request, {})->allowed());
  EXPECT_EQ(*f.service->run_due(1), 1u);
  EXPECT_EQ(vault.calls, 1);
}

TEST(Usage, WhatIsNotDoneBecomesOverdueWithConsequences) {
  Fixture f;
  auto terms = policy::make_agreement(*policy::parse_terms("delete=P1D"), "urn:agreement", "product", "A", "B");
  terms.permissions[0].duties[0].consequences = {policy::rule("compensate")};
  ASSERT_TRUE(f.service
                  ->adopt({.agreement = std::string(kAgreement),
                           .product = "product",
                           .provider = "A",
                           .consumer = "B",
                           .peer = {},
                           .peer_address = {},
                           .policy = terms},
                          "")
                  .ok());
  f.use();
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-02T23:00:00Z"), 10), 0u);  // within the day of grace
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-04"), 10), 1u);
  EXPECT_EQ(*f.service->mark_overdue(at("2026-06-04"), 10), 0u);
  const auto owed = f.service->obligations_of(kAgreement);
  ASSERT_EQ(owed->size(), 2u);
  std::vector<std::string> states;
  for (const auto& each : *owed) states.push_back(each.action + " " + std::string(name_of(each.state)));
  EXPECT_THAT(states, ::testing::UnorderedElementsAre("delete overdue", "compensate pending"));
  EXPECT_THAT(f.kinds(), Contains("usage.overdue"));
}

// --- What a broken prohibition asks for ---

policy::Policy not_for_sale() {
  const auto json =
      wire::parse_json(R"({"permission": [{"action": "use"}], "prohibition": [{"@id": "urn:no-sale", "action": "sell",
    "remedy": [{"action": "inform", "constraint": [
      {"leftOperand": "elapsedTime", "operator": "lteq", "rightOperand": "P7D"}],
      "consequence": [{"action": "compensate"}]}]}, {"@id": "urn:bare", "action": "give"}]})");
  return policy::make_agreement(*policy::parse_odrl(*json), "urn:agreement", "product", "A", "B");
}

TEST(Breach, OwesItsRemediesAndWhatFollowsIfTheyAreNotDone) {
  Fixture f;
  f.adopt("log");
  ASSERT_TRUE(f.service->change(kAgreement, not_for_sale(), "operator-1").ok());
  EXPECT_EQ(f.use("sell").effect, policy::Effect::kDeny);
  ASSERT_TRUE(f.service->record_breach(kAgreement, {"urn:no-sale", "sold to C"}, "operator-1").ok());
  EXPECT_EQ(f.kinds().back(), "usage.breached");
  auto owed = *f.service->obligations_of(kAgreement);
  ASSERT_EQ(owed.size(), 1u);
  EXPECT_EQ(owed[0].action, "inform");
  EXPECT_EQ(owed[0].rule, "urn:no-sale");
  EXPECT_EQ(owed[0].due, at("2026-06-08T00:00:00Z"));
  f.clock.set(at("2026-06-10T00:00:00Z"));
  EXPECT_EQ(*f.service->mark_overdue(f.clock.now(), 10), 1u);
  owed = *f.service->obligations_of(kAgreement);
  ASSERT_EQ(owed.size(), 2u);
  EXPECT_EQ(owed[1].action, "compensate");
}

TEST(Breach, IsToldToTheConsumerAndWrittenDownOnce) {
  Fixture provider;
  provider.adopt("log", false, "https://b");
  ASSERT_TRUE(provider.service->change(kAgreement, not_for_sale(), "operator-1").ok());
  ASSERT_TRUE(provider.service->record_breach(kAgreement, {"urn:no-sale", "seen"}, "operator-1").ok());
  EXPECT_TRUE(provider.service->obligations_of(kAgreement)->empty());
  const auto messages = provider.outbox();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].path, kBreachPath);
  const Breach told = *parse_breach(*wire::parse_json(messages[0].body));
  EXPECT_FALSE(told.id.empty());

  Fixture consumer;
  consumer.adopt("log");
  ASSERT_TRUE(consumer.service->change(kAgreement, not_for_sale(), "operator-1").ok());
  ASSERT_TRUE(consumer.service->accept_breach(kAgreement, told, "peer").ok());
  const std::size_t entries = consumer.kinds().size();
  ASSERT_TRUE(consumer.service->accept_breach(kAgreement, told, "peer").ok());
  EXPECT_EQ(consumer.kinds().size(), entries);
  EXPECT_EQ(consumer.service->obligations_of(kAgreement)->size(), 1u);
}

TEST(Breach, OfNoRuleWithARemedyOrAtTheWrongSideIsRefused) {
  Fixture f;
  f.adopt("log");
  ASSERT_TRUE(f.service->change(kAgreement, not_for_sale(), "operator-1").ok());
  EXPECT_EQ(f.service->record_breach(kAgreement, {"urn:other", "seen"}, "me").error().reason(), "usage.no_remedy");
  EXPECT_EQ(f.service->record_breach(kAgreement, {"urn:bare", "seen"}, "me").error().reason(), "usage.no_remedy");
  EXPECT_EQ(parse_breach(*wire::parse_json(R"({"rule": "r"})")).error().reason(), "usage.bad_breach");
  Fixture provider;
  provider.adopt("log", false);
  EXPECT_EQ(provider.service->accept_breach(kAgreement, {"urn:no-sale", "seen", "1"}, "peer").error().reason(),
            "usage.not_obliged");
}

policy::Policy rented(std::string_view frequency) {
  const auto json =
      wire::parse_json(R"({"permission": [{"action": "use", "duty": [{"action": {"rdf:value": {"@id": "pay"},
    "refinement": [{"leftOperand": "payAmount", "operator": "eq", "rightOperand": "100.00", "unit": "CNY",
    "dc:frequency": ")" +
                       std::string(frequency) + R"("}]}}]}]})");
  return policy::make_agreement(*policy::parse_odrl(*json), "urn:agreement", "product", "A", "B");
}

TEST(Payment, ARentIsPaidAnewInEachPeriod) {
  Fixture f;
  f.adopt("log");
  ASSERT_TRUE(f.service->change(kAgreement, rented("freq:monthly"), "operator-1").ok());
  EXPECT_EQ(f.use().effect, policy::Effect::kAllowIf);
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {1000000, "CNY", "june"}, "bank").ok());
  EXPECT_TRUE(f.use().allowed());
  EXPECT_TRUE(f.use().allowed());
  f.clock.set(at("2026-06-30T23:59:59Z"));
  EXPECT_TRUE(f.use().allowed());
  f.clock.set(at("2026-07-01T00:00:00Z"));
  EXPECT_EQ(f.use().effect, policy::Effect::kAllowIf);
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {1000000, "CNY", "july"}, "bank").ok());
  EXPECT_TRUE(f.use().allowed());
}

TEST(Payment, APeriodThatCannotBeReadIsNeverPaid) {
  Fixture f;
  f.adopt("log");
  ASSERT_TRUE(f.service->change(kAgreement, rented("now and then"), "operator-1").ok());
  ASSERT_TRUE(f.service->accept_payment(kAgreement, {1000000, "CNY", "june"}, "bank").ok());
  EXPECT_EQ(f.use().effect, policy::Effect::kAllowIf);
}

}  // namespace
}  // namespace weir::flow::usage
