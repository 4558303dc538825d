// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/notice.h"

#include "weir/flow/contract/json_fields.h"
#include "weir/wire/encoding.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

constexpr std::string_view kType = "AgreementNotice";
constexpr std::string_view kSignature = "signature";

Json unsigned_json(const Notice& notice) {
  Json json = Json::object({{"@context", dsp_context()},
                            {"@type", kType},
                            {"noticeId", notice.id},
                            {"event", name_of(notice.kind)},
                            {"agreementId", notice.agreement},
                            {"contractId", notice.contract},
                            {"issuerId", notice.issuer.value()},
                            {"issuerEntityId", notice.issuer_entity},
                            {"issueTime", format_iso8601(notice.time)}});
  if (notice.kind == NoticeKind::kTerminated) json.set("terminateType", code_of(TerminateType::kEarly));
  if (notice.scheduled_end) json.set("scheduledEndTime", format_iso8601(*notice.scheduled_end));
  if (!notice.code.empty()) json.set("code", notice.code);
  if (!notice.reasons.empty()) json.set("reason", Json::strings(notice.reasons));
  return json;
}

Result<NoticeKind> parse_kind(const std::string& text) {
  for (const NoticeKind kind : {NoticeKind::kTerminated, NoticeKind::kSuspended, NoticeKind::kResumed}) {
    if (text == name_of(kind)) return kind;
  }
  return malformed("event", "must be TERMINATED, SUSPENDED or RESUMED");
}

Result<std::vector<std::string>> parse_reasons(const Json& json) {
  if (!json.has("reason")) return std::vector<std::string>();
  Result<std::vector<std::string>> reasons = json.texts("reason");
  if (!reasons) return malformed("reason", "must be a list of texts");
  if (reasons->empty() || reasons->size() > kReasonsMax) return malformed("reason", "is empty or has too many entries");
  for (const std::string& reason : *reasons) {
    if (reason.size() > kReasonBytesMax) return malformed("reason", "has an entry that is too long");
  }
  return reasons;
}

}  // namespace

std::string_view name_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kTerminated: return "TERMINATED";
    case NoticeKind::kSuspended: return "SUSPENDED";
    case NoticeKind::kResumed: return "RESUMED";
  }
  return "";
}

AgreementEvent event_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kTerminated: return AgreementEvent::kTerminate;
    case NoticeKind::kSuspended: return AgreementEvent::kSuspend;
    case NoticeKind::kResumed: return AgreementEvent::kResume;
  }
  return AgreementEvent::kTerminate;
}

Json to_json(const Notice& notice) {
  Json json = unsigned_json(notice);
  json.set(kSignature, Json::object({{"algorithm", name_of(notice.signature.algorithm)},
                                     {"signature", wire::encode_base64url(notice.signature.bytes)}}));
  return json;
}

Result<Notice> parse_notice(const Json& json) {
  constexpr TextRule kId{.bytes_max = kIdBytesMax};
  constexpr TextRule kOptional{.bytes_max = kIdBytesMax, .required = false};
  if (!json.is_object()) return malformed("message", "must be an object");
  WEIR_TRY(constant_field(json, "", "@type", kType));
  Notice out;
  WEIR_TRY_LET(const std::string event, text_field(json, "", "event", kId));
  WEIR_TRY_LET(out.kind, parse_kind(event));
  WEIR_TRY_LET(out.id, text_field(json, "", "noticeId", kId));
  WEIR_TRY_LET(out.agreement, text_field(json, "", "agreementId", kId));
  WEIR_TRY_LET(out.contract, text_field(json, "", "contractId", kOptional));
  WEIR_TRY_LET(std::string issuer, text_field(json, "", "issuerId", kId));
  out.issuer = PartyId(std::move(issuer));
  WEIR_TRY_LET(out.issuer_entity, text_field(json, "", "issuerEntityId", kOptional));
  WEIR_TRY_LET(const auto time, time_field(json, "", "issueTime"));
  if (!time) return malformed("issueTime", "is missing");
  out.time = *time;
  WEIR_TRY_LET(out.scheduled_end, time_field(json, "", "scheduledEndTime"));
  WEIR_TRY_LET(out.code, text_field(json, "", "code", kOptional));
  WEIR_TRY_LET(out.reasons, parse_reasons(json));
  const Json& signature = json[kSignature];
  if (!signature.is_object()) return malformed(kSignature, "must be an object");
  WEIR_TRY_LET(const std::string name, text_field(signature, kSignature, "algorithm", kId));
  const auto algorithm = crypto::parse_signature_algorithm(name);
  if (!algorithm) return malformed("signature.algorithm", "is no signature algorithm that is known here");
  WEIR_TRY_LET(const std::string text, text_field(signature, kSignature, "signature", kId));
  Result<Bytes> bytes = wire::decode_base64url(text);
  if (!bytes) return malformed("signature.signature", "must be base64url");
  out.signature = {.algorithm = *algorithm, .bytes = *std::move(bytes)};
  // What is signed is rebuilt from what was read; members that say something else would go unnoticed otherwise.
  Json body = json;
  body.erase(kSignature);
  if (body.canonical() != signed_bytes(out)) return malformed("message", "is not written as a notice is");
  return out;
}

std::string signed_bytes(const Notice& notice) { return unsigned_json(notice).canonical(); }

void sign(Notice& notice, const crypto::PrivateKey& key) { notice.signature = key.sign(view_of(signed_bytes(notice))); }

Result<> verify(const Notice& notice, const crypto::PublicKey& key) {
  return key.verify(view_of(signed_bytes(notice)), notice.signature);
}

}  // namespace weir::flow::contract
