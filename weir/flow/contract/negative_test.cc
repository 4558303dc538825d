// What is refused, and how: one table of bad messages, one of bad agreements.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "weir/flow/contract/test_world.h"

namespace weir::flow::contract {
namespace {

using namespace test;  // NOLINT: the test's own helpers
using wire::Json;

NegotiationRecord only(Node& node) { return node.service->list({})->items.at(0); }

Json body_of(const store::OutboxMessage& message) { return *wire::parse_json(message.body); }

Json& member(Json& json, std::string_view name) {
  for (auto& [key, value] : json.members()) {
    if (key == name) return value;
  }
  json.set(name, Json());
  return json.members().back().second;
}

// The consumer has asked; the agreement lies in the provider's outbox.
struct Asked {
  World world{1};
  store::OutboxMessage agreement;
  Asked() {
    world.request();
    static_cast<void>(world.deliver(world.consumer, world.consumer.due().at(0)).ok());
    agreement = world.provider.due().at(0);
  }
};

struct BadRequest {
  const char* what;
  std::function<void(Json&)> change;
  Errc code;
  const char* reason;
  const char* words;
};

const Json kText("x");

std::vector<BadRequest> bad_requests() {
  const auto erase = [](const char* name) { return [name](Json& j) { j.erase(name); }; };
  const auto set = [](const char* name, Json value) { return [name, value](Json& j) { j.set(name, value); }; };
  const auto offer = [](const char* name, Json value) {
    return [name, value](Json& j) { member(j, "offer").set(name, value); };
  };
  const auto no_offer = [](const char* name) { return [name](Json& j) { member(j, "offer").erase(name); }; };
  constexpr Errc kBad = Errc::kInvalidArgument;
  constexpr const char* kMalformed = "contract.malformed";
  const std::string long_text(kIdBytesMax + 1, 'x');
  return {
      {"no context", erase("@context"), kBad, kMalformed, "@context is missing"},
      {"context as text", set("@context", kText), kBad, kMalformed, "@context must be a list of texts"},
      {"another context", set("@context", Json::array({"https://w3id.org/dspace/2024/1/context.json"})), kBad, kMalformed,
       "@context must name https://w3id.org/dspace/2025/1/context.jsonld"},
      {"an object in the context", set("@context", Json::array({Json::object()})), kBad, kMalformed,
       "@context must be a list of texts"},
      {"no type", erase("@type"), kBad, kMalformed, "@type is missing"},
      {"a type nobody knows", set("@type", "Hello"), kBad, kMalformed, "@type is no message of a contract negotiation"},
      {"another message's type", set("@type", "ContractOfferMessage"), kBad, kMalformed, "providerPid is missing"},
      {"no consumerPid", erase("consumerPid"), kBad, kMalformed, "consumerPid is missing"},
      {"a number as consumerPid", set("consumerPid", 1), kBad, kMalformed, "consumerPid must be a text"},
      {"an empty consumerPid", set("consumerPid", ""), kBad, kMalformed, "consumerPid is empty"},
      {"a long consumerPid", set("consumerPid", long_text), kBad, kMalformed, "consumerPid is longer than 512 bytes"},
      {"neither callback nor pid", erase("callbackAddress"), kBad, kMalformed,
       "callbackAddress and providerPid: exactly one of them must be there"},
      {"both callback and pid", set("providerPid", "x"), kBad, kMalformed,
       "callbackAddress and providerPid: exactly one of them must be there"},
      {"a callback that is no URL", set("callbackAddress", "ftp://x"), kBad, kMalformed,
       "callbackAddress must be an absolute http or https URL"},
      {"a callback with credentials", set("callbackAddress", "https://a@consumer.example"), kBad, kMalformed,
       "callbackAddress must be an absolute http or https URL"},
      {"a callback somewhere else", set("callbackAddress", "https://consumer.example.evil/dsp"), Errc::kForbidden,
       "contract.callback", "the callback address is not one of the participant's"},
      {"a callback to another port", set("callbackAddress", "https://consumer.example:99/dsp"), Errc::kForbidden,
       "contract.callback", "the callback address is not one of the participant's"},
      {"no offer", erase("offer"), kBad, kMalformed, "offer is missing"},
      {"a text as offer", set("offer", kText), kBad, kMalformed, "offer must be an object"},
      {"no target", no_offer("target"), kBad, kMalformed, "offer.target is missing"},
      {"a number as target", offer("target", 7), kBad, kMalformed, "offer.target must be a text"},
      {"no offer id", no_offer("@id"), kBad, kMalformed, "offer.@id is missing"},
      {"not an offer", offer("@type", "Set"), kBad, kMalformed, "offer.@type must be \"Offer\""},
      {"no rules", no_offer("permission"), kBad, kMalformed,
       "offer.permission is missing: terms need a permission or a prohibition"},
      {"rules that are no list", offer("permission", kText), kBad, kMalformed, "offer.permission must be a list"},
      {"a rule that is no object", offer("permission", Json::array({1})), kBad, kMalformed,
       "offer.permission[0] must be an object"},
      {"a rule without action", offer("permission", Json::array({Json::object()})), kBad, kMalformed,
       "offer.permission[0].action is missing"},
      {"a number as action", offer("permission", Json::array({Json::object({{"action", 1}})})), kBad, kMalformed,
       "offer.permission[0].action must be a text"},
      {"a constraint that is no list",
       offer("permission", Json::array({Json::object({{"action", "use"}, {"constraint", Json::object()}})})), kBad,
       kMalformed, "offer.permission[0].constraint must be a list"},
      {"too many rules", offer("prohibition", Json::array(Json::Array(257, Json::object({{"action", "use"}})))), kBad,
       kMalformed, "offer.prohibition has more than 256 rules"},
      {"a negative version", offer("productVersion", -1), kBad, kMalformed,
       "offer.productVersion must be a whole number that is not negative"},
      {"a period that is none", offer("period", "long"), kBad, kMalformed, "offer.period must be an ISO 8601 duration"},
      {"a time that is none", offer("validUntil", "soon"), kBad, kMalformed,
       "offer.validUntil must be a date and time in ISO 8601"},
      {"an offer that has expired", offer("validUntil", "2026-03-01T08:00:00Z"), kBad, "contract.offer_expired",
       "the offer is no longer valid"},
      {"terms that nobody can enforce",
       offer("permission", Json::array({Json::object({{"action", "unenforceable"}})})), kBad, "policy.unknown",
       "the terms cannot be enforced here"},
      {"a product that is not offered",
       [](Json& j) {
         member(j, "offer").set("target", "another");
         member(j, "offer").set("@id", "another");
       },
       kBad, "contract.no_offer", "there is no such offer"},
      {"an offer for another product", offer("target", "another"), kBad, "contract.no_offer", "there is no such offer"},
  };
}

TEST(ContractNegative, BadRequestsAreRefusedByNameAndLeaveNoTrace) {
  World world(1);
  world.request();
  const Json good = body_of(world.consumer.due().at(0));
  for (const BadRequest& row : bad_requests()) {
    SCOPED_TRACE(row.what);
    Json bad = good;
    row.change(bad);
    const auto reply = post(world.provider, world.consumer.party(), "/negotiations/request", bad);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), row.code);
    EXPECT_EQ(reply.error().reason(), row.reason);
    EXPECT_EQ(reply.error().message(), row.words);
    EXPECT_TRUE(world.provider.service->list({})->items.empty());
    EXPECT_TRUE(world.provider.evidence().empty());
    EXPECT_TRUE(world.provider.due().empty());
  }
  Json tolerated = good;
  tolerated.set("@id", "urn:uuid:1").set("unknown", Json::array({Json::object()}));
  EXPECT_TRUE(post(world.provider, world.consumer.party(), "/negotiations/request", tolerated).ok());
}

