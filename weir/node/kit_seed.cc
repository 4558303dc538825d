// What the kit asks about: products, agreements, and the part this node plays for each.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/text.h"
#include "weir/flow/contract/store.h"
#include "weir/node/kit.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/signaling.h"
#include "weir/supply/grade/grade.h"

namespace weir::node::kit {
namespace {

using flow::contract::AgreementRecord;
using flow::contract::PartyId;
using flow::contract::Role;
using wire::Json;

struct Part {
  std::string_view test;    // "CN_01_01"
  std::string_view script;  // "REQUESTED offer, ACCEPTED agree"
};

// This node is the provider; the kit asks for a contract.
constexpr Part kProviderNegotiations[] = {
    {"CN_01_01", "REQUESTED offer"},
    {"CN_01_02", "REQUESTED offer, REQUESTED terminate"},
    {"CN_01_03", "REQUESTED offer, ACCEPTED agree, VERIFIED finalize"},
    {"CN_01_04", "REQUESTED agree, VERIFIED finalize"},
    {"CN_02_01", "REQUESTED terminate"},
    {"CN_02_02", ""},
    {"CN_02_03", "REQUESTED agree"},
    {"CN_02_04", "REQUESTED offer"},
    {"CN_02_05", "REQUESTED offer, OFFERED terminate"},
    {"CN_02_06", "REQUESTED offer, ACCEPTED terminate"},
    {"CN_02_07", "REQUESTED agree, VERIFIED terminate"},
    {"CN_03_01", "REQUESTED agree, VERIFIED finalize"},
    {"CN_03_02", "REQUESTED offer"},
    {"CN_03_03", "REQUESTED offer"},
    {"CN_03_04", "REQUESTED offer"},
};
// The kit tells this node to ask it for a contract.
constexpr Part kConsumerNegotiations[] = {
    {"CN_C_01_01", "OFFERED accept, AGREED verify"},
    {"CN_C_01_02", "OFFERED counter"},
    {"CN_C_01_03", "OFFERED terminate"},
    {"CN_C_01_04", "AGREED verify"},
    {"CN_C_02_01", ""},
    {"CN_C_02_02", "REQUESTED terminate"},
    {"CN_C_02_03", "AGREED terminate"},
    {"CN_C_02_04", ""},
    {"CN_C_02_05", "OFFERED accept"},
    {"CN_C_02_06", "AGREED verify"},
    {"CN_C_03_01", ""},
    {"CN_C_03_02", ""},
    {"CN_C_03_03", ""},
    {"CN_C_03_04", "OFFERED accept"},
    {"CN_C_03_05", "OFFERED accept"},
    {"CN_C_03_06", "OFFERED accept"},
};
constexpr Part kProviderTransfers[] = {
    {"TP_01_01", "REQUESTED start, STARTED terminate"},
    {"TP_01_02", "REQUESTED start, STARTED complete"},
    {"TP_01_03", "REQUESTED start, STARTED suspend, SUSPENDED terminate"},
    {"TP_01_04", "REQUESTED start, STARTED suspend, SUSPENDED start, STARTED complete"},
    {"TP_01_05", "REQUESTED terminate"},
    {"TP_02_01", "REQUESTED start"},
    {"TP_02_02", "REQUESTED start"},
    {"TP_02_03", "REQUESTED start"},
    {"TP_02_04", "REQUESTED start"},
    {"TP_02_05", ""},
    {"TP_03_01", ""},
    {"TP_03_02", ""},
    {"TP_03_03", "REQUESTED start"},
    {"TP_03_04", "REQUESTED start"},
    {"TP_03_05", "REQUESTED start"},
    {"TP_03_06", "REQUESTED start"},
};
constexpr Part kConsumerTransfers[] = {
    {"TP_C_01_01", ""},
    {"TP_C_01_02", ""},
    {"TP_C_01_03", ""},
    {"TP_C_01_04", ""},
    {"TP_C_01_05", ""},
    {"TP_C_02_01", "STARTED terminate"},
    {"TP_C_02_02", "STARTED complete"},
    {"TP_C_02_03", "STARTED suspend, SUSPENDED terminate"},
    {"TP_C_02_04", "STARTED suspend, SUSPENDED start, STARTED complete"},
    {"TP_C_02_05", "REQUESTED terminate"},
    {"TP_C_03_01", ""},
    {"TP_C_03_02", ""},
    {"TP_C_03_03", ""},
    {"TP_C_03_04", ""},
    {"TP_C_03_05", ""},
    {"TP_C_03_06", ""},
};

std::vector<Cue> cues_of(std::string_view script) {
  std::vector<Cue> out;
  if (script.empty()) return out;
  for (const std::string& part : split(script, ',')) {
    const std::vector<std::string> words = split(trim(part), ' ');
    out.push_back({words[0], words[1]});
  }
  return out;
}

Json use_terms() {
  return Json::object({{"permission", Json::array({Json::object({{"action", "use"}})})}});
}

std::string offer_id(std::string_view test) { return "urn:weir:kit:offer:" + std::string(test); }

Result<supply::catalog::Content> make_content(Node& node) {
  WEIR_TRY_LET(auto writer, node.contents().begin());
  constexpr std::string_view kText = "station,pm25\n1,12\n2,15\n";
  WEIR_TRY(writer->add(view_of(kText)));
  WEIR_TRY_LET(const auto stored, writer->finish());
  const std::string root = format(stored.root);
  const std::size_t colon = root.find(':');
  return supply::catalog::Content{.hash_algorithm = root.substr(0, colon),
                                  .root = root.substr(colon + 1),
                                  .bytes = static_cast<std::int64_t>(stored.size),
                                  .chunk_bytes = stored.chunk_bytes,
                                  .chunks = 1};
}

Result<std::string> publish(Node& node, std::string_view test, const supply::catalog::Content& content) {
  supply::catalog::Description d;
  d.title.en = "Test kit, " + std::string(test);
  d.description.en = "For one scenario of the test kit.";
  d.grade = supply::grade::stated(supply::grade::Level::kGeneral, 1, "made for the test kit");
  d.offers.push_back(supply::catalog::make_offer(offer_id(test), use_terms()));
  d.content = content;
  WEIR_TRY_LET(const auto product,
               node.catalog().publish({.description = std::move(d)},
                   supply::catalog::Actor("node:" + node.id().text())));
  return product.id.text();
}

Result<> write_agreement(Node& node, const std::string& id, Role role, const supply::catalog::Content& content) {
  const PartyId self(node.id().text());
  const PartyId kit{std::string(kParticipant)};
  const bool provides = role == Role::kProvider;
  const std::string root = content.hash_algorithm + ":" + content.root;
  const Timestamp now = node.clock().now();
  const auto agreement = flow::contract::make_agreement({.id = id,
                                                         .provider = provides ? self : kit,
                                                         .consumer = provides ? kit : self,
                                                         .target = "urn:weir:kit:product",
                                                         .content_root = provides ? root : "",
                                                         .terms = use_terms(),
                                                         .time = now});
  return node.sql().write([&](store::Tx& tx) {
    return flow::contract::insert(tx, AgreementRecord{.agreement = agreement,
                                                      .pid = "urn:weir:kit:" + id,
                                                      .role = role,
                                                      .peer = kit,
                                                      .state = flow::contract::AgreementState::kActive,
                                                      .hash = hash_of(agreement, crypto::HashAlgorithm::kSha256),
                                                      .created = now,
                                                      .updated = now});
  });
}

Result<> seed_transfers(Node& node, Seeds& seeds, std::span<const Part> parts, Role role,
                        const supply::catalog::Content& content) {
  for (const Part& part : parts) {
    const std::string id = "urn:weir:kit:agreement:" + std::string(part.test);
    WEIR_TRY(write_agreement(node, id, role, content));
    seeds.scripts[id] = cues_of(part.script);
    seeds.properties.set(std::string(part.test) + "_AGREEMENTID", id);
    seeds.properties.set(std::string(part.test) + "_FORMAT", flow::delivery::kPullFormat);
  }
  return {};
}

struct FlowTests {
  std::string_view name;  // "DP_P_PULL"
  std::vector<std::string_view> tests;
};

// Products for whom this node is the data plane of a provider: those of the tests that want an answer that comes later
// are others, so that whoever runs the kit can tell them apart.
const FlowTests kProviderFlows[] = {
    {"DP_P_PULL", {"01_01", "01_02", "02_01", "02_02", "04_01"}},
    {"DP_P_PUSH", {"01_01", "01_02", "02_01", "02_02", "03_01", "04_01"}},
    {"DP_P_HTTP_PULL", {"01_01", "02_01", "02_02"}},
};
const FlowTests kConsumerFlows[] = {
    {"DP_C_PULL", {"01_01", "01_02", "02_01", "02_02", "03_01", "04_01"}},
    {"DP_C_PUSH", {"01_01", "01_02", "02_01", "02_02", "03_01", "04_01"}},
    {"DP_C_HTTP_PULL", {"01_01", "02_01"}},
};
const FlowTests kControlled[] = {
    {"CP_P", {"01_01", "01_02", "02_01", "02_02", "03_01"}},
    {"CP_C", {"01_01", "01_02", "02_01", "02_02", "03_01"}},
};

}  // namespace

Result<Seeds> seed_signaling(Node& node) {
  Seeds seeds;
  WEIR_TRY_LET(const auto content, make_content(node));
  WEIR_TRY_LET(const std::string now, publish(node, "dps-now", content));
  WEIR_TRY_LET(const std::string later, publish(node, "dps-later", content));
  const auto key = [](const FlowTests& group, std::string_view test, std::string_view what) {
    return std::string(group.name) + "_" + std::string(test) + "_" + std::string(what);
  };
  for (const FlowTests& group : kProviderFlows) {
    for (const auto test : group.tests) {
      seeds.properties.set(key(group, test, "DATASETID"), test == "04_01" ? later : now);
    }
  }
  for (const FlowTests& group : kConsumerFlows) {
    for (const auto test : group.tests) {
      const std::string which = test == "04_01" ? "later" : test == "03_01" ? "moved" : "now";
      seeds.properties.set(key(group, test, "DATASETID"), "urn:weir:kit:dataset:" + which);
    }
  }
  for (const FlowTests& group : kControlled) {
    const Role role = group.name == "CP_P" ? Role::kProvider : Role::kConsumer;
    for (const auto test : group.tests) {
      const std::string id = "urn:weir:kit:agreement:" + std::string(group.name) + "_" + std::string(test);
      WEIR_TRY(write_agreement(node, id, role, content));
      seeds.properties.set(key(group, test, "AGREEMENTID"), id);
    }
  }
  const std::string base = node.url();
  seeds.properties.set("dataspacetck.dps.controlplane.webhook.url", base + "/tck");
  seeds.properties.set("dataspacetck.dps.controlplane.protocol.url", base + std::string(kProtocolPath));
  seeds.properties.set("dataspacetck.dps.controlplane.signaling.url", base + std::string(kSignalingPath));
  seeds.properties.set("dataspacetck.dps.dataplane.url", base + std::string(kSignalingPath));
  return seeds;
}

Result<Seeds> seed(Node& node) {
  Seeds seeds;
  WEIR_TRY_LET(const auto content, make_content(node));
  const auto name_dataset = [&](std::string_view test, const std::string& id) {
    seeds.properties.set(std::string(test) + "_DATASETID", id);
  };
  for (const Part& part : kProviderNegotiations) {
    const bool named_by_kit = part.test == "CN_01_02";
    std::string id(kNamedByKit);
    if (!named_by_kit) {
      WEIR_TRY_LET(id, publish(node, part.test, content));
    }
    seeds.scripts[id] = cues_of(part.script);
    name_dataset(part.test, id);
    seeds.properties.set(std::string(part.test) + "_OFFERID", offer_id(part.test));
  }
  for (const Part& part : kConsumerNegotiations) {
    const std::string id = "urn:weir:kit:dataset:" + std::string(part.test);
    seeds.scripts[id] = cues_of(part.script);
    name_dataset(part.test, id);
  }
  WEIR_TRY(seed_transfers(node, seeds, kProviderTransfers, Role::kProvider, content));
  WEIR_TRY(seed_transfers(node, seeds, kConsumerTransfers, Role::kConsumer, content));
  WEIR_TRY_LET(const std::string listed, publish(node, "CAT_01", content));
  name_dataset("CAT_01_01", listed);
  name_dataset("CAT_01_02", listed);
  name_dataset("CAT_01_03", "urn:weir:kit:no-such-dataset");
  return seeds;
}

}  // namespace weir::node::kit
