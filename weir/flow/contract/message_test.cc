// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/message.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "weir/flow/contract/notice.h"
#include "weir/flow/contract/test_world.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

const std::string kVectors = std::string(WEIR_SOURCE_DIR) + "/tests/vectors/dsp";

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Json example(const std::string& name) {
  return *wire::parse_json(read_file(kVectors + "/negotiation/example/" + name + ".json"));
}

TEST(ContractMessages, ReadTheExamplesOfTheProtocol) {
  const std::vector<std::pair<std::string, MessageKind>> files = {
      {"contract-request-message", MessageKind::kRequest},
      {"contract-request-message_initial", MessageKind::kRequest},
      {"contract-offer-message", MessageKind::kOffer},
      {"contract-offer-message_initial", MessageKind::kOffer},
      {"contract-agreement-message", MessageKind::kAgreement},
      {"contract-agreement-message-full", MessageKind::kAgreement},
      {"contract-agreement-verification-message", MessageKind::kVerification},
      {"contract-negotiation-termination-message", MessageKind::kTermination}};
  for (const auto& [name, kind] : files) {
    SCOPED_TRACE(name);
    const Json json = example(name);
    const auto message = parse_message(json);
    ASSERT_TRUE(message.ok()) << message.error().message();
    EXPECT_EQ(message->kind(), kind);
    EXPECT_EQ(to_json(*message).canonical(), json.canonical()) << "what is read is written again";
  }
  const auto event = parse_message(example("contract-negotiation-event-message"));
  ASSERT_TRUE(event.ok());
  EXPECT_TRUE(event->kind() == MessageKind::kAccepted || event->kind() == MessageKind::kFinalized);
}

TEST(ContractMessages, TermsAreWhatIsLeftWithoutTheEnvelope) {
  const Json full = example("contract-agreement-message-full")["agreement"];
  const Json terms = terms_of(full);
  EXPECT_EQ(terms.size(), 2u);
  EXPECT_TRUE(terms.has("permission"));
  EXPECT_TRUE(terms.has("profile"));
  // The test kit of the protocol sends offers with empty lists; they say nothing.
  Json padded = full;
  padded.set("prohibition", Json::array()).set("obligation", Json::array());
  padded.members().back().second = Json::array();
  EXPECT_EQ(terms_of(padded).canonical(), terms.canonical());
  // An empty operand says something.
  const Json empty_operand = *wire::parse_json(R"({"permission":[{"action":"use","constraint":[
      {"leftOperand":"purpose","operator":"isNoneOf","rightOperand":[]}]}]})");
  EXPECT_EQ(terms_of(empty_operand).canonical(), empty_operand.canonical());
}

TEST(ContractMessages, ReasonsMayBeTextsOrTaggedTexts) {
  Json json = example("contract-negotiation-termination-message");
  json.set("reason", Json::array({"a", Json::object({{"@value", "b"}, {"@language", "en"}}), Json::object({{"x", 1}})}));
  const auto message = parse_message(json);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(std::get<Termination>(message->body).reasons, (std::vector<std::string>{"a", "b", R"({"x":1})"}));
  for (const Json& bad : {Json("a"), Json::array(), Json::array(Json::Array(33, Json("a")))}) {
    json.set("reason", bad);
    EXPECT_EQ(parse_message(json).error().reason(), "contract.malformed");
  }
}

TEST(ContractMessages, AddressesLoseTheSlashAtTheirEnd) {
  EXPECT_EQ(*parse_address("https://a.example/dsp/"), "https://a.example/dsp");
  EXPECT_EQ(*parse_address("http://a.example"), "http://a.example");
  for (const std::string bad : {"", "https://", "https:///x", "file:///etc/passwd", "https://a b", "https://a/\r\nX: y",
                                "https://u:p@a", "https://a/#f", "https://a?q", "//a"}) {
    EXPECT_EQ(parse_address(bad).error().reason(), "contract.address") << bad;
  }
}

// ── the worked example of docs/formats/contract.md ──

const Timestamp kTime = *parse_iso8601("2026-03-01T08:00:00Z");

crypto::PrivateKey fixed_key(std::uint8_t byte) {
  const Bytes seed(32, byte);
  return *crypto::PrivateKey::from_raw(crypto::SignatureAlgorithm::kEd25519, crypto::SecretBytes(seed));
}