TEST(ContractNegative, OversizedAndBrokenBodies) {
  World world(1);
  const PartyId peer = world.consumer.party();
  const auto reason = [&](std::string_view path, const std::string& body) {
    return std::string(world.provider.service->receive(peer, path, body).error().reason());
  };
  EXPECT_EQ(reason("/negotiations/request", std::string(kMessageBytesMax + 1, ' ')), "contract.too_large");
  EXPECT_EQ(reason("/negotiations/request", "{"), "json.malformed");
  EXPECT_EQ(reason("/negotiations/request", R"({"a":1,"a":2})"), "json.duplicate_name");
  EXPECT_EQ(reason("/negotiations/request", "[]"), "contract.malformed");
  for (const std::string path : {"", "/", "/negotiations", "/negotiations/", "/negotiations/other", "/negotiations//request",
                                 "/negotiations/x/y", "/negotiations/x/agreement/other", "/negotiations/%zz/request",
                                 "/agreements/x", "/agreements/x/other", "/x/y/z", "/negotiations/a/b/c/d"}) {
    EXPECT_EQ(reason(path, "{}"), "contract.no_route") << path;
  }
}

TEST(ContractNegative, AMessageBelongsToItsAddress) {
  Asked asked;
  World& world = asked.world;
  const Json request = *wire::parse_json(world.consumer.due().empty() ? "{}" : world.consumer.due()[0].body);
  static_cast<void>(request);
  const std::string pid = only(world.consumer).negotiation.pid;
  for (const std::string tail : {"request", "offers", "events", "agreement/verification", "termination"}) {
    const auto reply =
        post(world.consumer, world.provider.party(), "/negotiations/" + pid + "/" + tail, body_of(asked.agreement));
    EXPECT_EQ(reply.error().reason(), "contract.wrong_message") << tail;
  }
  EXPECT_EQ(post(world.consumer, world.provider.party(), "/negotiations/request", body_of(asked.agreement))
                .error()
                .reason(),
            "contract.wrong_message");
}

