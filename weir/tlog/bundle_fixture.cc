// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/bundle_fixture.h"

#include "weir/base/check.h"

namespace weir::tlog {
namespace {

using wire::Json;

constexpr Timestamp kEnd{1798761600000};  // 2027-01-01

template <class T>
T value_of(Result<T> result) {
  WEIR_CHECK(result.ok());
  return *std::move(result);
}

FixtureNode make_authority(crypto::Suite suite, Random& random) {
  auto key = crypto::PrivateKey::generate(crypto::signature_of(suite), random);
  auto certificate = value_of(crypto::self_sign(key,
                                                {.subject = {.common_name = "regional.example", .unit = "region"},
                                                 .not_before = kFixtureStart,
                                                 .not_after = kEnd,
                                                 .is_authority = true},
                                                random));
  return {"region", std::move(key), std::move(certificate)};
}

FixtureNode make_node(std::string id, const FixtureNode& authority, crypto::Suite suite, Random& random) {
  auto key = crypto::PrivateKey::generate(crypto::signature_of(suite), random);
  auto certificate = value_of(crypto::issue(
      authority.key, authority.certificate, key.public_key(),
      {.subject = {.common_name = id + ".example", .unit = id}, .not_before = kFixtureStart, .not_after = kEnd},
      random));
  return {std::move(id), std::move(key), std::move(certificate)};
}

std::string at(std::int64_t minutes) { return format_iso8601(Timestamp(kFixtureStart.value() + minutes * 60'000)); }

}  // namespace

BundleFixture::BundleFixture(crypto::Suite chosen)
    : suite(chosen),
      hash(crypto::hash_of(chosen)),
      authority(make_authority(chosen, random)),
      provider(make_node("provider", authority, chosen, random)),
      consumer(make_node("consumer", authority, chosen, random)),
      agreement(Json::object({{"assignee", "consumer"},
                              {"assigner", "provider"},
                              {"contentRoot", kFixtureRoot},
                              {"contractId", kFixtureContract},
                              {"permission", Json::array({Json::object({{"action", "use"}})})}})
                    .canonical()) {}

Json BundleFixture::signed_by(const FixtureNode& node, Json document) const {
  document.set("signature", crypto::format(node.key.sign(view_of(document.canonical()))));
  return document;
}

SignedStatement BundleFixture::statement_of(const FixtureNode& node) const {
  const std::string text =
      Json::object({{std::string(kAgreementHashMember), format_digest(hash, crypto::hash(hash, view_of(agreement)))},
                    {"nodeId", node.id},
                    {"signatoryTime", at(2)}})
          .canonical();
  return {text, crypto::format(node.key.sign(view_of(text)))};
}

std::vector<Entry> BundleFixture::story_of(const FixtureNode& node, bool consumes) const {
  std::vector<Entry> out;
  const auto add = [&](const char* kind, bool named, const char* process, Json body) {
    out.push_back({.kind = kind,
                   .time = Timestamp(kFixtureStart.value() + static_cast<std::int64_t>(out.size()) * 60'000),
                   .actor = "node:" + node.id,
                   .contract = named ? std::string(kFixtureContract) : "",
                   .product = "P1",
                   .process = process + node.id,
                   .participants = {"provider", "consumer"},
                   .body = std::move(body)});
  };
  const auto document = [&](const char* role, std::int64_t time) {
    return signed_by(
        consumer,
        Json::object(
            {{"contentRoot", kFixtureRoot}, {"contract", kFixtureContract}, {role, consumer.id}, {"time", at(time)}}));
  };
  const Json agreed =
      Json::object({{std::string(kAgreementHashMember), format_digest(hash, crypto::hash(hash, view_of(agreement)))}});
  const Json content = Json::object({{std::string(kContentRootMember), kFixtureRoot}});
  add("contract.requested", false, "n-", Json::object());
  add("contract.agreed", true, "n-", agreed);
  add("contract.verified", true, "n-", agreed);
  add("contract.finalized", true, "n-", Json::object());
  add("delivery.requested", true, "t-", content);
  add("delivery.started", true, "t-", content);
  add("delivery.completed", true, "t-",
      Json::object(
          {{std::string(kContentRootMember), kFixtureRoot}, {std::string(kReceiptMember), document("receiver", 6)}}));
  if (consumes) add("usage.allowed", true, "u-", Json::object());
  add("contract.expired", true, "n-", Json::object());
  if (consumes) add("delivery.destroying", true, "t-", content);
  add("delivery.destroyed", true, "t-", Json::object({{std::string(kProofMember), document("holder", 10)}}));
  return out;
}

namespace {

// Our entries with two of others before each.
std::vector<std::pair<Entry, bool>> with_others(const std::vector<Entry>& story) {
  std::vector<std::pair<Entry, bool>> out;
  for (const Entry& entry : story) {
    for (int i = 0; i < 2; ++i)
      out.push_back({Entry{.kind = "node.noted", .time = entry.time, .actor = "node:x"}, false});
    out.push_back({entry, true});
  }
  return out;
}

}  // namespace

BundleLog BundleFixture::log_of(const FixtureNode& node, const std::vector<Entry>& story) const {
  BundleLog out;
  MemoryTree tree(hash);
  for (const auto& [entry, ours] : with_others(story)) {
    const std::string leaf = value_of(leaf_of(entry));
    if (ours) out.entries.push_back({LeafIndex(tree.size().value()), leaf, {}});
    tree.append(leaf_hash(hash, view_of(leaf)));
  }
  const NoteKey name = value_of(NoteKey::make(evidence_origin(node.id), node.key.public_key()));
  const auto note = [&](TreeSize size) {
    return sign_checkpoint(make_checkpoint(name.name(), hash, size, tree.root(size)), name, node.key);
  };
  for (BundleEntry& entry : out.entries) entry.proof = value_of(prove_inclusion(tree, hash, entry.index, tree.size()));
  out.checkpoint = note(tree.size());
  out.earlier.push_back({note(TreeSize(5)), value_of(prove_consistency(tree, hash, TreeSize(5), tree.size()))});
  return out;
}

std::string BundleFixture::export_of(const FixtureNode& node, const std::vector<Entry>& story) const {
  std::string out = export_header(hash, {{authority.certificate.pem()}, {node.certificate.pem()}}) + "\n";
  Frontier frontier(hash);
  const NoteKey name = value_of(NoteKey::make(evidence_origin(node.id), node.key.public_key()));
  for (const auto& [entry, ours] : with_others(story)) {
    const std::string leaf = value_of(leaf_of(entry));
    const Digest digest = leaf_hash(hash, view_of(leaf));
    out += export_entry(LeafIndex(frontier.size().value()), leaf, digest) + "\n";
    frontier.append(digest);
    if (!ours) continue;
    const Checkpoint checkpoint = make_checkpoint(name.name(), hash, frontier.size(), frontier.root());
    out += export_checkpoint(sign_checkpoint(checkpoint, name, node.key)) + "\n";
  }
  return out;
}

Bundle BundleFixture::bundle() const {
  Bundle out;
  out.contract = kFixtureContract;
  out.authorities = {authority.certificate.pem()};
  out.certificates = {provider.certificate.pem(), consumer.certificate.pem()};
  out.logs = {log_of(provider, story_of(provider, false)), log_of(consumer, story_of(consumer, true))};
  out.agreement = {{agreement, {statement_of(provider), statement_of(consumer)}}};
  out.content_root = kFixtureRoot;
  out.receipts = {signed_by(consumer, Json::object({{"contentRoot", kFixtureRoot},
                                                    {"contract", kFixtureContract},
                                                    {"receiver", consumer.id},
                                                    {"time", at(6)}}))};
  return out;
}

}  // namespace weir::tlog
