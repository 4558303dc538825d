// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/bundle.h"

#include <algorithm>

#include "weir/base/limits.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

using wire::Json;

constexpr std::size_t kLogsMax = 16;
constexpr std::size_t kCertificatesMax = 64;
constexpr std::size_t kProofHashesMax = 128;

Error malformed(std::string what) {
  return Error(Errc::kInvalidArgument, "evidence bundle: " + std::move(what)).because("bundle.malformed");
}

Json proof_json(const Proof& proof) {
  Json out = Json::array();
  for (const Digest& hash : proof) out.push(wire::encode_base64(hash));
  return out;
}

Result<Proof> parse_proof_json(const Json& json) {
  if (!json.is_array() || json.size() > kProofHashesMax) return malformed("a proof is a list of hashes");
  Proof out;
  for (const Json& item : json.items()) {
    if (!item.is_string()) return malformed("a proof is a list of hashes");
    const auto bytes = wire::decode_base64(item.as_string());
    if (!bytes || bytes->size() != crypto::kDigestBytes) return malformed("a proof has something that is no hash");
    std::copy(bytes->begin(), bytes->end(), out.emplace_back().begin());
  }
  return out;
}

Result<const Json::Array*> list(const Json& json, std::string_view name, std::size_t most) {
  const Json& member = json[name];
  if (!member.is_array() || member.size() > most) {
    return malformed("'" + std::string(name) + "' must be a list of at most " + std::to_string(most));
  }
  return &member.items();
}

Result<BundleAgreement> parse_agreement(const Json& json) {
  BundleAgreement out;
  WEIR_TRY_LET(out.text, json.text("text"));
  WEIR_TRY_LET(const Json::Array* statements, list(json, "statements", 8));
  for (const Json& item : *statements) {
    SignedStatement& statement = out.statements.emplace_back();
    WEIR_TRY_LET(statement.text, item.text("text"));
    WEIR_TRY_LET(statement.signature, item.text("signature"));
  }
  return out;
}

Json agreement_json(const BundleAgreement& agreement) {
  Json statements = Json::array();
  for (const SignedStatement& statement : agreement.statements) {
    statements.push(Json::object({{"signature", statement.signature}, {"text", statement.text}}));
  }
  return Json::object({{"statements", statements}, {"text", agreement.text}});
}

}  // namespace

Json to_json(const BundleLog& log) {
  Json entries = Json::array();
  for (const BundleEntry& entry : log.entries) {
    entries.push(Json::object({{"index", static_cast<std::int64_t>(entry.index.value())},
                               {"leaf", entry.leaf},
                               {"proof", proof_json(entry.proof)}}));
  }
  Json out = Json::object({{"checkpoint", log.checkpoint}, {"entries", std::move(entries)}});
  if (!log.earlier.empty()) {
    Json earlier = Json::array();
    for (const EarlierCheckpoint& checkpoint : log.earlier) {
      earlier.push(Json::object({{"checkpoint", checkpoint.note}, {"proof", proof_json(checkpoint.proof)}}));
    }
    out.set("earlier", std::move(earlier));
  }
  return out;
}

Result<BundleLog> parse_bundle_log(const Json& json) {
  BundleLog out;
  WEIR_TRY_LET(out.checkpoint, json.text("checkpoint"));
  WEIR_TRY_LET(const Json::Array* entries, list(json, "entries", kBundleEntriesMax));
  for (const Json& item : *entries) {
    BundleEntry& entry = out.entries.emplace_back();
    WEIR_TRY_LET(const std::int64_t index, item.integer("index"));
    if (index < 0) return malformed("an index below zero");
    entry.index = LeafIndex(static_cast<std::uint64_t>(index));
    if (out.entries.size() > 1 && !(out.entries[out.entries.size() - 2].index < entry.index)) {
      return malformed("entries must ascend by index");
    }
    WEIR_TRY_LET(entry.leaf, item.text("leaf"));
    WEIR_TRY_LET(entry.proof, parse_proof_json(item["proof"]));
  }
  if (json.has("earlier")) {
    WEIR_TRY_LET(const Json::Array* earlier, list(json, "earlier", 64));
    for (const Json& item : *earlier) {
      EarlierCheckpoint& checkpoint = out.earlier.emplace_back();
      WEIR_TRY_LET(checkpoint.note, item.text("checkpoint"));
      WEIR_TRY_LET(checkpoint.proof, parse_proof_json(item["proof"]));
    }
  }
  return out;
}

std::string format(const Bundle& bundle) {
  Json logs = Json::array();
  for (const BundleLog& log : bundle.logs) logs.push(to_json(log));
  Json out = Json::object({{"authorities", Json::strings(bundle.authorities)},
                           {"certificates", Json::strings(bundle.certificates)},
                           {"contract", bundle.contract},
                           {"logs", std::move(logs)},
                           {"type", kBundleType}});
  if (!bundle.agreement.empty()) out.set("agreement", agreement_json(bundle.agreement.front()));
  if (!bundle.content_root.empty()) out.set("contentRoot", bundle.content_root);
  if (!bundle.receipts.empty()) out.set("receipts", Json::array(bundle.receipts));
  return out.canonical() + "\n";
}

Result<Bundle> parse_bundle(std::string_view text) {
  if (text.size() > kBundleBytesMax) {
    return Error(Errc::kExhausted, "an evidence bundle has at most 64 MiB").because("bundle.too_large");
  }
  auto parsed = wire::parse_json(text, {kBundleBytesMax, limits::kJsonDepthMax});
  if (!parsed) return malformed(std::string(parsed.error().message()));
  const Json& json = *parsed;
  if (json.text_or("type", "") != kBundleType) return malformed("'type' is not " + std::string(kBundleType));
  Bundle out;
  WEIR_TRY_LET(out.contract, json.text("contract"));
  if (out.contract.empty()) return malformed("no contract");
  WEIR_TRY_LET(out.authorities, json.texts("authorities"));
  WEIR_TRY_LET(out.certificates, json.texts("certificates"));
  if (out.authorities.size() > kCertificatesMax || out.certificates.size() > kCertificatesMax) {
    return malformed("too many certificates");
  }
  WEIR_TRY_LET(const Json::Array* logs, list(json, "logs", kLogsMax));
  for (const Json& item : *logs) {
    WEIR_TRY_LET(BundleLog log, parse_bundle_log(item));
    out.logs.push_back(std::move(log));
  }
  if (json.has("agreement")) {
    WEIR_TRY_LET(BundleAgreement agreement, parse_agreement(json["agreement"]));
    out.agreement.push_back(std::move(agreement));
  }
  if (json.has("contentRoot")) {
    WEIR_TRY_LET(out.content_root, json.text("contentRoot"));
  }
  if (json.has("receipts")) {
    WEIR_TRY_LET(const Json::Array* receipts, list(json, "receipts", kBundleEntriesMax));
    out.receipts = *receipts;
  }
  // Unknown members, other orders, spaces and spellings all end here.
  if (format(out) != text) return malformed("not in canonical form");
  return out;
}

}  // namespace weir::tlog