//= DSP-2025-1#no-oracle type=test
//= DSP-2025-1#N7 type=test
//= DSP-2025-1#N1 type=test
TEST(ContractNegative, UnknownAndForeignProcessesLookTheSame) {
  Asked asked;
  World& world = asked.world;
  const std::string path = asked.agreement.path;
  const Json body = body_of(asked.agreement);
  const auto unknown = post(world.consumer, world.provider.party(), "/negotiations/none/agreement", body);
  const auto foreign = post(world.consumer, PartyId("somebody else"), path, body);
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(unknown.error().code(), Errc::kNotFound);
  EXPECT_EQ(foreign.error().code(), Errc::kNotFound);
  EXPECT_EQ(unknown.error().message(), foreign.error().message());
  EXPECT_EQ(unknown.error().reason(), foreign.error().reason());
  const std::string pid = only(world.consumer).negotiation.pid;
  EXPECT_TRUE(world.consumer.service->status_for(world.provider.party(), pid).ok());
  EXPECT_EQ(world.consumer.service->status_for(PartyId("x"), pid).error().message(),
            world.consumer.service->status_for(world.provider.party(), "none").error().message());
}

TEST(ContractNegative, AnUnknownParticipantIsRefused) {
  World world(1);
  world.request();
  world.provider.directory.parties.clear();
  const auto reply =
      post(world.provider, world.consumer.party(), "/negotiations/request", body_of(world.consumer.due().at(0)));
  EXPECT_EQ(reply.error().code(), Errc::kForbidden);
  EXPECT_EQ(reply.error().reason(), "contract.unknown_party");
  EXPECT_EQ(world.consumer.service->request(PartyId("nobody"), published_offer(), "op").error().reason(),
            "contract.unknown_party");
  EXPECT_EQ(world.consumer.service->request(world.consumer.party(), published_offer(), "op").error().reason(),
            "contract.self");
}

TEST(ContractNegative, WhatMayNotBeSeenIsNotOffered) {
  World world(1);
  world.provider.offers.hidden_from = world.consumer.id.text();
  world.request();
  const auto reply =
      post(world.provider, world.consumer.party(), "/negotiations/request", body_of(world.consumer.due().at(0)));
  EXPECT_EQ(reply.error().reason(), "contract.no_offer");
}

TEST(ContractNegative, APublishedOfferThatExpiredIsNotAgreedEvenIfTheRequestSaysOtherwise) {
  World world(1);
  world.provider.offers.offers[0].valid_until = kStart;
  world.request();
  const auto reply =
      post(world.provider, world.consumer.party(), "/negotiations/request", body_of(world.consumer.due().at(0)));
  EXPECT_EQ(reply.error().reason(), "contract.offer_expired");
}