struct Example {
  PartyId provider{"591350100M000100Y430065ZZZZ9999S"};
  PartyId consumer{"591440300708461136T440300000001G"};
  std::string provider_entity = "91350100M000100Y43";
  std::string consumer_entity = "91440300708461136T";
  Offer offer = test::published_offer();
  Agreement agreement = make_agreement({.id = "urn:uuid:e8dc8655-44c2-46ef-b701-4cffdc2faa44",
                                        .contract_id = "C591350100M000100Y4300652026030108000000000001E",
                                        .provider = provider,
                                        .consumer = consumer,
                                        .provider_entity = provider_entity,
                                        .consumer_entity = consumer_entity,
                                        .provider_pid = "urn:uuid:a343fcbf-99fc-4ce8-8e9b-148c97605aab",
                                        .consumer_pid = "urn:uuid:32541fe6-c580-409e-85a8-8a9a32fbe833",
                                        .target = offer.target,
                                        .product_version = offer.product_version,
                                        .content_root = offer.content_root,
                                        .terms = offer.terms,
                                        .time = kTime,
                                        .valid_until = after(kTime, std::chrono::days(30))});
  PartySignature by_provider = sign(agreement, fixed_key(1), provider, provider_entity, kTime);
  PartySignature by_consumer = sign(agreement, fixed_key(2), consumer, consumer_entity, after(kTime, Milliseconds(5)));

  Message with(Message::Body body) const {
    return {.provider_pid = agreement.provider_pid, .consumer_pid = agreement.consumer_pid, .body = std::move(body)};
  }
};

Json example_messages() {
  const Example e;
  const std::string callback = "https://consumer.example/dsp/2025-1";
  Message first = e.with(ContractRequest{.offer = e.offer, .callback_address = callback});
  first.provider_pid.clear();
  Message first_offer = e.with(ContractOffer{.offer = e.offer, .callback_address = "https://provider.example/dsp"});
  first_offer.consumer_pid.clear();
  const std::vector<std::pair<const char*, Message>> messages = {
      {"contract-request-message", first},
      {"contract-request-message", e.with(ContractRequest{.offer = e.offer})},
      {"contract-offer-message", first_offer},
      {"contract-offer-message", e.with(ContractOffer{.offer = e.offer})},
      {"contract-negotiation-event-message", e.with(Accepted{})},
      {"contract-agreement-message", e.with(ContractAgreement{.agreement = e.agreement, .signatures = {e.by_provider}})},
      {"contract-agreement-verification-message", e.with(Verification{.signatures = {e.by_consumer}})},
      {"contract-negotiation-event-message", e.with(Finalized{})},
      {"contract-negotiation-termination-message", e.with(Termination{.code = "timeout", .reasons = {"late"}})}};
  Json list = Json::array();
  for (const auto& [schema, message] : messages) {
    list.push(Json::object({{"schema", "negotiation/" + std::string(schema) + "-schema.json"}, {"body", to_json(message)}}));
  }
  const Negotiation n{.pid = e.agreement.consumer_pid, .peer_pid = e.agreement.provider_pid};
  list.push(Json::object(
      {{"schema", "negotiation/contract-negotiation-schema.json"}, {"body", negotiation_json(n)}}));
  list.push(Json::object({{"schema", "negotiation/contract-negotiation-error-schema.json"},
                          {"body", error_json(e.agreement.provider_pid, e.agreement.consumer_pid,
                                              Error(Errc::kInvalidArgument, "no").because("contract.wrong_state"))}}));
  return Json::object({{"agreementCanonical", e.agreement.object.canonical()},
                       {"agreementHash", hash_of(e.agreement, crypto::HashAlgorithm::kSha256)},
                       {"agreementHashSm3", hash_of(e.agreement, crypto::HashAlgorithm::kSm3)},
                       {"signedByProvider", signed_bytes(e.agreement, e.provider, e.provider_entity, kTime,
                                                         crypto::HashAlgorithm::kSha256)},
                       {"messages", std::move(list)}});
}

//= TC609-6-2025-14 type=test
TEST(ContractMessages, TheWorkedExampleIsTheVector) {
  const std::string path = kVectors + "/weir-negotiation.json";
  const std::string made = example_messages().pretty() + "\n";
  if (std::getenv("WEIR_WRITE_VECTORS") != nullptr) std::ofstream(path) << made;
  EXPECT_EQ(read_file(path), made);
  const std::string document = read_file(std::string(WEIR_SOURCE_DIR) + "/docs/formats/contract.md");
  const Json vector = example_messages();
  for (const char* name : {"agreementCanonical", "agreementHash", "signedByProvider"}) {
    EXPECT_NE(document.find(vector[name].as_string()), std::string::npos) << name << " is not in the document";
  }
}