TEST(ContractNegative, ARequestSentTwiceIsOneNegotiationAndAChangedOneIsRefused) {
  World world(1);
  world.request();
  const Json body = body_of(world.consumer.due().at(0));
  const auto first = post(world.provider, world.consumer.party(), "/negotiations/request", body);
  const auto second = post(world.provider, world.consumer.party(), "/negotiations/request", body);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->created);
  EXPECT_EQ(first->body["providerPid"], second->body["providerPid"]);
  EXPECT_EQ(world.provider.service->list({})->items.size(), 1u);
  EXPECT_EQ(world.provider.due().size(), 1u);
  EXPECT_EQ(world.provider.evidence().size(), 2u);
  Json changed = body;
  member(changed, "offer").set("period", "P31D");
  EXPECT_EQ(post(world.provider, world.consumer.party(), "/negotiations/request", changed).error().reason(),
            "contract.pid_reused");
}

TEST(ContractNegative, EveryReplayedMessageOfAWholeNegotiationChangesNothing) {
  World world(1);
  world.request();
  std::vector<std::pair<Node*, store::OutboxMessage>> all;
  for (bool idle = false; !idle;) {
    idle = true;
    for (Node* node : {&world.provider, &world.consumer}) {
      for (const auto& message : node->due()) {
        all.emplace_back(node, message);
        ASSERT_TRUE(world.deliver(*node, message).ok());
        idle = false;
      }
    }
  }
  ASSERT_EQ(all.size(), 4u);
  for (const auto& [node, message] : all) {
    Node& to = world.other(*node);
    const auto before = to.evidence().size();
    const auto reply = to.service->receive(node->party(), message.path, message.body);
    ASSERT_TRUE(reply.ok()) << reply.error().message();
    EXPECT_EQ(reply->body["state"].as_string(), "FINALIZED");
    EXPECT_EQ(to.evidence().size(), before);
    EXPECT_TRUE(to.due().empty());
  }
}

// ── the agreement, altered on its way ──

struct BadAgreement {
  const char* what;
  std::function<void(Json&)> change;  // of the whole message
  const char* reason;
};

std::vector<BadAgreement> bad_agreements() {
  const auto in = [](const char* name, Json value) {
    return [name, value](Json& j) { member(j, "agreement").set(name, value); };
  };
  const auto signature = [](const char* name, Json value) {
    return [name, value](Json& j) { member(j, "signatures").items()[0].set(name, value); };
  };
  return {
      {"longer terms", in("permission", simple_terms("2099-01-01T00:00:00Z")["permission"]), "contract.altered_terms"},
      {"a rule more", in("prohibition", Json::array({Json::object({{"action", "distribute"}})})),
       "contract.altered_terms"},
      {"a member that changes what rules mean", in("conflict", "perm"), "contract.altered_terms"},
      {"another product", in("target", "another"), "contract.other_product"},
      {"another version", in("productVersion", 3), "contract.other_product"},
      {"other contents", in("contentRoot", "sha256:" + std::string(64, 'b')), "contract.other_product"},
      {"another provider", in("assigner", "somebody"), "contract.wrong_party"},
      {"another consumer", in("assignee", "somebody"), "contract.wrong_party"},
      {"another participant", in("providerEntityId", "91440300708461136T"), "contract.wrong_party"},
      {"this participant misnamed", in("consumerEntityId", "91350100M000100Y43"), "contract.wrong_party"},
      {"another negotiation", in("consumerPid", "other"), "contract.wrong_party"},
      {"another id", in("@id", "urn:uuid:other"), "signature.invalid"},
      {"another time", in("timestamp", "2026-03-01T08:00:01Z"), "contract.wrong_period"},
      {"a time to come", in("timestamp", "2026-03-01T09:00:00Z"), "contract.clock_skew"},
      {"a later end", in("validUntil", "2030-01-01T00:00:00Z"), "contract.wrong_period"},
      {"an end that has passed", in("validUntil", "2026-01-01T00:00:00Z"), "contract.expired"},
      {"no contract id", [](Json& j) { member(j, "agreement").erase("contractId"); }, "contract.malformed"},
      {"a contract id with a wrong check character", in("contractId", "C591350100M000100Y434403202603010800000000000AX"),
       "contract.malformed"},
      {"a member nobody knows", in("footnote", "x"), "contract.altered_terms"},
      {"no signature", [](Json& j) { j.erase("signatures"); }, "contract.unsigned"},
      {"somebody else's signature", signature("nodeId", "somebody"), "contract.unsigned"},
      {"another entity's signature", signature("entityId", "somebody"), "contract.wrong_signer"},
      {"a signature of another time", signature("signatoryTime", "2026-03-01T07:59:59Z"), "signature.invalid"},
      {"a signature to come", signature("signatoryTime", "2026-03-01T09:00:00Z"), "contract.clock_skew"},
      {"a time written otherwise", signature("signatoryTime", "2026-03-01T08:00:00.000Z"), "contract.malformed"},
      {"another algorithm", signature("algorithm", "sm2-sm3"), "signature.invalid"},
      {"an algorithm nobody knows", signature("algorithm", "rot13"), "contract.malformed"},
      {"a signature that is no base64url", signature("signature", "!"), "contract.malformed"},
      {"too many signatures", [](Json& j) { j.set("signatures", Json::array(Json::Array(9, Json::object()))); },
       "contract.malformed"},
  };
}

TEST(ContractNegative, AlteredAgreementsAreRefusedAndTheStateStays) {
  Asked asked;
  World& world = asked.world;
  const Json good = body_of(asked.agreement);
  for (const BadAgreement& row : bad_agreements()) {
    SCOPED_TRACE(row.what);
    Json bad = good;
    row.change(bad);
    const auto reply = post(world.consumer, world.provider.party(), asked.agreement.path, bad);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason(), row.reason) << reply.error().message();
    EXPECT_EQ(only(world.consumer).negotiation.state, State::kRequested);
    EXPECT_EQ(world.consumer.evidence().size(), 1u);
  }
  EXPECT_TRUE(post(world.consumer, world.provider.party(), asked.agreement.path, good).ok());
}

//= TC609-6-2025-14#verify-before-execution type=test
TEST(ContractNegative, AnAgreementSignedByAnotherKeyIsRefused) {
  Asked asked;
  World& world = asked.world;
  world.consumer.directory.parties[world.provider.id.text()].key = world.consumer.key.public_key();
  const auto reply = post(world.consumer, world.provider.party(), asked.agreement.path, body_of(asked.agreement));
  EXPECT_EQ(reply.error().code(), Errc::kUnauthenticated);
  EXPECT_EQ(reply.error().reason(), "signature.invalid");
  world.consumer.directory.parties[world.provider.id.text()].key.reset();
  EXPECT_EQ(post(world.consumer, world.provider.party(), asked.agreement.path, body_of(asked.agreement)).error().reason(),
            "contract.unsigned");
}

//= TC609-6-2025-13#contract-integrity type=test
//= TC609-6-2025-14 type=test
TEST(ContractNegative, NoByteOfTheAgreementMessageCanChangeUnnoticed) {
  Asked asked;
  World& world = asked.world;
  const std::string good = asked.agreement.body;
  int refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 5}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      const auto reply = world.consumer.service->receive(world.provider.party(), asked.agreement.path, bad);
      EXPECT_FALSE(reply.ok()) << "byte " << i << ": " << good.substr(i > 20 ? i - 20 : 0, 40);
      refused += !reply.ok();
    }
  }
  EXPECT_EQ(refused, static_cast<int>(2 * good.size()));
  EXPECT_TRUE(world.consumer.service->receive(world.provider.party(), asked.agreement.path, good).ok());
}