//= DSP-2025-1#negotiation-messages type=test
TEST(ContractMessages, SatisfyTheSchemasOfTheProtocol) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("weir-contract-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "messages.json").string();
  std::ofstream(file) << example_messages().dump();
  const int status = std::system(("python3 " + kVectors + "/validate.py " + kVectors + " " + file).c_str());
  std::filesystem::remove_all(folder);
  if (WEXITSTATUS(status) == 3 || WEXITSTATUS(status) == 127) GTEST_SKIP() << "python3 with jsonschema is not there";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ContractMessages, WhatIsWrittenIsReadAgain) {
  const Json example = example_messages();
  for (const Json& entry : example["messages"].items()) {
    if (entry["body"]["@type"].as_string().find("Message") == std::string::npos) continue;
    const auto message = read_message(entry["body"].dump());
    ASSERT_TRUE(message.ok()) << message.error().message();
    EXPECT_EQ(to_json(*message).canonical(), entry["body"].canonical());
  }
}

// ── signatures ──

TEST(ContractSignatures, HoldForBothPartiesOverTheSameAgreement) {
  const Example e;
  EXPECT_TRUE(verify(e.by_provider, e.agreement, fixed_key(1).public_key(), e.provider, e.provider_entity).ok());
  EXPECT_TRUE(verify(e.by_consumer, e.agreement, fixed_key(2).public_key(), e.consumer, e.consumer_entity).ok());
  const auto again = parse_agreement(*wire::parse_json(e.agreement.object.canonical()));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(verify(e.by_provider, *again, fixed_key(1).public_key(), e.provider, e.provider_entity).ok())
      << "the order of members does not matter";
}

//= TC609-6-2025-14#signature type=test
TEST(ContractSignatures, AreVoidWhenAnythingChanges) {
  const Example e;
  const auto refused = [&](const PartySignature& signature, const Agreement& agreement, int key,
                           const PartyId& node, const std::string& entity) {
    const auto result = verify(signature, agreement, fixed_key(static_cast<std::uint8_t>(key)).public_key(), node, entity);
    EXPECT_FALSE(result.ok());
    return result ? std::string() : std::string(result.error().reason());
  };
  EXPECT_EQ(refused(e.by_provider, e.agreement, 2, e.provider, e.provider_entity), "signature.invalid");
  EXPECT_EQ(refused(e.by_provider, e.agreement, 1, e.consumer, e.provider_entity), "contract.wrong_signer");
  EXPECT_EQ(refused(e.by_provider, e.agreement, 1, e.provider, e.consumer_entity), "contract.wrong_signer");
  PartySignature later = e.by_provider;
  later.time = after(later.time, Milliseconds(1));
  EXPECT_EQ(refused(later, e.agreement, 1, e.provider, e.provider_entity), "signature.invalid");
  const std::string canonical = e.agreement.object.canonical();
  int parsed = 0;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    std::string changed = canonical;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto json = wire::parse_json(changed);
    if (!json) continue;
    const auto agreement = parse_agreement(*json);
    if (!agreement) continue;
    ++parsed;
    EXPECT_FALSE(verify(e.by_provider, *agreement, fixed_key(1).public_key(), e.provider, e.provider_entity).ok()) << i;
  }
  EXPECT_GT(parsed, 200);
}

TEST(ContractNotices, AreReadAsWritten) {
  Notice notice{.kind = NoticeKind::kTerminated,
                .id = "n",
                .agreement = "a",
                .contract = "c",
                .issuer = PartyId("p"),
                .issuer_entity = "e",
                .time = kTime,
                .code = "breach",
                .reasons = {"x"},
                .scheduled_end = after(kTime, Milliseconds(1))};
  sign(notice, fixed_key(1));
  const auto again = parse_notice(to_json(notice));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(to_json(*again), to_json(notice));
  EXPECT_TRUE(verify(*again, fixed_key(1).public_key()).ok());
  EXPECT_EQ(verify(*again, fixed_key(2).public_key()).error().reason(), "signature.invalid");
}

}  // namespace
}  // namespace weir::flow::contract