//= DSP-2025-1#N5 type=test
TEST(ContractNegative, AVerificationMustBeSignedByTheConsumer) {
  Asked asked;
  World& world = asked.world;
  ASSERT_TRUE(world.deliver(world.provider, asked.agreement).ok());
  const auto verification = world.consumer.due().at(0);
  const Json good = body_of(verification);
  Json unsigned_one = good;
  unsigned_one.erase("signatures");
  EXPECT_EQ(post(world.provider, world.consumer.party(), verification.path, unsigned_one).error().reason(),
            "contract.unsigned");
  Json other_time = good;
  member(other_time, "signatures").items()[0].set("signatoryTime", "2026-03-01T07:00:00Z");
  EXPECT_EQ(post(world.provider, world.consumer.party(), verification.path, other_time).error().reason(),
            "signature.invalid");
  EXPECT_EQ(only(world.provider).negotiation.state, State::kAgreed);
  EXPECT_TRUE(post(world.provider, world.consumer.party(), verification.path, good).ok());
  EXPECT_EQ(only(world.provider).negotiation.state, State::kFinalized);
}

TEST(ContractNegative, AProductWithANewVersionIsNotAgreedUnderTheOldOne) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  world.request();
  world.settle();
  world.provider.offers.offers[0].product_version = 3;
  const std::string pid = only(world.provider).negotiation.pid;
  EXPECT_EQ(world.provider.service->approve(pid, "op").error().reason(), "contract.product_changed");
  world.provider.offers.offers.clear();
  EXPECT_EQ(world.provider.service->approve(pid, "op").error().reason(), "contract.no_offer");
  EXPECT_EQ(only(world.provider).negotiation.state, State::kRequested);
}

TEST(ContractNegative, UseCasesOutOfTurnAreRefused) {
  World world(1);
  world.provider.decider.script = [](const Situation&) { return Verdict{.kind = Verdict::Kind::kHold}; };
  const std::string pid = world.request();
  Service& consumer = *world.consumer.service;
  for (const auto& result : {consumer.accept(pid, "op"), consumer.verify(pid, "op"), consumer.agree(pid, "op"),
                             consumer.finalize(pid, "op"), consumer.counter(pid, published_offer(), "op")}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason(), "contract.wrong_state");
  }
  EXPECT_EQ(consumer.accept("none", "op").error().reason(), "contract.no_process");
  EXPECT_EQ(consumer.terminate_agreement("none", "", {}, "op").error().reason(), "contract.no_agreement");
}

// ── notices ──

TEST(ContractNegative, NoticesOfOthersOrAlteredOrReplayedChangeNothing) {
  World world(1);
  world.request();
  world.settle();
  const std::string id = world.provider.service->agreements({})->items.at(0).agreement.id;
  ASSERT_TRUE(world.provider.service->suspend_agreement(id, {"audit"}, "op").ok());
  const auto message = world.provider.due().at(0);
  const Json good = body_of(message);
  const auto reason = [&](const PartyId& peer, Json json) {
    return std::string(post(world.consumer, peer, message.path, json).error().reason());
  };
  EXPECT_EQ(reason(PartyId("x"), good), "contract.no_agreement");
  for (const auto& [name, value, expected] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"event", "RESUMED", "signature.invalid"},
           {"event", "OTHER", "contract.malformed"},
           {"noticeId", "other", "signature.invalid"},
           {"reason", Json::array({"other"}), "signature.invalid"},
           {"reason", "other", "contract.malformed"},
           {"agreementId", "other", "contract.no_agreement"},
           {"contractId", "other", "contract.no_agreement"},
           {"issuerId", "other", "contract.no_agreement"},
           {"issuerEntityId", "other", "contract.unsigned"},
           {"issueTime", "2026-03-01T08:00:00.000Z", "contract.malformed"},
           {"unsignedRemark", "x", "contract.malformed"}}) {
    Json bad = good;
    bad.set(name, value);
    EXPECT_EQ(reason(world.provider.party(), bad), expected) << name;
  }
  world.settle();
  ASSERT_TRUE(world.provider.service->resume_agreement(id, "op").ok());
  world.settle();
  EXPECT_TRUE(post(world.consumer, world.provider.party(), message.path, good).ok()) << "a replay is answered";
  EXPECT_EQ(world.consumer.service->get_agreement(id)->state, AgreementState::kActive) << "and does nothing";
}

}  // namespace
}  // namespace weir::flow::contract
